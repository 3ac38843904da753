"""What every request of the JSON API meets, and every answer has."""

import re

import pytest
from django.core.cache import cache, caches
from django.db import OperationalError
from django.test import Client

from tests.api.conftest import signed
from tests.api.test_verify import failing

LIST, KEYS = ("GET", "vlm/appkeys"), ("POST", "vlm/appkeys")
TOO_LARGE = '{"label": "' + "a" * 1024 * 1024 + '"}'


@pytest.fixture
def answer(call, robot, erp):
    """Bring about an answer of this status."""

    def answer(status: int):
        headers = {} if status == 401 else signed(robot)
        renew = ("PATCH", f"vtexid/apikey/{erp.key if status != 400 else 'x'}/apitoken/renew")
        if status == 409:
            call(*renew, headers)
        asked = {404: ("GET", "nothing"), 405: ("DELETE", "vlm/appkeys")}
        body = {413: TOO_LARGE, 422: "{}", 415: "{}"}
        if status in body:
            kind = "text/plain" if status == 415 else "application/json"
            return call(*KEYS, headers, body[status], content_type=kind)
        if status in (500, 503):
            with failing(OperationalError("gone") if status == 503 else ValueError("/srv/secret"), "INSERT"):
                return call(*renew, headers)
        return call(*asked.get(status, renew), headers)

    return answer


STATUSES = [200, 400, 401, 404, 405, 409, 413, 415, 422, 500, 503]


@pytest.mark.parametrize("status", STATUSES)
def test_every_answer_is_json_that_nothing_keeps(answer, status):
    response = answer(status)

    assert (response.status_code, response["Content-Type"]) == (status, "application/json; charset=utf-8")
    assert response["Cache-Control"] == "no-store"
    assert not {"ETag", "Last-Modified", "Expires", "Location", "Set-Cookie"} & set(response.headers)
    assert not response.cookies
    assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("status", STATUSES[1:])
def test_every_refusal_says_what_is_wrong_and_nothing_of_the_inside(answer, robot, status):
    response = answer(status)

    assert set(response.json()) == {"code", "message"}
    assert not re.search(r"django|ninja|pydantic|sqlite|postgres|traceback|srv|\.py\b", response.text, re.I)
    assert robot.plaintext[:25] not in response.text


@pytest.mark.parametrize("language", ["pt-BR", "es", "x" * 65536, '"' * 5000])
def test_the_answer_is_the_same_in_every_language(call, robot, language):
    asked = ("PATCH", "vtexid/apikey/x/apitoken/renew")

    assert call(*asked, {**signed(robot), "Accept-Language": language}).content == call(*asked, signed(robot)).content


@pytest.mark.parametrize(
    "body", ["{", "{'label': 1}", b"\xff\xfe", "[" * 100_000, '{"label": ' + "9" * 5000 + "}", "\x00", "label=x"]
)
def test_a_body_that_is_no_json_is_malformed(call, robot, body):
    response = call(*KEYS, signed(robot), body)

    assert (response.status_code, response.json()["code"]) == (400, "bad_request")


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "application/xml", "\x00"])
def test_a_body_that_does_not_say_it_is_json_is_not_read(call, robot, kind):
    response = call(*KEYS, signed(robot), '{"label": "x"}', content_type=kind)

    assert (response.status_code, response.json()["code"]) == (415, "not_json")


@pytest.mark.parametrize("headers", [{"HX-Request": "true"}, {"Accept": "text/html"}, {"Accept": "x" * 65536}])
def test_machines_get_json_whatever_they_say_they_are(call, headers):
    assert call("GET", "nothing", headers).json()["code"] == "not_found"
    assert call(*LIST, headers).json()["code"] == "unauthorized"


# Browsers -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [{}, {"Origin": "https://e.x"}, {"X-CSRFToken": "x"}])
def test_the_session_of_a_browser_is_not_enough(client, admin, erp, headers):
    client.force_login(admin)
    client.cookies["csrftoken"] = "x"

    response = client.patch(f"/api/vtexid/apikey/{erp.key}/apitoken/renew", headers=headers)

    assert response.status_code == 401
    assert not erp.is_renewing


def test_the_session_of_a_browser_adds_nothing_to_a_key(client, admin, acme, erp, shop):
    client.force_login(admin)

    response = client.patch(f"/api/vtexid/apikey/{shop.key}/apitoken/undo-renewal", headers=signed(erp))

    assert (response.status_code, response.json()["code"]) == (403, "not_allowed")
    assert not response.cookies


@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_pages_of_other_sites_are_not_let_in(call, robot, method):
    preflight = {"Origin": "https://e.x", "Access-Control-Request-Method": "PATCH"}

    response = call(method, "vlm/appkeys", {**signed(robot), **preflight})

    assert not [name for name in response.headers if name.startswith("Access-Control-")]


def test_no_form_token_is_asked_for(robot):
    response = Client(enforce_csrf_checks=True).get("/api/vlm/appkeys", headers=signed(robot))

    assert response.status_code == 200


# Limits ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def three_a_minute(settings, time_machine):
    """The limit, and a clock that stands 20 seconds before the end of a minute."""
    cache.clear()
    settings.API_REQUESTS_A_MINUTE = 3
    time_machine.move_to("2031-05-01T08:30:40+00:00", tick=False)
    return time_machine


def test_a_key_that_asks_too_often_waits_for_the_next_minute(call, robot, three_a_minute):
    answers = [call(*LIST, signed(robot)) for _ in range(4)]
    three_a_minute.shift(20)

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert (answers[3].json()["code"], answers[3]["Retry-After"]) == ("too_many_requests", "20")
    assert call(*LIST, signed(robot)).status_code == 200


def test_refused_requests_count_too(call, robot, three_a_minute):
    for _ in range(3):
        call("PATCH", "vtexid/apikey/x/apitoken/renew", signed(robot))

    assert call(*LIST, signed(robot)).status_code == 429


def test_nobody_else_can_use_up_the_requests_of_a_key(call, robot, erp, three_a_minute):
    for _ in range(5):
        call(*LIST, signed(robot, erp.plaintext))
        call(*LIST, signed(erp))

    assert call(*LIST, signed(robot)).status_code == 200


def test_the_limit_is_not_that_of_the_check(call, robot, three_a_minute):
    for _ in range(4):
        call(*LIST, signed(robot))

    assert call("GET", "verify", signed(robot)).status_code == 204


def test_without_the_cache_nobody_is_held_up(call, robot, three_a_minute, monkeypatch):
    def away(*args, **kwargs):
        raise ConnectionError("redis.internal")

    for method in ("get", "add", "incr"):
        monkeypatch.setattr(caches["default"], method, away)

    assert [call(*LIST, signed(robot)).status_code for _ in range(5)] == [200] * 5
