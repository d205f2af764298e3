# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Tables as the models were at first."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("shops", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Card",
            fields=[
                ("uid", models.CharField(max_length=14, primary_key=True, serialize=False)),
                ("citizen", models.CharField(max_length=40)),
                ("opening_balance", models.BigIntegerField()),
                ("issued_at", models.BigIntegerField()),
                ("suspended_at", models.BigIntegerField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Measure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("cards online only", "Cards Online Only"), ("key revoked", "Key Revoked")],
                        max_length=20,
                    ),
                ),
                ("subject", models.CharField(default="", max_length=16)),
                ("since", models.BigIntegerField()),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("kind", "subject"), name="minting_measure_once")],
            },
        ),
        migrations.CreateModel(
            name="IssuedBundle",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.BigIntegerField()),
                ("issued_at", models.BigIntegerField()),
                ("token", models.BinaryField()),
                (
                    "terminal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="bundles", to="shops.terminal"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("terminal", "version"), name="minting_bundle_once")],
            },
        ),
        migrations.CreateModel(
            name="IssuedVoucher",
            fields=[
                ("cti", models.CharField(max_length=32, primary_key=True, serialize=False)),
                ("paper", models.BooleanField()),
                ("citizen", models.CharField(max_length=40)),
                ("amount", models.BigIntegerField()),
                ("issued_at", models.BigIntegerField()),
                ("expires_at", models.BigIntegerField()),
                ("handed_out_at", models.BigIntegerField(null=True)),
                ("token", models.BinaryField()),
                (
                    "home",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="shops.shop"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="minting_voucher_amount")
                ],
            },
        ),
    ]
