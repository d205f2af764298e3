# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The book against the bank: the reserve is what the last statement says, and what is owed stands where it should."""

from datetime import datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from django.db.models import Sum

from backend.audit.finding import Finding
from backend.ledger import accounts
from backend.ledger.accounts import AccountKind
from backend.ledger.models import Account
from backend.ledger.posting import balance
from backend.ledger.rows import select
from backend.settlement.models import BankEntry, BankStatement, BatchLine, LineState, Meaning

BANK_ZONE: Final = ZoneInfo("Europe/Amsterdam")
_AHEAD: Final = """
SELECT coalesce(sum(CASE d.kind WHEN 'reserve' THEN t.amount ELSE -t.amount END), 0), coalesce(min(t.at), %s)
FROM ledger_transfer AS t JOIN ledger_account AS d ON d.id = t.debit_id JOIN ledger_account AS c ON c.id = t.credit_id
WHERE (d.kind = 'reserve' OR c.kind = 'reserve') AND t.id > %s AND t.event NOT LIKE 'bank:%%'
    AND NOT EXISTS (SELECT 1 FROM settlement_bankentry AS e WHERE e.event = t.event)
"""
_NEVER: Final = 1 << 62


def statement_is_the_reserve() -> Finding:
    """The reserve = the last imported statement, but for debits that nobody has explained yet.

    A line that a person entered may be ahead of its statement; one of a day whose statement is here was never there.
    """
    first, last = BankStatement.objects.order_by("id").first(), BankStatement.objects.order_by("-id").first()
    name, reserve = "reserve = the last statement", balance(accounts.RESERVE)
    if first is None or last is None:
        return Finding(name, True, {"reserve": reserve, "statements": 0})
    unknown = BankEntry.objects.filter(meaning=Meaning.UNKNOWN_DEBIT).aggregate(sum=Sum("amount"))["sum"] or 0
    ((ahead, since),) = select(_AHEAD, _NEVER, first.book_transfer)
    closes_at = datetime.combine(last.closes_on, time(), BANK_ZONE).timestamp()
    figures = {
        "reserve": reserve,
        "statement": last.closing,
        "debits unexplained": unknown,
        "entered ahead": int(ahead),
        "statements": BankStatement.objects.count(),
    }
    holds = reserve == last.closing + unknown + int(ahead) and int(since) >= closes_at
    return Finding(name, holds, figures)


def in_batches_until_booked() -> Finding:
    """What is in sent batches is the sum of their lines that the bank has neither booked nor rejected."""
    sent = _lines(LineState.SENT)
    held = balance(accounts.IN_BATCH)
    return Finding("in batch = lines sent", sent == held, {"lines": sent, "in batch": held})


def owed_elsewhere() -> Finding:
    """Returned payments, and credits that nobody knows yet, stand on their accounts to the cent."""
    returned = Account.objects.filter(kind=AccountKind.RETURNED).aggregate(sum=Sum("balance"))["sum"] or 0
    credits_open = BankEntry.objects.filter(meaning=Meaning.UNKNOWN_CREDIT).aggregate(sum=Sum("amount"))["sum"] or 0
    figures = {
        "returned": returned,
        "lines returned": _lines(LineState.RETURNED),
        "unidentified": balance(accounts.UNIDENTIFIED),
        "unknown credits": credits_open,
    }
    holds = returned == figures["lines returned"] and figures["unidentified"] == credits_open
    return Finding("returned and unidentified = their entries", holds, figures)


def _lines(state: LineState) -> int:
    return BatchLine.objects.filter(state=state).aggregate(sum=Sum("amount"))["sum"] or 0
