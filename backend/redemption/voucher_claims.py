# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Claims on allowances and notes: the first is paid by the instrument, a later one within the guarantee.

LEDGER.md section 2.
"""

from typing import Final

from backend.ledger import accounts, events
from backend.ledger.accounts import AccountName
from backend.minting.measures import told_of_revocation
from backend.minting.models import MeasureKind
from backend.redemption.evidence import Facts
from backend.redemption.judgement import Impose, Judgement, OpenCase, Settle, accepted, conflict, refused
from backend.redemption.loading import account_of
from backend.redemption.models import CaseKind, ClaimState
from backend.redemption.reasons import Reason
from backend.redemption.records import Claim, VoucherRow
from backend.redemption.rules import BLOCK_PUBLISHED_S, check_voucher_rules, earliest_of
from backend.redemption.situation import Situation
from heitje.money import Cents
from heitje.refusals import Refusal

_TAKING: Final = (ClaimState.REDEEMED, ClaimState.LATER)


def judge_voucher(facts: Facts, claim: Claim, situation: Situation) -> Judgement:
    """The redemption of a code or a note."""
    completed_by = facts.seq
    if not situation.trusted:
        return refused(
            Reason.TERMINAL_NOT_ALLOWED,
            Settle(claim, ClaimState.REFUSED, completed_by=completed_by),
            OpenCase(CaseKind.TERMINAL_NOT_ALLOWED, held=claim.amount),
        )
    refusal = facts.refusal or check_voucher_rules(facts, claim, situation)
    if refusal is not None:
        return refused(refusal, Settle(claim, ClaimState.REFUSED, completed_by=completed_by))
    issued = situation.vouchers.get(claim.item)
    if issued is None:
        return _alarm_mint_key(facts, claim, situation)
    earlier = _earlier_claims(claim, situation)
    if earlier:
        return _judge_second(facts, claim, issued, earlier, situation)
    if (claim.item, claim.code_seq or 0) in situation.held_elsewhere and not situation.was_confirmed(claim):
        return _within_guarantee(facts, claim, situation, (accounts.LOSS_FUND,), Reason.TAKEN_ELSEWHERE)
    left = situation.holdings[account_of(issued)]
    if left < claim.amount:
        sources = (account_of(issued), accounts.citizen(issued.citizen), accounts.LOSS_FUND)
        return _within_guarantee(facts, claim, situation, sources, Reason.OVERSPENT, OpenCase(CaseKind.OVERSPENT))
    event = events.redeemed(
        event_id(claim), account_of(issued), claim.shop_id, Cents(claim.amount), reference_of(claim)
    )
    return accepted(Settle(claim, ClaimState.REDEEMED, event, claim.amount, completed_by=completed_by))


def event_id(claim: Claim) -> str:
    """The ledger's event of a claim: one for each intent."""
    return event_name(claim.terminal_id, claim.branch, claim.intent_seq)


def event_name(terminal: str, branch: str, intent_seq: int) -> str:
    """The same, by the intent's place."""
    return f"redemption:{terminal}{f'/{branch}' if branch else ''}:{intent_seq}"


def reference_of(claim: Claim) -> str:
    """How statements name a claim: terminal and intent."""
    return f"{claim.terminal_id}/{claim.intent_seq}"


def _earlier_claims(claim: Claim, situation: Situation) -> list[Claim]:
    """The claims that took this note, or this number of the allowance, before."""
    return [
        other
        for other in situation.by_item[claim.item]
        if other is not claim and other.state in _TAKING and other.code_seq == claim.code_seq
    ]


def _judge_second(
    facts: Facts, claim: Claim, issued: VoucherRow, earlier: list[Claim], situation: Situation
) -> Judgement:
    """An owner is paid for a code once, whoever was the first of all; so the order of uploads changes no sum."""
    if any(other.shop_owner == claim.shop_owner for other in earlier):
        return conflict(Reason.OWN_EARLIER_CLAIM, Settle(claim, ClaimState.LATER, completed_by=facts.seq))
    another = next((other for other in earlier if other.payload != claim.payload), None)
    if another is None:  # a copy: the holder may have done nothing wrong
        return _within_guarantee(facts, claim, situation, (accounts.LOSS_FUND,), Reason.TAKEN_ELSEWHERE)
    sources = (accounts.citizen(issued.citizen), accounts.LOSS_FUND)
    case = OpenCase(CaseKind.TWO_PAYLOADS, another)
    return _within_guarantee(facts, claim, situation, sources, Reason.TAKEN_ELSEWHERE, case)


def _alarm_mint_key(facts: Facts, claim: Claim, situation: Situation) -> Judgement:
    """A signature that verifies on an id that was never issued: somebody else has the key.

    A till that could have known for long that this key is revoked took it against the rules.
    """
    kid = "" if facts.voucher is None else facts.voucher.sign1.kid.hex()
    told = told_of_revocation(kid)
    if told is not None and earliest_of(facts.time, situation) > told + BLOCK_PUBLISHED_S:
        settle = Settle(claim, ClaimState.REFUSED, completed_by=facts.seq)
        return refused(Refusal.BAD_SIGNATURE, settle, OpenCase(CaseKind.MINT_KEY, held=claim.amount))
    judged = _within_guarantee(
        facts, claim, situation, (accounts.LOSS_FUND,), Reason.UNKNOWN_VOUCHER, OpenCase(CaseKind.MINT_KEY)
    )
    return Judgement(judged.outcome, judged.reason, (*judged.effects, Impose(MeasureKind.KEY_REVOKED, kid)))


def _within_guarantee(
    facts: Facts,
    claim: Claim,
    situation: Situation,
    sources: tuple[AccountName, ...],
    reason: Reason,
    *cases: OpenCase,
) -> Judgement:
    """Pay from the sources in order; what the voucher itself still holds does not count against the guarantee."""
    own = {accounts.AccountKind.ALLOWANCE, accounts.AccountKind.NOTE}
    due, left = claim.amount, max(0, situation.guarantee_left[False])
    parts: list[tuple[AccountName, Cents]] = []
    guaranteed = 0
    for source in sources:
        most = due if source.kind in own else min(due, left - guaranteed)
        part = min(most, situation.holdings[source])
        parts.append((source, Cents(part)))
        due -= part
        guaranteed += 0 if source.kind in own else part
    paid = claim.amount - due
    event = None
    if paid:
        event = events.redeemed_later(event_id(claim), tuple(parts), claim.shop_id, reference_of(claim))
    settle = Settle(claim, ClaimState.LATER, event, paid, guaranteed, completed_by=facts.seq)
    held = (OpenCase(CaseKind.BEYOND_GUARANTEE, held=due),) if due else ()
    return conflict(reason, settle, *cases, *held)
