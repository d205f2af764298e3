# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Writes a judged batch: each kind of row in one go, then the postings, then what refunds the sales now cover."""

from django.db.models import QuerySet

from backend.ledger import accounts, events, rows
from backend.ledger.posting import post_all, post_new
from backend.minting import measures
from backend.minting.models import Card, LoadOrder, LoadState
from backend.redemption.models import Case, JournalEntry, Refund
from backend.redemption.records import (
    CHANGED_CLAIMS,
    CLAIMS,
    ENTRIES,
    LINKS,
    Claim,
    NewEntry,
    changed_row,
    claim_row,
    entry_row,
    link_row,
)
from backend.redemption.refunds import cover_waiting, has_waiting
from backend.redemption.situation import ClaimKey, NeedsCare, Situation
from backend.redemption.stored_journal import RUNS, run_row
from heitje.messages import EntryOutcome, Outcome


def write(situation: Situation) -> dict[int, EntryOutcome]:
    """Write everything; the final outcome of each entry. Inside the batch's transaction."""
    _tell_waiting(situation)
    claims = list(situation.touched.values())
    shops = {situation.terminal.shop_id, *(claim.shop_id for claim in claims)}
    if not situation.careful and (situation.has_waiting or has_waiting(shops - {situation.terminal.shop_id})):
        raise NeedsCare
    _write_rows(situation, claims)
    _write_notes(situation)
    _post(situation)
    if situation.careful:
        cover_waiting(shops, situation.now)
    if situation.refunds:
        _read_outcomes(situation)
    outcomes = {row.seq: EntryOutcome(row.seq, Outcome(row.outcome), row.reason or None) for row in situation.written}
    for run in situation.runs:
        outcomes |= {seq: EntryOutcome(seq, Outcome.ACCEPTED) for seq in range(run.first, run.last + 1)}
    return outcomes


def _post(situation: Situation) -> None:
    """Post the events, and then what the first claims pay: a load that was proved may be what they spend."""
    post_all(situation.events, situation.now, situation.locked)
    payable = accounts.payable(situation.terminal.shop_id)
    post_new(events.REDEEMED, situation.first_claims, payable, situation.now)


def _write_rows(situation: Situation, claims: list[Claim]) -> None:
    """Entries; claims, new and changed; then the links of the chains, which name them."""
    rows.insert(ENTRIES, list(map(entry_row, situation.written)))
    rows.insert(RUNS, [run_row(situation.terminal.id, run, situation.now) for run in situation.runs])
    fresh: list[Claim] = []
    known: list[Claim] = []
    for claim in claims:
        (fresh if claim.id is None else known).append(claim)
    named = bool(situation.links or situation.cases or situation.refunds)
    returned = rows.insert(CLAIMS, [claim_row(claim) for claim in fresh], "id, branch, intent_seq" if named else "")
    for claim_id, branch, seq in returned:
        situation.claims[ClaimKey(branch, seq)].id = claim_id
    rows.update(CHANGED_CLAIMS, [changed_row(claim) for claim in known])
    rows.insert(LINKS, [link_row(link) for link in situation.links])


def _write_notes(situation: Situation) -> None:
    """What a batch seldom has: cases and refunds, by the entries that they stand by; cards, loads and measures."""
    if situation.cases or situation.refunds:
        _write_cases_and_refunds(situation)
    for uid in situation.suspended:
        Card.objects.filter(uid=uid).update(suspended_at=situation.cards[uid].suspended_at)
    _write_loads(situation)
    for measure in situation.measures:
        measures.impose(measure.kind, situation.now, measure.subject)


def _write_cases_and_refunds(situation: Situation) -> None:
    ids = _entry_ids(situation)
    Case.objects.bulk_create(
        Case(
            kind=case.kind,
            entry_id=None if case.entry is None else ids[case.entry.branch, case.entry.seq],
            load=case.load,
            other_id=None if case.other is None else case.other.id,
            held=case.held,
            opened_at=situation.now,
        )
        for case in situation.cases.values()
    )
    Refund.objects.bulk_create(
        Refund(
            entry_id=ids[refund.entry.branch, refund.entry.seq],
            claim_id=refund.claim.id or 0,
            shop_id=refund.claim.shop_id,
            amount=refund.amount,
        )
        for refund in situation.refunds
    )


def _entry_ids(situation: Situation) -> dict[tuple[str, int], int]:
    noted = [case.entry for case in situation.cases.values() if case.entry is not None]
    stored = _stored([*noted, *(refund.entry for refund in situation.refunds)])
    return {(branch, seq): pk for branch, seq, pk in stored.values_list("branch", "seq", "id")}


def _read_outcomes(situation: Situation) -> None:
    """What became of this batch's refunds when the sales were counted."""
    stored = _stored([refund.entry for refund in situation.refunds])
    for branch, seq, outcome, reason in stored.values_list("branch", "seq", "outcome", "reason"):
        entry = situation.entries.get(ClaimKey(branch, seq))
        if entry is not None:
            entry.outcome, entry.reason = outcome, reason


def _stored(entries: list[NewEntry]) -> QuerySet[JournalEntry]:
    """The rows of entries of one terminal."""
    return JournalEntry.objects.filter(
        terminal__in={entry.terminal_id for entry in entries},
        branch__in={entry.branch for entry in entries},
        seq__in=[entry.seq for entry in entries],
    )


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
    for claim, waiting, outcome, reason in situation.told:
        if waiting is None:
            continue
        mine = claim.terminal_id == situation.terminal.id
        entry = situation.entries.get(ClaimKey(claim.branch, waiting)) if mine else None
        if entry is not None:
            entry.outcome, entry.reason = outcome, reason
        else:
            stored = JournalEntry.objects.filter(terminal=claim.terminal_id, branch=claim.branch, seq=waiting)
            stored.update(outcome=outcome, reason=reason)
