# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the mint gave out: cards, vouchers, trust bundles; and the measures that the next bundle carries."""

from typing import ClassVar

from django.db import models

from backend.shops.models import Shop, Terminal


class Card(models.Model):
    """A citizen's card, by its UID in lower-case hex. It names a citizen's number and no person.

    `opening_balance` (cents) is the state that the chain of its transactions starts from, at TMC 0.
    """

    uid = models.CharField(primary_key=True, max_length=14)
    citizen = models.CharField(max_length=40)
    opening_balance = models.BigIntegerField()
    issued_at = models.BigIntegerField()
    suspended_at = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return f"card of {self.citizen}"


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
