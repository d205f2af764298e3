# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the upload window's end settles of cards (LEDGER.md section 2, docs/decisions.md).

What cards paid and no terminal claimed goes back to their citizens. A payment that waits for its card's word, and whose
money went back so, or whose card was given up, is closed: not given, it is settled; given, a person decides.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Coalesce

from backend.ledger import accounts, events
from backend.ledger.locking import lock
from backend.ledger.posting import post
from backend.minting.models import Card, Load, LoadState
from backend.redemption.decisions import CLOSED
from backend.redemption.holes import UPLOAD_WINDOW_S
from backend.redemption.models import CardTransaction, Case, CaseKind, Claim, ClaimState, JournalEntry, ReturnedGap
from backend.redemption.reasons import Reason
from heitje.messages import Outcome
from heitje.money import Cents

BY_THE_CARD: Final = "the card itself"
"""Who decided a case whose card came after all."""


@dataclass(frozen=True, slots=True)
class _Gap:
    uid: str
    first_tmc: int
    last_tmc: int
    amount: int


def return_unclaimed(now: int) -> list[ReturnedGap]:
    """Give back what nobody claimed in time, at Unix time `now`. Safe to run again, or to crash anywhere."""
    returned = []
    for uid, tmc in _ends_of_gaps(now):
        with transaction.atomic():
            card = _locked(uid)
            gap = _gap_before(card, tmc)
            if gap is None:
                continue
            name = f"unclaimed:{uid}:{gap.first_tmc}"
            post(events.unclaimed(name, uid, card.citizen, Cents(gap.amount)), now)
            returned.append(
                ReturnedGap.objects.create(
                    uid=uid, first_tmc=gap.first_tmc, last_tmc=gap.last_tmc, amount=gap.amount, returned_at=now
                )
            )
    return returned


def settle_waiting(now: int) -> int:
    """Close the payments that no card will speak for any more; how many. A late card's are shown to a person.

    Safe to run again, or to crash anywhere.
    """
    closed = 0
    for pk, uid in _beyond_their_card(now).values_list("pk", "item"):
        with transaction.atomic():
            _locked(uid)
            claim = Claim.objects.select_for_update(of=("self",)).filter(pk=pk, state=ClaimState.UNRESOLVED).first()
            if claim is not None:
                _close(claim, now)
                closed += 1
    for claim in _unresolved().filter(time__lt=now - UPLOAD_WINDOW_S):
        _show(claim, now)
    _settle_cases(now)
    return closed


def _unresolved() -> QuerySet[Claim]:
    return Claim.objects.filter(state=ClaimState.UNRESOLVED).order_by("pk")


def _beyond_their_card(now: int) -> QuerySet[Claim]:
    """Waiting payments in a hole whose money went back, or of a card that was blocked for good a window ago."""
    tmc = OuterRef("tmc_before") + 1
    gap = ReturnedGap.objects.filter(uid=OuterRef("item"), first_tmc__lte=tmc, last_tmc__gte=tmc)
    gone = Card.objects.filter(uid=OuterRef("item"), replaced_at__lt=now - UPLOAD_WINDOW_S)
    return _unresolved().filter(Exists(gap) | Exists(gone))


def _close(claim: Claim, now: int) -> None:
    """Not given: nobody is owed anything. Given: the claim is held, and a person decides who pays it."""
    entries = _closing(claim)
    if claim.given and _show(claim, now):
        claim.state = ClaimState.HELD
        entries.update(reason=Reason.RETURNED_TO_CITIZEN)
    elif claim.given:
        claim.state = ClaimState.REFUSED
        entries.update(outcome=Outcome.REFUSED, reason=CLOSED)
    else:
        claim.state, claim.settled_at = ClaimState.RETURNED, now
        entries.update(outcome=Outcome.ACCEPTED, reason=Reason.RETURNED_TO_CITIZEN)
    claim.save(update_fields=["state", "settled_at"])


def _show(claim: Claim, now: int) -> bool:
    """A case says that the books may differ from what the till did; whether a person has yet to decide it."""
    held = claim.amount if claim.given else 0
    entry = _closing(claim).get()
    case, _ = Case.objects.get_or_create(
        kind=CaseKind.CARD_LATE, entry=entry, defaults={"held": held, "opened_at": now}
    )
    return case.decided_at is None


def _closing(claim: Claim) -> QuerySet[JournalEntry]:
    """The entry by which the till closed it."""
    return JournalEntry.objects.filter(terminal=claim.terminal_id, branch=claim.branch, seq=claim.completed_by or 0)


def _settle_cases(now: int) -> None:
    """Cases of payments whose card came after all, and said what had happened."""
    told = Claim.objects.filter(
        terminal=OuterRef("entry__terminal"),
        branch=OuterRef("entry__branch"),
        intent_seq=OuterRef("entry__of"),
        completed_by=OuterRef("entry__seq"),
        state__in=(ClaimState.REDEEMED, ClaimState.VOIDED, ClaimState.RETURNED),
    )
    late = Case.objects.filter(kind=CaseKind.CARD_LATE, decided_at=None)
    late.filter(Exists(told)).update(held=0, decided_at=now, decided_by=BY_THE_CARD)


def _locked(uid: str) -> Card:
    """The card with its accounts, locked in the order of all who judge claims on it. Inside a transaction."""
    lock((accounts.LOSS_FUND,))
    card = Card.objects.select_for_update(no_key=True).get(uid=uid)
    lock((accounts.purse(uid), accounts.citizen(card.citizen)))
    return card


def _ends_of_gaps(now: int) -> Iterator[tuple[str, int]]:
    """Card and counter of every transaction that was known a window ago, and the one before it is not."""
    before = CardTransaction.objects.filter(uid=OuterRef("uid"), tmc=OuterRef("tmc") - 1)
    since = Coalesce("claim__settled_at", "claim__time", "load__settled_at", "load__time")
    ends = CardTransaction.objects.filter(~Exists(before), tmc__gt=1).annotate(since=since)
    yield from ends.filter(since__lt=now - UPLOAD_WINDOW_S).order_by("uid", "tmc").values_list("uid", "tmc")


def _gap_before(card: Card, tmc: int) -> _Gap | None:
    """What is missing before a transaction and was not returned yet; nothing while a load in it may be on the card."""
    above = CardTransaction.objects.filter(uid=card.uid, tmc=tmc).first()
    below = CardTransaction.objects.filter(uid=card.uid, tmc__lt=tmc).order_by("-tmc").first()
    first = 1 if below is None else below.tmc + 1
    if above is None or first >= tmc:
        return None
    held = card.opening_balance if below is None else below.balance_before - below.amount
    in_flight = Load.objects.filter(card=card, state=LoadState.IN_FLIGHT, tmc_before__gte=first - 1, tmc_before__lt=tmc)
    known = ReturnedGap.objects.filter(uid=card.uid, first_tmc__lt=tmc, last_tmc__gte=first)
    amount = held - above.balance_before
    if amount <= 0 or in_flight.exists() or known.exists():
        return None
    return _Gap(card.uid, first, tmc - 1, amount)
