import pytest
from django.contrib.auth.models import Group


@pytest.fixture
def roles(db):
    """Two roles that keys carry for the services behind."""
    return list(Group.objects.filter(name__in=["Catalog", "Logistics"]).order_by("name"))
