# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Minting goes on by itself when the debit is explained, and is no matter for two; a log's key is one."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("officials", "0001_initial")]

    operations = [
        migrations.AlterField(
            model_name="request",
            name="matter",
            field=models.CharField(
                choices=[
                    ("role", "role"),
                    ("terminal enrolment", "terminal enrolment"),
                    ("terminal masters", "terminal masters"),
                    ("bank batch", "bank batch"),
                    ("shop account", "shop account"),
                    ("key rotation", "key rotation"),
                    ("key revocation", "key revocation"),
                    ("log key", "log key"),
                    ("software release", "software release"),
                    ("grant", "grant"),
                ],
                max_length=30,
            ),
        ),
    ]
