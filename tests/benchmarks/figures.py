"""What a benchmark found: printed at once, and kept for the table of docs/performance.md."""

import json
import os
from typing import NamedTuple


class Figure(NamedTuple):
    """`at_most` turns the comparison round; a figure without a goal is told and not judged."""

    what: str
    value: float
    goal: float | None = None
    stretch: float | None = None
    at_most: bool = False
    note: str = ""

    @property
    def verdict(self) -> str:
        if self.goal is None:
            return ""
        reached = [level for level in ("stretch", "goal") if self._reaches(getattr(self, level))]
        return reached[0] if reached else "MISSED"

    def _reaches(self, level: float | None) -> bool:
        return level is not None and (self.value <= level if self.at_most else self.value >= level)

    def cells(self) -> list[str]:
        sign = "≤" if self.at_most else "≥"
        levels = ["" if level is None else f"{sign} {level:g}" for level in (self.goal, self.stretch)]
        return [
            self.what,
            *levels,
            f"{self.value:,.3g}" if self.value < 1000 else f"{self.value:,.0f}",
            self.verdict,
            self.note,
        ]


def tell(figure: Figure) -> None:
    print(" | ".join(figure.cells()), flush=True)
    if path := os.environ.get("FIGURES"):
        with open(path, "a") as file:
            file.write(json.dumps(figure) + "\n")
