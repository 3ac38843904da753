"""The most telling scenarios of `make stress` in their short form: four real servers, a few hundred operations.

Those whose goals are times are left to `make stress`: a test that measures time fails on a busy machine.
"""

import asyncio
import logging
import threading

import pytest
from django.db import connections

from . import anything, checks, continuity, faults
from .bench import Bench
from .report import MISSED

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture(scope="module")
def run():
    """Run coroutines one after the other on one loop, in a thread of its own: this one has the browser tests' loop.

    It goes on between them. The servers' way to the database leads through it: one that stood still within a
    transaction would keep the tables from being emptied.
    """
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield lambda coroutine: asyncio.run_coroutine_threadsafe(coroutine, loop).result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture(scope="module")
def servers(django_db_setup, run):
    logging.getLogger("httpx").setLevel(logging.WARNING)
    bench = Bench()
    run(bench.__aenter__())
    yield bench
    run(bench.__aexit__(None, None, None))


@pytest.fixture
def stress(servers, run):
    """Run a scenario at a scale. It must miss no goal."""

    async def invite_and(scenario, **options):
        try:
            await servers.invite()
            return await scenario(servers, **options)
        finally:
            connections.close_all()

    def stress(scenario, scale, **options):
        servers.scale = scale
        figures = run(invite_and(scenario, **options))
        assert figures
        assert [figure.row for figure in figures if figure.verdict == MISSED] == []

    return stress


def test_what_was_ended_is_refused_by_every_server_from_the_answer_on(stress):
    stress(checks.accepted_after_the_end, 0.005)


def test_some_order_explains_whatever_eight_people_do_at_once(stress):
    stress(anything.any_order, 0.01, seeds=1)


def test_a_renewal_whose_answer_was_lost_can_be_undone_and_repeated(stress):
    stress(faults.lost_answers, 0.03)


def test_a_killed_server_loses_no_token(stress):
    stress(faults.killed_servers, 0.005)


def test_a_rolling_restart_loses_no_answer(stress):
    stress(continuity.rolling_restart, 0.2)
