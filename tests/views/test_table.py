import datetime as dt
import gzip

import brotli
import pytest
import time_machine
from bs4 import BeautifulSoup
from django.contrib.auth.models import Group, Permission

from apikeys.models import Account, APIKey, Token
from tests.conftest import BY
from tests.views.conftest import url

NOW = dt.datetime(2026, 11, 23, 15, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(NOW, tick=False):
        yield


def seen(response) -> BeautifulSoup:
    return BeautifulSoup(response.content, "html.parser")


def words(element) -> str:
    """What a person reads: no hints, no words for screen readers."""
    for hidden in element.select(".visually-hidden, .tooltip, .cell-label, [popover]"):
        hidden.decompose()
    return " ".join(element.get_text(" ").split())


def row(response, key) -> BeautifulSoup:
    return seen(response).find(id=f"key-{key.key}").find_parent("tr")


def cells(response, key) -> list[str]:
    return [words(cell) for cell in row(response, key).find_all(["th", "td"])][:6]


def menu(response, key) -> list[str]:
    panel = row(response, key).find(id=f"menu-{key.key}")
    return [item.get_text(strip=True) for item in panel.select(".menu-item")] if panel else []


def aged(token: Token, days: int, used: dt.timedelta | None = None) -> None:
    last_used_at = None if used is None else NOW - used
    Token.objects.filter(pk=token.pk).update(created_at=NOW - days * DAY, last_used_at=last_used_at)


def test_a_settled_key_shows_one_token(plain, erp):
    aged(erp.token, 12, used=dt.timedelta(minutes=2))

    assert cells(plain.get(url("keys")), erp) == [
        f"{erp.key} ERP sync",
        "12 days Renew in 78 days",
        "2 minutes ago",
        "No roles",
        "Nov 23, 2026",
        "Active",
    ]


def test_a_renewing_key_shows_both_tokens(plain, shop):
    aged(shop.token, 2, used=dt.timedelta(minutes=4))
    aged(shop.old_token, 103, used=dt.timedelta(hours=2))

    assert cells(plain.get(url("keys")), shop)[:3] == [
        f"{shop.key} Pending deletion - Old token Marketplace connector",
        "New 2 days Old 3 months",
        "New 4 minutes ago Old 2 hours ago",
    ]


@pytest.mark.parametrize(
    ("days", "alert", "due"),
    [
        (89, "", "Renew in 1 day"),
        (90, "Renewal recommended", "Outdated for 1 day"),
        (179, "Renewal recommended", "Outdated for 89 days"),
        (180, "Renewal highly recommended", "Outdated for 90 days"),
    ],
)
def test_the_alert_follows_the_age_of_the_token(plain, erp, days, alert, due):
    aged(erp.token, days)

    key_name, duration = cells(plain.get(url("keys")), erp)[:2]

    assert key_name == " ".join([erp.key, alert, "ERP sync"]).replace("  ", " ")
    assert duration.endswith(due)


def test_an_account_that_refuses_outdated_tokens_says_so(plain, acme, erp):
    Account.objects.update(refuses_outdated=True)
    aged(erp.token, 116)

    assert cells(plain.get(url("keys")), erp)[1] == "3 months Outdated - Refused"


def test_an_inactive_key_says_so(plain, erp):
    erp.deactivate(by=BY)

    assert cells(plain.get(url("keys")), erp)[5] == "Inactive"


def test_more_than_two_roles_open_in_a_list(plain, erp, django_user_model):
    erp.roles.set(Group.objects.filter(name__in=["Catalog", "Pricing", "Logistics"]))
    response = plain.get(url("keys"))

    assert cells(response, erp)[3] == "Catalog +2 more"
    listed = row(response, erp).find(id=f"roles-{erp.key}").select("li")
    assert [role.get_text() for role in listed] == ["Catalog", "Logistics", "Pricing"]


@pytest.mark.parametrize(("active", "switch"), [(True, "Deactivate"), (False, "Activate")])
def test_the_menu_offers_what_the_state_allows(plain, erp, shop, active, switch):
    APIKey.objects.update(is_active=active)
    response = plain.get(url("keys"))

    assert menu(response, erp) == ["Edit", "Renew Token", "View History", switch, "Delete Key"]
    ending = ["Delete Old Token", "Undo Renewal"]
    assert menu(response, shop) == ["Edit", *ending, "View History", switch, "Delete Key"]


def test_outside_the_beta_only_what_was_pending_goes_on(plain, erp, shop):
    Account.objects.update(in_beta=False)
    response = plain.get(url("keys"))

    assert menu(response, erp) == ["Edit", "View History", "Deactivate", "Delete Key"]
    assert menu(response, shop)[1:4] == ["Delete Old Token", "Undo Renewal", "View History"]


def test_a_member_sees_only_what_a_role_allows(plain, acme, erp, shop):
    allow(acme, "view_api_keys", "renew_api_token")
    assert menu(plain.get(url("keys")), shop) == ["Delete Old Token", "Undo Renewal", "View History"]

    allow(acme, "view_api_keys", "edit_api_keys")
    assert menu(plain.get(url("keys")), erp) == ["Edit", "View History", "Deactivate", "Delete Key"]


def allow(account: Account, *codenames: str) -> None:
    """Let the admin hold these resources and no others."""
    role = Group.objects.create(name=" ".join(codenames))
    role.permissions.set(Permission.objects.filter(codename__in=codenames))
    account.memberships.get().roles.set([role])


def test_a_viewer_gets_a_menu_with_the_history_alone(client, viewer, erp, shop):
    client.force_login(viewer)
    response = client.get(url("keys"))

    assert menu(response, erp) == menu(response, shop) == ["View History"]


def test_outside_the_beta_a_banner_says_how_to_replace_a_token(plain, erp, settings):
    Account.objects.update(in_beta=False)
    settings.SUPPORT_URL = "https://support.example/"
    banner = seen(plain.get(url("keys"))).select_one(".banner")

    assert "Token renewal is in closed beta and is not available for this account." in words(banner)
    assert banner.a["href"] == "https://support.example/"


def test_without_an_address_of_support_there_is_only_the_text(plain):
    Account.objects.update(in_beta=False)

    assert seen(plain.get(url("keys"))).select_one(".banner").a is None


def test_in_the_beta_there_is_no_banner(plain, erp):
    assert seen(plain.get(url("keys"))).select_one(".banner") is None


def test_an_account_without_keys_says_so(plain):
    page = seen(plain.get(url("keys")))

    assert page.select_one(".empty h2").get_text() == "No API keys yet"
    assert page.table is None
    assert page.select_one(".page-actions a") is None
    assert page.select_one(".empty a")["href"] == "/accounts/acme/api-keys/new/"


def test_who_may_not_generate_keys_is_not_asked_to(client, viewer):
    client.force_login(viewer)

    assert "Generate" not in words(seen(client.get(url("keys"))).main).replace("Generated", "")


@pytest.fixture
def many(acme):
    for n in range(60):
        created = NOW - n * DAY
        key = APIKey.objects.create(account=acme, key=f"vtexappkey-acme-{n:06}", name=f"Key {n}", created_at=created)
        Token.objects.create(api_key=key, selector=f"{n:025}", hash="-")


def names(response) -> list[str]:
    return [name.get_text() for name in seen(response).select(".key-name")]


def test_the_newest_25_keys_come_first(plain, many):
    response = plain.get(url("keys"))

    assert names(response) == [f"Key {n}" for n in range(25)]
    assert "1–25 of 60" in words(seen(response))


def test_the_pager_leads_to_the_other_pages(plain, many):
    response = plain.get(url("keys"), {"page": 2})

    assert names(response) == [f"Key {n}" for n in range(25, 50)]
    assert seen(response).find(rel="prev")["href"] == url("keys")
    assert seen(response).find(rel="next")["href"] == url("keys") + "?page=3"


def test_a_page_that_does_not_exist_leads_to_the_last_one(plain, many):
    response = plain.get(url("keys"), {"page": 9}, follow=True)

    assert response.redirect_chain == [("/accounts/acme/api-keys/?page=3", 302)]
    assert names(response) == [f"Key {n}" for n in range(50, 60)]
    assert "This page does not exist. The last available page is displayed." in words(seen(response))


@pytest.mark.parametrize("page", ["", "0", "-1", "1.5", "x", "²", "१", "\x00", "1" * 400])
def test_a_broken_page_number_is_ignored(plain, erp, page):
    response = plain.get(url("keys"), {"page": page}, follow=True)

    assert response.status_code == 200
    assert names(response) == ["ERP sync"]


def test_the_number_of_queries_does_not_grow_with_the_keys(plain, many, django_assert_num_queries):
    plain.get(url("keys"))  # notes that the session is in use

    # Session, user, member and account, their resources; roles in use; the page in the index, its keys, tokens, roles,
    # and the count; accounts to switch to.
    with django_assert_num_queries(11):
        plain.get(url("keys"))


def test_what_the_page_shows_is_never_stored(plain, shop):
    response = plain.get(url("keys"))

    assert response["Cache-Control"] == "no-store"
    for secret in (shop.old, shop.new, shop.token.selector, shop.token.hash):
        assert secret not in response.text


@pytest.mark.parametrize(
    "name", ["<img src=x onerror=alert(1)>", '"><script>', "{{7*7}}", "' hx-get=/x '", "\u202eabc"]
)
def test_a_hostile_name_is_only_a_name(plain, erp, name):
    APIKey.objects.update(name=name)

    assert seen(plain.get(url("keys"))).select_one(".key-name").get_text() == name


def test_home_leads_to_the_account_used_last(plain, admin, acme, globex, erp):
    globex.memberships.create(user=admin).roles.set(acme.memberships.get().roles.all())

    plain.get(url("keys", account="globex"))

    assert plain.get("/")["Location"] == "/accounts/globex/api-keys/"


def test_home_of_an_account_that_is_no_longer_the_members_leads_to_another(plain):
    plain.cookies["account"] = "globex"

    assert plain.get("/")["Location"] == "/accounts/acme/api-keys/"


def test_the_switcher_lists_the_members_accounts_and_no_others(plain, admin, acme, globex):
    assert seen(plain.get(url("keys"))).find(id="account-switcher") is None
    globex.memberships.create(user=admin)

    listed = seen(plain.get(url("keys"))).find(id="account-switcher").select("a")

    assert [account["href"] for account in listed] == ["/accounts/acme/api-keys/", "/accounts/globex/api-keys/"]


def test_a_member_without_the_resource_learns_whom_to_ask(client, acme, admin):
    acme.memberships.get().roles.clear()
    client.force_login(admin)
    response = client.get(url("keys"))

    assert response.status_code == 403
    assert "Request access to API keys from the account administrator" in response.text


def test_a_user_without_any_account_learns_whom_to_ask(client, django_user_model):
    client.force_login(django_user_model.objects.create_user("new@example.com"))

    response = client.get("/")

    assert response.status_code == 403
    assert "Unauthorized access" in response.text


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("gzip, br;q=0", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("", None),
    ],
)
def test_the_list_comes_compressed_as_the_browser_takes_it(plain, erp, accepted, encoding):
    response = plain.get(url("keys"), headers={"accept-encoding": accepted})

    assert response.get("Content-Encoding") == encoding
    assert "Accept-Encoding" in response["Vary"]
    open_it = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}[encoding]
    assert erp.key in open_it(response.content).decode()


def test_an_answer_with_a_token_is_never_compressed(plain, erp):
    response = plain.post(url("renewal", erp), headers={"accept-encoding": "gzip, br"})

    assert "Content-Encoding" not in response
