import pytest
from django.urls import reverse


def url(name: str, key=None, account: str = "acme") -> str:
    """The address of a page of the cast."""
    return reverse(name, args=[account] if key is None else [account, key.key])


@pytest.fixture
def plain(client, admin):
    """Acme's admin, without JavaScript."""
    client.force_login(admin)
    return client


@pytest.fixture
def htmx(client, admin):
    """Acme's admin, as htmx asks."""
    client.force_login(admin)
    client.defaults |= {"HTTP_HX_REQUEST": "true", "HTTP_HX_CURRENT_URL": "http://testserver/accounts/acme/api-keys/"}
    return client
