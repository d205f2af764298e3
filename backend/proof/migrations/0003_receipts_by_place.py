# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A receipt is found by its entry's place in the journal, for most entries stand in runs. The next night finds all anew."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("proof", "0002_acts_anchor"),
        ("redemption", "0006_runs"),
    ]

    operations = [
        migrations.DeleteModel(name="Receipt"),
        migrations.CreateModel(
            name="Receipt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("prefix", models.CharField(max_length=16)),
                ("terminal", models.CharField(max_length=16)),
                ("branch", models.CharField(max_length=16)),
                ("seq", models.BigIntegerField()),
            ],
            options={"indexes": [models.Index(fields=["prefix"], name="proof_receipt_prefix")]},
        ),
        migrations.AddField(
            model_name="progress",
            name="last_run",
            field=models.BigIntegerField(default=0),
        ),
        migrations.RunSQL("UPDATE proof_progress SET last_entry = 0", migrations.RunSQL.noop),
    ]
