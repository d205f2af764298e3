# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The log's tables. What is in the log stays: neither a segment nor a signed tree is changed or deleted."""

from typing import Final

import django.db.models.deletion
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

GUARDED: Final = {"proof_segment": "what is in the log stays", "proof_tree": "a tree that was signed stays"}


def guard(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Triggers that refuse, and the one row of the log's progress."""
    for table, text in GUARDED.items():
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(
                f"CREATE TRIGGER {table}_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('{text}')",
                params=None,
            )
            continue
        for act in ("UPDATE", "DELETE"):
            schema_editor.execute(
                f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{text}'); END",
                params=None,
            )
    apps.get_model("proof", "Progress").objects.create(pk=1)


class Migration(migrations.Migration):
    initial = True
    dependencies = [("ledger", "0001_initial")]
    operations = [
        migrations.CreateModel(
            name="Progress",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("leaves", models.BigIntegerField(default=0)),
                ("last_transfer", models.BigIntegerField(default=0)),
                ("last_entry", models.BigIntegerField(default=0)),
                ("stated_leaves", models.BigIntegerField(default=0)),
                ("stated_at", models.BigIntegerField(default=0)),
                ("totals", models.TextField(default="[]")),
            ],
        ),
        migrations.CreateModel(
            name="Salt",
            fields=[
                (
                    "account",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="ledger.account",
                    ),
                ),
                ("secret", models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name="Segment",
            fields=[
                ("first_leaf", models.BigIntegerField(primary_key=True, serialize=False)),
                ("leaves", models.PositiveSmallIntegerField()),
                ("first_transfer", models.BigIntegerField(null=True, unique=True)),
                ("last_transfer", models.BigIntegerField(null=True)),
                ("entries", models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name="Tree",
            fields=[
                ("size", models.BigIntegerField(primary_key=True, serialize=False)),
                ("root", models.BinaryField()),
                ("at", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="Receipt",
            fields=[
                ("entry", models.BigIntegerField(primary_key=True, serialize=False)),
                ("prefix", models.CharField(max_length=16)),
            ],
            options={"indexes": [models.Index(fields=["prefix"], name="proof_receipt_prefix")]},
        ),
        migrations.RunPython(guard),
    ]
