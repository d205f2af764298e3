# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the terminals sent, and what became of it. Ids and digests in hex; times in Unix seconds; amounts in cents.

Runs, entries, claims and links grow with every sale. They have the few indexes that intake asks, and no foreign keys:
intake holds the terminal's row while it writes them, terminals and shops are never deleted, and a check for each row
would cost PostgreSQL more than the row.
"""

from typing import ClassVar

from django.db import models

from backend.minting.models import Load
from backend.shops.models import Shop, Terminal
from heitje.journal import Instrument, Kind
from heitje.messages import Outcome

MAIN: str = ""
"""The branch of the journal that was there first; a fork's branch is named by the hash of its first entry."""


class JournalRun(models.Model):
    """Whole tenders that follow each other in the main branch and were simply accepted: entries `first` to `last`.

    Each tender is an intent and the redemption after it. Most of a journal are such, and a row and an index entry for
    each would cost more than all else that a sale writes. `stored_journal` reads runs and single entries alike.
    """

    terminal = models.ForeignKey(
        Terminal, on_delete=models.PROTECT, related_name="runs", db_index=False, db_constraint=False
    )
    first = models.PositiveBigIntegerField()
    last = models.PositiveBigIntegerField()
    time = models.PositiveBigIntegerField()
    """Of the first entry."""
    entries = models.BinaryField()
    """The bytes of each, after its length in two bytes."""
    hashes = models.BinaryField()
    """Of each, 32 bytes."""
    received_at = models.PositiveBigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("terminal", "first"), name="redemption_run_once"),
            models.CheckConstraint(condition=models.Q(first__lt=models.F("last")), name="redemption_run"),
        ]

    def __str__(self) -> str:
        return f"{self.terminal_id}/{self.first}-{self.last}"


class JournalEntry(models.Model):
    """One entry, byte for byte, and what intake answered. What simply went well stands in a `JournalRun`."""

    terminal = models.ForeignKey(
        Terminal, on_delete=models.PROTECT, related_name="entries", db_index=False, db_constraint=False
    )
    branch = models.CharField(max_length=16, default=MAIN)
    seq = models.PositiveBigIntegerField()
    hash = models.CharField(max_length=64)
    data = models.BinaryField()
    time = models.PositiveBigIntegerField()
    kind = models.PositiveSmallIntegerField(choices=[(kind.value, kind.name) for kind in Kind])
    of = models.PositiveBigIntegerField(null=True)
    """The entry that this one completes, voids or refunds."""
    server_time = models.PositiveBigIntegerField(null=True)
    """Of a time anchor that verified: the time that was signed."""
    outcome = models.CharField(max_length=9, choices=[(outcome.value, outcome.value) for outcome in Outcome])
    reason = models.CharField(max_length=80, default="")
    waited = models.BooleanField(default=False)
    """It was once pending, so the terminal may ask what became of it."""
    received_at = models.PositiveBigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("terminal", "branch", "seq"), name="redemption_entry_once"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=("terminal", "seq"), name="redemption_anchors", condition=models.Q(server_time__isnull=False)
            ),
            models.Index(fields=("terminal", "seq"), name="redemption_waited", condition=models.Q(waited=True)),
            models.Index(fields=("terminal", "seq"), name="redemption_pending", condition=models.Q(outcome="pending")),
        ]

    def __str__(self) -> str:
        return f"{self.terminal_id}/{self.branch}{self.seq}"


class ClaimState(models.TextChoices):
    """Where an intent stands: it is settled once."""

    OPEN = "open"
    REDEEMED = "redeemed"
    """The first claim: paid whole."""
    LATER = "later"
    """Taken elsewhere first, or more than was left: paid within the guarantee."""
    VOIDED = "voided"
    UNRESOLVED = "unresolved"
    """Waits for the card's next transaction."""
    HELD = "held"
    """Waits for a person."""
    RETURNED = "returned"
    """The card committed, the goods were not given: back to the citizen."""
    REFUSED = "refused"


class Claim(models.Model):
    """An intent and what became of it: the unit of posting."""

    terminal = models.ForeignKey(
        Terminal, on_delete=models.PROTECT, related_name="claims", db_index=False, db_constraint=False
    )
    branch = models.CharField(max_length=16, default=MAIN)
    intent_seq = models.PositiveBigIntegerField()
    shop = models.ForeignKey(Shop, on_delete=models.PROTECT, related_name="claims", db_index=False, db_constraint=False)
    instrument = models.PositiveSmallIntegerField(choices=[(kind.value, kind.name) for kind in Instrument])
    item = models.CharField(max_length=32)
    """The card's UID, or the voucher's id."""
    amount = models.BigIntegerField()
    time = models.PositiveBigIntegerField()
    sale = models.CharField(max_length=32)
    fingerprint = models.CharField(max_length=64)
    """Digest of the evidence that a redemption must repeat."""
    code_seq = models.PositiveBigIntegerField(null=True)
    payload = models.CharField(max_length=64, default="")
    """Digest of what the phone signed."""
    tmc_before = models.PositiveBigIntegerField(null=True)
    state = models.CharField(max_length=10, choices=ClaimState, default=ClaimState.OPEN)
    given = models.BooleanField(null=True)
    completed_by = models.PositiveBigIntegerField(null=True)
    """The entry that last said how it ended: a refund names it, and its outcome follows the claim."""
    paid = models.BigIntegerField(default=0)
    guaranteed = models.BigIntegerField(default=0)
    """What of `paid` came under the guarantee."""
    refunded = models.BigIntegerField(default=0)
    settled_at = models.PositiveBigIntegerField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("terminal", "branch", "intent_seq"), name="redemption_claim_once"),
            models.CheckConstraint(
                condition=models.Q(paid__gte=0, paid__lte=models.F("amount"), guaranteed__lte=models.F("paid")),
                name="redemption_paid",
            ),
            models.CheckConstraint(
                condition=models.Q(refunded__gte=0, refunded__lte=models.F("paid")), name="redemption_refunded"
            ),
            models.UniqueConstraint(
                fields=("item",),
                condition=models.Q(state="redeemed", instrument=int(Instrument.PAPER)),
                name="redemption_note_once",
            ),
            models.UniqueConstraint(
                fields=("item", "code_seq"),
                condition=models.Q(state="redeemed", instrument=int(Instrument.PHONE)),
                name="redemption_code_once",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=("item", "time"), name="redemption_item"),
            models.Index(
                fields=("item",),
                name="redemption_unsettled",
                condition=models.Q(state__in=("open", "unresolved", "voided")),
            ),
            models.Index(fields=("shop",), name="redemption_guaranteed", condition=models.Q(guaranteed__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.terminal_id}/{self.branch}{self.intent_seq} {self.state}"


class Hold(models.Model):
    """A yes to a till with a connection: it may take `amount` cents of an item under a number, in one sale.

    It keeps the value until Unix second `until`, unless the claim has come first; that it was given is kept for intake.
    """

    terminal = models.ForeignKey(Terminal, on_delete=models.PROTECT, related_name="holds")
    sale = models.CharField(max_length=32)
    instrument = models.PositiveSmallIntegerField(choices=[(kind.value, kind.name) for kind in Instrument])
    item = models.CharField(max_length=32)
    """The card's UID, or the voucher's id."""
    number = models.PositiveBigIntegerField()
    """A code's seq, a card's next transaction; 0 of a note."""
    amount = models.BigIntegerField()
    until = models.PositiveBigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("terminal", "sale", "item", "number"), name="redemption_hold_once"),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="redemption_hold_amount"),
        ]
        indexes: ClassVar = [models.Index(fields=("item", "until"), name="redemption_hold_item")]

    def __str__(self) -> str:
        return f"hold of {self.terminal_id} until {self.until}"


class CardTransaction(models.Model):
    """One link of a card's chain, a sale or a load: proved by its own TMV, or by what came after it.

    `amount` is what it took; a load takes less than nothing.
    """

    uid = models.CharField(max_length=14)
    tmc = models.PositiveBigIntegerField()
    tmri = models.CharField(max_length=32)
    previous_tmri = models.CharField(max_length=32)
    balance_before = models.BigIntegerField()
    amount = models.BigIntegerField()
    has_mac = models.BooleanField()
    """Its own TMV is known."""
    claim = models.OneToOneField(
        Claim, on_delete=models.PROTECT, null=True, related_name="transaction", db_constraint=False
    )
    load = models.OneToOneField(Load, on_delete=models.PROTECT, null=True, related_name="transaction")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("uid", "tmc"), name="redemption_transaction_once"),
            models.CheckConstraint(
                condition=models.Q(claim__isnull=False, load__isnull=True, amount__gt=0)
                | models.Q(claim__isnull=True, load__isnull=False, amount__lt=0),
                name="redemption_sale_or_load",
            ),
        ]

    def __str__(self) -> str:
        return f"transaction {self.tmc}"


class ReturnedGap(models.Model):
    """What went back to a citizen for transactions of a card that no terminal had sent by the window's end.

    Their counters are `first_tmc` to `last_tmc`. What is claimed of them later is not the purse's to pay any more.
    """

    uid = models.CharField(max_length=14)
    first_tmc = models.PositiveBigIntegerField()
    last_tmc = models.PositiveBigIntegerField()
    amount = models.BigIntegerField()
    returned_at = models.PositiveBigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("uid", "first_tmc"), name="redemption_gap_once"),
            models.CheckConstraint(
                condition=models.Q(amount__gt=0, first_tmc__lte=models.F("last_tmc")), name="redemption_gap"
            ),
        ]

    def __str__(self) -> str:
        return f"gap {self.first_tmc} to {self.last_tmc}"


class Refund(models.Model):
    """What a shop gives back; what payable does not cover waits and comes first out of the next sales."""

    entry = models.OneToOneField(JournalEntry, on_delete=models.PROTECT, related_name="refund")
    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="refunds")
    shop = models.ForeignKey(Shop, on_delete=models.PROTECT, related_name="refunds")
    amount = models.BigIntegerField()
    paid = models.BigIntegerField(default=0)
    parts = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(amount__gt=0, paid__gte=0, paid__lte=models.F("amount")),
                name="redemption_refund_paid",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=("shop",), name="redemption_waiting", condition=models.Q(paid__lt=models.F("amount"))),
        ]

    def __str__(self) -> str:
        return f"refund {self.entry}"


class CaseKind(models.TextChoices):
    """Why a person looks."""

    BAD_CARD_MAC = "bad card mac"
    CARD_CHAIN = "card chain"
    CARD_OVERDRAWN = "card overdrawn"
    CARD_RULES = "card rules"
    TWO_PAYLOADS = "two payloads"
    OVERSPENT = "overspent"
    MINT_KEY = "mint key"
    BEYOND_GUARANTEE = "beyond guarantee"
    CONTRADICTION = "contradiction"
    FORK = "fork"
    TERMINAL_NOT_ALLOWED = "terminal not allowed"
    CARD_BLOCKED = "card blocked"
    CARD_LATE = "card late"


class Case(models.Model):
    """Something for a person, with the entry that holds the evidence. `held`: cents that were not paid."""

    kind = models.CharField(max_length=20, choices=CaseKind)
    entry = models.ForeignKey(JournalEntry, on_delete=models.PROTECT, null=True, related_name="cases")
    load = models.ForeignKey(Load, on_delete=models.PROTECT, null=True, related_name="cases")
    """The load at whose contact it was found, where it was no entry."""
    other = models.ForeignKey(Claim, on_delete=models.PROTECT, null=True, related_name="+")
    """The earlier claim, where there is one: its entries hold the other signature."""
    held = models.BigIntegerField(default=0)
    opened_at = models.PositiveBigIntegerField()
    decided_at = models.PositiveBigIntegerField(null=True)
    decided_by = models.CharField(max_length=40, default="")
    """The official who looked; what was paid then stands with the claim."""

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("kind", "entry"), name="redemption_case_once"),
            models.UniqueConstraint(fields=("kind", "load"), name="redemption_load_case_once"),
            models.CheckConstraint(
                condition=models.Q(entry__isnull=False) | models.Q(load__isnull=False), name="redemption_case_of"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.found_at}"

    @property
    def found_at(self) -> str:
        """The entry or the load that it stands by, for a person."""
        return f"load {self.load_id}" if self.entry is None else f"entry {self.entry}"
