# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Takes a terminal's batch in (JOURNAL.md section 3): what can be checked alone first, then one transaction.

The chain places each entry: already there, next, or in a fork. Then each new entry is judged against the books and its
judgement carried out in memory; at the end everything is written, set by set.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

from django.db import connection, transaction

from backend.ledger.accounts import LOSS_FUND
from backend.ledger.locking import lock
from backend.ledger.rows import locking, select_all
from backend.minting.keystore import KeysRefused, KeyStore
from backend.redemption.evidence import Facts, Place, examine
from backend.redemption.journal_branches import Branches, OutOfSequence, Placed
from backend.redemption.judgement import Judgement, OpenCase, pending
from backend.redemption.judging import judge
from backend.redemption.loading import load
from backend.redemption.models import MAIN, CaseKind
from backend.redemption.plain import redeem
from backend.redemption.questions import Answers, Items, questions
from backend.redemption.reasons import Reason
from backend.redemption.recognition import read_entry
from backend.redemption.records import NewEntry
from backend.redemption.situation import NeedsCare, Situation
from backend.redemption.tenders import Tenders
from backend.redemption.writing import write
from backend.shops.admission import suspend
from backend.shops.models import Terminal, TerminalState
from heitje.acceptance import ListedKey, Shop
from heitje.bundle import KeyUse
from heitje.journal import Entry, MalformedEntry, entry_hash
from heitje.messages import SEQ_MAX, Batch, BatchAnswer, EntryOutcome, Outcome

SMALL: Final = 8
"""Entries of a batch of which nobody asks beforehand whether they are there: to check them again costs less."""
_TERMINAL: Final = """
SELECT t.state, EXISTS (SELECT 1 FROM redemption_refund AS r WHERE r.shop_id = t.shop_id AND r.paid < r.amount)
FROM shops_terminal AS t WHERE t.id = %s
"""
LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Programme:
    """Who takes the batch in: the programme's name and its keys."""

    iss: str
    key_store: KeyStore


@dataclass(frozen=True, slots=True)
class Examined:
    """A batch that was read: the digests of its entries, and what those prove by themselves that are new."""

    after: int
    prev: bytes
    """What the first entry says it follows."""
    digests: list[str]
    facts: dict[str, Facts]


def receive(terminal: Terminal, batch: Batch, programme: Programme, now: int) -> BatchAnswer:
    """Take a batch in at Unix time `now`; one outcome per entry, and the new cursor.

    Raises `heitje.journal.MalformedEntry` for bytes that are no entry and `OutOfSequence` for a gap or a wrong prev;
    then nothing has changed.
    """
    return book(terminal, examine_batch(terminal, batch, programme), programme, now)


def examine_batch(terminal: Terminal, batch: Batch, programme: Programme) -> Examined:
    """Everything that can be known without holding the database: every signature and MAC. Raises as `receive`."""
    place = _place(terminal, programme)
    known = None if len(batch.entries) <= SMALL else Branches.load(terminal.id, batch.after, len(batch.entries))
    tenders = Tenders(place, programme.key_store)
    digests: list[str] = []
    facts: dict[str, Facts] = {}
    first, head, at, is_behind = b"", b"", 0, known is not None
    while at < len(batch.entries):
        seq, data = batch.after + 1 + at, batch.entries[at]
        is_behind = is_behind and known is not None and known.reaches(seq)
        pair = None
        if head and at + 1 < len(batch.entries) and not is_behind:
            pair = tenders.read(seq, head, data, batch.entries[at + 1])
        if pair is not None:
            intent, redemption = pair
            facts[intent.digest], facts[redemption.digest] = pair
            digests += (intent.digest, redemption.digest)
            at += 2
        else:
            entry = _read(terminal, data, seq, head)
            digest = entry_hash(data).hex()
            if known is None or not known.holds(seq, digest):  # what is there already is not checked again
                facts[digest] = examine(data, digest, entry, place, programme.key_store)
            digests.append(digest)
            first = first or entry.prev
            at += 1
        head = bytes.fromhex(digests[-1])
    for fact in chain.from_iterable(tenders.unproven()):
        facts[fact.digest] = examine(fact.data, fact.digest, fact.entry, place, programme.key_store)
    return Examined(batch.after, first, digests, facts)


def book(terminal: Terminal, examined: Examined, programme: Programme, now: int) -> BatchAnswer:
    """Judge and write, in one transaction. Raises as `receive`."""
    careful = connection.vendor == "sqlite"
    while True:
        try:
            with transaction.atomic():
                outcomes = _take_in(terminal, examined, programme, now, careful)
            told = tuple(outcomes[seq] for seq in range(examined.after + 1, examined.after + 1 + len(examined.digests)))
            return BatchAnswer(examined.after + len(told), told)
        except NeedsCare:
            careful = True


def _take_in(
    terminal: Terminal, examined: Examined, programme: Programme, now: int, careful: bool
) -> dict[int, EntryOutcome]:
    """The transaction. Locks come in one order: the loss fund (`careful`), the terminal, what is claimed, the shops."""
    if careful:
        lock((LOSS_FUND,))
    facts = examined.facts
    new = [facts[digest] for digest in examined.digests if digest in facts]
    items = Items.of(new) if new else None
    asked = {} if items is None or items.named else questions(terminal, new, items, (MAIN,), now)
    ((state, waits),), singles, runs, *found = select_all(
        (_TERMINAL + locking("t"), (terminal.id,)),
        *Branches.queries(terminal.id, examined.after, len(examined.digests)),
        *asked.values(),
    )
    terminal.state = state
    branches = Branches.of(terminal.id, examined.after, len(examined.digests), singles, runs)
    placed = branches.place(examined.after, examined.prev, examined.digests)
    fresh = [(facts[place.digest], place) for place in placed if not place.known and place.digest in facts]
    outcomes = {
        place.seq: EntryOutcome(place.seq, Outcome.DUPLICATE, branches.told(place)) for place in placed if place.known
    }
    if fresh:
        as_asked = bool(asked) and len(fresh) == len(new) and all(place.branch == MAIN for _, place in fresh)
        answers = dict(zip(asked, found, strict=True)) if as_asked else None
        outcomes |= _take(terminal, fresh, programme, now, careful, answers, bool(waits))
    return outcomes


def _read(terminal: Terminal, data: bytes, seq: int, head: bytes) -> Entry:
    """Entry `seq`, which must follow one whose hash is `head`; whether the first follows is seen in the transaction."""
    entry = read_entry(data)
    if entry.terminal != bytes.fromhex(terminal.id) or entry.seq != seq or (head and entry.prev != head):
        raise OutOfSequence(Branches.load(terminal.id, 0, 0).next_seq)
    if max(seq, entry.time, entry.of or 0) > SEQ_MAX:
        raise MalformedEntry("a number of more than 63 bits")
    return entry


def _place(terminal: Terminal, programme: Programme) -> Place:
    shop, keys = terminal.shop, programme.key_store.keys
    return Place(
        programme=programme.iss,
        terminal=bytes.fromhex(terminal.id),
        shop=Shop(shop.id, shop.category, shop.area),
        paper_till=terminal.paper_till,
        voucher_keys=tuple(
            ListedKey(key.public, key.valid_from, key.valid_until) for key in keys if KeyUse.VOUCHER in key.uses
        ),
        time_keys=tuple(key.public for key in keys if KeyUse.TIME in key.uses),
    )


def _take(
    terminal: Terminal,
    fresh: Sequence[tuple[Facts, Placed]],
    programme: Programme,
    now: int,
    careful: bool,
    answers: Answers | None,
    waits: bool,
) -> dict[int, EntryOutcome]:
    """Judge, carry out, write."""
    forked = next((placed.seq for _, placed in fresh if placed.starts_fork), None)
    if forked is not None:
        suspend(terminal)
        LOG.warning("a journal forked; the terminal is suspended", extra={"terminal": terminal.id, "seq": forked})
    trusted = terminal.state == TerminalState.ACTIVE
    branches = frozenset(placed.branch for _, placed in fresh)
    situation = load(terminal, [facts for facts, _ in fresh], branches, trusted, now, careful, answers)
    situation.has_waiting = waits
    at = 0
    while at < len(fresh):
        (facts, placed), at = fresh[at], at + 1
        tender = facts.tender if placed.branch == MAIN else None
        is_whole = tender is not None and at < len(fresh) and fresh[at][0] is tender.redemption
        if tender is not None and is_whole and redeem(facts, tender, situation):
            at += 1
            continue
        judgement = _judge(facts, placed, situation, programme.key_store)
        situation.carry_out(_stored(terminal, facts, placed.branch, now), judgement)
    return write(situation)


def _judge(facts: Facts, placed: Placed, situation: Situation, key_store: KeyStore) -> Judgement:
    try:
        judgement = judge(facts, placed.branch, situation, key_store)
    except (NeedsCare, KeysRefused):  # without the keys nothing can be said of any entry: the terminal comes again
        raise
    except Exception:
        LOG.exception("an entry that intake cannot judge", extra={"seq": placed.seq})
        return pending(Reason.INTERNAL)
    if placed.starts_fork:
        fork = OpenCase(CaseKind.FORK)
        return Judgement(judgement.outcome, judgement.reason, (*judgement.effects, fork))
    return judgement


def _stored(terminal: Terminal, facts: Facts, branch: str, now: int) -> NewEntry:
    return NewEntry(terminal.id, branch, facts.seq, facts.digest, facts.data, facts.time, facts.kind, facts.of, now)
