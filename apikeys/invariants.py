"""What must hold of the rows, whatever happened to them. Asked by check_rows, and at the end of a restore."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.db import connection
from django.db.models import Count, Exists, F, OuterRef, Q, Subquery

from .models import APIKey, Event, ExternalKey, Token
from .models.finding import text_of

Action = Event.Action
CREATED = [Action.GENERATED, Action.RENEWED]
ENDED = [Action.OLD_TOKEN_DELETED, Action.RENEWAL_UNDONE]
SWITCHED = [Action.ACTIVATED, Action.DEACTIVATED]
SHOWN = 10

# What an engine must be set to, or a power cut may bring a deleted token back.
DURABLE: dict[str, dict[str, tuple[int | str, ...]]] = {
    "sqlite": {"PRAGMA synchronous": (2, 3)},
    "postgresql": {"SHOW fsync": ("on",), "SHOW synchronous_commit": ("on", "local", "remote_write", "remote_apply")},
}


def violations() -> list[str]:
    """Return a line for each rule that is broken, with the ids of the first few that break it."""
    broken = [(rule, list(ids)) for rule, ids in _rules()]
    lines = [f"{len(ids)} {rule}: {', '.join(map(str, ids[:SHOWN]))}" for rule, ids in broken if ids]
    return lines + list(_not_durable())


def _rules() -> Iterator[tuple[str, Iterable[int]]]:
    keys, tokens = APIKey.objects.order_by("pk"), Token.objects.order_by("pk")
    new_token = Token.objects.filter(api_key=OuterRef("pk"), is_old=False)
    yield "keys without a token", keys.filter(~Exists(new_token)).values_list("pk", flat=True)
    crowded = keys.annotate(number=Count("tokens")).filter(number__gt=2)
    yield "keys with more than two tokens", crowded.values_list("pk", flat=True)
    copied = Q(key=F("api_key__key"), account=F("api_key__account"), account__isnull=False)
    yield "tokens whose copies of their key differ", tokens.exclude(copied).values_list("pk", flat=True)
    yield "keys that are not found by their name", (key.pk for key in keys.iterator() if key.text != text_of(key))
    at_home = ExternalKey.objects.filter(account=F("api_key__account"))
    yield "external keys in their own account", at_home.values_list("pk", flat=True)
    yield from _rules_of_events()


def _rules_of_events() -> Iterator[tuple[str, Iterable[int]]]:
    """The latest event that tells of a token or a key says what is there now."""
    told = Event.objects.order_by("-pk").values("action")
    of_token = told.filter(api_key=OuterRef("api_key"), token_id=OuterRef("pk"), action__in=[*CREATED, *ENDED])
    tokens = Token.objects.annotate(told=Subquery(of_token[:1])).order_by("pk")
    yield "tokens that no event created", tokens.filter(told=None).values_list("pk", flat=True)
    yield "tokens that were deleted", tokens.filter(told__in=ENDED).values_list("pk", flat=True)
    of_key = told.filter(api_key=OuterRef("pk"), account=OuterRef("account"))
    keys = APIKey.objects.annotate(
        switched=Subquery(of_key.filter(action__in=SWITCHED)[:1]), deleted=Exists(of_key.filter(action=Action.DELETED))
    ).order_by("pk")
    yield "keys that were deleted", keys.filter(deleted=True).values_list("pk", flat=True)
    active = Q(is_active=True, switched=Action.DEACTIVATED)
    inactive = Q(is_active=False) & (Q(switched=Action.ACTIVATED) | Q(switched=None))
    yield "keys whose status no event explains", keys.filter(active | inactive).values_list("pk", flat=True)


def _not_durable() -> Iterator[str]:
    with connection.cursor() as cursor:
        for question, safe in DURABLE[connection.vendor].items():
            cursor.execute(question)
            (answer,) = cursor.fetchone()
            if answer not in safe:
                yield f"{question} is {answer}: a power cut may bring a deleted token back"
