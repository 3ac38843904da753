"""What finding keys needs besides the indexes of the models: a trigram index on the text, and one for the last use."""

from typing import Any

from django.db import migrations

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


def index(apps: Any, schema_editor: Any) -> None:
    for statement in {"postgresql": POSTGRESQL, "sqlite": SQLITE}[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def unindex(apps: Any, schema_editor: Any) -> None:
    for statement in UNDO[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("apikeys", "0002_roles")]
    operations = [migrations.RunPython(index, unindex)]
