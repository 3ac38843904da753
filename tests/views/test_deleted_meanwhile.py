"""A key that somebody deletes between two queries of a page that shows it."""

import pytest
from django.db import connection

from apikeys.models import APIKey
from tests.conftest import BY
from tests.views.conftest import url


@pytest.fixture
def deleted_meanwhile(erp):
    """Deletes the key when its tokens are about to be read."""
    deleting = []

    def execute(run, sql, params, many, context):
        if 'FROM "apikeys_token"' in sql and '"api_key_id" IN' in sql and not deleting:
            deleting.append(True)
            APIKey.objects.get(pk=erp.pk).delete(by=BY)
        return run(sql, params, many, context)

    with connection.execute_wrapper(execute):
        yield
    assert deleting


def test_the_table_leaves_it_out(plain, erp, shop, deleted_meanwhile):
    response = plain.get(url("keys"))

    assert response.status_code == 200
    assert erp.key not in response.text
    assert shop.key in response.text


@pytest.mark.parametrize("flow", ["edit", "status", "delete", "history", "renewal_undo", "old_token_delete"])
def test_its_dialogs_say_that_it_is_gone(plain, erp, deleted_meanwhile, flow):
    response = plain.get(url(flow, erp))

    assert response.status_code == 404
    assert "This key is no longer available" in response.text
