# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A shop's statement: what was redeemed and refunded, what is sent, what is held and why (LEDGER.md section 3).

A night reads the rows of the book once, for all shops, in the order of shops; none is kept longer than its statement.
"""

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain, groupby
from operator import itemgetter
from typing import Any, Final, NamedTuple

from django.db import connection

from backend.redemption.models import Case, JournalEntry
from backend.settlement.models import Batch, BatchLine, PaymentHold
from heitje.messages import Outcome

SENT: Final = "sent to the bank"
HELD: Final = "held"
WAITING: Final = "waiting"
_ROWS: Final = """
SELECT l.shop_id, t.id, t.at, t.kind, t.reference, t.amount
FROM settlement_batchline AS l JOIN ledger_account AS a ON a.kind = 'payable' AND a.owner = l.shop_id
JOIN ledger_transfer AS t ON t.credit_id = a.id AND t.id BETWEEN l.first_transfer AND l.last_transfer
WHERE l.batch_id = %s AND l.shop_id BETWEEN %s AND %s
UNION ALL
SELECT l.shop_id, t.id, t.at, t.kind, t.reference, -t.amount
FROM settlement_batchline AS l JOIN ledger_account AS a ON a.kind = 'payable' AND a.owner = l.shop_id
JOIN ledger_transfer AS t ON t.debit_id = a.id AND t.id BETWEEN l.first_transfer AND l.last_transfer
    AND t.kind <> 'settlement cut'
WHERE l.batch_id = %s AND l.shop_id BETWEEN %s AND %s
ORDER BY 1, 2
"""
_AT_ONCE: Final = 20_000
_HEAD: Final = ("time", "what", "reference", "cents", "why")


class Row(NamedTuple):
    """One row of a statement; `at` Unix seconds, `cents` below zero where the shop gives."""

    at: int
    what: str
    reference: str
    cents: int
    why: str = ""


def rows_by_shop(batch: Batch, shop: str = "") -> Iterator[tuple[str, list[Row]]]:
    """What each line of a batch pays, row by row of the book, by shop in order; of one shop where it is named."""
    lines = batch.lines.order_by("shop_id").values_list("shop_id", flat=True)
    first, last = (shop, shop) if shop else (lines.first(), lines.last())
    if first is None or last is None:
        return
    with connection.chunked_cursor() as cursor:
        cursor.execute(_ROWS, [batch.pk, first, last] * 2)
        found = chain.from_iterable(iter(lambda: cursor.fetchmany(_AT_ONCE), []))
        for owner, rows in groupby(found, key=itemgetter(0)):
            yield owner, [Row(at, kind, reference, cents) for _, _, at, kind, reference, cents in rows]


def open_rows(shop: str = "") -> dict[str, list[Row]]:
    """What is held and what waits, by shop; the few of all shops in three queries, or those of one."""
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
    return found


def sent_row(line: BatchLine, reference: str) -> Row:
    """What was sent, by the reference that the bank shows to the shop."""
    return Row(line.batch.cut_at, SENT, reference, -line.amount, line.iban)


def as_csv(rows: Sequence[Row], sent: Row, still_open: Iterable[Row]) -> bytes:
    """The statement as CSV; the same line gives the same bytes as long as nothing that is open changes."""
    text = io.StringIO(newline="")
    written = csv.writer(text)
    written.writerow(_HEAD)
    written.writerows(_texts(rows))
    written.writerows(_texts((sent, *still_open)))
    return text.getvalue().encode("utf-8")


def _texts(rows: Iterable[Row]) -> Iterator[tuple[Any, ...]]:
    return ((_time(at), what, reference, cents, why) for at, what, reference, cents, why in rows)


@lru_cache(maxsize=4096)
def _time(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
