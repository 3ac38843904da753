import re

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.test import Client

from tests.views.conftest import url
from tests.views.test_security import policy

INSIDE = re.compile(r"django|python|sqlite|postgres|psycopg|traceback|exception|error at|/work|\.py\b|secret", re.I)


@pytest.fixture
def visitor():
    return Client(raise_request_exception=False)


@pytest.fixture
def ana_in(visitor, admin):
    visitor.force_login(admin)
    return visitor


@pytest.fixture
def without_csrf(db):
    return Client(enforce_csrf_checks=True)


def failing(error):
    """Let every query fail, as with a database that is away."""

    def fail(*args):
        raise error

    return connection.execute_wrapper(fail)


def page_of(status, visitor, staff_page="/admin/"):
    """Bring about an answer of this status, by the ways that people meet it."""
    if status == 400:
        return visitor.get("/auth/login/", headers={"host": "evil.example"})
    if status == 403:
        return visitor.get(staff_page, follow=True)
    if status == 404:
        return visitor.get("/nothing/")
    with failing(OperationalError("database is locked") if status == 503 else ValueError("/srv/secret")):
        return visitor.get(url("keys"))


TITLES = {
    400: "Request not understood",
    403: "Unauthorized access",
    404: "Page not found",
    500: "Something went wrong",
    503: "Not available at the moment",
}


@pytest.mark.parametrize("status", TITLES)
def test_an_error_page_says_what_happened_and_leads_back(ana_in, status):
    response = page_of(status, ana_in)

    assert response.status_code == status
    assert re.search(rf"<h1>\s*{TITLES[status]}\s*</h1>", response.text)
    assert re.search(rf"<title>\s*{TITLES[status]}\s*- API Keys\s*</title>", response.text)
    assert '<a class="button primary large" href="/">Back to API Keys</a>' in response.text


@pytest.mark.parametrize("status", TITLES)
def test_an_error_page_tells_nothing_of_the_inside(ana_in, status):
    response = page_of(status, ana_in)

    assert not INSIDE.search(response.text)
    assert not INSIDE.search(str(response.headers))
    assert "admin@acme.example" not in response.text


@pytest.mark.parametrize("status", TITLES)
def test_an_error_page_has_the_headers_of_every_page(ana_in, status):
    response = page_of(status, ana_in)

    assert policy(response) == policy(ana_in.get("/help/"))
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize("status", TITLES)
def test_an_error_page_has_nothing_inline(ana_in, status):
    page = page_of(status, ana_in).text

    assert not re.search(r"<script(?! type=\"module\" src=)|<style|\sstyle=|\son\w+=", page)


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_a_database_that_is_away_is_503_and_may_be_tried_again(ana_in, error):
    with failing(error("database is locked")):
        response = ana_in.get(url("keys"))

    assert (response.status_code, response["Retry-After"]) == (503, "1")


@pytest.mark.parametrize("error", [ValueError, RecursionError, MemoryError])
def test_any_other_failure_is_500(ana_in, error):
    with failing(error("no")):
        response = ana_in.get(url("keys"))

    assert response.status_code == 500
    assert "Retry-After" not in response.headers


def test_the_page_is_back_when_the_database_is(ana_in):
    with failing(OperationalError("gone")):
        ana_in.get(url("keys"))

    assert ana_in.get(url("keys")).status_code == 200


def test_who_meets_a_failure_stays_signed_in(ana_in, erp):
    with failing(OperationalError("gone")):
        response = ana_in.post(url("renewal", erp))

    assert response.status_code == 503
    assert not response.cookies
    assert erp.tokens.count() == 1


def test_a_page_that_is_missing_asks_nothing_of_the_database(visitor, db, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert visitor.get("/nothing/").status_code == 404


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_an_error_page_keeps_the_theme(visitor, db, theme):
    visitor.cookies["theme"] = theme

    assert f'data-theme="{theme}"' in visitor.get("/nothing/").text


def test_a_foreign_theme_is_not_printed(visitor, db):
    visitor.cookies["theme"] = "x"

    assert "data-theme" not in visitor.get("/nothing/").text


@pytest.mark.parametrize("address", ["/auth/login/", "/auth/logout/", "/auth/password/reset/", "/theme/"])
def test_a_form_without_its_token_is_refused_and_told_to_reload(without_csrf, address):
    response = without_csrf.post(address, {"login": "a@b.cd", "password": "x"})

    assert response.status_code == 403
    assert "Go back, reload the page and try again." in response.text
    assert not INSIDE.search(response.text)


def test_a_form_of_another_site_is_refused(without_csrf):
    without_csrf.get("/auth/login/")
    token = without_csrf.cookies["csrftoken"].value

    form = {"login": "a@b.cd", "password": "x", "csrfmiddlewaretoken": token}
    assert without_csrf.post("/auth/login/", form, headers={"origin": "https://e.x"}).status_code == 403
    assert without_csrf.post("/auth/login/", form, headers={"origin": "http://testserver"}).status_code == 200


@pytest.mark.parametrize(
    "address", ["/%00", "/accounts/%00/api-keys/", "/auth/%ff/", "/%0d%0aSet-Cookie:a=b", "/..%2f.."]
)
def test_an_odd_address_is_missing(visitor, db, address):
    response = visitor.get(address)

    assert response.status_code == 404
    assert not response.cookies
    assert "Page not found" in response.text


@pytest.mark.parametrize(
    "address", ["/.git/config", "/db.sqlite3", "/media/", "/__debug__/", "/static/../config/settings.py"]
)
def test_what_must_not_be_served_is_missing(visitor, db, address):
    assert visitor.get(address).status_code == 404


@pytest.mark.parametrize(("status", "code"), [(400, "bad_request"), (404, "not_found")])
def test_machines_get_json(visitor, db, status, code):
    response = visitor.get("/api/nothing", headers={"host": "evil.example"} if status == 400 else {})

    assert (response.status_code, response.json()["code"]) == (status, code)
