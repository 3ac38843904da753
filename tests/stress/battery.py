"""The battery on one engine, in a scratch database of its own. `python -m tests.stress` runs it on both."""

from __future__ import annotations

import os
import sys

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

import django

django.setup()

import asyncio
import logging
import shutil
import signal
import time
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path

from django.conf import settings
from django.db import connection

from . import anything, checks, continuity, faults, faults_around, faults_of_database, floods, loads, locks, races
from .bench import Bench
from .report import MISSED, Figure, Report

SCALE = float(os.environ.get("SCALE", "1"))
ONLY = os.environ.get("ONLY", "").split()
# The longest that any scenario may take.
LIMIT = 30 * 60
OTHERS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
GROUPS = [anything, races, checks, faults, continuity, faults_of_database, locks, faults_around, floods, loads]

Scenario = Callable[[Bench], Awaitable[list[Figure]]]


async def run(report: Report) -> None:
    async with Bench(SCALE) as bench:
        await bench.invite()
        for scenario in [scenario for group in GROUPS for scenario in group.SCENARIOS]:
            name = (scenario.__doc__ or "").partition("\n")[0]
            if not ONLY or name.partition(".")[0] in ONLY:
                begun = time.monotonic()
                figures = await outcome(scenario, bench)
                report.add(name, figures, time.monotonic() - begun)


async def outcome(scenario: Scenario, bench: Bench) -> list[Figure]:
    try:
        async with asyncio.timeout(LIMIT):
            return await scenario(bench)
    except Exception as error:
        traceback.print_exc()
        return [Figure("the scenario itself", "to its end", type(error).__name__, MISSED)]


def main(path: Path) -> None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # tidy up as after Ctrl+C
    logging.getLogger("httpx").setLevel(logging.WARNING)
    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    report = Report(connection, SCALE)
    try:
        asyncio.run(run(report))
    finally:
        report.sum_up()
        path.write_text(report.text)
        end_other_sessions()
        connection.creation.destroy_test_db(name, verbosity=0)
        shutil.rmtree(settings.DATA_DIR)


def end_other_sessions() -> None:
    """PostgreSQL notices late that a server was killed; and F12 ended the connection of this thread too."""
    connection.close()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(OTHERS)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
