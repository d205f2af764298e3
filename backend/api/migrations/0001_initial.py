# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Answers kept under idempotency keys."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="StoredAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("caller", models.CharField(max_length=80)),
                ("key", models.CharField(max_length=255)),
                ("fingerprint", models.BinaryField(max_length=32)),
                ("taken_at", models.BigIntegerField(db_index=True)),
                ("status", models.PositiveSmallIntegerField(default=0)),
                ("kind", models.CharField(default="", max_length=60)),
                ("body", models.BinaryField(default=b"")),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("caller", "key"), name="api_one_answer_per_key")],
            },
        ),
    ]
