# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What intake knows while it judges one batch, changed in memory as each judgement is carried out."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from backend.ledger.accounts import AccountName
from backend.ledger.posting import Event
from backend.minting.models import Card, IssuedVoucher, Load, LoadState, Publication
from backend.redemption.chain import Chain
from backend.redemption.judgement import (
    AddLink,
    Effect,
    Impose,
    Judgement,
    OpenCase,
    OpenClaim,
    SetAnchor,
    Settle,
    SettleLoad,
    SuspendCard,
    WriteRefund,
)
from backend.redemption.models import CardTransaction, Case, Claim, ClaimState, JournalEntry, Refund
from backend.shops.models import Terminal
from heitje.journal import Instrument
from heitje.messages import Outcome

VOID_STATES = (ClaimState.VOIDED, ClaimState.REFUSED)
"""Claims that take nothing from a voucher."""


class Anchor(NamedTuple):
    """The last server-signed time in the journal: the entry's number and Unix seconds.

    `publication`: the trust that the terminal had then, where it says so.
    """

    seq: int
    time: int
    publication: int | None = None


class ClaimKey(NamedTuple):
    """An entry of this terminal, by branch and number."""

    branch: str
    seq: int


@dataclass
class Situation:
    """The books as they concern one batch of one terminal, at Unix time `now`."""

    terminal: Terminal
    trusted: bool
    now: int
    claims: dict[ClaimKey, Claim] = field(default_factory=dict)
    """This terminal's claims, by intent."""
    completions: dict[ClaimKey, Claim] = field(default_factory=dict)
    """The same, by the entry that completed them."""
    by_item: dict[str, list[Claim]] = field(default_factory=lambda: defaultdict(list))
    """Claims on the vouchers and cards of this batch, of every terminal."""
    since_anchor: list[Claim] = field(default_factory=list)
    cards: dict[str, Card] = field(default_factory=dict)
    chains: dict[str, Chain] = field(default_factory=dict)
    loads: dict[str, Load] = field(default_factory=dict)
    """Loads in flight, by card."""
    denied_from: dict[str, int] = field(default_factory=dict)
    """When tills could first learn that a card is denied: the publication after it. Not there: not published yet."""
    vouchers: dict[str, IssuedVoucher] = field(default_factory=dict)
    confirmed: dict[tuple[str, str, int], int] = field(default_factory=dict)
    """What this terminal was allowed when it asked: cents, by sale, item and number."""
    held_elsewhere: set[tuple[str, int]] = field(default_factory=set)
    """Items and numbers that another terminal or sale was promised, and has not taken yet."""
    holdings: dict[AccountName, int] = field(default_factory=lambda: defaultdict(int))
    guarantee_left: dict[bool, int] = field(default_factory=dict)
    """What the guarantee still pays this shop's owner: of cards (True), of phone and paper (False)."""
    publications: dict[int, Publication] = field(default_factory=dict)
    """The trust by its number, as far as an honest terminal could name it in this batch."""
    anchor: Anchor | None = None
    oldest_unsent: int | None = None
    """Time of the first entry after the anchor."""
    anchors_ahead: list[Anchor] = field(default_factory=list)
    """Those of this batch, in order."""

    entries: dict[ClaimKey, JournalEntry] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    links: list[CardTransaction] = field(default_factory=list)
    cases: dict[tuple[str, int], Case] = field(default_factory=dict)
    refunds: list[Refund] = field(default_factory=list)
    measures: list[Impose] = field(default_factory=list)
    suspended: set[str] = field(default_factory=set)
    settled_loads: list[Load] = field(default_factory=list)
    touched: dict[int, Claim] = field(default_factory=dict)
    """Claims to be written, by identity."""
    told: list[tuple[Claim, Outcome, str]] = field(default_factory=list)
    """What waiting entries of earlier batches, or of other terminals, are told now."""

    def latest_fitting(self, seq: int) -> int:
        """The latest time that entry `seq` can have: that of the next anchor, or now."""
        return min((anchor.time for anchor in self.anchors_ahead if anchor.seq > seq), default=self.now)

    def mine(self, item: str, before_seq: int, branch: str) -> list[Claim]:
        """What this terminal has taken of an item before an intent, voided and refused claims apart."""
        return [
            claim
            for claim in self.by_item[item]
            if claim.terminal_id == self.terminal.id
            and claim.branch == branch
            and claim.intent_seq < before_seq
            and claim.state not in VOID_STATES
        ]

    def was_confirmed(self, claim: Claim) -> bool:
        """Whether the backend itself said yes to this before it was taken: then its offline limits are no matter."""
        number = (claim.tmc_before or 0) + 1 if claim.instrument == Instrument.CARD else claim.code_seq or 0
        return self.confirmed.get((claim.sale, claim.item, number), 0) >= claim.amount

    def unsent_cents(self, instrument: Instrument, before_seq: int) -> int:
        """What this terminal has taken by one instrument since its last contact, before an intent."""
        return sum(
            claim.amount
            for claim in self.since_anchor
            if claim.instrument == instrument and claim.intent_seq < before_seq and claim.state not in VOID_STATES
        )

    def carry_out(self, entry: JournalEntry, judgement: Judgement) -> None:
        """Write an entry's outcome down and do what was decided."""
        entry.outcome = judgement.outcome
        entry.reason = "" if judgement.reason is None else str(judgement.reason)
        entry.waited = judgement.outcome is Outcome.PENDING
        self.entries[ClaimKey(entry.branch, entry.seq)] = entry
        if self.oldest_unsent is None:
            self.oldest_unsent = entry.time
        for effect in judgement.effects:
            match effect:
                case WriteRefund(claim, amount):
                    claim.refunded += amount
                    self.touched[id(claim)] = claim
                    self.refunds.append(Refund(entry=entry, claim=claim, shop_id=claim.shop_id, amount=amount))
                case SetAnchor(server_time, publication):
                    entry.server_time = server_time
                    self.anchor = Anchor(entry.seq, server_time, publication)
                    self.oldest_unsent = None
                    self.since_anchor.clear()
                case _:
                    self._do(effect, entry, None)

    def carry_out_at_contact(self, load: Load, effects: Iterable[Effect]) -> None:
        """Do what was decided when a card was met for a load; a case stands by the load."""
        for effect in effects:
            self._do(effect, None, load)

    def _do(self, effect: Effect, entry: JournalEntry | None, load: Load | None) -> None:
        match effect:
            case OpenClaim(claim):
                self.claims[ClaimKey(claim.branch, claim.intent_seq)] = claim
                self.by_item[claim.item].append(claim)
                self.since_anchor.append(claim)
                self.touched[id(claim)] = claim
            case Settle():
                self._settle(effect)
            case SettleLoad():
                self._settle_load(effect)
            case AddLink():
                self._add_link(effect)
            case OpenCase(kind, other, held):
                case = Case(kind=kind, entry=entry, load=load, other=other, held=held, opened_at=self.now)
                self.cases[kind, id(entry or load)] = case
            case SuspendCard(uid):
                self.cards[uid].suspended_at = self.cards[uid].suspended_at or self.now
                self.suspended.add(uid)
            case Impose():
                self.measures.append(effect)

    def _add_link(self, effect: AddLink) -> None:
        claim, load, link = effect.claim, effect.load, effect.link
        uid = load.card_id if load is not None else "" if claim is None else claim.item
        self.chains[uid].add(link)
        self.links.append(
            CardTransaction(
                uid=uid,
                tmc=link.tmc,
                tmri=link.tmri,
                previous_tmri=link.previous_tmri,
                balance_before=link.balance_before,
                amount=link.amount,
                has_mac=link.has_mac,
                claim=claim,
                load=load,
            )
        )

    def _settle_load(self, effect: SettleLoad) -> None:
        load = effect.load
        load.state, load.settled_at = effect.state, self.now
        self._post(effect.event)
        self.loads.pop(load.card_id, None)
        self.chains[load.card_id].in_flight = None
        self.settled_loads.append(load)
        card = self.cards[load.card_id]
        if effect.state == LoadState.LOADED and card.proven_at is None:
            card.proven_at = self.now

    def _post(self, event: Event) -> None:
        self.events.append(event)
        for line in event.lines:
            self.holdings[line.debit] -= line.amount
            self.holdings[line.credit] += line.amount

    def _settle(self, effect: Settle) -> None:
        claim = effect.claim
        claim.state = effect.state
        claim.given = effect.given if effect.given is not None else claim.given
        claim.completed_by = effect.completed_by or claim.completed_by
        if effect.event is not None:
            self._post(effect.event)
            claim.paid, claim.guaranteed, claim.settled_at = effect.paid, effect.guaranteed, self.now
            self.guarantee_left[claim.instrument == Instrument.CARD] -= effect.guaranteed
        if claim.terminal_id == self.terminal.id and claim.completed_by is not None:
            self.completions[ClaimKey(claim.branch, claim.completed_by)] = claim
        if effect.outcome is not None:
            self.told.append((claim, effect.outcome, "" if effect.reason is None else str(effect.reason)))
        self.touched[id(claim)] = claim
