# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a treasurer has to look at (LEDGER.md section 3): each alarm by its name, what it is about, and since when."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from backend.ledger import minting_stop
from backend.settlement import night
from backend.settlement.models import BankEntry, BankStatement, Batch, BatchLine, LineState, Meaning, PaymentHold
from backend.settlement.target_days import bank_days_after

BOOKED_WITHIN_DAYS: Final = 2
"""Bank days after its execution by which a batch has to be on a statement."""
STATEMENT_WITHIN_DAYS: Final = 3
"""Bank days by which the next statement has to be here."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """`kind` is one of a few words; `about` names the batch, shop or entry; `cents` what it is about."""

    kind: str
    about: str
    cents: int = 0

    def __str__(self) -> str:
        return f"{self.kind}: {self.about}"


def alarms(today: date) -> list[Alarm]:
    """Every alarm as of `today`."""
    return [*_batches(today), *_entries(), *_stops(), *_returned(), *_statements(today)]


def _batches(today: date) -> Iterator[Alarm]:
    for batch in (
        Batch.objects.filter(lines__state=LineState.SENT).defer("bank_file").distinct().order_by("date", "run")
    ):
        cents = sum(batch.lines.filter(state=LineState.SENT).values_list("amount", flat=True))
        if not night.is_released(batch):
            if today > batch.date:
                yield Alarm("batch not approved", str(batch), cents)
        elif today > bank_days_after(batch.date, BOOKED_WITHIN_DAYS):
            yield Alarm("batch not booked", str(batch), cents)


def _entries() -> Iterator[Alarm]:
    unknown = BankEntry.objects.filter(meaning__in=(Meaning.UNKNOWN_DEBIT, Meaning.UNKNOWN_CREDIT))
    for entry in unknown.select_related("statement").order_by("id"):
        yield Alarm(entry.meaning, f"entry {entry.pk} of statement {entry.statement}", entry.amount)


def _stops() -> Iterator[Alarm]:
    for cause in minting_stop.standing():
        yield Alarm("minting is stopped", cause)


def _returned() -> Iterator[Alarm]:
    for hold in PaymentHold.objects.filter(released_at=None).order_by("since", "id"):
        lines = BatchLine.objects.filter(shop=hold.shop_id, state=LineState.RETURNED)
        yield Alarm("payments held", f"{hold.shop_id}: {hold.reason}", sum(lines.values_list("amount", flat=True)))


def _statements(today: date) -> Iterator[Alarm]:
    last = BankStatement.objects.order_by("-id").first()
    if last is not None and today > bank_days_after(last.closes_on, STATEMENT_WITHIN_DAYS):
        yield Alarm("statement missing", f"the last one closed on {last.closes_on}")
