import argon2
import pytest
from django.db import IntegrityError, transaction

from apikeys.models import User


def test_an_email_is_kept_in_lower_case(db):
    assert User.objects.create_user(" Ana@Acme.Example ").email == "ana@acme.example"


@pytest.mark.parametrize("email", ["ana@acme.example", "ANA@acme.example"])
def test_the_database_knows_an_email_once_in_any_case(db, email):
    User.objects.create_user("ana@acme.example")

    with pytest.raises(IntegrityError), transaction.atomic():
        User(email=email).save()


def test_a_user_without_a_password_cannot_sign_in_with_one(db):
    assert not User.objects.create_user("ana@acme.example").has_usable_password()


def test_a_password_is_stored_as_argon2id(db):
    user = User.objects.create_user("ana@acme.example", "correct horse battery staple")

    assert user.check_password("correct horse battery staple")
    assert not user.check_password("correct horse battery stable")
    stored = argon2.extract_parameters(user.password.removeprefix("argon2"))
    assert stored.type is argon2.Type.ID
    assert (stored.memory_cost, stored.time_cost, stored.parallelism) == (19456, 2, 1)


def test_a_superuser_is_staff(db):
    user = User.objects.create_superuser("root@example.com")

    assert (user.is_staff, user.is_superuser) == (True, True)
