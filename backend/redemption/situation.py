# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What intake knows while it judges one batch, changed in memory as each judgement is carried out."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from backend.ledger.accounts import AccountName
from backend.ledger.locking import Held
from backend.ledger.posting import Event, NewTransfer
from backend.minting.models import Load, LoadState
from backend.redemption.chain import Chain, Link
from backend.redemption.evidence import Facts
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
from backend.redemption.models import MAIN, ClaimState
from backend.redemption.records import (
    CardRow,
    Claim,
    NewCase,
    NewEntry,
    NewLink,
    NewRefund,
    NewRun,
    PublicationRow,
    VoucherRow,
)
from backend.shops.models import Terminal
from heitje.journal import Instrument
from heitje.messages import Outcome

VOID_STATES = (ClaimState.VOIDED, ClaimState.REFUSED)
"""Claims that take nothing from a voucher."""


class NeedsCare(Exception):
    """A batch touches what all shops share: it is judged again, from the beginning, with those accounts locked."""


class Shared(dict[Any, int]):
    """Figures that were loaded under a lock. One that was not is asked for with care, or it is nothing."""

    def __init__(self, careful: bool) -> None:
        super().__init__()
        self._careful = careful

    def __missing__(self, key: object) -> int:
        if not self._careful:
            raise NeedsCare
        return 0


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
    careful: bool = True
    """What all shops share is locked: the loss fund first, and with it citizens' accounts and the guarantee."""
    claims: dict[ClaimKey, Claim] = field(default_factory=dict)
    """This terminal's claims, by intent."""
    completions: dict[ClaimKey, Claim] = field(default_factory=dict)
    """The same, by the entry that completed them."""
    by_item: dict[str, list[Claim]] = field(default_factory=lambda: defaultdict(list))
    """Claims on the vouchers and cards of this batch, of every terminal."""
    spent: dict[tuple[str, str], list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))
    """What this terminal had taken of a card in a branch: when, in quarters of an hour since 1970, and cents."""
    since_anchor: list[Claim] = field(default_factory=list)
    cards: dict[str, CardRow] = field(default_factory=dict)
    chains: dict[str, Chain] = field(default_factory=dict)
    loads: dict[str, Load] = field(default_factory=dict)
    """Loads in flight, by card."""
    returned: dict[str, list[range]] = field(default_factory=dict)
    """Counters of a card's transactions whose money went back to its citizen, for nobody claimed it in time."""
    denied_from: dict[str, int] = field(default_factory=dict)
    """When tills could first learn that a card is denied: the publication after it. Not there: not published yet."""
    vouchers: dict[str, VoucherRow] = field(default_factory=dict)
    confirmed: dict[tuple[str, str, int], int] = field(default_factory=dict)
    """What this terminal was allowed when it asked: cents, by sale, item and number."""
    held_elsewhere: set[tuple[str, int]] = field(default_factory=set)
    """Items and numbers that another terminal or sale was promised, and has not taken yet."""
    locked: dict[AccountName, Held] = field(default_factory=dict)
    holdings: Shared = field(init=False)
    """What accounts hold, as far as this batch may need it."""
    guarantee_left: Shared = field(init=False)
    """What the guarantee still pays this shop's owner: of cards (True), of phone and paper (False)."""
    has_waiting: bool = False
    """A refund of this shop waits for its sales."""
    publications: dict[int, PublicationRow] = field(default_factory=dict)
    """The trust by its number, as far as an honest terminal could name it in this batch."""
    anchor: Anchor | None = None
    oldest_unsent: int | None = None
    """Time of the first entry after the anchor."""
    anchors_ahead: list[Anchor] = field(default_factory=list)
    """Those of this batch that are still to come, in order."""

    entries: dict[ClaimKey, NewEntry] = field(default_factory=dict)
    """The entries of this batch that were judged by themselves."""
    written: list[NewEntry] = field(default_factory=list)
    """The same, in order."""
    runs: list[NewRun] = field(default_factory=list)
    """The other entries of this batch: whole tenders, simply accepted."""
    events: list[Event] = field(default_factory=list)
    first_claims: list[NewTransfer] = field(default_factory=list)
    """What plain tenders pay this terminal's shop."""
    links: list[NewLink] = field(default_factory=list)
    cases: dict[tuple[str, int], NewCase] = field(default_factory=dict)
    refunds: list[NewRefund] = field(default_factory=list)
    measures: list[Impose] = field(default_factory=list)
    suspended: set[str] = field(default_factory=set)
    settled_loads: list[Load] = field(default_factory=list)
    touched: dict[int, Claim] = field(default_factory=dict)
    """Claims to be written, by identity."""
    told: list[tuple[Claim, int | None, Outcome, str]] = field(default_factory=list)
    """What waiting entries of earlier batches, or of other terminals, are told now: a claim's, by number."""

    def __post_init__(self) -> None:
        self.shop_owner = self.terminal.shop.owner
        self.holdings, self.guarantee_left = Shared(self.careful), Shared(self.careful)
        self._unsent: dict[int, int] = defaultdict(int)

    def latest_fitting(self, seq: int) -> int:
        """The latest time that entry `seq` can have: that of the next anchor, or now."""
        while self.anchors_ahead and self.anchors_ahead[0].seq <= seq:
            self.anchors_ahead.pop(0)
        if not self.anchors_ahead:
            return self.now
        return min(anchor.time for anchor in self.anchors_ahead)

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
        if not self.confirmed:
            return False
        number = (claim.tmc_before or 0) + 1 if claim.instrument == Instrument.CARD else claim.code_seq or 0
        return self.confirmed.get((claim.sale, claim.item, number), 0) >= claim.amount

    def unsent_cents(self, instrument: Instrument, before_seq: int) -> int:
        """What this terminal has taken by one instrument since its last contact, before an intent."""
        later = 0
        for claim in reversed(self.since_anchor):
            if claim.intent_seq < before_seq:
                break
            later += claim.amount if claim.instrument == instrument and claim.state not in VOID_STATES else 0
        return self._unsent[instrument] - later

    def keep_unsent(self, claim: Claim) -> None:
        """A claim since the last contact, in the order of their intents; with it comes its sum."""
        self.since_anchor.append(claim)
        claim.unsent = True
        self._count(claim, 1)

    def _forget_unsent(self) -> None:
        for claim in self.since_anchor:
            claim.unsent = False
        self.since_anchor.clear()
        self._unsent.clear()

    def _count(self, claim: Claim, sign: int) -> None:
        if claim.state not in VOID_STATES:
            self._unsent[claim.instrument] += sign * claim.amount

    def carry_out(self, entry: NewEntry, judgement: Judgement) -> None:
        """Write an entry's outcome down and do what was decided."""
        entry.outcome = judgement.outcome
        entry.reason = "" if judgement.reason is None else str(judgement.reason)
        entry.waited = judgement.outcome is Outcome.PENDING
        self.entries[ClaimKey(entry.branch, entry.seq)] = entry
        self.written.append(entry)
        if self.oldest_unsent is None:
            self.oldest_unsent = entry.time
        for effect in judgement.effects:
            match effect:
                case WriteRefund(claim, amount):
                    if not self.careful:
                        raise NeedsCare
                    claim.refunded += amount
                    self.touched[id(claim)] = claim
                    self.refunds.append(NewRefund(entry, claim, amount))
                case SetAnchor(server_time, publication):
                    entry.server_time = server_time
                    self.anchor = Anchor(entry.seq, server_time, publication)
                    self.oldest_unsent = None
                    self._forget_unsent()
                case _:
                    self._do(effect, entry, None)

    def take_in(self, intent: Facts, redemption: Facts, claim: Claim) -> None:
        """Write down a plain tender, which was paid: its claim and both entries."""
        claim.state, claim.completed_by = ClaimState.REDEEMED, redemption.seq
        claim.paid, claim.settled_at = claim.amount, self.now
        self.claims[ClaimKey(MAIN, intent.seq)] = self.completions[ClaimKey(MAIN, redemption.seq)] = claim
        self.by_item[claim.item].append(claim)
        self.keep_unsent(claim)
        self.touched[id(claim)] = claim
        run = self.runs[-1] if self.runs else None
        if run is None or run.last != intent.seq - 1:
            run = NewRun(intent.seq, intent.time, [], [])
            self.runs.append(run)
        run.entries += (intent.data, redemption.data)
        run.hashes += (intent.digest, redemption.digest)

    def prove(self, uid: str, link: Link, claim: Claim) -> None:
        """A card's transaction is proved by a claim."""
        self.chains[uid].add(link)
        self.links.append(NewLink(uid, link, claim, None))

    def went_back(self, uid: str, tmc: int) -> bool:
        """Whether the money of a card's transaction went back to its citizen by the window's end."""
        return any(tmc in gap for gap in self.returned.get(uid, ()))

    def carry_out_at_contact(self, load: Load, effects: Iterable[Effect]) -> None:
        """Do what was decided when a card was met for a load; a case stands by the load."""
        for effect in effects:
            self._do(effect, None, load)

    def _do(self, effect: Effect, entry: NewEntry | None, load: Load | None) -> None:
        match effect:
            case OpenClaim(claim):
                self.claims[ClaimKey(claim.branch, claim.intent_seq)] = claim
                self.by_item[claim.item].append(claim)
                self.keep_unsent(claim)
                self.touched[id(claim)] = claim
            case Settle():
                self._settle(effect)
            case SettleLoad():
                self._settle_load(effect)
            case AddLink():
                self._add_link(effect)
            case OpenCase(kind, other, held):
                self.cases[kind, id(entry or load)] = NewCase(kind, entry, load, other, held)
            case SuspendCard(uid):
                self.cards[uid].suspended_at = self.cards[uid].suspended_at or self.now
                self.suspended.add(uid)
            case Impose():
                self.measures.append(effect)

    def _add_link(self, effect: AddLink) -> None:
        claim, load, link = effect.claim, effect.load, effect.link
        uid = load.card_id if load is not None else "" if claim is None else claim.item
        self.chains[uid].add(link)
        self.links.append(NewLink(uid, link, claim, load))

    def _settle_load(self, effect: SettleLoad) -> None:
        load = effect.load
        load.state, load.settled_at = effect.state, self.now
        self.pay(effect.event)
        self.loads.pop(load.card_id, None)
        self.chains[load.card_id].in_flight = None
        self.settled_loads.append(load)
        card = self.cards[load.card_id]
        if effect.state == LoadState.LOADED and card.proven_at is None:
            card.proven_at = self.now

    def pay(self, event: Event) -> None:
        """Post an event when the batch is written; what its accounts hold changes now."""
        self.events.append(event)
        for line in event.lines:
            self.holdings[line.debit] -= line.amount
            if line.credit in self.holdings:
                self.holdings[line.credit] += line.amount

    def pay_first(self, claim: Claim, account: AccountName, event: str, reference: str) -> None:
        """Post the first claim on an instrument, out of its locked account, when the batch is written."""
        self.first_claims.append(NewTransfer(event, self.locked[account].id, claim.amount, reference))
        self.holdings[account] -= claim.amount

    def _settle(self, effect: Settle) -> None:
        claim = effect.claim
        if claim.unsent:
            self._count(claim, -1)
        claim.state = effect.state
        if claim.unsent:
            self._count(claim, 1)
        claim.given = effect.given if effect.given is not None else claim.given
        waiting = claim.completed_by
        claim.completed_by = effect.completed_by or claim.completed_by
        if effect.event is not None:
            self.pay(effect.event)
            claim.paid, claim.guaranteed, claim.settled_at = effect.paid, effect.guaranteed, self.now
            if effect.guaranteed:
                self.guarantee_left[claim.instrument == Instrument.CARD] -= effect.guaranteed
        if claim.terminal_id == self.terminal.id and claim.completed_by is not None:
            self.completions[ClaimKey(claim.branch, claim.completed_by)] = claim
        if effect.outcome is not None:
            self.told.append((claim, waiting, effect.outcome, "" if effect.reason is None else str(effect.reason)))
        self.touched[id(claim)] = claim
