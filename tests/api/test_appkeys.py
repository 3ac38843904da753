import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from apikeys import hashing
from apikeys.models import APIKey, Event
from apikeys.verification import Outcome, decide
from tests.api.conftest import api_key, signed
from tests.api.test_tokens import NO_KEYS, iso, rows
from tests.conftest import BY
from tests.races.worker import CHEAP


@pytest.fixture
def ask(call, robot):
    """Ask for the keys as the robot."""

    def ask(method: str = "GET", path: str = "", data=None, headers=None, **options):
        return call(method, f"vlm/appkeys{path}", headers or signed(robot), data, **options)

    return ask


def outcome(key, plaintext) -> Outcome:
    return decide(getattr(key, "key", key), plaintext).outcome


# List -----------------------------------------------------------------------------------------------------------------


def test_the_list_shows_the_keys_of_the_account(ask, robot, erp, shop, globex):
    APIKey.generate(globex, "Feed", by=BY)

    listed = {key["label"]: key for key in ask().json()}

    assert set(listed) == {"Robot", "ERP sync", "Marketplace connector"}
    assert listed["ERP sync"] == {
        "id": str(erp.pk),
        "appKey": erp.key,
        "label": "ERP sync",
        "createdIn": iso(erp.created_at),
        "isActive": True,
        "creationDateToken": iso(erp.token.created_at),
        "lastUsedToken": None,
        "creationDateNewToken": None,
        "lastUsedNewToken": None,
    }


def test_the_list_tells_when_each_token_of_a_renewal_was_used(ask, shop, last_used):
    last_used(shop.old_token, hours=2)

    listed = next(key for key in ask().json() if key["appKey"] == shop.key)

    assert listed["creationDateToken"] == iso(shop.old_token.created_at)
    assert listed["creationDateNewToken"] == iso(shop.token.created_at)
    assert listed["lastUsedToken"] == iso(shop.old_token.last_used_at)
    assert listed["lastUsedNewToken"] is None


def test_the_list_holds_no_secret(ask, shop):
    text = ask().text

    assert not re.search("[A-Z]{20,}", text)
    assert "argon2" not in text


def test_a_list_of_many_keys_is_walked_by_its_links(ask, acme, robot):
    keys = [robot.key, *(APIKey.generate(acme, f"Key {number}", by=BY)[0].key for number in range(5))]
    pages, following = [], "?limit=2"

    while following:
        response = ask(path=following)
        pages.append([key["appKey"] for key in response.json()])
        link = re.fullmatch(r'</api/vlm/appkeys(\?[^>]+)>; rel="next"', response.get("Link", ""))
        following = link and link[1]

    assert [len(page) for page in pages] == [2, 2, 2]
    assert [key for page in pages for key in page] == sorted(keys)


def test_one_key_is_found_by_its_name(ask, erp, shop):
    assert [key["label"] for key in ask(path=f"?appKey={erp.key}").json()] == ["ERP sync"]
    assert ask(path="?appKey=vtexappkey-acme-ZZZZZZ").json() == []


@pytest.mark.parametrize(
    "query",
    [
        "appKey=%00",
        "limit=0",
        "limit=101",
        "limit=-1",
        "limit=x",
        "limit=",
        "limit=1e2",
        "after=x",
        "after=%00",
        "after=%ed%a0%80",
    ],
)
def test_a_page_that_cannot_be_is_refused(ask, query):
    response = ask(path=f"?{query}")

    assert (response.status_code, response.json()["code"]) == (422, "invalid")
    assert response.json()["message"].startswith(query.split("=")[0] + ": ")


@pytest.mark.parametrize("query", ["order_by=hash", "hash__startswith=a", "account=globex", "columns=hash", "page=9"])
def test_what_the_list_does_not_know_changes_nothing(ask, erp, shop, query):
    assert ask(path=f"?{query}").content == ask().content


def test_a_list_of_any_length_takes_the_same_queries(ask, acme):
    ask()
    for number in range(5):
        APIKey.generate(acme, f"Key {number}", by=BY)[0].renew(by=BY)

    with CaptureQueriesContext(connection) as queries:
        ask()

    ours = [query["sql"].strip() for query in queries if "apikeys_" in query["sql"]]
    assert len(ours) == 5  # the token, its key, the resources; the keys, their tokens
    assert all(sql.startswith("SELECT") for sql in ours)


# Generate -------------------------------------------------------------------------------------------------------------


def test_generate_answers_with_a_key_and_its_token(ask, robot):
    response = ask("POST", data={"label": "ERP sync"})

    key, answer = APIKey.objects.get(name="ERP sync"), response.json()
    plaintext = answer.pop("appToken")
    assert response.status_code == 200
    assert answer == {
        "id": str(key.pk),
        "appKey": key.key,
        "label": "ERP sync",
        "createdIn": iso(key.created_at),
        "isActive": True,
    }
    assert outcome(key, plaintext) is Outcome.ACCEPTED
    assert Event.objects.get(api_key=key).actor == robot.key


def test_a_generated_key_has_no_roles_whatever_is_asked_for(ask, robot):
    more = {"roles": [robot.roles.get().pk], "account": "globex", "isActive": False, "is_old": True, "hash": "x"}

    ask("POST", data={"label": "ERP sync", **more})

    key = APIKey.objects.get(name="ERP sync")
    assert (key.roles.count(), key.account, key.is_active) == (0, robot.account, True)


@pytest.mark.parametrize(
    "label", ["A", "  ERP sync ", "é" * 80, "<img src=x onerror=alert(1)>", "=1+1", "🛒", "\u202e"]
)
def test_a_label_is_any_printable_text(ask, label):
    assert ask("POST", data={"label": label}).json()["label"] == label.strip()


@pytest.mark.parametrize(
    "body",
    [
        '{"label": ""}',
        '{"label": "   "}',
        '{"label": "a\\u0000b"}',
        '{"label": "\\ud800"}',
        '{"label": "a\\nb"}',
        '{"label": "a\\u000b"}',
        '{"label": "' + "a" * 81 + '"}',
        '{"label": null}',
        '{"label": 7}',
        '{"label": ["a"]}',
        '{"Label": "a"}',
        "{}",
        "[]",
        "null",
        '"label"',
        "7",
        "",
    ],
)
def test_a_label_that_cannot_be_is_refused(ask, robot, body):
    response = ask("POST", data=body)

    assert (response.status_code, response.json()["code"]) == (422, "invalid")
    assert APIKey.objects.get() == robot


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example("\x00")
@example("\ud800")
@given(st.text(st.characters(), max_size=90))
def test_any_text_is_a_label_or_refused(ask, monkeypatch, label):
    monkeypatch.setattr(hashing, "_argon2id", CHEAP)

    response = ask("POST", data={"label": label})

    assert response.status_code in (200, 422)
    assert response.status_code == 422 or response.json()["label"] == label.strip()


def test_a_token_that_is_sent_as_a_label_is_not_sent_back(ask, robot, caplog):
    response = ask("POST", data={"label": robot.plaintext})

    assert response.json()["message"] == "label: String should have at most 80 characters"
    assert robot.plaintext[:25] not in caplog.text


# Activate and deactivate ----------------------------------------------------------------------------------------------


def test_a_key_is_deactivated_and_activated(ask, shop):
    for is_active, expected in [(False, Outcome.INACTIVE), (True, Outcome.ACCEPTED)]:
        response = ask("PUT", f"/{shop.pk}", {"isActive": is_active})

        assert (response.status_code, response.json()["isActive"]) == (200, is_active)
        assert response.json()["appKey"] == shop.key
        assert [outcome(shop, plaintext) for plaintext in (shop.old, shop.new)] == [expected] * 2
    assert [shop.old_token.accepts(shop.old), shop.token.accepts(shop.new)] == [True, True]


@pytest.mark.parametrize("is_active", [True, False])
def test_what_is_so_already_is_done_without_an_event(ask, erp, is_active):
    ask("PUT", f"/{erp.pk}", {"isActive": is_active})
    before = rows()

    assert ask("PUT", f"/{erp.pk}", {"isActive": is_active}).status_code == 200
    assert rows() == before


@pytest.mark.parametrize("is_active", [True, False])
def test_a_key_cannot_switch_itself(ask, robot, is_active):
    response = ask("PUT", f"/{robot.pk}", {"isActive": is_active})

    assert (response.status_code, response.json()["code"]) == (403, "own_key")
    assert APIKey.objects.get().is_active


def test_no_key_but_those_of_the_account_can_be_switched(ask, robot, globex):
    foreign, _plaintext = APIKey.generate(globex, "Feed", by=BY)
    names = [*NO_KEYS, "0", "9223372036854775808", "1.5", "%d9%a1", foreign.key, robot.key]

    answers = {name: ask("PUT", f"/{name}", {"isActive": False}).content for name in [str(foreign.pk), *names]}

    assert len(set(answers.values())) == 1
    assert ask("PUT", f"/{foreign.pk}", {"isActive": False}).status_code == 400
    assert APIKey.objects.filter(is_active=True).count() == 2


@pytest.mark.parametrize("body", ['{"isActive": "no"}', '{"isActive": 0}', '{"isActive": null}', "{}", "[]", "true"])
def test_a_status_is_true_or_false(ask, erp, body):
    response = ask("PUT", f"/{erp.pk}", body)

    assert (response.status_code, response.json()["code"]) == (422, "invalid")


def test_other_fields_are_left_alone(ask, erp):
    ask("PUT", f"/{erp.pk}", {"isActive": True, "label": "x", "appKey": "x", "account": "globex"})

    assert (APIKey.objects.get(pk=erp.pk).name, APIKey.objects.get(pk=erp.pk).key) == ("ERP sync", erp.key)


def test_a_key_needs_the_resource_of_what_it_does(ask, acme, erp):
    viewer = signed(api_key(acme, "Viewer", "view_api_keys"))
    editor = signed(api_key(acme, "Editor", "edit_api_keys"))

    asked = [("GET", "", None), ("POST", "", {"label": "x"}), ("PUT", f"/{erp.pk}", {"isActive": False})]
    assert [ask(*what, headers=viewer).status_code for what in asked] == [200, 403, 403]
    assert [ask(*what, headers=editor).status_code for what in asked] == [403, 200, 200]
