# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Less to do for each transfer of a redemption: see `LEANER` of the schemas."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from backend.ledger import postgresql_schema, sqlite_schema


def make_leaner(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Change triggers and indexes; no row changes."""
    schema = postgresql_schema if schema_editor.connection.vendor == "postgresql" else sqlite_schema
    for statement in schema.LEANER:
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_whole_book")]
    operations = [migrations.RunPython(make_leaner, elidable=False)]
