"""make bench: every benchmark on every engine there is, and the table of docs/performance.md."""

import json
import os
import platform
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from .figures import Figure

TABLE = Path(__file__).parents[2] / "docs" / "performance.md"
BEGIN = "<!-- written by make bench -->\n"


def main() -> None:
    with tempfile.NamedTemporaryFile("r") as found:
        engines = [""] + [os.environ["TEST_DATABASE_URL"]] * bool(os.environ.get("TEST_DATABASE_URL"))
        for benchmark in ("check", "finding", "export", "weight"):
            for engine in engines if benchmark != "weight" else engines[:1]:
                environ = {**os.environ, "FIGURES": found.name, "TEST_DATABASE_URL": engine}
                subprocess.run([sys.executable, "-m", f"tests.benchmarks.{benchmark}"], env=environ, check=True)
        figures = [Figure(*json.loads(line)) for line in found]
    TABLE.write_text(TABLE.read_text().partition(BEGIN)[0] + BEGIN + "\n" + table(figures))


def table(figures: list[Figure]) -> str:
    head = [["what", "goal", "stretch", "figure", "verdict", ""], ["---"] * 6]
    rows = [f"| {' | '.join(cells)} |" for cells in [*head, *(figure.cells() for figure in figures)]]
    return "\n".join([machine(), "", *rows, ""])


def machine() -> str:
    packages = ", ".join(f"{name} {version(name)}" for name in ("django", "uvicorn", "uvloop", "psycopg"))
    rounds, seconds = os.environ.get("ROUNDS", "7 (list page: 11)"), os.environ.get("SECONDS", "2")
    busy = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    system = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    return (
        f"{os.cpu_count()} cores, {system}, {packages}.\n"
        f"Rounds: {rounds}, of {seconds} s. Load of the machine over the last 1, 5 and 15 minutes: {busy}."
    )


if __name__ == "__main__":
    main()
