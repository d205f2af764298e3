# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A shop's statement: what was redeemed and refunded, what is sent, what is held and why (LEDGER.md section 3)."""

import csv
import io
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from backend.ledger.rows import select
from backend.redemption.models import Case, JournalEntry
from backend.settlement.models import BatchLine
from heitje.messages import Outcome

Row = tuple[str, str, str, int, str]
_TRANSFERS: Final = """
SELECT t.id, t.at, t.kind, t.reference, t.amount
FROM ledger_account AS a JOIN ledger_transfer AS t ON t.credit_id = a.id
WHERE a.kind = 'payable' AND a.owner = %s AND t.id BETWEEN %s AND %s
"""
_TAKEN_BACK: Final = """
SELECT t.id, t.at, t.kind, t.reference, -t.amount
FROM ledger_account AS a JOIN ledger_transfer AS t ON t.debit_id = a.id
WHERE a.kind = 'payable' AND a.owner = %s AND t.id BETWEEN %s AND %s AND t.kind <> 'settlement cut'
"""
_HEAD: Final = ("time", "what", "reference", "cents", "why")


def write_statement(line: BatchLine, creditor_reference: str, open_rows: Sequence[Row]) -> bytes:
    """The statement as CSV; the same line gives the same bytes as long as nothing that is open changes."""
    text = io.StringIO(newline="")
    rows = csv.writer(text)
    rows.writerow(_HEAD)
    rows.writerows((_time(at), kind, reference, amount, "") for at, kind, reference, amount in _transfers(line))
    rows.writerow((_time(line.batch.cut_at), "sent to the bank", creditor_reference, -line.amount, line.iban))
    rows.writerows(open_rows)
    return text.getvalue().encode("utf-8")


def open_rows() -> dict[str, list[Row]]:
    """What is held and what waits, by shop; the few entries of all shops in two queries."""
    found: dict[str, list[Row]] = defaultdict(list)
    held = Case.objects.filter(entry__isnull=False, held__gt=0).order_by("id")
    for shop, terminal, seq, at, cents, kind in held.values_list(
        "entry__terminal__shop", "entry__terminal", "entry__seq", "opened_at", "held", "kind"
    ):
        found[shop].append((_time(at), "held", f"{terminal}/{seq}", cents, kind))
    waiting = JournalEntry.objects.filter(outcome=Outcome.PENDING).order_by("terminal", "seq")
    for shop, terminal, seq, at, reason in waiting.values_list("terminal__shop", "terminal", "seq", "time", "reason"):
        found[shop].append((_time(at), "waiting", f"{terminal}/{seq}", 0, reason))
    return found


def _transfers(line: BatchLine) -> list[tuple[int, str, str, int]]:
    """Time, kind, reference and cents of each row of the book that the line pays, in order."""
    return [
        (at, kind, reference, amount)
        for _, at, kind, reference, amount in sorted(
            select(_TRANSFERS, line.shop_id, line.first_transfer, line.last_transfer)
            + select(_TAKEN_BACK, line.shop_id, line.first_transfer, line.last_transfer)
        )
    ]


def _time(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
