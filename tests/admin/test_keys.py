import re

import pytest
from django.urls import reverse

from apikeys.models import APIKey, Event, ExternalKey
from apikeys.verification import Outcome, decide
from tests.conftest import BY

LIST = "/admin/apikeys/apikey/"


def choose(desk, action, *keys):
    """Run an action of the list on these keys, and return what it says."""
    chosen = {"action": action, "_selected_action": [key.pk for key in keys], "index": "0"}
    page = desk.post(LIST, chosen, follow=True, REMOTE_ADDR="198.51.100.9")
    return [str(message) for message in page.context["messages"]]


def test_deactivate_refuses_the_tokens_and_records_who_and_from_where(desk, erp):
    assert choose(desk, "deactivate", erp) == [f"Deactivated: {erp.key}"]

    assert decide(erp.key, erp.plaintext).outcome is Outcome.INACTIVE
    event = Event.objects.first()
    assert (event.action, event.actor, event.address) == ("deactivated", "staff@example.com", "198.51.100.9")


def test_activate_accepts_the_same_tokens_again(desk, erp):
    choose(desk, "deactivate", erp)
    assert choose(desk, "activate", erp) == [f"Activated: {erp.key}"]

    assert decide(erp.key, erp.plaintext).outcome is Outcome.ACCEPTED
    assert [event.action for event in erp.events.all()] == ["activated", "deactivated", "generated"]


def test_keys_that_already_are_so_are_named_and_left_alone(desk, erp, shop):
    choose(desk, "deactivate", erp)

    said = choose(desk, "deactivate", erp, shop)
    assert sorted(said) == [f"Deactivated: {shop.key}", f"Inactive already, nothing changed: {erp.key}"]
    assert Event.objects.filter(action="deactivated").count() == 2
    assert choose(desk, "activate", shop, shop) == [f"Activated: {shop.key}"]


def test_the_list_is_searched_and_filtered(desk, erp, shop, globex):
    choose(desk, "deactivate", shop)

    assert found(desk, q="ERP") == [erp.key]
    assert found(desk, q=shop.key) == [shop.key]
    assert found(desk, is_active__exact=0) == [shop.key]
    assert found(desk, account__id__exact=globex.pk) == []
    assert len(found(desk, account__id__exact=erp.account_id)) == 2


def found(desk, **query):
    return [key.key for key in desk.get(LIST, query).context["cl"].queryset]


def test_keys_and_tokens_say_whether_a_renewal_is_pending(desk, erp, shop):
    assert shown(desk, "apikey", "renewal") == ["Pending", "-"]
    assert shown(desk, "token", "which") == ["New token", "Old token", "Token"]


def shown(desk, noun, column):
    page = desk.get(f"/admin/apikeys/{noun}/").content.decode()
    return re.findall(rf'<td class="field-{column}">(.*?)</td>', page)


def test_a_key_is_shown_and_not_edited(desk, shop):
    page = desk.get(reverse("admin:apikeys_apikey_change", args=[shop.pk])).content.decode()

    assert shop.key in page
    assert shop.name in page
    assert 'name="_save"' not in page
    assert 'class="deletelink"' not in page


def test_the_events_of_a_deleted_key_stay_listed(desk, erp):
    key = erp.key
    erp.delete(by=BY)
    page = desk.get("/admin/apikeys/event/", {"q": key})

    assert [event.action for event in page.context["cl"].queryset] == ["deleted", "generated"]
    assert page.context["cl"].result_count == 2


def test_an_external_key_is_shown_with_its_owner_and_not_edited(desk, partner):
    assert shown(desk, "externalkey", "owner") == ["globex"]
    page = desk.get(reverse("admin:apikeys_externalkey_change", args=[partner.pk])).content.decode()

    assert partner.key in page
    assert "Catalog" in page
    assert 'name="_save"' not in page
    assert "Their own words" not in page


@pytest.mark.parametrize(("noun", "queries"), [("apikey", 6), ("token", 8), ("externalkey", 5), ("event", 7)])
def test_a_longer_list_takes_no_more_queries(desk, acme, shop, globex, django_assert_num_queries, noun, queries):
    page = f"/admin/apikeys/{noun}/"
    for name in ("Catalog feed", "BI export", "Returns portal"):
        desk.get(page)
        with django_assert_num_queries(queries):
            desk.get(page)
        key, _plaintext = APIKey.generate(acme, name, by=BY)
        key.renew(by=BY)
        ExternalKey.add(globex, key, by=BY)
