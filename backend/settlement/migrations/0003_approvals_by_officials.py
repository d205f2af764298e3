# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Approvals of batches stand with all other approvals, with the officials."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("settlement", "0002_bank_answers"), ("officials", "0001_initial")]
    operations = [migrations.DeleteModel(name="Approval")]
