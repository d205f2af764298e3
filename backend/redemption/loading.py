# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Loads the situation of a batch: one query per kind of thing, however many entries there are."""

from collections.abc import Iterable, Sequence, Set
from typing import Any, Final

from django.db.models import Exists, Min, OuterRef, QuerySet

from backend.ledger import accounts
from backend.ledger.accounts import AccountName
from backend.ledger.locking import Held, lock, open_accounts
from backend.ledger.rows import BIGINT, TEXT, among, listed, locking, select, select_all
from backend.minting.models import IssuedVoucher, Load, LoadState, Publication
from backend.redemption.chain import Chain, Link
from backend.redemption.evidence import Facts
from backend.redemption.loads import link_of_load
from backend.redemption.models import MAIN, CardTransaction, Hold, ReturnedGap
from backend.redemption.models import Claim as StoredClaim
from backend.redemption.records import CLAIM_COLUMNS, CardRow, Claim, PublicationRow, VoucherRow, read_claim
from backend.redemption.situation import Anchor, ClaimKey, Situation
from backend.shops.models import Terminal
from heitje.journal import Entry, Instrument, Kind

GUARANTEE_WINDOW_S: Final = 30 * 86_400
GUARANTEE_CARD_CENTS: Final = 10_000
GUARANTEE_VOUCHER_CENTS: Final = 2500
"""What a shop's owner is paid for later claims in 30 days (LEDGER.md section 2)."""
PUBLICATIONS_S: Final = 7 * 86_400
"""A publication that was superseded so long before an entry ended every limit anyway."""
_DAY_S: Final = 2 * 86_400
"""Covers the calendar day of any entry, whatever its time zone."""
_CLAIM: Final = f"{CLAIM_COLUMNS}, s.owner"
_CLAIM_ID: Final = -2
_CLAIMS: Final = "redemption_claim AS c JOIN shops_shop AS s ON s.id = c.shop_id"
_UNSETTLED: Final = "('open', 'unresolved', 'voided')"
_ANCHOR: Final = """
SELECT a.seq, a.server_time, a.data, (
    SELECT e.time FROM redemption_journalentry AS e
    WHERE e.terminal_id = a.terminal_id AND e.branch = a.branch AND e.seq = a.seq + 1)
FROM redemption_journalentry AS a
WHERE a.terminal_id = %s AND a.branch = %s AND a.seq < %s AND a.server_time IS NOT NULL ORDER BY a.seq DESC LIMIT 1
"""
"""The last contact, and when the first entry after it was written."""
_TIME: Final = "SELECT time FROM redemption_journalentry WHERE terminal_id = %s AND branch = %s AND seq = %s"
_VOUCHERS: Final = """
SELECT v.cti, v.paper, v.citizen, v.handed_out_at, a.id, a.balance FROM minting_issuedvoucher AS v
JOIN ledger_account AS a ON a.kind = CASE WHEN v.paper THEN 'note' ELSE 'allowance' END AND a.owner = v.cti
"""
_CARDS: Final = """
SELECT k.uid, k.citizen, k.opening_balance, k.suspended_at, k.blocked_at, k.proven_at, k.replaced_at, a.id, a.balance
FROM minting_card AS k JOIN ledger_account AS a ON a.kind = 'purse' AND a.owner = k.uid
"""
_LAST_LINKS: Final = """
WITH last AS MATERIALIZED (
    SELECT k.uid, (SELECT max(m.tmc) FROM redemption_cardtransaction AS m WHERE m.uid = k.uid) AS tmc
    FROM minting_card AS k WHERE {among})
SELECT l.uid, l.tmc, l.tmri, l.previous_tmri, l.balance_before, l.amount, l.has_mac
FROM last JOIN redemption_cardtransaction AS l ON l.uid = last.uid AND l.tmc = last.tmc
"""
"""The counters are found first: asked for in the join, the highest would be looked up again for each link of a card."""
_LIVE: Final = """
h.until > %s AND NOT EXISTS (
    SELECT 1 FROM redemption_claim AS c WHERE c.terminal_id = h.terminal_id AND c.sale = h.sale AND c.item = h.item)
"""
_HOLDS: Final = f"""
SELECT h.terminal_id, h.sale, h.item, h.number, h.amount, {_LIVE} FROM redemption_hold AS h
WHERE {{among}} AND (h.terminal_id = %s OR h.until > %s)
"""
_PUBLICATIONS: Final = "SELECT number, issued_at, confirmed_at FROM minting_publication WHERE confirmed_at >= %s"
_GUARANTEED: Final = """
SELECT coalesce(sum(CASE WHEN c.instrument = %s THEN c.guaranteed ELSE 0 END), 0),
    coalesce(sum(CASE WHEN c.instrument = %s THEN 0 ELSE c.guaranteed END), 0)
FROM redemption_claim AS c JOIN shops_shop AS s ON s.id = c.shop_id
WHERE c.guaranteed > 0 AND s.owner = %s AND c.settled_at > %s
"""


def load(
    terminal: Terminal, facts: Sequence[Facts], branches: frozenset[str], trusted: bool, now: int, careful: bool = True
) -> Situation:
    """The situation for judging these entries of these branches, none stored yet. Inside the batch's transaction.

    What the batch's vouchers and cards carry is locked before anything of them is read; with `careful` the caller has
    locked the loss fund, and what shops and citizens share is loaded as well.
    """
    situation = Situation(terminal=terminal, trusted=trusted, now=now, careful=careful)
    situation.anchors_ahead = [Anchor(fact.seq, fact.server_time) for fact in facts if fact.server_time is not None]
    _load_anchor(situation, facts)
    here = {fact.seq for fact in facts}
    named = [fact.of for fact in facts if fact.of is not None and fact.of not in here]
    uids = {fact.item for fact in facts if fact.is_of_card}
    ctis = {fact.item for fact in facts if fact.voucher is not None}
    if named:
        for item, instrument in _named_items(terminal, branches, named):
            (uids if instrument == Instrument.CARD else ctis).add(item)
    if ctis:
        _load_vouchers(situation, ctis)
    if uids:
        _lock_cards(situation, uids)
    oldest = min(fact.time for fact in facts)
    claims, holds, publications = select_all(
        _claims(situation, facts, branches, named, ctis, uids, oldest),
        (_HOLDS.format(among=among("h.item", TEXT)), (now, listed(TEXT, uids | ctis), terminal.id, now)),
        (_PUBLICATIONS, (oldest - PUBLICATIONS_S,)),
    )
    by_id = {row[_CLAIM_ID]: row for row in claims}  # one may be found by more than one question
    in_order = sorted(map(read_claim, by_id.values()), key=lambda claim: claim.intent_seq)
    _index(situation, in_order, 0 if situation.anchor is None else situation.anchor.seq)
    situation.publications = {row[0]: PublicationRow(*row) for row in publications}
    if uids:
        _load_chains(situation, facts, uids)
    if careful:
        _load_shared(situation)
    _note_holds(situation, holds)
    return situation


def load_card(terminal: Terminal, uid: str, now: int) -> Situation:
    """The situation of one card that is met: its whole chain, and what waits for it.

    Inside a transaction that holds the loss fund's lock.
    """
    situation = Situation(terminal=terminal, trusted=True, now=now)
    _lock_cards(situation, {uid})
    waiting = f"c.item = %s AND c.state IN {_UNSETTLED}"
    found = select(f"SELECT {_CLAIM} FROM {_CLAIMS} WHERE {waiting} ORDER BY c.intent_seq", uid)
    _index(situation, map(read_claim, found), 0)
    _load_chains(situation, (), {uid}, {uid})
    _load_shared(situation)
    return situation


def _load_anchor(situation: Situation, facts: Sequence[Facts]) -> None:
    """The last contact before this batch, and the first entry after it."""
    terminal, first = situation.terminal.id, facts[0].seq
    found = select(_ANCHOR, terminal, MAIN, first)
    if found:
        seq, server_time, data, oldest = found[0]
        situation.anchor = Anchor(seq, server_time, Entry.decode(bytes(data)).bundle)
        situation.oldest_unsent = oldest if seq + 1 < first else None
    elif first > 1:
        situation.oldest_unsent = next((time for (time,) in select(_TIME, terminal, MAIN, 1)), None)


def _named_items(terminal: Terminal, branches: frozenset[str], named: list[int]) -> list[tuple[str, int]]:
    """What the claims carried that entries of earlier batches opened, or completed."""
    branch, intent, completed = among("branch", TEXT), among("intent_seq", BIGINT), among("completed_by", BIGINT)
    seqs = listed(BIGINT, named)
    return [
        (item, instrument)
        for item, instrument in select(
            f"SELECT item, instrument FROM redemption_claim WHERE terminal_id = %s AND {branch} AND {intent}"
            f" UNION SELECT item, instrument FROM redemption_claim WHERE terminal_id = %s AND {completed}",
            *(terminal.id, listed(TEXT, branches), seqs, terminal.id, seqs),
        )
    ]


def _claims(
    situation: Situation,
    facts: Sequence[Facts],
    branches: frozenset[str],
    named: list[int],
    ctis: set[str],
    uids: set[str],
    oldest: int,
) -> tuple[str, list[str | int]]:
    """The query of every claim that judging may ask for. One may come more than once."""
    terminal, parts, parameters = situation.terminal.id, [], list[str | int]()
    if named:
        seqs = listed(BIGINT, named)
        branch, intent = among("c.branch", TEXT), among("c.intent_seq", BIGINT)
        parts += [f"c.terminal_id = %s AND {branch} AND {intent}"]
        parts += [f"c.terminal_id = %s AND {among('c.completed_by', BIGINT)}"]
        parameters += [terminal, listed(TEXT, branches), seqs, terminal, seqs]
    if not _begins_with_contact(situation, facts):
        parts.append("c.terminal_id = %s AND c.branch = %s AND c.intent_seq > %s")
        parameters += [terminal, MAIN, 0 if situation.anchor is None else situation.anchor.seq]
    if ctis:
        parts.append(among("c.item", TEXT))
        parameters.append(listed(TEXT, ctis))
    if uids:
        item, cards = among("c.item", TEXT), listed(TEXT, uids)
        parts += [f"{item} AND c.state IN {_UNSETTLED}"]
        parts += [f"{item} AND c.time >= %s AND c.terminal_id = %s"]
        parameters += [cards, cards, oldest - _DAY_S, terminal]
    queries = [f"SELECT {_CLAIM} FROM {_CLAIMS} WHERE {part}" for part in parts or ["1 = 0"]]
    return " UNION ALL ".join(queries), parameters


def _begins_with_contact(situation: Situation, facts: Sequence[Facts]) -> bool:
    """Whether the batch's first entry is a contact that counts: then nothing before it is unsent any more."""
    first = facts[0].server_time
    return first is not None and (situation.anchor is None or first >= situation.anchor.time)


def _load_vouchers(situation: Situation, ctis: set[str]) -> None:
    """Vouchers that were issued, what they still hold, and a lock on that."""
    for cti, paper, citizen, handed_out_at, account_id, balance in select(
        f"{_VOUCHERS} WHERE {among('v.cti', TEXT)} ORDER BY a.id{locking('a')}", listed(TEXT, ctis)
    ):
        row = VoucherRow(cti, bool(paper), citizen, handed_out_at)
        situation.vouchers[cti] = row
        _hold(situation, account_of(row), account_id, balance)


def _lock_cards(situation: Situation, uids: set[str]) -> None:
    """Cards that were issued, what their purses hold, and a lock on both."""
    query = f"{_CARDS} WHERE {among('k.uid', TEXT)} ORDER BY a.id{locking('k, a')}"
    found = select(query, listed(TEXT, uids))
    if len(found) < len(uids):
        known = select(f"SELECT uid FROM minting_card WHERE {among('uid', TEXT)}", listed(TEXT, uids))
        if len(known) > len(found):  # a card that nothing was loaded onto yet
            open_accounts(accounts.purse(uid) for (uid,) in known)
            found = select(query, listed(TEXT, uids))
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
        if claim.terminal_id != situation.terminal.id:
            continue
        situation.claims[ClaimKey(claim.branch, claim.intent_seq)] = claim
        if claim.completed_by is not None:
            situation.completions[ClaimKey(claim.branch, claim.completed_by)] = claim
        if claim.branch == MAIN and claim.intent_seq > anchor_seq:
            situation.keep_unsent((claim,))


def _load_chains(situation: Situation, facts: Sequence[Facts], uids: set[str], wholly: Set[str] = frozenset()) -> None:
    """The cards' chains. Of a chain the last link is enough, unless an entry speaks of what came before it.

    Of a card that has a load in flight, and of those in `wholly`, all is loaded.
    """
    in_flight = Load.objects.filter(card__in=situation.cards, state=LoadState.IN_FLIGHT)
    situation.loads = {load.card_id: load for load in in_flight}
    _load_denials(situation)
    links: dict[str, list[Link]] = {uid: [] for uid in uids}
    heads: dict[str, int] = {}
    for uid, tmc, *rest in select(_LAST_LINKS.format(among=among("k.uid", TEXT)), listed(TEXT, uids)):
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
