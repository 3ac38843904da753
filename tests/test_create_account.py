from io import StringIO

import pytest
from django.core import mail
from django.core.management import CommandError, call_command

from apikeys.models import Account, Member, User

pytestmark = pytest.mark.django_db


def create_account(*arguments: str) -> str:
    out = StringIO()
    call_command("create_account", *arguments, stdout=out)
    return out.getvalue()


def test_an_account_with_its_first_member():
    text = create_account(
        *("initech", "--name", "Initech Store", "--admin", "Ana@Initech.example", "--in-beta"),
        *("--time-zone", "America/Sao_Paulo"),
    )

    account = Account.objects.get()
    assert (account.slug, account.name, account.in_beta) == ("initech", "Initech Store", True)
    assert account.time_zone == "America/Sao_Paulo"
    member = Member.objects.get()
    assert (member.user.email, len(member.resources)) == ("ana@initech.example", 4)
    assert "ana@initech.example may do everything" in text
    assert "Forgot password?" in text


def test_only_the_slug_and_the_member_are_needed():
    create_account("initech", "--admin", "ana@initech.example")

    account = Account.objects.get()
    assert (account.name, account.in_beta, account.time_zone) == ("initech", False, "UTC")


def test_a_new_member_chooses_a_password_by_mail(client):
    create_account("initech", "--admin", "ana@initech.example")
    assert not User.objects.get().has_usable_password()

    client.post("/auth/password/reset/", {"email": "ana@initech.example"})

    assert "/auth/password/reset/key/" in mail.outbox[0].body


def test_a_known_user_becomes_a_member_and_keeps_the_password(admin):
    admin.set_password("correct horse battery")
    admin.save()
    text = create_account("initech", "--admin", "ADMIN@acme.example")

    assert sorted(admin.accounts.values_list("slug", flat=True)) == ["acme", "initech"]
    assert User.objects.get().check_password("correct horse battery")
    assert "Forgot password?" not in text


def test_an_account_that_is_there_is_left_alone(acme):
    with pytest.raises(CommandError, match=r"^There is an account acme already\. Nothing was changed\.$"):
        create_account("acme", "--name", "Other", "--admin", "ana@initech.example")

    assert Account.objects.get().name == "acme"
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["Initech"], "slug: Use lower-case letters and digits"),
        (["9x"], "slug: Use lower-case"),
        (["i" * 33], "slug: Ensure this value has at most 32"),
        (["initech", "--name", "n" * 81], "name: Ensure this value has at most 80"),
        (["initech", "--time-zone", "Mars/Olympus"], "time_zone: Fill in a time zone"),
        (["initech", "--admin", "nobody"], "email: Enter a valid email address"),
    ],
)
def test_what_cannot_be_is_refused_and_leaves_nothing(arguments, reason):
    with pytest.raises(CommandError, match=f"Nothing was changed.\n  {reason}"):
        create_account("--admin", "ana@initech.example", *arguments)

    assert not Account.objects.exists()
    assert not User.objects.exists()
