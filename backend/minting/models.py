# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the mint gave out: cards, vouchers, trust bundles; and the measures that the next bundle carries."""

from typing import ClassVar

from django.db import models

from backend.ledger.accounts import AccountKind, AccountName
from backend.shops.models import Shop, Terminal
from heitje.card.layout import KEY_VERSION_FIRST


class Card(models.Model):
    """A citizen's card, by its UID in lower-case hex. It names a citizen's number and no person.

    `opening_balance` (cents) is the state that the chain of its transactions starts from, at TMC 0. Times in Unix
    seconds; the certificate's own bytes are kept, for a card that is made in several goes has one.
    """

    uid = models.CharField(primary_key=True, max_length=14)
    citizen = models.CharField(max_length=40)
    """Empty while the card is made and belongs to nobody yet."""
    opening_balance = models.BigIntegerField()
    issued_at = models.BigIntegerField()
    suspended_at = models.BigIntegerField(null=True)
    """By an alarm: a person looks."""
    made_at = models.BigIntegerField(null=True)
    proven_at = models.BigIntegerField(null=True)
    """Its first load is proved by the card's own MAC: it may be handed out."""
    blocked_at = models.BigIntegerField(null=True)
    """By its citizen: from then on what it pays is the programme's loss (LEDGER.md section 2)."""
    replaced_at = models.BigIntegerField(null=True)
    replaced_by = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="replaces")
    key_version = models.PositiveSmallIntegerField(default=KEY_VERSION_FIRST)
    """Of its key 1."""
    certificate = models.BinaryField(default=b"")
    expires_at = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return f"card of {self.citizen}"

    @property
    def denied_at(self) -> int | None:
        """Since when it is to be on the deny list, for whatever reason."""
        return min((at for at in (self.suspended_at, self.blocked_at) if at is not None), default=None)


class LoadState(models.TextChoices):
    """Where an attempt to load a card stands. Only `IN_FLIGHT` has money on the way."""

    PREPARED = "prepared"
    """The card was asked, nothing is posted, and it was not told to commit."""
    IN_FLIGHT = "in flight"
    LOADED = "loaded"
    NOT_DONE = "not done"
    """Proved not to have happened: the money went back."""
    DROPPED = "dropped"
    """Given up before anything was posted."""


class Load(models.Model):
    """One attempt to put money on a card, by the number that its TMRI names; ids and bytes in hex, amounts in cents.

    What the card said before it was to commit is kept: it is one link of the card's chain, if it committed.
    """

    number = models.BigAutoField(primary_key=True)
    card = models.ForeignKey(Card, on_delete=models.PROTECT, related_name="loads")
    source = models.ForeignKey(Card, on_delete=models.PROTECT, null=True, related_name="+")
    """The replaced card whose purse pays; else the citizen's account does."""
    citizen = models.CharField(max_length=40)
    amount = models.BigIntegerField()
    state = models.CharField(max_length=9, choices=LoadState, default=LoadState.PREPARED)
    time = models.BigIntegerField()
    """What its record says."""
    tmc_before = models.BigIntegerField(null=True)
    enc_tmri = models.CharField(max_length=32, default="")
    previous_tmri = models.CharField(max_length=32, default="")
    """What `enc_tmri` deciphers to."""
    balance_before = models.BigIntegerField(null=True)
    record = models.CharField(max_length=32, default="")
    sent_at = models.BigIntegerField(null=True)
    settled_at = models.BigIntegerField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="minting_load_amount"),
            models.UniqueConstraint(
                fields=("card",), condition=models.Q(state="in flight"), name="minting_one_load_in_flight"
            ),
        ]

    def __str__(self) -> str:
        return f"load {self.number}: {self.state}"


class LoadCause(models.TextChoices):
    """Why money waits for a card."""

    DESK = "desk"
    REFUND = "refund"
    REPLACEMENT = "replacement"


class LoadOrder(models.Model):
    """Money that is to go onto a card at its next online tap (CARD.md section 7). `event`: what caused it, once."""

    card = models.ForeignKey(Card, on_delete=models.PROTECT, related_name="orders")
    source = models.ForeignKey(Card, on_delete=models.PROTECT, null=True, related_name="+")
    """As of a load."""
    amount = models.BigIntegerField()
    cause = models.CharField(max_length=11, choices=LoadCause)
    event = models.CharField(max_length=80, unique=True)
    ordered_at = models.BigIntegerField()
    load = models.ForeignKey(Load, on_delete=models.PROTECT, null=True, related_name="orders")
    """The attempt that carries it, or has carried it; none while it waits."""
    cancelled_at = models.BigIntegerField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="minting_order_amount"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=("card",),
                name="minting_waiting",
                condition=models.Q(load__isnull=True, cancelled_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} for {self.card_id}"


class IssuedVoucher(models.Model):
    """An allowance or a note, by its random id in hex, with the very bytes that were signed; times in Unix seconds.

    `source` is the account that paid for it and that gets back what is left of it when it has expired.
    """

    cti = models.CharField(primary_key=True, max_length=32)
    paper = models.BooleanField()
    citizen = models.CharField(max_length=40)
    """Whose it is; a note of a stock is nobody's until it is handed out."""
    source_kind = models.CharField(max_length=16, default=AccountKind.CITIZEN)
    source_owner = models.CharField(max_length=90, default="")
    """Empty: the citizen's own."""
    amount = models.BigIntegerField()
    issued_at = models.BigIntegerField()
    expires_at = models.BigIntegerField()
    home = models.ForeignKey(Shop, on_delete=models.PROTECT, null=True, related_name="+")
    handed_out_at = models.BigIntegerField(null=True)
    """Of a note: until then it is on the deny list. An allowance goes out as it is made."""
    voided_at = models.BigIntegerField(null=True)
    """Of a note that was spoilt or not handed out: it stays on the deny list, and its value goes back in time."""
    token = models.BinaryField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="minting_voucher_amount"),
            models.CheckConstraint(
                condition=models.Q(voided_at__isnull=True) | models.Q(handed_out_at__isnull=True, paper=True),
                name="minting_void_or_handed_out",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=("expires_at",), name="minting_voucher_ends"),
            models.Index(
                fields=("voided_at",), name="minting_voucher_void", condition=models.Q(voided_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{'note' if self.paper else 'allowance'} {self.cti}"

    @property
    def source(self) -> AccountName:
        """The account that paid for it."""
        return AccountName(AccountKind(self.source_kind), self.source_owner or self.citizen)

    @property
    def account(self) -> AccountName:
        """The account that holds its value."""
        return AccountName(AccountKind.NOTE if self.paper else AccountKind.ALLOWANCE, self.cti)


class PrintRun(models.Model):
    """Notes that were made together, to be printed and handed out; `event` was made by whoever asked, once.

    `order` is what was asked for, as JSON. `pdf` is empty until the run was first printed, and never changes after.
    """

    number = models.BigAutoField(primary_key=True)
    event = models.CharField(max_length=60, unique=True)
    order = models.TextField()
    made_by = models.CharField(max_length=40)
    made_at = models.BigIntegerField()
    pdf = models.BinaryField(default=b"")
    sha256 = models.CharField(max_length=64, default="")

    def __str__(self) -> str:
        return f"print run {self.number}"


class PrintedNote(models.Model):
    """A note's place in its run: numbers count from 1."""

    run = models.ForeignKey(PrintRun, on_delete=models.PROTECT, related_name="notes")
    number = models.PositiveIntegerField()
    voucher = models.OneToOneField(IssuedVoucher, on_delete=models.PROTECT, related_name="printed")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("run", "number"), name="minting_note_once"),
        ]

    def __str__(self) -> str:
        return f"{self.run_id:05d}-{self.number:03d}"


class Signature(models.Model):
    """One signature of the programme's keys: what for, by which key, when (Unix seconds), over what; never changed.

    `digest` is the SHA-256 of the signed payload, in hex.
    """

    what = models.CharField(max_length=16)
    kid = models.CharField(max_length=64)
    at = models.BigIntegerField()
    digest = models.CharField(max_length=64)

    class Meta:
        indexes: ClassVar = [models.Index(fields=("kid", "at"), name="minting_signed_by")]

    def __str__(self) -> str:
        return f"{self.what} by {self.kid} at {self.at}"


class Publication(models.Model):
    """The trust as terminals could fetch it from `issued_at` on; last signed as the newest at `confirmed_at`.

    Both Unix seconds. Its number is what a terminal's entries name as `bundle`.
    """

    number = models.BigIntegerField(primary_key=True)
    issued_at = models.BigIntegerField()
    confirmed_at = models.BigIntegerField()

    def __str__(self) -> str:
        return f"publication {self.number}"


class IssuedBundle(models.Model):
    """A trust bundle as it was signed for one terminal, with the publication that it was new in."""

    terminal = models.ForeignKey(Terminal, on_delete=models.PROTECT, related_name="bundles")
    version = models.BigIntegerField()
    issued_at = models.BigIntegerField()
    token = models.BinaryField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("terminal", "version"), name="minting_bundle_once"),
        ]

    def __str__(self) -> str:
        return f"bundle {self.version} of {self.terminal_id}"


class MeasureKind(models.TextChoices):
    """What an alarm changes in the next bundle (LEDGER.md section 2)."""

    CARDS_ONLINE_ONLY = "cards online only"
    KEY_REVOKED = "key revoked"


class Measure(models.Model):
    """One measure in force, once; `subject` is a key id in hex, or empty."""

    kind = models.CharField(max_length=20, choices=MeasureKind)
    subject = models.CharField(max_length=16, default="")
    since = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("kind", "subject"), name="minting_measure_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}".strip()
