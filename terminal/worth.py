# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a note or a phone's code is worth, as far as a till can know: it sees what it took itself, and no other till."""

from dataclasses import dataclass

from heitje import codes, vouchers
from heitje.journal import CardEvidence, Instrument, PhoneEvidence
from terminal.journal_store import JournalStore
from terminal.sale import Tender


@dataclass(frozen=True, slots=True)
class Worth:
    """Cents, and until when (Unix seconds). A note has one `amount`.

    A phone's `amount` is what its allowance was issued with, `taken_here` what this till took of it, and `code` what
    the code that was shown may pay at most. What other tills took only the phone knows.
    """

    instrument: Instrument
    amount: int
    until: int
    taken_here: int = 0
    code: int = 0

    @property
    def most(self) -> int:
        """There is no more than this."""
        return self.amount - self.taken_here


def worth_of(tender: Tender, journal: JournalStore) -> Worth:
    """Of a tender that would be taken. Raises `ValueError` for a card: that one is asked."""
    if isinstance(tender.evidence, CardEvidence):
        raise ValueError("a card tells its balance itself")
    if isinstance(tender.evidence, PhoneEvidence):
        signed = codes.decode(tender.evidence.token)
        voucher = signed.allowance.voucher
        taken = journal.taken(voucher.cti).taken
        return Worth(Instrument.PHONE, voucher.amount, voucher.exp, taken, signed.code.max)
    voucher = vouchers.decode(tender.evidence.token).voucher
    return Worth(Instrument.PAPER, voucher.amount, voucher.exp)
