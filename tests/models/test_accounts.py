import logging

import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from apikeys.models import Account, Member, Resource, User
from apikeys.models.accounts import roles_to_give
from tests.conftest import BY, member

ALL = set(Resource)
ROLES = {
    "User Administrator - RESTRICTED": ALL,
    "Owner (Admin Super)": {Resource.VIEW},
    "API Keys Viewer": {Resource.VIEW},
    "Catalog": set(),
    "OMS - Full access": set(),
    "Logistics": set(),
    "Pricing": set(),
}


def resources(user: User, account: Account) -> set:
    return set(user.memberships.get(account=account).resources)


def test_the_predefined_roles_are_there_from_the_start(db):
    resources = Permission.objects.filter(codename__in=Resource.values)
    found = {
        role.name: set(resources.filter(group=role).values_list("codename", flat=True)) for role in Group.objects.all()
    }

    assert found == ROLES


def test_some_roles_reach_far_from_the_start(db):
    broad = [role.name for role in roles_to_give() if role.is_broad]

    assert broad == ["OMS - Full access", "Owner (Admin Super)", "User Administrator - RESTRICTED"]


def test_the_resources_bear_the_names_that_staff_read(db):
    found = Permission.objects.filter(codename__in=Resource.values)

    assert dict(found.values_list("codename", "name")) == dict(Resource.choices)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_gives_a_member_its_resources(acme, role):
    user = member(acme, "somebody@acme.example", role)

    assert resources(user, acme) == ROLES[role]


def test_several_roles_add_up(acme, viewer):
    role = Group.objects.create(name="Renewer")
    role.permissions.add(Permission.objects.get(codename=Resource.RENEW))
    viewer.memberships.get().roles.add(role)

    assert resources(viewer, acme) == {Resource.VIEW, Resource.RENEW}


def test_may_asks_for_one_resource(viewer):
    membership = viewer.memberships.get()

    assert membership.may(Resource.VIEW)
    assert not any(membership.may(resource) for resource in ALL - {Resource.VIEW})


def test_a_member_without_roles_may_nothing(acme):
    user = User.objects.create_user("somebody@acme.example")
    Member.objects.create(user=user, account=acme)

    assert resources(user, acme) == set()


def test_roles_count_in_their_own_account_only(acme, globex, admin):
    Member.objects.create(user=admin, account=globex)

    assert resources(admin, acme) == ALL
    assert resources(admin, globex) == set()


def test_permissions_of_the_user_itself_give_nothing_in_an_account(acme, staff):
    Member.objects.create(user=staff, account=acme)
    staff.groups.set(Group.objects.all())
    staff.user_permissions.set(Permission.objects.all())

    assert resources(staff, acme) == set()


def test_only_the_four_resources_count(acme, viewer):
    role = viewer.memberships.get().roles.get()
    role.permissions.set(Permission.objects.exclude(codename__in=Resource.values))

    assert resources(viewer, acme) == set()


def test_a_permission_of_another_app_with_the_same_codename_is_none_of_them(acme, viewer):
    foreign = Permission.objects.create(
        codename=Resource.EDIT, name="Not ours", content_type=ContentType.objects.get_for_model(Group)
    )
    viewer.memberships.get().roles.get().permissions.add(foreign)

    assert resources(viewer, acme) == {Resource.VIEW}


def test_a_cut_role_counts_from_the_next_request(acme, admin):
    admin.memberships.get().roles.clear()

    assert resources(admin, acme) == set()


def test_a_user_is_a_member_of_an_account_once(acme, admin):
    with pytest.raises(IntegrityError), transaction.atomic():
        Member.objects.create(user=admin, account=acme)


@pytest.mark.parametrize("duration", [0, 1, 30, 89, 91, 365])
def test_the_database_knows_two_token_durations(acme, duration):
    with pytest.raises(IntegrityError), transaction.atomic():
        Account.objects.update(token_duration=duration)

    assert Account.objects.get().duration.days == 90


@pytest.mark.parametrize("zone", ["UTC", "America/Sao_Paulo", "Asia/Kolkata", "Pacific/Chatham"])
def test_days_are_counted_in_the_time_zone_of_the_account(acme, zone):
    acme.time_zone = zone

    acme.full_clean()

    assert acme.tz.key == zone


@pytest.mark.parametrize(
    "zone", ["", "Mars/Olympus", "../../etc/passwd", "/etc/localtime", "america/sao_paulo", "UTC\x00"]
)
def test_an_unknown_time_zone_is_refused(acme, zone):
    acme.time_zone = zone

    with pytest.raises(ValidationError) as refusal:
        acme.full_clean()

    assert set(refusal.value.error_dict) == {"time_zone"}


@pytest.mark.parametrize("slug", ["", "Acme", "1acme", "ac-me", "ac me", "acmé", "acme\n", "ac/me", "a" * 33])
def test_a_slug_that_would_not_fit_into_a_key_is_refused(db, slug):
    with pytest.raises(ValidationError) as refusal:
        Account(slug=slug, name="Acme").full_clean()

    assert set(refusal.value.error_dict) == {"slug"}


@pytest.mark.parametrize("slug", ["a", "acme2", "a" * 32])
def test_a_slug_of_lower_case_letters_and_digits_fits(db, slug):
    Account(slug=slug, name="Acme").full_clean()


def test_an_account_begins_outside_the_beta_with_three_months_and_accepts_outdated_tokens(db):
    account = Account.objects.create(slug="new", name="New")

    assert (account.in_beta, account.token_duration, account.refuses_outdated) == (False, 90, False)


def test_an_account_with_keys_cannot_be_deleted(acme, erp):
    with pytest.raises(ProtectedError):
        acme.delete()


def test_the_settings_count_from_the_call_on_and_nothing_else_is_written(acme):
    Account.objects.update(name="Acme", in_beta=False)  # by staff, after `acme` was read

    acme.apply_settings(token_duration=180, refuses_outdated=True, by=BY)

    acme.refresh_from_db()
    assert (acme.token_duration, acme.refuses_outdated) == (180, True)
    assert (acme.name, acme.in_beta) == ("Acme", False)


def test_settings_that_the_database_refuses_change_nothing_and_are_not_logged(acme, caplog):
    with caplog.at_level(logging.INFO), pytest.raises(IntegrityError), transaction.atomic():
        acme.apply_settings(token_duration=91, refuses_outdated=True, by=BY)

    acme.refresh_from_db()
    assert (acme.token_duration, acme.refuses_outdated) == (90, False)
    assert caplog.messages == []


def test_the_log_tells_the_settings_as_they_were_when_they_were_changed(acme, caplog):
    Account.objects.update(token_duration=180)  # by another member, after `acme` was read

    with caplog.at_level(logging.INFO):
        acme.apply_settings(token_duration=90, refuses_outdated=False, by=BY)

    assert "token duration 180 to 90 days" in caplog.text
