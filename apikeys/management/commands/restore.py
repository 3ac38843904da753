"""manage.py restore: a back-up into an empty database. What was ended since then stays ended; docs/operations.md."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import Error, connection, connections

from apikeys import backups, endings
from apikeys.models import Event
from config.environment import env

OLD = "old"
HALF = "The database is half restored: empty it and begin again."


class Command(BaseCommand):
    help = "Fill an empty database with a back-up. Without an option every key is inactive afterwards."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        since = parser.add_mutually_exclusive_group()
        since.add_argument(
            "--ended-in", metavar="URL", help="the database of before, as in DATABASE_URL: read what was done since"
        )
        since.add_argument(
            "--nothing-ended", action="store_true", help="I know that nothing was done to any key since the back-up"
        )

    def handle(self, *, file: Path, ended_in: str | None, nothing_ended: bool, **options: Any) -> None:
        refuse_unless_empty()
        refuse_unless_backup(file)
        if ended_in is not None:
            connect(ended_in)
        try:
            backups.load(file)
            call_command("migrate", verbosity=0)
            call_command("createcachetable", verbosity=0)
            Session.objects.all().delete()
            self.stdout.write(report(ended_in, nothing_ended))
            call_command("check_rows", stdout=self.stdout)
        except (Error, backups.Failed, CommandError) as error:
            raise CommandError(f"{error}\n{HALF}") from error


def refuse_unless_empty() -> None:
    try:
        if connection.introspection.table_names():
            raise CommandError("The database is not empty. A restore never writes over one: name a new one.")
    except Error as error:
        raise CommandError(f"DATABASE_URL cannot be reached. {error}") from None


def refuse_unless_backup(file: Path) -> None:
    try:
        if not backups.is_backup(file):
            raise CommandError(f"{file} is no back-up of a database of this engine ({connection.vendor}).")
    except OSError as error:
        raise CommandError(str(error)) from None


def connect(url: str) -> None:
    """Name the old database, and see that it answers before anything is changed."""
    try:
        connections.databases[OLD] = connections.databases["default"] | env.db_url_config(url)
        Event.objects.using(OLD).exists()
    except Exception as error:  # a wrong address fails in many ways
        raise CommandError(f"The database of --ended-in cannot be read. {error}") from None


def report(ended_in: str | None, nothing_ended: bool) -> str:
    if ended_in is not None:
        return f"{endings.take_over(OLD)} keys had changed since: they are as they were at the end."
    if nothing_ended:
        return "Every key is as it was in the back-up."
    return (
        f"{endings.deactivate_all()} keys are inactive now: which of their tokens were deleted since the back-up, "
        "nobody can know. Look at each, delete old tokens, then activate it."
    )
