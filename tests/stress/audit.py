"""Do the events tell what happened? Each key's are replayed, one after the other, and compared with its rows."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from apikeys.models import APIKey, Event, Token

if TYPE_CHECKING:
    from .bench import Bench

# What each action needs and leaves: so many tokens.
STEPS = {
    "generated": (0, 1),
    "renewed": (1, 2),
    "completed": (2, 2),
    "old_token_deleted": (2, 1),
    "renewal_undone": (2, 1),
}


def differences(bench: Bench) -> list[str]:
    """Return the keys of the bench's account whose events and rows disagree, and the actions with too few events."""
    replayed, done = defaultdict(list), defaultdict(int)
    for event in Event.objects.filter(account=bench.account).order_by("pk"):
        replayed[event.api_key_id].append(event.action)
        done[event.action] += 1
    rows: dict[int, int] = defaultdict(int)
    for key in Token.objects.filter(api_key__account=bench.account).values_list("api_key_id", flat=True):
        rows[key] += 1
    active = dict(APIKey.objects.filter(account=bench.account).values_list("pk", "is_active"))
    wrong = [
        f"key {key}" for key, actions in replayed.items() if replay(actions) != (rows[key], active.get(key, False))
    ]
    callers = [*bench.people, *bench.integrations]
    missing = [verb for verb in done if sum(caller.done[verb] for caller in callers) > done[verb]]
    return wrong + missing


def replay(actions: list[str]) -> tuple[int, bool] | None:
    """Return how many tokens a key has after these actions and whether it is active; None where one cannot follow."""
    tokens, active = 0, False
    for action in actions:
        if action in STEPS:
            needs, leaves = STEPS[action]
            if tokens != needs:
                return None
            tokens, active = leaves, active or action == "generated"
        elif action in ("activated", "deactivated"):
            if active == (action == "activated"):
                return None
            active = action == "activated"
        elif action == "deleted":
            tokens, active = 0, False
    return tokens, active
