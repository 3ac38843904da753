import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from apikeys.models import User

USERS = "/admin/apikeys/user/"
PASSWORD = "correct horse battery"


def add(desk, **fields):
    return desk.post(f"{USERS}add/", {"email": "ana@acme.example", "usable_password": "false"} | fields)


def test_staff_add_a_user_with_a_password(desk, client):
    add(desk, usable_password="true", password1=PASSWORD, password2=PASSWORD)

    assert Client().login(email="ana@acme.example", password=PASSWORD)


def test_staff_add_a_user_who_sets_a_password_through_a_mail(desk, mailoutbox):
    assert add(desk).status_code == 302
    assert not User.objects.get(email="ana@acme.example").has_usable_password()

    Client().post("/auth/password/reset/", {"email": "ana@acme.example"})
    assert [mail.to for mail in mailoutbox] == [["ana@acme.example"]]


@pytest.mark.parametrize("password", ["short", "password1234", "ana@acme.example"])
def test_a_bad_password_is_refused(desk, password):
    page = add(desk, usable_password="true", password1=password, password2=password)

    assert page.context["adminform"].errors["password2"]
    assert User.objects.count() == 1


def test_an_e_mail_is_kept_in_lower_case_and_is_one_persons(desk):
    add(desk, email="Ana@Acme.Example")
    page = add(desk, email="ANA@acme.example")

    assert "already exists" in str(page.context["adminform"].errors["email"])
    assert User.objects.filter(email="ana@acme.example").count() == 1


def test_a_new_password_ends_the_sessions_of_the_person(desk, admin):
    person = Client()
    person.force_login(admin)
    passwords = {"usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    assert desk.post(f"{USERS}{admin.pk}/password/", passwords).status_code == 302

    assert "/auth/login/" in person.get("/").url
    assert person.login(email=admin.email, password=PASSWORD)


def test_a_user_who_is_not_active_is_signed_out_at_the_next_request(desk, admin):
    person = Client()
    person.force_login(admin)
    assert desk.post(f"{USERS}{admin.pk}/change/", {"email": admin.email}).status_code == 302

    assert "/auth/login/" in person.get("/").url


def test_users_are_found_by_e_mail(desk, admin, stranger):
    page = desk.get(USERS, {"q": "globex"})

    assert list(page.context["cl"].queryset) == [stranger]


def test_only_a_superuser_changes_users(client, admin, staff):
    clerk = User.objects.create_user("clerk@example.com", is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(content_type__app_label="apikeys"))
    client.force_login(clerk)

    assert admin.email in client.get(USERS).content.decode()
    assert client.post(f"{USERS}{clerk.pk}/change/", {"email": clerk.email, "is_superuser": "on"}).status_code == 403
    assert (
        client.post(f"{USERS}{staff.pk}/password/", {"password1": PASSWORD, "password2": PASSWORD}).status_code == 403
    )
    assert add(client).status_code == 403
    assert User.objects.get(is_superuser=True) == staff


def test_a_person_has_one_e_mail(desk):
    assert desk.get("/admin/account/emailaddress/").status_code == 404
