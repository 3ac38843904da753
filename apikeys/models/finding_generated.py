"""Finding the keys that an account generated: also by their renewal, and sorted by their tokens."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from django.db import connection, models
from django.db.models import Exists, OuterRef, Q
from django.db.models.expressions import RawSQL
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .finding import Finding, searchable
from .tokens import HIGHLY, Token

if TYPE_CHECKING:
    from .keys import APIKeyQuerySet

TRIGRAM = 3
FEW = 500


class RenewalState(models.TextChoices):
    OK = "ok", _("Up to date")
    RECOMMENDED = "recommended", _("Renewal recommended")
    HIGHLY = "highly", _("Renewal highly recommended")
    PENDING = "pending", _("Pending deletion")


@dataclass(frozen=True)
class GeneratedFinding(Finding):
    renewal: tuple[str, ...] = ()
    sort: str = "-created"

    class Sort(models.TextChoices):
        KEY = "key", _("Key/Name")
        DURATION = "duration", _("Token Duration")
        LAST_USED = "last_used", _("Last used")
        CREATED = "created", _("Created date")
        STATUS = "status", _("Status")

    COLUMN: ClassVar = {
        "key": "key",
        "duration": "created_at",
        "last_used": "last_used_at",
        "created": "created_at",
        "status": "is_active",
    }
    TURNED: ClassVar = (*Finding.TURNED, "duration")  # what lasts long began early
    SPARSE: ClassVar = ("last_used",)

    @property
    def is_filtered(self) -> bool:
        return super().is_filtered or bool(self.renewal)

    @property
    def _keys(self) -> APIKeyQuerySet:
        return self.account.api_keys.all()

    def _matching(self) -> models.QuerySet:
        keys = super()._matching()
        return keys.filter(self._in_renewal()) if self.renewal else keys

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
        found = self._keys.order_by().filter(in_trigram_index(words))
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
    def _place(self) -> str:
        return "pk" if self._by in SHOWN else super()._place

    def _places(self, matching: models.QuerySet) -> models.QuerySet:
        if self._by not in SHOWN:
            return super()._places(matching)
        return self._in_order(self._tokens(matching)).values_list("api_key", flat=True)

    def _tokens(self, matching: models.QuerySet) -> models.QuerySet:
        """Return the token of each key that it is sorted by. Its own copies of account and key let one index do."""
        tokens = Token.objects.filter(SHOWN[self._by](), account=self.account)
        if self._few is not None:
            tokens = tokens.filter(api_key__in=self._few)
        if self.is_narrowed:
            tokens = tokens.filter(Exists(matching.filter(pk=OuterRef("api_key"))))
        return tokens


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


SHOWN = {"duration": shown_by_duration, "last_used": shown_by_last_use}
