"""What staff, or who took their place, can send to Django admin: an answer below 500, and nothing changed."""

import pytest
from django.test import Client

from apikeys.models import APIKey, Member

IDS = ["", "x", "_00", "\x00", "-1", "0", "1.5", "9223372036854775808", "9" * 400, "٣", "🔑", "None", "' OR 1=1", "1,2"]
OURS = ["apikeys/account", "apikeys/member", "apikeys/user", "apikeys/apikey", "apikeys/token", "apikeys/event"]
NOUNS = [*OURS, "auth/group"]
FILTERS = [
    "q", "p", "o", "e", "all", "_to_field", "_popup", "_changelist_filters", "order_by", "hash", "hash__startswith",
    "account__exact", "account__id__exact", "is_active__exact", "action__exact", "at__year", "at__day",
    "created_at__year",
]  # fmt: skip


@pytest.fixture
def desk(staff, shop, admin):
    """The browser of staff, which sees an error of the server as people do."""
    desk = Client(raise_request_exception=False)
    desk.force_login(staff)
    return desk


@pytest.mark.parametrize("id", IDS)
def test_what_is_no_id_is_missing_or_refused(desk, id):
    for noun in NOUNS:
        for page in ("change", "delete"):
            assert desk.get(f"/admin/{noun}/{id}/{page}/", follow=True).status_code in (200, 400, 403, 404)


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_that_is_none_is_ignored_or_refused(desk, name):
    for noun in ("apikey", "token", "event"):
        for value in ("\x00", "-1", "9223372036854775808", "9" * 400):
            assert desk.get(f"/admin/apikeys/{noun}/", {name: value}, follow=True).status_code in (200, 400)


@pytest.mark.parametrize("id", IDS)
def test_an_action_on_what_is_no_id_does_nothing(desk, id):
    for action in ("deactivate", "delete_selected", id):
        for noun in ("apikeys/apikey", "apikeys/member", "auth/group"):
            form = {"action": action, "_selected_action": id, "index": "0", "post": "yes"}
            assert desk.post(f"/admin/{noun}/", form).status_code in (200, 302, 400, 403)

    assert APIKey.objects.get().is_active
    assert Member.objects.count() == 1


@pytest.mark.parametrize("id", IDS)
def test_a_form_that_chooses_what_is_not_offered_is_refused(desk, id):
    forms = [
        ("apikeys/member", {"user": id, "account": id, "roles": [id]}),
        ("auth/group", {"name": "Feed", "permissions": [id or "x"]}),
        ("apikeys/account", {"slug": id, "name": id, "time_zone": id, "token_duration": id}),
        ("apikeys/user", {"email": id, "usable_password": id, "password1": id, "password2": id}),
    ]
    for noun, form in forms:
        assert desk.post(f"/admin/{noun}/add/", form).status_code in (200, 400)


@pytest.mark.parametrize("text", IDS)
def test_a_search_for_a_user_takes_any_text(desk, text):
    of = {"app_label": "apikeys", "model_name": "member", "field_name": "user"}
    for question in ({"term": text, **of}, {"term": "a", "page": text, **of}, {"term": "a", **dict.fromkeys(of, text)}):
        assert desk.get("/admin/autocomplete/", question).status_code in (200, 400, 403, 404)


def test_a_failure_of_another_kind_is_still_a_failure(desk, monkeypatch):
    monkeypatch.setattr("apikeys.admin.MemberAdmin.get_queryset", lambda *_: 1 / 0)

    assert desk.get("/admin/apikeys/member/").status_code == 500


def test_what_was_not_understood_is_logged(desk, caplog):
    desk.get("/admin/apikeys/token/", {"created_at__year": "9" * 12})

    assert "Not understood by Django admin: /admin/apikeys/token/" in caplog.text
