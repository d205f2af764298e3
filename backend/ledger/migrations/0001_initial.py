# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The book, in the database's own words: what it enforces, Django's migrations cannot express."""

import django.db.models.deletion
from django.db import migrations, models

from backend.ledger.sqlite_schema import TABLES, TRIGGERS


class Migration(migrations.Migration):
    initial = True
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(statement) for statement in (*TABLES, *TRIGGERS)],
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
