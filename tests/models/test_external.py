import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction

from apikeys.models import AlreadyAdded, APIKey, ChangedMeanwhile, Event, ExternalKey, KeyGone
from tests.conftest import BY


@pytest.fixture
def catalog(db):
    return Group.objects.get(name="Catalog")


@pytest.fixture
def pricing(db):
    return Group.objects.get(name="Pricing")


@pytest.fixture
def guest(globex, erp, catalog):
    """acme's key, added by globex."""
    return ExternalKey.add(globex, erp, roles=[catalog], by=BY)


def events(account) -> list[str]:
    return [event.action for event in account.events.order_by("pk")]


def test_a_key_of_another_account_gets_roles_here_and_keeps_its_own(guest, globex, erp, catalog):
    assert list(globex.external_keys.get().roles.all()) == [catalog]
    assert list(erp.roles.all()) == []


def test_a_key_is_added_once(guest, globex, erp):
    with pytest.raises(AlreadyAdded):
        ExternalKey.add(globex, erp, by=BY)

    assert events(globex) == ["external_added"]


def test_the_database_itself_refuses_a_key_twice(guest, globex, erp):
    with pytest.raises(IntegrityError), transaction.atomic():
        ExternalKey.objects.create(account=globex, api_key=erp)


def test_a_key_that_was_just_deleted_is_gone(globex, erp):
    APIKey.objects.get(pk=erp.pk).delete(by=BY)

    with pytest.raises(KeyGone):
        ExternalKey.add(globex, erp, by=BY)


def test_a_key_is_never_external_at_home(acme, erp):
    with pytest.raises(ValueError, match="own account"):
        ExternalKey.add(acme, erp, by=BY)


def test_edit_changes_the_roles_and_says_which(guest, globex, pricing):
    guest.edit(roles=[pricing], seen=guest.state, by=BY)

    assert list(globex.external_keys.get().roles.all()) == [pricing]
    assert globex.events.get(action="roles_changed").details == {"added": ["Pricing"], "removed": ["Catalog"]}


def test_edit_of_nothing_records_nothing(guest, globex, catalog):
    guest.edit(roles=[catalog], seen=guest.state, by=BY)

    assert events(globex) == ["external_added"]


def test_edit_of_what_another_one_changed_is_refused(guest, globex, catalog, pricing):
    seen = guest.state
    guest.edit(roles=[], seen=seen, by=BY)

    with pytest.raises(ChangedMeanwhile):
        guest.edit(roles=[pricing], seen=seen, by=BY)
    assert list(globex.external_keys.get().roles.all()) == []


def test_remove_ends_it_once(guest, globex, erp):
    guest.remove(by=BY)

    assert not globex.external_keys.exists()
    assert APIKey.objects.filter(pk=erp.pk).exists()
    with pytest.raises(KeyGone):
        ExternalKey(pk=1, account=globex, api_key=erp).remove(by=BY)
    assert events(globex) == ["external_added", "external_removed"]


def test_what_was_added_anew_is_not_removed_by_who_saw_the_one_before(guest, globex, erp):
    seen = guest.pk
    guest.remove(by=BY)
    anew = ExternalKey.add(globex, erp, by=BY)

    with pytest.raises(ChangedMeanwhile):
        anew.remove(by=BY, seen=seen)
    assert globex.external_keys.get() == anew


def test_its_status_is_that_of_the_key_in_its_own_account(guest, globex, erp):
    assert globex.external_keys.get().is_active
    erp.deactivate(by=BY)

    assert not globex.external_keys.get().is_active


def test_it_is_called_by_its_key_and_its_owner(guest, acme, globex):
    acme.name = "Acme Ltd"
    acme.save()

    external = globex.external_keys.get()
    assert (str(external), external.known_as) == (guest.api_key.key, "Acme Ltd")


def test_it_is_removed_when_its_key_is_deleted_and_nobody_is_named(guest, globex, erp):
    erp.delete(by=BY)

    assert not globex.external_keys.exists()
    removed = globex.events.get(action="external_removed")
    assert (removed.actor, removed.address, removed.key) == ("", None, erp.key)


def test_what_one_account_does_is_no_event_of_the_other(guest, acme):
    assert events(acme) == ["generated"]


def test_an_account_with_external_keys_is_not_deleted_by_chance(guest, globex):
    with pytest.raises(IntegrityError), transaction.atomic():
        globex.delete()

    assert Event.objects.filter(account=globex).exists()
