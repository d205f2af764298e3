# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("minting", "0003_cards_and_loads"),
        ("redemption", "0002_hold"),
    ]

    operations = [
        migrations.AddField(
            model_name="cardtransaction",
            name="load",
            field=models.OneToOneField(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="transaction", to="minting.load"
            ),
        ),
        migrations.AddField(
            model_name="case",
            name="load",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="cases", to="minting.load"
            ),
        ),
        migrations.AlterField(
            model_name="cardtransaction",
            name="claim",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="transaction",
                to="redemption.claim",
            ),
        ),
        migrations.AlterField(
            model_name="case",
            name="entry",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="cases",
                to="redemption.journalentry",
            ),
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
                ],
                max_length=20,
            ),
        ),
        migrations.AddConstraint(
            model_name="cardtransaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("amount__gt", 0), ("claim__isnull", False), ("load__isnull", True)),
                    models.Q(("amount__lt", 0), ("claim__isnull", True), ("load__isnull", False)),
                    _connector="OR",
                ),
                name="redemption_sale_or_load",
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.UniqueConstraint(fields=("kind", "load"), name="redemption_load_case_once"),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=models.Q(("entry__isnull", False), ("load__isnull", False), _connector="OR"),
                name="redemption_case_of",
            ),
        ),
    ]
