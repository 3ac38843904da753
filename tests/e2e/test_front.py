"""The front, config.asgi on uvicorn, as bytes on the wire."""

import socket
from urllib.parse import urlsplit

import pytest

from tests.e2e.conftest import accepted


@pytest.fixture
def ask(base_url):
    """Send lines as they are, and return the status and the headers of the answer."""

    def ask(*lines: str, body: str = "") -> tuple[int, dict[str, str]]:
        address = urlsplit(base_url)
        with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
            head = "\r\n".join([*lines, f"Host: {address.netloc}", "Connection: close", "", ""])
            connection.sendall((head + body).encode("latin-1"))
            answer = b"".join(iter(lambda: connection.recv(65536), b"")).decode("latin-1")
        status, *headers = answer.split("\r\n\r\n")[0].split("\r\n")
        return int(status.split()[1]), dict(line.lower().split(": ", 1) for line in headers)

    return ask


def test_a_key_and_its_token_are_accepted(ask, erp):
    status, headers = ask(
        "GET /api/verify HTTP/1.1", f"X-VTEX-API-AppKey: {erp.key}", f"X-VTEX-API-AppToken: {erp.plaintext}"
    )

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


def test_a_body_without_a_length_is_refused_instead_of_read_as_empty(ask):
    status, headers = ask("POST /theme/ HTTP/1.1", "Transfer-Encoding: chunked", body="3\r\na=b\r\n0\r\n\r\n")

    assert (status, headers["content-type"]) == (411, "application/json; charset=utf-8")
    assert "default-src 'none'" in headers["content-security-policy"]


@pytest.mark.parametrize("address", ["/?q=\xe9", "/\xe9", "/?q=%ff", "/%ff", "/%00", "/?page=%00", "//", "/%2e%2e/"])
def test_an_address_that_is_no_address_is_no_error_of_ours(ask, db, address):
    assert 300 <= ask(f"GET {address} HTTP/1.1")[0] < 500


def test_a_client_cannot_name_its_own_address(ask, erp):
    ask(
        "GET /api/verify HTTP/1.1",
        f"X-VTEX-API-AppKey: {erp.key}",
        f"X-VTEX-API-AppToken: {erp.plaintext}",
        "X-Forwarded-For: 198.51.100.7",
    )

    assert erp.token.last_used_address == "127.0.0.1"
    assert accepted(erp, erp.plaintext)
