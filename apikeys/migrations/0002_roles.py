"""The four resources, the mark of roles that reach far, and the predefined roles that hold them."""

from typing import Any

from django.db import migrations

RESOURCES = {
    "view_api_keys": "View API Keys",
    "edit_api_keys": "Edit API Keys",
    "renew_api_token": "Renew API Token",
    "edit_api_keys_settings": "Edit API Keys settings",
}
BROAD = {"broad_access": "Broad access"}
ROLES = {
    "User Administrator - RESTRICTED": [*RESOURCES, *BROAD],
    "Owner (Admin Super)": ["view_api_keys", *BROAD],
    "API Keys Viewer": ["view_api_keys"],
    # Carried by keys for the services behind.
    "Catalog": [],
    "OMS - Full access": [*BROAD],
    "Logistics": [],
    "Pricing": [],
}


def seed(apps: Any, schema_editor: Any) -> None:
    content_type, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label="apikeys", model="apikey"
    )
    permissions = {
        codename: apps.get_model("auth", "Permission").objects.get_or_create(
            content_type=content_type, codename=codename, defaults={"name": name}
        )[0]
        for codename, name in (RESOURCES | BROAD).items()
    }
    for name, codenames in ROLES.items():
        role, _ = apps.get_model("auth", "Group").objects.get_or_create(name=name)
        role.permissions.add(*(permissions[codename] for codename in codenames))


class Migration(migrations.Migration):
    dependencies = [
        ("apikeys", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
