# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Accounts and transfers. `sqlite_schema` and `postgresql_schema` make their tables, with balances and refusals."""

from django.db import models


class Account(models.Model):
    """One account with its balance, kept by the database with each transfer."""

    kind = models.TextField()
    owner = models.TextField()
    balance = models.BigIntegerField(default=0)
    last_transfer = models.BigIntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("kind", "owner"), name="ledger_account_once"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.owner}".strip()


class Transfer(models.Model):
    """One row of the book; never changed, never deleted. `at`: Unix seconds; `line` counts within an event."""

    event = models.TextField()
    line = models.PositiveSmallIntegerField()
    kind = models.TextField()
    debit = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="debits")
    credit = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="credits")
    amount = models.BigIntegerField()
    reference = models.TextField()
    at = models.BigIntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("event", "line"), name="ledger_transfer_once"),)

    def __str__(self) -> str:
        return f"{self.event}/{self.line}: {self.amount}"


class MintingStop(models.Model):
    """While one stands, nothing is minted; it is lifted by a person and kept. Times in Unix seconds."""

    cause = models.TextField(unique=True)
    since = models.BigIntegerField()
    lifted_at = models.BigIntegerField(null=True)
    lifted_by = models.TextField(default="")

    def __str__(self) -> str:
        return self.cause
