import pytest
from django.contrib.auth.models import Group

from apikeys.integrations import Identity, api_key_required


@pytest.mark.parametrize(
    ("roles", "status"), [([], 403), (["Pricing"], 403), (["Catalog"], 200), (["Pricing", "Logistics"], 200)]
)
def test_one_of_the_roles_is_enough_and_needed(ask, erp, roles, status):
    erp.roles.set(Group.objects.filter(name__in=roles))

    answer = ask("plain/some", erp, erp.plaintext)

    assert answer.status_code == status
    assert status == 200 or answer.json()["code"] == "role_missing"


def test_no_cache_may_answer_in_its_place(ask, erp):
    answer = ask("plain/class", erp, erp.plaintext, method="POST")

    assert "private" in answer["Cache-Control"]
    assert "public" not in answer["Cache-Control"]
    assert ask("plain/class", method="POST")["Cache-Control"] == "no-store"


def test_an_async_view_is_refused_when_it_is_decorated():
    async def view(request): ...

    with pytest.raises(TypeError, match="async"):
        api_key_required()(view)


def test_an_identity_cannot_be_changed():
    identity = Identity("acme", "vtexappkey-acme-ABCDEF", "ERP sync", frozenset(["Catalog"]))

    with pytest.raises(AttributeError):
        identity.account = "globex"
