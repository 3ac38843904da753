"""Did all that happened at the same time happen in some order? The history of one key, against the model of a key.

A history is linearizable if its calls can be put into an order that the model allows, in which no call comes before one
that had ended when it began (Wing and Gong; states that were tried before are not tried again, after Lowe).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Call(NamedTuple):
    """What somebody asked of a key and was answered, from when to when. `token` is the one made, seen or checked."""

    verb: str
    token: int
    answer: int
    begun: float
    ended: float


class Key(NamedTuple):
    """The model: 4 live states (active or not, one token or two), each token with its identity; none when deleted."""

    active: bool
    tokens: tuple[int, ...]  # newest first

    def after(self, call: Call) -> Key | None:
        """Return what the key is after the call, or None if it could not have been answered so."""
        answer, after = self._answered(call)
        return after if answer == call.answer else None

    def _answered(self, call: Call) -> tuple[int, Key]:
        settled, seen = len(self.tokens) == 1, self.tokens[:1] == (call.token,)
        match call.verb:
            case "check":
                known = call.token in self.tokens
                return (204 if self.active else 403) if known else 401, self
            case _ if not self.tokens:
                return 404, self
            case "renew":
                return (200, Key(self.active, (call.token, *self.tokens))) if settled else (409, self)
            case "delete_old" | "undo" if settled:
                return 404, self
            case "activate":
                return (409, self) if self.active else (303, Key(True, self.tokens))
            case _ if not seen:
                return 409, self
            case "delete_old":
                return 303, Key(self.active, self.tokens[:1])
            case "undo":
                return 303, Key(self.active, self.tokens[1:])
            case "deactivate":
                return (303, Key(False, self.tokens)) if self.active else (409, self)
            case "delete":
                return 303, Key(False, ())
        raise ValueError(call.verb)


def is_linearizable(calls: Iterable[Call], key: Key) -> bool:
    """Tell whether some order of the calls explains all their answers, beginning with this key."""
    history = sorted(calls, key=lambda call: call.begun)
    # Where we are: all calls before `first` are done, and those of `ahead` behind it.
    places = [(0, frozenset[int](), key)]
    tried = set(places)
    while places:
        first, ahead, key = places.pop()
        if first == len(history):
            return True
        for number in next_calls(history, first, ahead):
            if after := key.after(history[number]):
                place = (*passed(first, ahead | {number}), after)
                if place not in tried:
                    tried.add(place)
                    places.append(place)
    return False


def next_calls(history: list[Call], first: int, ahead: frozenset[int]) -> list[int]:
    """Return the calls that may come next: none of the others had ended when they began."""
    found, until = [], float("inf")
    for number in range(first, len(history)):
        if history[number].begun > until:
            break
        if number not in ahead:
            found.append(number)
            until = min(until, history[number].ended)
    return found


def passed(first: int, ahead: frozenset[int]) -> tuple[int, frozenset[int]]:
    while first in ahead:
        ahead -= {first}
        first += 1
    return first, ahead
