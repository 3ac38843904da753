"""The history of a key over HTTP: as a plain browser asks, and as htmx does."""

import datetime as dt

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Group

from apikeys.history import MARKERS
from apikeys.models import Account, Actor, Event
from tests.conftest import BY
from tests.views.conftest import url

NOON = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)


def words(tag) -> str:
    return " ".join(tag.get_text(" ", strip=True).split())


def read(response) -> list[tuple[str, list[str]]]:
    """Each day with its events, as they are read."""
    days = BeautifulSoup(response.text, "html.parser").select(".history-day")
    return [(words(day.h3), [words(event) for event in day.select("ol > li")]) for day in days]


def events(response) -> list[str]:
    return [event for _day, listed in read(response) for event in listed]


def older(response) -> str | None:
    link = BeautifulSoup(response.text, "html.parser").find("a", string="View older events")
    return link and link["href"]


@pytest.fixture
def many(erp):
    """A key with 60 events, one a minute."""
    Event.objects.all().delete()
    for n in range(60):
        event = Event.of(Event.Action.RENEWED, erp, by=Actor(f"person-{n}"))
        event.at = NOON + n * MINUTE
        event.save()
    return erp


def test_the_newest_event_comes_first_with_who_from_where_and_when(htmx, shop, time_machine):
    Account.objects.update(time_zone="America/Sao_Paulo")
    Event.objects.update(at=dt.datetime(2026, 11, 23, 2, 30, tzinfo=dt.UTC))
    time_machine.move_to(dt.datetime(2026, 11, 23, 19, 43, tzinfo=dt.UTC), tick=False)
    shop.keep_old_token(by=BY)

    assert read(htmx.get(url("history", shop))) == [
        ("Nov 23, 2026", ["Renewal completed admin@acme.example · 203.0.113.24 · Old token kept 4:43 PM"]),
        (
            "Nov 22, 2026",
            [
                "Token renewed admin@acme.example · 203.0.113.24 11:30 PM",
                "Key generated admin@acme.example · 203.0.113.24 11:30 PM",
            ],
        ),
    ]


def test_the_time_is_a_time_element_with_the_full_date(htmx, erp):
    Event.objects.update(at=NOON)
    time = BeautifulSoup(htmx.get(url("history", erp)).text, "html.parser").find("time")

    assert (time["datetime"], time["title"]) == ("2026-11-23T12:00:00+00:00", "November 23, 2026, 12:00 PM (UTC)")


def test_changed_roles_are_named(htmx, erp):
    erp.roles.set(Group.objects.filter(name="Catalog"))
    erp.edit(roles=Group.objects.filter(name__in=["Logistics", "Pricing"]), is_active=True, seen=erp.state, by=BY)

    (event, _generated) = events(htmx.get(url("history", erp)))

    assert event.startswith("Roles changed admin@acme.example · 203.0.113.24 ")
    assert "Added: Logistics, Pricing · Removed: Catalog" in event


def test_the_system_has_a_name_of_its_own(htmx, erp):
    Event.objects.update(actor="", address=None, at=NOON)

    assert events(htmx.get(url("history", erp))) == ["Key generated System 12:00 PM"]


def test_what_a_name_holds_is_text(htmx, erp):
    Event.objects.update(actor="<b>a</b>", details={"added": ["<i>role</i>"]})

    text = htmx.get(url("history", erp)).text

    assert "&lt;b&gt;a&lt;/b&gt;" in text
    assert "&lt;i&gt;role&lt;/i&gt;" in text


def test_every_action_has_its_marker():
    assert set(MARKERS) == set(Event.Action)


@pytest.mark.parametrize("action", Event.Action)
def test_every_event_can_be_shown(htmx, erp, action):
    Event.objects.update(action=action)

    assert events(htmx.get(url("history", erp)))[0].startswith(str(action.label))


def test_a_key_without_events_says_so(htmx, erp):
    Event.objects.all().delete()

    assert "No events yet" in htmx.get(url("history", erp)).text


def test_only_the_events_of_that_key_are_shown(htmx, erp, shop):
    assert len(events(htmx.get(url("history", erp)))) == 1


def test_25_events_and_then_older_ones_until_the_first(plain, many):
    sizes, seen, query = [], [], ""
    while query is not None:
        response = plain.get(url("history", many) + query)
        sizes.append(len(events(response)))
        seen += [event.split()[2] for event in events(response)]
        query = older(response)

    assert sizes == [25, 25, 10]
    assert seen == [f"person-{n}" for n in reversed(range(60))]


def test_events_of_one_moment_are_neither_lost_nor_repeated(plain, many):
    Event.objects.update(at=NOON)
    first = plain.get(url("history", many))
    second = plain.get(url("history", many) + older(first))

    assert len({*events(first), *events(second)}) == 50


def test_just_25_events_have_no_older_ones(plain, many):
    Event.objects.filter(pk__in=many.events.values("pk")[25:]).delete()

    assert older(plain.get(url("history", many))) is None


@pytest.mark.parametrize("before", ["", "x", "-1", "0", "1.5", "%00", "٣", "9" * 18, "9" * 40, "1&before=x"])
def test_a_broken_place_in_the_history_is_ignored(plain, many, before):
    assert events(plain.get(url("history", many) + f"?before={before}"))[0].startswith("Token renewed person-59")


def test_an_event_of_another_key_is_no_place_in_this_history(plain, many, shop):
    event = shop.events.first()

    assert len(events(plain.get(url("history", many) + f"?before={event.pk}"))) == 25
    assert older(plain.get(url("history", many) + f"?before={event.pk}")) is not None


def test_what_is_appended_has_the_heading_of_a_day_only_once(htmx, plain, many):
    query = older(htmx.get(url("history", many)))
    appended = BeautifulSoup(htmx.get(url("history", many) + query).text, "html.parser").select_one(".history-day")
    del htmx.defaults["HTTP_HX_REQUEST"]
    page = BeautifulSoup(plain.get(url("history", many) + query).text, "html.parser").select_one(".history-day")

    assert (appended.h3.has_attr("hidden"), appended.li.has_attr("autofocus")) == (True, True)
    assert (page.h3.has_attr("hidden"), page.li.has_attr("autofocus")) == (False, False)


def test_htmx_gets_a_drawer_and_a_plain_browser_a_page(client, viewer, erp):
    client.force_login(viewer)
    page = client.get(url("history", erp))
    drawer = client.get(url("history", erp), headers={"HX-Request": "true"})

    assert drawer.text.lstrip().startswith("<flow-dialog")
    assert "<!DOCTYPE html>" in page.text
    assert "History" in words(BeautifulSoup(page.text, "html.parser").title)
    assert page["Cache-Control"] == drawer["Cache-Control"] == "no-store"
    assert events(page) == events(drawer)


def test_a_key_that_is_gone_closes_the_drawer(htmx, erp):
    address = url("history", erp)
    erp.delete(by=BY)
    response = htmx.get(address)

    assert (response.status_code, response["HX-Trigger"]) == (404, '{"close-dialog": {}}')


def test_rights_that_were_taken_are_told_in_the_open_drawer(htmx, acme, erp):
    acme.memberships.get().roles.clear()
    response = htmx.get(url("history", erp) + "?before=1", headers={"HX-Target": "older-events"})

    assert response.status_code == 403
    assert "This user role does not allow this action." in response.text
    assert (response["HX-Retarget"], response["HX-Reselect"]) == ("#dialog-alert", ".alert")


def test_the_number_of_queries_does_not_grow_with_the_events(htmx, many, django_assert_num_queries):
    query = older(htmx.get(url("history", many)))

    # Session, user, member and account, their resources; key, tokens, roles; the place, the events; accounts.
    with django_assert_num_queries(9):
        htmx.get(url("history", many) + query)


def test_no_secret_is_shown(plain, shop):
    text = plain.get(url("history", shop)).text

    for secret in (shop.old, shop.new, shop.token.selector, shop.token.hash):
        assert secret[:25] not in text
