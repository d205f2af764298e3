# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a card's chain proves of intents and loads that nobody answered for (CARD.md sections 7 and 9).

A proven transaction says what came before it, at whatever terminal it waits, and so on back, as far as torn taps follow
each other.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from backend.ledger import accounts, events
from backend.ledger.posting import Event
from backend.minting.keystore import KeyStore
from backend.minting.models import LoadState
from backend.redemption import stored_journal
from backend.redemption.chain import Link
from backend.redemption.evidence import Facts
from backend.redemption.judgement import AddLink, Effect, OpenCase, Settle, SettleLoad
from backend.redemption.loads import not_done_event, proven_event
from backend.redemption.models import CaseKind, ClaimState
from backend.redemption.reasons import Reason
from backend.redemption.records import Claim, NewEntry
from backend.redemption.situation import ClaimKey, Situation
from backend.redemption.stored_journal import StoredEntry
from backend.redemption.voucher_claims import event_id, reference_of
from heitje.journal import CardEvidence, Entry
from heitje.messages import Outcome
from heitje.money import Cents


class Proof(NamedTuple):
    """What a card's chain says about an intent: committed or not, None where it says nothing; the link if it did."""

    committed: bool | None
    link: Link | None = None


@dataclass
class News:
    """What follows from a proven transaction. Loads come first: what they brought may be spent already.

    `loaded`: cents that the purse gains by them.
    """

    loads: list[Effect] = field(default_factory=list)
    claims: list[Effect] = field(default_factory=list)
    loaded: int = 0


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


def proved_by(
    link: Link, uid: str, by: Claim | None, situation: Situation, key_store: KeyStore, gained: int = 0
) -> News:
    """What a transaction that fits the chain of card `uid` proves.

    `by` is its claim; of a load there is none, and it brings `gained` cents.
    """
    news, chain = News(loaded=gained), situation.chains[uid].copy()
    purse = situation.holdings[accounts.purse(uid)]
    settled, spent = ([], 0) if by is None else ([by], by.amount)
    chain.add(link)
    if by is None:
        chain.in_flight = None
    unread = [link]
    while unread:
        proven = unread.pop()
        fate, load = chain.fate_of_load(), situation.loads.get(uid)
        if fate is not None and chain.in_flight is not None and load is not None:
            before, chain.in_flight = chain.in_flight, None
            if fate:
                news.loads += [SettleLoad(load, LoadState.LOADED, proven_event(load)), AddLink(before, load=load)]
                news.loaded += load.amount
                chain.add(before)
                unread.append(before)
            else:
                news.loads.append(SettleLoad(load, LoadState.NOT_DONE, not_done_event(load)))
        for claim in situation.by_item[uid]:
            waiting = claim.state == ClaimState.UNRESOLVED
            if claim.tmc_before is None or not (waiting or claim.state == ClaimState.VOIDED) or claim in settled:
                continue
            if claim.tmc_before == proven.tmc - 1 and waiting:
                news.claims.append(_never_committed(claim))
            elif situation.went_back(uid, claim.tmc_before + 1):
                continue  # its money is the citizen's again, and its own till did not send its proof: a person looks
            elif claim.tmc_before == proven.tmc - 2 and proven.previous_tmri == tmri_of(claim):
                torn = _link_of_intent(claim, situation, key_store)
                if torn is not None and chain.takes(torn) and purse + news.loaded >= spent + claim.amount:
                    news.claims += [*_committed(claim, waiting, situation), AddLink(torn, claim)]
                    chain.add(torn)
                    unread.append(torn)
                    settled.append(claim)
                    spent += claim.amount
            elif claim.tmc_before == proven.tmc - 2 and waiting and proven.has_mac:
                news.claims.append(_never_committed(claim))
    return news


def tmri_of(claim: Claim) -> str:
    """The reader id of a claim's intent, in hex."""
    return f"{claim.terminal_id}{claim.intent_seq:016x}"


def link_of(evidence: object, previous_tmri: bytes | None, amount: int) -> Link | None:
    """The link that proven evidence makes."""
    if not isinstance(evidence, CardEvidence) or evidence.tmc is None or previous_tmri is None:
        return None
    return Link(evidence.tmc, evidence.tmri.hex(), previous_tmri.hex(), evidence.balance_before, amount)


def link_of_facts(facts: Facts, claim: Claim) -> Link | None:
    """The link of a redemption whose MAC is good, where it is the transaction after its intent's."""
    link = link_of(facts.entry.evidence, facts.previous_tmri, claim.amount)
    follows = link is not None and claim.tmc_before is not None and link.tmc == claim.tmc_before + 1
    return link if follows else None


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


def _link_of_intent(claim: Claim, situation: Situation, key_store: KeyStore) -> Link | None:
    """The link that an intent would make, from its own evidence. Its EncTMRI is believed as far as the chain fits."""
    stored: NewEntry | StoredEntry | None = situation.entries.get(ClaimKey(claim.branch, claim.intent_seq))
    if stored is None or claim.terminal_id != situation.terminal.id:
        stored = stored_journal.find(claim.terminal_id, claim.branch, claim.intent_seq)
    if stored is None or claim.tmc_before is None:
        return None
    evidence = Entry.decode(stored.data).evidence
    if not isinstance(evidence, CardEvidence):
        return None
    tmc = claim.tmc_before + 1
    previous = key_store.previous_reader(evidence.uid, tmc, evidence.enc_tmri)
    return Link(tmc, evidence.tmri.hex(), previous.hex(), evidence.balance_before, claim.amount, has_mac=False)
