"""manage.py create_account: an account, and the member who runs it."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from apikeys.models import Account, User

ROLE = "User Administrator - RESTRICTED"


class Command(BaseCommand):
    help = "Create an account with its first member, who may do everything in it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="part of every key of the account: lower-case letters and digits")
        parser.add_argument("--name", help="the name that people read (default: the slug)")
        parser.add_argument("--admin", required=True, metavar="EMAIL", help="the first member, a new or a known user")
        parser.add_argument("--in-beta", action="store_true", help="offer Renew Token to the account")
        parser.add_argument("--time-zone", default="UTC", help="such as America/Sao_Paulo (default: UTC)")

    def handle(self, *, slug: str, name: str | None, admin: str, in_beta: bool, time_zone: str, **options: Any) -> None:
        account = Account(slug=slug, name=name or slug, in_beta=in_beta, time_zone=time_zone)
        with transaction.atomic():
            if Account.objects.filter(slug=slug).exists():
                raise CommandError(f"There is an account {slug} already. Nothing was changed.")
            valid(account).save()
            user, is_new = user_of(admin)
            account.memberships.create(user=user).roles.add(Group.objects.get(name=ROLE))
        self.stdout.write(f"Account {slug} is there, and {user.email} may do everything in it.")
        if is_new:
            self.stdout.write("They choose their password through “Forgot password?” on the sign-in page.")


def user_of(email: str) -> tuple[User, bool]:
    """Return the user of this e-mail, and whether it is a new one: without a password, which nobody else knows then."""
    known = User.objects.filter(email=User.objects.normalize_email(email)).first()
    if known:
        return known, False
    valid(User(email=email, password="!"))  # noqa: S106  # no password: what create_user stores for none
    return User.objects.create_user(email), True


def valid(row: Any) -> Any:
    try:
        row.full_clean()
    except ValidationError as error:
        reasons = [f"{field}: {' '.join(messages)}" for field, messages in error.message_dict.items()]
        raise CommandError("\n  ".join(["Nothing was changed.", *reasons])) from None
    return row
