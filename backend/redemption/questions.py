# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What intake asks the database before it judges: one query per kind of thing, however many entries there are.

They are answered in this order: what the batch's vouchers and cards carry is locked before anything of them is read.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Final, NamedTuple, Self

from backend.ledger.rows import BIGINT, TEXT, Found, Query, among, each, found_by, listed, locking, select_all
from backend.minting.models import LoadState
from backend.redemption.evidence import Facts
from backend.redemption.models import MAIN, ClaimState
from backend.redemption.records import CLAIM_COLUMNS
from backend.shops.models import Terminal

PUBLICATIONS_S: Final = 7 * 86_400
"""A publication that was superseded so long before an entry ended every limit anyway."""
UNSETTLED: Final = "('open', 'unresolved', 'voided')"
SPENT_STATES: Final = (ClaimState.REDEEMED, ClaimState.LATER, ClaimState.HELD, ClaimState.RETURNED)
"""Claims on a card that took something, and will always have."""
CLAIMS: Final = f"""
SELECT {CLAIM_COLUMNS}, s.owner FROM redemption_claim AS c JOIN shops_shop AS s ON s.id = c.shop_id
"""  # noqa: S608  # our own words
"""What `read_claim` takes."""
_DAY_S: Final = 2 * 86_400
"""Covers the calendar day of any entry, whatever its time zone."""
QUARTER_S: Final = 900
"""Days begin at a quarter of an hour, in every zone."""
_SPENT: Final = """
SELECT c.terminal_id, c.item, c.branch, c.time / {quarter}, CAST(sum(c.amount) AS bigint) FROM redemption_claim AS c
WHERE {among} AND c.time >= %s AND c.state IN {states} GROUP BY 1, 2, 3, 4
"""
"""Asked of all terminals: that one terminal's claims are few is what a planner believes before it has seen a town."""
_ANCHOR: Final = """
SELECT a.seq, a.server_time, a.data, coalesce(
    (SELECT r.time FROM redemption_journalrun AS r WHERE r.terminal_id = a.terminal_id AND r.first = a.seq + 1),
    (SELECT e.time FROM redemption_journalentry AS e
        WHERE e.terminal_id = a.terminal_id AND e.branch = a.branch AND e.seq = a.seq + 1))
FROM redemption_journalentry AS a
WHERE a.terminal_id = %s AND a.branch = %s AND a.seq < %s AND a.server_time IS NOT NULL ORDER BY a.seq DESC LIMIT 1
"""
"""The last contact, and when the first entry after it was written: an anchor stands by itself, so runs end at it."""
_SINCE_ANCHOR: Final = """
c.terminal_id = %s AND c.branch = %s AND c.intent_seq > coalesce(
    (SELECT max(a.seq) FROM redemption_journalentry AS a
        WHERE a.terminal_id = %s AND a.branch = %s AND a.seq < %s AND a.server_time IS NOT NULL), 0)
"""
_VOUCHERS: Final = """
SELECT v.cti, v.paper, v.citizen, v.handed_out_at, a.id, a.balance FROM minting_issuedvoucher AS v
JOIN ledger_account AS a ON a.kind = CASE WHEN v.paper THEN 'note' ELSE 'allowance' END AND a.owner = v.cti
"""
_CARDS: Final = """
SELECT k.uid, k.citizen, k.opening_balance, k.suspended_at, k.blocked_at, k.proven_at, k.replaced_at, a.id, a.balance
FROM minting_card AS k JOIN ledger_account AS a ON a.kind = 'purse' AND a.owner = k.uid
"""
_LAST_LINKS: Final = """
SELECT l.uid, l.tmc, l.tmri, l.previous_tmri, l.balance_before, l.amount, l.has_mac
FROM redemption_cardtransaction AS l WHERE l.id {found_by}
"""
_LAST: Final = """
SELECT (SELECT m.id FROM redemption_cardtransaction AS m WHERE m.uid = n.value ORDER BY m.tmc DESC LIMIT 1) FROM {each}
"""
"""One look into the index for each card, whatever the planner believes of the table."""
_IN_FLIGHT: Final = "SELECT number FROM minting_load WHERE {among} AND state = %s"
_LIVE: Final = """
h.until > %s AND NOT EXISTS (
    SELECT 1 FROM redemption_claim AS c WHERE c.terminal_id = h.terminal_id AND c.sale = h.sale AND c.item = h.item)
"""
_HOLDS: Final = f"""
SELECT h.terminal_id, h.sale, h.item, h.number, h.amount, {_LIVE} FROM redemption_hold AS h
WHERE {{among}} AND (h.terminal_id = %s OR h.until > %s)
"""  # noqa: S608  # our own words
_PUBLICATIONS: Final = "SELECT number, issued_at, confirmed_at FROM minting_publication WHERE confirmed_at >= %s"


class About(StrEnum):
    """What a question is about."""

    ANCHOR = "anchor"
    VOUCHERS = "vouchers"
    CARDS = "cards"
    CLAIMS = "claims"
    HOLDS = "holds"
    PUBLICATIONS = "publications"
    LINKS = "links"
    SPENT = "spent"
    IN_FLIGHT = "in flight"


Answers = dict[About, Found]


class Items(NamedTuple):
    """What a batch pays with, and the entries of earlier batches that it names."""

    ctis: frozenset[str]
    uids: frozenset[str]
    named: tuple[int, ...]

    @classmethod
    def of(cls, facts: Sequence[Facts]) -> Self:
        """Those of these entries."""
        ctis, uids = set[str](), set[str]()
        for fact in facts:
            if fact.voucher is not None:
                ctis.add(fact.item)
            elif fact.item:
                uids.add(fact.item)
        here = {fact.seq for fact in facts}
        named = tuple([fact.of for fact in facts if fact.of is not None and fact.of not in here])
        return cls(frozenset(ctis), frozenset(uids), named)


def questions(
    terminal: Terminal, facts: Sequence[Facts], items: Items, branches: Iterable[str], now: int
) -> dict[About, Query]:
    """All that is asked about a batch, whose earlier entries named are intents. `facts` in the order of their seq."""
    first, oldest = facts[0].seq, min([fact.time for fact in facts])
    asked: dict[About, Query] = {About.ANCHOR: (_ANCHOR, (terminal.id, MAIN, first))}
    if items.ctis:
        asked[About.VOUCHERS] = vouchers(items.ctis)
    if items.uids:
        asked[About.CARDS] = cards(items.uids)
    asked[About.CLAIMS] = _claims(terminal, facts, items, branches, oldest)
    held = listed(TEXT, items.uids | items.ctis)
    asked[About.HOLDS] = (_HOLDS.format(among=among("h.item", TEXT)), (now, held, terminal.id, now))
    asked[About.PUBLICATIONS] = (_PUBLICATIONS, (oldest - PUBLICATIONS_S,))
    if items.uids:
        asked |= chains(items.uids)
        asked[About.SPENT] = _spent(items.uids, oldest)
    return asked


def ask(asked: dict[About, Query]) -> Answers:
    """Ask, and wait for all answers."""
    return dict(zip(asked, select_all(*asked.values()), strict=True))


def vouchers(ctis: Iterable[str]) -> Query:
    """Vouchers that were issued, what they still hold, and a lock on that."""
    return f"{_VOUCHERS} WHERE {among('v.cti', TEXT)} ORDER BY a.id{locking('a')}", (listed(TEXT, ctis),)


def cards(uids: Iterable[str]) -> Query:
    """Cards that were issued and that something was loaded onto, what their purses hold, and a lock on both."""
    return f"{_CARDS} JOIN {each('n', TEXT)} ON n.value = k.uid ORDER BY a.id{locking('k, a')}", (listed(TEXT, uids),)


def chains(uids: Iterable[str]) -> dict[About, Query]:
    """The last links of cards' chains, and whether loads are on their way to them."""
    wanted = listed(TEXT, uids)
    return {
        About.LINKS: (_LAST_LINKS.format(found_by=found_by(_LAST.format(each=each("n", TEXT)))), (wanted,)),
        About.IN_FLIGHT: (_IN_FLIGHT.format(among=among("card_id", TEXT)), (wanted, str(LoadState.IN_FLIGHT))),
    }


def unsettled(uid: str) -> Query:
    """The claims on a card that wait for what it does next."""
    return f"{CLAIMS} WHERE c.item = %s AND c.state IN {UNSETTLED} ORDER BY c.intent_seq", (uid,)


def named_claims(terminal: str, branches: Iterable[str], named: Sequence[int]) -> tuple[Query, Query]:
    """The intents that entries of earlier batches opened or completed: item, instrument, number.

    A redemption most often follows its intent; where it does not, it stands by itself and says which it completes.
    """
    where, branch = f"c.terminal_id = %s AND {among('c.branch', TEXT)}", listed(TEXT, branches)
    intent, completed, entry = among("c.intent_seq", BIGINT), among("c.completed_by", BIGINT), among("e.seq", BIGINT)
    near, seqs = listed(BIGINT, {*named, *(seq - 1 for seq in named)}), listed(BIGINT, named)
    found = "SELECT c.item, c.instrument, c.intent_seq FROM redemption_claim AS c"
    by_itself = "JOIN redemption_journalentry AS e ON e.terminal_id = c.terminal_id AND e.branch = c.branch"
    return (
        (f"{found} WHERE {where} AND {intent} AND ({intent} OR {completed})", (terminal, branch, near, seqs, seqs)),
        (
            f"{found} {by_itself} AND e.of = c.intent_seq WHERE {where} AND {entry} AND c.completed_by = e.seq",
            (terminal, branch, seqs),
        ),
    )


def since_anchor(terminal: Terminal, facts: Sequence[Facts]) -> Query:
    """What the terminal has taken since its last contact before these entries."""
    return f"{CLAIMS} WHERE {_SINCE_ANCHOR}", _of_anchor(terminal, facts)


def begins_with_contact(facts: Sequence[Facts]) -> bool:
    """Whether a batch's first entry says that the terminal met the backend: then nothing before it is unsent.

    So it is unless its time is older than the last one's (`loading`).
    """
    return facts[0].server_time is not None


def _claims(terminal: Terminal, facts: Sequence[Facts], items: Items, branches: Iterable[str], oldest: int) -> Query:
    """Every claim that judging may ask for. One may come more than once."""
    parts, parameters = list[str](), list[str | int]()
    if items.named:
        parts.append(f"c.terminal_id = %s AND {among('c.branch', TEXT)} AND {among('c.intent_seq', BIGINT)}")
        parameters += [terminal.id, listed(TEXT, branches), listed(BIGINT, items.named)]
    if not begins_with_contact(facts):
        parts.append(_SINCE_ANCHOR)
        parameters += _of_anchor(terminal, facts)
    if items.ctis:
        parts.append(among("c.item", TEXT))
        parameters.append(listed(TEXT, items.ctis))
    if items.uids:
        item, cards = among("c.item", TEXT), listed(TEXT, items.uids)
        parts.append(f"{item} AND c.state IN {UNSETTLED}")
        parameters.append(cards)
    return " UNION ALL ".join(f"{CLAIMS} WHERE {part}" for part in parts or ["1 = 0"]), parameters


def _spent(uids: Iterable[str], oldest: int) -> Query:
    """What terminals have taken of these cards lately, by quarters of an hour, as far as that is settled."""
    statement = _SPENT.format(among=among("c.item", TEXT), quarter=QUARTER_S, states=tuple(map(str, SPENT_STATES)))
    return statement, (listed(TEXT, uids), oldest - _DAY_S)


def _of_anchor(terminal: Terminal, facts: Sequence[Facts]) -> tuple[str | int, ...]:
    return terminal.id, MAIN, terminal.id, MAIN, facts[0].seq
