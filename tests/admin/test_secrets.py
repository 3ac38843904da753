"""Nothing here tells of the hash or the selector of a token, and nobody here makes, changes or deletes one."""

import json

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core import serializers
from django.urls import reverse

from apikeys.models import APIKey, Event, ExternalKey, Token, User

QUESTIONS = [
    ("apikeys_token", "hash__startswith=$argon2id"),
    ("apikeys_token", "hash="),
    ("apikeys_token", "selector__gte=A"),
    ("apikeys_token", "is_old__exact=1"),
    ("apikeys_token", "api_key__tokens__hash__startswith=$"),
    ("apikeys_token", "_to_field=hash"),
    ("apikeys_apikey", "tokens__hash__startswith=$"),
    ("apikeys_apikey", "tokens__selector__gte=A"),
    ("apikeys_externalkey", "api_key__tokens__hash__startswith=$"),
    ("apikeys_externalkey", "api_key__name__startswith=E"),
    ("apikeys_event", "api_key__tokens__hash__startswith=$"),
    ("apikeys_event", "account__api_keys__tokens__hash__startswith=$"),
    ("apikeys_event", "action__exact=%00"),
    ("apikeys_event", "account__exact__api_keys__tokens__hash__startswith=$"),
    ("apikeys_account", "api_keys__tokens__hash__startswith=$"),
    ("apikeys_member", "account__api_keys__tokens__selector__gte=A"),
    ("apikeys_member", "user__password__startswith=argon2"),
    ("apikeys_user", "password__startswith=argon2"),
    ("apikeys_user", "memberships__account__api_keys__tokens__hash__startswith=$"),
    ("auth_group", "api_keys__tokens__hash__startswith=$"),
    ("auth_group", "user__password__startswith=argon2"),
]


@pytest.mark.parametrize(("noun", "question"), QUESTIONS)
def test_a_list_answers_no_question_about_what_it_does_not_show(desk, shop, noun, question):
    assert desk.get(f"{reverse(f'admin:{noun}_changelist')}?{question}").status_code == 400


@pytest.mark.parametrize("order", ["hash", "-selector", "6", "-7", "99", "tokens__hash"])
@pytest.mark.parametrize("noun", ["token", "apikey", "externalkey", "event"])
def test_a_list_is_not_ordered_by_what_it_does_not_show(desk, shop, erp, noun, order):
    page = desk.get(reverse(f"admin:apikeys_{noun}_changelist"), {"o": order})

    ordered_by = str(page.context["cl"].queryset.query)
    assert page.status_code == 200
    assert not [column for column in ("hash", "selector") if column in ordered_by.partition("ORDER BY")[2]]


def test_a_search_does_not_find_a_token_by_its_selector_or_hash(desk, shop):
    for token in Token.objects.all():
        for noun in ("token", "apikey", "externalkey", "event"):
            for searched in (token.selector, token.hash[-20:]):
                page = desk.get(reverse(f"admin:apikeys_{noun}_changelist"), {"q": searched})
                assert page.context["cl"].result_count == 0


def test_no_page_shows_a_hash_or_a_selector(desk, shop, erp, partner, admin):
    shop.roles.add(*admin.memberships.get().roles.all())
    pages = [page.content.decode() for page in map(desk.get, every_page()) if page.status_code == 200]

    assert len(pages) > 30
    for token in Token.objects.all():
        assert not [page for page in pages if token.selector in page or token.hash in page or token.hash[-20:] in page]
    assert not [page for page in pages if shop.new in page or shop.old in page]


def every_page():
    yield reverse("admin:index")
    for model in admin.site._registry:
        noun = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"{noun}_changelist")
        yield reverse(f"{noun}_add")
        for thing in model._default_manager.all():
            yield from (reverse(f"{noun}_{page}", args=[thing.pk]) for page in ("change", "history", "delete"))


READ_ONLY = [Token, APIKey, ExternalKey, Event]


@pytest.mark.parametrize("model", READ_ONLY)
@pytest.mark.parametrize("form", ["add", "change", "delete", "changelist"])
def test_what_only_the_verbs_change_cannot_be_posted(desk, shop, partner, model, form):
    thing, before = model.objects.first(), rows()
    args = [thing.pk] if form in ("change", "delete") else []
    answer = desk.post(reverse(f"admin:apikeys_{model._meta.model_name}_{form}", args=args), forged(thing))

    assert answer.status_code == 403
    assert rows() == before
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("noun", ["account", "user", "member"])
def test_an_inline_for_tokens_cannot_be_forged(desk, shop, admin, noun):
    thing = {"account": shop.account, "user": admin, "member": admin.memberships.get()}[noun]
    before = rows()
    desk.post(reverse(f"admin:apikeys_{noun}_change", args=[thing.pk]), forged(shop.token))

    assert rows() == before


def forged(thing):
    """Return the fields of every form that Django admin might have for the thing: its own, in a list, and inline."""
    fields = json.loads(serializers.serialize("json", [thing]))[0]["fields"]
    fields = {name: value for name, value in fields.items() if value is not None} | {"is_old": "on", "hash": "forged"}
    forms = {"_save": "Save", "post": "yes", "_selected_action": thing.pk, "action": "delete_selected", "index": "0"}
    for prefix in ("form", "tokens", "api_keys"):
        forms |= {f"{prefix}-TOTAL_FORMS": 1, f"{prefix}-INITIAL_FORMS": 0, f"{prefix}-0-DELETE": "on"}
        forms |= {f"{prefix}-0-{name}": value for name, value in fields.items()}
    return fields | forms


def rows():
    return [serializers.serialize("json", model.objects.order_by("pk")) for model in READ_ONLY]


def test_staff_without_rights_see_nothing_and_change_nothing(client, shop, partner):
    client.force_login(User.objects.create_user("intern@example.com", is_staff=True))

    for page in every_page():
        assert client.get(page).status_code == (200 if page == reverse("admin:index") else 403)


def test_a_right_to_look_is_no_right_to_switch(client, shop):
    auditor = User.objects.create_user("auditor@example.com", is_staff=True)
    auditor.user_permissions.add(Permission.objects.get(codename="view_apikey"))
    client.force_login(auditor)
    page = reverse("admin:apikeys_apikey_changelist")

    assert shop.key in client.get(page).content.decode()
    assert client.post(page, {"action": "deactivate", "_selected_action": shop.pk, "index": "0"}).status_code == 403
    assert APIKey.objects.get().is_active


def test_members_who_are_not_staff_are_led_to_the_sign_in(client, admin, shop):
    client.force_login(admin)

    for page in every_page():
        assert client.get(page).status_code in (302, 403)
