# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the mint gave out: cards, vouchers, trust bundles; and the measures that the next bundle carries."""

from typing import ClassVar

from django.db import models

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
    """An allowance or a note, by its random id in hex, with the very bytes that were signed; times in Unix seconds."""

    cti = models.CharField(primary_key=True, max_length=32)
    paper = models.BooleanField()
    citizen = models.CharField(max_length=40)
    amount = models.BigIntegerField()
    issued_at = models.BigIntegerField()
    expires_at = models.BigIntegerField()
    home = models.ForeignKey(Shop, on_delete=models.PROTECT, null=True, related_name="+")
    handed_out_at = models.BigIntegerField(null=True)
    """Of a note: until then it is on the deny list. An allowance goes out as it is made."""
    token = models.BinaryField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="minting_voucher_amount"),
        ]

    def __str__(self) -> str:
        return f"{'note' if self.paper else 'allowance'} {self.cti}"


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
