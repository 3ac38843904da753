"""Who calls, and which keys it may change.

An API key signs in with its token, by the same check as /api/verify. No cookie counts here. A key acts in its own
account only, and never on itself: whoever has only its token can neither renew it nor end the other token.
"""

from __future__ import annotations

import re

from django.http import HttpRequest

from apikeys import last_use
from apikeys.access import address_of
from apikeys.models import Actor, APIKey, KeyGone, NotAllowed, Resource
from apikeys.models.keys import KEY_FORMAT
from apikeys.verification import Outcome

from .answers import ADVICE, REASONS
from .errors import Problem
from .limits import refuse_too_many
from .verify import caller_of, checked

KEY_HEADER, TOKEN_HEADER = "X-VTEX-API-AppKey", "X-VTEX-API-AppToken"
# How a key can be named; what is in neither form is no key, and no query.
FORMATS = {"key": re.compile(KEY_FORMAT), "id": re.compile("[0-9]{1,18}")}


class CallerRequest(HttpRequest):
    """A request as an operation gets it."""

    caller: APIKey


class CallingKey:
    """Lets in a key that was proven, is within its limit, and holds the resource by one of its own roles."""

    def __init__(self, *, needs: Resource) -> None:
        self.needs = needs

    def __call__(self, request: CallerRequest) -> APIKey:
        request.caller = _sign_in(request)
        refuse_too_many(request.caller)
        if not request.caller.may(self.needs):
            raise NotAllowed
        return request.caller


def key_to_change(request: CallerRequest, **name: str) -> APIKey:
    """Return the key of the caller's account with that `key` or `id`. One of another account is none; nor is itself."""
    ((field, value),) = name.items()
    found = FORMATS[field].fullmatch(value) and request.caller.account.api_keys.filter(**name).first()
    if not found:
        raise KeyGone
    if found == request.caller:
        raise Problem(403, "own_key", "A key cannot change itself: call with another key of the account.")
    return found


def actor_of(request: CallerRequest) -> Actor:
    return Actor(request.caller.key, address_of(request))


def _sign_in(request: HttpRequest) -> APIKey:
    verdict = checked(request)
    last_use.notes.note(verdict, lambda: caller_of(request))
    if verdict.outcome is not Outcome.ACCEPTED:
        raise _refusal(verdict.outcome)
    caller = APIKey.objects.select_related("account").filter(pk=verdict.api_key_id).first()
    if caller is None:  # deleted at this very moment
        raise _refusal(Outcome.WRONG)
    return caller


def _refusal(outcome: Outcome) -> Problem:
    status, code, message = REASONS[outcome]
    headers = {name.decode(): value.decode() for name, value in ADVICE.get(status, [])}
    return Problem(status, code, message, headers)
