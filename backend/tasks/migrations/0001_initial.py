# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Tables as the models were at first."""

import django.db.models.deletion
from django.db import migrations, models

import backend.tasks.transitions


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Task",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("title", models.CharField(max_length=120)),
                ("instructions", models.TextField(default="")),
                ("category", models.CharField(max_length=40)),
                ("place", models.CharField(max_length=120)),
                ("minutes", models.PositiveIntegerField()),
                ("reward", models.BigIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "draft"),
                            ("published", "published"),
                            ("claimed", "claimed"),
                            ("started", "started"),
                            ("submitted", "submitted"),
                            ("validated", "validated"),
                            ("rejected", "rejected"),
                            ("rewarded", "rewarded"),
                            ("withdrawn", "withdrawn"),
                            ("lapsed", "lapsed"),
                        ],
                        default=backend.tasks.transitions.State["DRAFT"],
                        max_length=9,
                    ),
                ),
                ("publisher", models.CharField(default="", max_length=40)),
                ("claimant", models.CharField(default="", max_length=40)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reward__gte", 1), ("reward__lte", 1000000)), name="tasks_reward"
                    ),
                    models.CheckConstraint(condition=models.Q(("minutes__gte", 1)), name="tasks_minutes"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    "draft",
                                    "published",
                                    "claimed",
                                    "started",
                                    "submitted",
                                    "validated",
                                    "rejected",
                                    "rewarded",
                                    "withdrawn",
                                    "lapsed",
                                ],
                            )
                        ),
                        name="tasks_state",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TaskMove",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                (
                    "move",
                    models.CharField(
                        choices=[
                            ("publish", "publish"),
                            ("withdraw", "withdraw"),
                            ("claim", "claim"),
                            ("start", "start"),
                            ("submit", "submit"),
                            ("validate", "validate"),
                            ("reject", "reject"),
                            ("reward", "reward"),
                            ("lapse", "lapse"),
                        ],
                        max_length=8,
                    ),
                ),
                ("actor", models.CharField(max_length=40)),
                ("at", models.BigIntegerField()),
                ("reason", models.TextField(default="")),
                (
                    "task",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="moves", to="tasks.task"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("task", "number"), name="tasks_move_once")],
            },
        ),
    ]
