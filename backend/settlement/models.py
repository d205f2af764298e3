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


class LineState(models.TextChoices):
    """Where a line of a batch stands; the account that holds its money follows."""

    SENT = "sent"
    """In the batch, as far as the bank has told."""
    REJECTED = "rejected"
    """Not taken by the bank: owed again."""
    BOOKED = "booked"
    RETURNED = "returned"
    """Booked, and come back from the shop's bank."""
    PAID_AGAIN = "paid again"
    """Come back, and owed again."""


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
    state = models.CharField(max_length=10, choices=LineState, default=LineState.SENT)
    reason = models.CharField(max_length=40, default="")
    """The bank's word for why not."""

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("batch", "shop"), name="settlement_line_once"),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="settlement_line_amount"),
        ]

    def __str__(self) -> str:
        return f"{self.batch} {self.shop_id}"


class PaymentHold(models.Model):
    """Nothing more is sent to a shop's account that the bank rejected or returned, until it changes or somebody says.

    Times in Unix seconds.
    """

    shop = models.ForeignKey(Shop, on_delete=models.PROTECT, related_name="+")
    iban = models.CharField(max_length=34)
    reason = models.CharField(max_length=40)
    since = models.BigIntegerField()
    released_at = models.BigIntegerField(null=True)
    released_by = models.CharField(max_length=40, default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("shop", "iban"), condition=models.Q(released_at__isnull=True), name="settlement_one_hold"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.shop_id}: {self.reason}"


class AccountChange(models.Model):
    """Another account of a shop, which two treasurers approved: it waits until `due_at`. Times in Unix seconds."""

    shop = models.ForeignKey(Shop, on_delete=models.PROTECT, related_name="+")
    iban = models.CharField(max_length=34)
    approved_at = models.BigIntegerField()
    due_at = models.BigIntegerField()
    done_at = models.BigIntegerField(null=True)
    stopped_at = models.BigIntegerField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("shop",),
                condition=models.Q(done_at__isnull=True, stopped_at__isnull=True),
                name="settlement_one_account_change",
            ),
            models.CheckConstraint(
                condition=models.Q(done_at__isnull=True) | models.Q(stopped_at__isnull=True),
                name="settlement_account_done_or_stopped",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.shop_id}: {self.iban}"


class BankDocument(models.Model):
    """A document of the bank's as it came, once; `at` Unix seconds."""

    sha256 = models.CharField(max_length=64, unique=True)
    message = models.CharField(max_length=20)
    document = models.BinaryField()
    official = models.CharField(max_length=40)
    at = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.message} {self.sha256[:8]}"


class BankStatement(models.Model):
    """A statement of the reserve's account, in the order of their closing; balances in cents.

    `book_transfer`: the last row of the book when it came.
    """

    document = models.ForeignKey(BankDocument, on_delete=models.PROTECT, related_name="statements")
    number = models.CharField(max_length=35, unique=True)
    opening = models.BigIntegerField()
    closing = models.BigIntegerField()
    closes_on = models.DateField()
    book_transfer = models.BigIntegerField()

    def __str__(self) -> str:
        return self.number


class Meaning(models.TextChoices):
    """What an entry of the bank's is, by itself or because a person said so."""

    FUNDING = "funding"
    PAYMENTS = "payments"
    """A batch, or lines of one, left the reserve."""
    RETURNS = "returns"
    UNKNOWN_CREDIT = "unknown credit"
    UNKNOWN_DEBIT = "unknown debit"
    """Stops minting until it is explained."""
    EXCESS = "excess withdrawn"
    CHARGE = "bank charge"
    SENT_BACK = "sent back"


class BankEntry(models.Model):
    """One entry of a statement, and what it means. `event`: the ledger's event that posts it; none posts nothing yet.

    An unknown credit is posted as such and explained by a second event. Names stand here for the person who explains,
    and nowhere in the book.
    """

    statement = models.ForeignKey(BankStatement, on_delete=models.PROTECT, related_name="entries")
    line = models.PositiveIntegerField()
    credit = models.BooleanField()
    amount = models.BigIntegerField()
    booked_on = models.DateField()
    reference = models.CharField(max_length=140)
    name = models.CharField(max_length=140)
    iban = models.CharField(max_length=34)
    text = models.CharField(max_length=140)
    meaning = models.CharField(max_length=16, choices=Meaning)
    event = models.CharField(max_length=120, default="")
    explained_at = models.BigIntegerField(null=True)
    explained_by = models.CharField(max_length=40, default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("statement", "line"), name="settlement_entry_once"),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="settlement_entry_amount"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=("statement",),
                name="settlement_unexplained",
                condition=models.Q(meaning__in=("unknown credit", "unknown debit")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.statement}/{self.line}"


class FundingSource(models.Model):
    """An account of the municipality's own: a credit from it funds the reserve. `at` Unix seconds."""

    iban = models.CharField(max_length=34, unique=True)
    name = models.CharField(max_length=70)
    official = models.CharField(max_length=40)
    at = models.BigIntegerField()

    def __str__(self) -> str:
        return self.iban


class Grant(models.Model):
    """Earmarked money for other allowances (RULES.md section 3): what it is for, and how much of it; cents."""

    name = models.CharField(primary_key=True, max_length=40)
    purpose = models.CharField(max_length=120)
    promised = models.BigIntegerField(default=0)
    withdrawn = models.BigIntegerField(default=0)
    paid = models.BigIntegerField(default=0)
    parts = models.PositiveIntegerField(default=0)
    """How many events it has had: each has its number."""

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(
                    paid__gte=0, withdrawn__gte=0, promised__gte=models.F("paid") + models.F("withdrawn")
                ),
                name="settlement_grant_covers",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ClawBack(models.Model):
    """What was taken back at once of a task that should not have been validated; the rest is a debt. Cents."""

    task = models.OneToOneField("tasks.Task", on_delete=models.PROTECT, related_name="+")
    amount = models.BigIntegerField()
    official = models.CharField(max_length=40)
    reason = models.TextField()
    at = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(amount__gte=0), name="settlement_clawed_back"),
        ]

    def __str__(self) -> str:
        return f"task {self.task_id}"


class DebtCause(models.TextChoices):
    """Why a citizen owes, and so who is owed."""

    OVERSPENT = "overspent"
    """The loss fund paid a shop for what the citizen spent twice, or had not."""
    CLAWED_BACK = "clawed back"
    """A wrongly validated task whose coins were spent: free cover is owed."""


class Debt(models.Model):
    """What comes out of a citizen's later earnings; cents. `subject`: the claim's event, or the task."""

    citizen = models.CharField(max_length=40)
    cause = models.CharField(max_length=11, choices=DebtCause)
    subject = models.CharField(max_length=120)
    amount = models.BigIntegerField()
    recovered = models.BigIntegerField(default=0)
    parts = models.PositiveIntegerField(default=0)
    since = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("cause", "subject"), name="settlement_debt_once"),
            models.CheckConstraint(
                condition=models.Q(amount__gt=0, recovered__gte=0, recovered__lte=models.F("amount")),
                name="settlement_debt_recovered",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=("citizen",), name="settlement_owing", condition=models.Q(recovered__lt=models.F("amount"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.citizen}: {self.amount - self.recovered}"
