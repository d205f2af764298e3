# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Blanks that were spoiled in the making; loads that went back because their card was reported lost."""

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("cards", "0001_initial"),
        ("minting", "0003_cards_and_loads"),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="GivenUpLoad",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.BigIntegerField()),
                (
                    "load",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="given_up", to="minting.load"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SpoiledCard",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.BigIntegerField()),
                (
                    "card",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="spoiled", to="minting.card"
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="spoiled", to="cards.cardorder"
                    ),
                ),
            ],
        ),
    ]
