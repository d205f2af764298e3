# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Batches for the bank: cut once, written once, approved by two (LEDGER.md section 3)."""

from typing import ClassVar

from django.db import models

from backend.shops.models import Shop


class Batch(models.Model):
    """One cut. `bank_file` is empty until it was written, and never changes after; `cut_at` Unix seconds."""

    date = models.DateField()
    run = models.PositiveSmallIntegerField()
    cut_at = models.BigIntegerField()
    bank_file = models.BinaryField(default=b"")
    sha256 = models.CharField(max_length=64, default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("date", "run"), name="settlement_batch_once"),
        ]

    def __str__(self) -> str:
        return f"{self.date}-{self.run}"


class BatchLine(models.Model):
    """What one shop is sent, with name and account as they were at the cut.

    `first_transfer` and `last_transfer` bound the rows of the book that the line pays, both inclusive.
    """

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="lines")
    shop = models.ForeignKey(Shop, on_delete=models.PROTECT, related_name="+")
    amount = models.BigIntegerField()
    name = models.CharField(max_length=70)
    iban = models.CharField(max_length=34)
    first_transfer = models.BigIntegerField()
    last_transfer = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("batch", "shop"), name="settlement_line_once"),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="settlement_line_amount"),
        ]

    def __str__(self) -> str:
        return f"{self.batch} {self.shop_id}"


class Approval(models.Model):
    """One official's yes to a batch; two different ones release it."""

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="approvals")
    official = models.CharField(max_length=40)
    at = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("batch", "official"), name="settlement_approval_once"),
        ]

    def __str__(self) -> str:
        return f"{self.batch} {self.official}"
