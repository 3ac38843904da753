import pytest
from django.test import Client

from tests.api.conftest import KEY, TOKEN


@pytest.fixture(autouse=True)
def project(settings):
    settings.ROOT_URLCONF = "tests.integrations.urls"


@pytest.fixture
def ask():
    """Ask a view as an integration does, where Django looks for form tokens as it does in production."""
    client = Client(enforce_csrf_checks=True)

    def ask(path, key=None, plaintext=None, *, method="GET", **options):
        sent = {KEY: key and key.key, TOKEN: plaintext}
        headers = {name: value for name, value in sent.items() if value is not None}
        return client.generic(method, f"/{path}", headers=headers, **options)

    return ask
