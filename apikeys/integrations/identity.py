"""Who a request of an integration is from, or why it is refused: what the decorator and the DRF class ask."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse

from apikeys import last_use
from apikeys.api.answers import ALWAYS, REASONS, deprecation, refused
from apikeys.api.verify import caller_of, checked, response_of
from apikeys.verification import Outcome

HEADERS = ("X-VTEX-API-AppKey", "X-VTEX-API-AppToken")


@dataclass(frozen=True)
class Identity:
    """An API key whose token was proven right, with its roles in the account that it entered.

    `deprecated_at` is set when the token is the old one of a pending renewal: the moment of the renewal.
    """

    account: str
    key: str
    name: str
    roles: frozenset[str]
    deprecated_at: dt.datetime | None = None

    @property
    def deprecation(self) -> str:
        """The header of the answer that tells the integration to take the new token, or nothing."""
        return deprecation(self.deprecated_at) if self.deprecated_at else ""


@dataclass
class Refused(Exception):
    """Status, code and message as GET /api/verify has them."""

    status: int
    code: str
    message: str

    @property
    def response(self) -> HttpResponse:
        answer = refused(self.status, self.code, self.message)
        return response_of(answer._replace(headers=[*ALWAYS, *answer.headers]))


def identify(request: HttpRequest, *, account: str = "") -> Identity:
    """Check the key and token of a request, and record the use. Raises Refused.

    `account` is the slug of the account that the key has to enter: its own, unless another one is named.
    """
    verdict = checked(request, account=account)
    last_use.notes.note(verdict, lambda: caller_of(request))
    last_use.notes.write()  # no thread does it here
    if verdict.outcome is not Outcome.ACCEPTED:
        raise Refused(*REASONS[verdict.outcome])
    return Identity(
        account=verdict.account,
        key=verdict.key,
        name=verdict.name,
        roles=frozenset(verdict.roles),
        deprecated_at=verdict.deprecated_at,
    )
