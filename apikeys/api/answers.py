"""What the check answers: the one place that says it, for the front and for the reference view."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import parse_qs, quote

from django.conf import settings

from apikeys import last_use, metrics
from apikeys.last_use import Caller
from apikeys.verification import Outcome, Verdict

Headers = list[tuple[bytes, bytes]]


class Answer(NamedTuple):
    status: int
    headers: Headers
    body: bytes = b""


def answer(verdict: Verdict, caller: Callable[[], Caller], *, secure: bool) -> Answer:
    """Answer a check. Every one ends here, whatever its outcome and whoever asked."""
    last_use.notes.note(verdict, caller)
    COUNTS[verdict.outcome].inc()
    status, headers, body = accepted(verdict) if verdict.outcome is Outcome.ACCEPTED else REFUSALS[verdict.outcome]
    return Answer(status, [*SECURED, *headers] if secure else [*ALWAYS, *headers], body)


def accepted(verdict: Verdict) -> Answer:
    """204 with the identity of the key, all of it from the row."""
    headers = [
        (b"x-api-account", verdict.account.encode()),
        (b"x-api-key", verdict.key.encode()),
        (b"x-api-key-name", ext_value(verdict.name).encode()),
        (b"x-api-roles", ", ".join(map(ext_value, verdict.roles)).encode()),
    ]
    if verdict.deprecated_at:
        headers.append((b"deprecation", deprecation(verdict.deprecated_at).encode()))
    return Answer(204, headers)


def deprecation(since: dt.datetime) -> str:
    """Return the header that tells an integration to take the new token (RFC 9745)."""
    return f"@{int(since.timestamp())}"


def refused(status: int, code: str, message: str) -> Answer:
    body = json.dumps({"code": code, "message": message}).encode()
    headers = [
        (b"content-type", b"application/json; charset=utf-8"),
        (b"content-length", b"%d" % len(body)),
        (b"x-api-refusal", code.encode()),  # for proxies that drop the body of a refusal
    ]
    return Answer(status, headers + ADVICE.get(status, []), body)


ADVICE: dict[int, Headers] = {401: [(b"www-authenticate", b"AppToken")], 503: [(b"retry-after", b"1")]}
# Status, code and message of whatever is not accepted.
REASONS = {
    Outcome.WRONG: (401, "unauthorized", "Unknown key or wrong token."),
    Outcome.NO_ACCESS: (403, "no_access", "The key has no access to this account."),
    Outcome.INACTIVE: (403, "key_inactive", "The key is inactive."),
    Outcome.OUTDATED: (403, "token_outdated", "The token is outdated, and its account refuses outdated tokens."),
    Outcome.BUSY: (503, "busy", "Too many checks at once."),
    Outcome.UNAVAILABLE: (503, "unavailable", "The database is away or too busy. Try again."),
}
REFUSALS = {outcome: refused(*reason) for outcome, reason in REASONS.items()}
COUNTS = {outcome: metrics.checks.labels(outcome.value) for outcome in Outcome}
# The security headers of every answer; `SECURED` under TLS.
ALWAYS: Headers = [
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; base-uri 'none'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"referrer-policy", settings.SECURE_REFERRER_POLICY.encode()),
]
STRICT = f"max-age={settings.SECURE_HSTS_SECONDS}; includeSubDomains; preload"
SECURED: Headers = [
    *ALWAYS,
    *([(b"strict-transport-security", STRICT.encode())] if settings.SECURE_HSTS_SECONDS else []),
]

PLAIN = re.compile(r"[ -~]*")
LISTED = re.compile(r"[,%']")


@lru_cache(1000)  # the same few names and roles at every check
def ext_value(text: str) -> str:
    """Return plain ASCII as it is; the rest, and what would read as a list or as encoded, as in RFC 8187."""
    if PLAIN.fullmatch(text) and not LISTED.search(text):
        return text
    return "UTF-8''" + quote(text, safe="")


def account_of(query: bytes) -> str:
    """Return the account that the query of the address asks for, or "" for the key's own.

    Asked for twice it is none that exists: which of the two a proxy saw cannot be known.
    """
    if not query:
        return ""
    return ",".join(parse_qs(query.decode("latin-1"), keep_blank_values=True).get("account", []))
