"""manage.py backup: the whole database as one file, while the app runs. docs/operations.md says what to do with it."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apikeys import backups


class Command(BaseCommand):
    help = "Write the whole database into a new file, which manage.py restore reads."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *, file: Path, **options: Any) -> None:
        if file.exists():
            raise CommandError(f"There is a file {file} already. Nothing was done.")
        try:
            backups.dump(file)
        except (OSError, backups.Failed) as error:
            raise CommandError(f"There is no back-up. {error}") from None
        self.stdout.write(f"{file}, {file.stat().st_size:,} bytes. It holds no token, but hashes: keep it as a secret.")
