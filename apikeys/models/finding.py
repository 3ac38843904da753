"""Finding keys: search, filter, sort and a page of them, in a time that does not grow with the account."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from django.db import connection, models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.expressions import RawSQL
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .tokens import HIGHLY, Token

if TYPE_CHECKING:
    from .accounts import Account
    from .keys import APIKey, APIKeyQuerySet

PAGE_SIZE = 25
COUNTED_TO = 10_000  # more are not counted, only said to be more
TRIGRAM = 3
FEW = 500
NEWEST_FIRST = "-created"


class Status(models.TextChoices):
    ACTIVE = "active", _("Active")
    INACTIVE = "inactive", _("Inactive")


class RenewalState(models.TextChoices):
    OK = "ok", _("Up to date")
    RECOMMENDED = "recommended", _("Renewal recommended")
    HIGHLY = "highly", _("Renewal highly recommended")
    PENDING = "pending", _("Pending deletion")


class Sort(models.TextChoices):
    """What the keys can be sorted by."""

    KEY = "key", _("Key/Name")
    DURATION = "duration", _("Token Duration")
    LAST_USED = "last_used", _("Last used")
    CREATED = "created", _("Created date")
    STATUS = "status", _("Status")


@dataclass(frozen=True)
class Page:
    """Some keys in their order, and how many there are in all."""

    keys: list[APIKey]
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
class Finding:
    """What a person looks for among the keys of an account. Within one filter any will do; filters add up."""

    account: Account
    words: str = ""
    status: tuple[str, ...] = ()
    roles: tuple[int, ...] = ()
    renewal: tuple[str, ...] = ()
    sort: str = NEWEST_FIRST
    number: int = 1

    @property
    def is_filtered(self) -> bool:
        return bool(self.status or self.roles or self.renewal)

    @property
    def is_narrowed(self) -> bool:
        return self.is_filtered or bool(searchable(self.words))

    def page(self) -> Page | None:
        """Return the page that is asked for, or None where there is no such page.

        First the place in an index, then the rows: far behind the first page only the index is read.
        """
        matching = self._matching()
        # One more than are shown, to know whether there is a next page.
        places = list(self._sorted(matching)[(self.number - 1) * PAGE_SIZE : self.number * PAGE_SIZE + 1])
        if not places and self.number > 1:
            return None
        identity = "pk" if self._by in SHOWN else "key"
        has_next, places = len(places) > PAGE_SIZE, places[:PAGE_SIZE]
        rows = self.account.api_keys.for_table().filter(**{f"{identity}__in": places})
        found = {getattr(key, identity): key for key in rows}
        return Page(
            keys=[found[place] for place in places if place in found and not found[place].is_gone],
            number=self.number,
            count=matching[: COUNTED_TO + 1].count(),
            has_next=has_next,
        )

    def last_page(self) -> Finding:
        return replace(self, number=max(1, -(-self._matching().count() // PAGE_SIZE)))

    def _matching(self) -> APIKeyQuerySet:
        keys = self.account.api_keys.order_by()
        if self.status:
            keys = keys.filter(is_active__in=[status == Status.ACTIVE for status in self.status])
        if self.roles:
            given = keys.model.roles.through.objects.filter(apikey=OuterRef("pk"), group__in=self.roles)
            keys = keys.filter(Exists(given))
        if self.renewal:
            keys = keys.filter(self._in_renewal())
        return keys.filter(self._with_words())

    def _with_words(self) -> Q:
        if self._few is not None:
            return Q(pk__in=self._few)
        words = searchable(self.words)
        return Q(text__contains=words) if words else Q()

    @cached_property
    def _few(self) -> list[int] | None:
        """The keys with the words, by the trigram index. None if they are many: they are met soon along the sort."""
        words = searchable(self.words)
        if len(words) < TRIGRAM:
            return None
        found = self.account.api_keys.order_by().filter(in_trigram_index(words))
        few = list(found.values_list("pk", flat=True)[: FEW + 1])
        return few if len(few) <= FEW else None

    def _in_renewal(self) -> Q:
        outdated = timezone.now() - self.account.duration
        created = {
            RenewalState.OK: Q(created_at__gt=outdated),
            RenewalState.RECOMMENDED: Q(created_at__lte=outdated, created_at__gt=outdated - HIGHLY),
            RenewalState.HIGHLY: Q(created_at__lte=outdated - HIGHLY),
        }
        tokens = Token.objects.filter(api_key=OuterRef("pk"))
        pending = Q(Exists(tokens.filter(is_old=True)))
        wanted = Q(pk__in=[])
        for state in self.renewal:
            if state == RenewalState.PENDING:
                wanted |= pending
            else:
                wanted |= Q(Exists(tokens.filter(created[RenewalState(state)]))) & ~pending
        return wanted

    @property
    def _by(self) -> Sort:
        return Sort(self.sort.removeprefix("-"))

    def _sorted(self, matching: APIKeyQuerySet) -> models.QuerySet:
        """Return what the index itself knows of each key, in order: its `key`, or from a token its id.

        Ties are in the order of the keys, in either direction.
        """
        by, descending = self._by, self.sort.startswith("-")
        rows: models.QuerySet = matching
        if by in SHOWN:
            # Token's own copies of account and key let one index do.
            rows = Token.objects.filter(SHOWN[by](), account=self.account)
            if self._few is not None:
                rows = rows.filter(api_key__in=self._few)
            if self.is_narrowed:
                rows = rows.filter(Exists(matching.filter(pk=OuterRef("api_key"))))
        column = F(COLUMN[by])
        if descending != (by in (Sort.STATUS, Sort.DURATION)):
            # Active is before Inactive, and what lasts long began early.
            order = column.desc(nulls_last=True) if by == Sort.LAST_USED else column.desc()
        else:
            order = column.asc(nulls_first=True) if by == Sort.LAST_USED else column.asc()
        rows = rows.order_by(*([order] if by == Sort.KEY else [order, "key"]))
        return rows.values_list("api_key" if by in SHOWN else "key", flat=True)


def searchable(text: str) -> str:
    """Return the text as it is searched: without case, accents and what cannot be printed."""
    signs = unicodedata.normalize("NFKD", text)
    return "".join(sign for sign in signs if sign.isprintable() and not unicodedata.combining(sign)).casefold().strip()


def in_trigram_index(words: str) -> Q:
    if connection.vendor == "postgresql":
        return Q(text__contains=words)
    phrase = '"' + words.replace('"', '""') + '"'  # between the quotes nothing is an operator
    return Q(pk__in=RawSQL("SELECT rowid FROM apikeys_apikey_text WHERE text MATCH %s", [phrase]))


def shown_by_duration() -> Q:
    """The old token of a renewal, or the only one."""
    old = Token.objects.filter(api_key=OuterRef("api_key"), is_old=True)
    return Q(is_old=True) | ~Q(Exists(old))


def shown_by_last_use() -> Q:
    """The token of each key that was used last: of two that were used at once, or never, the new one."""
    used = Token.objects.filter(api_key=OuterRef("api_key"), last_used_at__isnull=False).order_by()
    old, new = used.filter(is_old=True), used.filter(is_old=False)
    new_shown = Q(is_old=False) & ~Q(Exists(old.filter(last_used_at__gt=OuterRef("last_used_at"))))
    old_shown = Q(is_old=True, last_used_at__isnull=False) & ~Q(
        Exists(new.filter(last_used_at__gte=OuterRef("last_used_at")))
    )
    return old_shown | (new_shown & ~(Q(last_used_at=None) & Q(Exists(old))))


SHOWN = {Sort.DURATION: shown_by_duration, Sort.LAST_USED: shown_by_last_use}
COLUMN = {
    Sort.KEY: "key",
    Sort.DURATION: "created_at",
    Sort.LAST_USED: "last_used_at",
    Sort.CREATED: "created_at",
    Sort.STATUS: "is_active",
}
