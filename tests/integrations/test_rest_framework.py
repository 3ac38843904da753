import subprocess
import sys

import pytest
from django.core.cache import cache

from apikeys.integrations import Identity
from apikeys.integrations.rest_framework import KeyUser
from tests.api.conftest import KEY, TOKEN


def test_where_no_key_is_sent_the_next_class_has_its_turn(ask, client, erp, admin):
    client.force_login(admin)

    assert client.get("/rest/before").json() == "admin@acme.example"
    assert ask("rest/before", erp, erp.plaintext).json() == erp.key


def test_a_wrong_token_is_401_whatever_other_classes_there_are(ask, client, admin, erp, shop):
    client.force_login(admin)

    assert ask("rest/after", erp, shop.new)["WWW-Authenticate"] == "AppToken"
    assert client.get("/rest/before", headers={KEY: erp.key, TOKEN: shop.new}).status_code == 401


def test_each_key_is_a_user_of_its_own(erp, shop):
    erp_user, shop_user = (KeyUser(Identity("acme", key.key, key.name, frozenset())) for key in (erp, shop))

    assert erp_user != shop_user
    assert len({erp_user, shop_user, KeyUser(Identity("acme", erp.key, "", frozenset()))}) == 2


@pytest.mark.parametrize("path", ["rest/staff", "rest/permissions"])
def test_a_key_has_no_permission_that_people_have(ask, erp, path):
    assert ask(path, erp, erp.plaintext, method="POST").status_code == 403


def test_throttles_count_each_key_by_itself(ask, erp, shop):
    cache.clear()

    assert [ask("rest/throttled", erp, erp.plaintext).status_code for _ in range(2)] == [200, 429]
    assert ask("rest/throttled", shop, shop.new).status_code == 200


def test_a_project_without_rest_framework_has_the_decorator():
    program = (
        "import sys; sys.modules['rest_framework'] = None; import django; django.setup(); import apikeys.integrations"
    )

    subprocess.run([sys.executable, "-c", program], env={"DJANGO_SETTINGS_MODULE": "tests.settings"}, check=True)
