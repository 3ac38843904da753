"""What was found: one figure a line, with its goal and its verdict, on the screen and in docs/stress.md."""

from __future__ import annotations

import os
import platform
import sqlite3
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

OK, MISSED, SKIPPED = "ok", "MISSED", "skipped"
STRESS = Path(__file__).resolve().parents[2] / "docs" / "stress.md"
TITLE = """# Under stress

What `make stress` found: races, faults and floods on four servers that share one database. It writes this file.
What it does not do is done by `make test`: bad input, leaks, rights, headers.

The memory of a server (D6) grows in steps of 19 MiB until both its arenas (`MALLOC_ARENA_MAX=2`) have held an Argon2;
a short run may meet such a step after its first third. Given back each time, a hash would take half as long again.
"""
# The goal figures, and the scenarios that show each of them.
GOALS = {
    "from deleted to refused": ["R6"],
    "renewal races": ["R1"],
    "linearizability": ["R5"],
    "continuity": ["R11", "F10", "Continuity"],
    "crash": ["F1", "F2", "F3"],
}
HEAD = """| | goal | measured | verdict |
| --- | --- | --- | --- |"""


@dataclass(frozen=True)
class Figure:
    name: str
    goal: str
    value: str
    verdict: str

    @property
    def row(self) -> str:
        return f"| {self.name} | {self.goal} | {self.value} | {self.verdict} |"


def exactly(name: str, goal: Any, value: Any) -> Figure:
    return Figure(name, written(goal), written(value), OK if value == goal else MISSED)


def none(name: str, value: int, of: int) -> Figure:
    """None of so many; there have to have been some."""
    return Figure(name, "0", f"{written(value)} of {written(of)}", OK if of and not value else MISSED)


def at_most(name: str, goal: float, value: float, unit: str = "") -> Figure:
    return Figure(name, f"≤ {written(goal)}{unit}", f"{written(value)}{unit}", OK if value <= goal else MISSED)


def at_least(name: str, goal: float, value: float, unit: str = "") -> Figure:
    return Figure(name, f"≥ {written(goal)}{unit}", f"{written(value)}{unit}", OK if value >= goal else MISSED)


def skipped(name: str, reason: str) -> Figure:
    return Figure(name, "", reason, SKIPPED)


def written(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def percentile(times: list[float], part: float) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * part))] if times else float("inf")


def machine(connection: Any) -> str:
    """Say on what it ran, without a name or a path."""
    if connection.vendor == "sqlite":
        engine = f"SQLite {sqlite3.sqlite_version} (WAL, IMMEDIATE, FULL)"
    else:
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version")
            engine = f"PostgreSQL {cursor.fetchone()[0].split()[0]} and Redis"
    import django
    import uvicorn

    versions = f"Python {platform.python_version()}, Django {django.__version__}, uvicorn {uvicorn.__version__}"
    return f"{engine}; {os.cpu_count()} cores, {sys.platform}; {versions}"


class Report:
    """The figures of one engine, in the order in which they were found."""

    def __init__(self, connection: Any, scale: float) -> None:
        self._found: dict[str, list[Figure]] = {}
        self._lines = [f"## {machine(connection)}", "", f"Scale {scale:.0%}.", "", HEAD]
        print("\n".join(self._lines), flush=True)

    def add(self, scenario: str, figures: list[Figure], seconds: float) -> None:
        rows = [f"| **{scenario}** | | | {seconds:,.0f} s |", *(figure.row for figure in figures)]
        self._found[scenario.partition(".")[0]] = figures
        self._say(rows)

    def sum_up(self) -> None:
        """Say what was found of each goal figure."""
        rows = ["", "| goal figure | measured | verdict |", "| --- | --- | --- |"]
        for field, scenarios in GOALS.items():
            if figures := [figure for scenario in scenarios for figure in self._found.get(scenario, [])]:
                measured = "; ".join(f"{figure.name}: {figure.value}" for figure in figures)
                verdict = MISSED if any(figure.verdict == MISSED for figure in figures) else OK
                rows.append(f"| **{field}** | {measured} | {verdict} |")
        self._say(rows)

    def _say(self, rows: list[str]) -> None:
        self._lines += rows
        print("\n".join(rows), flush=True)

    @property
    def text(self) -> str:
        return "\n".join(self._lines) + "\n"


def publish(written: list[Path]) -> bool:
    """Put the engines' reports together, in docs/stress.md if they are whole; tell whether no goal was missed."""
    text = "\n".join([TITLE, *(path.read_text() for path in written)])
    if not os.environ.get("ONLY"):
        STRESS.write_text(text)
    print(
        f"\n{text.count(f'| {OK} |')} ok, {text.count(f'| {MISSED} |')} missed, {text.count(f'| {SKIPPED} |')} skipped"
    )
    return f"| {MISSED} |" not in text
