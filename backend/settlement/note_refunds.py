# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A note's refund becomes new notes at the pick-up point, never cash (LEDGER.md section 1)."""

from dataclasses import dataclass
from typing import Final

from django.db import transaction

from backend.ledger import accounts
from backend.ledger.locking import lock
from backend.minting.keystore import KeyStore
from backend.minting.models import IssuedVoucher
from backend.minting.vouchers import NOTE_VALUES, NotIssued, Payer, draft_note, issue
from backend.officials.roles import Role
from backend.redemption.models import MAIN, Refund
from backend.settlement import treasurers
from backend.settlement.treasurers import TreasuryRefused
from backend.shops.models import Shop

_LARGEST_FIRST: Final = sorted(NOTE_VALUES, reverse=True)


@dataclass(frozen=True, slots=True)
class Given:
    """The notes, and what stays for the next time because no note is so small; cents."""

    notes: tuple[IssuedVoucher, ...]
    left: int


def give(terminal: str, seq: int, home: Shop, official: str, programme: str, key_store: KeyStore, now: int) -> Given:
    """Make notes of what a shop gave back by entry `seq` of its terminal, as its receipt says.

    The same receipt again finds nothing left. Like any note they are denied until they are handed out. Raises
    `TreasuryRefused`, `KeysRefused`.
    """
    with transaction.atomic():
        refund = Refund.objects.filter(entry__terminal=terminal, entry__branch=MAIN, entry__seq=seq).first()
        account = accounts.note(f"refund {0 if refund is None else refund.pk}")
        held = lock((account,)).get(account)
        left, values = 0 if held is None else held.balance, list[int]()
        while fitting := next((value for value in _LARGEST_FIRST if value <= left), None):
            values.append(fitting)
            left -= fitting
        if not values:
            raise TreasuryRefused(f"no note is due for entry {seq} of terminal {terminal}")
        details = {"notes": values, "left": left}
        treasurers.act(official, "refund given in notes", f"{terminal}/{seq}", now, details, (Role.DESK,))
        try:
            drafts = [draft_note(programme, value, home, now) for value in values]
            return Given(tuple(issue(drafts, Payer(account, ""), key_store, home=home)), left)
        except NotIssued as error:
            raise TreasuryRefused(str(error)) from error
