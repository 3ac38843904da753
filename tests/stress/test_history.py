"""The checker itself: histories that are linearizable, and histories that are not."""

import functools

import pytest

from .history import Call, Key, is_linearizable

SETTLED = Key(active=True, tokens=(1,))
RENEWING = Key(active=True, tokens=(2, 1))


renew, check, delete_old, undo, deactivate, activate, delete = (
    functools.partial(Call, verb)
    for verb in ("renew", "check", "delete_old", "undo", "deactivate", "activate", "delete")
)

EXPLAINED = {
    "nothing happened": (SETTLED, []),
    "one of two": (SETTLED, [renew(2, 200, 0, 1), renew(3, 409, 0, 1)]),
    "later in time, first in order": (SETTLED, [renew(3, 409, 0, 1), renew(2, 200, 0.5, 2)]),
    "while it lasts, then done": (SETTLED, [renew(2, 200, 0, 9), check(2, 401, 1, 2), check(2, 204, 3, 4)]),
    "either, not both": (RENEWING, [delete_old(2, 303, 0, 1), undo(2, 404, 0, 1), check(1, 401, 2, 3)]),
    "the one seen is gone": (RENEWING, [undo(2, 303, 0, 1), renew(3, 200, 2, 3), delete_old(2, 409, 4, 5)]),
    "inactive, then active": (RENEWING, [deactivate(2, 303, 0, 1), check(1, 403, 2, 3), activate(0, 303, 2, 5)]),
    "in use until deleted": (RENEWING, [delete(2, 303, 0, 3), check(1, 204, 1, 2), renew(3, 404, 2, 4)]),
}
UNEXPLAINED = {
    "both of two": (SETTLED, [renew(2, 200, 0, 1), renew(3, 200, 0, 1)]),
    "refused before": (SETTLED, [renew(3, 409, 0, 1), renew(2, 200, 2, 3)]),
    "done, then not": (SETTLED, [renew(2, 200, 0, 9), check(2, 204, 1, 2), check(2, 401, 3, 4)]),
    "both ends": (RENEWING, [delete_old(2, 303, 0, 1), undo(2, 303, 0, 1)]),
    "accepted after": (RENEWING, [undo(2, 303, 0, 1), check(2, 204, 2, 3)]),
    "the one seen was gone": (RENEWING, [undo(2, 303, 0, 1), renew(3, 200, 2, 3), delete_old(2, 303, 4, 5)]),
    "accepted while inactive": (RENEWING, [deactivate(2, 303, 0, 1), check(1, 204, 2, 3), activate(0, 303, 4, 5)]),
    "renewed after its end": (RENEWING, [delete(2, 303, 0, 1), renew(3, 200, 2, 4)]),
}


@pytest.mark.parametrize("history", EXPLAINED)
def test_what_one_order_explains_is_linearizable(history):
    key, calls = EXPLAINED[history]

    assert is_linearizable(calls, key)


@pytest.mark.parametrize("history", UNEXPLAINED)
def test_what_no_order_explains_is_not(history):
    key, calls = UNEXPLAINED[history]

    assert not is_linearizable(calls, key)


def test_a_long_history_with_eight_calls_at_a_time_is_checked_in_a_moment():
    calls, token = [], 1
    for start in range(0, 4000, 4):
        calls += [check(1, 204, start - 3, start + 5), renew(token + 1, 200, start, start + 1)]
        calls += [renew(0, 409, start + 1, start + 2), undo(token + 1, 303, start + 2, start + 3)]
        token += 1

    assert is_linearizable(calls, SETTLED)
    assert not is_linearizable([*calls, check(1, 401, 2000, 2001)], SETTLED)
