# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Loads the situation of a batch: one query per kind of thing, however many entries there are."""

from collections.abc import Iterable, Sequence, Set
from typing import Final

from django.db.models import Exists, Max, Min, OuterRef, Q, QuerySet, Sum

from backend.ledger import accounts
from backend.ledger.accounts import AccountName
from backend.ledger.posting import balances
from backend.minting.models import Card, IssuedVoucher, Load, LoadState, Publication
from backend.redemption.chain import Chain, Link
from backend.redemption.evidence import Facts
from backend.redemption.loads import link_of_load
from backend.redemption.models import MAIN, CardTransaction, Claim, ClaimState, Hold, JournalEntry
from backend.redemption.situation import Anchor, ClaimKey, Situation
from backend.shops.models import Terminal
from heitje.journal import CardEvidence, Entry, Instrument, Kind

GUARANTEE_WINDOW_S: Final = 30 * 86_400
GUARANTEE_CARD_CENTS: Final = 10_000
GUARANTEE_VOUCHER_CENTS: Final = 2500
"""What a shop's owner is paid for later claims in 30 days (LEDGER.md section 2)."""
PUBLICATIONS_S: Final = 7 * 86_400
"""A publication that was superseded so long before an entry ended every limit anyway."""
_DAY_S: Final = 2 * 86_400
"""Covers the calendar day of any entry, whatever its time zone."""


def load(terminal: Terminal, facts: Sequence[Facts], branches: frozenset[str], trusted: bool, now: int) -> Situation:
    """The situation for judging these entries of these branches, none stored yet. Inside the batch's transaction."""
    situation = Situation(terminal=terminal, trusted=trusted, now=now)
    situation.anchors_ahead = [Anchor(fact.entry.seq, fact.anchor) for fact in facts if fact.anchor is not None]
    _load_anchor(situation, facts)
    named = [fact.entry.of for fact in facts if fact.entry.of is not None]
    claims: dict[int, Claim] = {}
    own = Claim.objects.filter(terminal=terminal)
    _gather(claims, own.filter(branch__in=branches, intent_seq__in=named))
    _gather(claims, own.filter(completed_by__in=named))
    after = 0 if situation.anchor is None else situation.anchor.seq
    _gather(claims, own.filter(branch=MAIN, intent_seq__gt=after))
    uids = {fact.item for fact in facts if isinstance(fact.entry.evidence, CardEvidence)}
    uids |= {claim.item for claim in claims.values() if claim.instrument == Instrument.CARD and _named(claim, named)}
    ctis = {fact.item for fact in facts if fact.signed is not None}
    ctis |= {claim.item for claim in claims.values() if claim.instrument != Instrument.CARD and _named(claim, named)}
    if ctis:
        _gather(claims, Claim.objects.filter(item__in=ctis))
    if uids:
        waiting = Q(state__in=(ClaimState.OPEN, ClaimState.UNRESOLVED, ClaimState.VOIDED))
        earliest = min(fact.entry.time for fact in facts) - _DAY_S
        _gather(claims, Claim.objects.filter(waiting | Q(terminal=terminal, time__gte=earliest), item__in=uids))
    _index(situation, claims.values(), after)
    _load_cards(situation, facts, uids)
    situation.vouchers = {row.cti: row for row in IssuedVoucher.objects.filter(cti__in=ctis).defer("token")}
    _load_holdings(situation)
    _load_guarantee(situation)
    _load_holds(situation, uids | ctis)
    oldest = min(fact.entry.time for fact in facts) - PUBLICATIONS_S
    situation.publications = {row.number: row for row in Publication.objects.filter(confirmed_at__gte=oldest)}
    return situation


def load_card(terminal: Terminal, uid: str, now: int) -> Situation:
    """The situation of one card that is met: its whole chain, and what waits for it. Inside a transaction."""
    situation = Situation(terminal=terminal, trusted=True, now=now)
    waiting = Q(state__in=(ClaimState.OPEN, ClaimState.UNRESOLVED, ClaimState.VOIDED))
    _index(situation, Claim.objects.filter(waiting, item=uid), 0)
    _load_cards(situation, (), {uid}, {uid})
    _load_holdings(situation)
    _load_guarantee(situation)
    return situation


def _named(claim: Claim, named: list[int]) -> bool:
    return claim.intent_seq in named or claim.completed_by in named


def _gather(claims: dict[int, Claim], rows: Iterable[Claim]) -> None:
    for claim in rows:
        claims.setdefault(claim.pk, claim)


def _load_anchor(situation: Situation, facts: Sequence[Facts]) -> None:
    first = facts[0].entry.seq
    stored = JournalEntry.objects.filter(terminal=situation.terminal, branch=MAIN, seq__lt=first)
    anchor = stored.filter(server_time__isnull=False).order_by("-seq").first()
    if anchor is not None and anchor.server_time is not None:
        situation.anchor = Anchor(anchor.seq, anchor.server_time, Entry.decode(bytes(anchor.data)).bundle)
    after = 1 if situation.anchor is None else situation.anchor.seq + 1
    situation.oldest_unsent = stored.filter(seq=after).values_list("time", flat=True).first()


def _index(situation: Situation, claims: Iterable[Claim], anchor_seq: int) -> None:
    for claim in claims:
        situation.by_item[claim.item].append(claim)
        if claim.terminal_id != situation.terminal.id:
            continue
        situation.claims[ClaimKey(claim.branch, claim.intent_seq)] = claim
        if claim.completed_by is not None:
            situation.completions[ClaimKey(claim.branch, claim.completed_by)] = claim
        if claim.branch == MAIN and claim.intent_seq > anchor_seq:
            situation.since_anchor.append(claim)


def _load_cards(situation: Situation, facts: Sequence[Facts], uids: set[str], wholly: Set[str] = frozenset()) -> None:
    """Cards and their chains. Of a chain the last link is enough, unless an entry speaks of what came before it.

    Of a card that has a load in flight, and of those in `wholly`, all is loaded.
    """
    situation.cards = {card.uid: card for card in Card.objects.filter(uid__in=uids)}
    in_flight = Load.objects.filter(card__in=situation.cards, state=LoadState.IN_FLIGHT)
    situation.loads = {load.card_id: load for load in in_flight}
    _load_denials(situation)
    heads = dict(CardTransaction.objects.filter(uid__in=uids).values_list("uid").annotate(Max("tmc")))
    whole = {*situation.loads, *wholly}
    closed: dict[int, set[str]] = {}
    """Cards by the intents that an entry may close, of every branch."""
    for key, claim in situation.claims.items():
        closed.setdefault(key.seq, set()).add(claim.item)
    for fact in facts:
        if fact.entry.kind is Kind.INTENT:
            closed.setdefault(fact.entry.seq, set()).add(fact.item)
    for fact in facts:
        evidence = fact.entry.evidence
        if isinstance(evidence, CardEvidence) and evidence.tmc is not None and evidence.tmc <= heads.get(fact.item, 0):
            whole.add(fact.item)
        if fact.entry.kind in (Kind.VOID, Kind.UNRESOLVED):
            whole |= closed.get(fact.entry.of or 0, set())
    wanted = Q(uid__in=whole)
    for uid, tmc in heads.items():
        if uid not in whole:
            wanted |= Q(uid=uid, tmc=tmc)
    links: dict[str, list[Link]] = {uid: [] for uid in uids}
    for row in CardTransaction.objects.filter(wanted):
        links[row.uid].append(Link(row.tmc, row.tmri, row.previous_tmri, row.balance_before, row.amount, row.has_mac))
    for uid, card in situation.cards.items():
        load = situation.loads.get(uid)
        waiting = None if load is None else link_of_load(load, has_mac=False)
        situation.chains[uid] = Chain(card.opening_balance, links[uid], waiting)


def _load_denials(situation: Situation) -> None:
    """From when on tills could know of cards that are denied."""
    for card in situation.cards.values():
        if card.denied_at is not None:
            told = Publication.objects.filter(issued_at__gte=card.denied_at).aggregate(first=Min("issued_at"))["first"]
            if told is not None:
                situation.denied_from[card.uid] = told


def _load_holdings(situation: Situation) -> None:
    names: set[AccountName] = {accounts.LOSS_FUND}
    for uid, card in situation.cards.items():
        names |= {accounts.purse(uid), accounts.citizen(card.citizen)}
    for voucher in situation.vouchers.values():
        names |= {account_of(voucher), accounts.citizen(voucher.citizen)}
    situation.holdings.update(balances(names))


def account_of(voucher: IssuedVoucher) -> AccountName:
    """The account that holds a voucher's value."""
    return accounts.note(voucher.cti) if voucher.paper else accounts.allowance(voucher.cti)


def _load_holds(situation: Situation, items: set[str]) -> None:
    """What was promised of these items: to this terminal, or to others that have not taken it yet."""
    mine = Hold.objects.filter(terminal=situation.terminal, item__in=items)
    situation.confirmed = {(row.sale, row.item, row.number): row.amount for row in mine}
    for row in live_holds(situation.now).filter(item__in=items).exclude(terminal=situation.terminal):
        situation.held_elsewhere.add((row.item, row.number))
        voucher = situation.vouchers.get(row.item)
        if voucher is not None:
            account = account_of(voucher)
            situation.holdings[account] = max(0, situation.holdings[account] - row.amount)


def live_holds(now: int) -> QuerySet[Hold]:
    """Holds that keep something: not over, and no claim of that sale has come."""
    claims = Claim.objects.filter(terminal=OuterRef("terminal"), sale=OuterRef("sale"), item=OuterRef("item"))
    return Hold.objects.filter(~Exists(claims), until__gt=now)


def _load_guarantee(situation: Situation) -> None:
    owner, since = situation.terminal.shop.owner, situation.now - GUARANTEE_WINDOW_S
    paid = Claim.objects.filter(shop__owner=owner, settled_at__gt=since, guaranteed__gt=0)
    card = paid.filter(instrument=Instrument.CARD).aggregate(sum=Sum("guaranteed"))["sum"] or 0
    voucher = paid.exclude(instrument=Instrument.CARD).aggregate(sum=Sum("guaranteed"))["sum"] or 0
    situation.guarantee_left = {True: GUARANTEE_CARD_CENTS - card, False: GUARANTEE_VOUCHER_CENTS - voucher}
