# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A person's word on a case (LEDGER.md section 2): pay the shop, or not.

What a card paid and a refused claim was not given lies in the card's purse still: it goes to the shop, or back to the
citizen. All else comes out of the loss fund, within the shop's guarantee.
"""

from typing import Final

from django.db import transaction
from django.db.models import Sum

from backend.ledger import accounts, events
from backend.ledger.locking import lock
from backend.ledger.posting import Event, Overdrawn, post
from backend.minting.models import Card
from backend.redemption.loading import GUARANTEE_CARD_CENTS, GUARANTEE_VOUCHER_CENTS, GUARANTEE_WINDOW_S
from backend.redemption.models import CardTransaction, Case, CaseKind, Claim, ClaimState, ReturnedGap
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
        CaseKind.CONTRADICTION,
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
        own = min(due, _in_purse(claim))
        left = due if beyond_guarantee else _guarantee_left(claim, now)
        guaranteed = max(0, min(due - own, left))
        part = own + guaranteed
        if part <= 0:
            raise NotDecided("the shop's guarantee has 0 cents left for 30 days")
        sources = ((accounts.purse(claim.item), Cents(own)), (accounts.LOSS_FUND, Cents(guaranteed)))
        _post(events.redeemed_later(_event_of(claim), sources, claim.shop_id, _reference(claim)), now)
        claim.state, claim.settled_at = ClaimState.LATER, now
        claim.paid, claim.guaranteed = claim.paid + part, claim.guaranteed + guaranteed
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
        elif claim is not None and claim.state == ClaimState.REFUSED:
            _give_back(claim, now)
        return _decided(found, official, now)


def _give_back(claim: Claim, now: int) -> None:
    """The card paid, and the shop is not: what lies in the purse of it is the citizen's."""
    own = _in_purse(claim)
    if own:
        citizen = Card.objects.get(uid=claim.item).citizen
        _post(events.not_given(_event_of(claim), claim.item, citizen, Cents(own), _reference(claim)), now)
        claim.state, claim.paid, claim.settled_at = ClaimState.RETURNED, own, now
        claim.save(update_fields=["state", "paid", "settled_at"])


def _in_purse(claim: Claim) -> int:
    """Cents of a refused claim that its card has paid, and that lie in its purse still."""
    link = CardTransaction.objects.filter(claim=claim).first()
    if claim.state != ClaimState.REFUSED or link is None:
        return 0
    card, purse = Card.objects.select_for_update(no_key=True).get(uid=claim.item), accounts.purse(claim.item)
    returned = ReturnedGap.objects.filter(uid=card.uid, first_tmc__lte=link.tmc, last_tmc__gte=link.tmc)
    stolen = card.blocked_at is not None and claim.time > card.blocked_at  # the programme's loss, never the citizen's
    held = lock((purse,)).get(purse)
    return 0 if stolen or returned.exists() or held is None else min(claim.amount, held.balance)


def _post(event: Event, now: int) -> None:
    try:
        post(event, now)
    except Overdrawn as error:
        raise NotDecided("the loss fund holds less") from error


def _event_of(claim: Claim) -> str:
    """The first payment of an intent is its event; what follows is named by what was paid before it."""
    event = event_name(claim.terminal_id, claim.branch, claim.intent_seq)
    return f"{event}+{claim.paid:08d}" if claim.paid else event


def _reference(claim: Claim) -> str:
    return f"{claim.terminal_id}/{claim.intent_seq}"


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
