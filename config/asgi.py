"""The front: it answers the check itself; what reaches Django has one spelling of each header and its body at hand."""

import asyncio
from contextlib import nullcontext
from typing import Any

from a2wsgi import WSGIMiddleware
from django.conf import settings

from config.wsgi import application as wsgi_application  # first: it sets Django up

from apikeys import last_use  # isort: skip
from apikeys.front import Front  # isort: skip

THREADS = 16
LARGE = 64 * 1024  # bytes of a body; uvicorn holds as many of each connection
CODES = {400: b"bad_request", 411: b"length_required"}
django: Any = WSGIMiddleware(wsgi_application, workers=THREADS)  # type: ignore[arg-type]  # two typings of one protocol
check = Front()
large_bodies = asyncio.Semaphore(THREADS)


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Answer one request: a check, through Django, or with a refusal of what WSGI cannot carry."""
    if scope["type"] == "lifespan":
        await live(receive, send)
    elif scope["path"] == "/api/verify":
        await check(scope, receive, send)
    elif any(name == b"transfer-encoding" for name, _ in scope["headers"]):
        # WSGI has no length for such a body: Django would read an empty one, without an error.
        await refuse(receive, send, 411, b"Send the length of the body: Content-Length.")
    elif not scope["query_string"].isascii():
        await refuse(receive, send, 400, b"Percent-encode the address.")
    else:
        # X_VTEX_API_AppKey would become the same WSGI variable as X-VTEX-API-AppKey.
        headers = [(name, value) for name, value in scope["headers"] if b"_" not in name]
        body = await body_of(headers, receive)
        if body is not None:
            await django({**scope, "headers": headers}, handing(body), without_length_of_nothing(send))


async def live(receive: Any, send: Any) -> None:
    """Start, and when the last request is answered write what the last checks left behind."""
    await receive()
    last_use.notes.start()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await asyncio.to_thread(last_use.notes.stop)
    await check.close()
    await send({"type": "lifespan.shutdown.complete"})


async def body_of(headers: Any, receive: Any) -> bytes | None:
    """Wait here for the body: a client that holds it back would hold a thread. None means that it has left.

    Nothing is read of one that Django refuses for its length.
    """
    length = next((int(value) for name, value in headers if name == b"content-length"), 0)
    parts, more = [], 0 < length <= settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    async with large_bodies if length > LARGE else nullcontext():
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            parts.append(message.get("body", b""))
            more = message.get("more_body", False)
    return b"".join(parts)


def handing(body: bytes) -> Any:
    """Return a receive that has the whole body at once."""

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def without_length_of_nothing(send: Any) -> Any:
    """Return a send that leaves Content-Length out of a 204, where RFC 9110 (8.6) forbids it."""

    async def sent(message: Any) -> None:
        if message.get("status") == 204:
            headers = [(name, value) for name, value in message["headers"] if name != b"content-length"]
            message = {**message, "headers": headers}
        await send(message)

    return sent


async def refuse(receive: Any, send: Any, status: int, reason: bytes) -> None:
    """Answer as the JSON API does: no browser sends what is refused here."""
    await drop_body(receive)
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


async def drop_body(receive: Any) -> None:
    """Take the body, as far as Django would: a proxy that cannot get rid of it answers 502."""
    left, more = settings.DATA_UPLOAD_MAX_MEMORY_SIZE, True
    while more and left > 0:
        message = await receive()
        left -= len(message.get("body", b""))
        more = message.get("more_body", False)
