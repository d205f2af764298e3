# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Tables that grow with every sale have few indexes and no foreign keys (see `models`)."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("redemption", "0003_loads"),
        ("shops", "0001_initial"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="claim",
            name="redemption_item",
        ),
        migrations.RemoveIndex(
            model_name="claim",
            name="redemption_guaranteed",
        ),
        migrations.AlterField(
            model_name="cardtransaction",
            name="claim",
            field=models.OneToOneField(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="transaction",
                to="redemption.claim",
            ),
        ),
        migrations.AlterField(
            model_name="claim",
            name="shop",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="claims",
                to="shops.shop",
            ),
        ),
        migrations.AlterField(
            model_name="claim",
            name="terminal",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="claims",
                to="shops.terminal",
            ),
        ),
        migrations.AlterField(
            model_name="journalentry",
            name="terminal",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="entries",
                to="shops.terminal",
            ),
        ),
        migrations.AddIndex(
            model_name="claim",
            index=models.Index(fields=["item", "time"], name="redemption_item"),
        ),
        migrations.AddIndex(
            model_name="journalentry",
            index=models.Index(
                condition=models.Q(("outcome", "pending")), fields=["terminal", "seq"], name="redemption_pending"
            ),
        ),
        migrations.AddIndex(
            model_name="claim",
            index=models.Index(
                condition=models.Q(("state__in", ("open", "unresolved", "voided"))),
                fields=["item"],
                name="redemption_unsettled",
            ),
        ),
        migrations.AddIndex(
            model_name="claim",
            index=models.Index(
                condition=models.Q(("guaranteed__gt", 0)), fields=["shop"], name="redemption_guaranteed"
            ),
        ),
    ]
