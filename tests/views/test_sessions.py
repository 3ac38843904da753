import datetime as dt
import os
import re
import subprocess
import sys

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from apikeys.verification import Outcome, decide
from tests.views.conftest import url

EMAIL, PASSWORD = "admin@acme.example", "correct horse battery staple"
KEYS = "/accounts/acme/api-keys/"
WRITES = ("INSERT", "UPDATE", "DELETE", "SAVEPOINT", "BEGIN")


@pytest.fixture
def ana(admin):
    cache.clear()
    admin.set_password(PASSWORD)
    admin.save()
    return admin


@pytest.fixture
def ana_in(client, ana):
    """Ana's browser, signed in through the page a moment ago."""
    sign_in(client)
    return client


@pytest.fixture
def later(time_machine):
    """Let minutes pass."""
    time_machine.move_to(timezone.now(), tick=False)
    return lambda minutes: time_machine.shift(dt.timedelta(minutes=minutes))


def sign_in(client, **more):
    return client.post("/auth/login/", {"login": EMAIL, "password": PASSWORD, **more})


def signed_in(client) -> bool:
    return client.get(KEYS).status_code == 200


# Limits ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("minutes", "still_in"), [(29, True), (30, True), (31, False)])
def test_who_was_idle_for_thirty_minutes_is_signed_out(later, ana_in, minutes, still_in):
    assert signed_in(ana_in)

    later(minutes)

    assert signed_in(ana_in) is still_in


def test_the_idle_time_begins_with_the_sign_in(later, ana_in):
    later(31)

    assert not signed_in(ana_in)


def test_the_last_minute_of_activity_does_not_shorten_the_idle_time(later, ana_in):
    later(0.9)
    assert signed_in(ana_in)

    later(29)

    assert signed_in(ana_in)


def test_the_sign_in_page_leads_back_to_what_was_on_screen(later, ana_in):
    later(31)

    asked = ana_in.get(f"{KEYS}?q=erp&page=1")

    assert asked.url == "/auth/login/?next=%2Faccounts%2Facme%2Fapi-keys%2F%3Fq%3Derp%26page%3D1&session=ended"
    assert "The session expired. Sign in again." in ana_in.get(asked.url).text
    assert sign_in(ana_in, next=asked.wsgi_request.get_full_path()).url == f"{KEYS}?q=erp&page=1"


def test_a_first_visit_is_not_told_that_a_session_expired(client, acme):
    assert "session=ended" not in client.get(KEYS).url


@pytest.mark.parametrize(("hours", "still_in"), [(11.9, True), (12.1, False)])
def test_who_is_never_idle_is_signed_out_after_twelve_hours(later, ana_in, hours, still_in):
    for _ in range(int(hours * 3)):
        later(20)
        signed_in(ana_in)
    later(hours % (1 / 3) * 60)

    assert signed_in(ana_in) is still_in


def test_the_twelve_hours_begin_with_the_sign_in(later, ana_in):
    """Not with the first page after it, and the cookie says the same."""
    (session,) = Session.objects.all()

    assert session.expire_date == timezone.now() + dt.timedelta(hours=12)
    assert abs(ana_in.cookies["sessionid"]["max-age"] - 12 * 60 * 60) <= 1


def test_activity_does_not_move_the_end_of_the_session(later, ana_in):
    (before,) = Session.objects.values_list("expire_date", flat=True)
    for _ in range(5):
        later(10)
        signed_in(ana_in)

    (after,) = Session.objects.values_list("expire_date", flat=True)
    assert abs(after - before) < dt.timedelta(seconds=2)


def test_signing_in_again_begins_anew(later, ana_in):
    later(31)
    signed_in(ana_in)
    sign_in(ana_in)
    later(29)

    assert signed_in(ana_in)


# Writes ---------------------------------------------------------------------------------------------------------------


def writes(client, queries) -> list[str]:
    with queries as found:
        assert signed_in(client)
    return [query["sql"] for query in found if query["sql"].startswith(WRITES)]


def test_a_page_writes_nothing_but_a_note_once_a_minute(later, ana_in, django_assert_max_num_queries):
    assert writes(ana_in, django_assert_max_num_queries(30)) == []
    later(0.9)
    assert writes(ana_in, django_assert_max_num_queries(30)) == []
    later(0.2)
    assert any("django_session" in query for query in writes(ana_in, django_assert_max_num_queries(30)))
    assert writes(ana_in, django_assert_max_num_queries(30)) == []


def test_a_visitor_without_a_session_costs_no_query(client, db, django_assert_num_queries):
    with django_assert_num_queries(0):
        client.get("/nothing/")
        client.get("/auth/login/")


# A database that is busy ----------------------------------------------------------------------------------------------


def busy(run, sql, params, many, context):
    if 'UPDATE "django_session"' in sql:
        raise OperationalError("database is locked")
    return run(sql, params, many, context)


def test_a_new_token_is_shown_though_the_session_cannot_note_it(ana_in, erp):
    with connection.execute_wrapper(busy):
        response = ana_in.post(url("renewal", erp))

    shown = re.search("[A-Z]{128}", response.text)[0]
    assert response.status_code == 200
    assert decide(erp.key, shown).outcome is Outcome.ACCEPTED
    assert signed_in(ana_in)


def test_a_sign_in_that_cannot_be_stored_may_be_tried_again(client, ana):
    client.raise_request_exception = False
    with connection.execute_wrapper(busy):
        response = sign_in(client)

    assert (response.status_code, response["Retry-After"]) == (503, "1")
    assert not signed_in(client)
    sign_in(client)
    assert signed_in(client)


def test_a_reset_link_that_cannot_be_stored_may_be_tried_again(client, ana, mailoutbox):
    client.raise_request_exception = False
    client.post("/auth/password/reset/", {"email": EMAIL})
    link = mailoutbox[0].body.split("http://testserver")[1].split()[0]
    client.get(link)
    with connection.execute_wrapper(busy):
        response = client.get(link)

    assert (response.status_code, response["Retry-After"]) == (503, "1")


# Ends -----------------------------------------------------------------------------------------------------------------


def test_sign_in_gives_a_new_session(client, ana):
    client.cookies["sessionid"] = planted = "planted0123456789planted01234567"

    sign_in(client)

    assert client.cookies["sessionid"].value != planted
    assert Session.objects.count() == 1


def test_a_session_that_a_reset_link_began_gets_a_new_id_at_sign_in(client, ana, mailoutbox):
    client.post("/auth/password/reset/", {"email": EMAIL})
    client.get(mailoutbox[0].body.split("http://testserver")[1].split()[0])
    before = client.cookies["sessionid"].value

    sign_in(client)

    assert client.cookies["sessionid"].value != before
    assert not Session.objects.filter(pk=before).exists()


def test_after_sign_out_the_old_session_opens_nothing(ana_in):
    old = ana_in.cookies["sessionid"].value

    ana_in.post("/auth/logout/")
    ana_in.cookies["sessionid"] = old

    assert not signed_in(ana_in)
    assert not Session.objects.exists()


def test_sign_out_ends_this_session_only(ana_in, ana):
    other = Client()
    sign_in(other)

    ana_in.post("/auth/logout/")

    assert signed_in(other)


def test_a_disabled_user_is_out_at_the_next_request(ana_in, ana):
    assert signed_in(ana_in)

    ana.is_active = False
    ana.save()

    assert not signed_in(ana_in)


def test_a_deleted_user_is_out_at_the_next_request(ana_in, ana):
    ana.delete()

    assert not signed_in(ana_in)


def test_a_changed_password_ends_every_session(ana_in, ana):
    ana.set_password("a new horse and a new battery")
    ana.save()

    assert not signed_in(ana_in)


def test_a_new_password_by_mail_ends_the_sessions_elsewhere(ana_in, mailoutbox):
    somebody = Client()
    somebody.post("/auth/password/reset/", {"email": EMAIL})
    form = somebody.get(mailoutbox[0].body.split("http://testserver")[1].split()[0]).url
    somebody.post(form, {"password1": "a new horse", "password2": "a new horse"})
    assert signed_in(ana_in)  # too short: nothing happened
    somebody.post(form, {"password1": "a new horse and battery", "password2": "a new horse and battery"})

    assert not signed_in(ana_in)


@pytest.mark.parametrize("keeps_the_old_one", [True, False])
def test_a_new_secret_key_ends_the_sessions_unless_the_old_one_still_counts(ana_in, settings, keeps_the_old_one):
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY] if keeps_the_old_one else []
    settings.SECRET_KEY = "a new one " * 6

    assert signed_in(ana_in) is keeps_the_old_one


def test_a_form_sent_after_the_session_ended_changes_nothing(later, ana_in, erp):
    later(31)

    response = ana_in.post(url("renewal", erp))

    assert response.url.startswith("/auth/login/?")
    assert erp.tokens.count() == 1


# What is kept ---------------------------------------------------------------------------------------------------------


def test_no_cookie_carries_messages(ana_in, shop):
    assert ana_in.post(url("renewal_undo", shop), {"token": shop.token.pk}).status_code == 303
    ana_in.get("/")
    ana_in.post("/auth/logout/")

    assert {name.partition("-")[0] for name in ana_in.cookies} <= {"sessionid", "csrftoken", "device", "account"}


def test_a_session_holds_nothing_secret(ana_in, ana, erp):
    plaintext = ana_in.post(url("renewal", erp)).context["renewal"].plaintext
    ana_in.get(KEYS)

    (session,) = Session.objects.all()
    kept = repr(session.get_decoded())
    assert str(plaintext)[25:37] not in kept
    assert PASSWORD not in kept
    assert ana.password not in kept


def test_a_cookie_of_a_session_says_nothing_about_it(ana_in):
    assert len(ana_in.cookies["sessionid"].value) == 32
    assert EMAIL not in str(ana_in.cookies)


@pytest.mark.parametrize(("https", "prefix"), [("on", "__Host-"), ("off", "")])
def test_cookies_are_tied_to_the_host_where_there_is_https(https, prefix):
    names = ["SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE"]
    code = f"from config import settings; print(*[getattr(settings, name) for name in {names}])"
    environment = {**os.environ, "HTTPS": https, "SECRET_KEY": "x" * 50}
    found = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)

    secure = str(https == "on")
    assert found.stdout.split() == [f"{prefix}sessionid", f"{prefix}csrftoken", secure, secure]
