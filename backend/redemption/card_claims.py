# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Claims on purses: the card's own MAC and chain decide (CARD.md sections 7 and 9, LEDGER.md section 2)."""

from dataclasses import replace

from backend.ledger import accounts, events
from backend.ledger.accounts import AccountName
from backend.minting.keystore import KeyStore
from backend.minting.models import MeasureKind
from backend.redemption.chain import Link
from backend.redemption.evidence import Facts
from backend.redemption.judgement import (
    AddLink,
    Effect,
    Impose,
    Judgement,
    OpenCase,
    Settle,
    SuspendCard,
    accepted,
    conflict,
    pending,
    refused,
)
from backend.redemption.models import CaseKind, ClaimState
from backend.redemption.proving import News, Proof, link_of_facts, proved_by, to_citizen, to_shop
from backend.redemption.reasons import Reason
from backend.redemption.records import Claim
from backend.redemption.rules import check_card_rules, is_after_block
from backend.redemption.situation import Situation
from backend.redemption.voucher_claims import event_id, reference_of
from heitje.journal import Entry
from heitje.messages import Outcome
from heitje.money import Cents


def judge_card(facts: Facts, claim: Claim, situation: Situation, key_store: KeyStore) -> Judgement:
    """The redemption of a card: TMV, binding, chain, purse, limits."""
    entry = facts.entry
    refuse = Settle(claim, ClaimState.REFUSED, completed_by=entry.seq)
    if claim.item not in situation.cards:
        return refused(Reason.UNKNOWN_CARD, refuse)
    if facts.refusal is Reason.BAD_CARD_MAC:
        case = OpenCase(CaseKind.BAD_CARD_MAC, held=claim.amount)
        return refused(facts.refusal, refuse, case, Impose(MeasureKind.CARDS_ONLINE_ONLY))
    if facts.refusal is not None:
        return refused(facts.refusal, refuse)
    link = link_of_facts(facts, claim)
    if link is None:
        return refused(Reason.NOT_BOUND, refuse)
    held = Settle(claim, ClaimState.HELD, completed_by=entry.seq)
    if not situation.chains[claim.item].takes(link):
        case = OpenCase(CaseKind.CARD_CHAIN, held=claim.amount)
        return pending(Reason.CARD_CHAIN, held, case, SuspendCard(claim.item))
    news = proved_by(link, claim.item, claim, situation, key_store)
    if claim.state == ClaimState.VOIDED:  # it did happen, and the till said that it did not
        case = OpenCase(CaseKind.CONTRADICTION, held=claim.amount)
        return refused(Reason.VOIDED_BEFORE, *news.loads, refuse, case, AddLink(link, claim))
    covered = situation.holdings[accounts.purse(claim.item)] + news.loaded >= claim.amount
    late = situation.went_back(claim.item, link.tmc)
    if claim.state == ClaimState.UNRESOLVED and claim.given is False and covered and not late:
        return _give_back(claim, link, news, situation, entry)
    broken = check_card_rules(facts, claim, situation) if situation.trusted else None
    if broken is None and is_after_block(facts, claim, situation):
        return _pay_for_blocked(claim, link, news, situation, entry)
    if broken is None and late:
        return _pay_late(claim, link, news, situation, entry)
    if not covered:
        if broken is None and situation.cards[claim.item].replaced_at is not None:
            return _pay_for_replaced(claim, link, news, situation, entry)
        case = OpenCase(CaseKind.CARD_OVERDRAWN, held=claim.amount)
        return pending(Reason.CARD_OVERDRAWN, *news.loads, held, case, SuspendCard(claim.item))
    if broken is not None:
        case = OpenCase(CaseKind.CARD_RULES, held=claim.amount)
        return refused(broken, *news.loads, refuse, case, AddLink(link, claim), *news.claims)
    told = Outcome.ACCEPTED if claim.state == ClaimState.UNRESOLVED else None
    settle = Settle(claim, ClaimState.REDEEMED, to_shop(claim), claim.amount, completed_by=entry.seq, outcome=told)
    return accepted(*_in_order(news, settle, AddLink(link, claim)))


def _give_back(claim: Claim, link: Link, news: News, situation: Situation, entry: Entry) -> Judgement:
    """Proved after the cashier closed the sale as not given: whichever proof comes first, the shop is not paid."""
    reason = Reason.RETURNED_TO_CITIZEN
    settle = Settle(
        claim,
        ClaimState.RETURNED,
        to_citizen(claim, situation),
        claim.amount,
        given=False,
        completed_by=entry.seq,
        outcome=Outcome.ACCEPTED,
        reason=reason,
    )
    return accepted(*_in_order(news, settle, AddLink(link, claim)), reason=reason)


def judge_closing(entry: Entry, claim: Claim, proof: Proof, situation: Situation, key_store: KeyStore) -> Judgement:
    """An intent that the till closed without proof: what the chain proves decides, now or later."""
    given, link = bool(entry.given), proof.link
    if proof.committed is None:
        closing = Settle(claim, ClaimState.UNRESOLVED, given=given, completed_by=entry.seq)
        return pending(Reason.WAITS_FOR_CARD, closing)
    if link is None:
        voided = Settle(claim, ClaimState.VOIDED, given=given, completed_by=entry.seq)
        return refused(Reason.NEVER_COMMITTED, voided) if given else accepted(voided, reason=Reason.NEVER_COMMITTED)
    news = proved_by(link, claim.item, claim, situation, key_store)
    if given and situation.went_back(claim.item, link.tmc):
        return _pay_late(claim, link, news, situation, entry)
    if situation.holdings[accounts.purse(claim.item)] + news.loaded < claim.amount:
        case = OpenCase(CaseKind.CARD_OVERDRAWN, held=claim.amount)
        held = Settle(claim, ClaimState.HELD, given=given, completed_by=entry.seq)
        return pending(Reason.CARD_OVERDRAWN, *news.loads, held, case, SuspendCard(claim.item))
    event = to_shop(claim) if given else to_citizen(claim, situation)
    state = ClaimState.REDEEMED if given else ClaimState.RETURNED
    settle = Settle(claim, state, event, claim.amount, given=given, completed_by=entry.seq)
    effects = _in_order(news, settle, AddLink(link, claim))
    return accepted(*effects, reason=None if given else Reason.RETURNED_TO_CITIZEN)


def judge_void(entry: Entry, claim: Claim, proof: Proof, situation: Situation, key_store: KeyStore) -> Judgement:
    """A void; where the chain proves that the card committed, the citizen gets the money back and a person looks."""
    if proof.link is None:
        voided = Settle(claim, ClaimState.VOIDED, completed_by=entry.seq)
        if claim.state == ClaimState.UNRESOLVED:  # the entry that closed it has its answer as well
            told = Outcome.REFUSED if claim.given else Outcome.ACCEPTED
            voided = replace(voided, outcome=told, reason=Reason.NEVER_COMMITTED)
        return accepted(voided)
    event = to_citizen(claim, situation)
    back = Settle(claim, ClaimState.RETURNED, event, claim.amount, given=False, completed_by=entry.seq)
    news = proved_by(proof.link, claim.item, claim, situation, key_store)
    case = OpenCase(CaseKind.CONTRADICTION)
    return conflict(Reason.AGAINST_PROOF, *_in_order(news, back, AddLink(proof.link, claim)), case)


def _in_order(news: News, settle: Settle, link: AddLink) -> list[Effect]:
    return [*news.loads, settle, link, *news.claims]


def _pay_for_blocked(claim: Claim, link: Link, news: News, situation: Situation, entry: Entry) -> Judgement:
    """A sale to a blocked card before tills had to know: the loss fund pays within the guarantee, not the citizen."""
    return _pay_later(claim, link, news, situation, entry, (accounts.LOSS_FUND,), CaseKind.CARD_BLOCKED)


def _pay_for_replaced(claim: Claim, link: Link, news: News, situation: Situation, entry: Entry) -> Judgement:
    """A late claim on a card whose purse has paid its successor already: what is missing is overspent."""
    sources = (
        accounts.purse(claim.item),
        accounts.citizen(situation.cards[claim.item].citizen),
        accounts.LOSS_FUND,
    )
    return _pay_later(claim, link, news, situation, entry, sources, CaseKind.OVERSPENT)


def _pay_late(claim: Claim, link: Link, news: News, situation: Situation, entry: Entry) -> Judgement:
    """A claim after the window's end, when its money is the citizen's again: who pays it, then the loss fund."""
    sources = (accounts.citizen(situation.cards[claim.item].citizen), accounts.LOSS_FUND)
    return _pay_later(claim, link, news, situation, entry, sources, CaseKind.CARD_LATE)


def _pay_later(
    claim: Claim,
    link: Link,
    news: News,
    situation: Situation,
    entry: Entry,
    sources: tuple[AccountName, ...],
    kind: CaseKind,
) -> Judgement:
    """Pay from the sources in order; all but the card's own purse counts against the guarantee."""
    own, due, left = accounts.purse(claim.item), claim.amount, max(0, situation.guarantee_left[True])
    parts: list[tuple[AccountName, Cents]] = []
    guaranteed = 0
    for source in sources:
        part = min(due if source == own else min(due, left - guaranteed), situation.holdings[source])
        parts.append((source, Cents(part)))
        due -= part
        guaranteed += 0 if source == own else part
    paid = claim.amount - due
    event = events.redeemed_later(event_id(claim), tuple(parts), claim.shop_id, reference_of(claim)) if paid else None
    settle = Settle(claim, ClaimState.LATER, event, paid, guaranteed, completed_by=entry.seq)
    effects = (*_in_order(news, settle, AddLink(link, claim)), OpenCase(kind, held=due))
    return conflict(Reason.BEYOND_GUARANTEE, *effects) if due else accepted(*effects)
