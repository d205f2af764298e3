# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A shop's statement: what was redeemed and refunded, what is sent, what is held and why (LEDGER.md section 3).

A shop's rows are found by its account and the numbers that bound its line, so a night costs what was sold that day.
"""

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple

from django.db import connection, transaction

from backend.ledger.accounts import AccountKind
from backend.ledger.models import Account
from backend.ledger.rows import select
from backend.redemption.models import Case, JournalEntry
from backend.settlement import shop_accounts
from backend.settlement.models import Batch, BatchLine, PaymentHold
from backend.settlement.statement_words import say
from heitje.messages import Outcome

SENT: Final = "sent to the bank"
HELD: Final = "held"
WAITING: Final = "waiting"
ANNOUNCED: Final = "announced"
_ROWS: Final = """
SELECT id, at, kind, reference, amount FROM (
    SELECT id, at, kind, reference, amount FROM ledger_transfer WHERE credit_id = %s AND id BETWEEN %s AND %s
    UNION ALL
    SELECT id, at, kind, reference, -amount FROM ledger_transfer
    WHERE debit_id = %s AND id BETWEEN %s AND %s AND kind <> 'redeemed' AND kind <> 'settlement cut'
) AS r ORDER BY at, length(reference), reference, id
"""
"""As they came, and of one upload in the order of the till's journal: of two numbers the shorter is the smaller."""
_HEAD: Final = ("time", "what", "reference", "cents", "why")
_WORDS_REMEMBERED: Final = 1024


class Row(NamedTuple):
    """One row of a statement; `at` Unix seconds, `cents` below zero where the shop gives."""

    at: int
    what: str
    reference: str
    cents: int
    why: str = ""


def rows_by_line(batch: Batch, shop: str = "") -> Iterator[tuple[BatchLine, list[Row]]]:
    """Each line of a batch, in the order of shops, with the rows of the book that it pays; of one shop where named."""
    lines = batch.lines.order_by("shop_id")
    if shop:
        lines = lines.filter(shop=shop)
    owed = Account.objects.filter(kind=AccountKind.PAYABLE, owner__in=lines.values("shop"))
    accounts = dict(owed.values_list("owner", "id"))
    with _planned_for_each():
        for line in lines:
            span = (accounts[line.shop_id], line.first_transfer, line.last_transfer)
            yield line, [Row(*row) for _, *row in select(_ROWS, *span, *span)]


@contextmanager
def _planned_for_each() -> Iterator[None]:
    """PostgreSQL's plan for any shop would take every row of the day for each of them; SQLite has but one plan.

    There nothing is locked meanwhile: a transaction of SQLite would keep every writer away.
    """
    if connection.vendor != "postgresql":
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL plan_cache_mode = force_custom_plan")
        yield


def open_rows(shop: str = "") -> dict[str, list[Row]]:
    """What is held, waits or is announced, by shop; the few of all shops in four queries, or those of one."""
    found: dict[str, list[Row]] = defaultdict(list)
    held = Case.objects.filter(entry__isnull=False, held__gt=0).order_by("id")
    waiting = JournalEntry.objects.filter(outcome=Outcome.PENDING).order_by("terminal", "seq")
    unpaid = PaymentHold.objects.filter(released_at=None).order_by("id")
    if shop:
        held, waiting = held.filter(entry__terminal__shop=shop), waiting.filter(terminal__shop=shop)
        unpaid = unpaid.filter(shop=shop)
    for owner, terminal, seq, at, cents, kind in held.values_list(
        "entry__terminal__shop", "entry__terminal", "entry__seq", "opened_at", "held", "kind"
    ):
        found[owner].append(Row(at, HELD, f"{terminal}/{seq}", cents, kind))
    for owner, terminal, seq, at, reason in waiting.values_list("terminal__shop", "terminal", "seq", "time", "reason"):
        found[owner].append(Row(at, WAITING, f"{terminal}/{seq}", 0, reason))
    for owner, iban, at, reason in unpaid.values_list("shop", "iban", "since", "reason"):
        found[owner].append(Row(at, HELD, iban, 0, f"the bank did not pay: {reason}"))
    coming = shop_accounts.waiting().order_by("id")
    for change in coming.filter(shop=shop) if shop else coming:
        why = f"another account: {shop_accounts.due_date(change)}"
        found[change.shop_id].append(Row(change.approved_at, ANNOUNCED, change.iban, 0, why))
    return found


def sent_row(line: BatchLine, reference: str) -> Row:
    """What was sent, by the reference that the bank shows to the shop."""
    return Row(line.batch.cut_at, SENT, reference, -line.amount, line.iban)


def as_csv(rows: Sequence[Row], sent: Row, still_open: Iterable[Row], language: str) -> bytes:
    """The statement as CSV in nl, en or de: times in UTC, whole cents.

    The same line gives the same bytes as long as nothing that is open changes.
    """
    text = io.StringIO(newline="")
    written = csv.writer(text)
    written.writerow(say(word, language) for word in _HEAD)
    written.writerows(_texts(rows, language))
    written.writerows(_texts((sent, *still_open), language))
    return text.getvalue().encode("utf-8")


def _texts(rows: Iterable[Row], language: str) -> Iterator[tuple[Any, ...]]:
    return (
        (_time(at), _said(what, language), reference, cents, _said(why, language) if why else "")
        for at, what, reference, cents, why in rows
    )


_said = lru_cache(maxsize=_WORDS_REMEMBERED)(say)


@lru_cache(maxsize=4096)
def _time(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
