# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Shops that take the coin, and the terminals on their counters (RULES.md section 3, JOURNAL.md section 3)."""

from django.db import models


class Shop(models.Model):
    """A shop of the programme. `owner` is who the guarantee of LEDGER.md section 2 is counted for."""

    id = models.CharField(primary_key=True, max_length=40)
    owner = models.CharField(max_length=40)
    name = models.CharField(max_length=70)
    category = models.CharField(max_length=40)
    area = models.CharField(max_length=40)
    iban = models.CharField(max_length=34)

    def __str__(self) -> str:
        return self.name


class TerminalState(models.TextChoices):
    """Whether what a terminal sends is believed."""

    ACTIVE = "active"
    SUSPENDED = "suspended"


class Terminal(models.Model):
    """A till: its id in lower-case hex, its raw Ed25519 key, and whether it is its shop's paper till."""

    id = models.CharField(primary_key=True, max_length=16)
    shop = models.ForeignKey(Shop, on_delete=models.PROTECT, related_name="terminals")
    public_key = models.BinaryField(max_length=32)
    paper_till = models.BooleanField()
    secure_element = models.BooleanField()
    """The debit master sits in a SAM or TPM: the higher card limits hold (DESIGN.md section 6)."""
    card_desk = models.BooleanField(default=False)
    """It is a pick-up point's, where cards are made."""
    state = models.CharField(max_length=9, choices=TerminalState, default=TerminalState.ACTIVE)
    enrolled_at = models.BigIntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("shop",), condition=models.Q(paper_till=True), name="shops_one_paper_till"),
            models.CheckConstraint(condition=models.Q(state__in=TerminalState.values), name="shops_terminal_state"),
        )

    def __str__(self) -> str:
        return self.id
