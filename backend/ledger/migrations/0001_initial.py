# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The book, in the database's own words: what it enforces, Django's migrations cannot express."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from backend.ledger import postgresql_schema, sqlite_schema


def make_book(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """The tables and triggers of this engine."""
    schema = postgresql_schema if schema_editor.connection.vendor == "postgresql" else sqlite_schema
    for statement in (*schema.TABLES, *schema.TRIGGERS):
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    initial = True
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(make_book)],
            state_operations=[
                migrations.CreateModel(
                    name="Account",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("kind", models.TextField()),
                        ("owner", models.TextField()),
                        ("balance", models.BigIntegerField(default=0)),
                        ("last_transfer", models.BigIntegerField(default=0)),
                    ],
                    options={
                        "constraints": [models.UniqueConstraint(fields=("kind", "owner"), name="ledger_account_once")]
                    },
                ),
                migrations.CreateModel(
                    name="Transfer",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("event", models.TextField()),
                        ("line", models.PositiveSmallIntegerField()),
                        ("kind", models.TextField()),
                        ("amount", models.BigIntegerField()),
                        ("reference", models.TextField()),
                        ("at", models.BigIntegerField()),
                        (
                            "credit",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="credits",
                                to="ledger.account",
                            ),
                        ),
                        (
                            "debit",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="debits",
                                to="ledger.account",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [models.UniqueConstraint(fields=("event", "line"), name="ledger_transfer_once")]
                    },
                ),
            ],
        )
    ]
