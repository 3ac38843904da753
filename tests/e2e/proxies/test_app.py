"""The app itself behind a proxy: its pages see the client as it is."""

import re

import httpx
import pytest
from django.core.cache import cache

from tests.e2e.proxies.conftest import client_of


@pytest.fixture
def person(proxy):
    cache.clear()
    with client_of(proxy.app) as person:
        yield person


def sign_in(person: httpx.Client, n: int, **headers: str) -> httpx.Response:
    """Try a wrong password; each time with another name."""
    (form_token,) = re.findall('name="csrfmiddlewaretoken" value="(.+?)"', person.get("/auth/login/").text)[:1]
    form = {"csrfmiddlewaretoken": form_token, "login": f"{n}@acme.example", "password": "wrong"}
    return person.post("/auth/login/", data=form, headers={"Origin": str(person.base_url).rstrip("/"), **headers})


def slowed(answer: httpx.Response) -> bool:
    return "Too many attempts" in answer.text


def test_wrong_passwords_are_counted_by_the_address_of_the_client(person, proxy):
    forged = [{"X-Forwarded-For": f"203.0.113.{n}", "X-Real-IP": f"203.0.113.{n}"} for n in range(11)]

    assert [slowed(sign_in(person, n, **headers)) for n, headers in enumerate(forged)] == [False] * 10 + [True]
    with httpx.Client(base_url=person.base_url) as other:
        assert not slowed(sign_in(other, 11))


def test_a_page_is_not_compressed_on_its_way(person):
    assert "Content-Encoding" not in person.get("/auth/login/").headers


@pytest.mark.parametrize("proxy", ["caddy", "traefik"], indirect=True)
def test_a_body_of_unknown_length_is_refused(person):
    bodies = [b"theme=dark", b"x" * 300_000] * 20

    assert {person.post("/theme/", content=iter([body])).status_code for body in bodies} == {411}


def test_behind_nginx_no_host_but_its_own_is_answered(nginx):
    with client_of(nginx.app) as person:
        assert person.get("/auth/login/", headers={"Host": "evil.example"}).status_code == 400
        assert "evil" not in person.get("/auth/login/", headers={"X-Forwarded-Host": "evil.example"}).text


def test_behind_nginx_a_body_has_a_length_and_a_limit(nginx):
    with client_of(nginx.app) as person:
        assert person.post("/theme/", content=iter([b"theme=dark"])).status_code == 403  # no form token; but not 411
        assert person.post("/theme/", content=b"x" * 2**21).status_code == 413
