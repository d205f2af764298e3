# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Reads the bank's statements: ISO 20022 `camt.053`, versions 2 and 8, each balanced within itself.

Amounts are whole cents; a balance that the bank is owed is below zero. Only booked entries count; what is announced
(`PDNG`, `INFO`) moves no balance and is left out. A page of a statement is no statement: it opens and closes with
booked balances, or it is refused.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

from backend.settlement.iso20022 import BankFileInvalid, Node, cents_of, read
from heitje.money import Cents

MESSAGES: Final = frozenset({"camt.053.001.02", "camt.053.001.08"})
TEXT_MAX: Final = 140
_OPENING: Final = ("OPBD", "PRCD")
_CLOSING: Final = ("CLBD",)
_BOOKED: Final = "BOOK"


@dataclass(frozen=True, slots=True)
class Transaction:
    """One payment within an entry, by the ids that the bank repeats; empty where it does not."""

    amount: int
    end_to_end_id: str
    payment_id: str
    message_id: str
    name: str
    """Of the other side."""
    iban: str
    text: str
    return_reason: str


@dataclass(frozen=True, slots=True)
class StatementEntry:
    """One booked line of a statement; `amount` in cents is always above zero."""

    amount: Cents
    credit: bool
    reversal: bool
    booked_on: date
    reference: str
    payment_id: str
    """Of a payment that was booked as a whole: its file's or its batch's id."""
    transactions: tuple[Transaction, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """One day (or more) of one account."""

    number: str
    iban: str
    opening: int
    closing: int
    closes_on: date
    entries: tuple[StatementEntry, ...]


def read_statements(data: bytes) -> tuple[Statement, ...]:
    """Every statement of a file. Raises `BankFileInvalid`: nothing of such a file is believed."""
    statements = tuple(_statement(node) for node in read(data, MESSAGES).all("BkToCstmrStmt/Stmt"))
    if not statements:
        raise BankFileInvalid("there is no statement in it")
    return statements


def _statement(node: Node) -> Statement:
    opening, _ = _balance(node, _OPENING)
    closing, closes_on = _balance(node, _CLOSING)
    entries = tuple(_entry(entry) for entry in node.all("Ntry") if _status(entry) == _BOOKED and cents_of(entry))
    statement = Statement(
        number=node.need("Id"),
        iban=node.need("Acct/Id/IBAN").replace(" ", "").upper(),
        opening=opening,
        closing=closing,
        closes_on=closes_on,
        entries=entries,
    )
    moved = sum(entry.amount if entry.credit else -entry.amount for entry in entries)
    if opening + moved != closing:
        raise BankFileInvalid(
            f"statement {statement.number} opens at {opening} cents, moves {moved} and closes at {closing}"
        )
    return statement


def _balance(node: Node, codes: tuple[str, ...]) -> tuple[int, date]:
    """The balance of the first of these codes that is there, and its day."""
    balances = {balance.text("Tp/CdOrPrtry/Cd"): balance for balance in node.all("Bal") if not balance.text("Tp/SubTp")}
    for code in codes:
        if code in balances:
            found = balances[code]
            sign = 1 if _is_credit(found) else -1
            return sign * cents_of(found), _day(found.need("Dt/Dt", "Dt/DtTm"))
    raise BankFileInvalid(f"a statement has a balance {' or '.join(codes)}: this is a page, or no booked statement")


def _entry(node: Node) -> StatementEntry:
    credit = _is_credit(node)
    batches = [name for name in (detail.text("Btch/PmtInfId", "Btch/MsgId") for detail in node.all("NtryDtls")) if name]
    transactions = tuple(_transaction(found, node, credit) for found in node.all("NtryDtls/TxDtls"))
    return StatementEntry(
        amount=Cents(cents_of(node)),
        credit=credit,
        reversal=node.text("RvslInd") in ("true", "1"),
        booked_on=_day(node.need("BookgDt/Dt", "BookgDt/DtTm", "ValDt/Dt", "ValDt/DtTm")),
        reference=node.text("AcctSvcrRef", "NtryRef")[:TEXT_MAX],
        payment_id=batches[0] if len(set(batches)) == 1 else "",
        transactions=transactions,
    )


def _transaction(node: Node, entry: Node, credit: bool) -> Transaction:
    """A payment; where the bank gives it no amount of its own, it is the whole entry's."""
    where = next((at for at in ("Amt", "AmtDtls/TxAmt/Amt") if node.first(at) is not None), None)
    other = "Dbtr" if credit else "Cdtr"
    ours = "Cdtr" if credit else "Dbtr"
    parties = [f"RltdPties/{side}/{where_named}" for side in (other, ours) for where_named in ("Pty/Nm", "Nm")]
    if node.first("RtrInf") is None:
        parties = parties[:2]
    lines = [line.element.text or "" for line in node.all("RmtInf/Ustrd")]
    return Transaction(
        amount=cents_of(entry) if where is None else cents_of(node, where),
        end_to_end_id=node.text("Refs/EndToEndId"),
        payment_id=node.text("Refs/PmtInfId"),
        message_id=node.text("Refs/MsgId"),
        name=node.text(*parties)[:TEXT_MAX],
        iban=node.text(f"RltdPties/{other}Acct/Id/IBAN"),
        text=(" ".join(lines) or node.text("RmtInf/Strd/CdtrRefInf/Ref", "AddtlTxInf"))[:TEXT_MAX],
        return_reason=node.text("RtrInf/Rsn/Cd", "RtrInf/Rsn/Prtry")
        or ("NOAS" if node.first("RtrInf") is not None else ""),
    )


def _status(node: Node) -> str:
    """Version 8 puts the code one deeper than version 2."""
    return node.need("Sts/Cd", "Sts")


def _is_credit(node: Node) -> bool:
    side = node.need("CdtDbtInd")
    if side not in ("CRDT", "DBIT"):
        raise BankFileInvalid(f"CdtDbtInd is CRDT or DBIT, and not {side[:10]!r}")
    return side == "CRDT"


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text[:10])
    except ValueError as error:
        raise BankFileInvalid(f"not a day: {text[:40]!r}") from error
