# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Tables as the models were at first."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Shop",
            fields=[
                ("id", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("owner", models.CharField(max_length=40)),
                ("name", models.CharField(max_length=70)),
                ("category", models.CharField(max_length=40)),
                ("area", models.CharField(max_length=40)),
                ("iban", models.CharField(max_length=34)),
            ],
        ),
        migrations.CreateModel(
            name="Terminal",
            fields=[
                ("id", models.CharField(max_length=16, primary_key=True, serialize=False)),
                ("public_key", models.BinaryField(max_length=32)),
                ("paper_till", models.BooleanField()),
                ("secure_element", models.BooleanField()),
                (
                    "state",
                    models.CharField(
                        choices=[("active", "Active"), ("suspended", "Suspended")], default="active", max_length=9
                    ),
                ),
                ("enrolled_at", models.BigIntegerField()),
                (
                    "shop",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="terminals", to="shops.shop"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("paper_till", True)), fields=("shop",), name="shops_one_paper_till"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["active", "suspended"])), name="shops_terminal_state"
                    ),
                ],
            },
        ),
    ]
