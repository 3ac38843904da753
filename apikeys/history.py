"""The history of a key as it is shown: a page of its events, by day, each with its marker."""

from __future__ import annotations

import datetime as dt
from itertools import groupby
from typing import NamedTuple

from django.utils import timezone

from .models import APIKey, Event, ExternalKey
from .models.events import EventQuerySet

PAGE_SIZE = 25

Action = Event.Action


class Marker(NamedTuple):
    """`tone` is "positive", "renewal", "deletion" or none."""

    icon: str
    tone: str = ""


MARKERS = {
    Action.GENERATED: Marker("key", "positive"),
    Action.RENEWED: Marker("arrow-path", "renewal"),
    Action.COMPLETED: Marker("check", "positive"),
    Action.OLD_TOKEN_DELETED: Marker("trash", "deletion"),
    Action.RENEWAL_UNDONE: Marker("arrow-uturn-left"),
    Action.ROLES_CHANGED: Marker("identification"),
    Action.ACTIVATED: Marker("play-circle", "positive"),
    Action.DEACTIVATED: Marker("pause-circle"),
    Action.DELETED: Marker("trash", "deletion"),
    Action.REFUSED_INACTIVE: Marker("no-symbol"),
    Action.REFUSED_OUTDATED: Marker("no-symbol"),
    Action.EXTERNAL_ADDED: Marker("link", "positive"),
    Action.EXTERNAL_REMOVED: Marker("link-slash", "deletion"),
}


class Day(NamedTuple):
    """The events of one day. `goes_on` where the page before ended within the same day."""

    date: dt.date
    events: list[tuple[Event, Marker]]
    goes_on: bool


class Page(NamedTuple):
    """`last` is the event that older ones come after, where there are any."""

    days: list[Day]
    last: Event | None


def page_of(key: APIKey | ExternalKey, before: str = "") -> Page:
    """Return the newest events of the key, or those before the event of that id; an id of none is ignored."""
    cursor = _event(key, before)
    events = list(_events(key).older_than(cursor)[: PAGE_SIZE + 1])
    shown = events[:PAGE_SIZE]
    days = [
        Day(date, [(event, MARKERS[Action(event.action)]) for event in group], _is_of(cursor, date))
        for date, group in groupby(shown, key=lambda event: timezone.localdate(event.at))
    ]
    return Page(days, shown[-1] if len(events) > PAGE_SIZE else None)


def _events(key: APIKey | ExternalKey) -> EventQuerySet:
    """Those of the account that lists the key: what others do with the same key is theirs."""
    return key.events.filter(account=key.account_id)


def _event(key: APIKey | ExternalKey, pk: str) -> Event | None:
    if not (pk.isascii() and pk.isdigit() and len(pk) < 19):
        return None
    return _events(key).filter(pk=pk).first()


def _is_of(event: Event | None, date: dt.date) -> bool:
    return event is not None and timezone.localdate(event.at) == date
