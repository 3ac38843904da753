from apikeys.verification import Outcome, decide
from tests.conftest import BY


def test_it(shop, erp):
    assert decide(shop.key, shop.old).outcome is Outcome.ACCEPTED
    assert decide(shop.key, shop.new).outcome is Outcome.ACCEPTED
    assert decide(shop.key, shop.old).deprecated_at
    shop.undo_renewal(by=BY)
    assert decide(shop.key, shop.new).outcome is Outcome.WRONG
    assert decide(erp.key, shop.old).outcome is Outcome.WRONG


def test_pages(client, admin, shop, erp):
    client.force_login(admin)
    assert client.get("/").status_code == 302
