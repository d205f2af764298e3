# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Claims on purses: the card's own MAC and chain decide (CARD.md sections 7 and 9, LEDGER.md section 2)."""

from typing import NamedTuple

from backend.ledger import accounts, events
from backend.ledger.posting import Event
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
from backend.redemption.models import CaseKind, Claim, ClaimState, JournalEntry
from backend.redemption.reasons import Reason
from backend.redemption.rules import check_card_rules
from backend.redemption.situation import ClaimKey, Situation
from backend.redemption.voucher_claims import event_id, reference_of
from heitje.journal import CardEvidence, Entry
from heitje.messages import Outcome
from heitje.money import Cents


class Proof(NamedTuple):
    """What a card's chain says about an intent: committed or not, None where it says nothing; the link if it did."""

    committed: bool | None
    link: Link | None = None


def judge_card(facts: Facts, claim: Claim, situation: Situation, key_store: KeyStore) -> Judgement:
    """The redemption of a card: TMV, binding, chain, purse, limits."""
    entry, evidence = facts.entry, facts.entry.evidence
    refuse = Settle(claim, ClaimState.REFUSED, completed_by=entry.seq)
    if claim.item not in situation.cards:
        return refused(Reason.UNKNOWN_CARD, refuse)
    if facts.refusal is Reason.BAD_CARD_MAC:
        case = OpenCase(CaseKind.BAD_CARD_MAC, held=claim.amount)
        return refused(facts.refusal, refuse, case, Impose(MeasureKind.CARDS_ONLINE_ONLY))
    if facts.refusal is not None:
        return refused(facts.refusal, refuse)
    link = link_of(evidence, facts.previous_tmri, claim.amount)
    if link is None or claim.tmc_before is None or link.tmc != claim.tmc_before + 1:
        return refused(Reason.NOT_BOUND, refuse)
    held = Settle(claim, ClaimState.HELD, completed_by=entry.seq)
    if not situation.chains[claim.item].takes(link):
        case = OpenCase(CaseKind.CARD_CHAIN, held=claim.amount)
        return pending(Reason.CARD_CHAIN, held, case, SuspendCard(claim.item))
    if claim.state == ClaimState.VOIDED:  # it did happen, and the till said that it did not
        case = OpenCase(CaseKind.CONTRADICTION, held=claim.amount)
        return refused(Reason.VOIDED_BEFORE, refuse, case, AddLink(claim, link))
    if situation.holdings[accounts.purse(claim.item)] < claim.amount:
        case = OpenCase(CaseKind.CARD_OVERDRAWN, held=claim.amount)
        return pending(Reason.CARD_OVERDRAWN, held, case, SuspendCard(claim.item))
    proofs = proved_by(link, claim, situation, key_store)
    broken = check_card_rules(facts, claim, situation) if situation.trusted else None
    if broken is not None:
        case = OpenCase(CaseKind.CARD_RULES, held=claim.amount)
        return refused(broken, refuse, case, AddLink(claim, link), *proofs)
    settle = Settle(claim, ClaimState.REDEEMED, to_shop(claim), claim.amount, completed_by=entry.seq)
    return accepted(settle, AddLink(claim, link), *proofs)


def judge_closing(entry: Entry, claim: Claim, proof: Proof, situation: Situation, key_store: KeyStore) -> Judgement:
    """An intent that the till closed without proof: what the chain proves decides, now or later."""
    given, link = bool(entry.given), proof.link
    if proof.committed is None:
        closing = Settle(claim, ClaimState.UNRESOLVED, given=given, completed_by=entry.seq)
        return pending(Reason.WAITS_FOR_CARD, closing)
    if link is None:
        voided = Settle(claim, ClaimState.VOIDED, given=given, completed_by=entry.seq)
        return refused(Reason.NEVER_COMMITTED, voided) if given else accepted(voided, reason=Reason.NEVER_COMMITTED)
    if situation.holdings[accounts.purse(claim.item)] < claim.amount:
        case = OpenCase(CaseKind.CARD_OVERDRAWN, held=claim.amount)
        held = Settle(claim, ClaimState.HELD, given=given, completed_by=entry.seq)
        return pending(Reason.CARD_OVERDRAWN, held, case, SuspendCard(claim.item))
    event = to_shop(claim) if given else to_citizen(claim, situation)
    state = ClaimState.REDEEMED if given else ClaimState.RETURNED
    settle = Settle(claim, state, event, claim.amount, given=given, completed_by=entry.seq)
    effects = (settle, AddLink(claim, link), *proved_by(link, claim, situation, key_store))
    return accepted(*effects, reason=None if given else Reason.RETURNED_TO_CITIZEN)


def judge_void(entry: Entry, claim: Claim, proof: Proof, situation: Situation, key_store: KeyStore) -> Judgement:
    """A void; where the chain proves that the card committed, the citizen gets the money back and a person looks."""
    if proof.link is None:
        return accepted(Settle(claim, ClaimState.VOIDED, completed_by=entry.seq))
    event = to_citizen(claim, situation)
    back = Settle(claim, ClaimState.RETURNED, event, claim.amount, given=False, completed_by=entry.seq)
    proofs = proved_by(proof.link, claim, situation, key_store)
    return conflict(Reason.AGAINST_PROOF, back, AddLink(claim, proof.link), OpenCase(CaseKind.CONTRADICTION), *proofs)


def what_the_chain_proves(claim: Claim, situation: Situation, key_store: KeyStore) -> Proof:
    """CARD.md section 9: t+1 by another reader: not committed; t+2 tells by its EncTMRI."""
    chain = situation.chains.get(claim.item)
    if chain is None or claim.tmc_before is None:
        return Proof(None)
    if chain.at(claim.tmc_before + 1) is not None:
        return Proof(False)
    second = chain.at(claim.tmc_before + 2)
    if second is None:
        return Proof(None)
    if second.previous_tmri != tmri_of(claim):
        return Proof(False if second.has_mac else None)
    link = _link_of_intent(claim, situation, key_store)
    return Proof(True, link) if link is not None and chain.takes(link) else Proof(None)


def proved_by(link: Link, by: Claim, situation: Situation, key_store: KeyStore) -> list[Effect]:
    """What a proven transaction says about other intents of the same card, at whatever terminal they wait.

    A transaction that this one proves says in turn what came before it, as far back as torn taps follow each other.
    """
    effects: list[Effect] = []
    settled, spent = [by], by.amount
    after: Link | None = link
    while after is not None:
        proven, after = after, None
        for claim in situation.by_item[by.item]:
            waiting = claim.state == ClaimState.UNRESOLVED
            if claim.tmc_before is None or not (waiting or claim.state == ClaimState.VOIDED) or claim in settled:
                continue
            if claim.tmc_before == proven.tmc - 1 and waiting:
                effects.append(_never_committed(claim))
            elif claim.tmc_before == proven.tmc - 2 and proven.previous_tmri == tmri_of(claim):
                spent += claim.amount
                after = _link_before(proven, claim, spent, situation, key_store)
                if after is not None:
                    effects += [*_committed(claim, waiting, situation), AddLink(claim, after)]
                    settled.append(claim)
            elif claim.tmc_before == proven.tmc - 2 and waiting and proven.has_mac:
                effects.append(_never_committed(claim))
    return effects


def tmri_of(claim: Claim) -> str:
    """The reader id of a claim's intent, in hex."""
    return f"{claim.terminal_id}{claim.intent_seq:016x}"


def link_of(evidence: object, previous_tmri: bytes | None, amount: int) -> Link | None:
    """The link that proven evidence makes."""
    if not isinstance(evidence, CardEvidence) or evidence.tmc is None or previous_tmri is None:
        return None
    return Link(evidence.tmc, evidence.tmri.hex(), previous_tmri.hex(), evidence.balance_before, amount)


def to_shop(claim: Claim) -> Event:
    """The card's money goes to the shop."""
    purse, amount = accounts.purse(claim.item), Cents(claim.amount)
    return events.redeemed(event_id(claim), purse, claim.shop_id, amount, reference_of(claim))


def to_citizen(claim: Claim, situation: Situation) -> Event:
    """The card committed and nothing was given for it."""
    citizen = situation.cards[claim.item].citizen
    return events.not_given(event_id(claim), claim.item, citizen, Cents(claim.amount), reference_of(claim))


def _never_committed(claim: Claim) -> Settle:
    outcome = Outcome.REFUSED if claim.given else Outcome.ACCEPTED
    return Settle(claim, ClaimState.VOIDED, outcome=outcome, reason=Reason.NEVER_COMMITTED)


def _committed(claim: Claim, waiting: bool, situation: Situation) -> list[Effect]:
    """The card did commit: the money goes to the shop where the goods were given, else back to the citizen."""
    if waiting and claim.given:
        return [Settle(claim, ClaimState.REDEEMED, to_shop(claim), claim.amount, outcome=Outcome.ACCEPTED)]
    event = to_citizen(claim, situation)
    if waiting:
        told, why = Outcome.ACCEPTED, Reason.RETURNED_TO_CITIZEN
        return [Settle(claim, ClaimState.RETURNED, event, claim.amount, outcome=told, reason=why)]
    told, why = Outcome.CONFLICT, Reason.AGAINST_PROOF
    back = Settle(claim, ClaimState.RETURNED, event, claim.amount, outcome=told, reason=why)
    return [back, OpenCase(CaseKind.CONTRADICTION, claim)]


def _link_before(after: Link, claim: Claim, spent: int, situation: Situation, key_store: KeyStore) -> Link | None:
    """The link of an intent that its successor names, if balances chain and the purse covers all that is settled."""
    link = _link_of_intent(claim, situation, key_store)
    if link is None or after.balance_before != link.balance_after:
        return None
    fits = situation.chains[claim.item].takes(link)
    return link if fits and situation.holdings[accounts.purse(claim.item)] >= spent else None


def _link_of_intent(claim: Claim, situation: Situation, key_store: KeyStore) -> Link | None:
    """The link that an intent would make, from its own evidence. Its EncTMRI is believed as far as the chain fits."""
    stored = situation.entries.get(ClaimKey(claim.branch, claim.intent_seq))
    if stored is None or claim.terminal_id != situation.terminal.id:
        kept = JournalEntry.objects.filter(terminal=claim.terminal_id, branch=claim.branch, seq=claim.intent_seq)
        stored = kept.first()
    if stored is None or claim.tmc_before is None:
        return None
    evidence = Entry.decode(bytes(stored.data)).evidence
    if not isinstance(evidence, CardEvidence):
        return None
    tmc = claim.tmc_before + 1
    previous = key_store.previous_reader(evidence.uid, tmc, evidence.enc_tmri)
    return Link(tmc, evidence.tmri.hex(), previous.hex(), evidence.balance_before, claim.amount, has_mac=False)
