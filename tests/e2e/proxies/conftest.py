"""Real proxies, each with its file of docs/proxy/, before the app on its real server and before a service."""

import json
import re
import socket
import subprocess
import time
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest

from tests.api.test_verify import KEY, TOKEN
from tests.e2e.conftest import served

DOCS = Path(__file__).parents[3] / "docs" / "proxy"


class Service:
    """What stands behind the proxy: it answers with what it was sent, and remembers it."""

    def __init__(self):
        self.requests = []

    async def __call__(self, scope, receive, send):
        body = b""
        while (message := await receive())["type"] == "http.request":
            body += message["body"]
            if not message["more_body"]:
                break
        headers = [[part.decode("latin-1") for part in header] for header in scope["headers"]]
        request = {"method": scope["method"], "path": scope["path"], "headers": headers, "body": body.decode("latin-1")}
        self.requests.append(request)
        status = int(dict(headers).get("answer-with", 200))
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": json.dumps(request).encode()})


@pytest.fixture(scope="session")
def app_address(django_db_setup):
    """The app as it runs behind a proxy, which it believes."""
    from config.asgi import application

    with served(application, proxy_headers=True, forwarded_allow_ips="127.0.0.1") as address:
        yield address


@pytest.fixture(scope="session")
def the_service():
    service = Service()
    with served(service) as service.address:
        yield service


@pytest.fixture
def service(the_service):
    the_service.requests.clear()
    return the_service


def free_address() -> str:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        return "{}:{}".format(*listener.getsockname())


def with_places(text: str, places: dict[str, str]) -> str:
    """Put the places of the test where the file has those of the example."""
    for pattern, place in places.items():
        text, found = re.subn(pattern, place, text)
        assert found, f"{pattern} is not there"
    return text


@contextmanager
def running(command: list[str], address: str):
    """Run a proxy until it listens there, and stop it at the end."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        while process.poll() is None and not listens(address):
            time.sleep(0.01)
        assert process.poll() is None, process.stdout.read()
        yield
    finally:
        process.terminate()
        process.communicate(timeout=10)


def listens(address: str) -> bool:
    host, port = address.split(":")
    with closing(socket.socket()) as client:
        return client.connect_ex((host, int(port))) == 0


def credentials(key, plaintext: str) -> dict[str, str]:
    return {KEY: key.key, TOKEN: plaintext}


def sent_to(address: str):
    """Return a function that asks a proxy as a client with its own address, 127.0.0.9, on a new connection each time."""

    def ask(headers, path="/orders", *, method="GET", **options):
        transport = httpx.HTTPTransport(local_address="127.0.0.9")
        with httpx.Client(transport=transport, base_url=f"http://{address}", timeout=10) as client:
            return client.request(method, path, headers=headers, **options)

    return ask


def received(request: dict) -> dict[str, str]:
    """Return the headers that the service got as a WSGI server would name them, each once."""
    names = [name.upper().replace("-", "_") for name, _ in request["headers"]]
    assert len(names) == len(set(names)), names
    return dict(zip(names, [value for _, value in request["headers"]], strict=True))
