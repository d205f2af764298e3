# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Bank statements: what adds up is read, what does not is no statement."""

from datetime import date

import pytest

from auditor.bank import BankBalance, UnreadableStatement, read_amount, read_statement

IBAN = "NL02ABNA0123456789"


def balance(code: str, amount: str, day: str, direction: str = "CRDT") -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy='EUR'>{amount}</Amt>"
        f"<CdtDbtInd>{direction}</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
    )


def entry(amount: str, direction: str = "CRDT") -> str:
    return f"<Ntry><Amt Ccy='EUR'>{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts></Ntry>"


def statement(*parts: str, iban: str = IBAN) -> str:
    return f"<Stmt><Acct><Id><IBAN>{iban}</IBAN></Id></Acct>{''.join(parts)}</Stmt>"


def camt(*statements: str, version: str = "02") -> bytes:
    return (
        f"<?xml version='1.0'?>\n<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}'>"
        f"<BkToCstmrStmt><GrpHdr/>{''.join(statements)}</BkToCstmrStmt></Document>"
    ).encode()


MONDAY = statement(
    balance("OPBD", "100.00", "2026-11-23"), balance("CLBD", "90.5", "2026-11-23"), entry("9.50", "DBIT")
)
TUESDAY = statement(
    balance("OPBD", "90.50", "2026-11-24"), balance("CLBD", "9.50", "2026-11-24", "DBIT"), entry("100", "DBIT")
)


def test_the_last_closing_balance() -> None:
    assert read_statement(camt(MONDAY)) == BankBalance(date(2026, 11, 23), 9_050, IBAN)
    assert read_statement(camt(TUESDAY, MONDAY, version="08")) == BankBalance(date(2026, 11, 24), -950, IBAN)


@pytest.mark.parametrize(
    "data",
    [
        camt(),
        camt(MONDAY, TUESDAY.replace("90.50", "90.51")),
        camt(MONDAY.replace("9.50", "9.51")),
        camt(MONDAY, statement(*TUESDAY.split("x"), iban="NL91ABNA0417164300").replace(IBAN, "NL91ABNA0417164300")),
        camt(MONDAY.replace("OPBD", "OPAV")),
        camt(MONDAY.replace("EUR", "USD")),
        camt(MONDAY.replace("DBIT", "BOTH")),
        camt(MONDAY.replace("2026-11-23", "23 November")),
        camt(MONDAY)[:-4],
        b"<!DOCTYPE Document [<!ENTITY a '1'>]>" + camt(MONDAY).split(b"\n", 1)[1],
        b"",
        b"date,amount\n2026-11-24,1.00\n",
        b"date,balance\n",
        b"date,balance\n2026-11-24\n",
        b"date,balance\n2026-11-24,1.00\n2026-11-23,1.00\n",
        b"date,balance\n2026-11-24,1.001\n",
        b"\xff\xfe",
    ],
)
def test_no_statement(data: bytes) -> None:
    with pytest.raises(UnreadableStatement):
        read_statement(data)


def test_a_table() -> None:
    table = "\ufeffdate,amount,balance\n2026-11-23,-9.50,90.50\n2026-11-24,10,100.5\n"
    assert read_statement(table.encode()) == BankBalance(date(2026, 11, 24), 10_050)


@pytest.mark.parametrize(("text", "cents"), [("12", 1200), ("-12.5", -1250), ("0.05", 5), ("1.500", 150)])
def test_amounts(text: str, cents: int) -> None:
    assert read_amount(text) == cents


@pytest.mark.parametrize("text", ["", "1,50", "1.005", "1e3", "+1", "--1", "1.", "１２"])
def test_no_amounts(text: str) -> None:
    with pytest.raises(UnreadableStatement):
        read_amount(text)
