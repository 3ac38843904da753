"""Finding keys: search, filter, sort and a page of them, in a time that does not grow with the account."""

from __future__ import annotations

import unicodedata
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from .accounts import Account

PAGE_SIZE = 25
COUNTED_TO = 10_000  # more are not counted, only said to be more


class Status(models.TextChoices):
    ACTIVE = "active", _("Active")
    INACTIVE = "inactive", _("Inactive")


@dataclass(frozen=True)
class Page:
    """Some keys in their order, and how many there are in all."""

    keys: list[Any]
    number: int
    count: int  # at most COUNTED_TO + 1
    has_next: bool

    @property
    def first(self) -> int:
        return (self.number - 1) * PAGE_SIZE + 1

    @property
    def last(self) -> int:
        return self.first + len(self.keys) - 1

    @property
    def total(self) -> int:
        return min(self.count, COUNTED_TO)

    @property
    def has_more_than_total(self) -> bool:
        return self.count > COUNTED_TO

    @property
    def previous(self) -> int | None:
        return self.number - 1 if self.number > 1 else None

    @property
    def next(self) -> int | None:
        return self.number + 1 if self.has_next else None


@dataclass(frozen=True)
class Finding(ABC):
    """What a person looks for among the keys of a tab. Within one filter any will do; filters add up."""

    account: Account
    words: str = ""
    status: tuple[str, ...] = ()
    roles: tuple[int, ...] = ()
    sort: str = ""
    number: int = 1

    # The column that each sort reads; the sorts that begin at its end; those of a column that is often empty.
    COLUMN: ClassVar[dict[str, str]]
    TURNED: ClassVar[tuple[str, ...]] = ("status",)  # Active is before Inactive
    SPARSE: ClassVar[tuple[str, ...]] = ()

    @property
    def is_filtered(self) -> bool:
        return bool(self.status or self.roles)

    @property
    def is_narrowed(self) -> bool:
        return self.is_filtered or bool(searchable(self.words))

    def page(self) -> Page | None:
        """Return the page that is asked for, or None where there is no such page.

        First the place in an index, then the rows: far behind the first page only the index is read.
        """
        matching = self._matching()
        # One more than are shown, to know whether there is a next page.
        places = list(self._places(matching)[(self.number - 1) * PAGE_SIZE : self.number * PAGE_SIZE + 1])
        if not places and self.number > 1:
            return None
        return Page(
            keys=self._rows(places[:PAGE_SIZE]),
            number=self.number,
            count=matching[: COUNTED_TO + 1].count(),
            has_next=len(places) > PAGE_SIZE,
        )

    def last_page(self) -> Finding:
        return replace(self, number=max(1, -(-self._matching().count() // PAGE_SIZE)))

    @property
    @abstractmethod
    def _keys(self) -> Any:
        """All that is searched: rows with a `key` and `roles`."""

    @abstractmethod
    def _with_words(self) -> Q: ...

    @property
    def _place(self) -> str:
        """The field whose values `_places` returns."""
        return "key"

    def _places(self, matching: models.QuerySet) -> models.QuerySet:
        """Return what the index itself knows of each key, in order."""
        return self._in_order(matching).values_list("key", flat=True)

    def _rows(self, places: list) -> list[Any]:
        rows = self._keys.for_table().filter(**{f"{self._place}__in": places})
        found = {getattr(key, self._place): key for key in rows}
        return [found[place] for place in places if place in found and not found[place].is_gone]

    def _matching(self) -> models.QuerySet:
        keys: models.QuerySet = self._keys.order_by()
        if self.status:
            wanted = [status == Status.ACTIVE for status in self.status]
            keys = keys.filter(**{f"{self.COLUMN['status']}__in": wanted})
        if self.roles:
            one = {keys.model._meta.model_name: OuterRef("pk")}
            keys = keys.filter(Exists(keys.model.roles.through.objects.filter(**one, group__in=self.roles)))
        return keys.filter(self._with_words())

    @property
    def _by(self) -> str:
        return self.sort.removeprefix("-")

    def _in_order(self, rows: models.QuerySet) -> models.QuerySet:
        """Ties are in the order of the keys, in either direction; what is empty is the oldest."""
        column = F(self.COLUMN[self._by])
        last = self._by in self.SPARSE or None
        descending = self.sort.startswith("-") != (self._by in self.TURNED)
        order = column.desc(nulls_last=last) if descending else column.asc(nulls_first=last)
        return rows.order_by(*([order] if self._by == "key" else [order, "key"]))


def searchable(text: str) -> str:
    """Return the text as it is searched: without case, accents and what cannot be printed."""
    signs = unicodedata.normalize("NFKD", text)
    return "".join(sign for sign in signs if sign.isprintable() and not unicodedata.combining(sign)).casefold().strip()


class SearchableText(models.TextField):
    """What is `searched` of its row, as it is searched: written with the row."""

    def pre_save(self, row: Any, add: bool) -> str:
        row.text = text_of(row)
        return str(row.text)


def text_of(row: Any) -> str:
    """Return what a search of the row looks into."""
    return "\n".join(map(searchable, row.searched))
