"""The External tab over HTTP: the table, adding, editing and removing keys, and their history here."""

import pytest
from django.contrib.auth.models import Group
from django.contrib.messages import get_messages
from django.db import connection

from apikeys.models import Account, APIKey, Event, ExternalKey
from tests.conftest import BY
from tests.views.conftest import url
from tests.views.test_history import events
from tests.views.test_table import allow, cells, menu, seen, words

EXTERNAL = "/accounts/acme/api-keys/external/"
THEIR_WORDS = "Their own words"


def keys(response) -> list[str]:
    return [key.get_text() for key in seen(response).select(".key")]


def said(response) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


@pytest.fixture
def catalog(db):
    return Group.objects.get(name="Catalog")


@pytest.fixture
def feed(globex):
    """A key of globex's that nobody added."""
    return APIKey.generate(globex, THEIR_WORDS, by=BY)[0]


class TestTable:
    def test_a_key_shows_its_owner_and_what_it_has_here(self, plain, partner, time_machine):
        time_machine.move_to("2026-11-23T15:00Z", tick=False)
        Account.objects.filter(slug="globex").update(name="Globex Ltd")
        ExternalKey.objects.update(added_at="2026-10-14T12:00Z")

        row = cells(plain.get(EXTERNAL), partner)
        assert row[:4] == [f"{partner.key} Globex Ltd", "Catalog", "Oct 14, 2026", "Active"]

    def test_the_columns_and_the_filters_are_those_of_the_tab(self, plain, partner):
        page = seen(plain.get(EXTERNAL))

        headers = [words(header) for header in page.select("thead th")]
        assert headers == ["Key/Owner", "Roles", "Added On", "Status", ""]
        assert [words(button) for button in page.select(".button.filter")] == ["Status", "Role"]
        assert page.find("label", attrs={"for": "q"}).get_text() == "Search by key or owner"
        assert words(page.title) == "External - API Keys"
        assert words(page.select_one(".tabs [aria-current]")) == "External"

    def test_what_its_owner_calls_it_is_nowhere(self, plain, partner):
        pages = [EXTERNAL, *(url(f"external_{flow}", partner) for flow in ("edit", "remove", "history"))]

        assert not [page for page in pages if THEIR_WORDS in plain.get(page).text]
        assert "No results found" in plain.get(EXTERNAL, {"q": THEIR_WORDS}).text

    def test_a_key_that_its_account_deactivated_says_so(self, plain, partner):
        partner.api_key.deactivate(by=BY)

        assert cells(plain.get(EXTERNAL), partner)[3] == "Inactive"

    def test_the_menu_offers_what_a_role_allows(self, plain, acme, partner):
        assert menu(plain.get(EXTERNAL), partner) == ["Edit", "View History", "Remove"]
        allow(acme, "view_api_keys", "renew_api_token")
        assert menu(plain.get(EXTERNAL), partner) == ["View History"]

    def test_who_may_only_look_is_not_asked_to_add(self, client, viewer, partner):
        client.force_login(viewer)
        page = seen(client.get(EXTERNAL))

        assert page.find(id="new-key") is None
        assert [item["href"] for item in page.select(f"#menu-{partner.key} a")] == [url("external_history", partner)]

    def test_outside_the_beta_nothing_is_said_here(self, plain, partner):
        Account.objects.update(in_beta=False)

        assert seen(plain.get(EXTERNAL)).select_one(".banner") is None

    def test_an_account_without_external_keys_says_so(self, plain, erp):
        page = seen(plain.get(EXTERNAL))

        assert page.select_one(".empty h2").get_text() == "No external keys yet"
        assert page.select_one(".empty p").get_text() == "Add a key from another account to give it access to this one"
        assert page.select_one(".empty a")["href"] == EXTERNAL + "new/"
        assert page.select(".page-actions a, #find, table") == []

    def test_the_keys_of_one_tab_are_not_in_the_other(self, plain, erp, partner):
        assert keys(plain.get(EXTERNAL)) == [partner.key]
        assert keys(plain.get(url("keys"))) == [erp.key]


class TestFinding:
    @pytest.fixture
    def many(self, acme, globex):
        for n in range(60):
            key = APIKey.objects.create(account=globex, key=f"vtexappkey-globex-{n:06}", name=THEIR_WORDS)
            ExternalKey.objects.create(account=acme, api_key=key)

    @pytest.mark.parametrize(
        ("query", "count"),
        [({}, 2), ({"q": "GLOBÉX"}, 2), ({"q": "initech"}, 0), ({"status": "inactive"}, 1), ({"sort": "key"}, 2)],
    )
    def test_the_address_says_what_is_shown(self, plain, acme, partner, feed, query, count):
        ExternalKey.add(acme, feed, by=BY)
        feed.deactivate(by=BY)

        assert len(keys(plain.get(EXTERNAL, query))) == count

    def test_the_filter_of_roles_offers_those_in_use_here(self, plain, partner, erp):
        erp.roles.set(Group.objects.filter(name="Pricing"))
        partner.api_key.roles.set(Group.objects.filter(name="Logistics"))
        page = seen(plain.get(EXTERNAL))

        assert [words(option) for option in page.select("#options-role .choice")] == ["Catalog"]

    @pytest.mark.parametrize(
        ("sort", "told"),
        [
            ("", "added descending"),
            ("added", "added ascending"),
            ("key", "key ascending"),
            ("-status", "status descending"),
        ],
    )
    def test_one_header_tells_the_order(self, plain, partner, sort, told):
        heads = seen(plain.get(EXTERNAL, {"sort": sort})).select("th[aria-sort]")

        assert [f"{head.a['id'].removeprefix('sort-')} {head['aria-sort']}" for head in heads] == [told]

    def test_every_link_keeps_the_rest_of_the_view(self, plain, many):
        page = seen(plain.get(EXTERNAL, {"q": "globex", "status": "active", "sort": "key", "page": "2"}))

        assert page.find(rel="next")["href"] == EXTERNAL + "?q=globex&status=active&sort=key&page=3"
        assert page.find(id="sort-added")["href"] == EXTERNAL + "?q=globex&status=active"
        assert page.find(id="results")["hx-get"] == EXTERNAL + "?q=globex&status=active&sort=key&page=2"
        assert page.find(id="find")["action"] == EXTERNAL

    def test_a_page_that_does_not_exist_leads_to_the_last_one(self, plain, many):
        response = plain.get(EXTERNAL, {"page": 9}, follow=True)

        assert response.redirect_chain == [(EXTERNAL + "?page=3", 302)]
        assert "This page does not exist. The last available page is displayed." in words(seen(response))

    @pytest.mark.parametrize(
        "query",
        ["renewal=pending", "sort=created", "sort=api_key__name", "sort=-last_used", "role=x", "role=%00", "status=x",
         "page=x", "page=-1", "q=%00", "account=globex", "api_key__tokens__hash=x"],
    )  # fmt: skip
    def test_what_is_unknown_or_broken_is_ignored(self, plain, partner, query):
        response = plain.get(f"{EXTERNAL}?{query}")

        assert keys(response) == [partner.key]
        assert seen(response).find(id="results")["hx-get"] == EXTERNAL

    @pytest.mark.parametrize("query", [{}, {"page": "2"}, {"q": "globex"}, {"sort": "-status", "status": "active"}])
    def test_the_number_of_queries_does_not_grow_with_the_keys(self, plain, many, query, django_assert_num_queries):
        plain.get(EXTERNAL)  # notes that the session is in use

        # Session, user, member and account, their resources; roles in use; the page in the index, its keys, roles, and
        # the count; accounts to switch to.
        with django_assert_num_queries(10):
            plain.get(EXTERNAL, query)


def add(visitor, key="", **data):
    return visitor.post(EXTERNAL + "new/", {"key": key, **data})


class TestAdd:
    @pytest.mark.parametrize("around", ["", "  ", "\t\n", "\u00a0"])
    def test_an_existing_key_gets_roles_here(self, htmx, acme, feed, catalog, around):
        response = add(htmx, around + feed.key + around, roles=catalog.pk)

        external = acme.external_keys.get()
        assert (response.status_code, said(response)) == (204, ["External key added"])
        assert (external.api_key, list(external.roles.all())) == (feed, [catalog])
        event = acme.events.get()
        assert (event.action, event.actor, event.key) == ("external_added", "admin@acme.example", feed.key)

    def test_a_plain_browser_is_led_back_to_the_tab(self, plain, feed):
        response = add(plain, feed.key)

        assert (response.status_code, response["Location"]) == (303, EXTERNAL)
        assert "External key added" in plain.get(EXTERNAL).text

    @pytest.mark.parametrize(
        ("key", "error"),
        [
            ("", "Fill in the external key identification"),
            (" \t", "Fill in the external key identification"),
            ("ERP", "Fill in a key such as vtexappkey-account-ABCDEF"),
            ("vtexappkey-globex-abcdef", "Fill in a key such as vtexappkey-account-ABCDEF"),
            ("vtexappkey-globex-ABCDEF\nx", "Fill in a key such as vtexappkey-account-ABCDEF"),
            ("vtexappkey-globex-ABC\x00EF", "Fill in a key such as vtexappkey-account-ABCDEF"),
            ("x" * 900_000, "Fill in a key such as vtexappkey-account-ABCDEF"),
            ("vtexappkey-globex-ZZZZZZ", "Fill in an existing key"),
            ("vtexappkey-acme-ZZZZZZ", "Fill in an existing key"),
            ("own", "Fill in a key that belongs to another account"),
            ("added", "This key was already added"),
        ],
    )
    @pytest.mark.parametrize("visitor", ["plain", "htmx"])
    def test_what_cannot_be_added_is_refused_beside_its_field(
        self, request, visitor, erp, partner, catalog, key, error
    ):
        key = {"own": erp.key, "added": f" {partner.key}"}.get(key, key)
        response = add(request.getfixturevalue(visitor), key, roles=catalog.pk)

        page = seen(response)
        field = page.find("input", attrs={"name": "key"})
        assert (response.status_code, field["aria-invalid"], field.has_attr("autofocus")) == (422, "true", True)
        assert page.find(id=field["aria-describedby"]).get_text() == error
        assert field.get("value", "").strip() == key.strip()
        assert page.find("input", attrs={"name": "roles", "value": str(catalog.pk)}).has_attr("checked")
        assert ExternalKey.objects.get() == partner

    def test_the_form_says_what_is_asked_and_chooses_no_role(self, plain, acme):
        page = seen(plain.get(EXTERNAL + "new/"))

        field = page.find("input", attrs={"name": "key"})
        assert page.find(id=field["aria-describedby"]).get_text() == "API key provided by the account that owns it"
        assert page.select(".roles-list input[checked]") == []
        assert "Permissive roles increase the risk of attacks through leaked credentials." in page.get_text()
        assert words(page.title) == "Add Key - API Keys"
        assert page.find("a", string="Cancel")["href"] == EXTERNAL

    def test_a_role_that_is_not_in_the_list_is_refused(self, htmx, feed):
        response = add(htmx, feed.key, roles="0")

        assert response.status_code == 422
        assert "Select roles from the list" in response.text
        assert not ExternalKey.objects.exists()

    def test_a_key_added_by_somebody_else_at_the_same_moment_is_told(self, htmx, acme, feed):
        def be_first(execute, sql, *rest):
            if sql.startswith('INSERT INTO "apikeys_externalkey" '):
                execute(sql, *rest)
            return execute(sql, *rest)

        with connection.execute_wrapper(be_first):
            response = add(htmx, feed.key)

        assert (response.status_code, response["HX-Trigger"]) == (409, '{"close-dialog": {}}')
        assert said(response) == ["This key was already added"]


def edit(visitor, key, *roles, state=None):
    data = {"roles": [role.pk for role in roles], "state": key.state if state is None else state}
    return visitor.post(url("external_edit", key), data)


class TestEdit:
    def test_the_form_shows_its_roles_and_nothing_else_to_change(self, plain, partner, catalog):
        page = seen(plain.get(url("external_edit", partner)))

        assert [field["value"] for field in page.select(".roles-list input[checked]")] == [str(catalog.pk)]
        assert page.find("input", attrs={"name": "is_active"}) is None
        assert words(page.select_one(".key-summary")) == f"{partner.key} globex"

    def test_its_roles_here_are_changed(self, plain, partner):
        pricing = Group.objects.get(name="Pricing")
        response = edit(plain, partner, pricing)

        assert (response["Location"], said(response)) == (EXTERNAL, ["Changes saved"])
        assert list(ExternalKey.objects.get().roles.all()) == [pricing]
        assert partner.account.events.first().details == {"added": ["Pricing"], "removed": ["Catalog"]}

    def test_what_somebody_else_changed_meanwhile_is_not_overwritten(self, htmx, partner, catalog):
        state = partner.state
        partner.edit(roles=[], seen=state, by=BY)
        response = edit(htmx, partner, catalog, state=state)

        assert (response.status_code, response["HX-Trigger"]) == (409, '{"close-dialog": {}}')
        assert said(response) == ["This key was changed by another user. The list was updated."]
        assert not ExternalKey.objects.get().roles.exists()

    @pytest.mark.parametrize("state", ["", "nonsense", "\x00", "1-2-3"])
    def test_a_form_that_saw_nothing_changes_nothing(self, htmx, partner, catalog, state):
        response = edit(htmx, partner, state=state)

        assert response.status_code in (409, 422)
        assert list(ExternalKey.objects.get().roles.all()) == [catalog]


class TestRemove:
    def test_it_is_asked_first(self, plain, partner):
        page = seen(plain.get(url("external_remove", partner)))

        assert "The account that owns this key loses access to the resources of this account." in words(page.main)
        assert words(page.select_one(".key-summary")) == f"{partner.key} globex"
        assert page.find("input", attrs={"name": "external_key"})["value"] == str(partner.pk)

    def test_the_key_has_no_access_any_more_and_lives_on(self, plain, client, partner):
        response = plain.post(url("external_remove", partner), {"external_key": partner.pk})

        assert (response["Location"], said(response)) == (EXTERNAL, ["External key removed"])
        headers = {"X-VTEX-API-AppKey": partner.key, "X-VTEX-API-AppToken": partner.plaintext}
        answers = [client.get("/api/verify", {"account": slug}, headers=headers) for slug in ("acme", "globex")]
        assert [answer.status_code for answer in answers] == [403, 204]

    @pytest.mark.parametrize("seen", ["", "x", "0", "9" * 30, "another"])
    def test_only_what_was_seen_is_removed(self, htmx, partner, seen):
        seen = partner.pk + 1 if seen == "another" else seen
        response = htmx.post(url("external_remove", partner), {"external_key": seen})

        assert (response.status_code, response["HX-Trigger"]) == (409, '{"close-dialog": {}}')
        assert ExternalKey.objects.exists()

    @pytest.mark.parametrize("flow", ["edit", "remove", "history"])
    def test_a_key_that_is_gone_already_is_told(self, htmx, partner, flow):
        partner.api_key.delete(by=BY)
        response = htmx.get(url(f"external_{flow}", partner))

        assert (response.status_code, said(response)) == (404, ["This key is no longer available"])


class TestHistory:
    def test_each_account_reads_what_it_did_itself(self, plain, client, stranger, partner):
        partner.edit(roles=[], seen=partner.state, by=BY)
        partner.api_key.deactivate(by=BY)

        ours = events(plain.get(url("external_history", partner)))
        assert [event.split(" admin@")[0] for event in ours] == ["Roles changed", "External key added"]
        assert "Removed: Catalog" in ours[0]
        client.force_login(stranger)
        theirs = events(client.get(url("history", partner, "globex")))
        assert [event.split(" admin@")[0] for event in theirs] == ["Key deactivated", "Key generated"]

    def test_an_event_of_its_own_account_is_no_place_in_this_history(self, plain, partner):
        generated = Event.objects.get(action="generated")

        assert len(events(plain.get(url("external_history", partner) + f"?before={generated.pk}"))) == 1

    def test_the_page_leads_back_to_the_tab(self, plain, partner):
        page = seen(plain.get(url("external_history", partner)))

        assert page.find("a", string="Close")["href"] == EXTERNAL
        assert words(page.select_one(".tabs [aria-current]")) == "External"
