# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""One validation in twenty is inspected again; what a validator minted in a day is found at once."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tasks", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="InspectionSeed",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("seed", models.BinaryField()),
                ("since", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="SecondInspection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("drawn_at", models.BigIntegerField()),
                ("inspector", models.CharField(default="", max_length=40)),
                ("inspected_at", models.BigIntegerField(null=True)),
                ("well", models.BooleanField(null=True)),
                ("reason", models.TextField(default="")),
            ],
        ),
        migrations.AddIndex(
            model_name="taskmove",
            index=models.Index(
                condition=models.Q(("move", "validate")), fields=["actor", "at"], name="tasks_validated_by"
            ),
        ),
        migrations.AddField(
            model_name="secondinspection",
            name="validation",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="second", to="tasks.taskmove"
            ),
        ),
    ]
