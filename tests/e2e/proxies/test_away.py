"""Where the app is away, or the service behind it."""

import pytest

from tests.e2e.proxies.conftest import (
    client_of,
    credentials,
    free_addresses,
    running_caddy,
    running_nginx,
    running_traefik,
)

# How each starts, what it answers without the app, and what it logs of a service that is away.
PROXIES = {
    "nginx": (running_nginx, 503, "refused"),
    "caddy": (running_caddy, 502, "refused"),
    "traefik": (running_traefik, 500, " 502 "),
}


@pytest.fixture(params=PROXIES.values(), ids=PROXIES)
def away(request, tmp_path, app_address, service):
    """Ask through a proxy of whose neighbours one is away; return the answer and the logs. With what is its own."""
    start, status, logged = request.param

    def ask(headers, *, app=app_address, service=service.address):
        with start(app, service, tmp_path) as proxy, client_of(proxy.service) as client:
            return client.get("/orders", headers=headers), proxy.logs()

    return ask, status, logged


def test_without_the_app_nothing_gets_through(away, service, erp):
    ask, status, _logged = away

    answer, logs = ask(credentials(erp, erp.plaintext), app=free_addresses(1)[0])

    assert answer.status_code == status
    assert status != 503 or answer.headers["Retry-After"] == "1"
    assert service.requests == []
    assert erp.plaintext[25:121] not in logs


def test_without_the_service_no_token_is_in_the_log_of_the_error(away, erp):
    ask, _status, logged = away

    answer, logs = ask(credentials(erp, erp.plaintext), service=free_addresses(1)[0])

    assert answer.status_code == 502
    assert logged in logs
    assert erp.plaintext[25:121] not in logs
