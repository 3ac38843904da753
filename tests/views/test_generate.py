import re

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Group

from apikeys.models import APIKey, Event
from apikeys.verification import Outcome, decide
from tests.views.conftest import url

LETTERS = re.compile(r"\b[A-Z]{128}\b")


def generate(visitor, **data):
    return visitor.post(url("generate"), {"name": "ERP sync", **data})


def test_the_answer_shows_the_key_and_a_token_that_opens_it(htmx, acme):
    response = generate(htmx)

    key = APIKey.objects.get()
    (plaintext,) = LETTERS.findall(response.text)
    assert decide(key.key, plaintext).outcome is Outcome.ACCEPTED
    assert key.key in response.text
    assert response["Cache-Control"] == "no-store"


def test_a_plain_browser_gets_a_page_that_does_the_same(plain, acme):
    response = generate(plain)

    assert len(LETTERS.findall(response.text)) == 1
    assert "<!DOCTYPE html>" in response.text


def test_the_key_has_the_name_and_the_roles_that_were_chosen(htmx, acme):
    roles = Group.objects.filter(name__in=["Catalog", "Pricing"])
    generate(htmx, name="  Loyalty program ", roles=[role.pk for role in roles])

    key = APIKey.objects.get()
    assert (key.name, key.is_active, key.account) == ("Loyalty program", True, acme)
    assert set(key.roles.all()) == set(roles)
    assert Event.objects.get().action == "generated"


def test_a_name_may_be_taken(htmx, erp):
    generate(htmx, name=erp.name)

    assert APIKey.objects.filter(name=erp.name).count() == 2


@pytest.mark.parametrize("name", ["Integração ✓", "统一码", "🔑" * 80, "<script>alert(1)</script>", "=1+1", "a\u202eb"])
def test_a_name_may_be_in_any_script(htmx, acme, name):
    generate(htmx, name=name)

    assert APIKey.objects.get().name == name


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("", "Fill in the key identification"),
        ("   ", "Fill in the key identification"),
        ("x" * 81, "Use at most 80 characters"),
        ("x" * 900_000, "Use at most 80 characters"),
        ("a\x07b", "Use printable characters only"),
        ("a\nb", "Use printable characters only"),
        ("a\x00b", "Use printable characters only"),
    ],
)
@pytest.mark.parametrize("visitor", ["plain", "htmx"])
def test_a_name_that_cannot_be_is_refused_beside_its_field(request, acme, visitor, name, error):
    role = Group.objects.get(name="Catalog")
    response = generate(request.getfixturevalue(visitor), name=name, roles=role.pk)

    page = BeautifulSoup(response.content, "html.parser")
    field = page.find("input", attrs={"name": "name"})
    assert response.status_code == 422
    assert field["aria-invalid"] == "true"
    assert page.find(id=field["aria-describedby"]).get_text() == error
    assert page.find("input", attrs={"name": "roles", "value": str(role.pk)}).has_attr("checked")
    assert not APIKey.objects.exists()


def test_a_refused_name_is_kept_to_be_mended(plain, acme):
    page = BeautifulSoup(generate(plain, name="x" * 81).content, "html.parser")

    assert page.find("input", attrs={"name": "name"})["value"] == "x" * 81


@pytest.mark.parametrize("roles", [["0"], ["x"], ["-1"], ["9" * 30], ["1.5"]])
def test_a_role_that_is_not_in_the_list_is_refused(htmx, acme, roles):
    response = generate(htmx, roles=roles)

    assert response.status_code == 422
    assert "Select roles from the list" in response.text
    assert not APIKey.objects.exists()


def test_a_form_that_says_more_than_it_asks_is_not_listened_to(htmx, acme, globex):
    generate(htmx, account=globex.pk, key="vtexappkey-acme-AAAAAA", is_active="", created_at="2000-01-01")

    key = APIKey.objects.get()
    assert (key.account, key.is_active, key.key != "vtexappkey-acme-AAAAAA") == (acme, True, True)


def test_roles_that_reach_far_are_marked(plain, acme):
    page = BeautifulSoup(plain.get(url("generate")).content, "html.parser")

    marked = [tag.find_parent("label").find("span").get_text() for tag in page.select(".roles-list .tag")]
    assert marked == ["OMS - Full access", "Owner (Admin Super)", "User Administrator - RESTRICTED"]


def test_no_role_is_chosen_to_begin_with(plain, acme):
    page = BeautifulSoup(plain.get(url("generate")).content, "html.parser")

    assert page.select(".roles-list input[checked]") == []
