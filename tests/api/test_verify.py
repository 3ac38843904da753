import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import unquote

import pytest
from django.contrib.auth.models import Group
from django.db import InterfaceError, OperationalError, connection
from django.test import Client
from django.utils import timezone

from apikeys.models import Account, APIKey, Event, Plaintext, Token
from apikeys.models.uses import record_refusal
from tests.api.conftest import KEY, TOKEN
from tests.conftest import BY
from tests.test_verification import guess

IDENTITY = ["X-Api-Account", "X-Api-Key", "X-Api-Key-Name", "X-Api-Roles"]
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"]


def last_used(key: APIKey) -> tuple:
    token = key.token
    return token.last_used_at, token.last_used_address, token.last_used_user_agent


# 204 ------------------------------------------------------------------------------------------------------------------


def test_a_right_token_is_answered_with_the_identity_of_its_key(verify, erp):
    erp.roles.set(Group.objects.filter(name__in=["Logistics", "Catalog", "OMS - Full access"]))

    response = verify(erp.key, erp.plaintext)

    assert (response.status_code, response.content) == (204, b"")
    assert {name: response.get(name) for name in [*IDENTITY, "Deprecation"]} == {
        "X-Api-Account": "acme",
        "X-Api-Key": erp.key,
        "X-Api-Key-Name": "ERP sync",
        "X-Api-Roles": "Catalog, Logistics, OMS - Full access",
        "Deprecation": None,
    }


def test_a_key_without_roles_has_an_empty_list(verify, erp):
    assert verify(erp.key, erp.plaintext)["X-Api-Roles"] == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ERP sync", "ERP sync"),
        ("A-Z & (co) #1; x=y", "A-Z & (co) #1; x=y"),
        ("Integração", "UTF-8''Integra%C3%A7%C3%A3o"),
        ("€ rates", "UTF-8''%E2%82%AC%20rates"),
        ("価格", "UTF-8''%E4%BE%A1%E6%A0%BC"),
        ("Shop 🛒", "UTF-8''Shop%20%F0%9F%9B%92"),
        ("Stock, prices", "UTF-8''Stock%2C%20prices"),
        ("100% sync", "UTF-8''100%25%20sync"),
        ("UTF-8''fake", "UTF-8%27%27fake"),
        ("a\u202eb", "UTF-8''a%E2%80%AEb"),
    ],
)
def test_a_name_that_a_header_cannot_carry_is_percent_encoded(verify, acme, name, value):
    key, plaintext = APIKey.generate(acme, name, by=BY)

    sent = verify(key.key, plaintext)["X-Api-Key-Name"]

    assert sent.removeprefix("UTF-8''") == value.removeprefix("UTF-8''")
    assert (unquote(sent.removeprefix("UTF-8''")) if sent.startswith("UTF-8''") else sent) == name
    assert sent.isascii()


def test_a_role_is_encoded_like_a_name_so_that_the_list_stays_one(verify, erp):
    for name in ("Preços, promoções", "Pricing"):
        erp.roles.add(Group.objects.get_or_create(name=name)[0])

    roles = verify(erp.key, erp.plaintext)["X-Api-Roles"]

    assert roles.split(", ") == ["UTF-8''Pre%C3%A7os%2C%20promo%C3%A7%C3%B5es", "Pricing"]


def test_a_name_with_a_line_break_adds_no_header(verify, erp):
    APIKey.objects.update(name="ERP\r\nX-Api-Account: globex")

    response = verify(erp.key, erp.plaintext)

    assert response["X-Api-Account"] == "acme"
    assert response["X-Api-Key-Name"] == "UTF-8''ERP%0D%0AX-Api-Account%3A%20globex"


def test_while_renewing_the_old_token_is_told_that_it_is_deprecated(verify, shop):
    renewed = dt.datetime(2026, 11, 23, 19, 41, 30, 999999, tzinfo=dt.UTC)
    shop.tokens.filter(is_old=False).update(created_at=renewed)

    old, new = verify(shop.key, shop.old), verify(shop.key, shop.new)

    assert (old.status_code, old["Deprecation"]) == (204, "@1795462890")
    assert (new.status_code, new.get("Deprecation")) == (204, None)
    assert [old[name] for name in IDENTITY] == [new[name] for name in IDENTITY]


def test_what_the_client_says_of_itself_has_no_effect(verify, erp):
    forged = dict.fromkeys(
        [*IDENTITY, "X-Account", "Remote-User", "X-Forwarded-User", "X-Forwarded-Uri", "X-Forwarded-Host"], "globex"
    )

    response = verify(erp.key, erp.plaintext, headers=forged)

    plain = verify(erp.key, erp.plaintext)
    assert [response[name] for name in IDENTITY] == [plain[name] for name in IDENTITY]
    assert "globex" not in str(response.headers)


@pytest.mark.parametrize("method", METHODS)
def test_any_method_is_answered_the_same(verify, shop, method):
    accepted, refused = verify(shop.key, shop.old, method=method), verify(shop.key, None, method=method)

    assert (accepted.status_code, accepted.content) == (204, b"")
    assert (refused.status_code, refused["Cache-Control"]) == (401, "no-store")
    assert not any(secret in str(accepted.headers) + str(refused.content) for secret in (shop.old, shop.old[:25]))


def test_a_form_of_a_browser_is_answered_the_same(verify, erp, client):
    csrf_strict = Client(enforce_csrf_checks=True)

    response = csrf_strict.post("/api/verify", {"a": "b"}, headers={KEY: erp.key, TOKEN: erp.plaintext})

    assert response.status_code == 204


@pytest.mark.parametrize("answer", [204, 401, 403])
def test_no_answer_is_kept_anywhere(verify, erp, shop, answer):
    shop.deactivate(by=BY)
    key, plaintext = {204: (erp, erp.plaintext), 401: (erp, shop.new), 403: (shop, shop.new)}[answer]

    response = verify(key.key, plaintext)

    assert (response.status_code, response["Cache-Control"]) == (answer, "no-store")
    assert not response.cookies
    assert not {"ETag", "Last-Modified", "Expires", "Location"} & set(response.headers)
    assert plaintext[:25] not in str(response.headers) + response.content.decode()


# 401 ------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def unproven(erp, shop):
    """Everything that was not proven right: what was sent, by what is wrong with it."""
    shop.delete_old_token(by=BY)
    gone, plaintext = APIKey.generate(erp.account, "Gone", by=BY)
    gone_key = gone.key
    gone.delete(by=BY)
    return {
        "no headers": (None, None),
        "no token": (erp.key, None),
        "no key": (None, erp.plaintext),
        "empty headers": ("", ""),
        "unknown key": ("vtexappkey-acme-ZZZZZZ", erp.plaintext),
        "key of no format": ("erp", erp.plaintext),
        "invented token": (erp.key, Plaintext.random()),
        "wrong secret": (erp.key, guess(erp.plaintext)),
        "malformed token": (erp.key, erp.plaintext[:-1] + "?"),
        "cut token": (erp.key, erp.plaintext[:-1]),
        "two tokens": (erp.key, f"{erp.plaintext},{erp.plaintext}"),
        "token of another key": (erp.key, shop.new),
        "deleted token": (shop.key, shop.old),
        "deleted key": (gone_key, plaintext),
    }


def whole(response):
    return response.status_code, response.headers, response.content


def test_whatever_is_not_proven_is_refused_with_one_and_the_same_answer(verify, unproven):
    expected = verify(None, None)

    answers = {why: whole(verify(*sent)) for why, sent in unproven.items()}

    assert answers == dict.fromkeys(unproven, whole(expected))
    assert expected.status_code == 401
    assert expected.json() == {"code": "unauthorized", "message": "Unknown key or wrong token."}
    assert expected["WWW-Authenticate"] == "AppToken"


def test_argon2_runs_only_for_the_row_of_that_selector_and_key(verify, unproven, argon2_runs):
    runs = {}
    for why, sent in unproven.items():
        verify(*sent)
        runs[why] = len(argon2_runs)
        argon2_runs.clear()

    assert runs == dict.fromkeys(unproven, 0) | {"wrong secret": 1}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: "",
        lambda text: "\x00",
        lambda text: text + "\x00",
        lambda text: text[:40] + "\x00" + text[41:],
        lambda text: text * 512,
        lambda text: "A" * 65536,
        lambda text: text.lower(),
        lambda text: text + "A",
        lambda text: text[1:],
        lambda text: f'"{text}"',
        lambda text: f"'{text}'",
        lambda text: "\ufeff" + text,
        lambda text: "ï»¿" + text,
        lambda text: "\u0410" + text[1:],  # a Cyrillic A
        lambda text: "é" + text[1:],
        lambda text: text + "\r\nX-Api-Account: globex",
        lambda text: "%00",
        lambda text: "Bearer " + text,
        lambda text: "\ud800" + text,
        lambda text: "🛒" * 32,
        lambda text: "{{7*7}}",
        lambda text: "' OR 1=1 --",
    ],
)
@pytest.mark.parametrize("header", ["key", "token"])
def test_bad_input_is_refused_and_never_an_error(verify, erp, argon2_runs, header, spoil):
    sent = (spoil(erp.key), erp.plaintext) if header == "key" else (erp.key, spoil(str(erp.plaintext)))

    response = verify(*sent)

    assert response.status_code == 401
    assert not argon2_runs


# 403 ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("which", ["old", "new"])
def test_an_inactive_key_is_told_so_once_its_token_is_proven(verify, shop, which):
    shop.deactivate(by=BY)

    response = verify(shop.key, getattr(shop, which))

    assert response.status_code == 403
    assert response.json() == {"code": "key_inactive", "message": "The key is inactive."}
    assert not set(IDENTITY) & set(response.headers)


def test_a_wrong_token_does_not_learn_that_the_key_is_inactive(verify, erp):
    wrong = [Plaintext.random(), guess(erp.plaintext), erp.plaintext[:-1]]
    before = [verify(erp.key, plaintext).content for plaintext in wrong]

    erp.deactivate(by=BY)

    assert [verify(erp.key, plaintext).status_code for plaintext in wrong] == [401, 401, 401]
    assert [verify(erp.key, plaintext).content for plaintext in wrong] == before


@pytest.mark.parametrize(("seconds", "status"), [(-1, 204), (0, 403), (1, 403)])
def test_an_account_that_refuses_outdated_tokens_does_so_from_the_token_duration_on(
    verify, erp, time_machine, seconds, status
):
    Account.objects.update(refuses_outdated=True)
    erp.tokens.update(created_at=dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC))
    time_machine.move_to(dt.datetime(2026, 5, 30, 12, tzinfo=dt.UTC) + dt.timedelta(seconds=seconds), tick=False)

    response = verify(erp.key, erp.plaintext)

    assert response.status_code == status
    assert status == 204 or response.json()["code"] == "token_outdated"


def test_settings_count_from_the_next_check(verify, acme, erp):
    erp.tokens.update(created_at=timezone.now() - dt.timedelta(days=100))
    applied = [(90, False), (90, True), (180, True), (90, True), (90, False)]
    answers = []

    for token_duration, refuses_outdated in applied:
        acme.apply_settings(token_duration=token_duration, refuses_outdated=refuses_outdated, by=BY)
        answers.append(verify(erp.key, erp.plaintext).status_code)

    assert answers == [204, 403, 204, 403, 204]


def test_a_wrong_token_does_not_learn_that_the_right_one_is_outdated(verify, erp):
    Account.objects.update(refuses_outdated=True)
    erp.tokens.update(created_at=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))

    assert verify(erp.key, guess(erp.plaintext)).status_code == 401
    assert verify(erp.key, erp.plaintext).status_code == 403


# 503 ------------------------------------------------------------------------------------------------------------------


def test_a_full_gate_is_answered_with_try_again(verify, erp, full_gate):
    response = verify(erp.key, erp.plaintext)

    assert (response.status_code, response["Retry-After"], response["Cache-Control"]) == (503, "1", "no-store")
    assert response.json()["code"] == "busy"
    assert not set(IDENTITY) & set(response.headers)


def test_a_full_gate_does_not_concern_a_token_that_was_proven(verify, erp, full_gate):
    full_gate.release()
    verify(erp.key, erp.plaintext)
    full_gate.acquire(blocking=False)

    assert verify(erp.key, erp.plaintext).status_code == 204
    assert verify(erp.key, Plaintext.random()).status_code == 401


def failing(error: Exception, statement: str):
    """The database fails at each statement that begins like this."""

    def execute(run, sql, params, many, context):
        if sql.startswith(statement):
            raise error
        return run(sql, params, many, context)

    return connection.execute_wrapper(execute)


@pytest.mark.parametrize("error", [OperationalError("gone: db.internal:5432"), InterfaceError("closed")], ids=type)
def test_without_the_database_there_is_no_verdict(reference, erp, error):
    reference(erp.key, erp.plaintext)

    with failing(error, ""):
        response = reference(erp.key, erp.plaintext)

    assert (response.status_code, response["Retry-After"], response["Cache-Control"]) == (503, "1", "no-store")
    assert not set(IDENTITY) & set(response.headers)
    assert b"db.internal" not in response.content
    assert reference(erp.key, erp.plaintext).status_code == 204


# Last use -------------------------------------------------------------------------------------------------------------


def test_a_use_is_noted_with_its_time_address_and_user_agent(verify, shop, time_machine):
    now = dt.datetime(2031, 5, 1, 8, 30, tzinfo=dt.UTC)
    time_machine.move_to(now, tick=False)

    verify(shop.key, shop.new, headers={"User-Agent": "ERP/1.0"}, address="2001:db8::1")

    assert last_used(shop) == (now, "2001:db8::1", "ERP/1.0")
    assert shop.old_token.last_used_at is None


@pytest.mark.parametrize(("seconds", "noted"), [(59, False), (60, True), (3600, True)])
def test_a_use_is_noted_at_most_once_a_minute(verify, erp, time_machine, seconds, noted):
    first = dt.datetime(2031, 5, 1, 8, 30, tzinfo=dt.UTC)
    time_machine.move_to(first, tick=False)
    verify(erp.key, erp.plaintext, address="203.0.113.1")
    later = first + dt.timedelta(seconds=seconds)
    time_machine.move_to(later, tick=False)

    verify(erp.key, erp.plaintext, address="203.0.113.2")

    assert last_used(erp)[:2] == ((later, "203.0.113.2") if noted else (first, "203.0.113.1"))


def test_each_token_of_a_renewal_has_a_last_use_of_its_own(verify, shop):
    verify(shop.key, shop.old, address="203.0.113.1")
    verify(shop.key, shop.new, address="203.0.113.2")

    assert (shop.old_token.last_used_address, shop.token.last_used_address) == ("203.0.113.1", "203.0.113.2")


@pytest.mark.parametrize("address", ["", "unknown", "unix:", "203.0.113.256", "203.0.113.1, 198.51.100.1", "a\x00b"])
def test_an_address_that_is_none_is_left_empty(verify, erp, address):
    assert verify(erp.key, erp.plaintext, address=address).status_code == 204

    assert erp.token.last_used_at is not None
    assert erp.token.last_used_address is None


def test_the_address_is_that_of_the_connection_whatever_the_client_says(verify, erp):
    claims = {"X-Forwarded-For": "198.51.100.7", "Forwarded": "for=198.51.100.7", "X-Real-IP": "198.51.100.7"}

    verify(erp.key, erp.plaintext, headers=claims, address="203.0.113.1")

    assert erp.token.last_used_address == "203.0.113.1"


@pytest.mark.parametrize(
    ("user_agent", "stored"),
    [
        (None, ""),
        ("é" * 200, "é" * 200),
        ("a" * 201, "a" * 200),
        ("a" * 65536, "a" * 200),
        ("ERP\x00/1.0", "ERP/1.0"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
    ],
)
def test_a_user_agent_is_kept_up_to_200_characters(verify, erp, user_agent, stored):
    assert verify(erp.key, erp.plaintext, headers={"User-Agent": user_agent}).status_code == 204

    assert erp.token.last_used_at is not None
    assert erp.token.last_used_user_agent == stored


def test_a_refusal_notes_nothing(verify, unproven, erp, shop):
    for sent in unproven.values():
        verify(*sent)
    erp.deactivate(by=BY)
    verify(erp.key, erp.plaintext)

    assert last_used(erp) == last_used(shop) == (None, None, "")


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.parametrize("error", [OperationalError("database is locked"), InterfaceError("closed")], ids=type)
def test_a_check_goes_on_where_the_last_use_cannot_be_noted(reference, erp, error):
    with failing(error, "UPDATE"):
        response = reference(erp.key, erp.plaintext)

    assert (response.status_code, response["X-Api-Key"]) == (204, erp.key)
    assert last_used(erp) == (None, None, "")


# What it costs --------------------------------------------------------------------------------------------------------


def test_a_check_takes_one_query(reference, shop, django_assert_num_queries):
    shop.roles.set(Group.objects.all())
    reference(shop.key, shop.old)

    with django_assert_num_queries(1):
        reference(shop.key, shop.old)


def test_a_refusal_takes_at_most_one_query(reference, shop, django_assert_num_queries):
    for queries, plaintext in [(0, shop.old[:-1]), (1, Plaintext.random()), (1, guess(shop.old))]:
        with django_assert_num_queries(queries):
            reference(shop.key, plaintext)


def test_a_proven_token_costs_no_second_argon2(verify, erp, argon2_runs):
    statuses = [verify(erp.key, erp.plaintext).status_code for _ in range(5)]

    assert statuses == [204] * 5
    assert len(argon2_runs) == 1


@pytest.mark.parametrize(
    ("verb", "old", "new"),
    [("delete_old_token", 401, 204), ("undo_renewal", 204, 401), ("deactivate", 403, 403), ("delete", 401, 401)],
)
def test_what_a_verb_ends_is_refused_from_the_next_request_on(verify, shop, verb, old, new):
    assert [verify(shop.key, plaintext).status_code for plaintext in (shop.old, shop.new)] == [204, 204]

    getattr(shop, verb)(by=BY)

    assert [verify(shop.key, plaintext).status_code for plaintext in (shop.old, shop.new)] == [old, new]


def test_a_late_note_of_a_use_brings_no_deleted_token_back(reference, shop):
    def delete_meanwhile(run, sql, params, many, context):
        if sql.startswith("UPDATE") and Token.objects.filter(is_old=True).exists():
            shop.delete_old_token(by=BY)
        return run(sql, params, many, context)

    with connection.execute_wrapper(delete_meanwhile):
        assert reference(shop.key, shop.old).status_code == 204  # it overlapped, so either answer is right

    assert reference(shop.key, shop.old).status_code == 401
    assert shop.tokens.get().accepts(shop.new)


# The history of the key -----------------------------------------------------------------------------------------------


def refusals(key: APIKey) -> list[tuple]:
    recorded = Event.objects.filter(api_key=key, action__startswith="refused_")
    return list(recorded.order_by("pk").values_list("action", "token_id", "actor", "address"))


def test_a_refusal_of_a_right_token_is_an_event_of_its_key(verify, shop):
    shop.deactivate(by=BY)

    verify(shop.key, shop.old, address="2001:db8::1")

    assert refusals(shop) == [("refused_inactive", shop.old_token.pk, shop.key, "2001:db8::1")]


@pytest.mark.parametrize(("minutes", "recorded"), [(59, 1), (60, 2), (600, 2)])
def test_refusals_are_recorded_at_most_once_an_hour(verify, erp, time_machine, minutes, recorded):
    erp.deactivate(by=BY)
    first = dt.datetime(2031, 5, 1, 8, 30, tzinfo=dt.UTC)
    for at in (first, first + dt.timedelta(minutes=minutes)):
        time_machine.move_to(at, tick=False)
        assert [verify(erp.key, erp.plaintext).status_code for _ in range(3)] == [403] * 3

    assert len(refusals(erp)) == recorded


def test_each_token_and_each_reason_is_recorded_for_itself(verify, shop):
    Account.objects.update(refuses_outdated=True)
    shop.tokens.update(created_at=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
    for _ in range(2):
        verify(shop.key, shop.old)
        verify(shop.key, shop.new)
    shop.deactivate(by=BY)
    verify(shop.key, shop.new)

    old, new = shop.old_token.pk, shop.token.pk
    assert [event[:2] for event in refusals(shop)] == [
        ("refused_outdated", old),
        ("refused_outdated", new),
        ("refused_inactive", new),
    ]


def test_what_was_not_proven_is_in_no_history(verify, unproven):
    before = Event.objects.count()
    for sent in unproven.values():
        verify(*sent)

    assert Event.objects.count() == before


def test_a_refusal_that_another_worker_records_meanwhile_is_recorded_once(reference, erp):
    erp.deactivate(by=BY)
    asked = []

    def record_meanwhile(run, sql, params, many, context):
        result = run(sql, params, many, context)
        if "apikeys_event" in sql and sql.startswith("SELECT") and not asked:
            asked.append(sql)
            record_refusal(erp.pk, erp.token.pk, Event.Action.REFUSED_INACTIVE, by=BY, now=timezone.now())
        return result

    with connection.execute_wrapper(record_meanwhile):
        assert reference(erp.key, erp.plaintext).status_code == 403

    assert asked
    assert len(refusals(erp)) == 1


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_flood_of_refusals_in_several_workers_leaves_one_event(erp):
    token, start = erp.token.pk, threading.Barrier(4)

    def record() -> None:
        start.wait()
        try:
            record_refusal(erp.pk, token, Event.Action.REFUSED_INACTIVE, by=BY, now=timezone.now())
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as workers:
        for recorded in [workers.submit(record) for _ in range(4)]:
            recorded.result()

    assert len(refusals(erp)) == 1


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.parametrize("error", [OperationalError("database is locked"), InterfaceError("closed")], ids=type)
@pytest.mark.parametrize("statement", ["INSERT", "SELECT %s AS"])
def test_a_refusal_stays_one_where_it_cannot_be_recorded(reference, erp, error, statement):
    erp.deactivate(by=BY)
    with failing(error, statement):
        response = reference(erp.key, erp.plaintext)

    assert (response.status_code, response.json()["code"]) == (403, "key_inactive")
    assert refusals(erp) == []


def test_a_refusal_that_goes_on_costs_no_write(reference, erp, django_assert_num_queries):
    erp.deactivate(by=BY)
    reference(erp.key, erp.plaintext)

    with django_assert_num_queries(2) as queries:
        reference(erp.key, erp.plaintext)
    assert all(query["sql"].startswith("SELECT") for query in queries.captured_queries)
