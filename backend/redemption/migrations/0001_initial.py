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
            name="Claim",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("branch", models.CharField(default="", max_length=16)),
                ("intent_seq", models.PositiveBigIntegerField()),
                ("instrument", models.PositiveSmallIntegerField(choices=[(1, "CARD"), (2, "PHONE"), (3, "PAPER")])),
                ("item", models.CharField(max_length=32)),
                ("amount", models.BigIntegerField()),
                ("time", models.PositiveBigIntegerField()),
                ("sale", models.CharField(max_length=32)),
                ("fingerprint", models.CharField(max_length=64)),
                ("code_seq", models.PositiveBigIntegerField(null=True)),
                ("payload", models.CharField(default="", max_length=64)),
                ("tmc_before", models.PositiveBigIntegerField(null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("redeemed", "Redeemed"),
                            ("later", "Later"),
                            ("voided", "Voided"),
                            ("unresolved", "Unresolved"),
                            ("held", "Held"),
                            ("returned", "Returned"),
                            ("refused", "Refused"),
                        ],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("given", models.BooleanField(null=True)),
                ("completed_by", models.PositiveBigIntegerField(null=True)),
                ("paid", models.BigIntegerField(default=0)),
                ("guaranteed", models.BigIntegerField(default=0)),
                ("refunded", models.BigIntegerField(default=0)),
                ("settled_at", models.PositiveBigIntegerField(null=True)),
                (
                    "shop",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="claims", to="shops.shop"
                    ),
                ),
                (
                    "terminal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="claims", to="shops.terminal"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CardTransaction",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.CharField(max_length=14)),
                ("tmc", models.PositiveBigIntegerField()),
                ("tmri", models.CharField(max_length=32)),
                ("previous_tmri", models.CharField(max_length=32)),
                ("balance_before", models.BigIntegerField()),
                ("amount", models.BigIntegerField()),
                ("has_mac", models.BooleanField()),
                (
                    "claim",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="transaction", to="redemption.claim"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="JournalEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("branch", models.CharField(default="", max_length=16)),
                ("seq", models.PositiveBigIntegerField()),
                ("hash", models.CharField(max_length=64)),
                ("data", models.BinaryField()),
                ("time", models.PositiveBigIntegerField()),
                (
                    "kind",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (1, "INTENT"),
                            (2, "REDEMPTION"),
                            (3, "VOID"),
                            (4, "REFUND"),
                            (5, "UNRESOLVED"),
                            (6, "DAY_CLOSED"),
                            (7, "NOTE"),
                            (8, "TIME_ANCHOR"),
                        ]
                    ),
                ),
                ("server_time", models.PositiveBigIntegerField(null=True)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("accepted", "accepted"),
                            ("duplicate", "duplicate"),
                            ("conflict", "conflict"),
                            ("refused", "refused"),
                            ("pending", "pending"),
                        ],
                        max_length=9,
                    ),
                ),
                ("reason", models.CharField(default="", max_length=80)),
                ("waited", models.BooleanField(default=False)),
                ("received_at", models.PositiveBigIntegerField()),
                (
                    "terminal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="entries", to="shops.terminal"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Case",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
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
                        ],
                        max_length=20,
                    ),
                ),
                ("held", models.BigIntegerField(default=0)),
                ("opened_at", models.PositiveBigIntegerField()),
                (
                    "other",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="redemption.claim"
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="cases", to="redemption.journalentry"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Refund",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("amount", models.BigIntegerField()),
                ("paid", models.BigIntegerField(default=0)),
                ("parts", models.PositiveIntegerField(default=0)),
                (
                    "claim",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="refunds", to="redemption.claim"
                    ),
                ),
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="refund", to="redemption.journalentry"
                    ),
                ),
                (
                    "shop",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="refunds", to="shops.shop"
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="claim",
            index=models.Index(fields=["item"], name="redemption_item"),
        ),
        migrations.AddIndex(
            model_name="claim",
            index=models.Index(fields=["terminal", "completed_by"], name="redemption_completed"),
        ),
        migrations.AddIndex(
            model_name="claim",
            index=models.Index(fields=["shop", "guaranteed"], name="redemption_guaranteed"),
        ),
        migrations.AddConstraint(
            model_name="claim",
            constraint=models.UniqueConstraint(
                fields=("terminal", "branch", "intent_seq"), name="redemption_claim_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="claim",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("guaranteed__lte", models.F("paid")), ("paid__gte", 0), ("paid__lte", models.F("amount"))
                ),
                name="redemption_paid",
            ),
        ),
        migrations.AddConstraint(
            model_name="claim",
            constraint=models.CheckConstraint(
                condition=models.Q(("refunded__gte", 0), ("refunded__lte", models.F("paid"))),
                name="redemption_refunded",
            ),
        ),
        migrations.AddConstraint(
            model_name="claim",
            constraint=models.UniqueConstraint(
                condition=models.Q(("instrument", 3), ("state", "redeemed")),
                fields=("item",),
                name="redemption_note_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="claim",
            constraint=models.UniqueConstraint(
                condition=models.Q(("instrument", 2), ("state", "redeemed")),
                fields=("item", "code_seq"),
                name="redemption_code_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="cardtransaction",
            constraint=models.UniqueConstraint(fields=("uid", "tmc"), name="redemption_transaction_once"),
        ),
        migrations.AddIndex(
            model_name="journalentry",
            index=models.Index(
                condition=models.Q(("server_time__isnull", False)),
                fields=["terminal", "seq"],
                name="redemption_anchors",
            ),
        ),
        migrations.AddIndex(
            model_name="journalentry",
            index=models.Index(
                condition=models.Q(("waited", True)), fields=["terminal", "seq"], name="redemption_waited"
            ),
        ),
        migrations.AddConstraint(
            model_name="journalentry",
            constraint=models.UniqueConstraint(fields=("terminal", "branch", "seq"), name="redemption_entry_once"),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.UniqueConstraint(fields=("kind", "entry"), name="redemption_case_once"),
        ),
        migrations.AddIndex(
            model_name="refund",
            index=models.Index(
                condition=models.Q(("paid__lt", models.F("amount"))), fields=["shop"], name="redemption_waiting"
            ),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gt", 0), ("paid__gte", 0), ("paid__lte", models.F("amount"))),
                name="redemption_refund_paid",
            ),
        ),
    ]
