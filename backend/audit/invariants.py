# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What must hold at every moment: each invariant a named function, all in one tuple (LEDGER.md section 1).

They read the rows themselves, not the balances that the database keeps, wherever that is what they check.
"""

from collections.abc import Mapping
from typing import Final

from django.db import connection, transaction
from django.db.models import F, OuterRef, Q, Subquery, Sum

from backend.audit.bank import in_batches_until_booked, owed_elsewhere, statement_is_the_reserve
from backend.audit.finding import Finding, Invariant
from backend.audit.promises import promises_kept, tasks_minted_once, vouchers_paid
from backend.ledger.accounts import SPENDABLE, AccountKind
from backend.ledger.models import Account, Transfer
from backend.ledger.rows import select
from backend.minting.models import Card, Load, LoadOrder, LoadState
from backend.redemption.models import CardTransaction, Refund, ReturnedGap
from backend.settlement.models import BatchLine, ClawBack, Debt

_BALANCES: Final = """
SELECT coalesce(sum(d.total), 0), coalesce(sum(c.total), 0), coalesce(sum(CASE
    WHEN a.balance = CASE a.kind WHEN 'reserve' THEN -1 ELSE 1 END * (coalesce(c.total, 0) - coalesce(d.total, 0))
    THEN 0 ELSE 1 END), 0)
FROM ledger_account AS a
LEFT JOIN (SELECT debit_id AS id, sum(amount) AS total FROM ledger_transfer GROUP BY debit_id) AS d ON d.id = a.id
LEFT JOIN (SELECT credit_id AS id, sum(amount) AS total FROM ledger_transfer GROUP BY credit_id) AS c ON c.id = a.id
"""
_SETTLED: Final = """
WITH posted AS (
    SELECT CASE substr(event, length(event) - 8, 1) WHEN '+' THEN substr(event, 1, length(event) - 9) ELSE event END
        AS event, sum(amount) AS total FROM ledger_transfer
    WHERE kind IN ('redeemed', 'redeemed later', 'not given') GROUP BY 1
), claimed AS (
    SELECT 'redemption:' || terminal_id || CASE branch WHEN '' THEN '' ELSE '/' || branch END || ':' || intent_seq
        AS event, paid FROM redemption_claim WHERE paid > 0
), matched AS (
    SELECT claimed.paid, posted.total FROM claimed LEFT JOIN posted ON posted.event = claimed.event
)
SELECT count(CASE WHEN total IS NULL OR total <> paid THEN 1 END),
    (SELECT count(*) FROM posted) - count(total) FROM matched
"""


def balances_follow_transfers() -> Finding:
    """Debits = credits, and each kept balance is the sum of its account's transfers."""
    ((debits, credited, wrong),) = select(_BALANCES)
    figures = {"debits": int(debits), "credits": int(credited), "accounts wrong": int(wrong)}
    return Finding("debits = credits", not wrong and debits == credited, figures)


def no_account_below_zero() -> Finding:
    """No account is below zero."""
    below = Account.objects.filter(balance__lt=0).count()
    return Finding("no account below zero", below == 0, {"below zero": below})


def reserve_covers_all() -> Finding:
    """The reserve equals what is free, committed, set aside, outstanding and owed."""
    held = {AccountKind(kind): total for kind, total in Account.objects.values_list("kind").annotate(Sum("balance"))}
    reserve = held.pop(AccountKind.RESERVE, 0)
    figures = {"reserve": reserve, **{str(kind): total for kind, total in sorted(held.items())}}
    return Finding("reserve = everything it covers", reserve == sum(held.values()), figures)


def minted_is_outstanding() -> Finding:
    """Minted − (redemptions not paid by the loss fund − refunds) − expired − recovered − clawed back = outstanding.

    A refund of what the loss fund paid brings coins into being again all the same.
    """
    minted = _moved(Q(debit__kind=AccountKind.COMMITTED, credit__kind__in=SPENDABLE))
    redeemed = _moved(Q(debit__kind__in=SPENDABLE, credit__kind=AccountKind.PAYABLE))
    refunded = _moved(Q(debit__kind=AccountKind.PAYABLE, credit__kind__in=SPENDABLE))
    to_cover = dict(
        Transfer.objects.filter(debit__kind__in=SPENDABLE, credit__kind=AccountKind.FREE_COVER)
        .values_list("kind")
        .annotate(Sum("amount"))
    )
    recovered = _moved(Q(debit__kind__in=SPENDABLE, credit__kind=AccountKind.LOSS_FUND))
    outstanding = Account.objects.filter(kind__in=SPENDABLE).aggregate(sum=Sum("balance"))["sum"] or 0
    figures = {
        "minted": minted,
        "redeemed": redeemed,
        "refunded": refunded,
        "expired": to_cover.pop("coins expired", 0),
        "clawed back": to_cover.pop("clawed back", 0),
        "recovered": recovered,
        "outstanding": outstanding,
    }
    gone = redeemed - refunded + figures["expired"] + figures["clawed back"] + recovered
    holds = minted - gone == outstanding and not to_cover
    return Finding("minted − redeemed − expired − recovered − clawed back = outstanding", holds, figures)


def settled_once() -> Finding:
    """Every settled intent is posted exactly once, for what was paid: claims and postings agree one by one.

    What a person paid further of an intent (`redemption.decisions`) is an event of its own, named after the intent's.
    """
    ((wrong, stray),) = select(_SETTLED)
    figures = {"claims wrong": int(wrong), "postings without a claim": int(stray)}
    return Finding("every settled intent is posted once", not wrong and not stray, figures)


def refunds_posted() -> Finding:
    """Every refund is posted exactly as far as it is covered."""
    posted = _moved(Q(kind="refunded"))
    covered = Refund.objects.aggregate(sum=Sum("paid"))["sum"] or 0
    return Finding("every covered refund is posted", posted == covered, {"posted": posted, "covered": covered})


def batches_posted() -> Finding:
    """What is in batches is what their lines say."""
    lines = BatchLine.objects.aggregate(sum=Sum("amount"))["sum"] or 0
    posted = _moved(Q(kind="settlement cut"))
    return Finding("batches = their postings", lines == posted, {"lines": lines, "posted": posted})


def purses_follow_cards() -> Finding:
    """Each purse = the last proven balance on its card + what the card paid that its purse did not, hole by hole.

    Its purse did not pay what is held, or what the loss fund paid for a blocked card. A replaced card's purse pays its
    successor's; what nobody claimed in time went back to the citizen.
    """
    purses = dict(Account.objects.filter(kind=AccountKind.PURSE).values_list("owner", "balance"))
    posted = F("claim__paid") - F("claim__guaranteed")
    unposted = dict(
        CardTransaction.objects.filter(claim__isnull=False).values_list("uid").annotate(sum=Sum(F("amount") - posted))
    )
    returned = dict(ReturnedGap.objects.values_list("uid").annotate(Sum("amount")))
    handed_on = dict(
        Load.objects.filter(source__isnull=False, state__in=(LoadState.IN_FLIGHT, LoadState.LOADED))
        .values_list("source")
        .annotate(Sum("amount"))
    )
    proven = dict(CardTransaction.objects.values_list("uid").annotate(Sum("amount")))
    last = CardTransaction.objects.filter(uid=OuterRef("uid")).order_by("-tmc").values("balance_before", "amount")[:1]
    cards = Card.objects.annotate(
        left=Subquery(last.annotate(left=F("balance_before") - F("amount")).values("left"))
    ).values_list("uid", "opening_balance", "left")
    wrong = missing = 0
    for uid, opening, left in cards:
        on_card = opening if left is None else left
        hole = opening - proven.get(uid, 0) - on_card  # spent, and no terminal has sent it yet
        missing += hole
        expected = on_card + hole + unposted.get(uid, 0) - handed_on.get(uid, 0) - returned.get(uid, 0)
        wrong += hole < 0 or purses.get(uid, 0) != expected
    return Finding("purse = card", wrong == 0, {"purses wrong": wrong, "not uploaded yet": missing})


def loads_posted_once() -> Finding:
    """Each load is posted as its state says: sent once, then proven or taken back once, or still on its way."""
    posted: dict[tuple[str, str], int] = {}
    moved = Transfer.objects.filter(kind__in=("load sent", "load proven", "load not done"))
    for event, kind, amount in moved.values_list("event", "kind", "amount"):
        posted[event, kind] = posted.get((event, kind), 0) + amount
    wrong = 0
    on_the_way: dict[str, int] = {}
    for number, card, amount, state in Load.objects.values_list("number", "card", "amount", "state"):
        kinds = _POSTED_OF_LOAD[LoadState(state)]
        wrong += any(posted.pop((f"load:{number}:{kind.removeprefix('load ')}", kind), 0) != amount for kind in kinds)
        if state == LoadState.IN_FLIGHT:
            on_the_way[card] = amount
    held = Account.objects.filter(kind=AccountKind.LOAD_IN_FLIGHT, balance__gt=0).values_list("owner", "balance")
    at_issue = {f"load:{uid}:1:{kind}" for uid in Card.objects.values_list("uid", flat=True) for kind in _AT_ISSUE}
    stray = sum(event not in at_issue for event, _ in posted)
    figures = {"loads wrong": wrong, "postings without a load": stray, "in flight": sum(on_the_way.values())}
    return Finding("every load is posted once", not wrong and not stray and dict(held) == on_the_way, figures)


def orders_carried_once() -> Finding:
    """Each load carries orders for what it moves, neither more nor less; none is carried twice."""
    wrong = sum(
        amount != (ordered or 0)
        for amount, ordered in Load.objects.filter(state__in=(LoadState.IN_FLIGHT, LoadState.LOADED))
        .annotate(ordered=Sum("orders__amount"))
        .values_list("amount", "ordered")
    )
    waiting = LoadOrder.objects.filter(load=None, cancelled_at=None).aggregate(sum=Sum("amount"))["sum"] or 0
    return Finding("loads = their orders", wrong == 0, {"loads wrong": wrong, "waiting": waiting})


def debts_recovered() -> Finding:
    """What citizens owed and gave back is what was posted as recovered or clawed back; nothing is owed twice."""
    recovered = Debt.objects.aggregate(sum=Sum("recovered"))["sum"] or 0
    at_once = ClawBack.objects.aggregate(sum=Sum("amount"))["sum"] or 0
    posted = _moved(Q(kind__in=("recovered", "clawed back")))
    owed = Debt.objects.aggregate(sum=Sum(F("amount") - F("recovered")))["sum"] or 0
    figures = {"recovered": recovered, "taken back at once": at_once, "posted": posted, "still owed": owed}
    return Finding("debts = what was recovered", posted == recovered + at_once, figures)


_AT_ISSUE: Final = ("sent", "proven")
"""A test programme's cards are registered with the load that is on them (`minting.cards`)."""
_POSTED_OF_LOAD: Final[Mapping[LoadState, tuple[str, ...]]] = {
    LoadState.PREPARED: (),
    LoadState.DROPPED: (),
    LoadState.IN_FLIGHT: ("load sent",),
    LoadState.LOADED: ("load sent", "load proven"),
    LoadState.NOT_DONE: ("load sent", "load not done"),
}

INVARIANTS: Final[tuple[Invariant, ...]] = (
    balances_follow_transfers,
    no_account_below_zero,
    reserve_covers_all,
    minted_is_outstanding,
    promises_kept,
    tasks_minted_once,
    vouchers_paid,
    settled_once,
    refunds_posted,
    batches_posted,
    in_batches_until_booked,
    owed_elsewhere,
    statement_is_the_reserve,
    debts_recovered,
    purses_follow_cards,
    loads_posted_once,
    orders_carried_once,
)


def check() -> tuple[Finding, ...]:
    """Every invariant's finding, in order; all of one moment, however much is taken in meanwhile."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        return tuple(invariant() for invariant in INVARIANTS)


def _moved(which: Q) -> int:
    return Transfer.objects.filter(which).aggregate(sum=Sum("amount"))["sum"] or 0
