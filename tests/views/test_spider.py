"""Reading changes nothing: every link and every address of a form, asked for by GET and by HEAD."""

import hashlib
from urllib.parse import parse_qsl, urljoin, urlsplit

import pytest
from bs4 import BeautifulSoup
from django.apps import apps
from django.contrib.sessions.models import Session
from django.core import serializers

from apikeys.models import ExternalKey
from tests.conftest import BY


def digest() -> str:
    """Of every row, but for the sessions: one notes that it is in use."""
    models = [model for model in apps.get_models() if model is not Session]
    rows = (serializers.serialize("json", model._default_manager.order_by("pk")) for model in models)
    return hashlib.sha256("".join(rows).encode()).hexdigest()


def crawl(visitor, start: str) -> set[tuple[str, ...]]:
    """Return the pages that were met on the way, each with the names of what its address asks for."""
    met, waiting = set(), [start]
    while waiting:
        address = waiting.pop()
        parts = urlsplit(address)
        page = (parts.path, *dict(parse_qsl(parts.query)))
        if page in met or parts.netloc or len(page) > 2:  # of sorts and filters one, and one at a time
            continue
        met.add(page)
        b"".join(visitor.head(address))
        response = visitor.get(address)
        content = b"".join(response)
        assert response.status_code < 500, address
        waiting += [response["Location"]] if 300 <= response.status_code < 400 else []
        if response["Content-Type"].startswith("text/html"):
            waiting += [urljoin(address, found) for found in addresses(content)]
    return met


def addresses(content: bytes) -> set[str]:
    page = BeautifulSoup(content, "html.parser")
    found = {
        tag.get(name)
        for name in ("href", "action", "hx-get", "hx-post", "formaction")
        for tag in page.select(f"[{name}]")
    }
    return {address.partition("#")[0] for address in found if not address.startswith(("/static/", "javascript:"))}


@pytest.fixture
def rows(erp, shop, globex, acme):
    ExternalKey.add(globex, erp, by=BY)


@pytest.mark.parametrize(("visitor", "start", "times", "least"), [("admin", "/", 2, 20), ("staff", "/admin/", 1, 60)])
def test_a_spider_changes_nothing(request, client, rows, admin, visitor, start, times, least):
    client.force_login(request.getfixturevalue(visitor))
    before = digest()

    for _ in range(times):
        assert len(crawl(client, start)) > least

    assert digest() == before
