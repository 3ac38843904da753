"""A service behind a proxy: what it gets, and what the client gets instead where its token does not open."""

import pytest
from django.contrib.auth.models import Group

from apikeys import last_use
from apikeys.models import Account, Plaintext
from tests.api.conftest import KEY, TOKEN
from tests.conftest import BY
from tests.e2e.proxies.conftest import CLIENT, FORGED, client_of, credentials


@pytest.fixture
def ask(proxy, service):
    with client_of(proxy.service) as client:
        yield lambda headers, **options: client.request(
            options.pop("method", "GET"), "/orders", headers=headers, **options
        )


def received(service) -> dict[str, str]:
    """Return the one request that got through: its headers as a CGI program would see them, each once."""
    (request,) = service.requests
    names = ["".join(c if c.isalnum() else "_" for c in name.upper()) for name, _ in request["headers"]]
    assert len(names) == len(set(names)), names
    return dict(zip(names, [value for _, value in request["headers"]], strict=True))


def identity(service) -> dict[str, str]:
    return {name: value for name, value in received(service).items() if name.startswith(("X_API", "X_VTEX")) and value}


NO_DEPRECATION = [("Deprecation", "@1"), ("X-Api-Deprecation", "@1")]


def deprecation(key) -> str:
    return f"@{int(key.token.created_at.timestamp())}"


def identity_of(key) -> dict[str, str]:
    return {"X_API_ACCOUNT": "acme", "X_API_KEY": key.key, "X_API_KEY_NAME": key.name}


def test_a_right_token_gets_through_and_the_service_learns_who_it_is_but_not_the_token(ask, service, erp):
    erp.roles.set(Group.objects.filter(name__in=["Catalog", "Logistics"]))

    assert ask(credentials(erp, erp.plaintext)).status_code == 200

    assert identity(service) == {**identity_of(erp), "X_API_ROLES": "Catalog, Logistics"}
    assert erp.plaintext not in str(service.requests)


def test_the_request_itself_arrives_whole(ask, service, erp):
    ask(credentials(erp, erp.plaintext), method="PUT", content=b"stock=5")

    assert (service.requests[0]["method"], service.requests[0]["body"]) == ("PUT", "stock=5")


def test_nothing_else_gets_through(ask, service, erp, shop):
    right = credentials(erp, erp.plaintext)
    unproven = [
        [],
        right[:1],
        credentials(erp, Plaintext.random()),
        credentials(erp, shop.new),
        [*right, right[0]],
        [*right, right[1]],
        [(KEY.replace("-", "_"), erp.key), (TOKEN.replace("-", "_"), erp.plaintext)],
        [*right, ("Connection", TOKEN), (TOKEN, "")],
    ]

    for answer in map(ask, unproven):
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
        assert (answer.headers["WWW-Authenticate"], answer.headers["Cache-Control"]) == ("AppToken", "no-store")
    assert service.requests == []


def test_the_reason_of_a_403_reaches_the_client(ask, service, erp):
    Account.objects.update(refuses_outdated=True)
    erp.tokens.update(created_at="2020-01-01T00:00Z")
    outdated = ask(credentials(erp, erp.plaintext))
    erp.deactivate(by=BY)
    inactive = ask(credentials(erp, erp.plaintext))

    assert (outdated.status_code, outdated.json()["code"]) == (403, "token_outdated")
    assert (inactive.status_code, inactive.json()["code"]) == (403, "key_inactive")
    assert service.requests == []


def test_where_the_answer_is_not_known_the_client_is_told_to_ask_again(ask, service, erp, full_gate):
    answer = ask(credentials(erp, erp.plaintext))

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert service.requests == []


def test_the_service_never_hears_from_the_client_who_it_is(ask, service, erp):
    for forged in FORGED:
        service.requests.clear()
        assert ask([*forged, *credentials(erp, erp.plaintext)]).status_code == 200
        assert identity(service) == identity_of(erp)


@pytest.mark.parametrize("proxy", ["nginx", "caddy"], indirect=True)
def test_while_renewing_the_client_with_the_old_token_is_told(ask, service, shop):
    assert ask(credentials(shop, shop.old)).headers["Deprecation"] == deprecation(shop)
    assert "Deprecation" not in ask([*NO_DEPRECATION, *credentials(shop, shop.new)]).headers


@pytest.mark.parametrize("proxy", ["traefik"], indirect=True)
def test_where_the_proxy_cannot_tell_the_client_it_tells_the_service(ask, service, shop):
    ask(credentials(shop, shop.old))
    assert received(service)["DEPRECATION"] == deprecation(shop)
    service.requests.clear()
    ask([*NO_DEPRECATION, *credentials(shop, shop.new)])
    assert "DEPRECATION" not in received(service)


def test_what_the_service_itself_answers_is_left_alone(ask, service, erp):
    for status in (401, 403, 404, 500, 503):
        answer = ask([*credentials(erp, erp.plaintext), ("Answer-With", str(status))])
        assert (answer.status_code, answer.json()) == (status, service.requests[-1])


def test_the_last_use_is_from_the_address_of_the_client(ask, erp):
    ask([*credentials(erp, erp.plaintext), ("X-Forwarded-For", "198.51.100.7"), ("X_Forwarded_For", "198.51.100.8")])
    last_use.notes.write()

    assert erp.token.last_used_address == CLIENT


def test_no_token_is_in_the_logs(ask, proxy, erp, shop):
    ask(credentials(erp, erp.plaintext))
    ask(credentials(erp, shop.new))
    ask([], params={"token": shop.old})

    assert "/orders" in proxy.logs()
    assert not any(plaintext[25:121] in proxy.logs() for plaintext in (erp.plaintext, shop.new, shop.old))
