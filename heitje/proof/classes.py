# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The classes of accounts that a leaf names: LEDGER.md's chart without whose an account is.

A class is called as in the book. Their groups are what the statement adds up.
"""

from enum import StrEnum
from typing import Final


class AccountClass(StrEnum):
    """What an account holds. All stand on the credit side but the reserve."""

    RESERVE = "reserve"
    FREE_COVER = "free cover"
    COMMITTED = "committed"
    LOSS_FUND = "loss fund"
    CITIZEN = "citizen"
    EARMARKED = "earmarked"
    TEAM = "team"
    PURSE = "purse"
    ALLOWANCE = "allowance"
    NOTE = "note"
    LOAD_IN_FLIGHT = "load in flight"
    PAYABLE = "payable"
    IN_BATCH = "in batch"
    RETURNED = "returned"
    UNIDENTIFIED = "unidentified"


OUTSTANDING: Final = frozenset(
    {
        AccountClass.CITIZEN,
        AccountClass.EARMARKED,
        AccountClass.TEAM,
        AccountClass.PURSE,
        AccountClass.ALLOWANCE,
        AccountClass.NOTE,
        AccountClass.LOAD_IN_FLIGHT,
    }
)
"""Coins: with people, on their instruments, and on the way there."""
OWED: Final = frozenset({AccountClass.PAYABLE, AccountClass.IN_BATCH, AccountClass.RETURNED})
"""Owed to shops, sent or not."""
COVER: Final = frozenset(
    {AccountClass.FREE_COVER, AccountClass.COMMITTED, AccountClass.LOSS_FUND, AccountClass.UNIDENTIFIED}
)
"""In the reserve beyond what is outstanding and owed."""
