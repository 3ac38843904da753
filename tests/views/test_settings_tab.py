import datetime as dt
import logging

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Group, Permission
from django.utils import timezone

from apikeys.models import Account, APIKey, Resource, Token
from tests.views.conftest import url

SETTINGS = "/accounts/acme/api-keys/settings/"
LATER = dt.timedelta(days=100)


@pytest.fixture
def outdated(erp):
    """A key whose token is past three months, and was used an hour ago."""
    now = timezone.now()
    Token.objects.update(created_at=now - LATER, last_used_at=now - dt.timedelta(hours=1))
    return erp


def seen(response) -> BeautifulSoup:
    return BeautifulSoup(response.content, "html.parser")


def words(element) -> str:
    return " ".join(element.get_text(" ").split())


def chosen(response) -> list[str]:
    """What is checked in the form, as it would be sent."""
    return [f"{box['name']}={box.get('value', 'on')}" for box in seen(response).select(".settings input[checked]")]


def saved() -> tuple[int, bool]:
    account = Account.objects.get(slug="acme")
    return account.token_duration, account.refuses_outdated


def test_the_tab_shows_what_is_saved(plain):
    assert chosen(plain.get(SETTINGS)) == ["token_duration=90"]
    Account.objects.update(token_duration=180, refuses_outdated=True)
    assert chosen(plain.get(SETTINGS)) == ["token_duration=180", "refuses_outdated=on"]


def test_the_tab_has_its_address_its_title_and_its_place_among_the_tabs(plain):
    page = seen(plain.get(url("settings")))

    assert words(page.title) == "Settings - API Keys"
    assert [(words(tab), tab["href"], tab.get("aria-current")) for tab in page.select(".tabs a")] == [
        ("Generated", "/accounts/acme/api-keys/", None),
        ("External", "/accounts/acme/api-keys/external/", None),
        ("Settings", SETTINGS, "page"),
    ]


def test_the_other_tab_is_current_on_the_table(plain):
    tabs = seen(plain.get(url("keys"))).select(".tabs a")

    assert [tab.get("aria-current") for tab in tabs] == ["page", None, None]


@pytest.mark.parametrize(
    ("form", "after"),
    [
        ({"token_duration": 180}, (180, False)),
        ({"token_duration": 90, "refuses_outdated": "on"}, (90, True)),
        ({"token_duration": 180, "refuses_outdated": "on"}, (180, True)),
    ],
)
def test_apply_saves_leads_back_and_says_so(plain, form, after):
    response = plain.post(SETTINGS, form, follow=True)

    assert response.redirect_chain == [(SETTINGS, 303)]
    assert words(seen(response).find(id="status")) == "Settings applied"
    assert saved() == after


def test_what_is_not_ticked_is_switched_off(plain):
    Account.objects.update(refuses_outdated=True)

    plain.post(SETTINGS, {"token_duration": 90})

    assert saved() == (90, False)


def test_another_account_keeps_its_settings(plain, globex):
    plain.post(SETTINGS, {"token_duration": 180, "refuses_outdated": "on"})

    globex.refresh_from_db()
    assert (globex.token_duration, globex.refuses_outdated) == (90, False)


def test_the_alerts_of_the_table_follow_at_once(plain, outdated):
    assert "Outdated for 10 days" in plain.get(url("keys")).text
    plain.post(SETTINGS, {"token_duration": 180})
    assert seen(plain.get(url("keys"))).select(".row-alert") == []
    plain.post(SETTINGS, {"token_duration": 90, "refuses_outdated": "on"})
    assert "Outdated - Refused" in plain.get(url("keys")).text


@pytest.mark.parametrize("duration", [None, "", "0", "91", "-90", "90.0", "abc", "\x00", "9" * 400])
def test_without_a_duration_of_the_two_nothing_is_saved_and_what_was_ticked_is_kept(plain, acme, duration):
    sent = {"refuses_outdated": "on"} | ({} if duration is None else {"token_duration": duration})
    response = plain.post(SETTINGS, sent)
    group = seen(response).find(role="radiogroup")

    assert response.status_code == 422
    assert chosen(response) == ["refuses_outdated=on"]
    assert group["aria-invalid"] == "true"
    assert words(seen(response).find(id=group["aria-describedby"].split()[0])) == "Select a token duration"
    assert [radio.has_attr("autofocus") for radio in group.select("input")] == [True, False]
    assert saved() == (90, False)


def test_nothing_takes_the_focus_before_there_is_an_error(plain):
    assert seen(plain.get(SETTINGS)).select("main [autofocus], main [aria-invalid]") == []


def test_who_may_not_change_the_settings_reads_them(client, viewer):
    Account.objects.update(token_duration=180, refuses_outdated=True)
    client.force_login(viewer)
    card = seen(client.get(SETTINGS)).select_one(".settings")

    assert card.select("button, input:not([type=hidden])") == []
    assert [words(value) for value in card.select(".settings-value")] == ["6 months", "Refuse outdated tokens Yes"]
    assert "This user role does not allow changes to the settings." in words(card)


def test_to_change_the_settings_needs_the_resource_and_no_other(client, acme, viewer):
    role = Group.objects.create(name="All but the settings")
    role.permissions.set(Permission.objects.filter(codename__in=set(Resource.values) - {Resource.SETTINGS}))
    viewer.memberships.get().roles.set([role])
    client.force_login(viewer)

    assert client.post(SETTINGS, {"token_duration": 180}).status_code == 403
    assert saved() == (90, False)


def test_the_form_is_refused_without_the_token_against_forgery(client, admin):
    client.force_login(admin)
    client.handler.enforce_csrf_checks = True

    assert client.post(SETTINGS, {"token_duration": 180}).status_code == 403
    assert saved() == (90, False)


def test_the_warning_says_how_many_outdated_tokens_a_refusal_would_stop(plain, outdated, shop):
    warning = seen(plain.get(SETTINGS)).select_one(".settings .alert.warning")

    assert words(warning) == "Outdated now: 1. Used in the last 24 hours: 1."
    assert not warning.has_attr("role")


@pytest.mark.parametrize("used", [None, timezone.now() - dt.timedelta(days=2)])
def test_there_is_no_warning_where_no_outdated_token_is_in_use(plain, outdated, used):
    Token.objects.update(last_used_at=used)

    assert seen(plain.get(SETTINGS)).select(".settings .alert.warning") == []


def test_the_warning_goes_by_the_duration_that_is_saved(plain, outdated):
    refused = plain.post(SETTINGS, {"refuses_outdated": "on"})
    assert "Outdated now: 1." in refused.text

    plain.post(SETTINGS, {"token_duration": 180})

    assert seen(plain.get(SETTINGS)).select(".settings .alert.warning") == []


@pytest.mark.parametrize("in_beta", [True, False])
def test_the_banner_shows_outside_the_beta(plain, in_beta):
    Account.objects.update(in_beta=in_beta)

    assert bool(seen(plain.get(SETTINGS)).select(".banner")) is not in_beta


def test_the_number_of_queries_does_not_grow_with_the_keys(plain, acme, django_assert_num_queries):
    keys = APIKey.objects.bulk_create(
        APIKey(account=acme, key=f"vtexappkey-acme-{n:06}", name=f"Key {n}") for n in range(200)
    )
    now = timezone.now()
    Token.objects.bulk_create(
        Token(api_key=key, selector=f"{n:025}", hash="-", created_at=now - LATER, last_used_at=now)
        for n, key in enumerate(keys)
    )
    assert "Outdated now: 200. Used in the last 24 hours: 200." in plain.get(SETTINGS).text

    # Session, user, member and account, their resources; the tally; accounts to switch to.
    with django_assert_num_queries(6):
        plain.get(SETTINGS)


def test_the_page_is_never_stored(plain):
    assert plain.get(SETTINGS)["Cache-Control"] == plain.post(SETTINGS)["Cache-Control"] == "no-store"


def test_who_applied_what_and_from_where_is_logged(plain, caplog):
    with caplog.at_level(logging.INFO, "apikeys"):
        plain.post(SETTINGS, {"token_duration": 180, "refuses_outdated": "on"}, REMOTE_ADDR="203.0.113.24")

    assert caplog.messages == [
        "Settings of acme applied by admin@acme.example from 203.0.113.24: "
        "token duration 90 to 180 days, refuse outdated tokens False to True"
    ]
