"""GET /api/verify: made for the forward-auth of nginx, Caddy and Traefik. docs/verify.md shows its answers."""

import logging
from urllib.parse import quote

from django.contrib.auth.models import Group
from django.db import Error
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from apikeys import hashing
from apikeys.access import address_of
from apikeys.models import Actor, Event, Token
from apikeys.models.tokens import NOTED_EVERY, record_refusal
from apikeys.verification import Outcome, Verdict, decide

logger = logging.getLogger(__name__)

REFUSALS = {
    Outcome.WRONG: (401, "unauthorized", "Unknown key or wrong token."),
    Outcome.NO_ACCESS: (403, "no_access", "The key has no access to this account."),
    Outcome.INACTIVE: (403, "key_inactive", "The key is inactive."),
    Outcome.OUTDATED: (403, "token_outdated", "The token is outdated, and its account refuses outdated tokens."),
}
# Of a token that was proven right, and so worth a line in the history of its key.
RECORDED = {
    Outcome.INACTIVE: Event.Action.REFUSED_INACTIVE,
    Outcome.OUTDATED: Event.Action.REFUSED_OUTDATED,
}


@csrf_exempt
def verify(request: HttpRequest) -> HttpResponse:
    """Answer 204 with the identity of the key, 401, 403, or 503 when it cannot be known; the same to any method."""
    key, plaintext = (request.headers.get(name, "") for name in ("X-VTEX-API-AppKey", "X-VTEX-API-AppToken"))
    try:
        verdict = decide(key, plaintext, account=request.GET.get("account", ""))
    except hashing.Busy:
        return _refused(503, "busy", "Too many checks at once.", {"Retry-After": "1"})
    if verdict.outcome is Outcome.ACCEPTED:
        note_use(verdict, request)
        return _accepted(verdict)
    record_refusal_of(verdict, request)
    return _refused(*REFUSALS[verdict.outcome])


def _accepted(verdict: Verdict) -> HttpResponse:
    given = {"external_keys": verdict.external_key_id} if verdict.external_key_id else {"api_keys": verdict.api_key_id}
    roles = Group.objects.filter(**given).order_by("name").values_list("name", flat=True)
    headers = {
        "X-Api-Account": verdict.account,
        "X-Api-Key": verdict.key,
        "X-Api-Key-Name": ext_value(verdict.name),
        "X-Api-Roles": ", ".join(map(ext_value, roles)),
        "Cache-Control": "no-store",
    }
    if verdict.deprecated_at:
        headers["Deprecation"] = f"@{int(verdict.deprecated_at.timestamp())}"  # RFC 9745
    return HttpResponse(status=204, headers=headers)


def _refused(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> HttpResponse:
    response = JsonResponse({"code": code, "message": message}, status=status, headers=headers)
    response["Cache-Control"] = "no-store"
    if status == 401:
        response["WWW-Authenticate"] = "AppToken"
    return response


def note_use(verdict: Verdict, request: HttpRequest) -> None:
    """Note the last use; a check never fails because that could not be written.

    Within a minute of the last note not even tried: on SQLite an UPDATE of no row waits for every writer.
    """
    now = timezone.now()
    if verdict.last_used_at and now - verdict.last_used_at < NOTED_EVERY:
        return
    try:
        Token.objects.filter(pk=verdict.token_id).used(
            address=address_of(request), user_agent=request.headers.get("User-Agent", ""), now=now
        )
    except Error:
        logger.warning("The last use of token %s could not be noted", verdict.token_id, exc_info=True)


def record_refusal_of(verdict: Verdict, request: HttpRequest) -> None:
    """Tell the history of the key, if the token was right; a check never fails because that could not be written."""
    if verdict.outcome not in RECORDED:
        return
    by = Actor(verdict.key, address_of(request))
    try:
        record_refusal(verdict.api_key_id, verdict.token_id, RECORDED[verdict.outcome], by=by, now=timezone.now())
    except Error:
        logger.warning("The refusal of token %s could not be recorded", verdict.token_id, exc_info=True)


def ext_value(text: str) -> str:
    """Return plain ASCII as it is; the rest, and what would read as a list or as encoded, as in RFC 8187."""
    if text.isascii() and text.isprintable() and not set(text) & set(",%'"):
        return text
    return "UTF-8''" + quote(text, safe="")
