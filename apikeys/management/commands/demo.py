"""manage.py demo: two accounts to click through, with keys in every state, their partners, and the sign-ins to them."""

import datetime as dt
import os
import secrets
from argparse import ArgumentParser
from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from apikeys.models import Account, Actor, APIKey, Event, ExternalKey, Plaintext, User
from apikeys.models.accounts import BROAD
from apikeys.models.keys import PREFIX
from apikeys.models.uses import Use, record_uses

MINUTES, HOURS, DAYS = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)
NOW, NEVER = dt.timedelta(), None

# Letters, name, what was done how many days ago, how long ago its token (and its old token) was last used, roles.
Row = tuple[str, str, str, list[dt.timedelta | None], list[str]]
# fmt: off
KEYS: dict[str, list[Row]] = {
    "acme": [
        ("NKWDEC", "Mobile app gateway", "3 generate", [NEVER], ["Checkout Admin"]),
        ("LOVBIQ", "Returns portal", "18 generate", [48 * MINUTES], ["OMS - Full access", "Call center operator"]),
        ("QZLPNB", "Marketplace connector", "103 generate, 82 deactivate, 82 activate, 2 renew, 2 keep_old_token",
         [4 * MINUTES, 2 * HOURS], ["IntegrationProfile - Fulfillment Oms", "Logistics", "OMS - Read only"]),
        ("HKTMRW", "Payment gateway", "116 generate", [1 * MINUTES], ["Payments Notifier"]),
        ("TBNJGU", "Warehouse management", "168 generate, 41 renew, 40 delete_old_token",
         [NOW], ["Logistics - Full access"]),
        ("DVXCEA", "BI nightly export", "249 generate", [9 * HOURS], ["OMS - Read only", "Finance"]),
        ("WFRKOS", "Price updater", "294 generate, 63 renew, 62 delete_old_token",
         [3 * HOURS], ["Pricing integration"]),
        ("BMEAHY", "Load test", "302 generate, 29 renew, 28 delete_old_token, 20 deactivate",
         [21 * DAYS], ["IntegrationProfile - OrderSimulation"]),
        ("CJEYDN", "Newsletter widget", "314 generate, 158 renew, 157 delete_old_token",
         [6 * DAYS], ["Master Data read only"]),
        ("RGZUHT", "Fraud analysis", "357 generate, 250 renew, 249 delete_old_token, 0 renew",
         [NEVER, NOW], ["OMS - Read only", "Payments Notifier", "Pricing integration", "Webservice - Full access"]),
        ("YSWQFZ", "ERP order sync", "629 generate, 12 renew, 11 delete_old_token",
         [2 * MINUTES], ["OMS - Full access", "Logistics - Full access"]),
        ("XATSPM", "Legacy point of sale, store 12", "797 generate, 432 renew, 431 delete_old_token, 214 deactivate",
         [215 * DAYS], ["Webservice - Full access"]),
    ],
    "globex": [
        ("GFWMLK", "Catalog feed", "35 generate", [20 * MINUTES], ["Catalog"]),
        # Deactivated while its renewal was pending; then the account left the beta.
        ("UJTRBE", "Loyalty program", "130 generate, 16 renew, 10 deactivate",
         [11 * DAYS, 10 * DAYS + 1 * HOURS], ["OMS - Full access"]),
        ("HZNQOC", "Price comparison", "200 generate", [2 * DAYS], ["Pricing"]),
    ],
}
# Accounts without members, whose one key acme added: their name, the key, how many days ago it was added, roles there.
PARTNERS: dict[str, tuple[str, Row, int, list[str]]] = {
    "sellerone": ("Seller One", ("ABKQWE", "acme connector", "60 generate", [5 * MINUTES], ["Catalog"]),
                  40, ["IntegrationProfile - Fulfillment Oms"]),
    "logistix": ("Logistix", ("PLMZRT", "Carrier tracking", "95 generate", [3 * HOURS], []),
                 81, ["OMS - Read only", "Logistics - Full access"]),
    "adsbridge": ("Ads Bridge", ("HVNCYO", "Product feed", "183 generate", [NOW], []), 180, ["Catalog read only"]),
    "oldagency": ("Old Agency", ("DKTXUS", "Campaign pages", "400 generate, 120 deactivate", [121 * DAYS], []),
                  358, ["Webservice - Full access"]),
}
# fmt: on
CHECKED = "YSWQFZ"  # the key whose check is printed
TIME_ZONES = {"acme": "America/Sao_Paulo", "globex": "UTC"}
SIGN_INS = {
    "admin@acme.example": ("User Administrator - RESTRICTED", "acme, in the closed beta: may do everything"),
    "viewer@acme.example": ("API Keys Viewer", "acme: may only look"),
    "admin@globex.example": ("User Administrator - RESTRICTED", "globex, outside the beta, with a renewal pending"),
    "staff@example.com": ("", "Django admin, at /admin/"),
}


class Command(BaseCommand):
    help = "Make the accounts acme and globex, with keys in every state, or say again how to sign in to them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--if-first-start", action="store_true", help="leave a database that is in use alone")

    def handle(self, *, if_first_start: bool, **options: Any) -> None:
        plaintext = None
        with transaction.atomic():
            made = [slug for slug in KEYS if Account.objects.filter(slug=slug, members__email=f"admin@{slug}.example")]
            users = User.objects.filter(email__in=SIGN_INS)
            ours = [*made, *PARTNERS] if made else []
            if Account.objects.exclude(slug__in=ours).exists() or (users.exists() and not made):
                if if_first_start:
                    return
                raise CommandError("There are accounts or users that the demo did not make. Nothing was changed.")
            password = given_password()
            if not made:
                password = password or secrets.token_hex(8)
                plaintext = make(password)
            elif password:
                password = give(password, users)
        self.stdout.write(report(password, plaintext))  # after the commit: what is printed is true


def given_password() -> str:
    password = os.environ.get("DEMO_PASSWORD", "")
    try:
        validate_password(password) if password else None
    except ValidationError as error:
        raise CommandError(f"DEMO_PASSWORD cannot be used. {' '.join(error.messages)}") from None
    return password


def give(password: str, users: Iterable[User]) -> str:
    """Give the password to those who have another one, and return what to say of it."""
    others = [user for user in users if not user.check_password(password)]
    for user in others:
        user.set_password(password)
        user.save(update_fields=["password"])
    return f"{password} (changed just now)" if others else password


def make(password: str) -> Plaintext:
    """Make it all, and return the plaintext of the key whose check is printed."""
    plaintexts: dict[str, Plaintext] = {}
    for slug, keys in KEYS.items():
        account = Account.objects.create(slug=slug, name=slug, in_beta=True, time_zone=TIME_ZONES[slug])
        for email in filter(lambda email: email.endswith(f"@{slug}.example"), SIGN_INS):
            member = account.memberships.create(user=User.objects.create_user(email, password))
            member.roles.add(Group.objects.get(name=SIGN_INS[email][0]))
        plaintexts |= {row[0]: live(account, *row) for row in keys}
    Account.objects.filter(slug="globex").update(in_beta=False)
    for slug in PARTNERS:
        add_key_of(slug, to=Account.objects.get(slug="acme"))
    User.objects.create_superuser("staff@example.com", password)
    return plaintexts[CHECKED]


def live(account: Account, letters: str, name: str, life: str, used: list, roles: list[str]) -> Plaintext:
    """Lead a key through its life with the verbs, date each step back, and return the plaintext of its newest token."""
    now, by = timezone.now(), Actor(f"admin@{account.slug}.example", "203.0.113.24")
    groups = [role_named(role) for role in roles]
    key, plaintext = APIKey.generate(account, name, roles=groups, by=by)
    key.key = f"{PREFIX}-{account.slug}-{letters}"
    for days, verb in (step.split() for step in life.split(", ")):
        at = now - int(days) * DAYS
        if verb == "generate":
            key.created_at = at
            key.save()
            key.tokens.get().save()  # with its copy of the key
        elif verb == "renew":
            plaintext = key.renew(by=by).plaintext
        else:
            getattr(key, verb)(by=by)
        if verb in ("generate", "renew"):
            key.tokens.filter(is_old=False).update(created_at=at)
        event = Event.objects.filter(api_key=key).latest("pk")
        Event.objects.filter(pk=event.pk).update(key=key.key, at=at)
    tokens = zip(key.tokens.all(), used, strict=False)
    record_uses(Use(token.pk, now - ago, "198.51.100.7", name) for token, ago in tokens if ago is not NEVER)
    return plaintext


def add_key_of(slug: str, *, to: Account) -> None:
    name, row, days, roles = PARTNERS[slug]
    partner = Account.objects.create(slug=slug, name=name)
    live(partner, *row)
    key, at = partner.api_keys.get(), timezone.now() - days * DAYS
    external = ExternalKey.add(
        to, key, roles=map(role_named, roles), by=Actor(f"admin@{to.slug}.example", "203.0.113.24")
    )
    ExternalKey.objects.filter(pk=external.pk).update(added_at=at)
    external.events.filter(account=to).update(at=at)


def role_named(name: str) -> Group:
    role, is_new = Group.objects.get_or_create(name=name)
    if is_new and name.endswith("Full access"):
        role.permissions.add(Permission.objects.get(codename=BROAD))
    return role


def report(password: str, plaintext: Plaintext | None) -> str:
    address = f"http://127.0.0.1:{os.environ.get('PORT') or 8000}"
    password = password or "as printed on the first start; set DEMO_PASSWORD to change it"
    lines = [address, "", *(f"  {email:<20}  {meaning}" for email, (_role, meaning) in SIGN_INS.items())]
    lines += [f"  {'password':<20}  {password}", ""]
    if plaintext:
        headers = f"-H 'X-VTEX-API-AppKey: {PREFIX}-acme-{CHECKED}' -H 'X-VTEX-API-AppToken: {plaintext}'"
        lines += ["The check of a key, which answers 204. Its token is shown here once, and stored nowhere:", ""]
        lines += [f"  curl -i {headers} {address}/api/verify", ""]
    return "\n".join(lines)
