# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Which terminals hold which masters of key 1."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cards", "0002_spoiled_and_given_up"),
        ("shops", "0002_card_desk"),
    ]

    operations = [
        migrations.CreateModel(
            name="MasterHolder",
            fields=[
                (
                    "terminal",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="masters",
                        serialize=False,
                        to="shops.terminal",
                    ),
                ),
                ("released_at", models.BigIntegerField(null=True)),
                ("held", models.CharField(default="[]", max_length=40)),
                ("newest", models.PositiveSmallIntegerField(default=0)),
                ("asked_at", models.BigIntegerField(null=True)),
            ],
        ),
    ]
