"""The toolbar and the headers of a table: they read a finding from the address, and write the addresses of others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property
from typing import Any, ClassVar, NamedTuple
from urllib.parse import urlencode

from django.contrib.auth.models import Group
from django.db.models import OuterRef, Subquery
from django.http import QueryDict
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .models import Account, APIKey, ExternalFinding, ExternalKey, GeneratedFinding
from .models.finding import Finding, Status
from .models.finding_generated import RenewalState

LONGEST = 200  # longer than any key with its name
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


class Choice(NamedTuple):
    """What a filter offers. `name` is its parameter, `field` that of the finding."""

    name: str
    field: str
    label: Promise
    choices: Iterable[tuple[Any, str | Promise]]


class Toolbar:
    """What the toolbars of the tabs have in common."""

    url: ClassVar[str]
    of: ClassVar[type[APIKey | ExternalKey]]
    finds: ClassVar[type[Any]]
    newest_first: ClassVar[tuple[str, ...]]  # at the first click; others from A to Z
    search_label: ClassVar[Promise]

    def __init__(self, account: Account, query: QueryDict) -> None:
        self.account = account
        self.start = reverse(self.url, args=[account])
        self.offered = self._offered()
        filters = {choice.field: known(query, choice) for choice in self.offered}
        self.finding: Finding = self.finds(
            account=account,
            words=query.get("q", "").replace("\x00", "").strip()[:LONGEST],
            sort=self._sort(query.get("sort", "")),
            number=number_of(query.get("page", "")),
            **filters,
        )

    def _offered(self) -> list[Choice]:
        roles = roles_in_use(self.of, self.account).values_list("pk", "name")
        return [
            Choice("status", "status", _("Status"), Status.choices),
            Choice("role", "roles", _("Role"), list(roles)),
        ]

    def _sort(self, wanted: str) -> str:
        return wanted if wanted.removeprefix("-") in self.finds.Sort.values else self.usual_sort

    @property
    def usual_sort(self) -> str:
        return str(self.finds.sort)

    @property
    def address(self) -> str:
        return self.address_of(self.finding)

    def address_of(self, finding: Finding) -> str:
        """Return the address of a finding. What is empty or usual is left out."""
        parameters: dict[str, Any] = {
            "q": finding.words,
            **{choice.name: getattr(finding, choice.field) for choice in self.offered},
            "sort": finding.sort if finding.sort != self.usual_sort else "",
            "page": finding.number if finding.number > 1 else "",
        }
        query = urlencode({name: value for name, value in parameters.items() if value}, doseq=True)
        return self.start + (f"?{query}" if query else "")

    def page(self, number: int) -> str:
        return self.address_of(replace(self.finding, number=number))

    def _but(self, **changed: Any) -> str:
        return self.address_of(replace(self.finding, number=1, **changed))

    @property
    def without_words(self) -> str:
        return self._but(words="")

    @property
    def without_filters(self) -> str:
        return self._but(**{choice.field: () for choice in self.offered})

    @cached_property
    def filters(self) -> list[Filter]:
        return [
            Filter(name, label, options(choices, getattr(self.finding, field)), self._but(**{field: ()}))
            for name, field, label, choices in self.offered
        ]

    @cached_property
    def columns(self) -> dict[str, Column]:
        return {name: self._column(name, label) for name, label in self.finds.Sort.choices}

    @property
    def sorted_by(self) -> Column:
        return self.columns[self.finding.sort.removeprefix("-")]

    def _column(self, name: str, label: Any) -> Column:
        first = f"-{name}" if name in self.newest_first else name
        current = self.finding.sort
        if current.removeprefix("-") != name:
            return Column(name, label, self._but(sort=first), first, "")
        other = name if current.startswith("-") else f"-{name}"
        direction = "descending" if current.startswith("-") else "ascending"
        return Column(name, label, self._but(sort=other), current, direction)


class GeneratedToolbar(Toolbar):
    url = "keys"
    of = APIKey
    finds = GeneratedFinding
    newest_first = ("created", "last_used")
    search_label = _("Search by key or name")

    def _offered(self) -> list[Choice]:
        return [*super()._offered(), Choice("renewal", "renewal", _("Renewal"), RenewalState.choices)]


class ExternalToolbar(Toolbar):
    url = "external"
    of = ExternalKey
    finds = ExternalFinding
    newest_first = ("added",)
    search_label = _("Search by key or owner")


def roles_in_use(of: type[APIKey | ExternalKey], account: Account) -> Any:
    given = of.roles.through.objects.filter(group=OuterRef("pk"), **{f"{of._meta.model_name}__account": account})
    # The first key of each role is enough; an EXISTS would be planned as a join with all of them.
    return Group.objects.filter(pk=Subquery(given.values("group")[:1])).order_by("name")


def options(choices: Iterable[tuple[Any, str | Promise]], chosen: Iterable[Any]) -> list[Option]:
    return [Option(str(value), label, value in chosen) for value, label in choices]


def known(query: QueryDict, choice: Choice) -> tuple[Any, ...]:
    wanted = set(query.getlist(choice.name))
    return tuple(value for value, _label in choice.choices if str(value) in wanted)


def number_of(wanted: str) -> int:
    is_number = wanted.isascii() and wanted.isdigit()
    return max(1, int(wanted[:9])) if is_number else 1
