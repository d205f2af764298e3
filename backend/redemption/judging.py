# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Judges one entry by its kind, against what its intent has become (JOURNAL.md sections 1 and 3)."""

from backend.minting.keystore import KeyStore
from backend.redemption.card_claims import judge_card, judge_closing, judge_void
from backend.redemption.evidence import Facts
from backend.redemption.judgement import (
    Judgement,
    OpenCase,
    OpenClaim,
    SetAnchor,
    WriteRefund,
    accepted,
    conflict,
    pending,
    refused,
)
from backend.redemption.models import CaseKind, ClaimState
from backend.redemption.proving import what_the_chain_proves
from backend.redemption.reasons import Reason
from backend.redemption.records import Claim
from backend.redemption.situation import ClaimKey, Situation
from backend.redemption.voucher_claims import judge_voucher
from heitje.journal import CardEvidence, Entry, Instrument, Kind
from heitje.refusals import Refusal

_SETTLED = (ClaimState.REDEEMED, ClaimState.LATER)


def judge(facts: Facts, branch: str, situation: Situation, key_store: KeyStore) -> Judgement:
    """What becomes of one entry that was not there before."""
    entry = facts.entry
    match entry.kind:
        case Kind.INTENT:
            return _judge_intent(facts, branch, situation)
        case Kind.TIME_ANCHOR:
            return _judge_anchor(facts, situation)
        case Kind.DAY_CLOSED | Kind.NOTE:
            return accepted()
        case Kind.REFUND:
            return _judge_refund(entry, branch, situation)
    claim = situation.claims.get(ClaimKey(branch, entry.of or 0))
    if claim is None:
        return refused(Reason.NO_SUCH_INTENT)
    told = ((entry.sale or b"").hex(), entry.amount, entry.instrument)
    if told != (claim.sale, claim.amount, claim.instrument):
        return refused(Reason.DIFFERS_FROM_INTENT)
    if entry.kind is Kind.REDEMPTION:
        return _judge_redemption(facts, claim, situation, key_store)
    if claim.state == ClaimState.REFUSED:
        return accepted() if entry.kind is Kind.VOID else refused(Reason.INTENT_REFUSED)
    if entry.kind is Kind.VOID:
        return _judge_void(entry, claim, situation, key_store)
    return _judge_unresolved(entry, claim, situation, key_store)


def _judge_intent(facts: Facts, branch: str, situation: Situation) -> Judgement:
    entry = facts.entry
    evidence = entry.evidence
    claim = Claim(
        terminal_id=situation.terminal.id,
        branch=branch,
        intent_seq=entry.seq,
        shop_id=situation.terminal.shop_id,
        shop_owner=situation.shop_owner,
        instrument=int(entry.instrument or 0),
        item=facts.item,
        amount=entry.amount or 0,
        time=entry.time,
        sale=(entry.sale or b"").hex(),
        fingerprint=facts.fingerprint,
        code_seq=facts.code_seq,
        payload=facts.payload,
        tmc_before=evidence.tmc_before if isinstance(evidence, CardEvidence) else None,
        state=ClaimState.OPEN if facts.refusal is None else ClaimState.REFUSED,
    )
    return accepted(OpenClaim(claim)) if facts.refusal is None else refused(facts.refusal, OpenClaim(claim))


def _judge_redemption(facts: Facts, claim: Claim, situation: Situation, key_store: KeyStore) -> Judgement:
    if facts.fingerprint != claim.fingerprint:
        return refused(Reason.DIFFERS_FROM_INTENT)
    match claim.state:
        case ClaimState.REDEEMED | ClaimState.LATER:
            return accepted()  # it agrees: settled once
        case ClaimState.REFUSED:
            return refused(Reason.INTENT_REFUSED)
        case ClaimState.HELD:
            return pending(Reason.CARD_CHAIN)
        case ClaimState.RETURNED:
            return conflict(Reason.RETURNED_TO_CITIZEN, OpenCase(CaseKind.CONTRADICTION, held=claim.amount))
        case ClaimState.VOIDED if claim.instrument != Instrument.CARD:
            return refused(Reason.VOIDED_BEFORE)
    if claim.instrument == Instrument.CARD:
        return judge_card(facts, claim, situation, key_store)
    return judge_voucher(facts, claim, situation)


def _judge_void(entry: Entry, claim: Claim, situation: Situation, key_store: KeyStore) -> Judgement:
    match claim.state:
        case ClaimState.VOIDED:
            return accepted()
        case ClaimState.REDEEMED | ClaimState.LATER | ClaimState.RETURNED:
            return conflict(Reason.AGAINST_PROOF, OpenCase(CaseKind.CONTRADICTION))
        case ClaimState.HELD:
            return pending(Reason.CARD_CHAIN)
    proof = what_the_chain_proves(claim, situation, key_store)
    return judge_void(entry, claim, proof, situation, key_store)


def _judge_unresolved(entry: Entry, claim: Claim, situation: Situation, key_store: KeyStore) -> Judgement:
    if claim.instrument != Instrument.CARD:
        return refused(Reason.NOT_A_CARD)
    if claim.item not in situation.cards:
        return refused(Reason.UNKNOWN_CARD)
    match claim.state:
        case ClaimState.VOIDED:
            return refused(Reason.NEVER_COMMITTED) if entry.given else accepted(reason=Reason.NEVER_COMMITTED)
        case ClaimState.HELD:
            return pending(Reason.CARD_CHAIN)
        case ClaimState.RETURNED if not entry.given:
            return accepted(reason=Reason.RETURNED_TO_CITIZEN)
        case ClaimState.REDEEMED | ClaimState.LATER if entry.given:
            return accepted()
        case ClaimState.RETURNED | ClaimState.REDEEMED | ClaimState.LATER:
            return conflict(Reason.AGAINST_PROOF, OpenCase(CaseKind.CONTRADICTION))
    proof = what_the_chain_proves(claim, situation, key_store)
    return judge_closing(entry, claim, proof, situation, key_store)


def _judge_refund(entry: Entry, branch: str, situation: Situation) -> Judgement:
    """A refund is never more than its redemption; what payable covers is posted when the batch is written."""
    claim = situation.completions.get(ClaimKey(branch, entry.of or 0))
    amount = entry.amount or 0
    if claim is None or claim.state not in _SETTLED:
        return refused(Reason.NOT_PAID)
    if ((entry.sale or b"").hex(), entry.instrument) != (claim.sale, claim.instrument):
        return refused(Reason.DIFFERS_FROM_INTENT)
    if not situation.trusted:
        return refused(Reason.TERMINAL_NOT_ALLOWED, OpenCase(CaseKind.TERMINAL_NOT_ALLOWED, held=amount))
    if claim.refunded + amount > claim.paid:
        return refused(Reason.MORE_THAN_REDEEMED)
    return pending(Reason.WAITS_FOR_SALES, WriteRefund(claim, amount))


def _judge_anchor(facts: Facts, situation: Situation) -> Judgement:
    if facts.server_time is None:
        return refused(Refusal.BAD_SIGNATURE)
    if situation.anchor is not None and facts.server_time < situation.anchor.time:
        return refused(Reason.BAD_TIME)  # an old time shown again
    return accepted(SetAnchor(facts.server_time, facts.bundle))
