"""What every answer carries, whatever the page."""

import pytest

from tests.naughty import HOSTILE, LOCAL
from tests.views.conftest import url

ADDRESSES = [
    "/accounts/acme/api-keys/",
    "/help/",
    "/auth/login/",
    "/admin/login/",
    "/nothing/",
    "/api/verify",
    "/static/css/base.css",
]


def headers(client, address: str):
    response = client.get(address)
    response.close()  # a static file is open until then
    return response


def policy(response) -> dict[str, set[str]]:
    directives = (part.split() for part in response["Content-Security-Policy"].split(";"))
    return {name: set(sources) for name, *sources in directives}


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_policy_lets_in_nothing_inline_and_nothing_from_elsewhere(plain, address):
    directives = policy(headers(plain, address))

    assert directives["default-src"] == {"'none'"}
    assert directives["frame-ancestors"] == directives["base-uri"] == {"'none'"}
    assert directives.pop("img-src", set()) <= {"'self'", "data:"}  # a picture runs nothing
    assert set().union(*directives.values()) <= {"'none'", "'self'"}


def test_a_static_file_loads_nothing_and_no_other_origin_may_read_it(client, db):
    response = headers(client, "/static/css/base.css")

    assert policy(response) == {name: {"'none'"} for name in ("default-src", "base-uri", "frame-ancestors")}
    assert "Access-Control-Allow-Origin" not in response


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_other_headers_are_there_too(plain, address):
    response = headers(plain, address)

    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"


def test_the_cookies_are_out_of_reach_of_scripts_and_other_sites(client, admin):
    client.force_login(admin)
    response = client.get(url("keys"))

    for cookie in response.cookies.values():
        assert cookie["httponly"], cookie.key
        assert cookie["samesite"] == "Lax", cookie.key


def test_a_foreign_host_is_refused(client, db):
    assert client.get("/auth/login/", headers={"host": "evil.example"}).status_code == 400


@pytest.mark.parametrize(
    "headers", [{"HX-Request": "true"}, {"HX-History-Restore-Request": "true"}, {"HX-Target": "x"}]
)
def test_forged_htmx_headers_get_the_same_page(plain, erp, headers):
    response = plain.get(url("keys"), headers={**headers, "HX-Current-URL": "https://evil.example/"})

    assert response.status_code == 200
    assert "evil.example" not in response.text


@pytest.mark.parametrize(
    "current", ["https://evil.example/x", "//evil.example/", "javascript:alert(1)", "http://testserver:9/"]
)
def test_a_forged_current_url_does_not_lead_elsewhere(client, acme, current):
    response = client.get(url("keys"), headers={"HX-Request": "true", "HX-Current-URL": current})

    assert response["HX-Redirect"] == "/auth/login/?next=%2F"


def test_the_theme_is_remembered_and_leads_back(plain):
    response = plain.post("/theme/", {"theme": "dark", "next": "/accounts/acme/api-keys/?page=2"})

    assert response["Location"] == "/accounts/acme/api-keys/?page=2"
    assert 'data-theme="dark"' in plain.get(url("keys")).text


@pytest.mark.parametrize("theme", ["", "blue", '"><script>'])
def test_a_theme_that_does_not_exist_is_ignored(plain, theme):
    plain.post("/theme/", {"theme": theme})

    assert "data-theme" not in plain.get(url("keys")).text


@pytest.mark.parametrize("next_page", HOSTILE)
def test_a_hostile_way_back_leads_home(plain, next_page):
    assert plain.post("/theme/", {"theme": "dark", "next": next_page})["Location"] == "/"


@pytest.mark.parametrize("next_page", LOCAL)
@pytest.mark.parametrize("choice", ["theme", "language"])
def test_a_way_back_to_a_page_of_ours_is_taken(plain, choice, next_page):
    assert plain.post(f"/{choice}/", {"next": next_page})["Location"] == next_page
