"""The start of the app: what the environment must say, and what comes of it."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from apikeys.models import Account


@pytest.fixture
def start(tmp_path):
    """Start the app's own settings in an environment of their own, and return what that prints."""

    def start(command: str = "check", **variables: str) -> subprocess.CompletedProcess:
        environment = {"DATA_DIR": str(tmp_path), "SECRET_KEY": "x" * 60, "PATH": "/usr/bin:/bin", **variables}
        environment = {name: value for name, value in environment.items() if value is not None}
        return subprocess.run(
            [sys.executable, "manage.py", *command.split()],
            env=environment,
            cwd=settings.BASE_DIR,
            capture_output=True,
            text=True,
        )

    return start


def test_nothing_but_a_secret_key_is_needed(start):
    assert start().returncode == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", None),
        ("DEBUG", "flase"),
        ("DEBUG", ""),
        ("HTTPS", "yes please"),
        ("DATABASE_URL", "mysql://root@localhost/x"),
        ("DATABASE_URL", "nonsense"),
        ("CACHE_URL", "nonsense://"),
        ("EMAIL_URL", "nonsense://"),
        ("LOG_LEVEL", "LOUD"),
        ("LOG_FORMAT", "xml"),
        ("METRICS_TOKEN", "short"),
    ],
)
def test_a_missing_or_wrong_variable_ends_the_start_in_one_line_that_names_it(start, name, value):
    ended = start(**{name: value})

    assert ended.returncode != 0
    (line,) = ended.stderr.strip().splitlines()
    assert name in line
    assert "README.md" in line


@pytest.mark.parametrize(("level", "is_written"), [("INFO", "True"), ("WARNING", "False")])
def test_the_level_of_the_log_is_that_of_the_access_log_too(tmp_path, level, is_written):
    code = "import logging, uvicorn; uvicorn.Config('config.asgi:application').load();"
    code += "print(logging.getLogger('uvicorn.access').isEnabledFor(logging.INFO))"
    environment = {"DATA_DIR": str(tmp_path), "SECRET_KEY": "x" * 60, "LOG_LEVEL": level}
    loaded = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=settings.BASE_DIR, capture_output=True, text=True
    )

    assert loaded.stdout.strip() == is_written


def test_variables_can_come_from_the_file_in_the_data_directory(start, tmp_path):
    (tmp_path / "env").write_text("SECRET_KEY=from-the-file-0123456789-0123456789-0123456789-0123456789\n")

    assert start(SECRET_KEY=None).returncode == 0


def test_a_secret_can_come_from_a_file_of_its_own(start, tmp_path):
    (tmp_path / "key").write_text("from-a-file-0123456789-0123456789-0123456789-0123456789")

    assert start(SECRET_KEY=None, SECRET_KEY_FILE=str(tmp_path / "key")).returncode == 0


def test_behind_tls_nothing_is_left_to_warn_of(start):
    checked = start(
        "check --deploy --fail-level WARNING", HTTPS="on", SECRET_KEY="0123456789abcdefghijklmnopqrstuvwxyz" * 2
    )

    assert checked.returncode == 0, checked.stderr


CHECK = """
import asyncio
from config.asgi import application

async def ask(scheme):
    sent = []
    async def send(message): sent.append(message)
    scope = {"type": "http", "path": "/api/verify", "query_string": b"", "scheme": scheme, "headers": []}
    await application(scope, None, send)
    print(scheme, sent[0]["status"], b"strict-transport-security" in dict(sent[0]["headers"]))

asyncio.run(ask("http"))
asyncio.run(ask("https"))
"""


def test_behind_tls_a_check_is_answered_and_not_redirected(tmp_path):
    environment = {"DATA_DIR": str(tmp_path), "SECRET_KEY": "x" * 60, "HTTPS": "on", "PATH": "/usr/bin:/bin"}

    asked = subprocess.run(
        [sys.executable, "-c", CHECK], env=environment, cwd=settings.BASE_DIR, capture_output=True, text=True
    )

    assert asked.stdout == "http 401 False\nhttps 401 True\n", asked.stderr


def test_no_power_cut_loses_a_deletion_and_no_writer_fails_at_once(db):
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            pragmas = ["journal_mode", "synchronous", "foreign_keys", "busy_timeout"]
            answers = [cursor.execute(f"PRAGMA {pragma}").fetchone()[0] for pragma in pragmas]
            assert answers == ["wal", 2, 1, 5000]
            assert connection.transaction_mode == "IMMEDIATE"
        else:
            cursor.execute("SELECT current_setting('fsync'), current_setting('synchronous_commit')")
            assert cursor.fetchone() == ("on", "on")
            cursor.execute("SELECT current_setting('lock_timeout')")
            assert cursor.fetchone() == ("5s",)


@pytest.mark.django_db(transaction=True)
def test_a_long_reader_leaves_no_large_log_behind():
    if connection.vendor != "sqlite":
        pytest.skip("of SQLite")
    database = connection.settings_dict["NAME"]
    log = Path(f"{database}-wal")
    reader = sqlite3.connect(database, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM apikeys_event").fetchone()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE filler AS SELECT randomblob(20 << 20)")
        grown = log.stat().st_size
        reader.close()
        cursor.execute("DROP TABLE filler")
    Account.objects.create(slug="acme")

    assert grown > 20 << 20
    assert log.stat().st_size <= 16 << 20
