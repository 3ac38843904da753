"""What finding keys needs: one normalised text with a trigram index, and an index for every sort."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models

import apikeys.models.keys
import apikeys.models.tokens

COPIES = """
    UPDATE apikeys_token SET
        account_id = (SELECT account_id FROM apikeys_apikey WHERE apikeys_apikey.id = api_key_id),
        key = (SELECT key FROM apikeys_apikey WHERE apikeys_apikey.id = api_key_id)
"""
# Never used is the oldest: first where the order ascends, as NULL is in SQLite by itself.
LAST_USE = "CREATE INDEX token_by_last_use ON apikeys_token (account_id, last_used_at ASC {nulls}, key)"
POSTGRESQL = [
    # A trusted extension: the owner of the database may create it.
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    LAST_USE.format(nulls="NULLS FIRST"),
    "CREATE INDEX api_key_text ON apikeys_apikey USING gin (text gin_trgm_ops)",
]
# The triggers go with the table: a later migration that makes it anew (as SQLite does for most changes) must create them
# again. tests/models/test_finding.py notices.
SQLITE = [
    LAST_USE.format(nulls=""),
    "CREATE VIRTUAL TABLE apikeys_apikey_text USING fts5 (text, content='apikeys_apikey', content_rowid='id', tokenize='trigram')",
    "INSERT INTO apikeys_apikey_text (apikeys_apikey_text) VALUES ('rebuild')",
    """CREATE TRIGGER apikeys_apikey_text_insert AFTER INSERT ON apikeys_apikey BEGIN
        INSERT INTO apikeys_apikey_text (rowid, text) VALUES (new.id, new.text);
    END""",
    """CREATE TRIGGER apikeys_apikey_text_delete AFTER DELETE ON apikeys_apikey BEGIN
        INSERT INTO apikeys_apikey_text (apikeys_apikey_text, rowid, text) VALUES ('delete', old.id, old.text);
    END""",
    """CREATE TRIGGER apikeys_apikey_text_update AFTER UPDATE OF text ON apikeys_apikey BEGIN
        INSERT INTO apikeys_apikey_text (apikeys_apikey_text, rowid, text) VALUES ('delete', old.id, old.text);
        INSERT INTO apikeys_apikey_text (rowid, text) VALUES (new.id, new.text);
    END""",
]
UNDO = {
    "postgresql": ["DROP INDEX api_key_text", "DROP INDEX token_by_last_use"],
    "sqlite": [
        *(f"DROP TRIGGER apikeys_apikey_text_{event}" for event in ("insert", "delete", "update")),
        "DROP TABLE apikeys_apikey_text",
        "DROP INDEX token_by_last_use",
    ],
}


def fill(apps: Any, schema_editor: Any) -> None:
    keys = apps.get_model("apikeys", "APIKey").objects
    rows = []
    for key in keys.iterator(chunk_size=1000):
        key.text = apikeys.models.keys.text_of(key.key, key.name)
        rows.append(key)
    keys.bulk_update(rows, ["text"], batch_size=300)
    schema_editor.execute(COPIES)


def index(apps: Any, schema_editor: Any) -> None:
    for statement in {"postgresql": POSTGRESQL, "sqlite": SQLITE}[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def unindex(apps: Any, schema_editor: Any) -> None:
    for statement in UNDO[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("apikeys", "0002_roles")]
    operations = [
        migrations.AddField("apikey", "text", apikeys.models.keys.SearchableText(default="", editable=False)),
        migrations.AddField(
            "token",
            "account",
            apikeys.models.tokens.AccountOfItsKey(
                db_constraint=False,
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="apikeys.account",
            ),
        ),
        migrations.AddField(
            "token", "key", apikeys.models.tokens.NameOfItsKey(default="", editable=False, max_length=64)
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AddIndex("apikey", models.Index(fields=["account", "key"], name="api_key_by_key")),
        migrations.AddIndex(
            "apikey", models.Index(fields=["account", "is_active", "key"], name="api_key_inactive_first")
        ),
        migrations.AddIndex(
            "apikey", models.Index(fields=["account", "-is_active", "key"], name="api_key_active_first")
        ),
        migrations.AddIndex("token", models.Index(fields=["account", "created_at", "key"], name="token_by_age")),
        migrations.RunPython(index, unindex),
    ]
