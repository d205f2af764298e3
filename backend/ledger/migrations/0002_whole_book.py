# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Every account of LEDGER.md section 1 in a book that was made with fewer; and what stops minting."""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from backend.ledger import postgresql_schema, sqlite_schema


def widen(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """All kinds of account."""
    schema = postgresql_schema if schema_editor.connection.vendor == "postgresql" else sqlite_schema
    for statement in schema.WIDER:
        schema_editor.execute(statement, params=None)


def stop_minting(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """The refusal itself."""
    schema = postgresql_schema if schema_editor.connection.vendor == "postgresql" else sqlite_schema
    for statement in schema.MINTING_STOP:
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]
    operations = [
        migrations.RunPython(widen, elidable=False),
        migrations.CreateModel(
            name="MintingStop",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("cause", models.TextField(unique=True)),
                ("since", models.BigIntegerField()),
                ("lifted_at", models.BigIntegerField(null=True)),
                ("lifted_by", models.TextField(default="")),
            ],
        ),
        migrations.RunPython(stop_minting, elidable=False),
    ]
