"""What must hold of the rows: the verbs keep it, and what breaks it is told."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from apikeys.invariants import violations
from apikeys.models import APIKey, Event, ExternalKey, Token
from tests.conftest import BY


def check_rows() -> str:
    out = StringIO()
    call_command("check_rows", stdout=out)
    return out.getvalue()


def test_everything_holds_of_what_the_demo_makes(db, monkeypatch):
    monkeypatch.setenv("DEMO_PASSWORD", "correct horse battery")
    call_command("demo", stdout=StringIO())

    assert check_rows().startswith("19 keys, 22 tokens, ")


@pytest.mark.parametrize(
    "verbs",
    [
        ["keep_old_token", "delete_old_token", "renew", "undo_renewal"],
        ["deactivate", "undo_renewal", "activate", "renew"],
        ["delete"],
    ],
)
def test_everything_holds_after_each_verb(shop, verbs):
    for verb in verbs:
        getattr(shop, verb)(by=BY)
        assert violations() == []


def no_token(key):
    key.tokens.all().delete()


def only_an_old_token(key):
    key.tokens.update(is_old=True)


def other_copies(key):
    key.tokens.update(key="vtexappkey-acme-OTHERS")


def other_words(key):
    APIKey.objects.update(text="nothing")


def external_at_home(key):
    ExternalKey.objects.create(account=key.account, api_key=key)


def no_history(key):
    Event.objects.all().delete()


def token_back_again(key):
    old = key.token
    key.renew(by=BY)
    key.delete_old_token(by=BY)
    key.tokens.update(is_old=True)
    old.api_key = key
    old.is_old = False
    old.save(force_insert=True)


def key_back_again(key):
    tokens = list(key.tokens.all())
    APIKey(pk=key.pk).delete(by=BY)
    key.save(force_insert=True)
    Token.objects.bulk_create(tokens)


def switched_in_silence(key):
    APIKey.objects.update(is_active=False)


@pytest.mark.parametrize(
    ("damage", "rule"),
    [
        (no_token, "keys without a token"),
        (only_an_old_token, "keys without a token"),
        (other_copies, "tokens whose copies of their key differ"),
        (other_words, "keys that are not found by their name"),
        (external_at_home, "external keys in their own account"),
        (no_history, "tokens that no event created"),
        (token_back_again, "tokens that were deleted"),
        (key_back_again, "keys that were deleted"),
        (switched_in_silence, "keys whose status no event explains"),
    ],
)
def test_what_is_broken_is_told_with_its_id(erp, damage, rule):
    damage(erp)

    with pytest.raises(CommandError, match=rf"1 {rule}: \d+$"):
        check_rows()


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_database_that_forgets_at_a_power_cut_is_told():
    careless = {"sqlite": "PRAGMA synchronous = NORMAL", "postgresql": "SET synchronous_commit = off"}
    with connection.cursor() as cursor:
        cursor.execute(careless[connection.vendor])

    (line,) = violations()
    connection.close()
    assert line.endswith("a power cut may bring a deleted token back")
