# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A shop's admission, and a terminal that is believed again, are matters for two."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("officials", "0002_matters")]

    operations = [
        migrations.AlterField(
            model_name="request",
            name="matter",
            field=models.CharField(
                choices=[
                    ("role", "role"),
                    ("shop admission", "shop admission"),
                    ("terminal enrolment", "terminal enrolment"),
                    ("terminal masters", "terminal masters"),
                    ("terminal resumption", "terminal resumption"),
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
