# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the end of the upload window settles, each night: by then every till has told what it sold (LEDGER.md).

A load in flight is undone by proof alone, but for a card that was reported lost and has not come back: what was on its
way to it is its citizen's, whether the card has it or not.
"""

from dataclasses import dataclass

from django.db import transaction

from backend.cards import desk
from backend.cards.models import GivenUpLoad
from backend.ledger import accounts
from backend.ledger.locking import lock
from backend.ledger.posting import post
from backend.minting.models import Card, Load, LoadOrder, LoadState
from backend.redemption.holes import UPLOAD_WINDOW_S
from backend.redemption.loads import not_done_event, source_of
from backend.redemption.models import ReturnedGap
from backend.redemption.unclaimed import return_unclaimed, settle_waiting


@dataclass(frozen=True, slots=True)
class WindowEnd:
    """What was settled: loads given up, gaps returned, waiting payments closed, orders put in wait."""

    loads: list[Load]
    gaps: list[ReturnedGap]
    waiting: int
    orders: list[LoadOrder]


def settle_window_end(now: int) -> WindowEnd:
    """Settle it at Unix time `now`. Safe to run again, or to crash anywhere.

    Loads first: while one may lie in a hole, nothing of the hole goes back.
    """
    return WindowEnd(give_up_loads(now), return_unclaimed(now), settle_waiting(now), desk.release_replaced(now))


def give_up_loads(now: int) -> list[Load]:
    """Loads in flight to cards that were blocked a window ago, and met nobody since: back to where they came from."""
    late = now - UPLOAD_WINDOW_S
    waiting = Load.objects.filter(state=LoadState.IN_FLIGHT, card__blocked_at__lt=late, sent_at__lt=late)
    given_up = []
    for pk, uid in waiting.order_by("pk").values_list("pk", "card"):
        with transaction.atomic():
            lock((accounts.LOSS_FUND,))
            card = Card.objects.select_for_update(no_key=True).get(uid=uid)
            load = Load.objects.select_for_update(of=("self",)).filter(pk=pk, state=LoadState.IN_FLIGHT).first()
            if load is None or card.blocked_at is None:
                continue
            lock((accounts.load_in_flight(uid), source_of(load)))
            post(not_done_event(load), now)
            load.state, load.settled_at = LoadState.NOT_DONE, now
            load.save(update_fields=["state", "settled_at"])
            GivenUpLoad.objects.create(load=load, at=now)
            LoadOrder.objects.filter(load=load).update(load=None, card=desk.newest(card))
        given_up.append(load)
    return given_up
