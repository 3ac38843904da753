"""From SQLite to PostgreSQL, or back, as docs/operations.md says: dumpdata, flush, loaddata."""

import pytest
from django.core.management import call_command

from apikeys.invariants import violations
from apikeys.models import Account, APIKey, Event, Member, Token, User
from apikeys.verification import Outcome, decide

LEFT_OUT = ["contenttypes", "auth.permission", "sessions", "admin.logentry"]


MOVED = (Account, User, Member, APIKey, Token, Event)


def rows() -> dict[str, list]:
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in MOVED}


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_move_keeps_every_row_and_every_token(tmp_path, shop, admin, stranger):
    before, file = rows(), str(tmp_path / "everything.xml")
    call_command("dumpdata", use_natural_foreign_keys=True, exclude=LEFT_OUT, format="xml", output=file)

    call_command("flush", interactive=False)
    call_command("loaddata", file, verbosity=0)

    assert rows() == before
    assert [decide(shop.key, plaintext).outcome for plaintext in (shop.old, shop.new)] == [Outcome.ACCEPTED] * 2
    assert len(Member.objects.get(user=admin).resources) == 4
    assert violations() == []
