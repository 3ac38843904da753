"""manage.py check_rows: does everything hold that must, of the rows as they are now?"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apikeys.invariants import violations
from apikeys.models import APIKey, Event, Token


class Command(BaseCommand):
    help = (
        "Check that every key has its tokens, and every token and status the event that explains it. Changes nothing."
    )

    def handle(self, **options: Any) -> None:
        if broken := violations():
            raise CommandError("\n  ".join(["Something is wrong with the rows:", *broken]))
        numbers = f"{APIKey.objects.count()} keys, {Token.objects.count()} tokens, {Event.objects.count()} events"
        self.stdout.write(f"{numbers}: everything holds.")
