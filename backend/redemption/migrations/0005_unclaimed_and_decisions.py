# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("redemption", "0004_fewer_indexes"),
    ]

    operations = [
        migrations.AddField(
            model_name="case",
            name="decided_at",
            field=models.PositiveBigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="case",
            name="decided_by",
            field=models.CharField(default="", max_length=40),
        ),
        migrations.AlterField(
            model_name="case",
            name="kind",
            field=models.CharField(
                choices=[
                    ("bad card mac", "Bad Card Mac"),
                    ("card chain", "Card Chain"),
                    ("card overdrawn", "Card Overdrawn"),
                    ("card rules", "Card Rules"),
                    ("two payloads", "Two Payloads"),
                    ("overspent", "Overspent"),
                    ("mint key", "Mint Key"),
                    ("beyond guarantee", "Beyond Guarantee"),
                    ("contradiction", "Contradiction"),
                    ("fork", "Fork"),
                    ("terminal not allowed", "Terminal Not Allowed"),
                    ("card blocked", "Card Blocked"),
                    ("card late", "Card Late"),
                ],
                max_length=20,
            ),
        ),
        migrations.CreateModel(
            name="ReturnedGap",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.CharField(max_length=14)),
                ("first_tmc", models.PositiveBigIntegerField()),
                ("last_tmc", models.PositiveBigIntegerField()),
                ("amount", models.BigIntegerField()),
                ("returned_at", models.PositiveBigIntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("uid", "first_tmc"), name="redemption_gap_once"),
                    models.CheckConstraint(
                        condition=models.Q(("amount__gt", 0), ("first_tmc__lte", models.F("last_tmc"))),
                        name="redemption_gap",
                    ),
                ],
            },
        ),
    ]
