import datetime as dt

import pytest
from django.db import OperationalError, connection, transaction

from apikeys.models import Actor, APIKey, Event, Refusal, Token
from tests.conftest import BY

# What each verb records of which key, and the token that it names.
VERBS = {
    "renewed": ("erp", APIKey.renew, lambda key: key.token.pk),
    "completed": ("shop", APIKey.keep_old_token, lambda key: key.token.pk),
    "old_token_deleted": ("shop", APIKey.delete_old_token, lambda key: key.was_old),
    "renewal_undone": ("shop", APIKey.undo_renewal, lambda key: key.was_new),
    "deactivated": ("erp", APIKey.deactivate, lambda key: None),
    "activated": ("inactive", APIKey.activate, lambda key: None),
    "deleted": ("shop", APIKey.delete, lambda key: None),
}
each_verb = pytest.mark.parametrize("action", VERBS)


@pytest.fixture
def inactive(erp):
    erp.deactivate(by=BY)
    return erp


@pytest.fixture
def case(request, action):
    """The key of the case, its verb, and the id of the token that the event is to name."""
    name, verb, token = VERBS[action]
    key = request.getfixturevalue(name)
    key.was_new, key.was_old = key.token.pk, key.old_token and key.old_token.pk
    Event.objects.all().delete()
    return key, verb, token


@each_verb
def test_each_verb_records_one_event(case, action):
    key, verb, token = case
    identity = (key.account_id, key.pk, key.key, key.name)

    verb(key, by=Actor("ana@acme.example", "2001:db8::1"))

    event = Event.objects.get()
    assert (event.account_id, event.api_key_id, event.key, event.key_name) == identity
    assert (event.action, event.actor, event.address) == (action, "ana@acme.example", "2001:db8::1")
    assert event.token_id == token(key)


def test_generating_a_key_is_its_first_event(erp):
    event = Event.objects.get()

    assert (event.action, event.api_key, event.token_id) == ("generated", erp, erp.token.pk)
    assert (event.actor, event.address) == (BY.name, BY.address)


@each_verb
def test_a_refused_verb_leaves_no_event(case, action):
    key, verb, _token = case
    verb(key, by=BY)
    if action == "completed":
        key.undo_renewal(by=BY)
    before = list(Event.objects.values())

    with pytest.raises(Refusal):
        verb(key, by=BY)

    assert list(Event.objects.values()) == before


@each_verb
def test_what_is_rolled_back_leaves_no_event(case, action):
    key, verb, _token = case

    with transaction.atomic():
        verb(key, by=BY)
        transaction.set_rollback(True)

    assert not Event.objects.exists()


@each_verb
def test_what_cannot_be_recorded_does_not_happen(case, action):
    key, verb, _token = case
    before = [list(APIKey.objects.values()), list(Token.objects.values())]

    with connection.execute_wrapper(no_room_for_events), pytest.raises(OperationalError):
        verb(key, by=BY)

    assert [list(APIKey.objects.values()), list(Token.objects.values())] == before


def no_room_for_events(execute, sql, params, many, context):
    if sql.startswith('INSERT INTO "apikeys_event"'):
        raise OperationalError("disk full")
    return execute(sql, params, many, context)


def test_the_history_of_a_deleted_key_stays(shop):
    pk = shop.pk
    shop.delete(by=BY)

    history = Event.objects.filter(api_key_id=pk)

    assert [event.action for event in history] == ["deleted", "renewed", "generated"]
    assert {(event.key, event.key_name) for event in history} == {(shop.key, "Marketplace connector")}


def test_an_event_keeps_the_name_that_the_key_had(acme, erp):
    APIKey.objects.update(name="Renamed")
    erp.renew(by=BY)

    assert [event.key_name for event in erp.events.all()] == ["Renamed", "ERP sync"]


def test_the_newest_event_comes_first_also_within_the_same_moment(erp, time_machine):
    time_machine.move_to(erp.created_at + dt.timedelta(minutes=1), tick=False)
    erp.renew(by=BY)
    erp.delete_old_token(by=BY)
    erp.renew(by=BY)

    assert [event.action for event in erp.events.all()[:3]] == ["renewed", "old_token_deleted", "renewed"]


def test_the_system_itself_acts_without_a_name(erp):
    erp.renew(by=Actor())

    event = Event.objects.first()
    assert (event.actor, event.address) == ("", None)


def test_an_event_reads_as_a_sentence_of_the_history(erp):
    assert str(Event.objects.get()) == f"{erp.key}: Key generated"
