# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Print runs, what a voucher was paid from, voids; and every signature, in a table that only grows."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

import backend.ledger.accounts
from backend.officials import append_only


def hold(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """A signature that was made stays made."""
    for statement in append_only.only_grows(schema_editor.connection.vendor, "minting_signature", "a signature"):
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [
        ("officials", "0001_initial"),
        ("minting", "0003_cards_and_loads"),
        ("shops", "0002_card_desk"),
    ]

    operations = [
        migrations.CreateModel(
            name="PrintedNote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="PrintRun",
            fields=[
                ("number", models.BigAutoField(primary_key=True, serialize=False)),
                ("event", models.CharField(max_length=60, unique=True)),
                ("order", models.TextField()),
                ("made_by", models.CharField(max_length=40)),
                ("made_at", models.BigIntegerField()),
                ("pdf", models.BinaryField(default=b"")),
                ("sha256", models.CharField(default="", max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name="Signature",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("what", models.CharField(max_length=16)),
                ("kid", models.CharField(max_length=64)),
                ("at", models.BigIntegerField()),
                ("digest", models.CharField(max_length=64)),
            ],
        ),
        migrations.AddField(
            model_name="issuedvoucher",
            name="source_kind",
            field=models.CharField(default=backend.ledger.accounts.AccountKind["CITIZEN"], max_length=16),
        ),
        migrations.AddField(
            model_name="issuedvoucher",
            name="source_owner",
            field=models.CharField(default="", max_length=90),
        ),
        migrations.AddField(
            model_name="issuedvoucher",
            name="voided_at",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddIndex(
            model_name="issuedvoucher",
            index=models.Index(fields=["expires_at"], name="minting_voucher_ends"),
        ),
        migrations.AddIndex(
            model_name="issuedvoucher",
            index=models.Index(
                condition=models.Q(("voided_at__isnull", False)), fields=["voided_at"], name="minting_voucher_void"
            ),
        ),
        migrations.AddConstraint(
            model_name="issuedvoucher",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("voided_at__isnull", True),
                    models.Q(("handed_out_at__isnull", True), ("paper", True)),
                    _connector="OR",
                ),
                name="minting_void_or_handed_out",
            ),
        ),
        migrations.AddField(
            model_name="printednote",
            name="voucher",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="printed", to="minting.issuedvoucher"
            ),
        ),
        migrations.AddField(
            model_name="printednote",
            name="run",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="notes", to="minting.printrun"
            ),
        ),
        migrations.AddIndex(
            model_name="signature",
            index=models.Index(fields=["kid", "at"], name="minting_signed_by"),
        ),
        migrations.AddConstraint(
            model_name="printednote",
            constraint=models.UniqueConstraint(fields=("run", "number"), name="minting_note_once"),
        ),
        migrations.RunPython(hold, elidable=False),
    ]
