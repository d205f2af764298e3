# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Whole tenders that were simply accepted are stored in runs from now on; what is stored already stays as it is.

An entry says which one it completes, so a claim is found by its intent and needs no index of what completed it.
"""

import django.db.models.deletion
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from heitje.journal import Entry

CHUNK = 2000


def say_of(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Every stored entry says which one it completes."""
    stored = apps.get_model("redemption", "JournalEntry")
    chunk = []
    for row in stored.objects.only("id", "data").iterator(CHUNK):
        row.of = Entry.decode(bytes(row.data)).of
        if row.of is not None:
            chunk.append(row)
        if len(chunk) == CHUNK:
            stored.objects.bulk_update(chunk, ["of"])
            chunk = []
    stored.objects.bulk_update(chunk, ["of"])


def store_plainly(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Hashes and signatures do not get smaller: PostgreSQL is not to try."""
    if schema_editor.connection.vendor == "postgresql":
        for column in ("entries", "hashes"):
            schema_editor.execute(f"ALTER TABLE redemption_journalrun ALTER COLUMN {column} SET STORAGE EXTERNAL")


class Migration(migrations.Migration):
    dependencies = [
        ("redemption", "0005_unclaimed_and_decisions"),
        ("shops", "0002_card_desk"),
    ]

    operations = [
        migrations.CreateModel(
            name="JournalRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("first", models.PositiveBigIntegerField()),
                ("last", models.PositiveBigIntegerField()),
                ("time", models.PositiveBigIntegerField()),
                ("entries", models.BinaryField()),
                ("hashes", models.BinaryField()),
                ("received_at", models.PositiveBigIntegerField()),
                (
                    "terminal",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="runs",
                        to="shops.terminal",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("terminal", "first"), name="redemption_run_once"),
                    models.CheckConstraint(condition=models.Q(("first__lt", models.F("last"))), name="redemption_run"),
                ],
            },
        ),
        migrations.RunPython(store_plainly, elidable=False),
        migrations.AddField(
            model_name="journalentry",
            name="of",
            field=models.PositiveBigIntegerField(null=True),
        ),
        migrations.RunPython(say_of, elidable=False),
        migrations.RemoveIndex(
            model_name="claim",
            name="redemption_completed",
        ),
    ]
