"""What the check answers: the one place that says it, for the front and for the reference view."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import parse_qs, quote

from django.conf import settings

from apikeys import last_use
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
        headers.append((b"deprecation", b"@%d" % verdict.deprecated_at.timestamp()))  # RFC 9745
    return Answer(204, headers)


def refused(status: int, code: str, message: str, *headers: tuple[bytes, bytes]) -> Answer:
    body = json.dumps({"code": code, "message": message}).encode()
    about = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    # For proxies that drop the body of a refusal.
    return Answer(status, [*about, (b"x-api-refusal", code.encode()), *headers], body)


AGAIN = (b"retry-after", b"1")
REFUSALS = {
    Outcome.WRONG: refused(401, "unauthorized", "Unknown key or wrong token.", (b"www-authenticate", b"AppToken")),
    Outcome.NO_ACCESS: refused(403, "no_access", "The key has no access to this account."),
    Outcome.INACTIVE: refused(403, "key_inactive", "The key is inactive."),
    Outcome.OUTDATED: refused(403, "token_outdated", "The token is outdated, and its account refuses outdated tokens."),
    Outcome.BUSY: refused(503, "busy", "Too many checks at once.", AGAIN),
    Outcome.UNAVAILABLE: refused(503, "unavailable", "The database is away or too busy. Try again.", AGAIN),
}
# What a machine gets of the security headers: those that only pages need are left out.
ALWAYS: Headers = [
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", settings.SECURE_REFERRER_POLICY.encode()),
]
STRICT = f"max-age={settings.SECURE_HSTS_SECONDS}; includeSubDomains; preload"
SECURED: Headers = [
    *ALWAYS,
    *([(b"strict-transport-security", STRICT.encode())] if settings.SECURE_HSTS_SECONDS else []),
]

PLAIN = re.compile(r"[ -~]*")
LISTED = re.compile(r"[,%']")


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
