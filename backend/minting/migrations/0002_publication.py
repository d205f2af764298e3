# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("minting", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Publication",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("issued_at", models.BigIntegerField()),
                ("confirmed_at", models.BigIntegerField()),
            ],
        ),
    ]
