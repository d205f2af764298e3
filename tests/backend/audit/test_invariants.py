# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Each invariant finds the breach that it is there for. It takes a hand in the file: the triggers are taken off."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from django.db import connection

from backend.assembly import debtor_of
from backend.audit.invariants import INVARIANTS, check
from backend.settlement import bank_import, night

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


GHOST = """
INSERT INTO ledger_transfer (event, line, kind, debit_id, credit_id, amount, reference, at)
SELECT 'statement:never', 0, 'reserve funded', d.id, c.id, 700, 'never', 1795400000
FROM ledger_account AS d, ledger_account AS c WHERE d.kind = 'reserve' AND c.kind = 'free cover'
"""
"""Entered by hand for a day whose statement is here and does not show it; the balances are moved by hand as well."""
OWED = """
INSERT INTO settlement_debt (citizen, cause, subject, amount, recovered, parts, since)
VALUES ('citizen-1', 'overspent', 'x', 10, 5, 1, 0)
"""
LOADED = """
INSERT INTO minting_load (card_id, citizen, amount, state, time, enc_tmri, previous_tmri, record)
SELECT uid, 'citizen-1', 100, 'loaded', 0, '', '', '' FROM minting_card LIMIT 1
"""
STATEMENT = """<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr><MsgId>1</MsgId>
<CreDtTm>2026-11-24T20:00:00</CreDtTm></GrpHdr><Stmt><Id>1</Id><Acct><Id><IBAN>NL02ABNA0123456789</IBAN></Id></Acct>
<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">10000.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>
<Dt><Dt>2026-11-24</Dt></Dt></Bal><Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">10001.00</Amt>
<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-11-24</Dt></Dt></Bal><Ntry><Amt Ccy="EUR">1.00</Amt>
<CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-11-24</Dt></BookgDt><BkTxCd><Prtry><Cd>N</Cd>
</Prtry></BkTxCd></Ntry></Stmt></BkToCstmrStmt></Document>"""


@pytest.fixture
def trading(city: City) -> City:
    """A sale, a refund, a night, and a statement with a credit that nobody knows."""
    city.till.anchor()
    city.till.refund(city.till.pay_card(city.cards[0], 350) + 1, 50)
    city.till.upload()
    configuration = city.configuration
    night.settle(date(2026, 11, 24), 1, debtor_of(configuration), configuration.settlements_path, city.till.clock)
    account = bank_import.Account(configuration.programme, configuration.iban)
    bank_import.take(STATEMENT.encode(), account, "treasurer-1", city.till.clock)
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
        (
            "UPDATE ledger_account SET balance = 0 WHERE kind = 'purse'",
            "minted − redeemed − expired − recovered − clawed back = outstanding",
        ),
        ("UPDATE ledger_transfer SET event = 'x' WHERE kind = 'redeemed'", "every settled intent is posted once"),
        ("UPDATE redemption_claim SET paid = 300", "every settled intent is posted once"),
        ("UPDATE redemption_refund SET paid = 10", "every covered refund is posted"),
        ("UPDATE ledger_transfer SET kind = 'settlement cut' WHERE kind = 'refunded'", "batches = their postings"),
        ("UPDATE settlement_batchline SET state = 'booked'", "in batch = lines sent"),
        ("UPDATE settlement_batchline SET state = 'returned'", "returned and unidentified = their entries"),
        ("UPDATE settlement_bankentry SET meaning = 'funding'", "returned and unidentified = their entries"),
        ("UPDATE settlement_bankstatement SET closing = closing + 1", "reserve = the last statement"),
        ("UPDATE settlement_bankentry SET meaning = 'unknown debit'", "reserve = the last statement"),
        (GHOST, "reserve = the last statement"),
        (OWED, "debts = what was recovered"),
        (LOADED, "every load is posted once"),
        (LOADED, "loads = their orders"),
        ("UPDATE redemption_cardtransaction SET balance_before = balance_before + 1", "purse = card"),
    ],
)
def test_a_breach_is_found(trading: City, statement: str, name: str) -> None:
    tamper(statement)
    assert name in broken()
