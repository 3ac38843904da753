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

from .answers import account_of, answer


@csrf_exempt
def verify(request: HttpRequest) -> HttpResponse:
    """Answer 204 with the identity of the key, 401, 403, or 503 when it cannot be known; the same to any method."""

    def caller() -> Caller:
        return Caller(address_of(request), request.headers.get("User-Agent", ""))

    status, headers, body = answer(_verdict(request), caller, secure=request.is_secure())
    response = HttpResponse(body, status=status)
    del response["Content-Type"]
    for name, value in headers:
        response[name.decode()] = value.decode()
    return response


def _verdict(request: HttpRequest) -> Verdict:
    key, plaintext = (request.headers.get(name, "") for name in ("X-VTEX-API-AppKey", "X-VTEX-API-AppToken"))
    try:
        return decide(key, plaintext, account=account_of(request.META["QUERY_STRING"].encode("latin-1")))
    except hashing.Busy:
        return Verdict(Outcome.BUSY)
    except Error:
        return Verdict(Outcome.UNAVAILABLE)
