"""Real proxies with the files of docs/proxy/, before the app on its real server and before a service that echoes."""

import json
import re
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from tests.api.conftest import KEY, TOKEN
from tests.e2e.conftest import served

DOCS = Path(__file__).parents[3] / "docs" / "proxy"
# What Debian's own file has around ours, and no more.
NGINX = """
daemon off; master_process off; pid nginx.pid; error_log error.log;
events {{ worker_connections 768; }}
http {{
    client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi;
    scgi_temp_path scgi; access_log access.log; gzip on; include {folder}/*.conf;
}}
"""
CLIENT = "127.0.0.9"
# What a client may send in order to pass for another one.
FORGED = [
    [("X-Api-Account", "globex"), ("X-Api-Key", "other"), ("X-Api-Key-Name", "other"), ("X-Api-Roles", "Owner")],
    [("x-api-KEY", "one"), ("X-API-key", "two")],
    [("X_Api_Account", "globex"), ("X-Api_Account", "globex"), ("X_API-ROLES", "Owner"), ("x_api_key_name", "x")],
    [("X.Api.Account", "globex"), ("X-Api.Roles", "Owner"), ("X.Vtex.Api.AppToken", "x")],
    [("X-Forwarded-For", "198.51.100.7"), ("X_Forwarded_For", "198.51.100.7"), ("X.Forwarded.For", "198.51.100.7")],
    [("Connection", "X-Api-Account, X-Api-Key, X-Api-Key-Name, X-Api-Roles, close")],
    [("Connection", "X-Api-Key"), ("Connection", "keep-alive"), ("X-Api-Key", "other")],
]


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
        self.requests.append({"method": scope["method"], "headers": headers, "body": body.decode("latin-1")})
        await send({"type": "http.response.start", "status": int(dict(headers).get("answer-with", 200)), "headers": []})
        await send({"type": "http.response.body", "body": json.dumps(self.requests[-1]).encode()})


class Proxy(NamedTuple):
    """Where a proxy serves the service and the app, and the folder with its files and logs."""

    service: str
    app: str
    folder: Path

    def logs(self) -> str:
        return "".join(path.read_text() for path in self.folder.iterdir() if path.suffix == ".log")


@pytest.fixture(scope="session")
def app_address(in_front):
    """The app as it runs behind a proxy that it trusts."""
    from config.asgi import application

    with served(application, in_front, proxy_headers=True, forwarded_allow_ips="127.0.0.1") as address:
        yield address


@pytest.fixture(scope="session")
def echo(in_front):
    service = Service()
    with served(service, in_front) as service.address:
        yield service


@pytest.fixture
def service(echo):
    echo.requests.clear()
    return echo


@pytest.fixture(scope="session")
def nginx(app_address, echo, tmp_path_factory):
    with running_nginx(app_address, echo.address, tmp_path_factory.mktemp("nginx")) as proxy:
        yield proxy


@pytest.fixture(scope="session")
def caddy(app_address, echo, tmp_path_factory):
    with running_caddy(app_address, echo.address, tmp_path_factory.mktemp("caddy")) as proxy:
        yield proxy


@pytest.fixture(scope="session")
def traefik(app_address, echo, tmp_path_factory):
    with running_traefik(app_address, echo.address, tmp_path_factory.mktemp("traefik")) as proxy:
        yield proxy


@pytest.fixture(params=["nginx", "caddy", "traefik"])
def proxy(request):
    return request.getfixturevalue(request.param)


@contextmanager
def running_nginx(app: str, service: str, folder: Path):
    *places, plain = free_addresses(3)
    proxy = Proxy(*places, folder)
    here = {r"(?m)^ +ssl_.*\n": "", "/var/log/nginx": str(folder)}
    write(folder, "nginx/apikeys.conf", {"127.0.0.1:8000": app})
    write(
        folder,
        "nginx/protect.conf",
        {**here, "443 ssl": proxy.service, "127.0.0.1:9000": service, "Host keys.example.com": "Host localhost"},
    )
    write(folder, "nginx/app.conf", {**here, "443 ssl": proxy.app, "listen 80": f"listen {plain}"})
    (folder / "nginx").write_text(NGINX.format(folder=folder))
    with running(["/usr/sbin/nginx", "-p", folder, "-c", "nginx"], proxy):
        yield proxy


@contextmanager
def running_caddy(app: str, service: str, folder: Path):
    proxy = Proxy(*free_addresses(2), folder)
    places = {"127.0.0.1:8000": app, "127.0.0.1:9000": service, "Host keys.example.com": "Host localhost"}
    sites = {"api.example.com": f"http://{proxy.service}", "keys.example.com": f"http://{proxy.app}"}
    write(folder, "Caddyfile", {"^{": "{\n\tadmin off", **places, **sites})
    with running(["/usr/bin/caddy", "run"], proxy):
        yield proxy


@contextmanager
def running_traefik(app: str, service: str, folder: Path):
    (place,) = free_addresses(1)
    proxy = Proxy(place, place.replace("127.0.0.1", "localhost"), folder)
    places = {"keys.internal:8000": app, "127.0.0.1:8000": app, "127.0.0.1:9000": service}
    sites = {"api.example.com": "127.0.0.1", "keys.example.com": "localhost"}
    write(folder, "traefik/apikeys.yaml", {r"(?m)^ +tls: .*\n": "", **places, **sites})
    write(folder, "traefik/traefik.yaml", {":443": place, "/etc/traefik": str(folder)})
    with running([Path(sys.executable).parent / "traefik", "--configFile=traefik.yaml"], proxy):
        yield proxy


def free_addresses(number: int) -> list[str]:
    with ExitStack() as stack:
        listeners = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(number)]
        return ["{}:{}".format(*listener.getsockname()) for listener in listeners]


def write(folder: Path, name: str, places: dict[str, str]) -> None:
    """Write the very file of docs/proxy/, with the places of the test where it has those of the example."""
    text = (DOCS / name).read_text()
    for pattern, place in places.items():
        text, found = re.subn(pattern, place, text)
        assert found, f"{pattern} is not in {name}"
    (folder / Path(name).name).write_text(text)


@contextmanager
def running(command: list, proxy: Proxy):
    """Run a proxy from when it answers to the end."""
    with open(proxy.folder / "output.log", "wb") as output:
        process = subprocess.Popen(
            command, cwd=proxy.folder, env={"HOME": str(proxy.folder)}, stdout=output, stderr=output
        )
    try:
        while process.poll() is None and not answers(proxy.service):
            time.sleep(0.01)
        assert process.poll() is None, proxy.logs()
        yield
    finally:
        process.terminate()
        process.wait(10)


def answers(address: str) -> bool:
    """Tell whether the proxy listens, and has read its files: before that Traefik knows no address."""
    try:
        return httpx.get(f"http://{address}", timeout=10).status_code != 404
    except httpx.ConnectError:
        return False


def client_of(address: str) -> httpx.Client:
    """Return a client whose own address is not that of the proxy."""
    return httpx.Client(transport=httpx.HTTPTransport(local_address=CLIENT), base_url=f"http://{address}", timeout=10)


def credentials(key, plaintext: str) -> list[tuple[str, str]]:
    return [(KEY, key.key), (TOKEN, plaintext)]
