import datetime as dt
import html
import itertools
import re
import smtplib
import time

import pytest
from allauth.account.models import EmailAddress
from bs4 import BeautifulSoup
from django.contrib.auth.hashers import BasePasswordHasher, identify_hasher
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from tests.conftest import member
from tests.naughty import HOSTILE, LOCAL

EMAIL, PASSWORD = "admin@acme.example", "correct horse battery staple"
NEW_PASSWORD = "a new horse and a new battery"
KEYS = "/accounts/acme/api-keys/"


@pytest.fixture(autouse=True)
def no_attempts_yet(db):
    cache.clear()


@pytest.fixture
def ana(admin):
    admin.set_password(PASSWORD)
    admin.save()
    return admin


@pytest.fixture
def other(acme):
    user = member(acme, "other@acme.example", "API Keys Viewer")
    user.set_password(PASSWORD)
    user.save()
    return user


def sign_in(client, email=EMAIL, password=PASSWORD, **options):
    return client.post("/auth/login/", {"login": email, "password": password}, **options)


def fail(client, times, **options):
    return [sign_in(client, password="wrong", **options) for _ in range(times)]


def signed_in(client) -> bool:
    return client.get(KEYS).status_code == 200


def slowed(response) -> bool:
    return "Too many attempts. Try again in 5 minutes." in response.text


# Signing in -----------------------------------------------------------------------------------------------------------


def test_email_and_password_open_the_page(client, ana):
    assert sign_in(client).url == "/"
    assert signed_in(client)


@pytest.mark.parametrize("email", [EMAIL.upper(), f" {EMAIL} "])
def test_the_email_counts_in_any_case_and_without_spaces_around_it(client, ana, email):
    sign_in(client, email)

    assert signed_in(client)


@pytest.mark.parametrize(("field", "autocomplete"), [("login", "username"), ("password", "current-password")])
def test_password_managers_know_the_fields(client, field, autocomplete):
    (tag,) = re.findall(rf'<input [^>]*name="{field}"[^>]*>', client.get("/auth/login/").text)

    assert f'autocomplete="{autocomplete}"' in tag
    assert f'id="id_{field}"' in tag
    assert "onpaste" not in tag


def test_a_password_is_never_cut_by_the_browser(client):
    (tag,) = re.findall(r'<input [^>]*name="password"[^>]*>', client.get("/auth/login/").text)

    assert "maxlength" not in tag


@pytest.mark.parametrize("email", [EMAIL, "nobody@acme.example"])
def test_a_wrong_password_and_an_unknown_email_get_the_same_answer(client, ana, email):
    page = sign_in(client, email, "not my password").text

    assert "Check the email and the password." in page
    assert 'class="alert critical" role="alert"' in page
    assert f'value="{email}"' in page
    assert "not my password" not in page


@pytest.mark.parametrize(
    ("email", "error"),
    [("", "Fill in the email"), ("ana", "Fill in an email such as name@example.com"), ("a" * 400 + "@b.cd", "Fill in")],
)
def test_an_error_stands_next_to_its_field(client, db, email, error):
    page = sign_in(client, email, "").text

    assert f'<p class="field-error" id="id_login_error">{error}' in page
    assert '<p class="field-error" id="id_password_error">Fill in the password' in page
    assert page.count('aria-invalid="true"') == 2
    assert page.count('aria-describedby="id_login_error"') == page.count('aria-describedby="id_password_error"') == 1


@pytest.mark.parametrize(
    ("typed", "begins_with"),
    [(None, "login"), (("", "x"), "login"), ((EMAIL, ""), "password"), ((EMAIL, "wrong"), "password")],
)
def test_the_focus_is_on_the_field_to_fill_in(client, db, typed, begins_with):
    page = (sign_in(client, *typed) if typed else client.get("/auth/login/")).text

    assert re.findall(r'<input [^>]*name="(\w+)"[^>]*autofocus', page) == [begins_with]


def test_the_page_says_that_the_session_expired(client, db):
    assert "The session expired. Sign in again." in client.get("/auth/login/?session=ended").text
    assert "expired" not in client.get("/auth/login/").text


def test_who_is_signed_in_is_led_home(client, ana):
    client.force_login(ana)

    assert client.get("/auth/login/").url == "/"


def test_an_inactive_user_learns_so_only_with_the_right_password(client, ana):
    ana.is_active = False
    ana.save()

    assert sign_in(client).url == "/auth/inactive/"
    assert "Inactive user" in client.get("/auth/inactive/").text
    assert "Check the email and the password." in sign_in(client, password="wrong").text
    assert not signed_in(client)


@pytest.mark.parametrize("headers", [{"accept": "application/json"}, {"x-requested-with": "XMLHttpRequest"}])
def test_no_answer_repeats_the_password(client, ana, headers):
    response = sign_in(client, password="not my password", headers=headers)

    assert response["Content-Type"].startswith("text/html")
    assert "not my password" not in response.text


@pytest.mark.parametrize("page", ["signup/", "email/", "password/change/", "password/set/", "reauthenticate/", ""])
def test_the_other_pages_of_allauth_do_not_exist(client, page):
    assert client.get(f"/auth/{page}").status_code == 404


@pytest.mark.parametrize("page", ["login/", "password/reset/", "password/reset/done/", "inactive/"])
def test_every_link_of_these_pages_leads_somewhere(client, db, page):
    links = re.findall(r'(?:href|action)="(/(?!static)[^"]*)"', client.get(f"/auth/{page}").text)

    links = set(links) - {"/language/"}  # only posted

    assert links
    assert {client.get(html.unescape(link)).status_code for link in links} <= {200, 302}


# Where it leads -------------------------------------------------------------------------------------------------------


def next_kept(response) -> str:
    """Where the form of the sign-in leads on to."""
    page = BeautifulSoup(response.content, "html.parser")
    return (
        page.find("input", attrs={"name": "login"}).find_parent("form").find("input", attrs={"name": "next"})["value"]
    )


@pytest.mark.parametrize("next_page", LOCAL)
def test_sign_in_leads_back_to_where_one_was(client, ana, next_page):
    kept = next_kept(client.get("/auth/login/", {"next": next_page}))

    response = client.post("/auth/login/", {"login": EMAIL, "password": PASSWORD, "next": kept})

    assert response.url == next_page


@pytest.mark.parametrize("next_page", HOSTILE)
def test_a_hostile_next_leads_home(client, ana, next_page):
    form = {"login": EMAIL, "password": PASSWORD}

    assert client.post("/auth/login/", {**form, "next": next_page}).url == "/"
    assert client.get("/auth/login/", {"next": next_page}).url == "/"
    assert client.post("/auth/logout/", {"next": next_page}).url == "/auth/login/"


@pytest.mark.parametrize("next_page", HOSTILE)
def test_a_hostile_next_is_harmless_on_the_page(client, db, next_page):
    page = client.get("/auth/login/", {"next": next_page}).text

    assert not re.search(r'(href|action|src)="(?!/|data:image/svg)', page)


def test_django_admin_asks_on_our_page_and_goes_on_afterwards(client, staff):
    staff.set_password(PASSWORD)
    staff.save()

    asked = client.get("/admin/apikeys/account/?q=acme", follow=True)
    form = {"login": staff.email, "password": PASSWORD, "next": next_kept(asked)}
    entered = client.post("/auth/login/", form, follow=True)

    assert asked.request["PATH_INFO"] == "/auth/login/"
    assert (entered.status_code, entered.request["PATH_INFO"]) == (200, "/admin/apikeys/account/")
    assert entered.request["QUERY_STRING"] == "q=acme"


@pytest.mark.parametrize("method", ["get", "post"])
def test_django_admin_has_no_sign_in_of_its_own(client, db, method):
    response = getattr(client, method)("/admin/login/?next=/admin/")

    assert response.url == "/auth/login/?next=%2Fadmin%2F"


def test_a_member_who_is_not_staff_is_refused_by_django_admin(client, admin):
    client.force_login(admin)

    assert client.get("/admin/", follow=True).status_code == 403


# Slowing down who guesses ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "vary",
    [
        lambda n: {},
        lambda n: {"headers": {"host": f"testserver:{8000 + n}"}},
        lambda n: {"email": EMAIL[:n].upper() + EMAIL[n:]},
        lambda n: {"REMOTE_ADDR": f"198.51.100.{n}"},
        lambda n: {"headers": {"x-forwarded-for": f"198.51.100.{n}"}},
    ],
    ids=["plainly", "by port", "by case", "by address", "by forwarded address"],
)
def test_the_sixth_wrong_password_of_a_name_is_refused(client, ana, vary):
    answers = [sign_in(client, password="wrong", **{"REMOTE_ADDR": "192.0.2.1", **vary(n)}) for n in range(1, 7)]

    assert [slowed(answer) for answer in answers] == [False] * 5 + [True]
    assert slowed(sign_in(client))
    assert not signed_in(client)


def test_a_slowed_name_is_free_after_five_minutes(client, ana, time_machine):
    fail(client, 6)

    time_machine.move_to(timezone.now() + dt.timedelta(minutes=5, seconds=1))
    sign_in(client)

    assert signed_in(client)


def test_a_right_password_does_not_count(client, ana):
    for _ in range(6):
        sign_in(client)
        client.post("/auth/logout/")

    assert not slowed(sign_in(client))


def test_other_names_are_not_slowed(client, ana, other):
    fail(client, 6)

    sign_in(client, other.email)

    assert signed_in(client)


@pytest.mark.parametrize("forwarded", [[], ["x-forwarded-for"], ["x-real-ip"], ["forwarded"]])
def test_the_eleventh_wrong_password_from_an_address_is_refused(client, ana, forwarded):
    def attempt(n, address="198.51.100.9"):
        headers = {name: f"for=203.0.113.{n}" if name == "forwarded" else f"203.0.113.{n}" for name in forwarded}
        return sign_in(client, f"{n}@acme.example", "wrong", headers=headers, REMOTE_ADDR=address)

    assert [slowed(attempt(n)) for n in range(11)] == [False] * 10 + [True]
    assert not slowed(attempt(12, "198.51.100.10"))


def test_the_thirty_first_sign_in_of_a_minute_from_an_address_is_refused(client, db):
    answers = [sign_in(client, "", "").status_code for _ in range(31)]

    assert answers == [200] * 30 + [429]
    assert "Too many attempts" in sign_in(client, "", "").text
    assert client.get("/auth/login/").status_code == 200


# Devices --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def known(client, ana):
    """A browser in which Ana signed in before."""
    sign_in(client)
    client.post("/auth/logout/")
    return client


@pytest.fixture
def unknown():
    return Client(REMOTE_ADDR="198.51.100.66")


def device(client):
    (cookie,) = [cookie for name, cookie in client.cookies.items() if "device" in name]
    return cookie


def test_strangers_do_not_keep_a_person_out_of_a_device_of_hers(known, unknown):
    assert slowed(fail(unknown, 6)[-1])

    sign_in(known)

    assert signed_in(known)


def test_a_known_device_has_five_attempts_too(known, unknown):
    assert [slowed(answer) for answer in fail(known, 6)] == [False] * 5 + [True]
    assert slowed(sign_in(known))
    assert not slowed(sign_in(unknown))


@pytest.mark.parametrize("forge", [lambda value: value + "x", lambda value: "x" + value, lambda value: "", str.lower])
def test_a_forged_device_is_an_unknown_one(known, unknown, forge):
    unknown.cookies[device(known).key] = forge(device(known).value)

    assert slowed(fail(unknown, 6)[-1])
    del unknown.cookies[device(known).key]
    assert slowed(sign_in(unknown))


def test_a_signature_for_one_person_does_not_count_for_another(known, unknown, other):
    sign_in(unknown, other.email)
    theirs = device(unknown)
    fail(Client(REMOTE_ADDR="198.51.100.67"), 5)

    forger = Client(REMOTE_ADDR="198.51.100.68")
    forger.cookies[device(known).key] = theirs.value

    assert slowed(sign_in(forger))


def test_two_persons_may_share_a_device(known, unknown, other):
    sign_in(known, other.email)
    known.post("/auth/logout/")
    fail(unknown, 6)

    assert not slowed(sign_in(known))


def test_a_device_is_forgotten_after_a_year(known, unknown, time_machine):
    time_machine.move_to(timezone.now() + dt.timedelta(days=366))
    fail(unknown, 6)

    assert slowed(sign_in(known))


def test_a_device_alone_opens_nothing(known):
    assert not signed_in(known)


@pytest.mark.parametrize(("https", "prefix"), [(False, "device-"), (True, "__Host-device-")])
def test_the_cookie_of_a_device_is_out_of_reach_of_scripts_and_names_nobody(client, ana, settings, https, prefix):
    settings.HTTPS = https
    sign_in(client)

    assert device(client).key.startswith(prefix)
    assert (device(client)["httponly"], device(client)["samesite"], device(client)["path"]) == (True, "Lax", "/")
    assert device(client)["secure"] == ("" if not https else True)
    assert "admin" not in device(client).OutputString()


# Passwords ------------------------------------------------------------------------------------------------------------


class NeverHashes(BasePasswordHasher):
    algorithm = "never"

    def encode(self, *args):
        raise AssertionError("hashed")

    verify = salt = encode


@pytest.fixture
def no_hashing(settings, ana):
    settings.PASSWORD_HASHERS = [f"{__name__}.NeverHashes"]


def test_a_password_that_is_too_long_is_refused_unhashed(client, no_hashing):
    response = sign_in(client, password="a" * (1024 * 1024 - 1000))

    assert "Use at most 1024 characters" in response.text
    assert len(response.content) < 10_000


def test_a_password_that_is_too_long_costs_next_to_nothing(client, no_hashing):
    times = [time.thread_time()]
    for _ in range(5):
        sign_in(client, password="a" * (1024 * 1024 - 1000))
        times.append(time.thread_time())

    assert min(after - before for before, after in itertools.pairwise(times)) < 0.05


def test_a_form_of_more_than_a_mebibyte_is_refused(client, no_hashing):
    assert sign_in(client, password="a" * 1024 * 1024).status_code == 400


def test_a_long_passphrase_works(client, ana):
    ana.set_password("a b c " * 170)
    ana.save()

    sign_in(client, password="a b c " * 170)

    assert signed_in(client)


@pytest.mark.parametrize("password", ["\x00" * 20, "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16")])
def test_odd_letters_in_a_password_are_an_answer(client, ana, password):
    assert sign_in(client, password=password).status_code == 200


# Signing out ----------------------------------------------------------------------------------------------------------


def test_sign_out_asks_first(client, ana):
    client.force_login(ana)

    assert f"{EMAIL} is signed in on this device." in " ".join(client.get("/auth/logout/").text.split())
    assert signed_in(client)


def test_sign_out_leads_to_the_sign_in_page(client, ana):
    client.force_login(ana)

    assert client.post("/auth/logout/").url == "/auth/login/"
    assert not signed_in(client)
    assert client.get("/auth/logout/").url == "/auth/login/"


# A forgotten password -------------------------------------------------------------------------------------------------


def ask_for_link(client, email=EMAIL, **options):
    return client.post("/auth/password/reset/", {"email": email}, **options)


@pytest.fixture
def link(client, ana, mailoutbox):
    ask_for_link(client)
    (address,) = re.findall(r"http://testserver(/\S+)", mailoutbox[0].body)
    return address


def choose(client, link, password=NEW_PASSWORD, again=None):
    form = client.get(link, follow=True).request["PATH_INFO"]
    again = password if again is None else again
    return client.post(form, {"password1": password, "password2": again}, follow=True)


def test_a_link_to_choose_a_password_is_sent(client, ana, mailoutbox):
    ask_for_link(client)
    (mail,) = mailoutbox

    assert (mail.to, mail.subject) == ([EMAIL], "Choose a new password")
    assert f"A new password was requested for {EMAIL} at testserver." in mail.body
    assert "!" not in mail.body


@pytest.mark.parametrize("error", [TimeoutError, ConnectionRefusedError, smtplib.SMTPServerDisconnected])
def test_a_mail_server_that_is_away_is_503_and_may_be_tried_again(ana, settings, monkeypatch, error):
    def refuse(*args, **options):
        raise error("no")

    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    monkeypatch.setattr(smtplib.SMTP, "connect", refuse)
    response = ask_for_link(Client(raise_request_exception=False))

    assert (response.status_code, response["Retry-After"]) == (503, "1")


def test_the_page_does_not_tell_who_has_a_user_here(client, ana, mailoutbox):
    known, unknown = ask_for_link(client), ask_for_link(Client(), "nobody@acme.example")

    assert (known.status_code, known.url) == (unknown.status_code, unknown.url) == (302, "/auth/password/reset/done/")
    assert [mail.to for mail in mailoutbox] == [[EMAIL], ["nobody@acme.example"]]
    assert "no user signs in with this email" in mailoutbox[1].body
    assert "http" not in mailoutbox[1].body


def test_an_inactive_user_gets_no_link(client, ana, mailoutbox):
    ana.is_active = False
    ana.save()

    ask_for_link(client)

    assert "http" not in mailoutbox[0].body


def test_the_new_password_opens_the_page_and_the_old_one_does_not(client, ana, link):
    assert "Password changed" in choose(client, link).text

    assert "Check the email" in sign_in(client).text
    assert sign_in(client, password=NEW_PASSWORD).url == "/"


def test_a_new_password_is_stored_as_argon2id_of_19_mib(client, ana, link):
    choose(client, link)
    ana.refresh_from_db()

    found = identify_hasher(ana.password).decode(ana.password)
    assert [found[name] for name in ("variety", "memory_cost", "time_cost", "parallelism")] == ["argon2id", 19456, 2, 1]


def test_a_link_works_once(client, link):
    choose(client, link)

    page = client.get(link).text

    assert "Link no longer valid" in page
    assert "A link works once, for 1 hour." in page


@pytest.mark.parametrize(("minutes", "works"), [(59, True), (61, False)])
def test_a_link_works_for_one_hour(client, link, time_machine, minutes, works):
    time_machine.move_to(timezone.now() + dt.timedelta(minutes=minutes))

    assert ("Choose a new password" in client.get(link, follow=True).text) == works


@pytest.mark.parametrize(
    "key", ["1-abc-def", "zzzzzzzzzzzzz-abc", "zzzzzzzzzzzzzz-x", "1-%00", "1-set-password", "0--"]
)
def test_an_invented_link_is_refused(client, ana, key):
    response = client.get(f"/auth/password/reset/key/{key}/")

    assert response.status_code == 200
    assert "Link no longer valid" in response.text


def test_a_link_ends_when_its_user_signs_in(client, link):
    sign_in(client)
    client.post("/auth/logout/")

    assert "Link no longer valid" in client.get(link).text


def test_the_key_of_a_link_leaves_the_address_bar(client, link):
    assert client.get(link).url.endswith("-set-password/")


@pytest.mark.parametrize(
    ("password", "again", "error"),
    [
        ("", "", "Fill in the password"),
        ("short", "short", "This password is too short."),
        ("passwordpassword", "passwordpassword", None),
        ("one thing here", "another thing", "Fill in the same password twice"),
        ("admin@acme.example", "admin@acme.example", "The password is too similar to the email"),
        ("a" * 1025, "a" * 1025, "Use at most 1024 characters"),
    ],
)
def test_a_new_password_has_to_be_a_good_one_typed_twice(client, ana, link, password, again, error):
    page = choose(client, link, password, again).text

    assert ("Password changed" in page) == (error is None)
    assert (error or "Password changed") in page


def test_a_password_manager_learns_whose_password_it_is(client, link):
    page = BeautifulSoup(client.get(link, follow=True).content, "html.parser")

    assert page.find("input", autocomplete="username", hidden=True)["value"] == EMAIL
    assert len(page.find_all("input", autocomplete="new-password")) == 2


def test_a_new_password_frees_a_slowed_name(client, ana, link):
    fail(client, 6)

    choose(client, link)
    sign_in(client, password=NEW_PASSWORD)

    assert signed_in(client)


@pytest.mark.parametrize("headers", [{"x-forwarded-host": "evil.example"}, {"x-original-host": "evil.example"}])
def test_the_link_names_the_host_of_the_installation(client, ana, mailoutbox, headers):
    ask_for_link(client, headers=headers)

    assert "http://testserver/auth/" in mailoutbox[0].body
    assert "evil" not in mailoutbox[0].body


def test_a_foreign_host_sends_nothing(client, ana, mailoutbox):
    assert ask_for_link(client, headers={"host": "evil.example"}).status_code == 400
    assert not mailoutbox


@pytest.mark.parametrize("email", ["", "ana", "a@b.cd\nBcc: x@e.x", "a@b.cd, x@e.x", "\x00@b.cd", "a@b.cd\x00"])
def test_what_is_no_email_sends_nothing(client, db, mailoutbox, email):
    assert 'aria-invalid="true"' in ask_for_link(client, email).text
    assert not mailoutbox


def test_more_than_five_links_a_minute_are_refused(client, ana, mailoutbox):
    assert [ask_for_link(client).status_code for _ in range(6)] == [302] * 5 + [429]
    assert len(mailoutbox) == 5


def test_an_email_that_staff_replaced_opens_nothing_any_more(client, ana, link, mailoutbox):
    sign_in(client)
    client.post("/auth/logout/")
    ana.email = "ana@elsewhere.example"
    ana.save()

    ask_for_link(client)

    assert not EmailAddress.objects.exists()
    assert "no user signs in" in mailoutbox[-1].body
    assert "Check the email" in sign_in(client).text
