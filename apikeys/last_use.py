"""What a check leaves behind: the last use of a token, a line in the history of one that was proven and refused, and a
hash of today's parameters.

A check only notes it in memory. A thread writes it down every second, so no check waits for a lock; what cannot be
written is dropped, and a later check notes it again.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections.abc import Callable
from typing import NamedTuple

from django.db import close_old_connections
from django.utils import timezone

from . import proofs
from .models import Actor, Event
from .models.uses import NOTED_EVERY, Use, record_refusal, record_uses, replace_hash
from .verification import Outcome, Verdict

logger = logging.getLogger(__name__)

EVERY = 1.0  # seconds
MOST_USES, MOST_REFUSALS = 10_000, 100  # from one writing to the next
# Of a token that was proven right, and so worth a line in the history of its key.
RECORDED = {
    Outcome.INACTIVE: Event.Action.REFUSED_INACTIVE,
    Outcome.OUTDATED: Event.Action.REFUSED_OUTDATED,
}


class Caller(NamedTuple):
    """Who used a token, as far as the connection and the request tell."""

    address: str | None
    user_agent: str


class Refusal(NamedTuple):
    api_key_id: int
    token_id: int
    action: Event.Action
    by: Actor
    at: dt.datetime


class Notes:
    """What was noted and is not written yet."""

    def __init__(self) -> None:
        self._uses: dict[int, Use] = {}
        self._refusals: dict[tuple[int, Outcome], Refusal] = {}
        self._writing = threading.Lock()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._write_on, name="last use", daemon=True)

    def note(self, verdict: Verdict, caller: Callable[[], Caller]) -> None:
        """Note what is worth writing down; only then is the caller asked for. Waits for nothing."""
        if verdict.outcome is Outcome.ACCEPTED:
            self._note_use(verdict, caller)
        elif verdict.outcome in RECORDED:
            self._note_refusal(verdict, caller)

    def _note_use(self, verdict: Verdict, caller: Callable[[], Caller]) -> None:
        uses, now = self._uses, dt.datetime.now(dt.UTC)
        if verdict.last_used_at is not None and now - verdict.last_used_at < NOTED_EVERY:
            return
        if verdict.token_id not in uses and len(uses) < MOST_USES:
            uses[verdict.token_id] = Use(verdict.token_id, now, *caller())

    def _note_refusal(self, verdict: Verdict, caller: Callable[[], Caller]) -> None:
        refusals, refused = self._refusals, (verdict.token_id, verdict.outcome)
        if refused not in refusals and len(refusals) < MOST_REFUSALS:
            by = Actor(verdict.key, caller().address)
            action = RECORDED[verdict.outcome]
            refusals[refused] = Refusal(verdict.api_key_id, verdict.token_id, action, by, timezone.now())

    def start(self) -> None:
        """From now on write every second what was noted."""
        self._thread.start()

    def stop(self) -> None:
        """Write the rest."""
        self._stopped.set()
        self._thread.join()

    def _write_on(self) -> None:
        stopped = False
        while not stopped:
            stopped = self._stopped.wait(EVERY)
            self.write()
            close_old_connections()

    def write(self) -> None:
        """Write what was noted so far. After it nothing of that is still under way."""
        with self._writing:
            uses, self._uses = self._uses, {}
            refusals, self._refusals = self._refusals, {}
            hashes, proofs.made_anew = proofs.made_anew, {}
            try:
                if uses:
                    record_uses(list(uses.values()))
                for token_id, (old, new) in list(hashes.items()):
                    replace_hash(token_id, old, new)
                for api_key_id, token_id, action, by, at in list(refusals.values()):
                    record_refusal(api_key_id, token_id, action, by=by, now=at)
            except Exception:  # whatever it is, the next ones are written
                logger.warning("What checks left behind could not be written", exc_info=True)


notes = Notes()
