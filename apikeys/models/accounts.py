from __future__ import annotations

import datetime as dt
import logging
import zoneinfo
from functools import cached_property
from typing import TYPE_CHECKING

from django.contrib.auth.models import Group, Permission
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from .finding import SearchableText
from .users import User

if TYPE_CHECKING:
    from .events import Actor

logger = logging.getLogger(__name__)


class Resource(models.TextChoices):
    """The codenames of the four permissions that a role can hold over API keys."""

    VIEW = "view_api_keys", _("View API Keys")
    EDIT = "edit_api_keys", _("Edit API Keys")
    RENEW = "renew_api_token", _("Renew API Token")
    SETTINGS = "edit_api_keys_settings", _("Edit API Keys settings")


# The codename of a mark, no resource: a role that holds it reaches further than most integrations need.
BROAD = "broad_access"


def roles_to_give() -> models.QuerySet[Group]:
    """Return all roles by name, each with `is_broad`."""
    broad = Permission.objects.filter(group=models.OuterRef("pk"), content_type__app_label="apikeys", codename=BROAD)
    return Group.objects.annotate(is_broad=models.Exists(broad)).order_by("name")


def resources_of(roles: models.QuerySet[Group]) -> frozenset[str]:
    """Return the codenames of the resources that these roles hold."""
    held = roles.filter(permissions__content_type__app_label="apikeys", permissions__codename__in=Resource.values)
    return frozenset(held.values_list("permissions__codename", flat=True))


class TokenDuration(models.IntegerChoices):
    """How long a token should be used, in days from its creation."""

    THREE_MONTHS = 90, _("3 months (recommended)")
    SIX_MONTHS = 180, _("6 months")


def validate_time_zone(name: str) -> None:
    if name not in zoneinfo.available_timezones():
        raise ValidationError(_("Fill in a time zone such as America/Sao_Paulo"))


SLUG_FORMAT = "[a-z][a-z0-9]{0,31}"


class Account(models.Model):
    """A store: the tenant that owns keys and members."""

    slug = models.CharField(
        _("slug"),
        max_length=32,
        unique=True,
        validators=[
            RegexValidator(r"^[a-z][a-z0-9]*\Z", _("Use lower-case letters and digits, beginning with a letter"))
        ],
        help_text=_("Part of every key of the account, so it cannot be changed once there are keys"),
    )
    name = models.CharField(_("name"), max_length=80)
    in_beta = models.BooleanField(
        _("in the closed beta"),
        default=False,
        help_text=_("Renew Token is offered only to accounts in the closed beta"),
    )
    token_duration = models.PositiveSmallIntegerField(
        _("token duration"), choices=TokenDuration, default=TokenDuration.THREE_MONTHS
    )
    refuses_outdated = models.BooleanField(_("refuse outdated tokens"), default=False)
    time_zone = models.CharField(
        _("time zone"),
        max_length=64,
        default="UTC",
        validators=[validate_time_zone],
        help_text=_("Days are counted in this time zone"),
    )
    members = models.ManyToManyField(User, through="Member", related_name="accounts")
    text = SearchableText(editable=False, default="")

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        ordering = ["slug"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(token_duration__in=TokenDuration.values), name="account_token_duration_known"
            )
        ]

    def __str__(self) -> str:
        return self.slug

    def get_absolute_url(self) -> str:
        return reverse("keys", args=[self.slug])

    @property
    def searched(self) -> tuple[str]:
        return (self.name,)

    @cached_property
    def tz(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone)

    @property
    def duration(self) -> dt.timedelta:
        return dt.timedelta(days=self.token_duration)

    def apply_settings(self, *, token_duration: int, refuses_outdated: bool, by: Actor) -> None:
        """From the commit on alerts and checks follow. Logged, because an event is of a key and this is of none.

        Only these two columns are written: what staff change at the same time stays.
        """
        with transaction.atomic():
            # Keys can be generated meanwhile: their foreign keys wait for FOR UPDATE, but not for this.
            before = Account.objects.select_for_update(no_key=True).get(pk=self.pk)
            Account.objects.filter(pk=self.pk).update(token_duration=token_duration, refuses_outdated=refuses_outdated)
        logger.info(
            "Settings of %s applied by %s from %s: token duration %d to %d days, refuse outdated tokens %s to %s",
            *(self.slug, by.name, by.address, before.token_duration, token_duration),
            *(before.refuses_outdated, refuses_outdated),
        )


class Member(models.Model):
    """A user of an account, with roles in it."""

    user = models.ForeignKey(User, verbose_name=_("user"), on_delete=models.CASCADE, related_name="memberships")
    account = models.ForeignKey(
        Account, verbose_name=_("account"), on_delete=models.CASCADE, related_name="memberships"
    )
    roles = models.ManyToManyField(Group, verbose_name=_("roles"), blank=True, related_name="+")

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        constraints = [models.UniqueConstraint(fields=["user", "account"], name="member_once_per_account")]

    def __str__(self) -> str:
        return f"{self.user.email} ({self.account.slug})"

    @cached_property
    def resources(self) -> frozenset[str]:
        """The codenames of the resources that the member's roles hold in this account."""
        return resources_of(self.roles.all())

    def may(self, resource: str) -> bool:
        return resource in self.resources
