"""The front, config.asgi on uvicorn, as bytes on the wire."""

import socket
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from apikeys import last_use


@pytest.fixture
def ask(base_url):
    """Send lines as they are, and return the status and the headers of the answer."""

    def ask(*lines: str, body: str = "", host: str | None = None) -> tuple[int, dict[str, str]]:
        address = urlsplit(base_url)
        with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
            head = "\r\n".join(
                [*lines, f"Host: {address.netloc if host is None else host}", "Connection: close", "", ""]
            )
            connection.sendall((head + body).encode("latin-1"))
            answer = b"".join(iter(lambda: connection.recv(65536), b"")).decode("latin-1")
        status, *headers = answer.split("\r\n\r\n")[0].split("\r\n")
        return int(status.split()[1]), dict(line.lower().split(": ", 1) for line in headers)

    return ask


def credentials(key) -> list[str]:
    return [f"X-VTEX-API-AppKey: {key.key}", f"X-VTEX-API-AppToken: {key.plaintext}"]


def test_a_key_and_its_token_are_accepted(ask, erp):
    status, headers = ask("GET /api/verify HTTP/1.1", *credentials(erp))

    assert (status, headers["x-api-key"]) == (204, erp.key.lower())
    assert "content-length" not in headers


def test_headers_that_only_look_like_the_real_ones_are_absent(ask, erp):
    look_alikes = [f"X_VTEX_API_AppKey: {erp.key}", f"X_VTEX_API_AppToken: {erp.plaintext}"]

    assert ask("GET /api/verify HTTP/1.1", *look_alikes)[0] == 401


def test_look_alikes_beside_the_real_headers_have_no_effect(ask, erp, shop):
    status, headers = ask(
        "GET /api/verify HTTP/1.1",
        f"X_VTEX_API_AppKey: {shop.key}",
        f"X-VTEX-API-AppKey: {erp.key}",
        f"X-VTEX-API-AppToken: {erp.plaintext}",
        "X_Api_Account: globex",
        "X-Api-Account: globex",
    )

    assert (status, headers["x-api-account"]) == (204, "acme")


@pytest.mark.parametrize("twice", ["X-VTEX-API-AppKey", "X-VTEX-API-AppToken"])
def test_a_header_that_comes_twice_counts_as_absent(ask, erp, twice):
    values = {"X-VTEX-API-AppKey": erp.key, "X-VTEX-API-AppToken": erp.plaintext}
    lines = [f"{name}: {value}" for name, value in values.items()]

    assert ask("GET /api/verify HTTP/1.1", *lines, f"{twice}: {values[twice]}")[0] == 401


@pytest.mark.parametrize("path", ["/api/verify/", "/api/verify/x", "/api/Verify", "//api/verify"])
def test_another_address_is_no_check(ask, erp, path):
    assert ask(f"GET {path} HTTP/1.1", *credentials(erp))[0] == 404


@pytest.mark.parametrize("host", ["evil.example", "auth.internal:9000", ""])
def test_a_check_is_answered_under_whatever_name_it_is_asked(ask, erp, host):
    assert ask("GET /api/verify HTTP/1.1", *credentials(erp), f"X-Forwarded-Host: {host}", host=host)[0] == 204


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "OPTIONS", "TRACE", "PROPFIND"])
def test_a_body_is_dropped_and_the_connection_goes_on(base_url, erp, method):
    address = urlsplit(base_url)
    lines = "\r\n".join([f"{method} /api/verify HTTP/1.1", f"Host: {address.netloc}", *credentials(erp)])
    bodies = [
        f"{lines}\r\nContent-Length: 5\r\n\r\nhello",
        f"{lines}\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na=b\r\n0\r\n\r\n",
    ]
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        for request in [*bodies, *bodies]:
            connection.sendall(request.encode())
            assert connection.recv(65536).startswith(b"HTTP/1.1 204 ")


def test_an_answer_to_head_has_no_body(ask, erp):
    status, headers = ask("HEAD /api/verify HTTP/1.1")

    assert (status, headers["content-type"]) == (401, "application/json; charset=utf-8")


def test_a_body_without_a_length_is_refused_instead_of_read_as_empty(ask):
    status, headers = ask("POST /theme/ HTTP/1.1", "Transfer-Encoding: chunked", body="3\r\na=b\r\n0\r\n\r\n")

    assert (status, headers["content-type"]) == (411, "application/json; charset=utf-8")
    assert "default-src 'none'" in headers["content-security-policy"]


def a_form(length: int) -> list[str]:
    """With a cookie as of a form of ours: without one it is refused before its body is read."""
    return [
        "POST /theme/ HTTP/1.1",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {length}",
        f"Cookie: csrftoken={'a' * 32}",
    ]


def test_clients_that_hold_their_body_back_keep_no_page_from_others(ask, db, base_url):
    from config.asgi import THREADS

    address = urlsplit(base_url)
    request = "\r\n".join([*a_form(100_000), f"Host: {address.netloc}", "", "csrf"])
    with ExitStack() as waiting:
        for _ in range(3 * THREADS):
            client = waiting.enter_context(socket.create_connection((address.hostname, address.port), timeout=10))
            client.sendall(request.encode())

        assert ask("GET /auth/login/ HTTP/1.1")[0] == 200


def test_a_large_body_arrives_whole(ask, db):
    token = f"csrfmiddlewaretoken={'a' * 32}&theme=dark&next=/&filling="
    length = 1024 * 1024

    assert ask(*a_form(length), body=token + "x" * (length - len(token)))[0] == 303


def test_a_body_that_is_too_large_is_refused_before_it_comes(ask, db):
    assert ask(*a_form(1024 * 1024 + 1))[0] == 400


def test_half_a_form_is_no_form(in_front):
    """Whoever leaves while sending gets no answer, and nothing is done with what came."""
    from config.asgi import application

    length, messages = (b"content-length", b"100"), []
    scope = {"type": "http", "http_version": "1.1", "method": "POST", "path": "/theme/", "query_string": b""}
    scope["headers"] = [length]
    received = [{"type": "http.request", "body": b"theme=dark", "more_body": True}, {"type": "http.disconnect"}]

    async def receive():
        return received.pop(0)

    async def send(message):
        messages.append(message)

    in_front(application(scope, receive, send))

    assert messages == []


@pytest.mark.parametrize("address", ["/?q=\xe9", "/\xe9", "/?q=%ff", "/%ff", "/%00", "/?page=%00", "//", "/%2e%2e/"])
def test_an_address_that_is_no_address_is_no_error_of_ours(ask, db, address):
    assert 300 <= ask(f"GET {address} HTTP/1.1")[0] < 500


@pytest.mark.parametrize(
    "address",
    [
        "/.git/config",
        "/db.sqlite3",
        "/env",
        "/media/",
        "/__debug__/",
        "/static/../config/settings.py",
        "/static/..%2fdb.sqlite3",
        "/static/%2e%2e/%2e%2e/db.sqlite3",
        "/static//etc/passwd",
        "/static/",
        "/static/js/dialog.js.map",
    ],
)
def test_what_must_not_be_served_is_missing(ask, db, address):
    status, headers = ask(f"GET {address} HTTP/1.1")

    assert status == 404
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert "server" not in headers


def test_a_client_cannot_name_its_own_address(ask, erp):
    ask(
        "GET /api/verify HTTP/1.1",
        f"X-VTEX-API-AppKey: {erp.key}",
        f"X-VTEX-API-AppToken: {erp.plaintext}",
        "X-Forwarded-For: 198.51.100.7",
    )

    last_use.notes.write()

    assert erp.token.last_used_address == "127.0.0.1"
