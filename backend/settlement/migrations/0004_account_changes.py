# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Another account of a shop waits for its day."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("settlement", "0003_approvals_by_officials"), ("shops", "0002_card_desk")]

    operations = [
        migrations.CreateModel(
            name="AccountChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("iban", models.CharField(max_length=34)),
                ("approved_at", models.BigIntegerField()),
                ("due_at", models.BigIntegerField()),
                ("done_at", models.BigIntegerField(null=True)),
                ("stopped_at", models.BigIntegerField(null=True)),
                (
                    "shop",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="shops.shop"),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("done_at__isnull", True), ("stopped_at__isnull", True)),
                        fields=("shop",),
                        name="settlement_one_account_change",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("done_at__isnull", True), ("stopped_at__isnull", True), _connector="OR"),
                        name="settlement_account_done_or_stopped",
                    ),
                ],
            },
        ),
    ]
