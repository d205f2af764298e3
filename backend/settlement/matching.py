# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What an entry of the bank's statement is: ours by its ids and its cents, or unknown (LEDGER.md section 3).

1. A debit that names a batch and has the sum of its lines that are still sent: the batch was booked.
2. A debit whose payments each name a line that is still sent, with its cents: those lines were booked.
3. A credit whose payments each name a line that was booked, with its cents: they came back.
4. A credit that a person has entered by its reference, or from an account of the municipality's own: funding.
5. Anything else is unknown: a credit waits on its own account, a debit stops minting.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from backend.ledger import events
from backend.ledger.accounts import AccountKind
from backend.ledger.models import Transfer
from backend.ledger.posting import Event
from backend.settlement.bank_file import end_to_end_id, message_id
from backend.settlement.bank_statement import StatementEntry, Transaction
from backend.settlement.models import Batch, BatchLine, FundingSource, LineState, Meaning
from heitje.money import Cents

_OURS: Final = re.compile(r"HTJ-(\d{4})(\d\d)(\d\d)-(\d{1,2})-[0-9A-F]{8,12}")
ENTERED: Final = "statement:"
"""How the event begins of a credit that a person entered by its reference (`heitje backend fund --line`)."""


@dataclass(frozen=True, slots=True)
class Match:
    """What an entry means, what is posted for it, and the lines that it moves on, each with the bank's reason."""

    meaning: Meaning
    events: tuple[Event, ...] = ()
    event: str = ""
    """The event that stands with the entry: posted now, or entered before."""
    moved: tuple[tuple[BatchLine, str], ...] = ()


@dataclass
class SentLines:
    """The lines of those batches that the bank speaks of, by their end-to-end ids; loaded as they are asked for."""

    programme: str
    _by_id: dict[str, BatchLine] = field(default_factory=dict)
    _loaded: dict[tuple[date, int], list[BatchLine]] = field(default_factory=dict)

    def line(self, name: str) -> BatchLine | None:
        """The line of an end-to-end id."""
        if name not in self._by_id:
            self.batch(name)
        return self._by_id.get(name)

    def of_message(self, name: str) -> list[BatchLine]:
        """All lines of the batch whose file has this id; none where it is not one of ours."""
        lines = self.batch(name)
        return lines if lines and name == message_id(self.programme, *_key(lines[0].batch)) else []

    def batch(self, name: str) -> list[BatchLine]:
        """All lines of the batch that an id of ours belongs to."""
        found = _OURS.fullmatch(name)
        if found is None:
            return []
        year, month, day, run = map(int, found.groups())
        try:
            key = date(year, month, day), run
        except ValueError:
            return []
        if key not in self._loaded:
            wanted = (
                BatchLine.objects.filter(batch__date=key[0], batch__run=run)
                .select_related("batch")
                .defer("batch__bank_file")
            )
            self._loaded[key] = list(wanted.order_by("shop_id"))
            self._by_id |= {end_to_end_id(self.programme, *key, line.shop_id): line for line in self._loaded[key]}
        return self._loaded[key]


def match(entry: StatementEntry, name: str, lines: SentLines) -> Match:
    """The meaning of an entry; `name` is what its event is called."""
    if not entry.reversal:
        found = _payments(entry, name, lines) if not entry.credit else _returns(entry, name, lines)
        if found is None and entry.credit:
            found = _funding(entry, name)
        if found is not None:
            return found
    if entry.credit:
        posted = events.credit_unidentified(name, entry.amount, entry.reference)
        return Match(Meaning.UNKNOWN_CREDIT, (posted,), name)
    return Match(Meaning.UNKNOWN_DEBIT)


def entered_before(entry: StatementEntry) -> str | None:
    """The event of a credit that a person has entered by one of its references, with the same cents."""
    if not entry.credit:
        return None
    references = {entry.reference, *(transaction.end_to_end_id for transaction in entry.transactions)} - {""}
    known = Transfer.objects.filter(
        event__in=[ENTERED + reference for reference in references],
        debit__kind=AccountKind.RESERVE,
        credit__kind=AccountKind.FREE_COVER,
        amount=entry.amount,
    )
    return known.values_list("event", flat=True).first()


def booked_as_a_whole(lines: Sequence[BatchLine], name: str, amount: Cents) -> Match | None:
    """The lines of a batch that are still sent, if they are this sum together."""
    sent = [line for line in lines if line.state == LineState.SENT]
    if not sent or sum(line.amount for line in sent) != amount:
        return None
    return _booked(sent, name, amount)


def _payments(entry: StatementEntry, name: str, lines: SentLines) -> Match | None:
    named = {entry.payment_id, *(part.payment_id or part.message_id for part in entry.transactions)} - {""}
    single = [part for part in entry.transactions if part.end_to_end_id]
    if single:
        found = _each(single, entry, lines, LineState.SENT)
        if found is not None:
            return _booked(found, name, entry.amount)
    if len(named) == 1:
        return booked_as_a_whole(lines.of_message(named.pop()), name, entry.amount)
    return None


def _returns(entry: StatementEntry, name: str, lines: SentLines) -> Match | None:
    found = _each(entry.transactions, entry, lines, LineState.BOOKED)
    if found is None:
        return None
    posted = [
        events.payment_returned(f"{name}:{line.shop_id}", line.shop_id, Cents(line.amount), str(line.batch))
        for line in found
    ]
    reasons = (part.return_reason for part in entry.transactions)
    return Match(Meaning.RETURNS, tuple(posted), name, tuple(zip(found, reasons, strict=True)))


def _funding(entry: StatementEntry, name: str) -> Match | None:
    before = entered_before(entry)
    if before is not None:
        return Match(Meaning.FUNDING, event=before)
    senders = {part.iban for part in entry.transactions}
    ours = FundingSource.objects.filter(iban__in=senders).count()
    if not senders or ours != len(senders):
        return None
    return Match(Meaning.FUNDING, (events.reserve_funded(name, entry.amount, entry.reference),), name)


def _each(
    parts: Iterable[Transaction], entry: StatementEntry, lines: SentLines, state: LineState
) -> list[BatchLine] | None:
    """The line of each payment, in that state and with its cents; together they are the entry."""
    found: list[BatchLine] = []
    for part in parts:
        line = lines.line(part.end_to_end_id)
        if line is None or line.state != state or line.amount != part.amount or line in found:
            return None
        found.append(line)
    return found if found and sum(line.amount for line in found) == entry.amount else None


def _booked(lines: Sequence[BatchLine], name: str, amount: Cents) -> Match:
    batches = ", ".join(sorted({str(line.batch) for line in lines}))
    posted = events.payments_booked(name, amount, batches)
    return Match(Meaning.PAYMENTS, (posted,), name, tuple((line, "") for line in lines))


def _key(batch: Batch) -> tuple[date, int]:
    return batch.date, batch.run
