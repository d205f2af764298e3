# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("minting", "0003_cards_and_loads"),
        ("shops", "0002_card_desk"),
    ]

    operations = [
        migrations.CreateModel(
            name="CardOrder",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("citizen", models.CharField(default="", max_length=40)),
                ("scope", models.TextField(default="")),
                ("years", models.PositiveSmallIntegerField()),
                ("ordered_at", models.BigIntegerField()),
                (
                    "card",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="card_order",
                        to="minting.card",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CardSession",
            fields=[
                ("id", models.CharField(max_length=32, primary_key=True, serialize=False)),
                ("uid", models.CharField(max_length=14)),
                (
                    "what",
                    models.CharField(
                        choices=[("load", "load"), ("renew", "renew"), ("personalise", "personalise")], max_length=11
                    ),
                ),
                ("seed", models.BinaryField(max_length=32)),
                ("opened_at", models.BigIntegerField()),
                ("acts", models.TextField(default="[]")),
                ("end", models.TextField(default="")),
                ("ended_at", models.BigIntegerField(null=True)),
                (
                    "order",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sessions",
                        to="cards.cardorder",
                    ),
                ),
                (
                    "terminal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="card_sessions", to="shops.terminal"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CardStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("apdu", models.BinaryField()),
                ("told", models.CharField(default="", max_length=80)),
                ("heard", models.BooleanField(default=False)),
                ("answer", models.BinaryField(null=True)),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="steps", to="cards.cardsession"
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="cardsession",
            index=models.Index(
                condition=models.Q(("ended_at__isnull", True)), fields=["uid"], name="cards_open_sessions"
            ),
        ),
        migrations.AddConstraint(
            model_name="cardstep",
            constraint=models.UniqueConstraint(fields=("session", "number"), name="cards_step_once"),
        ),
    ]
