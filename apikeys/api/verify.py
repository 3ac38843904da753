"""GET /api/verify as an ordinary Django view: the reference that the tests hold against the front, which answers first.

docs/verify.md shows the answers.
"""

from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from apikeys import hashing
from apikeys.access import address_of
from apikeys.last_use import Caller
from apikeys.verification import Outcome, Verdict, decide

from .answers import Answer, account_of, answer


@csrf_exempt
def verify(request: HttpRequest) -> HttpResponse:
    """Answer 204 with the identity of the key, 401, 403, or 503 when it cannot be known; the same to any method."""
    verdict = checked(request, account=account_of(request.META["QUERY_STRING"].encode("latin-1")))
    return response_of(answer(verdict, lambda: caller_of(request), secure=request.is_secure()))


def checked(request: HttpRequest, *, account: str = "") -> Verdict:
    """Return the verdict on the key and token that a request brings. What goes wrong is an outcome too."""
    key, plaintext = (request.headers.get(name, "") for name in ("X-VTEX-API-AppKey", "X-VTEX-API-AppToken"))
    try:
        return decide(key, plaintext, account=account)
    except hashing.Busy:
        return Verdict(Outcome.BUSY)
    except Error:
        return Verdict(Outcome.UNAVAILABLE)


def caller_of(request: HttpRequest) -> Caller:
    return Caller(address_of(request), request.headers.get("User-Agent", ""))


def response_of(answer: Answer) -> HttpResponse:
    response = HttpResponse(answer.body, status=answer.status)
    del response["Content-Type"]
    for name, value in answer.headers:
        response[name.decode()] = value.decode()
    return response
