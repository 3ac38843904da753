"""docs/rotate.sh, as a cron job runs it; and answers that never arrive."""

import socket
import subprocess
from urllib.parse import urlsplit

import httpx
import pytest

from apikeys import hashing
from config.environment import BASE_DIR
from tests.api.conftest import api_key, signed
from tests.e2e.conftest import accepted
from tests.races.worker import CHEAP

SCRIPT = BASE_DIR / "docs" / "rotate.sh"


@pytest.fixture
def robot(acme):
    return api_key(acme, "Robot", "renew_api_token", "view_api_keys")


@pytest.fixture
def rotate(base_url, tmp_path, robot):
    """Rotate the token of a key as docs/api.md says, with this one stored; return the one that is stored then."""
    caller, stored = tmp_path / "caller", tmp_path / "stored"
    caller.write_text(robot.plaintext)
    environment = {"API": base_url, "CALLER_KEY": robot.key, "CALLER_TOKEN_FILE": str(caller), "WAIT": "0"}

    def rotate(key, plaintext: str) -> str:
        stored.write_text(plaintext)
        subprocess.run([SCRIPT, key.key, stored], env=environment, check=True)
        return stored.read_text().strip()

    return rotate


def test_a_cron_job_rotates_a_token(rotate, erp):
    new = rotate(erp, erp.plaintext)

    assert accepted(erp, new)
    assert not accepted(erp, erp.plaintext)


def test_a_cron_job_goes_on_where_its_new_token_was_lost(rotate, shop):
    new = rotate(shop, shop.old)

    assert accepted(shop, new)
    assert not accepted(shop, shop.old)
    assert not accepted(shop, shop.new)


def test_a_cron_job_goes_on_where_its_new_token_was_stored(rotate, shop):
    assert rotate(shop, shop.new) == shop.new

    assert accepted(shop, shop.new)
    assert not accepted(shop, shop.old)


def test_a_cron_job_that_may_not_renew_leaves_the_stored_token(rotate, robot, erp):
    robot.roles.clear()

    with pytest.raises(subprocess.CalledProcessError):
        rotate(erp, erp.plaintext)

    assert accepted(erp, erp.plaintext)
    assert not erp.is_renewing


def test_a_client_that_leaves_before_the_answer_undoes_and_renews(base_url, robot, erp, monkeypatch, settings):
    monkeypatch.setattr(hashing, "_argon2id", CHEAP)
    settings.API_REQUESTS_A_MINUTE = 10**9
    lost = 0
    with httpx.Client(base_url=base_url) as client:

        def ask(verb: str) -> int:
            assert client.get("/api/verify", headers=signed(erp)).status_code == 204
            return client.patch(path(erp, verb), headers=signed(robot)).status_code

        for _ in range(100):
            send_and_leave(base_url, path(erp, "renew"), signed(robot))
            while ask("renew") == 409:
                lost += 1
                assert ask("undo-renewal") == 200
            assert ask("undo-renewal") == 200

    assert lost > 50


def path(key, verb: str) -> str:
    return f"/api/vtexid/apikey/{key.key}/apitoken/{verb}"


def send_and_leave(base_url: str, path: str, headers: dict[str, str]) -> None:
    address = urlsplit(base_url)
    lines = [f"PATCH {path} HTTP/1.1", f"Host: {address.netloc}", *(f"{name}: {headers[name]}" for name in headers)]
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
