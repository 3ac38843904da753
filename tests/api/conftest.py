import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client

from apikeys.models import APIKey, Resource
from tests.conftest import BY

KEY, TOKEN = "X-VTEX-API-AppKey", "X-VTEX-API-AppToken"


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
