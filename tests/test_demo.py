import datetime as dt
import re
from io import StringIO

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.utils import timezone

from apikeys.models import Account, APIKey, Event, Token, User
from apikeys.templatetags.durations import age, elapsed
from apikeys.verification import Outcome, decide

SIGN_INS = ["admin@acme.example", "viewer@acme.example", "admin@globex.example", "staff@example.com"]
PASSWORD, OTHER_PASSWORD = "correct horse battery", "staple correct horse"


def demo(*options):
    """Run the command and return what it printed."""
    out = StringIO()
    call_command("demo", *options, stdout=out)
    return out.getvalue()


def stored():
    """Return all that the database holds, as text."""
    out = StringIO()
    call_command("dumpdata", "--all", stdout=out)
    return out.getvalue()


def printed_credential(text):
    return re.search(r"AppKey: (\S+)' -H 'X-VTEX-API-AppToken: ([A-Z]{128})'", text).groups()


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    monkeypatch.setenv("DEMO_PASSWORD", PASSWORD)
    monkeypatch.delenv("PORT", raising=False)


@pytest.mark.django_db
def test_the_first_run_prints_the_address_the_sign_ins_and_a_check_that_answers_204(client, monkeypatch):
    monkeypatch.setenv("PORT", "8123")
    text = demo()
    key, plaintext = printed_credential(text)

    assert re.findall(r"^  (\S+@\S+)  ", text, re.MULTILINE) == SIGN_INS
    assert re.search(rf"^  password +{PASSWORD}$", text, re.MULTILINE)
    assert text.splitlines()[0] == "http://127.0.0.1:8123"
    assert key == "vtexappkey-acme-YSWQFZ"
    assert f"curl -i -H 'X-VTEX-API-AppKey: {key}'" in text
    assert text.rstrip().endswith(" http://127.0.0.1:8123/api/verify")
    headers = {"X-VTEX-API-AppKey": key, "X-VTEX-API-AppToken": plaintext}
    assert client.get("/api/verify", headers=headers).status_code == 204


@pytest.mark.django_db
def test_what_is_printed_is_stored_nowhere():
    key, plaintext = printed_credential(demo())
    database = stored()

    assert decide(key, plaintext).outcome is Outcome.ACCEPTED
    secret = plaintext[25:]
    assert not [part for i in range(len(secret) - 11) if (part := secret[i : i + 12]) in database]
    assert PASSWORD not in database


@pytest.mark.django_db
def test_the_page_shows_the_twelve_keys_of_the_design(time_machine):
    time_machine.move_to(dt.datetime(2026, 11, 23, 19, 41, tzinfo=dt.UTC), tick=False)
    demo()

    with timezone.override("America/Sao_Paulo"):
        assert [row(key) for key in Account.objects.get(slug="acme").api_keys.for_table()] == [
            ("NKWDEC", "2026-11-20", "", "3 days", "-", True),
            ("LOVBIQ", "2026-11-05", "", "18 days", "48 minutes ago", True),
            ("QZLPNB", "2026-08-12", "pending", "2 days, 3 months", "4 minutes ago, 2 hours ago", True),
            ("HKTMRW", "2026-07-30", "recommended", "3 months", "1 minute ago", True),
            ("TBNJGU", "2026-06-08", "", "41 days", "Just now", True),
            ("DVXCEA", "2026-03-19", "highly", "8 months", "9 hours ago", True),
            ("WFRKOS", "2026-02-02", "", "2 months", "3 hours ago", True),
            ("BMEAHY", "2026-01-25", "", "29 days", "21 days ago", False),
            ("CJEYDN", "2026-01-13", "recommended", "5 months", "6 days ago", True),
            ("RGZUHT", "2025-12-01", "pending", "Today, 8 months", "-, Just now", True),
            ("YSWQFZ", "2025-03-04", "", "12 days", "2 minutes ago", True),
            ("XATSPM", "2024-09-17", "highly", "1 year, 2 months", "7 months ago", False),
        ]


@pytest.mark.django_db
def test_the_external_tab_shows_the_four_keys_of_the_design(time_machine):
    time_machine.move_to(dt.datetime(2026, 11, 23, 19, 41, tzinfo=dt.UTC), tick=False)
    demo()

    with timezone.override("America/Sao_Paulo"):
        assert [external_row(key) for key in Account.objects.get(slug="acme").external_keys.for_table()] == [
            ("vtexappkey-sellerone-ABKQWE", "Seller One", ["IntegrationProfile - Fulfillment Oms"], "2026-10-14", True),
            (
                "vtexappkey-logistix-PLMZRT",
                "Logistix",
                ["Logistics - Full access", "OMS - Read only"],
                "2026-09-03",
                True,
            ),
            ("vtexappkey-adsbridge-HVNCYO", "Ads Bridge", ["Catalog read only"], "2026-05-27", True),
            ("vtexappkey-oldagency-DKTXUS", "Old Agency", ["Webservice - Full access"], "2025-11-30", False),
        ]
    assert not Account.objects.get(slug="globex").external_keys.exists()


def external_row(key):
    roles = [role.name for role in key.roles.all()]
    return key.key, key.known_as, roles, str(timezone.localdate(key.added_at)), key.is_active


@pytest.mark.django_db
def test_the_history_of_each_external_key_begins_where_it_was_added():
    demo()

    for key in Account.objects.get(slug="acme").external_keys.all():
        (event,) = key.events.filter(account=key.account)
        assert (event.action, event.at, event.actor) == ("external_added", key.added_at, "admin@acme.example")
        assert key.api_key.created_at < key.added_at


@pytest.mark.django_db
def test_the_accounts_of_external_keys_have_no_members():
    demo()

    assert set(Account.objects.filter(members=None).values_list("slug", flat=True)) == {
        "sellerone", "logistix", "adsbridge", "oldagency",
    }  # fmt: skip


def row(key):
    tokens = key.tokens.all()
    uses = [elapsed(timezone.now() - token.last_used_at) if token.last_used_at else "-" for token in tokens]
    created = str(timezone.localdate(key.created_at))
    return key.key[-6:], created, key.alert, ", ".join(map(age, tokens)), ", ".join(uses), key.is_active


@pytest.mark.django_db
def test_every_state_is_there_in_and_outside_the_beta():
    demo()
    keys = APIKey.objects.for_table().select_related("account")
    states = {(key.account.slug, key.is_active, key.is_renewing) for key in keys}

    assert states >= {("acme", True, False), ("acme", True, True), ("acme", False, False)}
    assert states >= {("globex", True, False), ("globex", False, True)}
    assert {key.alert for key in keys} == {"", "pending", "recommended", "highly"}
    assert [key.account.in_beta for key in keys] == [key.account.slug == "acme" for key in keys]
    assert sum(key.account.slug == "globex" for key in keys) == 3
    old = Token.objects.filter(is_old=True)
    assert {(token.in_use, token.recently_used) for token in old} == {(True, True), (False, True)}
    assert Token.objects.filter(is_old=False, api_key__tokens__is_old=True, last_used_at=None).exists()


@pytest.mark.django_db
def test_the_history_of_each_key_explains_its_tokens():
    demo()

    for token in Token.objects.select_related("api_key"):
        history = list(token.api_key.events.order_by("at", "pk"))
        assert history[0].action == Event.Action.GENERATED
        assert history[0].at == token.api_key.created_at
        assert token.created_at in [event.at for event in history if event.token_id == token.pk]
        assert {event.key for event in history} == {token.api_key.key}
        last_use = token.last_used_at or token.created_at
        assert token.created_at <= last_use <= timezone.now()
        assert token.api_key.is_active or last_use < history[-1].at


@pytest.mark.django_db
def test_each_sign_in_may_do_what_is_printed_beside_it():
    demo()
    users = {user.email: user for user in User.objects.all()}

    assert set(users) == set(SIGN_INS)
    assert all(user.check_password(PASSWORD) for user in users.values())
    rights = {email: {m.account.slug: len(m.resources) for m in users[email].memberships.all()} for email in users}
    assert rights == {
        "admin@acme.example": {"acme": 4},
        "admin@globex.example": {"globex": 4},
        "staff@example.com": {},
        "viewer@acme.example": {"acme": 1},
    }
    assert [email for email in users if users[email].is_superuser] == ["staff@example.com"]


@pytest.mark.django_db
def test_a_second_run_changes_nothing_and_prints_no_secret(monkeypatch):
    demo()
    before = stored()
    monkeypatch.delenv("DEMO_PASSWORD")

    for text in (demo(), demo("--if-first-start")):
        assert "as printed on the first start; set DEMO_PASSWORD to change it" in text
        assert "curl" not in text
        assert all(email in text for email in SIGN_INS)
    assert stored() == before


@pytest.mark.django_db
def test_a_password_given_later_is_given_to_all_four(monkeypatch):
    demo()
    keys = list(Token.objects.values_list("hash", flat=True))
    assert "changed" not in demo()

    monkeypatch.setenv("DEMO_PASSWORD", OTHER_PASSWORD)
    assert f"{OTHER_PASSWORD} (changed just now)" in demo("--if-first-start")
    assert all(user.check_password(OTHER_PASSWORD) for user in User.objects.all())
    assert list(Token.objects.values_list("hash", flat=True)) == keys


@pytest.mark.django_db
def test_without_a_given_password_a_random_one_is_printed(monkeypatch):
    monkeypatch.delenv("DEMO_PASSWORD")
    password = re.search(r"^  password +(\S{16})$", demo(), re.MULTILINE).group(1)

    assert all(user.check_password(password) for user in User.objects.all())


@pytest.mark.django_db
def test_a_short_password_is_refused_in_one_line(monkeypatch):
    monkeypatch.setenv("DEMO_PASSWORD", "elevenchars")

    with pytest.raises(CommandError, match=r"^DEMO_PASSWORD cannot be used\. .*at least 12 characters\.$"):
        demo()
    assert not Account.objects.exists()
    assert not User.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("slug", ["globex", "sellerone", "initech"])
def test_accounts_of_others_are_left_alone(slug):
    Account.objects.create(slug=slug, name=slug)
    before = stored()

    with pytest.raises(CommandError, match=r"^There are accounts or users that the demo did not make\."):
        demo()
    assert demo("--if-first-start") == ""
    assert stored() == before


def test_an_account_beside_those_of_the_demo_is_left_alone(db):
    demo()
    Account.objects.create(slug="initech", name="Initech")
    before = stored()

    with pytest.raises(CommandError):
        demo()
    assert demo("--if-first-start") == ""
    assert stored() == before


def test_nobody_of_the_same_e_mail_gets_the_password(staff):
    with pytest.raises(CommandError):
        demo()
    assert demo("--if-first-start") == ""
    assert not User.objects.get().has_usable_password()


@pytest.mark.django_db
def test_a_failure_on_the_way_leaves_nothing_half_made():
    Group.objects.filter(name="API Keys Viewer").delete()
    before = stored()

    with pytest.raises(Group.DoesNotExist):
        demo()
    assert stored() == before
