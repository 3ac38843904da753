"""What was ended since a back-up was made stays ended: no restore brings a deleted token back."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.db.models import Max, QuerySet

from .models import Account, Actor, APIKey, Event, ExternalKey, Token

# No id is given twice: an event may name one whose row is gone.
SEQUENCE = {
    "sqlite": "UPDATE sqlite_sequence SET seq = max(seq, %s) WHERE name = %s",
    "postgresql": "SELECT setval(ids, greatest(nextval(ids) - 1, %s)) FROM pg_get_serial_sequence(%s, 'id') AS ids",
}


def deactivate_all() -> int:
    """Nobody can know what was ended, so each key waits until a person activates it. Returns how many wait."""
    keys = list(APIKey.objects.filter(is_active=True))
    with transaction.atomic():
        for key in keys:
            key.deactivate(by=Actor())
    return len(keys)


def take_over(old: str) -> int:
    """Bring each key that has an event since the back-up into the state that the old database has it in.

    `old` is the alias of that database. The events come along: the history has no gap. Returns how many keys it were.
    """
    known = set(Event.objects.values_list("pk", flat=True))
    newer = [event for event in Event.objects.using(old).order_by("pk").iterator() if event.pk not in known]
    keys = {event.api_key_id for event in newer}
    with transaction.atomic():
        APIKey.objects.filter(pk__in=keys).delete()
        _copy(Account.objects.using(old).exclude(pk__in=list(Account.objects.values_list("pk", flat=True))))
        _copy(APIKey.objects.using(old).filter(pk__in=keys))
        _copy(Token.objects.using(old).filter(api_key__in=keys).select_related("api_key"))
        _copy(ExternalKey.objects.using(old).filter(api_key__in=keys).select_related("api_key"))
        _copy_roles(APIKey.roles.through.objects.using(old).filter(apikey__in=keys))
        _copy_roles(ExternalKey.roles.through.objects.using(old).filter(externalkey__api_key__in=keys))
        Event.objects.bulk_create(newer)
        _never_again()
    return len(keys)


def _copy(rows: QuerySet[Any]) -> None:
    rows.model.objects.bulk_create(rows)


def _copy_roles(given: QuerySet[Any]) -> None:
    """Those that there are in the back-up; the ids of their own are of no interest."""
    rows = given.filter(group__in=list(Group.objects.values_list("pk", flat=True)))
    for row in rows:
        row.pk = None
    _copy(rows)


def _never_again() -> None:
    named = Event.objects.aggregate(APIKey=Max("api_key_id"), Token=Max("token_id"))
    for model in (Account, APIKey, Token, ExternalKey, Event):
        last: int | None = model.objects.aggregate(last=Max("pk"))["last"]
        at_least = max(last or 1, named.get(model.__name__) or 1)
        with connection.cursor() as cursor:
            cursor.execute(SEQUENCE[connection.vendor], [at_least, model._meta.db_table])
