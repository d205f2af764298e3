# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A shop's statement: what was redeemed and refunded, what is sent, what is held and why (LEDGER.md section 3)."""

import csv
import io
from datetime import UTC, datetime
from typing import Final

from django.db.models import Q

from backend.ledger import accounts
from backend.ledger.models import Account, Transfer
from backend.redemption.models import Case, JournalEntry
from backend.settlement.models import BatchLine
from heitje.messages import Outcome

_HEAD: Final = ("time", "what", "reference", "cents", "why")


def write_statement(line: BatchLine, creditor_reference: str) -> bytes:
    """The statement as CSV; the same line gives the same bytes as long as nothing that is held changes."""
    text = io.StringIO(newline="")
    rows = csv.writer(text)
    rows.writerow(_HEAD)
    for transfer in _transfers(line):
        into_payable = transfer.credit.kind == accounts.AccountKind.PAYABLE
        amount = transfer.amount if into_payable else -transfer.amount
        rows.writerow((_time(transfer.at), transfer.kind, transfer.reference, amount, ""))
    rows.writerow((_time(line.batch.cut_at), "sent to the bank", creditor_reference, -line.amount, line.iban))
    for case in Case.objects.filter(entry__terminal__shop=line.shop, held__gt=0).select_related("entry"):
        if case.entry is None:
            continue
        reference = f"{case.entry.terminal_id}/{case.entry.seq}"
        rows.writerow((_time(case.opened_at), "held", reference, case.held, case.kind))
    waiting = JournalEntry.objects.filter(terminal__shop=line.shop, outcome=Outcome.PENDING).order_by("terminal", "seq")
    for entry in waiting:
        rows.writerow((_time(entry.time), "waiting", f"{entry.terminal_id}/{entry.seq}", 0, entry.reason or ""))
    return text.getvalue().encode("utf-8")


def _transfers(line: BatchLine) -> list[Transfer]:
    account = Account.objects.filter(kind=accounts.AccountKind.PAYABLE, owner=line.shop_id)
    rows = Transfer.objects.filter(
        Q(debit__in=account) | Q(credit__in=account), id__gte=line.first_transfer, id__lte=line.last_transfer
    )
    return list(rows.exclude(kind="settlement cut").select_related("credit").order_by("id"))


def _time(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
