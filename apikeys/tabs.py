"""The tabs of the page, and which of them each page belongs to."""

from __future__ import annotations

from typing import NamedTuple

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .models import Account

# By the names of their URLs.
TABS = {"keys": _("Generated"), "external": _("External"), "settings": _("Settings")}


class Tab(NamedTuple):
    label: Promise
    address: str
    is_current: bool


def tabs_of(account: Account, request: HttpRequest) -> list[Tab]:
    address = address_of_tab(account, request)
    return [Tab(label, tab, tab == address) for name, label in TABS.items() if (tab := reverse(name, args=[account]))]


def address_of_tab(account: Account, request: HttpRequest) -> str:
    """Return where the page belongs and leads back to: `external_edit` to the tab `external`."""
    match = request.resolver_match
    first = match.url_name.split("_")[0] if match and match.url_name else ""
    return reverse(first if first in TABS else "keys", args=[account])
