# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Tables as the models were at first."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("shops", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Batch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("date", models.DateField()),
                ("run", models.PositiveSmallIntegerField()),
                ("cut_at", models.BigIntegerField()),
                ("bank_file", models.BinaryField(default=b"")),
                ("sha256", models.CharField(default="", max_length=64)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("date", "run"), name="settlement_batch_once")],
            },
        ),
        migrations.CreateModel(
            name="Approval",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("official", models.CharField(max_length=40)),
                ("at", models.BigIntegerField()),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="approvals", to="settlement.batch"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("batch", "official"), name="settlement_approval_once")],
            },
        ),
        migrations.CreateModel(
            name="BatchLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("amount", models.BigIntegerField()),
                ("name", models.CharField(max_length=70)),
                ("iban", models.CharField(max_length=34)),
                ("first_transfer", models.BigIntegerField()),
                ("last_transfer", models.BigIntegerField()),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="lines", to="settlement.batch"
                    ),
                ),
                (
                    "shop",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="shops.shop"),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("batch", "shop"), name="settlement_line_once"),
                    models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="settlement_line_amount"),
                ],
            },
        ),
    ]
