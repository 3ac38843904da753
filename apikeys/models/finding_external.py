"""Finding the keys of other accounts: by key and owner. What the owner calls its key is not looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .accounts import Account
from .finding import Finding, searchable

if TYPE_CHECKING:
    from .external import ExternalKeyQuerySet


@dataclass(frozen=True)
class ExternalFinding(Finding):
    sort: str = "-added"

    class Sort(models.TextChoices):
        KEY = "key", _("Key/Owner")
        ADDED = "added", _("Added On")
        STATUS = "status", _("Status")

    COLUMN: ClassVar = {"key": "key", "added": "added_at", "status": "api_key__is_active"}

    @property
    def _keys(self) -> ExternalKeyQuerySet:
        return self.account.external_keys.all()

    def _with_words(self) -> Q:
        words = searchable(self.words)
        owners = Account.objects.filter(text__contains=words)
        return Q(key__icontains=words) | Q(api_key__account__in=owners) if words else Q()
