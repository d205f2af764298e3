# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the public learns of the chain of acts stays."""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from backend.officials import append_only


def guard(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """The database refuses."""
    for statement in append_only.only_grows(schema_editor.connection.vendor, "proof_actsanchor", "an anchor of acts"):
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("proof", "0001_initial"), ("officials", "0001_initial")]
    operations = [
        migrations.CreateModel(
            name="ActsAnchor",
            fields=[
                ("leaf", models.BigIntegerField(primary_key=True, serialize=False)),
                ("at", models.BigIntegerField()),
                ("count", models.BigIntegerField()),
                ("head", models.CharField(max_length=64)),
                ("nonce", models.BinaryField()),
                ("entry", models.BinaryField()),
            ],
        ),
        migrations.RunPython(guard),
    ]
