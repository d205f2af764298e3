# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The bank's answers: documents, what each entry means, what became of each line; grants, debts, what is taken back."""

import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("settlement", "0001_initial"),
        ("shops", "0002_card_desk"),
        ("tasks", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="BankDocument",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sha256", models.CharField(max_length=64, unique=True)),
                ("message", models.CharField(max_length=20)),
                ("document", models.BinaryField()),
                ("official", models.CharField(max_length=40)),
                ("at", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="FundingSource",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("iban", models.CharField(max_length=34, unique=True)),
                ("name", models.CharField(max_length=70)),
                ("official", models.CharField(max_length=40)),
                ("at", models.BigIntegerField()),
            ],
        ),
        migrations.AddField(
            model_name="batchline",
            name="reason",
            field=models.CharField(default="", max_length=40),
        ),
        migrations.AddField(
            model_name="batchline",
            name="state",
            field=models.CharField(
                choices=[
                    ("sent", "Sent"),
                    ("rejected", "Rejected"),
                    ("booked", "Booked"),
                    ("returned", "Returned"),
                    ("paid again", "Paid Again"),
                ],
                default="sent",
                max_length=10,
            ),
        ),
        migrations.CreateModel(
            name="BankStatement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=35, unique=True)),
                ("opening", models.BigIntegerField()),
                ("closing", models.BigIntegerField()),
                ("closes_on", models.DateField()),
                ("book_transfer", models.BigIntegerField()),
                (
                    "document",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="statements",
                        to="settlement.bankdocument",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Debt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("citizen", models.CharField(max_length=40)),
                (
                    "cause",
                    models.CharField(
                        choices=[("overspent", "Overspent"), ("clawed back", "Clawed Back")], max_length=11
                    ),
                ),
                ("subject", models.CharField(max_length=120)),
                ("amount", models.BigIntegerField()),
                ("recovered", models.BigIntegerField(default=0)),
                ("parts", models.PositiveIntegerField(default=0)),
                ("since", models.BigIntegerField()),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("recovered__lt", models.F("amount"))),
                        fields=["citizen"],
                        name="settlement_owing",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("cause", "subject"), name="settlement_debt_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("amount__gt", 0), ("recovered__gte", 0), ("recovered__lte", models.F("amount"))
                        ),
                        name="settlement_debt_recovered",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Grant",
            fields=[
                ("name", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("purpose", models.CharField(max_length=120)),
                ("promised", models.BigIntegerField(default=0)),
                ("withdrawn", models.BigIntegerField(default=0)),
                ("paid", models.BigIntegerField(default=0)),
                ("parts", models.PositiveIntegerField(default=0)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("paid__gte", 0),
                            (
                                "promised__gte",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("paid"), "+", models.F("withdrawn")
                                ),
                            ),
                            ("withdrawn__gte", 0),
                        ),
                        name="settlement_grant_covers",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="BankEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("line", models.PositiveIntegerField()),
                ("credit", models.BooleanField()),
                ("amount", models.BigIntegerField()),
                ("booked_on", models.DateField()),
                ("reference", models.CharField(max_length=140)),
                ("name", models.CharField(max_length=140)),
                ("iban", models.CharField(max_length=34)),
                ("text", models.CharField(max_length=140)),
                (
                    "meaning",
                    models.CharField(
                        choices=[
                            ("funding", "Funding"),
                            ("payments", "Payments"),
                            ("returns", "Returns"),
                            ("unknown credit", "Unknown Credit"),
                            ("unknown debit", "Unknown Debit"),
                            ("excess withdrawn", "Excess"),
                            ("bank charge", "Charge"),
                            ("sent back", "Sent Back"),
                        ],
                        max_length=16,
                    ),
                ),
                ("event", models.CharField(default="", max_length=120)),
                ("explained_at", models.BigIntegerField(null=True)),
                ("explained_by", models.CharField(default="", max_length=40)),
                (
                    "statement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="settlement.bankstatement",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("meaning__in", ("unknown credit", "unknown debit"))),
                        fields=["statement"],
                        name="settlement_unexplained",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("statement", "line"), name="settlement_entry_once"),
                    models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="settlement_entry_amount"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ClawBack",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("amount", models.BigIntegerField()),
                ("official", models.CharField(max_length=40)),
                ("reason", models.TextField()),
                ("at", models.BigIntegerField()),
                (
                    "task",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tasks.task"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("amount__gte", 0)), name="settlement_clawed_back")
                ],
            },
        ),
        migrations.CreateModel(
            name="PaymentHold",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("iban", models.CharField(max_length=34)),
                ("reason", models.CharField(max_length=40)),
                ("since", models.BigIntegerField()),
                ("released_at", models.BigIntegerField(null=True)),
                ("released_by", models.CharField(default="", max_length=40)),
                (
                    "shop",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="shops.shop"),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("released_at__isnull", True)),
                        fields=("shop", "iban"),
                        name="settlement_one_hold",
                    )
                ],
            },
        ),
    ]
