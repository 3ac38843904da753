import pytest


@pytest.fixture
def desk(client, staff):
    """The browser of staff."""
    client.force_login(staff)
    return client
