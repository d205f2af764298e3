# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Writes a judged batch: each kind of row in one go, then the postings, then what refunds the sales now cover."""

from typing import Final

from backend.ledger.posting import post_all
from backend.minting import measures
from backend.minting.models import Card, LoadOrder, LoadState
from backend.redemption.models import CardTransaction, Case, Claim, JournalEntry, Refund
from backend.redemption.refunds import cover_waiting
from backend.redemption.situation import ClaimKey, Situation

_CHANGING: Final = ("state", "given", "completed_by", "paid", "guaranteed", "refunded", "settled_at")


def write(situation: Situation) -> list[JournalEntry]:
    """Write everything; the entries with their final outcomes. Inside the batch's transaction."""
    _tell_waiting(situation)
    entries = JournalEntry.objects.bulk_create(situation.entries.values())
    claims = list(situation.touched.values())
    fresh, known = [claim for claim in claims if claim.pk is None], [claim for claim in claims if claim.pk is not None]
    Claim.objects.bulk_create(fresh)
    Claim.objects.bulk_create(known, update_conflicts=True, unique_fields=["id"], update_fields=_CHANGING)
    CardTransaction.objects.bulk_create(situation.links)
    Case.objects.bulk_create(situation.cases.values())
    Refund.objects.bulk_create(situation.refunds)
    for uid in situation.suspended:
        Card.objects.filter(uid=uid).update(suspended_at=situation.cards[uid].suspended_at)
    _write_loads(situation)
    for measure in situation.measures:
        measures.impose(measure.kind, situation.now, measure.subject)
    post_all(situation.events, situation.now)
    cover_waiting({situation.terminal.shop_id, *(claim.shop_id for claim in claims)}, situation.now)
    if situation.refunds:
        for refund in situation.refunds:
            refund.entry.refresh_from_db(fields=["outcome", "reason"])
    return entries


def _write_loads(situation: Situation) -> None:
    """Loads that were settled. What never happened is still wanted: its orders wait again."""
    for load in situation.settled_loads:
        load.save(update_fields=["state", "settled_at"])
        if load.state == LoadState.NOT_DONE:
            LoadOrder.objects.filter(load=load).update(load=None)
        else:
            Card.objects.filter(uid=load.card_id, proven_at=None).update(proven_at=situation.now)


def _tell_waiting(situation: Situation) -> None:
    """Give entries that waited their outcome: those of this batch in memory, others where they are stored."""
    for claim, outcome, reason in situation.told:
        if claim.completed_by is None:
            continue
        mine = claim.terminal_id == situation.terminal.id
        entry = situation.entries.get(ClaimKey(claim.branch, claim.completed_by)) if mine else None
        if entry is not None:
            entry.outcome, entry.reason = outcome, reason
        else:
            stored = JournalEntry.objects.filter(
                terminal=claim.terminal_id, branch=claim.branch, seq=claim.completed_by
            )
            stored.update(outcome=outcome, reason=reason)
