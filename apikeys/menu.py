"""The kebab menu of a key: what may be done with it, by whom and when. Shown from this table, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .models import APIKey, ExternalKey, Member, Resource


class Item(NamedTuple):
    """`url` is the name of its URL. What acts at once is posted, with a status to set; the rest opens a dialog."""

    url: str
    label: Promise
    icon: str
    needs: Resource
    offered: Callable[[Any], bool] = lambda key: True
    acts_at_once: bool = False
    status: str = ""
    hint: Promise | str = ""
    is_critical: bool = False


MENU: dict[type, tuple[Item, ...]] = {
    APIKey: (
        Item("edit", _("Edit"), "pencil", Resource.EDIT),
        Item(
            "renewal",
            _("Renew Token"),
            "arrow-path",
            Resource.RENEW,
            lambda key: key.account.in_beta and not key.is_renewing,
            acts_at_once=True,
        ),
        Item("old_token_delete", _("Delete Old Token"), "trash", Resource.RENEW, lambda key: key.is_renewing),
        Item("renewal_undo", _("Undo Renewal"), "arrow-uturn-left", Resource.RENEW, lambda key: key.is_renewing),
        Item("history", _("View History"), "clock", Resource.VIEW),
        Item("status", _("Deactivate"), "pause-circle", Resource.EDIT, lambda key: key.is_active),
        Item(
            "status",
            _("Activate"),
            "play-circle",
            Resource.EDIT,
            lambda key: not key.is_active,
            acts_at_once=True,
            status="active",
            hint=_("Activate a key only if it was not compromised"),
        ),
        Item("delete", _("Delete Key"), "trash", Resource.EDIT, is_critical=True),
    ),
    ExternalKey: (
        Item("external_edit", _("Edit"), "pencil", Resource.EDIT),
        Item("external_history", _("View History"), "clock", Resource.VIEW),
        Item("external_remove", _("Remove"), "x-mark", Resource.EDIT, is_critical=True),
    ),
}


def menu_of(key: APIKey | ExternalKey, member: Member) -> list[Item]:
    """The items that the state of the key, the beta and the member's resources allow, in their order."""
    return [item for item in MENU[type(key)] if member.may(item.needs) and item.offered(key)]
