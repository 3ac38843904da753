"""Whatever the JSON API is sent, its answers are those of its document: schemathesis against the real server."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from apikeys import hashing
from apikeys.models import Resource
from tests.api.conftest import api_key, signed
from tests.races.worker import CHEAP

# A key that does not exist is 400 here, though it was sent as the document wants it.
CONFIG = """
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "400", "403", "404", "409", "412"]

[phases.fuzzing.generation]
max-examples = 280

[phases.stateful.generation]
max-examples = 60
"""
CASES = 2_000


@pytest.fixture
def fuzz(base_url, tmp_path, settings, monkeypatch, caplog):
    """Send thousands of requests, whole sequences among them. Returns the report; it fails if anything is amiss."""
    settings.API_REQUESTS_A_MINUTE = 10**9
    monkeypatch.setattr(hashing, "_argon2id", CHEAP)
    caplog.set_level("ERROR")
    (tmp_path / "schemathesis.toml").write_text(CONFIG)

    def fuzz(headers: dict[str, str], *options: str) -> str:
        given = [f"--header={name}: {value}" for name, value in headers.items()]
        command = [Path(sys.executable).with_name("schemathesis"), "--no-color", "run", f"{base_url}/api/openapi.json"]
        finished = subprocess.run([*command, *given, *options], cwd=tmp_path, capture_output=True, text=True)
        assert finished.returncode == 0, finished.stdout + finished.stderr
        return finished.stdout

    return fuzz


def test_nothing_that_is_sent_surprises_the_api(fuzz, acme, erp, shop):
    robot = api_key(acme, "Robot", *Resource.values)

    # One worker: where two threads parse code at once, Python 3.11.7 may fail (python/cpython, gh-106905).
    report = fuzz(signed(robot), "--checks=all", "--workers=1", "--suppress-health-check=all", "--warnings=off")

    assert int(re.search(r"(\d+) generated", report)[1]) >= CASES
    assert re.search(r"✅\s+Stateful", report)
