from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import Group
from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .accounts import Account
from .events import Actor, Event, EventQuerySet
from .keys import APIKey, changed_roles, roles_by_name, state_of
from .refusals import AlreadyAdded, ChangedMeanwhile, KeyGone
from .tokens import NameOfItsKey


class ExternalKeyQuerySet(models.QuerySet["ExternalKey"]):
    def for_table(self) -> ExternalKeyQuerySet:
        """The keys with all that a row shows, in a constant number of queries; newest first."""
        rows = self.select_related("api_key__account").prefetch_related(roles_by_name())
        return rows.order_by("-added_at", "key")


class ExternalKey(models.Model):
    """A key of another account that was given roles in this one. Its status is that of the key in its own account."""

    account = models.ForeignKey(
        Account, verbose_name=_("account"), on_delete=models.PROTECT, related_name="external_keys"
    )
    api_key = models.ForeignKey(
        APIKey, verbose_name=_("API key"), on_delete=models.CASCADE, related_name="external_keys"
    )
    roles = models.ManyToManyField(Group, verbose_name=_("roles"), blank=True, related_name="external_keys")
    added_at = models.DateTimeField(_("added on"), default=timezone.now)
    key = NameOfItsKey(_("key"), max_length=64, editable=False, default="")

    is_gone = False  # found in one query with its key

    objects = ExternalKeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("external key")
        verbose_name_plural = _("external keys")
        constraints = [models.UniqueConstraint(fields=["account", "api_key"], name="external_key_once_per_account")]
        # One a sort, but for the status, which is not ours.
        indexes = [
            models.Index(fields=["account", "-added_at", "key"], name="external_newest_first"),
            models.Index(fields=["account", "key"], name="external_by_key"),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def known_as(self) -> str:
        """What it is called here: the name that its owner gave it stays with the owner."""
        return self.api_key.account.name

    @property
    def is_active(self) -> bool:
        return self.api_key.is_active

    @property
    def events(self) -> EventQuerySet:
        return Event.objects.filter(api_key=self.api_key_id)

    @classmethod
    def add(cls, account: Account, key: APIKey, *, roles: Iterable[Group] = (), by: Actor) -> ExternalKey:
        """Give a key of another account roles in this one. Refuses one that was added already, or deleted just now."""
        if key.account_id == account.pk:
            raise ValueError("A key has its roles in its own account already")
        with transaction.atomic():
            key = key._fresh(locked=True)
            try:
                with transaction.atomic():
                    external = cls.objects.create(account=account, api_key=key)
            except IntegrityError:
                raise AlreadyAdded from None
            external.roles.set(roles)
            Event.of(Event.Action.EXTERNAL_ADDED, key, by=by, account=account).save()
        return external

    def edit(self, *, roles: Iterable[Group], seen: str, by: Actor) -> None:
        """Give the key these roles in this account. `seen` is the `state` that the person saw."""
        with transaction.atomic():
            external = self._locked()
            if seen != external.state:
                raise ChangedMeanwhile
            had, roles = set(external.roles.all()), set(roles)
            if roles != had:
                external.roles.set(roles)
                event = Event.of(Event.Action.ROLES_CHANGED, external.api_key, by=by, account=external.account)
                event.details = changed_roles(had, roles)
                event.save()

    def remove(self, *, by: Actor, seen: int | None = None) -> None:
        """Take the key's access to this account: from the commit on it is refused here.

        `seen` is the id of the external key that the person saw: added anew, it is another one.
        """
        with transaction.atomic():
            external = self._locked()
            if seen not in (None, external.pk):
                raise ChangedMeanwhile
            Event.of(Event.Action.EXTERNAL_REMOVED, external.api_key, by=by, account=external.account).save()
            external.delete()

    def _locked(self) -> ExternalKey:
        rows = ExternalKey.objects.select_for_update(of=("self",)).select_related("account", "api_key")
        external = rows.filter(pk=self.pk).first()
        if external is None:
            raise KeyGone
        return external

    @property
    def state(self) -> str:
        """What Edit can change, as one word: two that are alike mean that nobody changed it in between."""
        return state_of(self.roles.all())
