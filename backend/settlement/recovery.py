# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Recovery from later earnings: what the loss fund paid for a citizen comes back out of what is earned since.

LEDGER.md section 2. A copy makes nobody a debtor: only two payloads under one number, or a sum that was not there. A
debt takes what is on the citizen's account, and nothing that is on a card, a phone or paper.
"""

from collections.abc import Iterable
from typing import Final

from django.db import transaction
from django.db.models import F

from backend.ledger import accounts, events
from backend.ledger.locking import lock
from backend.ledger.posting import Event, post
from backend.ledger.rows import select
from backend.settlement.models import Debt, DebtCause
from heitje.money import Cents

_UNNOTED: Final = """
SELECT coalesce(k.citizen, v.citizen), t.event, t.amount, t.at
FROM redemption_case AS d
JOIN redemption_journalentry AS e ON e.id = d.entry_id
JOIN redemption_claim AS c ON c.terminal_id = e.terminal_id AND c.branch = e.branch AND c.intent_seq = e.of
    AND c.completed_by = e.seq
JOIN ledger_transfer AS t ON t.event =
    'redemption:' || c.terminal_id || CASE c.branch WHEN '' THEN '' ELSE '/' || c.branch END || ':' || c.intent_seq
JOIN ledger_account AS a ON a.id = t.debit_id AND a.kind = 'loss fund'
LEFT JOIN minting_card AS k ON k.uid = c.item
LEFT JOIN minting_issuedvoucher AS v ON v.cti = c.item
WHERE d.kind IN ('two payloads', 'overspent', 'card late')
    AND NOT EXISTS (SELECT 1 FROM settlement_debt AS s WHERE s.cause = 'overspent' AND s.subject = t.event)
"""


def recover(now: int, citizens: Iterable[str] | None = None) -> int:
    """Take what is owed, the oldest debt first, as far as the accounts go; how many cents came back.

    Of everybody, or of these citizens. Safe to run again, or to crash anywhere.
    """
    with transaction.atomic():
        lock((accounts.LOSS_FUND,))
        for citizen, event, amount, at in select(_UNNOTED):
            if citizen:
                owe(citizen, DebtCause.OVERSPENT, event, amount, at)
        open_debts = Debt.objects.select_for_update().filter(recovered__lt=F("amount")).order_by("since", "id")
        if citizens is not None:
            open_debts = open_debts.filter(citizen__in=set(citizens))
        debts = list(open_debts)
        lock(accounts.earner(debt.citizen) for debt in debts)
        return sum(_take(debt, now) for debt in debts)


def owe(citizen: str, cause: DebtCause, subject: str, amount: int, at: int) -> None:
    """Note a debt, once."""
    Debt.objects.get_or_create(
        cause=cause, subject=subject, defaults={"citizen": citizen, "amount": amount, "since": at}
    )


def _take(debt: Debt, now: int) -> int:
    name = accounts.earner(debt.citizen)
    held = lock((name,)).get(name)
    amount = min(0 if held is None else held.balance, debt.amount - debt.recovered)
    if amount <= 0:
        return 0
    debt.recovered += amount
    debt.parts += 1
    post(_event(debt, Cents(amount)), now)
    debt.save(update_fields=["recovered", "parts"])
    return amount


def _event(debt: Debt, amount: Cents) -> Event:
    if debt.cause == DebtCause.CLAWED_BACK:
        name = f"claw back:{debt.subject}:{debt.parts}"
        return events.wrongly_validated(name, amount, debt.subject, debt.citizen)
    return events.recovered(f"recovered:{debt.subject}:{debt.parts}", debt.citizen, amount, debt.subject)
