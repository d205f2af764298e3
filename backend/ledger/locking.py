# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Locks on accounts, always taken in one order, so that transactions wait for each other and never in a circle.

The order: the loss fund, then vouchers, then cards, then all else, then what is owed to shops; within each by id.
Whoever moves money out of an account locks it before looking at what it holds. SQLite lets one transaction write at a
time, so there the same functions only look.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from django.db import connection

from backend.ledger.accounts import AccountKind, AccountName
from backend.ledger.models import Account
from backend.ledger.prepared import execute
from backend.ledger.rows import SMALLINT, TEXT, literal

_RANK: Final = {
    AccountKind.LOSS_FUND: 0,
    AccountKind.ALLOWANCE: 1,
    AccountKind.NOTE: 1,
    AccountKind.PURSE: 2,
    AccountKind.LOAD_IN_FLIGHT: 2,
    AccountKind.PAYABLE: 4,
}
_OTHERS: Final = 3
_FIND: Final = """
SELECT a.kind, a.owner, a.id, a.balance FROM unnest(%s::text[], %s::text[]) AS n (kind, owner)
JOIN ledger_account AS a ON a.kind = n.kind AND a.owner = n.owner
"""
_LOCK: Final = """
SELECT a.kind, a.owner, a.id, a.balance FROM unnest(%s::text[], %s::text[], %s::smallint[]) AS n (kind, owner, rank)
JOIN ledger_account AS a ON a.kind = n.kind AND a.owner = n.owner ORDER BY n.rank, a.id FOR NO KEY UPDATE OF a
"""
"""The rows are locked one after the other as they come out of the sort."""


class Held(NamedTuple):
    """An account's id and what it holds, cents."""

    id: int
    balance: int


def find(names: Iterable[AccountName]) -> dict[AccountName, Held]:
    """Those of these accounts that exist."""
    wanted = set(names)
    if not wanted:
        return {}
    if connection.vendor == "postgresql":
        known = execute(_FIND, _literals(wanted))
        return {AccountName(AccountKind(kind), owner): Held(*rest) for kind, owner, *rest in known}
    found: dict[AccountName, Held] = {}
    for kind in {name.kind for name in wanted}:
        owners = [name.owner for name in wanted if name.kind == kind]
        rows = Account.objects.filter(kind=kind, owner__in=owners).values_list("owner", "id", "balance")
        found |= {AccountName(kind, owner): Held(account_id, balance) for owner, account_id, balance in rows}
    return found


def lock(names: Iterable[AccountName]) -> dict[AccountName, Held]:
    """Lock those of these accounts that exist, until the transaction ends; what they hold then."""
    wanted = set(names)
    if connection.vendor != "postgresql" or not wanted:
        return find(wanted)
    ranks = literal(SMALLINT, [_RANK.get(name.kind, _OTHERS) for name in wanted])
    locked = execute(_LOCK, (*_literals(wanted), ranks))
    return {AccountName(AccountKind(kind), owner): Held(*rest) for kind, owner, *rest in locked}


def _literals(names: set[AccountName]) -> tuple[str, str]:
    """Kinds and owners as two arrays."""
    return literal(TEXT, [str(name.kind) for name in names]), literal(TEXT, [name.owner for name in names])


def open_accounts(names: Iterable[AccountName]) -> None:
    """Open those of these accounts that do not exist."""
    missing = sorted(set(names) - find(names).keys())
    opened = [Account(kind=name.kind, owner=name.owner) for name in missing]
    Account.objects.bulk_create(opened, ignore_conflicts=connection.vendor == "postgresql")
