from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apikeys import metrics

from .accounts import Account

if TYPE_CHECKING:
    from .keys import APIKey


class Actor(NamedTuple):
    """Who acts (an e-mail, an API key, or "" for the system itself) and from which address."""

    name: str = ""
    address: str | None = None


class EventQuerySet(models.QuerySet["Event"]):
    def older_than(self, event: Event | None) -> EventQuerySet:
        """What comes after this event in the history, which is newest first; without one, everything."""
        if event is None:
            return self
        return self.filter(Q(at__lt=event.at) | Q(at=event.at, pk__lt=event.pk))


class Event(models.Model):
    """One action on a key: who, what, when, from where. Never a secret; never changed; kept when the key is deleted."""

    class Action(models.TextChoices):
        GENERATED = "generated", _("Key generated")
        RENEWED = "renewed", _("Token renewed")
        COMPLETED = "completed", _("Renewal completed")
        OLD_TOKEN_DELETED = "old_token_deleted", _("Old token deleted")
        RENEWAL_UNDONE = "renewal_undone", _("Renewal undone")
        ROLES_CHANGED = "roles_changed", _("Roles changed")
        ACTIVATED = "activated", _("Key activated")
        DEACTIVATED = "deactivated", _("Key deactivated")
        DELETED = "deleted", _("Key deleted")
        REFUSED_INACTIVE = "refused_inactive", _("Inactive key refused")
        REFUSED_OUTDATED = "refused_outdated", _("Outdated token refused")
        EXTERNAL_ADDED = "external_added", _("External key added")
        EXTERNAL_REMOVED = "external_removed", _("External key removed")

    at = models.DateTimeField(_("at"), default=timezone.now, db_index=True)
    action = models.CharField(_("action"), max_length=20, choices=Action)
    account = models.ForeignKey(Account, verbose_name=_("account"), on_delete=models.PROTECT, related_name="events")
    # Outlives its key: no constraint, and the words beside it.
    api_key = models.ForeignKey(
        "APIKey", on_delete=models.DO_NOTHING, db_constraint=False, related_name="events", verbose_name=_("API key id")
    )
    key = models.CharField(_("key"), max_length=64)
    key_name = models.CharField(_("key name"), max_length=80)
    token_id = models.BigIntegerField(
        _("token id"), null=True, help_text=_("The token that was created, deleted or refused")
    )
    actor = models.CharField(_("actor"), max_length=254, blank=True)
    address = models.GenericIPAddressField(_("address"), null=True)
    details = models.JSONField(_("details"), default=dict)

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["api_key", "-at"], name="event_by_key")]

    def __str__(self) -> str:
        return f"{self.key}: {self.get_action_display()}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        super().save(*args, **kwargs)
        transaction.on_commit(metrics.events.labels(self.action).inc)

    @classmethod
    def of(
        cls, action: Action, key: APIKey, *, by: Actor, token_id: int | None = None, account: Account | None = None
    ) -> Event:
        """Return the event of an action, to be saved in the transaction of the action itself.

        It is of the key's own account, or of one in which the key is external.
        """
        return cls(
            action=action,
            account_id=account.pk if account else key.account_id,
            api_key_id=key.pk,
            key=key.key,
            key_name=key.name,
            token_id=token_id,
            actor=by.name,
            address=by.address,
        )
