from __future__ import annotations

import datetime as dt
import secrets
import string
import zlib
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import models
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apikeys import hashing

if TYPE_CHECKING:
    from .accounts import Account
    from .keys import APIKey

LETTERS = string.ascii_uppercase
LENGTH, SELECTOR, CHECKSUM = 128, 25, 7

IN_USE = dt.timedelta(hours=24)
RECENT = dt.timedelta(days=30)
HIGHLY = dt.timedelta(days=90)


class Plaintext(str):
    """The 128 letters of a token: 25 that find its row, 96 of secret, 7 of checksum. Silent in every error report."""

    def __repr__(self) -> str:
        return "<plaintext>"

    @classmethod
    def random(cls) -> Plaintext:
        letters = "".join(secrets.choice(LETTERS) for _ in range(LENGTH - CHECKSUM))
        return cls(letters + checksum(letters))

    @property
    def selector(self) -> str:
        return self[:SELECTOR]

    @property
    def is_well_formed(self) -> bool:
        """Tell a token that may exist from a mistyped or invented one, without looking it up."""
        return (
            len(self) == LENGTH
            and self.isascii()
            and self.isalpha()
            and self.isupper()
            and self[-CHECKSUM:] == checksum(self[:-CHECKSUM])
        )


def checksum(letters: str) -> str:
    """Return the CRC-32 of the letters as seven letters, base 26 with A for 0."""
    number, digits = zlib.crc32(letters.encode()), ""
    for _place in range(CHECKSUM):
        number, digit = divmod(number, len(LETTERS))
        digits = LETTERS[digit] + digits
    return digits


class Tally(NamedTuple):
    """How many tokens, and how many of them were used in the last 24 hours."""

    number: int
    in_use: int


class TokenQuerySet(models.QuerySet["Token"]):
    def refusable(self, account: Account, *, now: dt.datetime | None = None) -> TokenQuerySet:
        """The outdated tokens of the account's active keys: those that *Refuse outdated tokens* stops, old ones too."""
        outdated = Q(created_at__lte=(now or timezone.now()) - account.duration)
        return self.filter(outdated, api_key__account=account, api_key__is_active=True)

    def tally(self, *, now: dt.datetime | None = None) -> Tally:
        """Count in one query, however many there are."""
        in_use = Q(last_used_at__gt=(now or timezone.now()) - IN_USE)
        return Tally(**self.aggregate(number=Count("pk"), in_use=Count("pk", filter=in_use)))


class OfItsKey(models.Field):
    """A copy of what never changes at the key, for an index of the rows that belong to it."""

    def pre_save(self, row: Any, add: bool) -> Any:
        copy = getattr(row.api_key, self.attname)
        setattr(row, self.attname, copy)
        return copy


class AccountOfItsKey(OfItsKey, models.ForeignKey):
    pass


class NameOfItsKey(OfItsKey, models.CharField):
    pass


class Token(models.Model):
    """The secret half of an API key, stored as a hash. A key has one, or an old and a new one during a renewal."""

    api_key = models.ForeignKey("APIKey", verbose_name=_("API key"), on_delete=models.CASCADE, related_name="tokens")
    is_old = models.BooleanField(default=False)
    selector = models.CharField(max_length=SELECTOR, unique=True, editable=False)
    hash = models.CharField(max_length=128, editable=False)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    last_used_at = models.DateTimeField(_("last used at"), null=True, blank=True)
    last_used_address = models.GenericIPAddressField(_("last used address"), null=True, blank=True)
    last_used_user_agent = models.CharField(_("last used user agent"), max_length=200, blank=True)
    account = AccountOfItsKey(
        "Account",
        null=True,
        editable=False,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    key = NameOfItsKey(max_length=64, editable=False, default="")

    objects = TokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("token")
        verbose_name_plural = _("tokens")
        # Newest first: what follows the old token is "the" token of a key.
        ordering = ["is_old"]
        constraints = [models.UniqueConstraint(fields=["api_key", "is_old"], name="token_one_old_one_new")]
        indexes = [models.Index(fields=["account", "created_at", "key"], name="token_by_age")]

    def __str__(self) -> str:
        return f"Token {self.pk}"

    @classmethod
    def mint(cls) -> tuple[Plaintext, Token]:
        """Return a new plaintext and its row, not saved yet: the hash takes its time outside of any transaction."""
        plaintext = Plaintext.random()
        return plaintext, cls(selector=plaintext.selector, hash=hashing.hashed(plaintext))

    def give_to(self, key: APIKey) -> None:
        self.api_key = key
        self.created_at = timezone.now()
        self.save(force_insert=True)

    def accepts(self, plaintext: str) -> bool:
        with hashing.turn():
            return hashing.matches(plaintext, self.hash)

    @property
    def outdated_since(self) -> dt.datetime:
        return self.created_at + self.api_key.account.duration

    def is_outdated(self, now: dt.datetime | None = None) -> bool:
        return self.outdated_since <= (now or timezone.now())

    def is_highly_outdated(self, now: dt.datetime | None = None) -> bool:
        return self.outdated_since + HIGHLY <= (now or timezone.now())

    @property
    def in_use(self) -> bool:
        """Used in the last 24 hours."""
        return self._used_within(IN_USE)

    @property
    def recently_used(self) -> bool:
        """Used in the last 30 days."""
        return self._used_within(RECENT)

    def _used_within(self, period: dt.timedelta) -> bool:
        return self.last_used_at is not None and self.last_used_at > timezone.now() - period
