"""Who may do what: every operation of the API, for every kind of caller. An operation without a row fails the tests."""

import pytest

from apikeys.api.urls import api
from tests.api.conftest import api_key, signed
from tests.api.test_tokens import rows
from tests.conftest import BY
from tests.test_verification import guess

TOKEN = "/api/vtexid/apikey/{apiKey}/apitoken/"
# Method and path; the resource that is needed; what the caller with it gets.
OPERATIONS = {
    ("patch", TOKEN + "renew"): ("renew_api_token", 409),
    ("patch", TOKEN + "finish-renewal"): ("renew_api_token", 200),
    ("patch", TOKEN + "undo-renewal"): ("renew_api_token", 200),
    ("get", "/api/vlm/appkeys"): ("view_api_keys", 200),
    ("post", "/api/vlm/appkeys"): ("edit_api_keys", 200),
    ("put", "/api/vlm/appkeys/{id}"): ("edit_api_keys", 200),
}
RESOURCES = {"view_api_keys", "edit_api_keys", "renew_api_token", "edit_api_keys_settings"}
# Of whoever is refused; None for what the table above says. The foreign caller may do all that there is, elsewhere.
CALLERS = {"nobody": 401, "wrong token": 401, "inactive": 403, "without": 403, "with": None, "foreign": 400}
# What names no key of an account is done in the caller's own.
OF_AN_ACCOUNT = "/api/vlm/appkeys"


def test_every_operation_has_its_row():
    document = api.get_openapi_schema()

    assert {(method, path) for path, methods in document["paths"].items() for method in methods} == set(OPERATIONS)


@pytest.fixture
def ask(call, acme, globex, shop):
    """Ask for a renewing key, with a body that is right."""

    def ask(caller: str, method: str, path: str):
        resource = OPERATIONS[method, path][0]
        held = RESOURCES - {resource} if caller == "without" else {resource}
        key = api_key(globex if caller == "foreign" else acme, "Caller", *held)
        if caller == "inactive":
            key.deactivate(by=BY)
        headers = {"nobody": {}, "wrong token": signed(key, guess(key.plaintext))}.get(caller, signed(key))
        before = rows()
        path = path.removeprefix("/api/").format(apiKey=shop.key, id=shop.pk)
        return call(method.upper(), path, headers, {"label": "x", "isActive": False}), before

    return ask


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_each_caller_gets_what_the_table_says(ask, shop, method, path, caller):
    response, before = ask(caller, method, path)

    expected = 200 if (caller, path) == ("foreign", OF_AN_ACCOUNT) else CALLERS[caller]
    assert response.status_code == (expected or OPERATIONS[method, path][1])
    assert response.status_code == 200 or unrefused(rows()) == unrefused(before)


def unrefused(rows):
    """Without the events that tell of a refusal of an inactive key."""
    keys, events, tokens = rows
    return keys, [event for event in events if event["action"] != "refused_inactive"], tokens


def test_a_foreign_caller_reaches_nothing_of_the_account(ask, shop):
    listed, _before = ask("foreign", "get", OF_AN_ACCOUNT)

    assert shop.key not in listed.text
    assert [key["label"] for key in listed.json()] == ["Caller"]


@pytest.mark.parametrize("path", ["docs", "openapi.json"])
def test_the_documents_are_open_to_anybody(call, db, path):
    response = call("GET", path)

    assert (response.status_code, response["Cache-Control"]) == (200, "no-store")
    assert not response.cookies


def test_the_document_holds_no_example_of_a_token(call, db):
    assert '"example' not in call("GET", "openapi.json").text
