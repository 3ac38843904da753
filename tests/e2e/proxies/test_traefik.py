"""docs/proxy/traefik.yaml as text: Traefik itself is not run here."""

import re

import yaml

from tests.api.test_verify import IDENTITY, KEY, TOKEN
from tests.e2e.proxies.conftest import DOCS, FORGED

HTTP = yaml.safe_load((DOCS / "traefik.yaml").read_text())["http"]


def test_what_it_names_is_there():
    for router in HTTP["routers"].values():
        assert router["service"] in HTTP["services"]
        assert set(router.get("middlewares", [])) <= set(HTTP["middlewares"])


def test_it_takes_all_that_looks_like_an_identity_out_of_the_request_and_the_token_too():
    taken = re.compile(HTTP["middlewares"]["apikeys-check"]["forwardAuth"]["authResponseHeadersRegex"])
    forged = [name for headers in FORGED for name, _ in headers if name != "Connection"]

    assert all(taken.search(name) for name in [*IDENTITY, KEY, TOKEN, *forged])
    assert not any(taken.search(name) for name in ["X-Request-Id", "X-Forwarded-For", "Content-Type", "Authorization"])
    assert HTTP["middlewares"]["apikeys-connection"]["headers"]["customRequestHeaders"] == {"Connection": ""}
