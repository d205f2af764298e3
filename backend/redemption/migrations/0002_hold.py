# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("redemption", "0001_initial"),
        ("shops", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Hold",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sale", models.CharField(max_length=32)),
                ("instrument", models.PositiveSmallIntegerField(choices=[(1, "CARD"), (2, "PHONE"), (3, "PAPER")])),
                ("item", models.CharField(max_length=32)),
                ("number", models.PositiveBigIntegerField()),
                ("amount", models.BigIntegerField()),
                ("until", models.PositiveBigIntegerField()),
                (
                    "terminal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="holds", to="shops.terminal"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["item", "until"], name="redemption_hold_item")],
                "constraints": [
                    models.UniqueConstraint(fields=("terminal", "sale", "item", "number"), name="redemption_hold_once"),
                    models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="redemption_hold_amount"),
                ],
            },
        ),
    ]
