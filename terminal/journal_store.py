# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The journal on disk: SQLite in WAL mode with `synchronous=FULL` (JOURNAL.md).

`entries` is the record; nothing in it is changed or deleted. `takings` is what the record says of each tender that is
not voided, kept in the same transaction, so that a decision needs no walk through the journal.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Self

from heitje import codes, vouchers
from heitje.acceptance import Taken, Unsent
from heitje.journal import (
    CardEvidence,
    Entry,
    Instrument,
    Kind,
    MalformedEntry,
    PaperEvidence,
    PhoneEvidence,
    entry_hash,
    head_of,
)
from heitje.messages import EntryOutcome, Outcome
from terminal import journal_file
from terminal.journal_file import JournalNotWritten, JournalUnreadable
from terminal.side_book import Cash, SideBook

OF_THE_ONE_BEFORE: Final = -1
"""As `of` of a draft: the intent that stands before it in the same append."""


class SeqTaken(Exception):
    """Another entry took the number that the card was told (CARD.md section 7): abort, and step 4 again."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry that is still to get its number, `prev` and terminal; see `heitje.journal.Entry` for the rest."""

    kind: Kind
    time: int
    sale: bytes | None = None
    amount: int | None = None
    instrument: Instrument | None = None
    evidence: CardEvidence | PhoneEvidence | PaperEvidence | None = None
    of: int | None = None
    offline: bool | None = None
    bundle: int | None = None
    operator: str | None = None
    given: bool | None = None
    server_time: bytes | None = None

    def numbered(self, seq: int, prev: bytes, terminal: bytes) -> Entry:
        """The entry that it becomes."""
        return Entry(
            seq,
            prev,
            terminal,
            self.time,
            self.kind,
            self.sale,
            self.amount,
            self.instrument,
            self.evidence,
            seq - 1 if self.of == OF_THE_ONE_BEFORE else self.of,
            self.offline,
            self.bundle,
            self.operator,
            self.given,
            self.server_time,
        )


@dataclass(frozen=True, slots=True)
class OpenIntent:
    """An intent that nothing has completed. `closed`: the cashier has closed its sale as given or not given."""

    entry: Entry
    closed: bool


class JournalStore:
    """One terminal's journal. Every method that writes has written to disk when it returns.

    `_head` is the newest entry as this program last saw it. Entries never change, so it can only be out of date, and
    then the number that follows it is taken already.
    """

    def __init__(self, connection: sqlite3.Connection, terminal: bytes) -> None:
        self._db = connection
        self._head: tuple[int, bytes] | None = None
        self.terminal = terminal
        self.side_book = SideBook(connection)

    @classmethod
    def create(cls, path: Path, terminal: bytes) -> Self:
        """An empty journal. Raises `FileExistsError` where there is one already, `JournalNotWritten`."""
        return cls(journal_file.create(path), terminal)

    @classmethod
    def open(cls, path: Path, terminal: bytes) -> Self:
        """An existing journal. Raises `JournalUnreadable`."""
        store = cls(journal_file.connect(path), terminal)
        try:
            last = store._last()
            if last is not None and Entry.decode(last[1]).terminal != terminal:
                raise JournalUnreadable(f"{path}: the journal of another terminal")
        except (sqlite3.DatabaseError, MalformedEntry) as error:
            store.close()
            raise JournalUnreadable(f"{path}: {error}") from error
        except JournalUnreadable:
            store.close()
            raise
        return store

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def append(self, drafts: Sequence[Draft], expected_seq: int | None = None, cash: Cash | None = None) -> list[Entry]:
        """Write entries in one transaction and return them as they stand on disk.

        `cash`: what stands beside them in their sale, for the side book.

        Raises `SeqTaken` unless the first gets `expected_seq`, where one is given, and `JournalNotWritten`; nothing is
        written then.
        """
        try:
            return self._append(drafts, expected_seq, cash)
        except sqlite3.IntegrityError:  # another program has written since the newest entry was looked at
            return self._append(drafts, expected_seq, cash)

    def _append(self, drafts: Sequence[Draft], expected_seq: int | None, cash: Cash | None) -> list[Entry]:
        entries: list[Entry] = []
        with self._transaction():
            seq, prev = self._head or self.head()
            if expected_seq is not None and seq + 1 != expected_seq:
                raise SeqTaken
            for draft in drafts:
                seq += 1
                entry = draft.numbered(seq, prev, self.terminal)
                data = entry.encode()
                self._db.execute("INSERT INTO entries VALUES (?, ?)", (seq, data))
                self._take(entry)
                entries.append(entry)
                prev = entry_hash(data)
            if cash is not None:
                self.side_book.keep_cash(cash)
        self._head = seq, prev
        return entries

    def head(self) -> tuple[int, bytes]:
        """Number and hash of the newest entry; for an empty journal 0 and what entry 1 points to."""
        last = self._last()
        self._head = (0, head_of(self.terminal)) if last is None else (last[0], entry_hash(last[1]))
        return self._head

    def entry(self, seq: int) -> Entry:
        """One entry. Raises `KeyError`."""
        row = self._db.execute("SELECT bytes FROM entries WHERE seq = ?", (seq,)).fetchone()
        if row is None:
            raise KeyError(seq)
        return Entry.decode(row[0])

    def bytes_after(self, seq: int, count: int) -> list[bytes]:
        """The bytes of at most `count` entries after `seq`, in order."""
        rows = self._db.execute("SELECT bytes FROM entries WHERE seq > ? ORDER BY seq LIMIT ?", (seq, count))
        return [data for (data,) in rows]

    def open_intents(self) -> list[OpenIntent]:
        """Intents with neither redemption nor void, the oldest first."""
        rows = self._db.execute(
            "SELECT e.bytes, t.closed FROM takings t JOIN entries e ON e.seq = t.intent WHERE t.open ORDER BY t.intent"
        )
        return [OpenIntent(Entry.decode(data), bool(closed)) for data, closed in rows]

    def taken(self, cti: bytes) -> Taken:
        """What this journal has taken of an allowance, voided intents apart."""
        row = self._db.execute(
            "SELECT COALESCE(MAX(code_seq), 0), COALESCE(SUM(amount), 0) FROM takings WHERE item = ?", (cti,)
        ).fetchone()
        return Taken(*row)

    def taken_of_card(self, uid: bytes, since: int) -> int:
        """Cents taken of a card since a moment (Unix seconds)."""
        row = self._db.execute(
            "SELECT COALESCE(SUM(amount), 0) FROM takings WHERE item = ? AND time >= ?", (uid, since)
        ).fetchone()
        return int(row[0])

    def unsent(self, now: int) -> tuple[Unsent, int]:
        """What was not acknowledged yet, and the cents of cards in it."""
        cursor = self.cursor()
        sums = dict(
            self._db.execute(
                "SELECT instrument, SUM(amount) FROM takings WHERE intent > ? GROUP BY instrument", (cursor,)
            ).fetchall()
        )
        oldest = self.bytes_after(cursor, 1)
        age_s = max(0, now - Entry.decode(oldest[0]).time) if oldest else 0
        unsent = Unsent(
            phone_cents=sums.get(Instrument.PHONE, 0),
            paper_cents=sums.get(Instrument.PAPER, 0),
            entries=self.head()[0] - cursor,
            age_s=age_s,
        )
        return unsent, sums.get(Instrument.CARD, 0)

    def cursor(self) -> int:
        """The newest entry that the backend has acknowledged; 0 for none."""
        (cursor,) = self._db.execute("SELECT cursor FROM upload").fetchone()
        return int(cursor)

    def acknowledge(self, cursor: int, outcomes: Sequence[EntryOutcome]) -> None:
        """Move the cursor and keep what became of the entries, in one transaction."""
        with self._transaction():
            self._db.execute("UPDATE upload SET cursor = ?", (cursor,))
            self._db.executemany(
                "INSERT INTO outcomes VALUES (?, ?, ?)"
                " ON CONFLICT (seq) DO UPDATE SET outcome = excluded.outcome, reason = excluded.reason"
                " WHERE excluded.outcome <> 'duplicate'",
                [(outcome.seq, str(outcome.outcome), outcome.reason) for outcome in outcomes],
            )

    def outcome(self, seq: int) -> EntryOutcome | None:
        """What the backend said of an entry; None: nothing yet."""
        row = self._db.execute("SELECT seq, outcome, reason FROM outcomes WHERE seq = ?", (seq,)).fetchone()
        return None if row is None else EntryOutcome(row[0], Outcome(row[1]), row[2])

    def pending(self) -> list[int]:
        """Entries whose outcome is still to come."""
        rows = self._db.execute("SELECT seq FROM outcomes WHERE outcome = ? ORDER BY seq", (str(Outcome.PENDING),))
        return [seq for (seq,) in rows]

    def last_anchor(self) -> Entry | None:
        """The newest time anchor."""
        (anchor,) = self._db.execute("SELECT anchor FROM upload").fetchone()
        return self.entry(anchor) if anchor else None

    def supersede(self) -> None:
        """Remember that the backend knows this terminal's journal otherwise: nothing may follow here."""
        with self._transaction():
            self._db.execute("UPDATE upload SET superseded = 1")

    def superseded(self) -> bool:
        """Whether this journal is an old copy (a restored disk): the till is enrolled anew (JOURNAL.md section 3)."""
        (superseded,) = self._db.execute("SELECT superseded FROM upload").fetchone()
        return bool(superseded)

    def suspend(self, suspended: bool) -> None:
        """Remember whether the municipality has suspended this till. Raises `JournalNotWritten`."""
        if suspended != self.side_book.suspended():
            with self._transaction():
                self.side_book.keep_suspended(suspended)

    def _last(self) -> tuple[int, bytes] | None:
        row: tuple[int, bytes] | None = self._db.execute(
            "SELECT seq, bytes FROM entries ORDER BY seq DESC LIMIT 1"
        ).fetchone()
        return row

    def _take(self, entry: Entry) -> None:
        """Keep `takings` true to an entry that was just written."""
        if entry.kind is Kind.INTENT and entry.instrument is not None:
            item, code_seq = _item_of(entry)
            self._db.execute(
                "INSERT INTO takings VALUES (?, ?, ?, ?, ?, ?, 1, 0)",
                (entry.seq, int(entry.instrument), item, code_seq, entry.amount, entry.time),
            )
        elif entry.kind is Kind.REDEMPTION:
            self._db.execute("UPDATE takings SET open = 0 WHERE intent = ?", (entry.of,))
        elif entry.kind is Kind.VOID:
            self._db.execute("DELETE FROM takings WHERE intent = ?", (entry.of,))
        elif entry.kind is Kind.UNRESOLVED:
            self._db.execute("UPDATE takings SET closed = 1 WHERE intent = ?", (entry.of,))
        elif entry.kind is Kind.TIME_ANCHOR:
            self._db.execute("UPDATE upload SET anchor = ?", (entry.seq,))

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Whole or not at all. Raises `JournalNotWritten`."""
        try:
            self._db.execute("BEGIN IMMEDIATE")
            yield
            self._db.execute("COMMIT")
        except BaseException as error:
            self._head = None
            if self._db.in_transaction:  # SQLite has ended it by itself where the disk failed
                with suppress(sqlite3.DatabaseError):
                    self._db.execute("ROLLBACK")
            if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.IntegrityError):
                raise JournalNotWritten(f"the journal cannot be written: {error}") from error
            raise


def redemption_of(intent: Entry, time: int, evidence: CardEvidence | None = None) -> Draft:
    """The redemption that completes an intent; a card's brings its own evidence, with TMC and TMV."""
    return Draft(
        Kind.REDEMPTION,
        time,
        intent.sale,
        intent.amount,
        intent.instrument,
        evidence or intent.evidence,
        intent.seq,
        intent.offline,
        intent.bundle,
        intent.operator,
    )


def void_of(intent: Entry, time: int, operator: str) -> Draft:
    """The void of an intent: it never happened, and what it held is free again."""
    return Draft(Kind.VOID, time, intent.sale, intent.amount, intent.instrument, of=intent.seq, operator=operator)


def unresolved_of(intent: Entry, time: int, operator: str, given: bool) -> Draft:
    """How a cashier closed a sale whose card is unresolved."""
    return replace(void_of(intent, time, operator), kind=Kind.UNRESOLVED, given=given)


def closing_of(card: Entry, beside: Sequence[Entry], time: int, operator: str, given: bool) -> list[Draft]:
    """How a cashier closed the sale of an unresolved card: the phone and paper intents beside it follow."""
    others = [redemption_of(other, time) if given else void_of(other, time, operator) for other in beside]
    return [unresolved_of(card, time, operator, given), *others]


def _item_of(entry: Entry) -> tuple[bytes, int]:
    """What a tender takes from: the card's UID, an allowance's cti with the code's seq, or a note's cti."""
    match entry.evidence:
        case CardEvidence(uid=uid):
            return uid, 0
        case PhoneEvidence(token=token):
            signed = codes.decode(token)
            return signed.allowance.voucher.cti, signed.code.seq
        case PaperEvidence(token=token):
            return vouchers.decode(token).voucher.cti, 0
    raise ValueError("an intent without evidence")
