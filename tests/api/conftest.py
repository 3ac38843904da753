"""What machines ask: the check, of the reference view and of the front that is in production; and the JSON API."""

import json
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import Group, Permission
from django.http import HttpResponse
from django.test import Client

from apikeys import last_use
from apikeys.models import APIKey, Resource
from tests.conftest import BY

KEY, TOKEN = "X-VTEX-API-AppKey", "X-VTEX-API-AppToken"
COMMITTED = pytest.mark.django_db(transaction=True, serialized_rollback=True)


# The check ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def reference():
    """Ask the reference view, through all of Django."""
    client = Client(raise_request_exception=False)

    def ask(key, plaintext, *, method="GET", headers=None, address="127.0.0.1", query=None):
        sent = {KEY: key, TOKEN: plaintext, **(headers or {})}
        sent = {name: value for name, value in sent.items() if value is not None}
        path = "/api/verify" + (f"?{urlencode(query)}" if query else "")
        response = client.generic(method, path, headers=sent, REMOTE_ADDR=address)
        last_use.notes.write()
        return response

    return ask


@pytest.fixture
def front(in_front):
    """Ask the front, past the server: as the server gives it what comes over the wire."""

    def ask(key, plaintext, *, method="GET", headers=None, address="127.0.0.1", query=None):
        sent = {"Host": "testserver", KEY: key, TOKEN: plaintext, **(headers or {})}
        response = answered(
            in_front,
            method,
            [(name, value) for name, value in sent.items() if value is not None],
            client=(address, 1),
            query=urlencode(query or {}).encode(),
        )
        last_use.notes.write()
        return response

    return ask


@pytest.fixture(params=["reference", pytest.param("front", marks=COMMITTED)])
def verify(request):
    return request.getfixturevalue(request.param)


def answered(in_front, method, headers, *, client=("127.0.0.1", 1), query=b"", path="/api/verify") -> HttpResponse:
    from config.asgi import application

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query,
        "scheme": "http",
        "client": client,
        "headers": [(raw(name).lower(), raw(value)) for name, value in headers],
    }
    messages = []

    async def send(message):
        messages.append(message)

    in_front(application(scope, None, send))
    start, body = messages
    response = HttpResponse(body["body"], status=start["status"])
    del response["Content-Type"]
    for name, value in start["headers"]:
        response[name.decode()] = value.decode()
    response.json = lambda: json.loads(response.content)
    return response


def raw(text: str) -> bytes:
    """One byte a character, as HTTP has it, and where that cannot be, as a careless client sends it."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


# The JSON API ---------------------------------------------------------------------------------------------------------


def signed(key, plaintext=None) -> dict[str, str]:
    """The headers of a calling key."""
    return {KEY: key.key, TOKEN: plaintext or key.plaintext}


def api_key(account, name: str, *resources: str) -> APIKey:
    """Generate a key whose one role holds these resources; `key.plaintext` opens it."""
    key, key.plaintext = APIKey.generate(account, name, by=BY)
    role = Group.objects.create(name=f"Role of {name} in {account}")
    role.permissions.set(Permission.objects.filter(codename__in=resources))
    key.roles.add(role)
    return key


@pytest.fixture
def robot(acme):
    """A key of acme's that may do all that keys can."""
    return api_key(acme, "Robot", *Resource.values)


@pytest.fixture
def call():
    """Ask as an integration does. An error of ours is answered, as it is in production."""
    client = Client(raise_request_exception=False)

    def call(method: str, path: str, headers=None, data=None, **options):
        options = {"content_type": "application/json", **options}
        body = data if isinstance(data, (bytes, str)) else client._encode_json(data or "", options["content_type"])
        return client.generic(method, f"/api/{path}", body, headers=headers, **options)

    return call


@pytest.fixture
def renewal(call, robot):
    """Renew, finish or undo the token of a key, as the robot; or as another caller."""

    def renewal(verb: str, key, headers=None, **more):
        name = getattr(key, "key", key)
        return call("PATCH", f"vtexid/apikey/{name}/apitoken/{verb}", {**(headers or signed(robot)), **more})

    return renewal
