"""The keys of an account as a spreadsheet: text stays text, nothing is cut, memory stays bounded, no secret."""

from __future__ import annotations

import datetime as dt
import tempfile
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, Any

from django.db.models import FilteredRelation, Q, QuerySet
from xlsxwriter import Workbook
from xlsxwriter.exceptions import XlsxWriterException

from .models import Account

# In one process. More at once would keep the checks of tokens waiting; more that wait, the pages: each holds a thread.
AT_ONCE, WAITING = 2, 4
PATIENCE = 10  # seconds
CHUNK = 1000

# What the files of other programs are read by: never translated, and neither are the words of the status.
GENERATED = {
    "id": 10,
    "keyName": 28,
    "roles": 40,
    "label": 40,
    "creationDate": 17,
    "creationDateToken": 18,
    "creationDateNewToken": 22,
    "status": 10,
}
EXTERNAL = {"id": 10, "keyName": 28, "roles": 40, "account": 20, "addedDate": 17, "status": 10}

Row = tuple[int | str | dt.datetime | None, ...]


class ExportFailed(Exception):
    """There is no file: too many are asked for, the disk is full, or a sheet cannot hold what there is."""


def exported(account: Account) -> IO[bytes]:
    """Return the file, which is nowhere else any more, with both sheets; dates are in the account's time zone."""
    options = {"constant_memory": True, "remove_timezone": True}
    try:
        with _turn(), tempfile.TemporaryDirectory() as scratch:
            file = Path(scratch, "keys.xlsx")
            with Workbook(file, {**options, "tmpdir": scratch}) as book:
                _write(book, "Generated", GENERATED, generated(account))
                _write(book, "External", EXTERNAL, external(account))
            return file.open("rb")
    except (OSError, XlsxWriterException) as error:
        raise ExportFailed(repr(error)) from error


@contextmanager
def _turn() -> Iterator[None]:
    """Wait for those that came before."""
    with _one_of(_places, timeout=0), _one_of(_turns, timeout=PATIENCE):
        yield


@contextmanager
def _one_of(semaphore: threading.Semaphore, *, timeout: float) -> Iterator[None]:
    if not semaphore.acquire(timeout=timeout):
        raise ExportFailed("too many at once")
    try:
        yield
    finally:
        semaphore.release()


_turns = threading.BoundedSemaphore(AT_ONCE)
_places = threading.BoundedSemaphore(AT_ONCE + WAITING)


def generated(account: Account) -> Iterator[Row]:
    """Rows and no objects: those take three times as long. A key and its tokens are of one moment."""
    keys = account.api_keys.order_by("-created_at", "key").annotate(
        old=FilteredRelation("tokens", condition=Q(tokens__is_old=True)),
        new=FilteredRelation("tokens", condition=Q(tokens__is_old=False)),
    )
    rows = keys.values_list("pk", "key", "name", "created_at", "old__created_at", "new__created_at", "is_active")
    for (pk, key, name, created, old, new, is_active), roles in with_roles(rows):
        dates = (created, old, new) if old else (created, new, None)
        yield pk, key, roles, name, *(date and date.astimezone(account.tz) for date in dates), status(is_active)


def external(account: Account) -> Iterator[Row]:
    """The name that a key has in its own account is not told to others."""
    keys = account.external_keys.order_by("-added_at", "pk")
    rows = keys.values_list("pk", "api_key__key", "api_key__account__slug", "added_at", "api_key__is_active")
    for (pk, key, owner, added, is_active), roles in with_roles(rows):
        yield pk, key, roles, owner, added.astimezone(account.tz), status(is_active)


def with_roles(rows: QuerySet) -> Iterator[tuple[Any, str]]:
    """Yield each row, which begins with its id, and the names of its roles: one query for each chunk of them."""
    found = rows.iterator(CHUNK)
    while chunk := list(islice(found, CHUNK)):
        given = rows.model.objects.filter(pk__in=[row[0] for row in chunk], roles__isnull=False)
        names = defaultdict(list)
        for pk, name in given.order_by("roles__name").values_list("pk", "roles__name"):
            names[pk].append(name)
        yield from ((row, ", ".join(names[row[0]])) for row in chunk)


def status(is_active: bool) -> str:
    return "Active" if is_active else "Inactive"


def _write(book: Workbook, name: str, columns: dict[str, int], rows: Iterable[Row]) -> None:
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 0)
    header = book.add_format({"bold": True})
    # Also what is typed over such a cell later stays text.
    formats = {str: book.add_format({"num_format": "@"}), dt.datetime: book.add_format({"num_format": DATE})}
    writers = {str: sheet.write_string, dt.datetime: sheet.write_datetime, int: sheet.write_number}
    for place, (column, width) in enumerate(columns.items()):
        sheet.set_column(place, place, width)
        sheet.write_string(0, place, column, header)
    for number, row in enumerate(rows, 1):
        for place, cell in enumerate(row):
            kind = type(cell)
            if cell is not None and writers[kind](number, place, cell, formats.get(kind)):
                raise ExportFailed(f"{name} cannot hold row {number}, column {place}")


DATE = "yyyy-mm-dd hh:mm"
