# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What cards paid and no terminal claimed by the upload window's end goes back to their citizens (LEDGER.md)."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Coalesce

from backend.ledger import accounts, events
from backend.ledger.locking import lock
from backend.ledger.posting import post
from backend.minting.models import Card, Load, LoadState
from backend.redemption.holes import UPLOAD_WINDOW_S
from backend.redemption.models import CardTransaction, ReturnedGap
from heitje.money import Cents


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
            lock((accounts.LOSS_FUND,))
            card = Card.objects.select_for_update(no_key=True).get(uid=uid)
            lock((accounts.purse(uid), accounts.citizen(card.citizen)))
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
