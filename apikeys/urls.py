from django.urls import include, path, register_converter

from .api.verify import verify
from .models.accounts import SLUG_FORMAT
from .models.keys import KEY_FORMAT
from .views import (
    delete,
    edit,
    export,
    external,
    generate,
    help_page,
    history,
    preferences,
    renewal,
    settings,
    status,
    table,
)


class Name:
    """A part of the path that is a name of ours; what cannot be one is 404 before any query."""

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class AccountName(Name):
    regex = SLUG_FORMAT


class KeyName(Name):
    regex = KEY_FORMAT


register_converter(AccountName, "account")
register_converter(KeyName, "key")

KEYS = "accounts/<account:account>/api-keys/"
KEY = KEYS + "<key:key>/"
EXTERNAL = KEYS + "external/"
EXTERNAL_KEY = EXTERNAL + "<key:key>/"

urlpatterns = [
    path("", table.home, name="home"),
    path("help/", help_page.help_page, name="help"),
    path("theme/", preferences.theme, name="theme"),
    path("language/", preferences.language, name="language"),
    path("api/verify", verify, name="verify"),
    path("api/", include("apikeys.api.urls")),
    path(KEYS, table.table, name="keys"),
    path(KEYS + "export/", export.export, name="export"),
    path(KEYS + "new/", generate.generate, name="generate"),
    path(KEY + "edit/", edit.edit, name="edit"),
    path(KEY + "status/", status.status, name="status"),
    path(KEY + "delete/", delete.delete, name="delete"),
    path(EXTERNAL, external.external, name="external"),
    path(EXTERNAL + "new/", external.add, name="external_add"),
    path(EXTERNAL_KEY + "edit/", external.edit, name="external_edit"),
    path(EXTERNAL_KEY + "remove/", external.remove, name="external_remove"),
    path(EXTERNAL_KEY + "history/", external.history, name="external_history"),
    path(KEYS + "settings/", settings.settings, name="settings"),
    path(KEY + "history/", history.history, name="history"),
    path(KEY + "renewal/", renewal.renewal, name="renewal"),
    path(KEY + "renewal/complete/", renewal.complete, name="renewal_complete"),
    path(KEY + "renewal/undo/", renewal.undo, name="renewal_undo"),
    path(KEY + "old-token/delete/", renewal.delete_old_token, name="old_token_delete"),
]
