import base64
import subprocess
import sys

import pytest
from django.core.cache import cache


def test_where_no_key_is_sent_the_next_class_has_its_turn(ask, erp, client, admin):
    client.force_login(admin)
    basic = base64.b64encode(b"admin@acme.example:wrong").decode()

    assert ask("rest/others", erp, erp.plaintext).status_code == 200
    assert client.get("/rest/staff").status_code == 401  # its only class is that of keys
    assert ask("rest/others", HTTP_AUTHORIZATION=f"Basic {basic}").json() == {"detail": "Invalid username/password."}


def test_a_wrong_token_is_401_whatever_other_classes_there_are(ask, erp, shop):
    answer = ask("rest/others", erp, shop.new)

    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "AppToken")


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
