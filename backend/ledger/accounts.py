# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The chart of accounts (LEDGER.md section 1): a kind and, where there are many of a kind, an owner's number or id."""

from enum import StrEnum
from typing import Final, NamedTuple


class AccountKind(StrEnum):
    """What an account holds. All stand on the credit side but the reserve; none may go below zero."""

    RESERVE = "reserve"
    FREE_COVER = "free cover"
    COMMITTED = "committed"
    LOSS_FUND = "loss fund"
    CITIZEN = "citizen"
    TEAM = "team"
    EARMARKED = "earmarked"
    PURSE = "purse"
    ALLOWANCE = "allowance"
    NOTE = "note"
    LOAD_IN_FLIGHT = "load in flight"
    PAYABLE = "payable"
    IN_BATCH = "in batch"
    RETURNED = "returned"
    UNIDENTIFIED = "unidentified"


class AccountName(NamedTuple):
    """One account: its kind, and whose it is (a citizen's number, a card's UID, a voucher's id, a shop's id)."""

    kind: AccountKind
    owner: str = ""


RESERVE: Final = AccountName(AccountKind.RESERVE)
FREE_COVER: Final = AccountName(AccountKind.FREE_COVER)
COMMITTED: Final = AccountName(AccountKind.COMMITTED)
LOSS_FUND: Final = AccountName(AccountKind.LOSS_FUND)
IN_BATCH: Final = AccountName(AccountKind.IN_BATCH)
UNIDENTIFIED: Final = AccountName(AccountKind.UNIDENTIFIED)
SPENDABLE: Final = (
    AccountKind.CITIZEN,
    AccountKind.TEAM,
    AccountKind.EARMARKED,
    AccountKind.PURSE,
    AccountKind.ALLOWANCE,
    AccountKind.NOTE,
    AccountKind.LOAD_IN_FLIGHT,
)
"""What holds coins: minted and neither spent nor taken back."""
TEAM_PREFIX: Final = "team:"
"""How the number of a team begins, wherever a task names who did it."""


def citizen(number: str) -> AccountName:
    """What a citizen earned and has not spent."""
    return AccountName(AccountKind.CITIZEN, number)


def team(number: str) -> AccountName:
    """What a team earned and has not shared."""
    return AccountName(AccountKind.TEAM, number)


def earner(number: str) -> AccountName:
    """The account of who did a task: a citizen, or a team by its number with `team:` before it."""
    return team(number) if number.startswith(TEAM_PREFIX) else citizen(number)


def earmarked(grant: str, number: str) -> AccountName:
    """What a citizen holds of one grant, apart from what was earned."""
    return AccountName(AccountKind.EARMARKED, f"{grant}/{number}")


def purse(uid: str) -> AccountName:
    """The value on a card, by its UID in hex."""
    return AccountName(AccountKind.PURSE, uid)


def load_in_flight(uid: str) -> AccountName:
    """Value on its way to a card."""
    return AccountName(AccountKind.LOAD_IN_FLIGHT, uid)


def allowance(cti: str) -> AccountName:
    """The value of a phone's allowance, by its voucher's id in hex."""
    return AccountName(AccountKind.ALLOWANCE, cti)


def note(cti: str) -> AccountName:
    """The value of a paper note, by its voucher's id in hex."""
    return AccountName(AccountKind.NOTE, cti)


def payable(shop: str) -> AccountName:
    """What is owed to a shop."""
    return AccountName(AccountKind.PAYABLE, shop)


def returned(shop: str) -> AccountName:
    """What the bank sent back of what a shop was paid."""
    return AccountName(AccountKind.RETURNED, shop)
