# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A person's word on a case (LEDGER.md section 2): pay the shop out of the loss fund, within its guarantee; or not."""

from typing import Final

from django.db import transaction
from django.db.models import Sum

from backend.ledger import accounts, events
from backend.ledger.locking import lock
from backend.ledger.posting import post
from backend.redemption.loading import GUARANTEE_CARD_CENTS, GUARANTEE_WINDOW_S
from backend.redemption.models import Case, CaseKind, Claim, ClaimState
from backend.redemption.voucher_claims import event_name
from heitje.journal import Entry, Instrument
from heitje.messages import Outcome
from heitje.money import Cents

PAYABLE: Final = frozenset({CaseKind.BAD_CARD_MAC, CaseKind.CARD_CHAIN, CaseKind.CARD_OVERDRAWN, CaseKind.CARD_RULES})
"""Claims on cards that intake did not pay by itself."""
DECIDED: Final = "paid by decision"


class NotDecided(Exception):
    """The decision cannot be taken; the text says why."""


def pay(case: int, official: str, now: int) -> Case:
    """The rules were kept: the shop's guarantee pays, at Unix time `now`. Raises `NotDecided`."""
    with transaction.atomic():
        lock((accounts.LOSS_FUND,))
        found = _open_case(case)
        claim = _claim_of(found)
        owner, since = claim.shop.owner, now - GUARANTEE_WINDOW_S
        cards = Claim.objects.filter(shop__owner=owner, settled_at__gt=since, instrument=int(Instrument.CARD))
        left = GUARANTEE_CARD_CENTS - (cards.aggregate(sum=Sum("guaranteed"))["sum"] or 0)
        if claim.amount > left:
            raise NotDecided(f"the shop's guarantee has {max(0, left)} cents left for 30 days")
        reference = f"{claim.terminal_id}/{claim.intent_seq}"
        source = ((accounts.LOSS_FUND, Cents(claim.amount)),)
        event = event_name(claim.terminal_id, claim.branch, claim.intent_seq)
        post(events.redeemed_later(event, source, claim.shop_id, reference), now)
        claim.state, claim.paid, claim.guaranteed, claim.settled_at = ClaimState.LATER, claim.amount, claim.amount, now
        claim.save(update_fields=["state", "paid", "guaranteed", "settled_at"])
        if found.entry is not None:
            found.entry.outcome, found.entry.reason = Outcome.CONFLICT, DECIDED
            found.entry.save(update_fields=["outcome", "reason"])
        found.held = 0
        return _decided(found, official, now)


def close(case: int, official: str, now: int) -> Case:
    """A person has looked, and nothing is paid. Raises `NotDecided`."""
    with transaction.atomic():
        return _decided(_open_case(case), official, now)


def _decided(case: Case, official: str, now: int) -> Case:
    case.decided_at, case.decided_by = now, official
    case.save(update_fields=["held", "decided_at", "decided_by"])
    return case


def _open_case(number: int) -> Case:
    case = Case.objects.select_for_update(of=("self",)).select_related("entry").filter(pk=number).first()
    if case is None:
        raise NotDecided(f"there is no case {number}")
    if case.decided_at is not None:
        raise NotDecided(f"case {number} was decided by {case.decided_by}")
    return case


def _claim_of(case: Case) -> Claim:
    """The claim that a case is about, if it was not paid. Raises `NotDecided`."""
    if case.kind not in PAYABLE or case.entry is None:
        raise NotDecided("this case is not one that a guarantee pays")
    entry = Entry.decode(bytes(case.entry.data))
    claim = (
        Claim.objects.select_for_update(of=("self",))
        .select_related("shop")
        .filter(terminal=case.entry.terminal_id, branch=case.entry.branch, intent_seq=entry.of or 0)
        .first()
    )
    if claim is None or claim.paid or claim.state not in (ClaimState.REFUSED, ClaimState.HELD):
        raise NotDecided("its claim is settled otherwise")
    return claim
