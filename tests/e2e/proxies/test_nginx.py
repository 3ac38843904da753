"""Bytes on the wire before nginx: requests of two meanings, and clients that take their time."""

import socket
import time
from contextlib import ExitStack

import pytest

from tests.e2e.proxies.conftest import client_of, credentials

SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture
def send(nginx, service):
    """Send a request as it is, and one more on the same connection; return the statuses of the answers."""

    def send(framing: list[str], body: str, headers: list[tuple[str, str]]) -> list[int]:
        lines = [f"Host: {nginx.service}", *(": ".join(header) for header in headers)]
        first = "\r\n".join(["POST /orders HTTP/1.1", *lines, *framing, "", body])
        second = "\r\n".join(["GET /orders HTTP/1.1", *lines, "Connection: close", "", ""])
        with connected(nginx) as connection:
            connection.sendall((first + second).encode())
            answers = b"".join(iter(lambda: connection.recv(65536), b"")).decode()
        return [int(answer[:3]) for answer in answers.split("HTTP/1.1 ")[1:]]

    return send


def connected(proxy) -> socket.socket:
    host, port = proxy.service.split(":")
    return socket.create_connection((host, int(port)), timeout=10)


CHUNKED = "Transfer-Encoding: chunked"
OF_TWO_MEANINGS = [
    (["Content-Length: 4", CHUNKED], "0\r\n\r\n" + SMUGGLED),
    ([CHUNKED, f"Content-Length: {len(SMUGGLED)}"], SMUGGLED),
    (["Content-Length: 0", f"Content-Length: {len(SMUGGLED)}"], SMUGGLED),
    (["Content-Length: +4"], "abcd" + SMUGGLED),
    (["Content-Length: 0x4"], "abcd" + SMUGGLED),
    (["Content-Length: 4, 4"], "abcd" + SMUGGLED),
    ([CHUNKED, "Transfer-Encoding: identity"], "0\r\n\r\n" + SMUGGLED),
    (["Transfer-Encoding: identity, chunked"], "0\r\n\r\n" + SMUGGLED),
    (["Transfer-Encoding: xchunked"], "0\r\n\r\n" + SMUGGLED),
    (["Transfer-Encoding : chunked"], "0\r\n\r\n" + SMUGGLED),
    ([CHUNKED], "-1\r\n\r\n" + SMUGGLED),
    ([CHUNKED], "4;\r\nabcdX\r\n0\r\n\r\n" + SMUGGLED),
    ([CHUNKED], "10000000000000000\r\n\r\n" + SMUGGLED),
]


def test_a_request_of_two_meanings_is_refused_and_no_other_comes_out_of_it(send, service, erp):
    for framing, body in OF_TWO_MEANINGS:
        assert send(framing, body, credentials(erp, erp.plaintext)) in ([400], [501])
    assert service.requests == []


def test_of_two_requests_each_needs_its_own_token(send, service, erp):
    assert send(["Content-Length: 4"], "abcd", credentials(erp, erp.plaintext)) == [200, 200]
    assert send([f"Content-Length: {len(SMUGGLED)}"], SMUGGLED, credentials(erp, erp.plaintext)) == [200, 200]
    assert [request["body"] for request in service.requests] == ["abcd", "", SMUGGLED, ""]
    assert send([CHUNKED], f"{len(SMUGGLED):x}\r\n{SMUGGLED}\r\n0\r\n\r\n", []) == [401, 401]


def test_slow_clients_hold_up_nobody(nginx, service, erp):
    took = []
    with ExitStack() as stack, client_of(nginx.service) as client:
        for _ in range(200):
            stack.enter_context(connected(nginx)).sendall(b"GET /slow HTTP/1.1\r\nHost: a")
        for _ in range(50):
            began = time.perf_counter()
            assert client.get("/orders", headers=credentials(erp, erp.plaintext)).status_code == 200
            took.append(time.perf_counter() - began)

    assert max(took) < 1
