"""The server as it runs for real, in processes of its own: it stops without losing an answer."""

import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import closing
from http.client import HTTPConnection

import pytest

from apikeys.models import APIKey
from tests.api.conftest import KEY, TOKEN
from tests.conftest import BY, database_url
from tests.e2e.conftest import accepted

COMMAND = [sys.executable, "-m", "uvicorn", "config.asgi:application", "--loop", "uvloop", "--http", "httptools"]
COMMAND += ["--lifespan", "on", "--no-server-header", "--timeout-graceful-shutdown", "10"]
CSRF = "c" * 32
BODY = f"csrfmiddlewaretoken={CSRF}".encode()


@pytest.fixture
def serve():
    """Start the server with so many workers; returns its process and its address, which takes connections at once."""
    started = []

    def serve(workers: int):
        listener = socket.create_server(("127.0.0.1", 0))
        listener.set_inheritable(True)
        environment = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings", "TEST_DATABASE_URL": database_url()}
        options = ["--fd", str(listener.fileno()), "--workers", str(workers)]
        server = subprocess.Popen(
            [*COMMAND, *options], env=environment, pass_fds=[listener.fileno()], stderr=subprocess.PIPE, text=True
        )
        started.append((server, listener))
        return server, listener.getsockname()

    yield serve
    for server, listener in started:
        server.kill()
        server.communicate()
        listener.close()


def ask_to_renew(address, client, key) -> socket.socket:
    """Send the head of a request, and return the connection once the app waits for the body."""
    head = [
        f"POST /accounts/acme/api-keys/{key.key}/renewal/ HTTP/1.1",
        "Host: 127.0.0.1",
        f"Cookie: sessionid={client.cookies['sessionid'].value}; csrftoken={CSRF}",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(BODY)}",
        "Expect: 100-continue",
    ]
    connection = socket.create_connection(address, timeout=20)
    connection.sendall("\r\n".join([*head, "", ""]).encode())
    assert connection.recv(1024).startswith(b"HTTP/1.1 100 ")
    return connection


def rest_of(connection: socket.socket) -> str:
    """Send the body, and return all that comes back until the server closes the connection."""
    connection.sendall(BODY)
    with connection:
        return b"".join(iter(lambda: connection.recv(65536), b"")).decode()


@pytest.mark.parametrize("workers", [1, 2])
def test_who_asked_before_the_server_was_told_to_stop_gets_the_answer(serve, client, acme, admin, workers):
    client.force_login(admin)
    keys = [APIKey.generate(acme, f"Key {number}", by=BY)[0] for number in range(8)]
    server, address = serve(workers)
    under_way = [ask_to_renew(address, client, key) for key in keys]

    server.send_signal(signal.SIGTERM)
    for _worker in range(workers):
        assert any("Shutting down" in line for line in server.stderr)
    answers = [rest_of(connection) for connection in under_way]

    for key, answer in zip(keys, answers, strict=True):
        assert answer.startswith("HTTP/1.1 200 ")
        assert accepted(key, re.search("[A-Z]{128}", answer).group())
    assert server.wait(20) in (0, -signal.SIGTERM)


def test_what_a_check_left_behind_is_written_before_the_server_ends(serve, erp):
    server, address = serve(1)
    with closing(HTTPConnection(*address, timeout=20)) as connection:
        connection.request("GET", "/api/verify", headers={KEY: erp.key, TOKEN: erp.plaintext})
        assert connection.getresponse().status == 204

    server.send_signal(signal.SIGTERM)
    assert server.wait(20) in (0, -signal.SIGTERM)

    assert erp.token.last_used_address == "127.0.0.1"
