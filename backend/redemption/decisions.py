# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A person's word on a case (LEDGER.md section 2): pay the shop out of the loss fund, within its guarantee; or not."""

from typing import Final

from django.db import transaction
from django.db.models import Sum

from backend.ledger import accounts, events
from backend.ledger.locking import lock
from backend.ledger.posting import Overdrawn, post
from backend.redemption.loading import GUARANTEE_CARD_CENTS, GUARANTEE_VOUCHER_CENTS, GUARANTEE_WINDOW_S
from backend.redemption.models import Case, CaseKind, Claim, ClaimState
from backend.redemption.voucher_claims import event_name
from backend.shops.models import Terminal
from heitje.journal import Entry, Instrument
from heitje.messages import Outcome
from heitje.money import Cents

PAYABLE: Final = frozenset(
    {
        CaseKind.BAD_CARD_MAC,
        CaseKind.CARD_CHAIN,
        CaseKind.CARD_OVERDRAWN,
        CaseKind.CARD_RULES,
        CaseKind.CARD_BLOCKED,
        CaseKind.CARD_LATE,
        CaseKind.OVERSPENT,
        CaseKind.BEYOND_GUARANTEE,
    }
)
"""Cases about a claim that intake did not pay by itself, or not wholly."""
DECIDED: Final = "paid by decision"
CLOSED: Final = "not paid, by decision"
_DECIDABLE: Final = frozenset({ClaimState.REFUSED, ClaimState.HELD, ClaimState.LATER})


class NotDecided(Exception):
    """The decision cannot be taken; the text says why."""


def pay(case: int, official: str, now: int, *, beyond_guarantee: bool = False) -> Case:
    """The rules were kept: what was held back is paid at Unix time `now`, as far as the guarantee goes, or wholly.

    What the guarantee does not cover stays held and the case open. Raises `NotDecided`.
    """
    with transaction.atomic():
        lock((accounts.LOSS_FUND,))
        found = _open_case(case)
        claim = _claim_of(found)
        if claim is None:
            raise NotDecided("this case is not one that a guarantee pays")
        due = min(found.held, claim.amount - claim.paid)
        if claim.state not in _DECIDABLE or due <= 0:
            raise NotDecided("its claim waits for its card" if _waits(claim) else "its claim is settled otherwise")
        left = due if beyond_guarantee else _guarantee_left(claim, now)
        part = min(due, left)
        if part <= 0:
            raise NotDecided("the shop's guarantee has 0 cents left for 30 days")
        _post(claim, Cents(part), now)
        paid = claim.paid + part
        claim.state, claim.paid, claim.guaranteed, claim.settled_at = (
            ClaimState.LATER,
            paid,
            claim.guaranteed + part,
            now,
        )
        claim.save(update_fields=["state", "paid", "guaranteed", "settled_at"])
        found.held = due - part
        if found.held:
            _tell(found, Outcome.CONFLICT, "")
            found.save(update_fields=["held"])
            return found
        _tell(found, Outcome.CONFLICT, DECIDED)
        return _decided(found, official, now)


def close(case: int, official: str, now: int) -> Case:
    """A person has looked, and nothing more is paid; a claim that was held is refused. Raises `NotDecided`."""
    with transaction.atomic():
        lock((accounts.LOSS_FUND,))
        found = _open_case(case)
        claim = _claim_of(found)
        if claim is not None and claim.state == ClaimState.HELD:
            claim.state = ClaimState.REFUSED
            claim.save(update_fields=["state"])
            _tell(found, Outcome.REFUSED, CLOSED)
        return _decided(found, official, now)


def _post(claim: Claim, part: Cents, now: int) -> None:
    """The first payment of an intent is its event; what follows is named by what was paid before it."""
    event = event_name(claim.terminal_id, claim.branch, claim.intent_seq)
    if claim.paid:
        event = f"{event}+{claim.paid:08d}"
    source, reference = ((accounts.LOSS_FUND, part),), f"{claim.terminal_id}/{claim.intent_seq}"
    try:
        post(events.redeemed_later(event, source, claim.shop_id, reference), now)
    except Overdrawn as error:
        raise NotDecided("the loss fund holds less") from error


def _guarantee_left(claim: Claim, now: int) -> int:
    """Cents that the guarantee still pays this shop's owner."""
    is_card = claim.instrument == int(Instrument.CARD)
    most = GUARANTEE_CARD_CENTS if is_card else GUARANTEE_VOUCHER_CENTS
    others = Claim.objects.filter(
        shop__owner=claim.shop.owner, settled_at__gt=now - GUARANTEE_WINDOW_S, guaranteed__gt=0
    )
    card = int(Instrument.CARD)
    others = others.filter(instrument=card) if is_card else others.exclude(instrument=card)
    return most - (others.aggregate(sum=Sum("guaranteed"))["sum"] or 0)


def _tell(case: Case, outcome: Outcome, reason: str) -> None:
    """What the terminal hears of its entry; without a reason the one that it has stays."""
    if case.entry is None:
        return
    case.entry.outcome = outcome
    case.entry.reason = reason or case.entry.reason
    case.entry.save(update_fields=["outcome", "reason"])


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


def _claim_of(case: Case) -> Claim | None:
    """The claim that a case is about, locked as intake locks it: by its terminal; None where no guarantee pays it."""
    if case.kind not in PAYABLE or case.entry is None:
        return None
    Terminal.objects.select_for_update(no_key=True).get(pk=case.entry.terminal_id)
    entry = Entry.decode(bytes(case.entry.data))
    claims = Claim.objects.select_for_update(of=("self",)).select_related("shop")
    return claims.filter(terminal=case.entry.terminal_id, branch=case.entry.branch, intent_seq=entry.of or 0).first()


def _waits(claim: Claim) -> bool:
    return claim.state in (ClaimState.OPEN, ClaimState.UNRESOLVED)
