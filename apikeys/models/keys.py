from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property

from django.contrib.auth.models import Group
from django.core.validators import RegexValidator
from django.db import IntegrityError, models, transaction
from django.db.models import Prefetch
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .accounts import BROAD, SLUG_FORMAT, Account, Resource, resources_of
from .events import Actor, Event
from .finding import SearchableText
from .refusals import ChangedMeanwhile, KeyGone
from .renewal import Renewable
from .tokens import LETTERS, Plaintext, Token
from .turns import turn

PREFIX = "vtexappkey"
RANDOM_LETTERS = 6
KEY_FORMAT = rf"{PREFIX}-{SLUG_FORMAT}-[A-Z]{{{RANDOM_LETTERS}}}"


NAME_LENGTH = 80
# Control characters, and what stands for bytes that were none; as part of a set of a regular expression.
UNPRINTABLE = r"\x00-\x1f\x7f-\x9f\ufffd"
# Nor half of a pair.
is_printable = RegexValidator(rf"[{UNPRINTABLE}\ud800-\udfff]", _("Use printable characters only"), inverse_match=True)


class APIKeyQuerySet(models.QuerySet["APIKey"]):
    def for_table(self) -> APIKeyQuerySet:
        """The keys with all that a row shows, in a constant number of queries; newest first."""
        return self.prefetch_related("tokens", roles_by_name()).order_by("-created_at", "key")


def roles_by_name() -> Prefetch:
    return Prefetch("roles", queryset=Group.objects.order_by("name"))


def state_of(roles: Iterable[Group]) -> str:
    return "-".join(str(pk) for pk in sorted(role.pk for role in roles))


def changed_roles(had: set[Group], has: set[Group]) -> dict[str, list[str]]:
    """Return the details of the event that tells of it."""
    return {
        "added": sorted(role.name for role in has - had),
        "removed": sorted(role.name for role in had - has),
    }


class APIKey(Renewable):
    """The credential of one integration. `key` is its public half; its tokens are the secret one."""

    account = models.ForeignKey(Account, verbose_name=_("account"), on_delete=models.PROTECT, related_name="api_keys")
    key = models.CharField(_("key"), max_length=64, unique=True, editable=False)
    name = models.CharField(_("key identification"), max_length=NAME_LENGTH, validators=[is_printable])
    roles = models.ManyToManyField(Group, verbose_name=_("roles"), blank=True, related_name="api_keys")
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    text = SearchableText(editable=False, default="")  # under the trigram index

    objects = APIKeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        permissions = [*((resource.value, resource.label) for resource in Resource), (BROAD, _("Broad access"))]
        constraints = [models.CheckConstraint(condition=~models.Q(name=""), name="api_key_named")]
        # One a sort; migration 0003_finding adds those for the last use of a token and for the search.
        indexes = [
            models.Index(fields=["account", "-created_at", "key"], name="api_key_newest_first"),
            models.Index(fields=["account", "key"], name="api_key_by_key"),
            models.Index(fields=["account", "is_active", "key"], name="api_key_inactive_first"),
            models.Index(fields=["account", "-is_active", "key"], name="api_key_active_first"),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def known_as(self) -> str:
        """What it is called where it is listed."""
        return self.name

    @property
    def searched(self) -> tuple[str, str]:
        return self.key, self.name

    @cached_property
    def resources(self) -> frozenset[str]:
        """The codenames of the resources that the key's roles hold in its own account."""
        return resources_of(self.roles.all())

    def may(self, resource: str) -> bool:
        return resource in self.resources

    @classmethod
    def generate(
        cls, account: Account, name: str, *, roles: Iterable[Group] = (), by: Actor
    ) -> tuple[APIKey, Plaintext]:
        """Create an active key and return it with the plaintext of its token, for the only time."""
        plaintext, token = Token.mint()
        with transaction.atomic():
            key = cls._with_unused_letters(account, name)
            key.roles.set(roles)
            token.give_to(key)
            Event.of(Event.Action.GENERATED, key, by=by, token_id=token.pk).save()
        return key, plaintext

    @classmethod
    def _with_unused_letters(cls, account: Account, name: str) -> APIKey:
        while True:
            letters = "".join(secrets.choice(LETTERS) for _ in range(RANDOM_LETTERS))
            try:
                with transaction.atomic():
                    return cls.objects.create(account=account, name=name, key=f"{PREFIX}-{account.slug}-{letters}")
            except IntegrityError:
                if not cls.objects.filter(key=f"{PREFIX}-{account.slug}-{letters}").exists():
                    raise

    def activate(self, *, by: Actor) -> None:
        with self.changing(Event.Action.ACTIVATED, by=by) as (key, _event):
            key._switch(is_active=True)

    def deactivate(self, *, by: Actor, seen: int | None = None) -> None:
        """From the commit on the key's tokens are refused. `seen` is the id of the newest token that the person saw."""
        with self.changing(Event.Action.DEACTIVATED, by=by) as (key, _event):
            key._refuse_unseen(seen)
            key._switch(is_active=False)

    def _switch(self, *, is_active: bool) -> None:
        if self.is_active == is_active:
            raise ChangedMeanwhile
        APIKey.objects.filter(pk=self.pk).update(is_active=is_active)

    def edit(self, *, roles: Iterable[Group], is_active: bool, seen: str, by: Actor) -> None:
        """Give the key these roles and this status: one event for each of the two that changes.

        `seen` is the `state` that the person saw.
        """
        with transaction.atomic():
            key = self._fresh(locked=True)
            if seen != key.state:
                raise ChangedMeanwhile
            key._set_roles(set(roles), by=by)
            if key.is_active != is_active:
                key.activate(by=by) if is_active else key.deactivate(by=by)

    def _set_roles(self, roles: set[Group], *, by: Actor) -> None:
        had = set(self.roles.all())
        if roles == had:
            return
        with self.changing(Event.Action.ROLES_CHANGED, by=by) as (key, event):
            key.roles.set(roles)
            event.details = changed_roles(had, roles)

    @property
    def state(self) -> str:
        """What Edit can change, as one word: two that are alike mean that nobody changed it in between."""
        return f"{'active' if self.is_active else 'inactive'}-{state_of(self.roles.all())}"

    def delete(self, *, by: Actor, seen: int | None = None) -> None:  # type: ignore[override]  # never without an event
        """Delete the key and its tokens for good. Its events stay. `seen` as for `deactivate`."""
        with self.changing(Event.Action.DELETED, by=by) as (key, _event):
            key._refuse_unseen(seen)
            key._leave_other_accounts()
            super(APIKey, key).delete()

    def _leave_other_accounts(self) -> None:
        """Tell the history of each account in which the key is external; who deleted it is not their business."""
        for external in self.external_keys.select_related("account"):
            Event.of(Event.Action.EXTERNAL_REMOVED, self, by=Actor(), account=external.account).save()

    @contextmanager
    def changing(
        self, action: Event.Action, *, by: Actor, refuse: Callable[[APIKey], None] | None = None
    ) -> Iterator[tuple[APIKey, Event]]:
        """Open a transaction, lock the key, yield it fresh with the event, and record the event at the end.

        On SQLite the transaction itself is the lock (IMMEDIATE). What `refuse` raises is raised under the lock, and
        before it where there was a wait: whoever lost meanwhile does not ask for it.
        """
        with turn() as waited:
            if waited and refuse:
                refuse(self._fresh())
            with transaction.atomic():
                key = self._fresh(locked=True)
                if refuse:
                    refuse(key)
                event = Event.of(action, key, by=by)
                yield key, event
                event.save()

    def _fresh(self, *, locked: bool = False) -> APIKey:
        rows = APIKey.objects.select_for_update(of=("self",)) if locked else APIKey.objects
        key = rows.select_related("account").filter(pk=self.pk).first()
        if key is None:
            raise KeyGone
        return key

    @property
    def alert(self) -> str:
        """The one alert of the row: "pending", "highly", "recommended" or none."""
        if self.is_renewing:
            return "pending"
        if self.token.is_highly_outdated():
            return "highly"
        return "recommended" if self.token.is_outdated() else ""
