import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Group
from django.contrib.messages import get_messages

from apikeys.models import APIKey, Event
from apikeys.verification import Outcome, decide
from tests.conftest import BY
from tests.views.conftest import url


@pytest.fixture
def roles():
    return {role.name: role for role in Group.objects.all()}


def fresh(key) -> APIKey:
    return APIKey.objects.get(pk=key.pk)


def edit(visitor, key, *, active=True, roles=(), state=None):
    data = {"roles": [role.pk for role in roles], "state": fresh(key).state if state is None else state}
    return visitor.post(url("edit", key), data | ({"is_active": "on"} if active else {}))


def actions() -> list[str]:
    return list(Event.objects.exclude(action="generated").order_by("pk").values_list("action", flat=True))


def test_the_form_shows_what_the_key_has(plain, erp, roles):
    erp.roles.set([roles["Catalog"]])
    page = BeautifulSoup(plain.get(url("edit", erp)).content, "html.parser")

    checked = [field["value"] for field in page.select(".roles-list input[checked]")]
    assert checked == [str(roles["Catalog"].pk)]
    assert page.find("input", attrs={"name": "is_active"}).has_attr("checked")


def test_roles_are_changed_with_one_event_that_names_them(htmx, erp, roles):
    erp.roles.set([roles["Catalog"]])
    response = edit(htmx, erp, roles=[roles["Pricing"], roles["Logistics"]])

    event = Event.objects.first()
    assert (response.status_code, event.action) == (204, "roles_changed")
    assert event.details == {"added": ["Logistics", "Pricing"], "removed": ["Catalog"]}
    assert [str(message) for message in get_messages(response.wsgi_request)] == ["Changes saved"]


def test_roles_and_status_together_are_two_events(htmx, erp, roles):
    edit(htmx, erp, active=False, roles=[roles["Catalog"]])

    assert actions() == ["roles_changed", "deactivated"]
    assert decide(erp.key, erp.plaintext).outcome is Outcome.INACTIVE


def test_saving_what_was_there_changes_nothing(htmx, erp):
    assert edit(htmx, erp).status_code == 204
    assert actions() == []


def test_name_key_and_tokens_stay(htmx, shop, roles):
    before = shop.name, shop.key, list(shop.tokens.values())
    edit(htmx, shop, roles=[roles["Catalog"]])

    assert (fresh(shop).name, fresh(shop).key, list(shop.tokens.values())) == before


@pytest.mark.parametrize("change", ["roles", "status"])
def test_what_somebody_else_changed_meanwhile_is_not_overwritten(htmx, erp, roles, change):
    state = fresh(erp).state
    erp.roles.add(roles["Pricing"]) if change == "roles" else erp.deactivate(by=BY)

    response = edit(htmx, erp, roles=[roles["Catalog"]], state=state)

    assert response.status_code == 409
    assert roles["Catalog"] not in fresh(erp).roles.all()


@pytest.mark.parametrize("state", ["", "nonsense", "\x00", "active-1-2-3"])
def test_a_form_that_saw_nothing_changes_nothing(htmx, erp, state):
    assert edit(htmx, erp, active=False, state=state).status_code in (409, 422)
    assert fresh(erp).is_active


def test_a_plain_browser_is_led_back_to_the_table(plain, erp, roles):
    assert edit(plain, erp, roles=[roles["Catalog"]])["Location"] == "/accounts/acme/api-keys/"
    assert "Changes saved" in plain.get(url("keys")).text
