# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Makes the situation of a batch out of what the database answers to `questions`."""

from collections.abc import Iterable, Sequence, Set
from operator import attrgetter
from typing import Any, Final

from django.db.models import Exists, Min, OuterRef, QuerySet

from backend.ledger import accounts
from backend.ledger.accounts import AccountName
from backend.ledger.locking import Held, lock, open_accounts
from backend.ledger.rows import TEXT, Found, among, listed, select, select_all
from backend.minting.models import IssuedVoucher, Load, Publication
from backend.redemption import stored_journal
from backend.redemption.chain import Chain, Link
from backend.redemption.evidence import Facts
from backend.redemption.loads import link_of_load
from backend.redemption.models import MAIN, CardTransaction, Hold, ReturnedGap
from backend.redemption.models import Claim as StoredClaim
from backend.redemption.questions import (
    SPENT_STATES,
    About,
    Answers,
    Items,
    ask,
    begins_with_contact,
    cards,
    chains,
    named_claims,
    questions,
    since_anchor,
    unsettled,
)
from backend.redemption.records import CardRow, Claim, PublicationRow, VoucherRow, read_claim
from backend.redemption.situation import Anchor, ClaimKey, Situation
from backend.shops.models import Terminal
from heitje.journal import Entry, Instrument, Kind

_CLAIM_ID: Final = -2
GUARANTEE_WINDOW_S: Final = 30 * 86_400
GUARANTEE_CARD_CENTS: Final = 10_000
GUARANTEE_VOUCHER_CENTS: Final = 2500
"""What a shop's owner is paid for later claims in 30 days (LEDGER.md section 2)."""
_GUARANTEED: Final = """
SELECT coalesce(sum(CASE WHEN c.instrument = %s THEN c.guaranteed ELSE 0 END), 0),
    coalesce(sum(CASE WHEN c.instrument = %s THEN 0 ELSE c.guaranteed END), 0)
FROM redemption_claim AS c JOIN shops_shop AS s ON s.id = c.shop_id
WHERE c.guaranteed > 0 AND s.owner = %s AND c.settled_at > %s
"""


def load(
    terminal: Terminal,
    facts: Sequence[Facts],
    branches: frozenset[str],
    trusted: bool,
    now: int,
    careful: bool = True,
    answers: Answers | None = None,
) -> Situation:
    """The situation for judging these entries of these branches, none stored yet. Inside the batch's transaction.

    `answers` are those to all `questions` about exactly these entries, where they were asked already. What the batch's
    vouchers and cards carry is locked before anything of them is read; with `careful` the caller has locked the loss
    fund, and what shops and citizens share is loaded as well.
    """
    situation = Situation(terminal=terminal, trusted=trusted, now=now, careful=careful)
    situation.anchors_ahead = [Anchor(fact.seq, fact.server_time) for fact in facts if fact.server_time is not None]
    items = Items.of(facts)
    if answers is None:
        if items.named:
            items = _with_named(items, terminal.id, branches)
        answers = ask(questions(terminal, facts, items, branches, now))
    _note_anchor(situation, facts, answers[About.ANCHOR])
    _note_vouchers(situation, answers.get(About.VOUCHERS, ()))
    if items.uids:
        _note_cards(situation, items.uids, answers[About.CARDS])
    claims, anchor = answers[About.CLAIMS], situation.anchor
    if begins_with_contact(facts) and anchor is not None and (facts[0].server_time or 0) < anchor.time:
        claims = claims + select_all(since_anchor(terminal, facts))[0]
    by_id = {row[_CLAIM_ID]: row for row in claims}  # one may be found by more than one question
    in_order = sorted(map(read_claim, by_id.values()), key=attrgetter("intent_seq"))
    _index(situation, in_order, 0 if anchor is None else anchor.seq)
    situation.publications = {row[0]: PublicationRow(*row) for row in answers[About.PUBLICATIONS]}
    if items.uids:
        _load_chains(situation, facts, items.uids, answers)
        for at, item, branch, quarter, cents in answers[About.SPENT]:
            if at == terminal.id:
                situation.spent[item, branch].append((quarter, cents))
    if careful:
        _load_shared(situation)
    _note_holds(situation, answers[About.HOLDS])
    return situation


def load_card(terminal: Terminal, uid: str, now: int) -> Situation:
    """The situation of one card that is met: its whole chain, and what waits for it.

    Inside a transaction that holds the loss fund's lock.
    """
    situation = Situation(terminal=terminal, trusted=True, now=now)
    uids = frozenset((uid,))
    answers = ask({About.CARDS: cards(uids), About.CLAIMS: unsettled(uid), **chains(uids)})
    _note_cards(situation, uids, answers[About.CARDS])
    _index(situation, map(read_claim, answers[About.CLAIMS]), 0)
    _load_chains(situation, (), uids, answers, uids)
    _load_shared(situation)
    return situation


def _with_named(items: Items, terminal: str, branches: frozenset[str]) -> Items:
    """The items of the claims too that earlier batches opened or completed, and these claims' intents."""
    ctis, uids, intents = set(items.ctis), set(items.uids), set[int]()
    for found in select_all(*named_claims(terminal, branches, items.named)):
        for item, instrument, seq in found:
            (uids if instrument == Instrument.CARD else ctis).add(item)
            intents.add(seq)
    return Items(frozenset(ctis), frozenset(uids), tuple(intents))


def _note_anchor(situation: Situation, facts: Sequence[Facts], found: Found) -> None:
    """The last contact before this batch, and the first entry after it."""
    first = facts[0].seq
    if found:
        seq, server_time, data, oldest = found[0]
        situation.anchor = Anchor(seq, server_time, Entry.decode(bytes(data)).bundle)
        situation.oldest_unsent = oldest if seq + 1 < first else None
    elif first > 1:
        start = stored_journal.find(situation.terminal.id, MAIN, 1)
        situation.oldest_unsent = None if start is None else Entry.decode(start.data).time


def _note_vouchers(situation: Situation, found: Iterable[tuple[Any, ...]]) -> None:
    for cti, paper, citizen, handed_out_at, account_id, balance in found:
        row = VoucherRow(cti, bool(paper), citizen, handed_out_at)
        situation.vouchers[cti] = row
        _hold(situation, account_of(row), account_id, balance)


def _note_cards(situation: Situation, uids: frozenset[str], found: Found) -> None:
    if len(found) < len(uids):
        known = select(f"SELECT uid FROM minting_card WHERE {among('uid', TEXT)}", listed(TEXT, uids))
        if len(known) > len(found):  # a card that nothing was loaded onto yet
            open_accounts(accounts.purse(uid) for (uid,) in known)
            found = select_all(cards(uids))[0]
    for *row, account_id, balance in found:
        card = CardRow(*row)
        situation.cards[card.uid] = card
        _hold(situation, accounts.purse(card.uid), account_id, balance)


def _hold(situation: Situation, name: AccountName, account_id: int, balance: int) -> None:
    situation.locked[name] = Held(account_id, balance)
    situation.holdings[name] = balance


def _index(situation: Situation, claims: Iterable[Claim], anchor_seq: int) -> None:
    for claim in claims:
        situation.by_item[claim.item].append(claim)
        claim.in_spent = claim.state in SPENT_STATES
        if claim.terminal_id != situation.terminal.id:
            continue
        situation.claims[ClaimKey(claim.branch, claim.intent_seq)] = claim
        if claim.completed_by is not None:
            situation.completions[ClaimKey(claim.branch, claim.completed_by)] = claim
        if claim.branch == MAIN and claim.intent_seq > anchor_seq:
            situation.keep_unsent(claim)


def _load_chains(
    situation: Situation, facts: Sequence[Facts], uids: Set[str], answers: Answers, wholly: Set[str] = frozenset()
) -> None:
    """The cards' chains. Of a chain the last link is enough, unless an entry speaks of what came before it.

    Of a card that has a load in flight, and of those in `wholly`, all is loaded.
    """
    if answers[About.IN_FLIGHT]:
        in_flight = Load.objects.filter(number__in=[number for (number,) in answers[About.IN_FLIGHT]])
        situation.loads = {load.card_id: load for load in in_flight}
    _load_denials(situation)
    links: dict[str, list[Link]] = {uid: [] for uid in uids}
    heads: dict[str, int] = {}
    for uid, tmc, *rest in answers[About.LINKS]:
        links[uid].append(_link(tmc, *rest))
        heads[uid] = tmc
    whole = {*situation.loads, *wholly}
    closed: dict[int, set[str]] = {}
    """Cards by the intents that an entry may close, of every branch."""
    for key, claim in situation.claims.items():
        closed.setdefault(key.seq, set()).add(claim.item)
    for fact in facts:
        if fact.kind is Kind.INTENT:
            closed.setdefault(fact.seq, set()).add(fact.item)
    for fact in facts:
        if fact.tmc is not None and fact.tmc <= heads.get(fact.item, 0):
            whole.add(fact.item)
        if fact.kind is Kind.VOID or fact.kind is Kind.UNRESOLVED:
            whole |= closed.get(fact.of or 0, set())
    if whole:
        for gap in ReturnedGap.objects.filter(uid__in=whole):
            situation.returned.setdefault(gap.uid, []).append(range(gap.first_tmc, gap.last_tmc + 1))
        for row in CardTransaction.objects.filter(uid__in=whole):
            if row.tmc != heads[row.uid]:
                links[row.uid].append(
                    _link(row.tmc, row.tmri, row.previous_tmri, row.balance_before, row.amount, row.has_mac)
                )
    for uid, card in situation.cards.items():
        load = situation.loads.get(uid)
        waiting = None if load is None else link_of_load(load, has_mac=False)
        situation.chains[uid] = Chain(card.opening_balance, links[uid], waiting)


def _link(tmc: int, tmri: str, previous: str, balance_before: int, amount: int, has_mac: int) -> Link:
    return Link(tmc, tmri, previous, balance_before, amount, bool(has_mac))


def _load_denials(situation: Situation) -> None:
    """From when on tills could know of cards that are denied."""
    for card in situation.cards.values():
        if card.denied_at is not None:
            told = Publication.objects.filter(issued_at__gte=card.denied_at).aggregate(first=Min("issued_at"))["first"]
            if told is not None:
                situation.denied_from[card.uid] = told


def account_of(voucher: IssuedVoucher | VoucherRow) -> AccountName:
    """The account that holds a voucher's value."""
    return accounts.note(voucher.cti) if voucher.paper else accounts.allowance(voucher.cti)


def _note_holds(situation: Situation, holds: Iterable[tuple[Any, ...]]) -> None:
    """What was promised of these items: to this terminal, or to others that have not taken it yet."""
    for terminal, sale, item, number, amount, live in holds:
        if terminal == situation.terminal.id:
            situation.confirmed[sale, item, number] = amount
        elif live:
            situation.held_elsewhere.add((item, number))
            voucher = situation.vouchers.get(item)
            if voucher is not None:
                account = account_of(voucher)
                situation.holdings[account] = max(0, situation.holdings[account] - amount)


def live_holds(now: int) -> QuerySet[Hold]:
    """Holds that keep something: not over, and no claim of that sale has come."""
    claims = StoredClaim.objects.filter(terminal=OuterRef("terminal"), sale=OuterRef("sale"), item=OuterRef("item"))
    return Hold.objects.filter(~Exists(claims), until__gt=now)


def _load_shared(situation: Situation) -> None:
    """What shops and citizens share, locked: the loss fund, the citizens' accounts, the owner's guarantee."""
    names = {accounts.LOSS_FUND}
    names |= {accounts.citizen(card.citizen) for card in situation.cards.values()}
    names |= {accounts.citizen(voucher.citizen) for voucher in situation.vouchers.values()}
    held = lock(names)
    situation.locked |= held
    situation.holdings |= {name: held[name].balance if name in held else 0 for name in names}
    owner, since = situation.terminal.shop.owner, situation.now - GUARANTEE_WINDOW_S
    ((card, voucher),) = select(_GUARANTEED, int(Instrument.CARD), int(Instrument.CARD), owner, since)
    situation.guarantee_left[True] = GUARANTEE_CARD_CENTS - int(card)
    situation.guarantee_left[False] = GUARANTEE_VOUCHER_CENTS - int(voucher)
