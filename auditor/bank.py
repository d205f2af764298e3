# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the bank says is in the reserve: a `camt.053` statement, or a table (CSV) with the columns date and balance."""

import csv
import re
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Final, NoReturn
from xml.etree import ElementTree

STATEMENT_MAX: Final = 64 * 1024 * 1024
_AMOUNT: Final = re.compile(r"(-?)([0-9]{1,13})(?:\.([0-9]{1,2})0*)?")
_OPENING, _CLOSING = "OPBD", "CLBD"


class UnreadableStatement(ValueError):
    """This is no statement, or it does not add up; the text says why."""


@dataclass(frozen=True, slots=True)
class BankBalance:
    """What was in the account at the end of a day, cents; `iban` where the statement names it."""

    day: date
    cents: int
    iban: str = ""


def read_statement(data: bytes) -> BankBalance:
    """The last closing balance of a statement. Raises `UnreadableStatement`."""
    if len(data) > STATEMENT_MAX:
        raise UnreadableStatement(f"more than {STATEMENT_MAX} bytes")
    return _read_camt(data) if data.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<") else _read_table(data)


def read_amount(text: str) -> int:
    """Euros as 1234.56, in cents. Raises `UnreadableStatement`."""
    match = _AMOUNT.fullmatch(text.strip())
    if match is None:
        raise UnreadableStatement(f"{text!r} is no amount in euros, as 1234.56")
    sign, euros, cents = match.groups()
    value = int(euros) * 100 + int((cents or "").ljust(2, "0"))
    return -value if sign else value


class _NoDoctype(ElementTree.TreeBuilder):
    """Entities are declared in a document type; without one nothing can be unfolded."""

    def doctype(self, name: str, pubid: str | None, system: str | None) -> NoReturn:
        """A bank's statement has none."""
        raise UnreadableStatement("a document type")


def _read_camt(data: bytes) -> BankBalance:
    parser = ElementTree.XMLParser(target=_NoDoctype())  # noqa: S314  # no document type gets past it
    try:
        parser.feed(data)
        tree = parser.close()
    except (ElementTree.ParseError, ValueError) as error:
        raise UnreadableStatement(f"no camt.053: {error}") from error
    statements = sorted(
        map(_Statement, tree.iterfind("./{*}BkToCstmrStmt/{*}Stmt")), key=lambda found: found.closing.day
    )
    if not statements:
        raise UnreadableStatement("no camt.053: there is no statement in it")
    for before, after in pairwise(statements):
        if before.closing.iban != after.closing.iban:
            raise UnreadableStatement("statements of two accounts")
        if before.closing.cents != after.opening:
            raise UnreadableStatement(f"the statement of {after.closing.day} does not begin where the one before ended")
    return statements[-1].closing


class _Statement:
    """One `Stmt`: it must add up."""

    def __init__(self, element: ElementTree.Element) -> None:
        iban = element.findtext("./{*}Acct/{*}Id/{*}IBAN", "")
        found: dict[str, BankBalance] = {}
        for balance in element.iterfind("./{*}Bal"):
            code = balance.findtext("./{*}Tp/{*}CdOrPrtry/{*}Cd", "")
            found[code] = BankBalance(_day(balance), _signed(balance), iban)
        if _OPENING not in found or _CLOSING not in found:
            raise UnreadableStatement("a statement has an opening and a closing balance")
        self.opening, self.closing = found[_OPENING].cents, found[_CLOSING]
        moved = sum(map(_signed, element.iterfind("./{*}Ntry")))
        if self.opening + moved != self.closing.cents:
            raise UnreadableStatement(f"the statement of {self.closing.day} does not add up")


def _signed(element: ElementTree.Element) -> int:
    amount = element.find("./{*}Amt")
    direction = element.findtext("./{*}CdtDbtInd", "")
    if amount is None or amount.get("Ccy") != "EUR" or direction not in ("CRDT", "DBIT"):
        raise UnreadableStatement("an amount is in EUR, and a credit or a debit")
    cents = read_amount(amount.text or "")
    return cents if direction == "CRDT" else -cents


def _day(balance: ElementTree.Element) -> date:
    text = balance.findtext("./{*}Dt/{*}Dt", "") or balance.findtext("./{*}Dt/{*}DtTm", "")[:10]
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UnreadableStatement("a balance has a day") from error


def _read_table(data: bytes) -> BankBalance:
    try:
        rows = list(csv.DictReader(data.decode("utf-8-sig").splitlines()))
        balances = [(date.fromisoformat(row["date"]), read_amount(row["balance"])) for row in rows]
    except (ValueError, KeyError, TypeError, AttributeError, csv.Error) as error:
        raise UnreadableStatement(f"neither camt.053 nor a table with the columns date and balance: {error}") from error
    if not balances or balances != sorted(balances, key=lambda found: found[0]):
        raise UnreadableStatement("a table has rows, in the order of their days")
    return BankBalance(*balances[-1])
