# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What is in the public log. The files that the public reads are copies of this, and can be made again."""

from typing import ClassVar

from django.db import models

from backend.ledger.models import Account


class Segment(models.Model):
    """Leaves that follow each other, as they stand in a bundle of entries; never changed, never deleted.

    It never crosses a bundle's border. Its postings are the transfers from `first_transfer` to `last_transfer`, all
    that there are, in that order; a reserve statement is a segment of its own and has none.
    """

    first_leaf = models.BigIntegerField(primary_key=True)
    leaves = models.PositiveSmallIntegerField()
    first_transfer = models.BigIntegerField(null=True, unique=True)
    last_transfer = models.BigIntegerField(null=True)
    entries = models.BinaryField()

    def __str__(self) -> str:
        return f"leaves from {self.first_leaf}"


class Progress(models.Model):
    """How far the log has come: one row, which whoever adds to the log locks."""

    leaves = models.BigIntegerField(default=0)
    last_transfer = models.BigIntegerField(default=0)
    last_entry = models.BigIntegerField(default=0)
    """The journal entry that stands by itself up to which receipts can be looked up."""
    last_run = models.BigIntegerField(default=0)
    """The same, of runs of entries."""
    stated_leaves = models.BigIntegerField(default=0)
    """How many leaves there were after the last reserve statement."""
    stated_at = models.BigIntegerField(default=0)
    """When it was made, Unix seconds."""
    totals = models.TextField(default="[]")
    """Cents that went from class to class since the log began: `[debit, credit, cents]`, as JSON."""

    def __str__(self) -> str:
        return f"{self.leaves} leaves"


class Tree(models.Model):
    """A tree that was signed, or is about to be. Of one size there is one: a log that signs two has forked."""

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField()
    at = models.BigIntegerField()

    def __str__(self) -> str:
        return f"tree of {self.size}"


class Salt(models.Model):
    """The secret of one account, from which each of its postings has its salt. Deleted when its person is erased."""

    account = models.OneToOneField(Account, on_delete=models.PROTECT, primary_key=True, related_name="+")
    secret = models.BinaryField()

    def __str__(self) -> str:
        return f"salt of account {self.account_id}"


class Receipt(models.Model):
    """Finds a journal entry by the beginning of its hash, as a receipt's QR has it. Made when the log is written,
    so that intake keeps no index for it.
    """

    prefix = models.CharField(max_length=16)
    terminal = models.CharField(max_length=16)
    branch = models.CharField(max_length=16)
    seq = models.BigIntegerField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=("prefix",), name="proof_receipt_prefix")]

    def __str__(self) -> str:
        return f"receipt {self.prefix}…"


class ActsAnchor(models.Model):
    """What the public learnt of the chain of acts at Unix time `at`: never changed, never deleted.

    `count` and `head`: number and digest of the last act then. `nonce` opens the commitment in `entry`, the leaf.
    """

    leaf = models.BigIntegerField(primary_key=True)
    at = models.BigIntegerField()
    count = models.BigIntegerField()
    head = models.CharField(max_length=64)
    nonce = models.BinaryField()
    entry = models.BinaryField()

    def __str__(self) -> str:
        return f"anchor {self.leaf}, {self.count} acts"
