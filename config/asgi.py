"""The front: it answers the check itself; what reaches Django has one spelling of each header and a known length."""

from typing import Any

from a2wsgi import WSGIMiddleware

from config.wsgi import application as wsgi_application  # first: it sets Django up

from apikeys import last_use  # isort: skip
from apikeys.front import Front  # isort: skip

THREADS = 16
CODES = {400: b"bad_request", 411: b"length_required"}
django: Any = WSGIMiddleware(wsgi_application, workers=THREADS)  # type: ignore[arg-type]  # two typings of one protocol
check = Front()
last_use.notes.start()


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Answer one request: a check, through Django, or with a refusal of what WSGI cannot carry."""
    if scope["type"] == "lifespan":
        await live(receive, send)
    elif scope["path"] == "/api/verify":
        await check(scope, receive, send)
    elif any(name == b"transfer-encoding" for name, _ in scope["headers"]):
        # WSGI has no length for such a body: Django would read an empty one, without an error.
        await refuse(send, 411, b"Send the length of the body: Content-Length.")
    elif not scope["query_string"].isascii():
        await refuse(send, 400, b"Percent-encode the address.")
    else:
        # X_VTEX_API_AppKey would become the same WSGI variable as X-VTEX-API-AppKey.
        headers = [(name, value) for name, value in scope["headers"] if b"_" not in name]
        await django({**scope, "headers": headers}, receive, without_length_of_nothing(send))


async def live(receive: Any, send: Any) -> None:
    """Start, and stop when the last request is answered."""
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await check.close()
    await send({"type": "lifespan.shutdown.complete"})


def without_length_of_nothing(send: Any) -> Any:
    """Return a send that leaves Content-Length out of a 204, where RFC 9110 (8.6) forbids it."""

    async def sent(message: Any) -> None:
        if message.get("status") == 204:
            headers = [(name, value) for name, value in message["headers"] if name != b"content-length"]
            message = {**message, "headers": headers}
        await send(message)

    return sent


async def refuse(send: Any, status: int, reason: bytes) -> None:
    """Answer as the JSON API does: no browser sends what is refused here."""
    body = b'{"code": "%s", "message": "%s"}' % (CODES[status], reason)
    headers = [
        (b"content-type", b"application/json; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
        (b"x-content-type-options", b"nosniff"),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
