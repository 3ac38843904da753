"""Who a request of an integration is from, or why it is refused: what the decorator and the DRF class ask."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse

from apikeys import hashing
from apikeys.api.verify import BUSY, REFUSALS, UNAVAILABLE, deprecation, note_use, record_refusal_of, refused, roles_of
from apikeys.verification import Outcome, Verdict, decide

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
        return refused(self.status, self.code, self.message)


def identify(request: HttpRequest, *, account: str = "") -> Identity:
    """Check the key and token of a request, and note the use. Raises Refused.

    `account` is the slug of the account that the key has to enter: its own, unless another one is named.
    """
    try:
        return _identity(_verdict(request, account))
    except hashing.Busy:
        raise Refused(*BUSY) from None
    except (OperationalError, InterfaceError):
        raise Refused(*UNAVAILABLE) from None


def _verdict(request: HttpRequest, account: str) -> Verdict:
    key, plaintext = (request.headers.get(name, "") for name in HEADERS)
    verdict = decide(key, plaintext, account=account)
    if verdict.outcome is Outcome.ACCEPTED:
        note_use(verdict, request)
        return verdict
    record_refusal_of(verdict, request)
    raise Refused(*REFUSALS[verdict.outcome])


def _identity(verdict: Verdict) -> Identity:
    return Identity(
        account=verdict.account,
        key=verdict.key,
        name=verdict.name,
        roles=frozenset(roles_of(verdict)),
        deprecated_at=verdict.deprecated_at,
    )
