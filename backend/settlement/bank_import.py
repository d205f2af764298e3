# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Takes in what the bank sends: status reports and statements, each once, each wholly or not at all.

A statement follows the one before it: it opens where that one closed, and the first of all opens with what the book
says. Its entries are matched (`matching`) and posted in the same transaction.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from django.db import transaction
from django.db.models import Max

from backend.ledger import accounts, events, minting_stop
from backend.ledger.locking import lock
from backend.ledger.models import Transfer
from backend.ledger.posting import balance, post_all
from backend.officials import acts
from backend.settlement import bank_statement, iso20022, status_report, treasurers
from backend.settlement.bank_statement import Statement, StatementEntry
from backend.settlement.matching import Match, SentLines, entered_before, match
from backend.settlement.models import (
    BankDocument,
    BankEntry,
    BankStatement,
    BatchLine,
    LineState,
    Meaning,
    PaymentHold,
)
from backend.settlement.status_report import StatusReport
from backend.settlement.treasurers import TreasuryRefused
from heitje.money import Cents

_AFTER: Final = {Meaning.PAYMENTS: LineState.BOOKED, Meaning.RETURNS: LineState.RETURNED}


class NotImported(TreasuryRefused):
    """The document is not taken; the text says why, and nothing has changed."""


@dataclass
class Imported:
    """What came of a document. `new`: false where it was there already."""

    message: str
    new: bool = False
    statements: list[str] = field(default_factory=list)
    meanings: Counter[str] = field(default_factory=Counter)
    rejected: int = 0


@dataclass(frozen=True, slots=True)
class Account:
    """Whose answers are taken: the programme that names the batches, and the reserve's IBAN."""

    programme: str
    iban: str


def take(data: bytes, account: Account, official: str, now: int) -> Imported:
    """A document of the bank's, at Unix time `now`. Raises `TreasuryRefused`."""
    try:
        message = iso20022.name_of(data)
        if message in bank_statement.MESSAGES:
            statements, report = bank_statement.read_statements(data), None
        elif message in status_report.MESSAGES:
            statements, report = (), status_report.read_report(data)
        else:
            raise NotImported(
                f"this is {message or 'no bank message'}, and neither a camt.053 nor a pain.002 known here"
            )
    except iso20022.BankFileInvalid as error:
        raise NotImported(str(error)) from error
    imported = Imported(message)
    with transaction.atomic():
        acts.lock()
        lock((accounts.LOSS_FUND,))  # one document at a time, and none beside the night
        digest = hashlib.sha256(data).hexdigest()
        if BankDocument.objects.filter(sha256=digest).exists():
            return imported
        treasurers.act(official, "bank document imported", message, now, {"sha256": digest})
        document = BankDocument.objects.create(sha256=digest, message=message, document=data, official=official, at=now)
        lines = SentLines(account.programme)
        if report is not None:
            _take_report(report, lines, imported, now)
            match_again(lines, now)
        for statement in statements:
            if statement.iban == account.iban:
                _take_statement(statement, document, lines, imported, now)
        if report is None and not any(statement.iban == account.iban for statement in statements):
            raise NotImported(f"there is no statement of {account.iban} in it")
    return imported


def match_again(lines: SentLines, now: int) -> None:
    """Look at unknown debits once more: a rejection that has come since may be what was missing."""
    for stored in BankEntry.objects.filter(meaning=Meaning.UNKNOWN_DEBIT).select_related("statement__document"):
        read = bank_statement.read_statements(bytes(stored.statement.document.document))
        statement = next(found for found in read if found.number == stored.statement.number)
        name = event_of(stored)
        found = match(statement.entries[stored.line - 1], name, lines)
        if found.meaning == Meaning.PAYMENTS:
            post(stored, found, now)
            stored.save(update_fields=["meaning", "event"])
            minting_stop.lift(name, "the bank's status report", now)


def event_of(entry: BankEntry) -> str:
    """What the event of an entry is called."""
    return f"bank:{entry}"


def post(entry: BankEntry, found: Match, now: int) -> None:
    """Post what an entry means, and move on the lines of batches that it speaks of."""
    entry.meaning, entry.event = found.meaning, found.event
    post_all(found.events, now)
    for line, reason in found.moved:
        line.state, line.reason = _AFTER[found.meaning], reason
    BatchLine.objects.bulk_update([line for line, _ in found.moved], ["state", "reason"], batch_size=500)
    if found.meaning == Meaning.RETURNS:
        hold_payments(found.moved, now)


def hold_payments(lines: Iterable[tuple[BatchLine, str]], now: int) -> None:
    """Send nothing more to accounts that payments came back from, or never went to."""
    holds = [PaymentHold(shop_id=line.shop_id, iban=line.iban, reason=reason, since=now) for line, reason in lines]
    PaymentHold.objects.bulk_create(holds, ignore_conflicts=True)


def _take_report(report: StatusReport, lines: SentLines, imported: Imported, now: int) -> None:
    """Lines that the bank does not take are owed again; one that it told of before stays as it is."""
    batch = lines.of_message(report.of)
    if not batch:
        raise NotImported(f"{report.of} is no file of ours")
    if strangers := [name for name in report.rejected if lines.line(name) not in batch]:
        raise NotImported(f"{strangers[0]} is no payment of {report.of}")
    told = [(line, report.whole) for line in batch] if report.whole else []
    told += [(line, why) for name, why in report.rejected.items() if (line := lines.line(name)) is not None]
    rejected = [(line, why) for line, why in dict(told).items() if line.state == LineState.SENT]
    for line, reason in rejected:
        line.state, line.reason = LineState.REJECTED, reason
    post_all(
        [
            events.payment_rejected(
                f"rejected:{line.batch}:{line.shop_id}", line.shop_id, Cents(line.amount), str(line.batch)
            )
            for line, _ in rejected
        ],
        now,
    )
    BatchLine.objects.bulk_update([line for line, _ in rejected], ["state", "reason"], batch_size=500)
    if not report.whole:  # a file that was refused says nothing about the accounts in it
        hold_payments(rejected, now)
    imported.new, imported.rejected = True, len(rejected)


def _take_statement(
    statement: Statement, document: BankDocument, lines: SentLines, imported: Imported, now: int
) -> None:
    known = BankStatement.objects.filter(number=statement.number).first()
    if known is not None:
        told = (known.opening, known.closing, known.closes_on, known.entries.count())
        if told != (statement.opening, statement.closing, statement.closes_on, len(statement.entries)):
            raise NotImported(f"statement {statement.number} is here with other figures")
        return
    _check_order(statement)
    last = Transfer.objects.aggregate(last=Max("id"))["last"] or 0
    stored = BankStatement.objects.create(
        document=document,
        number=statement.number,
        opening=statement.opening,
        closing=statement.closing,
        closes_on=statement.closes_on,
        book_transfer=last,
    )
    entries = [_stored(stored, number, entry) for number, entry in enumerate(statement.entries, start=1)]
    debits_first = sorted(zip(entries, statement.entries, strict=True), key=lambda pair: pair[1].credit)
    for row, entry in debits_first:  # what is returned on the day of its booking was booked before
        post(row, match(entry, event_of(row), lines), now)
        if row.meaning == Meaning.UNKNOWN_DEBIT:
            minting_stop.stop(event_of(row), now)
    BankEntry.objects.bulk_create(entries)
    imported.new = True
    imported.statements.append(statement.number)
    imported.meanings.update(str(row.meaning) for row in entries)


def _check_order(statement: Statement) -> None:
    """Raises `NotImported` where a statement does not follow the last one, or the book."""
    last = BankStatement.objects.order_by("-id").first()
    if last is None:
        expected = balance(accounts.RESERVE) - sum(_entered(statement.entries))
        if statement.opening != expected:
            raise NotImported(
                f"the first statement opens at {statement.opening} cents, and the book holds {expected}: "
                "enter what is missing first (heitje backend fund)"
            )
    elif statement.opening != last.closing or statement.closes_on < last.closes_on:
        raise NotImported(
            f"statement {statement.number} opens at {statement.opening} cents and the last one, {last.number} of "
            f"{last.closes_on}, closed at {last.closing}: one between them is missing"
        )


def _entered(entries: Sequence[StatementEntry]) -> Iterable[int]:
    return (entry.amount for entry in entries if entered_before(entry) is not None)


def _stored(statement: BankStatement, number: int, entry: StatementEntry) -> BankEntry:
    first = entry.transactions[0] if entry.transactions else None
    return BankEntry(
        statement=statement,
        line=number,
        credit=entry.credit,
        amount=entry.amount,
        booked_on=entry.booked_on,
        reference=entry.reference,
        name="" if first is None else first.name,
        iban="" if first is None else first.iban[:34],
        text="" if first is None else first.text,
    )
