# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Officials, roles, requests and approvals, acts; what only grows is held by the database."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from backend.officials import append_only


def hold(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """What the database refuses."""
    vendor = schema_editor.connection.vendor
    if vendor == "postgresql":
        schema_editor.execute(append_only.REFUSAL, params=None)
    for table, what in (("officials_act", "an act"), ("officials_approval", "an approval")):
        for statement in append_only.only_grows(vendor, table, what):
            schema_editor.execute(statement, params=None)
    for statement in (*append_only.goes_on(vendor), *append_only.stays_as_asked(vendor)):
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Act",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("at", models.BigIntegerField()),
                ("actor", models.CharField(max_length=40)),
                ("act", models.CharField(max_length=60)),
                ("subject", models.CharField(max_length=120)),
                ("details", models.TextField()),
                ("previous", models.CharField(max_length=64)),
                ("digest", models.CharField(max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name="Official",
            fields=[
                ("number", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("since", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="Request",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "matter",
                    models.CharField(
                        choices=[
                            ("role", "role"),
                            ("terminal enrolment", "terminal enrolment"),
                            ("terminal masters", "terminal masters"),
                            ("bank batch", "bank batch"),
                            ("shop account", "shop account"),
                            ("key rotation", "key rotation"),
                            ("key revocation", "key revocation"),
                            ("software release", "software release"),
                            ("grant", "grant"),
                            ("minting resumed", "minting resumed"),
                        ],
                        max_length=30,
                    ),
                ),
                ("subject", models.CharField(max_length=80)),
                ("content", models.TextField()),
                ("compare", models.CharField(default="", max_length=40)),
                ("requested_by", models.CharField(max_length=40)),
                ("requested_at", models.BigIntegerField()),
                ("carried_out_at", models.BigIntegerField(null=True)),
                ("refused_at", models.BigIntegerField(null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("carried_out_at__isnull", True), ("refused_at__isnull", True)),
                        fields=("matter", "subject"),
                        name="officials_one_open_request",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("carried_out_at__isnull", True), ("refused_at__isnull", True), _connector="OR"
                        ),
                        name="officials_done_or_refused",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Approval",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.BigIntegerField()),
                (
                    "official",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="officials.official"
                    ),
                ),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="approvals", to="officials.request"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("request", "official"), name="officials_approval_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="RoleGrant",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("registrar", "registrar"),
                            ("publisher", "publisher"),
                            ("validator", "validator"),
                            ("treasurer", "treasurer"),
                            ("enroller", "enroller"),
                            ("desk", "desk"),
                            ("key keeper", "key keeper"),
                            ("auditor", "auditor"),
                        ],
                        max_length=10,
                    ),
                ),
                ("since", models.BigIntegerField()),
                ("ended_at", models.BigIntegerField(null=True)),
                ("day_cents", models.BigIntegerField(null=True)),
                (
                    "official",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="grants", to="officials.official"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at__isnull", True)),
                        fields=("official", "role"),
                        name="officials_role_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("day_cents__isnull", True),
                            models.Q(("day_cents__gt", 0), ("role", "validator")),
                            _connector="OR",
                        ),
                        name="officials_day_cents",
                    ),
                ],
            },
        ),
        migrations.RunPython(hold, elidable=False),
    ]
