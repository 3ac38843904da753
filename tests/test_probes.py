"""What load balancers get, whoever they are."""

import pytest
from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper

from apikeys.cache import Cache
from tests.views.test_rights import METHODS
from tests.views.test_security import policy

PROBES = ["/healthz", "/readyz"]


@pytest.fixture
def database_away(monkeypatch, db):
    def refuse(self):
        raise OperationalError("connection refused")

    monkeypatch.setattr(BaseDatabaseWrapper, "connect", refuse)


@pytest.mark.parametrize("address", PROBES)
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("host", ["10.0.0.3:8000", "evil.example", ""])
def test_any_method_at_any_host_is_answered(client, db, address, method, host):
    response = client.generic(method, address, headers={"host": host})

    assert response.status_code == 200
    assert not response.cookies


@pytest.mark.parametrize("address", PROBES)
def test_a_probe_is_not_led_to_https(client, db, settings, address):
    settings.SECURE_SSL_REDIRECT = True

    assert client.get(address).status_code == 200


@pytest.mark.parametrize("address", [*PROBES, "/metrics"])
def test_a_probe_has_the_headers_of_every_answer(client, db, address):
    response = client.get(address)

    assert policy(response) == policy(client.get("/auth/login/"))
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "no-store"


def test_the_process_is_healthy_whatever_it_needs_is_away(client):
    assert client.get("/healthz").json() == {"healthy": True}


def test_a_session_is_not_looked_at(client, admin, django_assert_num_queries):
    client.force_login(admin)

    with django_assert_num_queries(0):
        client.get("/healthz")


def test_ready_while_the_database_answers(client, db):
    assert client.get("/readyz").json() == {"ready": True, "away": ""}


def test_not_ready_while_the_database_is_away(client, database_away):
    response = client.get("/readyz")

    assert (response.status_code, response.json()) == (503, {"ready": False, "away": "database"})


def test_ready_without_redis_because_all_goes_on_without_it(client, db, monkeypatch):
    monkeypatch.setattr(Cache, "away_until", float("inf"))
    response = client.get("/readyz")

    assert (response.status_code, response.json()) == (200, {"ready": True, "away": "cache"})
