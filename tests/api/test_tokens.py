import datetime as dt
import re

import pytest

from apikeys import last_use
from apikeys.models import Account, APIKey, Event, ExternalKey, Token
from apikeys.verification import Outcome, decide
from tests.api.conftest import KEY, TOKEN, api_key, signed
from tests.conftest import BY

RENEW, FINISH, UNDO = VERBS = ["renew", "finish-renewal", "undo-renewal"]


def outcomes(key, *plaintexts) -> list[str]:
    return [decide(key.key, plaintext).outcome.name for plaintext in plaintexts]


def rows():
    """All that a renewal could have changed."""
    return [list(model.objects.order_by("pk").values()) for model in (APIKey, Event)] + [
        list(Token.objects.order_by("pk").values("pk", "is_old", "hash", "selector"))
    ]


def events(key) -> list[str]:
    return list(Event.objects.filter(api_key=key).order_by("pk").values_list("action", flat=True))


# Renew ----------------------------------------------------------------------------------------------------------------


def test_renew_answers_with_the_new_token_and_both_are_accepted(renewal, erp):
    response = renewal(RENEW, erp)

    answer = response.json()
    plaintext = answer.pop("newToken")
    assert response.status_code == 200
    assert answer == {
        "id": str(erp.pk),
        "keyName": erp.key,
        "creationDateToken": iso(erp.old_token.created_at),
        "creationDateNewToken": iso(erp.token.created_at),
        "expirationPeriod": 90,
    }
    assert outcomes(erp, erp.plaintext, plaintext) == ["ACCEPTED", "ACCEPTED"]


def iso(at: dt.datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"


def test_the_expiration_period_is_the_token_duration_of_the_account(renewal, erp):
    Account.objects.update(token_duration=180)

    assert renewal(RENEW, erp).json()["expirationPeriod"] == 180


def test_a_second_renewal_is_refused_and_changes_nothing(renewal, shop):
    before = rows()

    response = renewal(RENEW, shop)

    assert (response.status_code, response.json()["code"]) == (409, "renewal_pending")
    assert not re.search("[A-Z]{20,}", response.text)
    assert rows() == before


def test_the_plaintext_is_in_the_answer_only(renewal, erp, caplog):
    caplog.set_level("DEBUG")
    plaintext = renewal(RENEW, erp).json()["newToken"]
    renewal(RENEW, erp)

    assert plaintext[25:50] not in caplog.text + str(rows())


def test_the_same_idempotency_key_brings_no_token_back(renewal, erp):
    answers = [renewal(RENEW, erp, **{"Idempotency-Key": "7"}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 409]
    assert "newToken" not in answers[1].json()


def test_renew_is_refused_outside_the_closed_beta_and_completions_are_not(renewal, erp, shop):
    Account.objects.update(in_beta=False)

    assert renewal(RENEW, erp).json()["code"] == "renewal_unavailable"
    assert (renewal(RENEW, erp).status_code, renewal(FINISH, shop).status_code) == (403, 200)


def test_an_inactive_key_can_be_renewed(renewal, erp):
    erp.deactivate(by=BY)

    assert renewal(RENEW, erp).status_code == 200
    assert outcomes(erp, erp.plaintext) == ["INACTIVE"]


# Finish and undo ------------------------------------------------------------------------------------------------------


def test_finish_leaves_the_new_token(renewal, shop):
    new = shop.token

    response = renewal(FINISH, shop)

    assert response.status_code == 200
    assert response.json() == {
        "id": str(shop.pk),
        "creationDateToken": iso(new.created_at),
        "creationDateNewToken": None,
    }
    assert outcomes(shop, shop.old, shop.new) == ["WRONG", "ACCEPTED"]


def test_undo_leaves_the_old_token(renewal, shop):
    old = shop.old_token

    response = renewal(UNDO, shop)

    assert response.json() == {
        "id": str(shop.pk),
        "creationDateToken": iso(old.created_at),
        "creationDateNewToken": None,
    }
    assert outcomes(shop, shop.old, shop.new) == ["ACCEPTED", "WRONG"]


@pytest.mark.parametrize("verb", [FINISH, UNDO])
def test_there_is_nothing_to_complete_without_a_renewal(renewal, erp, verb):
    before = rows()

    response = renewal(verb, erp)

    assert (response.status_code, response.json()["code"]) == (404, "no_renewal_pending")
    assert rows() == before


@pytest.mark.parametrize("verb", [FINISH, UNDO])
@pytest.mark.parametrize("tag", ['"2020-01-01T00:00:00.000Z"', "x", '"', '""', "\x00", 'W/"*"'])
def test_if_match_protects_a_renewal_that_is_not_the_one_meant(renewal, shop, verb, tag):
    before = rows()

    response = renewal(verb, shop, **{"If-Match": tag})

    assert (response.status_code, response.json()["code"]) == (412, "changed_meanwhile")
    assert rows() == before


@pytest.mark.parametrize("tag", ['"{}"', '"2020-01-01T00:00:00.000Z", "{}"', "*", ""])
def test_if_match_lets_the_renewal_that_it_names_be_completed(renewal, erp, tag):
    created = renewal(RENEW, erp).json()["creationDateNewToken"]

    assert renewal(FINISH, erp, **{"If-Match": tag.format(created)}).status_code == 200


# Which keys -----------------------------------------------------------------------------------------------------------


NO_KEYS = [
    "vtexappkey-acme-ZZZZZZ",
    "vtexappkey-globex-ZZZZZZ",
    "erp",
    "-1",
    "%00",
    "%0d%0aX-Api-Key:%20a",
    "%ed%a0%80",
    "%ff",
    "..%5c",
    "'%20OR%201=1--",
    "x" * 4000,
]


@pytest.mark.parametrize("verb", VERBS)
def test_a_key_that_does_not_exist_is_the_same_as_one_of_another_account(renewal, globex, verb):
    foreign, _plaintext = APIKey.generate(globex, "Feed", by=BY)
    before = rows()

    answers = {name: renewal(verb, name) for name in [foreign.key, *NO_KEYS]}

    assert {(answer.status_code, answer.content, str(answer.headers)) for answer in answers.values()} == {
        (400, answers["erp"].content, str(answers["erp"].headers))
    }
    assert answers["erp"].json()["code"] == "unknown_key"
    assert rows() == before


@pytest.mark.parametrize("verb", VERBS)
def test_the_account_of_an_external_key_is_out_of_its_reach(renewal, acme, globex, erp, verb):
    visitor = api_key(globex, "Visitor", "renew_api_token")
    ExternalKey.add(acme, visitor, roles=visitor.roles.all(), by=BY)

    response = renewal(f"{verb}?account=acme", erp, signed(visitor))

    assert (response.status_code, response.json()["code"]) == (400, "unknown_key")


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("which", ["old", "new"])
def test_a_key_can_neither_renew_nor_complete_itself(renewal, robot, verb, which):
    headers = {"old": signed(robot), "new": signed(robot, robot.renew(by=BY).plaintext)}[which]
    before = rows()

    response = renewal(verb, robot, headers)

    assert (response.status_code, response.json()["code"]) == (403, "own_key")
    assert rows() == before


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(
    "spell",
    [
        str.upper,
        lambda key: key.replace("vtex", "VTEX"),
        lambda key: key + "%20",
        lambda key: "%20" + key,
        lambda key: key + "%09",
        lambda key: key + "%0a",
        lambda key: key + "%00",
        lambda key: key + ";a=b",
        lambda key: key.replace("-", "%2d"),
        lambda key: key.replace("v", "%76"),
        lambda key: key.replace("-", "%252d"),
        lambda key: key.replace("k", "%e2%84%aa"),  # the Kelvin sign, which is lowered to k
        lambda key: key.replace("v", "%ef%bd%96"),  # full width, which NFKC makes v
        lambda key: "." + "%2f" + key,
    ],
)
def test_no_spelling_of_its_name_lets_a_key_renew_itself(renewal, robot, verb, spell):
    before = rows()

    assert renewal(verb, spell(robot.key)).status_code in (400, 403, 404)
    assert rows() == before


# Who ------------------------------------------------------------------------------------------------------------------


def test_the_event_names_the_calling_key_and_its_address(call, robot, erp):
    call("PATCH", f"vtexid/apikey/{erp.key}/apitoken/renew", signed(robot), REMOTE_ADDR="2001:db8::1")

    event = Event.objects.get(action="renewed")
    assert (event.actor, event.address) == (robot.key, "2001:db8::1")
    assert (event.key, event.token_id) == (erp.key, erp.token.pk)


def test_each_verb_leaves_one_event_and_a_refusal_none(renewal, erp):
    for verb in [RENEW, RENEW, UNDO, UNDO, RENEW, FINISH, FINISH]:
        renewal(verb, erp)

    assert events(erp) == ["generated", "renewed", "renewal_undone", "renewed", "old_token_deleted"]


@pytest.mark.parametrize("verb", VERBS)
def test_the_roles_of_the_key_decide(renewal, acme, shop, verb):
    limited = api_key(acme, "Limited", "view_api_keys", "edit_api_keys", "edit_api_keys_settings")
    before = rows()

    response = renewal(verb, shop, signed(limited))

    assert (response.status_code, response.json()["code"]) == (403, "not_allowed")
    assert rows() == before


def test_a_role_that_was_taken_counts_from_the_next_request(renewal, robot, erp):
    renewal(RENEW, erp)
    robot.roles.clear()

    assert renewal(UNDO, erp).status_code == 403


def test_an_inactive_caller_learns_so_and_a_deleted_token_is_only_wrong(renewal, robot, shop):
    old = signed(robot)
    robot.renew(by=BY)
    robot.delete_old_token(by=BY)
    gone = renewal(RENEW, shop, old)
    robot.deactivate(by=BY)
    before = rows()

    assert (gone.status_code, gone.json()["code"], gone["WWW-Authenticate"]) == (401, "unauthorized", "AppToken")
    assert renewal(RENEW, shop, old).content == gone.content
    assert rows() == before


def test_an_outdated_token_that_the_account_refuses_opens_nothing(renewal, robot, erp):
    robot.tokens.update(created_at=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
    assert renewal(RENEW, erp).status_code == 200
    Account.objects.update(refuses_outdated=True)

    response = renewal(UNDO, erp)
    last_use.notes.write()

    assert (response.status_code, response.json()["code"]) == (403, "token_outdated")
    assert Event.objects.filter(api_key=robot, action="refused_outdated").exists()


@pytest.mark.parametrize(
    "headers",
    [
        lambda robot, erp: {},
        lambda robot, erp: {KEY: robot.key},
        lambda robot, erp: {TOKEN: robot.plaintext},
        lambda robot, erp: signed(robot, erp.plaintext),
        lambda robot, erp: signed(robot, robot.plaintext[:-1]),
        lambda robot, erp: {"Authorization": f"Bearer {robot.plaintext}", KEY: robot.key},
    ],
)
def test_whatever_is_not_proven_gets_the_same_answer(renewal, robot, erp, call, headers):
    expected = call("PATCH", "vtexid/apikey/any/apitoken/renew")

    response = call("PATCH", f"vtexid/apikey/{erp.key}/apitoken/renew", headers(robot, erp))

    assert (response.status_code, response.content) == (401, expected.content)
    assert response.headers == expected.headers
    assert not erp.is_renewing


def test_a_use_of_the_api_is_a_use_of_the_token(call, robot):
    call("GET", "vlm/appkeys", {**signed(robot), "User-Agent": "cron"}, REMOTE_ADDR="203.0.113.1")
    last_use.notes.write()

    token = robot.token
    assert (token.last_used_address, token.last_used_user_agent) == ("203.0.113.1", "cron")


def test_a_full_gate_is_answered_with_try_again(renewal, erp, full_gate):
    response = renewal(RENEW, erp)

    assert (response.status_code, response.json()["code"], response["Retry-After"]) == (503, "busy", "1")
    assert not erp.is_renewing


# What integrations can rely on ----------------------------------------------------------------------------------------


def test_the_other_token_is_accepted_with_the_same_identity_while_renewing(renewal, erp, client):
    new = renewal(RENEW, erp).json()["newToken"]

    answers = [client.get("/api/verify", headers=signed(erp, plaintext)) for plaintext in (erp.plaintext, new)]

    identity = ["X-Api-Account", "X-Api-Key", "X-Api-Key-Name", "X-Api-Roles"]
    assert [answer.status_code for answer in answers] == [204, 204]
    assert [answers[0][name] for name in identity] == [answers[1][name] for name in identity]


def test_an_answer_that_was_lost_is_undone_and_renewed_while_the_old_token_goes_on(renewal, erp):
    statuses = []
    for verb in [RENEW, RENEW, UNDO, RENEW]:
        statuses.append(renewal(verb, erp).status_code)
        assert decide(erp.key, erp.plaintext).outcome is Outcome.ACCEPTED

    assert statuses == [200, 409, 200, 200]


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])
def test_no_other_method_is_answered(call, robot, shop, verb, method):
    response = call(method, f"vtexid/apikey/{shop.key}/apitoken/{verb}", signed(robot))

    assert (response.status_code, response["Allow"]) == (405, "PATCH")
    assert method == "HEAD" or response.json()["code"] == "method_not_allowed"
    assert robot.plaintext[:25] not in response.text + str(response.headers)
