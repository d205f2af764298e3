# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The cover of the coin: euro in the reserve, and what is set aside for conflicts (LEDGER.md section 1)."""

from backend.ledger import events
from backend.ledger.posting import Overdrawn, post
from heitje.money import Cents


class NotCovered(Exception):
    """There is too little free cover."""


def fund(event_id: str, amount: Cents, statement_line: str, at: int) -> bool:
    """Book a bank statement's line into the reserve. False: this line is booked already."""
    return post(events.reserve_funded(event_id, amount, statement_line), at)


def fill_loss_fund(event_id: str, amount: Cents, at: int) -> bool:
    """Set free cover aside for conflicts. False: done already. Raises `NotCovered`."""
    try:
        return post(events.loss_fund_filled(event_id, amount), at)
    except Overdrawn as error:
        raise NotCovered("there is too little free cover") from error
