from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import models

from .events import Actor, Event
from .refusals import ChangedMeanwhile, NoRenewalPending, RenewalPending, RenewalUnavailable
from .tokens import Plaintext, Token

if TYPE_CHECKING:
    from .keys import APIKey


class Renewal(NamedTuple):
    """A renewal that has just begun. The plaintext of the new token is nowhere else."""

    plaintext: Plaintext
    new_token: Token
    old_token: Token


class Renewable(models.Model):
    """The life of a key's tokens. Settled: one token. Renewing: an old one and a new one, both valid."""

    account: Any
    tokens: Any
    _fresh: Callable[..., APIKey]
    changing: Callable[..., AbstractContextManager[tuple[APIKey, Event]]]

    class Meta:
        abstract = True

    @property
    def token(self) -> Token:
        """The newest token: the new one of a renewal, or the only one."""
        return self._tokens[0]

    @property
    def old_token(self) -> Token | None:
        tokens = self._tokens
        return tokens[1] if len(tokens) == 2 else None

    @property
    def is_renewing(self) -> bool:
        return self.old_token is not None

    @property
    def is_gone(self) -> bool:
        """Deleted between the query that found the key and that for its tokens."""
        return not self._tokens

    @property
    def in_use(self) -> bool:
        """Used in the last 24 hours, with any of its tokens."""
        return any(token.in_use for token in self._tokens)

    @property
    def _tokens(self) -> list[Token]:
        return sorted(self.tokens.all(), key=lambda token: token.is_old)

    def renew(self, *, by: Actor) -> Renewal:
        """Put a new token beside the old one and return both, with the plaintext of the new one for the only time."""
        self._fresh()._refuse_renewal()  # and again below: of fifty at once most cost no hash
        plaintext, new = Token.mint()
        with self.changing(Event.Action.RENEWED, by=by, refuse=Renewable._refuse_renewal) as (key, event):
            old = key.token
            key.tokens.update(is_old=True)
            new.give_to(key)
            event.token_id = new.pk
        return Renewal(plaintext, new, old)

    def keep_old_token(self, *, by: Actor, seen: int | None = None) -> None:
        """Complete the renewal with Later: both tokens stay valid. `seen` as for `delete_old_token`."""
        with self.changing(Event.Action.COMPLETED, by=by) as (key, event):
            new, _old = key._pending(seen)
            event.token_id = new.pk

    def delete_old_token(self, *, by: Actor, seen: int | None = None) -> Token:
        """Complete the renewal: from the commit on only the new token is valid. Return it.

        `seen` is the id of the newest token that the person saw: it tells this renewal from a later one.
        """
        with self.changing(Event.Action.OLD_TOKEN_DELETED, by=by) as (key, event):
            _new, old = key._pending(seen)
            event.token_id = old.pk
            old.delete()
            return key.token

    def undo_renewal(self, *, by: Actor, seen: int | None = None) -> Token:
        """Bring the old token back as the only one, and return it: from the commit on the new one is refused.

        `seen` as above.
        """
        with self.changing(Event.Action.RENEWAL_UNDONE, by=by) as (key, event):
            new, _old = key._pending(seen)
            event.token_id = new.pk
            new.delete()
            key.tokens.update(is_old=False)
            return key.token

    def _refuse_renewal(self) -> None:
        if not self.account.in_beta:
            raise RenewalUnavailable
        if self.tokens.filter(is_old=True).exists():
            raise RenewalPending

    def _pending(self, seen: int | None) -> tuple[Token, Token]:
        """Return the new and the old token of the pending renewal that the person saw."""
        if self.old_token is None:
            raise NoRenewalPending
        self._refuse_unseen(seen)
        return self.token, self.old_token

    def _refuse_unseen(self, seen: int | None) -> None:
        """Refuse to end tokens that are not those the person saw: the newest is another one by now."""
        if seen not in (None, self.token.pk):
            raise ChangedMeanwhile
