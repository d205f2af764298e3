# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Each invariant finds the breach that it is there for. It takes a hand in the file: the triggers are taken off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import connection

from backend.audit.invariants import INVARIANTS, check

if TYPE_CHECKING:
    from tests.backend.conftest import City


def tamper(*statements: str) -> None:
    """What somebody with the file in his hands can do."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for table in ("ledger_account", "ledger_transfer"):
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute("ALTER TABLE ledger_account DROP CONSTRAINT ledger_account_balance")
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            for (name,) in cursor.fetchall():
                cursor.execute(f"DROP TRIGGER {name}")
            cursor.execute("PRAGMA ignore_check_constraints = ON")
        for statement in statements:
            cursor.execute(statement)


@pytest.fixture
def trading(city: City) -> City:
    """A sale, a refund, a night."""
    city.till.anchor()
    city.till.refund(city.till.pay_card(city.cards[0], 350) + 1, 50)
    city.till.upload()
    return city


def broken() -> set[str]:
    """Names of the invariants that do not hold."""
    return {finding.name for finding in check() if not finding.holds}


def test_all_hold(trading: City) -> None:
    assert broken() == set()
    assert len({finding.name for finding in check()}) == len(INVARIANTS)


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("UPDATE ledger_account SET balance = balance + 1 WHERE kind = 'payable'", "debits = credits"),
        ("UPDATE ledger_transfer SET amount = amount + 1 WHERE kind = 'redeemed'", "debits = credits"),
        ("UPDATE ledger_account SET balance = -1 WHERE kind = 'citizen'", "no account below zero"),
        ("UPDATE ledger_account SET balance = balance - 1 WHERE kind = 'reserve'", "reserve = everything it covers"),
        ("UPDATE ledger_account SET balance = 0 WHERE kind = 'purse'", "minted − redeemed − expired − recovered − clawed back = outstanding"),
        ("UPDATE ledger_transfer SET event = 'x' WHERE kind = 'redeemed'", "every settled intent is posted once"),
        ("UPDATE redemption_claim SET paid = 300", "every settled intent is posted once"),
        ("UPDATE redemption_refund SET paid = 10", "every covered refund is posted"),
        ("UPDATE ledger_transfer SET kind = 'settlement cut' WHERE kind = 'refunded'", "batches = their postings"),
        ("UPDATE redemption_cardtransaction SET balance_before = balance_before + 1", "purse = card"),
    ],
)
def test_a_breach_is_found(trading: City, statement: str, name: str) -> None:
    tamper(statement)
    assert name in broken()
