# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("minting", "0002_publication"),
    ]

    operations = [
        migrations.AddField(
            model_name="card",
            name="blocked_at",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="card",
            name="certificate",
            field=models.BinaryField(default=b""),
        ),
        migrations.AddField(
            model_name="card",
            name="expires_at",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="card",
            name="key_version",
            field=models.PositiveSmallIntegerField(default=1),
        ),
        migrations.AddField(
            model_name="card",
            name="made_at",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="card",
            name="proven_at",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="card",
            name="replaced_at",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="card",
            name="replaced_by",
            field=models.OneToOneField(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="replaces", to="minting.card"
            ),
        ),
        migrations.RunSQL(
            "UPDATE minting_card SET made_at = issued_at, proven_at = issued_at",  # cards were registered loaded
            migrations.RunSQL.noop,
        ),
        migrations.CreateModel(
            name="Load",
            fields=[
                ("number", models.BigAutoField(primary_key=True, serialize=False)),
                ("citizen", models.CharField(max_length=40)),
                ("amount", models.BigIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("prepared", "Prepared"),
                            ("in flight", "In Flight"),
                            ("loaded", "Loaded"),
                            ("not done", "Not Done"),
                            ("dropped", "Dropped"),
                        ],
                        default="prepared",
                        max_length=9,
                    ),
                ),
                ("time", models.BigIntegerField()),
                ("tmc_before", models.BigIntegerField(null=True)),
                ("enc_tmri", models.CharField(default="", max_length=32)),
                ("previous_tmri", models.CharField(default="", max_length=32)),
                ("balance_before", models.BigIntegerField(null=True)),
                ("record", models.CharField(default="", max_length=32)),
                ("sent_at", models.BigIntegerField(null=True)),
                ("settled_at", models.BigIntegerField(null=True)),
                (
                    "card",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="loads", to="minting.card"
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="minting.card"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="LoadOrder",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("amount", models.BigIntegerField()),
                (
                    "cause",
                    models.CharField(
                        choices=[("desk", "Desk"), ("refund", "Refund"), ("replacement", "Replacement")], max_length=11
                    ),
                ),
                ("event", models.CharField(max_length=80, unique=True)),
                ("ordered_at", models.BigIntegerField()),
                ("cancelled_at", models.BigIntegerField(null=True)),
                (
                    "card",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="orders", to="minting.card"
                    ),
                ),
                (
                    "load",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="orders", to="minting.load"
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="minting.card"
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="load",
            constraint=models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="minting_load_amount"),
        ),
        migrations.AddConstraint(
            model_name="load",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "in flight")), fields=("card",), name="minting_one_load_in_flight"
            ),
        ),
        migrations.AddIndex(
            model_name="loadorder",
            index=models.Index(
                condition=models.Q(("cancelled_at__isnull", True), ("load__isnull", True)),
                fields=["card"],
                name="minting_waiting",
            ),
        ),
        migrations.AddConstraint(
            model_name="loadorder",
            constraint=models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="minting_order_amount"),
        ),
    ]
