"""Back up, go on, lose the database, restore: every key as it should be, and nothing that was ended lives again."""

from io import StringIO

import pytest
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection, connections

from apikeys.models import Account, APIKey, Event, ExternalKey, Token, User
from apikeys.verification import Outcome, decide
from tests.conftest import BY, database_url

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True, databases=["default", "old"])


@pytest.fixture
def backup(tmp_path):
    """Back up into a file, and return it."""

    def backup():
        file = tmp_path / "keys.backup"
        call_command("backup", str(file), stdout=StringIO())
        return file

    return backup


@pytest.fixture
def restore(tmp_path, transactional_db):
    """Lose the database and restore into an empty one; `last` is the address of the one before."""
    before, mirror = connection.settings_dict["NAME"], connections.databases["old"]
    empty = str(tmp_path / "restored.sqlite3") if connection.vendor == "sqlite" else f"{before}_restored"

    def restore(file, *options: str) -> str:
        options = [option.replace("last", database_url(before)) for option in options]
        create(empty)
        point_at(empty)
        forget_old()
        out = StringIO()
        call_command("restore", str(file), *options, stdout=out)
        return out.getvalue()

    yield restore
    forget_old()
    connections.databases["old"] = mirror
    point_at(before)
    drop(empty)


def point_at(name: str) -> None:
    connection.close()
    connection.settings_dict["NAME"] = name


def forget_old() -> None:
    connections["old"].close()
    del connections["old"]


def create(name: str) -> None:
    drop(name)
    if connection.vendor == "postgresql":
        with connection._nodb_cursor() as cursor:
            cursor.execute(f'CREATE DATABASE "{name}"')


def drop(name: str) -> None:
    if connection.vendor == "postgresql":
        with connection._nodb_cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')


def outcome(key: APIKey, plaintext: str) -> str:
    return decide(key.key, plaintext).outcome.value


def ids(*models) -> list[list[int]]:
    return [sorted(model.objects.values_list("pk", flat=True)) for model in models]


def test_a_key_comes_back_with_its_tokens_its_roles_and_its_history(backup, restore, shop, admin):
    before = ids(Account, User, APIKey, Token, Event)

    text = restore(backup(), "--nothing-ended")

    assert ids(Account, User, APIKey, Token, Event) == before
    assert (outcome(shop, shop.old), outcome(shop, shop.new)) == ("accepted", "accepted")
    assert "Every key is as it was in the back-up." in text
    assert "1 keys, 2 tokens, 2 events: everything holds." in text


@pytest.mark.parametrize("verb", ["delete_old_token", "undo_renewal", "deactivate", "delete"])
def test_what_was_ended_after_the_back_up_stays_ended_and_the_rest_goes_on(backup, restore, shop, erp, verb):
    file = backup()
    getattr(shop, verb)(by=BY)
    before = [outcome(shop, shop.old), outcome(shop, shop.new)]

    text = restore(file, "--ended-in=last")

    assert [outcome(shop, shop.old), outcome(shop, shop.new), outcome(erp, erp.plaintext)] == [*before, "accepted"]
    assert "1 keys had changed since" in text


def test_with_the_old_database_nothing_that_was_done_to_keys_is_lost(backup, restore, shop, acme, globex, stranger):
    file = backup()
    shop.delete_old_token(by=BY)
    newest = shop.renew(by=BY).plaintext
    late, plaintext = APIKey.generate(globex, "Late", roles=stranger.memberships.get().roles.all(), by=BY)
    ExternalKey.add(acme, late, by=BY)
    before = ids(APIKey, Token, Event, ExternalKey)

    restore(file, "--ended-in=last")

    assert ids(APIKey, Token, Event, ExternalKey) == before
    assert [outcome(shop, shop.old), outcome(shop, shop.new)] == ["wrong", "accepted"]
    assert [outcome(shop, newest), outcome(late, plaintext)] == ["accepted", "accepted"]
    assert APIKey.objects.get(pk=late.pk).roles.count() == 1


def test_no_id_is_given_to_another_key_or_token_after_a_restore(backup, restore, shop, acme):
    file = backup()
    late, _plaintext = APIKey.generate(acme, "Late", by=BY)
    late.delete(by=BY)
    given = set(Event.objects.values_list("token_id", flat=True))

    restore(file, "--ended-in=last")

    key, _plaintext = APIKey.generate(acme, "Later still", by=BY)
    assert key.pk > late.pk
    assert key.token.pk not in given
    call_command("check_rows", stdout=StringIO())


def test_without_the_old_database_each_key_waits_for_a_person(backup, restore, shop, erp):
    file = backup()
    shop.delete_old_token(by=BY)

    text = restore(file)

    assert "2 keys are inactive now" in text
    assert [outcome(erp, erp.plaintext), outcome(shop, shop.old)] == ["inactive", "inactive"]
    assert [event.actor for event in Event.objects.filter(action="deactivated")] == ["", ""]
    erp.activate(by=BY)
    assert [outcome(erp, erp.plaintext), outcome(shop, shop.old)] == ["accepted", "inactive"]


def test_nobody_is_signed_in_after_a_restore(backup, restore, client, admin):
    client.force_login(admin)

    restore(backup(), "--nothing-ended")

    assert not Session.objects.exists()
    assert client.get("/accounts/acme/api-keys/").status_code == 302


def test_a_back_up_never_replaces_a_file_and_is_for_its_owner_only(backup, tmp_path, acme):
    file = backup()
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["keys.backup"]

    with pytest.raises(CommandError, match="backup already"):
        backup()


def test_a_back_up_that_cannot_be_written_is_told(tmp_path, acme):
    with pytest.raises(CommandError, match="There is no back-up"):
        call_command("backup", str(tmp_path / "no" / "where"))


def test_a_restore_never_writes_over_a_database(backup, shop):
    file = backup()

    with pytest.raises(CommandError, match="The database is not empty"):
        call_command("restore", str(file))
    assert outcome(shop, shop.old) == Outcome.ACCEPTED.value


def test_a_file_that_is_no_back_up_changes_nothing(restore, tmp_path):
    (tmp_path / "notes").write_text("nothing of the kind")

    with pytest.raises(CommandError, match="is no back-up of a database of this engine"):
        restore(tmp_path / "notes")
    assert connection.introspection.table_names() == []


def test_a_back_up_that_was_cut_off_is_told(backup, restore, shop, tmp_path):
    (tmp_path / "cut").write_bytes(backup().read_bytes()[:20_000])

    with pytest.raises(CommandError, match="The database is half restored: empty it and begin again"):
        restore(tmp_path / "cut", "--nothing-ended")


@pytest.mark.parametrize("url", ["nonsense", "", None])
def test_an_old_database_that_cannot_be_read_is_told_before_anything_is_changed(backup, restore, shop, tmp_path, url):
    nowhere = f"sqlite:///{tmp_path}/no" if connection.vendor == "sqlite" else "postgres://nobody@127.0.0.1:1/no"

    with pytest.raises(CommandError, match="The database of --ended-in cannot be read"):
        restore(backup(), f"--ended-in={nowhere if url is None else url}")
    assert connection.introspection.table_names() == []
