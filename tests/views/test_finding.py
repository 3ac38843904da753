"""Finding over HTTP: the address is the state."""

import pytest
from django.contrib.auth.models import Group

from apikeys import toolbar
from apikeys.models import APIKey
from tests.conftest import BY
from tests.views.conftest import url
from tests.views.test_table import many, names, seen, words  # noqa: F401

pytestmark = pytest.mark.django_db


@pytest.fixture
def three(acme):
    """Three keys; the second is inactive, the third renewing and with two roles."""
    keys = [APIKey.generate(acme, name, by=BY)[0] for name in ("ERP sync", "Billing", "Café connector")]
    for key, letter in zip(keys, "ABC", strict=True):
        key.key = f"vtexappkey-acme-QQQQQ{letter}"  # no letters that a test searches for by chance
        key.save()
    keys[1].deactivate(by=BY)
    keys[2].renew(by=BY)
    keys[2].roles.set(Group.objects.filter(name__in=["Catalog", "Pricing"]))
    return keys


def role(name: str) -> int:
    return Group.objects.get(name=name).pk


def hrefs(response) -> list[str]:
    return [link["href"] for link in seen(response).select("#keys a[href]") if "api-keys/?" in link["href"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"q": "CAFE"}, ["Café connector"]),
        ({"q": " billing "}, ["Billing"]),
        ({"status": "inactive"}, ["Billing"]),
        ({"status": ["active", "inactive"], "sort": "created"}, ["ERP sync", "Billing", "Café connector"]),
        ({"renewal": "pending"}, ["Café connector"]),
        ({"renewal": "ok", "status": "active"}, ["ERP sync"]),
        ({"sort": "created"}, ["ERP sync", "Billing", "Café connector"]),
    ],
)
def test_the_address_says_what_is_shown(plain, three, query, expected):
    assert names(plain.get(url("keys"), query)) == expected


def test_a_filter_of_roles_offers_those_in_use_by_name(plain, three):
    response = plain.get(url("keys"), {"role": role("Catalog")})
    offered = seen(response).find(id="options-role").select(".choice")

    assert names(response) == ["Café connector"]
    assert [choice.get_text(strip=True) for choice in offered] == ["Catalog", "Pricing"]
    assert [choice.input.has_attr("checked") for choice in offered] == [True, False]


def test_a_role_that_only_another_account_uses_is_not_offered(plain, three, globex):
    other, _plaintext = APIKey.generate(globex, "Feed", by=BY)
    other.roles.add(Group.objects.get(name="Logistics"))
    response = plain.get(url("keys"), {"role": role("Logistics")})

    assert "Logistics" not in seen(response).find(id="options-role").get_text()
    assert len(names(response)) == 3


@pytest.mark.parametrize(("in_use", "searched"), [(5, False), (6, True)])
def test_more_than_five_roles_can_be_searched(plain, erp, in_use, searched):
    erp.roles.set([Group.objects.create(name=f"Role {n}") for n in range(in_use)])

    field = seen(plain.get(url("keys"))).select_one("#options-role [data-narrows]")

    assert (field is not None) == searched
    assert not (field and field.has_attr("name"))


def test_a_set_filter_says_its_value_and_can_be_cleared(plain, three):
    query = {"q": "e", "status": "inactive", "role": [role("Catalog"), role("Pricing")], "sort": "key"}
    page = seen(plain.get(url("keys"), query))

    assert words(page.find(id="filter-status")) == "Status: Inactive"
    assert words(page.find(id="filter-role")) == "Role: Catalog +1"
    assert words(page.find(id="filter-renewal")) == "Renewal"
    assert page.find(id="clear-filters")["href"] == url("keys") + "?q=e&sort=key"
    assert page.select_one(".search-clear")["href"].startswith(url("keys") + "?status=inactive&role=")


def test_no_filter_no_clear_filters(plain, three):
    assert seen(plain.get(url("keys"), {"q": "e"})).find(id="clear-filters") is None


@pytest.mark.parametrize(
    ("sort", "column", "direction", "other"),
    [
        ("", "created", "descending", "?sort=created"),
        ("created", "created", "ascending", ""),
        ("key", "key", "ascending", "?sort=-key"),
        ("-key", "key", "descending", "?sort=key"),
        ("-last_used", "last_used", "descending", "?sort=last_used"),
        ("duration", "duration", "ascending", "?sort=-duration"),
        ("-status", "status", "descending", "?sort=status"),
    ],
)
def test_one_header_tells_the_order_and_turns_it_round(plain, three, sort, column, direction, other):
    page = seen(plain.get(url("keys"), {"sort": sort}))
    told = {head.a["id"]: head["aria-sort"] for head in page.select("th[aria-sort]")}

    assert told == {f"sort-{column}": direction}
    assert page.find(id=f"sort-{column}")["href"] == url("keys") + other


def test_the_first_click_sorts_from_a_to_z_and_newest_first(plain, three):
    page = seen(plain.get(url("keys"), {"sort": "-key"}))
    first = {name: page.find(id=f"sort-{name}")["href"] for name in ("duration", "last_used", "created", "status")}

    assert first == {
        "duration": url("keys") + "?sort=duration",  # the shortest: that of the newest token
        "last_used": url("keys") + "?sort=-last_used",
        "created": url("keys"),
        "status": url("keys") + "?sort=status",
    }


def test_every_link_keeps_the_rest_of_the_view(plain, many):  # noqa: F811
    response = plain.get(url("keys"), {"q": "key", "status": "active", "sort": "key", "page": "2"})

    assert seen(response).find(rel="next")["href"] == url("keys") + "?q=key&status=active&sort=key&page=3"
    assert seen(response).find(rel="prev")["href"] == url("keys") + "?q=key&status=active&sort=key"
    assert seen(response).find(id="sort-status")["href"] == url("keys") + "?q=key&status=active&sort=status"


def test_a_page_out_of_range_leads_to_the_last_one_and_keeps_the_rest(plain, many):  # noqa: F811
    response = plain.get(url("keys"), {"q": "key", "sort": "key", "page": "9"}, follow=True)

    assert response.redirect_chain == [(url("keys") + "?q=key&sort=key&page=3", 302)]
    assert "This page does not exist. The last available page is displayed." in words(seen(response))


@pytest.mark.parametrize(
    "query",
    [
        "order_by=hash", "hash__startswith=a", "account=globex", "sort=hash", "sort=--key", "sort=-", "sort=key,hash",
        "sort=tokens__hash", "status=x", "role=x", "role=-1", "role=9999999999999999999999", "role=%00", "renewal=%ff",
        "status=", "role=", "renewal=", "q=", "q=%00", "page=", "export=1&columns=hash", "role__name=Catalog",
    ],
)  # fmt: skip
def test_what_is_unknown_or_broken_is_ignored(plain, three, query):
    response = plain.get(f"{url('keys')}?{query}")

    assert names(response) == ["Café connector", "Billing", "ERP sync"]
    assert hrefs(response) == hrefs(plain.get(url("keys")))


@pytest.mark.parametrize(
    "query",
    [
        "%ff", "%00%00%00abc", "%ed%a0%80abc", "a" * 10_000, "%22", "%22%22%22", "abc%22", "*", "abc*", "-abc", "AND",
        "abc+AND", "NEAR(", "%25%25%25", "___", "%5c%5c%5c", "'--", "%F0%9F%94%91%F0%9F%94%91%F0%9F%94%91", "%0d%0aabc",
        "%E2%80%AEabc", "%EF%B7%BA" * 60, "<script>", "{{7*7}}", "%24%7B7%7D",
    ],
)  # fmt: skip
@pytest.mark.parametrize("sort", ["", "-last_used"])
def test_naughty_words_find_nothing_and_break_nothing(plain, three, query, sort):
    response = plain.get(f"{url('keys')}?q={query}&sort={sort}")

    assert response.status_code == 200
    assert "No results found" in response.text
    assert len(response.content) < 200_000


def test_no_results_keep_the_toolbar(plain, three):
    page = seen(plain.get(url("keys"), {"q": "warehous", "status": "inactive"}))

    assert page.select_one(".empty h2").get_text() == "No results found"
    assert page.find(id="q")["value"] == "warehous"
    assert page.find(id="clear-filters")
    pagers = page.select(".pager")
    assert [words(pager) for pager in pagers] == ["0 of 0", "0 of 0"]
    assert all(button.has_attr("disabled") for pager in pagers for button in pager.select("button"))
    assert page.select(".pager a") == []


def test_an_account_without_keys_has_no_toolbar_but_a_search_in_it_does(plain):
    assert seen(plain.get(url("keys"))).find(id="find") is None
    assert seen(plain.get(url("keys"), {"q": "x"})).find(id="find")


@pytest.mark.parametrize(
    ("query", "said"), [("", "3 keys found"), ("billing", "1 key found"), ("nowhere", "No keys found")]
)
def test_the_count_is_ready_to_be_said(plain, three, query, said):
    assert seen(plain.get(url("keys"), {"q": query})).find(id="results")["data-found"].strip() == said


def test_large_counts_are_grouped_and_capped(plain, many, monkeypatch):  # noqa: F811
    monkeypatch.setattr("apikeys.models.finding.COUNTED_TO", 40)

    assert words(seen(plain.get(url("keys"))).select_one(".pager-range")) == "1–25 of 40+"


def test_results_know_their_own_address(htmx, three):
    results = seen(htmx.get(url("keys"), {"q": "e", "sort": "key", "page": "1", "x": "y"})).find(id="results")

    assert results["hx-get"] == url("keys") + "?q=e&sort=key"


@pytest.mark.parametrize(
    "query", [{}, {"page": "2"}, {"q": "key"}, {"q": "ke"}, {"sort": "-last_used", "q": "key"}, {"renewal": "ok"}]
)
def test_the_number_of_queries_is_constant(plain, many, query, django_assert_max_num_queries):  # noqa: F811
    plain.get(url("keys"))  # notes that the session is in use

    with django_assert_max_num_queries(12):
        assert names(plain.get(url("keys"), query))


def test_words_longer_than_any_key_are_cut(plain, three):
    assert len(seen(plain.get(url("keys"), {"q": "a" * 10_000})).find(id="q")["value"]) == toolbar.LONGEST
