"""The toolbar and the headers of the table: they read a finding from the address, and write the addresses of others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.contrib.auth.models import Group
from django.db.models import OuterRef, Subquery
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .models import Account, APIKey
from .models.finding import NEWEST_FIRST, Finding, RenewalState, Sort, Status

LONGEST = 200  # longer than any key with its name
# The first click: from A to Z, newest first.
FIRST = {Sort.LAST_USED: "-last_used", Sort.CREATED: "-created"}
SEARCHED = 5  # more options than these can be searched


class Option(NamedTuple):
    value: str
    label: str | Promise
    is_chosen: bool


class Filter(NamedTuple):
    name: str
    label: Promise
    options: list[Option]
    without: str  # the address without this filter

    @property
    def chosen(self) -> list[Option]:
        return [option for option in self.options if option.is_chosen]

    @property
    def more(self) -> int:
        return len(self.chosen) - 1

    @property
    def is_searched(self) -> bool:
        return len(self.options) > SEARCHED

    @property
    def is_data(self) -> bool:
        """Names of roles are not translated."""
        return self.name == "role"


class Column(NamedTuple):
    name: str
    label: str | Promise
    address: str  # sorted by this column, or the other way round
    value: str  # of `sort`, for the list of columns
    direction: str  # ascending, descending, or none


class Toolbar:
    def __init__(self, account: Account, query: QueryDict) -> None:
        self.account = account
        self.roles = list(roles_in_use(account))
        self.finding = Finding(
            account=account,
            words=query.get("q", "").replace("\x00", "").strip()[:LONGEST],
            status=known(query, "status", Status.values),
            roles=tuple(map(int, known(query, "role", [str(role.pk) for role in self.roles]))),
            renewal=known(query, "renewal", RenewalState.values),
            sort=sort_of(query.get("sort", "")),
            number=number_of(query.get("page", "")),
        )

    @property
    def address(self) -> str:
        return self.address_of(self.finding)

    def address_of(self, finding: Finding) -> str:
        """Return the address of a finding. What is empty or usual is left out."""
        parameters: dict[str, Any] = {
            "q": finding.words,
            "status": finding.status,
            "role": finding.roles,
            "renewal": finding.renewal,
            "sort": finding.sort if finding.sort != NEWEST_FIRST else "",
            "page": finding.number if finding.number > 1 else "",
        }
        query = urlencode({name: value for name, value in parameters.items() if value}, doseq=True)
        return self.account.get_absolute_url() + (f"?{query}" if query else "")

    def page(self, number: int) -> str:
        return self.address_of(replace(self.finding, number=number))

    def _but(self, **changed: Any) -> str:
        return self.address_of(replace(self.finding, number=1, **changed))

    @property
    def without_words(self) -> str:
        return self._but(words="")

    @property
    def without_filters(self) -> str:
        return self._but(status=(), roles=(), renewal=())

    @cached_property
    def filters(self) -> list[Filter]:
        found = self.finding
        roles = [(str(role.pk), role.name) for role in self.roles]
        return [
            Filter("status", _("Status"), options(Status.choices, found.status), self._but(status=())),
            Filter("role", _("Role"), options(roles, map(str, found.roles)), self._but(roles=())),
            Filter("renewal", _("Renewal"), options(RenewalState.choices, found.renewal), self._but(renewal=())),
        ]

    @cached_property
    def columns(self) -> dict[str, Column]:
        return {name: self._column(Sort(name), label) for name, label in Sort.choices}

    @property
    def sorted_by(self) -> Column:
        return self.columns[self.finding.sort.removeprefix("-")]

    def _column(self, name: Sort, label: Any) -> Column:
        first = FIRST.get(name, str(name))
        current = self.finding.sort
        if current.removeprefix("-") != name:
            return Column(name, label, self._but(sort=first), first, "")
        other = name if current.startswith("-") else f"-{name}"
        direction = "descending" if current.startswith("-") else "ascending"
        return Column(name, label, self._but(sort=str(other)), current, direction)


def roles_in_use(account: Account) -> Iterable[Group]:
    given = APIKey.roles.through.objects.filter(group=OuterRef("pk"), apikey__account=account)
    # The first key of each role is enough; an EXISTS would be planned as a join with all of them.
    return Group.objects.filter(pk=Subquery(given.values("group")[:1])).order_by("name")


def options(choices: Iterable[tuple[str, Any]], chosen: Iterable[str]) -> list[Option]:
    chosen = set(chosen)
    return [Option(value, label, value in chosen) for value, label in choices]


def known(query: QueryDict, name: str, values: list[str]) -> tuple[str, ...]:
    wanted = set(query.getlist(name))
    return tuple(value for value in values if value in wanted)


def sort_of(wanted: str) -> str:
    return wanted if wanted.removeprefix("-") in Sort.values else NEWEST_FIRST


def number_of(wanted: str) -> int:
    is_number = wanted.isascii() and wanted.isdigit()
    return max(1, int(wanted[:9])) if is_number else 1
