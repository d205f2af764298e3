# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The journal on disk: it only grows, says what it took, and survives other programs, bad files and full disks."""

import contextlib
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heitje import codes, qr, vouchers
from heitje.acceptance import Taken, Unsent
from heitje.codes import PaymentCode
from heitje.journal import (
    CardEvidence,
    Entry,
    Evidence,
    Instrument,
    Kind,
    PaperEvidence,
    PhoneEvidence,
    check_chain,
    entry_hash,
    head_of,
)
from heitje.messages import EntryOutcome, Outcome
from heitje.money import Cents
from heitje.programme import TestProgramme
from heitje.vouchers import Voucher
from terminal import journal_file
from terminal.journal_file import JournalNotWritten, JournalUnreadable
from terminal.journal_store import (
    OF_THE_ONE_BEFORE,
    Draft,
    JournalStore,
    SeqTaken,
    closing_of,
    redemption_of,
    unresolved_of,
    void_of,
)

TERMINAL = bytes.fromhex("80c566212392d06a")
UID = bytes.fromhex("04A1B2C3D4E580")
CARD = CardEvidence(UID, bytes(16), bytes(16), 2500, bytes(16), tmc_before=0)
PROOF = replace(CARD, tmc_before=None, tmc=1, tmv=bytes(8))


def intent(evidence: Evidence = CARD, amount: int = 320, time: int = 1000, sale: int = 1) -> Draft:
    instrument = {CardEvidence: Instrument.CARD, PhoneEvidence: Instrument.PHONE, PaperEvidence: Instrument.PAPER}
    return Draft(
        Kind.INTENT,
        time,
        sale.to_bytes(16, "big"),
        amount,
        instrument[type(evidence)],
        evidence,
        offline=True,
        bundle=1,
        operator="till",
    )


@pytest.fixture
def store(tmp_path: Path) -> Iterator[JournalStore]:
    made = JournalStore.create(tmp_path / "journal.sqlite", TERMINAL)
    yield made
    made.close()


@pytest.fixture
def note(new_note: Callable[..., str]) -> PaperEvidence:
    return PaperEvidence(qr.read(new_note(number=9)).token)


@pytest.fixture
def code(new_code: Callable[..., str]) -> Callable[[int], PhoneEvidence]:
    return lambda seq: PhoneEvidence(qr.read(new_code(seq=seq)).token)


def test_entries_are_numbered_and_chained(store: JournalStore) -> None:
    assert store.head() == (0, head_of(TERMINAL))
    [first] = store.append([intent()])
    second, third = store.append([redemption_of(first, 1001, PROOF), intent(sale=2)])
    assert (first.seq, second.seq, third.seq) == (1, 2, 3)
    assert (first.prev, second.prev) == (head_of(TERMINAL), entry_hash(first.encode()))
    assert store.head() == (3, entry_hash(third.encode()))
    assert check_chain(TERMINAL, 0, head_of(TERMINAL), store.bytes_after(0, 10)) == [first, second, third]
    assert [store.entry(seq) for seq in (1, 2, 3)] == [first, second, third]
    assert store.bytes_after(1, 1) == [second.encode()]
    with pytest.raises(KeyError):
        store.entry(4)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entries SET bytes = x'00'",
        "UPDATE entries SET seq = 7",
        "DELETE FROM entries",
        "DELETE FROM entries WHERE seq = 1",
    ],
)
def test_nothing_in_it_is_changed_or_deleted(store: JournalStore, tmp_path: Path, statement: str) -> None:
    [entry] = store.append([intent()])
    with (
        contextlib.closing(sqlite3.connect(tmp_path / "journal.sqlite")) as other,
        pytest.raises(sqlite3.IntegrityError, match="the journal only grows"),
    ):
        other.execute(statement)
    assert store.entry(1) == entry


def test_every_commit_is_synced(store: JournalStore, tmp_path: Path) -> None:
    """The settings of SQLite on which durability rests."""
    with contextlib.closing(journal_file.connect(tmp_path / "journal.sqlite")) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
        assert connection.execute("PRAGMA foreign_keys").fetchone() == (1,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert store.head()[0] == 0


def test_it_is_there_again_after_a_restart(tmp_path: Path, note: PaperEvidence) -> None:
    path = tmp_path / "journal.sqlite"
    store = JournalStore.create(path, TERMINAL)
    written = store.append([intent(), intent(note, 500)])
    store.close()
    store = JournalStore.open(path, TERMINAL)
    assert [found.entry for found in store.open_intents()] == written
    assert store.head() == (2, entry_hash(written[1].encode()))
    store.close()


def test_what_is_no_journal_of_this_terminal(tmp_path: Path, store: JournalStore) -> None:
    path = tmp_path / "journal.sqlite"
    with pytest.raises(JournalUnreadable, match="there is no journal here"):
        JournalStore.open(tmp_path / "missing", TERMINAL)
    with pytest.raises(FileExistsError):
        JournalStore.create(path, TERMINAL)
    JournalStore.open(path, bytes(8)).close()  # an empty one is nobody's yet
    store.append([intent()])
    with pytest.raises(JournalUnreadable, match="another terminal"):
        JournalStore.open(path, bytes(8))
    rubbish = tmp_path / "rubbish"
    rubbish.write_bytes(b"this is no database, however long it may be" * 100)
    with pytest.raises(JournalUnreadable, match="not a database"):
        JournalStore.open(rubbish, TERMINAL)
    empty = tmp_path / "empty"
    empty.touch()
    with pytest.raises(JournalUnreadable, match="version 0"):
        JournalStore.open(empty, TERMINAL)
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.execute("INSERT INTO entries VALUES (2, x'a0')")
        other.commit()
    with pytest.raises(JournalUnreadable, match="no known kind"):
        JournalStore.open(path, TERMINAL)


def test_a_damaged_file_is_told_and_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    store = JournalStore.create(path, TERMINAL)
    for sale in range(1, 60):
        store.append([intent(sale=sale)])
    store.close()
    whole = path.read_bytes()
    assert not journal_file.is_empty(path)
    for at in range(0, len(whole), 1024):
        path.write_bytes(whole[:at] + b"\xff" * 512 + whole[at + 512 :])
        with contextlib.suppress(JournalUnreadable, sqlite3.DatabaseError):
            damaged = JournalStore.open(path, TERMINAL)
            try:
                damaged.open_intents()
            except ValueError:
                continue
            finally:
                damaged.close()
        assert path.stat().st_size == len(whole)


def test_a_number_that_is_taken(store: JournalStore, tmp_path: Path) -> None:
    """CARD.md section 7: the card was told number 2, and another program writes it first."""
    store.append([intent()], expected_seq=1)
    other = JournalStore.open(tmp_path / "journal.sqlite", TERMINAL)
    other.append([Draft(Kind.NOTE, 1001)])
    with pytest.raises(SeqTaken):
        store.append([intent(sale=2)], expected_seq=2)
    assert store.head()[0] == 2
    [entry] = store.append([intent(sale=2)], expected_seq=3)
    assert entry.prev == hash_of(store, 2)
    other.close()


def test_two_programs_write_in_turns(store: JournalStore, tmp_path: Path) -> None:
    other = JournalStore.open(tmp_path / "journal.sqlite", TERMINAL)
    for number in range(20):
        (store if number % 3 else other).append([intent(sale=number + 1)])
    assert len(check_chain(TERMINAL, 0, head_of(TERMINAL), store.bytes_after(0, 100))) == 20
    assert store.head() == other.head()
    other.close()


def test_two_processes_write_at_once(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    JournalStore.create(path, TERMINAL).close()
    program = (
        "import sys; from pathlib import Path; from terminal.journal_store import *; from heitje.journal import Kind\n"
        f"store = JournalStore.open(Path({str(path)!r}), bytes.fromhex({TERMINAL.hex()!r}))\n"
        "sys.stdin.readline()\n"
        "for time in range(100): store.append([Draft(Kind.NOTE, time)])\n"
        "store.close()\n"
    )
    root = Path(__file__).resolve().parents[2]
    writers = [
        subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, cwd=root, text=True) for _ in range(2)
    ]
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate()
        assert writer.returncode == 0
    store = JournalStore.open(path, TERMINAL)
    assert len(check_chain(TERMINAL, 0, head_of(TERMINAL), store.bytes_after(0, -1))) == 200
    store.close()


def test_a_batch_of_drafts_is_whole_or_not_at_all(store: JournalStore, note: PaperEvidence) -> None:
    [first] = store.append([intent(note, 500)])
    for wrong in (replace(intent(), amount=0), replace(intent(), operator=None), replace(intent(), given=True)):
        with pytest.raises((ValueError, sqlite3.IntegrityError)):
            store.append([redemption_of(first, 1001), wrong])
        assert store.head()[0] == 1
        assert len(store.open_intents()) == 1
    assert store.append([redemption_of(first, 1001)])[0].seq == 2


def test_takings_of_notes_and_codes(
    store: JournalStore, note: PaperEvidence, code: Callable[[int], PhoneEvidence]
) -> None:
    cti = (9).to_bytes(16, "big")
    assert store.taken(cti) == Taken(0, 0)
    [spent] = store.append([intent(note, 500)])
    assert store.taken(cti) == Taken(0, 500)
    store.append([void_of(spent, 1001, "till")])
    assert store.taken(cti) == Taken(0, 0)
    allowance = (100).to_bytes(16, "big")
    signed = codes.decode(code(3).token)
    assert signed.allowance.voucher.cti == allowance
    [third] = store.append([intent(code(3), 300)])
    store.append([intent(code(1), 200)])
    assert store.taken(allowance) == Taken(3, 500)
    store.append([void_of(third, 1001, "till")])
    assert store.taken(allowance) == Taken(1, 200)


def test_what_was_not_acknowledged(store: JournalStore, note: PaperEvidence) -> None:
    assert store.unsent(5000) == (Unsent(0, 0, 0, 0), 0)
    [first] = store.append([intent(time=1000)])
    store.append([redemption_of(first, 1001, PROOF)])
    store.append([intent(note, 500, time=2000)])
    assert store.unsent(5000) == (Unsent(0, 500, 3, 4000), 320)
    store.acknowledge(2, [EntryOutcome(1, Outcome.ACCEPTED), EntryOutcome(2, Outcome.ACCEPTED)])
    assert store.unsent(5000) == (Unsent(0, 500, 1, 3000), 0)
    assert store.unsent(1000)[0].age_s == 0  # a clock that went back makes nothing older


def test_outcomes(store: JournalStore) -> None:
    store.append([intent(sale=sale) for sale in (1, 2, 3)])
    assert (store.cursor(), store.outcome(1), store.pending()) == (0, None, [])
    told = [
        EntryOutcome(1, Outcome.PENDING),
        EntryOutcome(2, Outcome.REFUSED, "the evidence does not verify"),
        EntryOutcome(3, Outcome.PENDING, "waits"),
    ]
    store.acknowledge(3, told)
    assert store.cursor() == 3
    assert [store.outcome(seq) for seq in (1, 2, 3)] == told
    assert store.pending() == [1, 3]
    store.acknowledge(3, [EntryOutcome(2, Outcome.DUPLICATE), EntryOutcome(3, Outcome.ACCEPTED)])
    assert store.outcome(2) == told[1]  # that it is there already says nothing new
    assert store.pending() == [1]
    with pytest.raises(sqlite3.IntegrityError):
        store.acknowledge(3, [EntryOutcome(9, Outcome.ACCEPTED)])
    assert store.cursor() == 3


def test_the_newest_anchor(store: JournalStore) -> None:
    assert store.last_anchor() is None
    store.append([Draft(Kind.TIME_ANCHOR, 1000, server_time=b"first")])
    [newest] = store.append([Draft(Kind.TIME_ANCHOR, 1001, server_time=b"second")])
    store.append([intent()])
    assert store.last_anchor() == newest


def test_a_journal_that_is_superseded_stays_so(store: JournalStore, tmp_path: Path) -> None:
    assert not store.superseded()
    store.supersede()
    store.supersede()
    other = JournalStore.open(tmp_path / "journal.sqlite", TERMINAL)
    assert other.superseded()
    other.close()


def test_how_a_cashier_closes(store: JournalStore, note: PaperEvidence) -> None:
    beside, card = store.append([intent(note, 500), intent()])
    given = store.append(closing_of(card, [beside], 1001, "till", given=True))
    assert [(entry.kind, entry.of, entry.given) for entry in given] == [
        (Kind.UNRESOLVED, 2, True),
        (Kind.REDEMPTION, 1, None),
    ]
    [still_open] = store.open_intents()
    assert (still_open.entry, still_open.closed) == (card, True)
    store.append([redemption_of(card, 1002, PROOF)])  # after 5 the terminal may still write 2
    assert store.open_intents() == []


@contextlib.contextmanager
def files_no_longer_than(size: int) -> Iterator[None]:
    """A disk that is full: no file of this process grows beyond `size` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_at_any_size(tmp_path: Path, note: PaperEvidence) -> None:
    """Whatever fails to be written is not there, what was written stays, and the next append finds room again."""
    path = tmp_path / "journal.sqlite"
    store = JournalStore.create(path, TERMINAL)
    [kept] = store.append([intent()])
    wal = path.with_name(path.name + "-wal")
    refused = 0
    for more in range(0, 8000, 500):
        before = store.head()
        with files_no_longer_than(wal.stat().st_size + more):
            try:
                store.append([intent(note, 500), Draft(Kind.NOTE, 1001)])
            except JournalNotWritten:
                refused += 1
                assert store.head() == before
            else:
                assert store.head()[0] == before[0] + 2
        [entry] = store.append([Draft(Kind.NOTE, 1002)])
        assert entry.prev == hash_of(store, entry.seq - 1)
    assert refused > 3
    store.close()
    again = JournalStore.open(path, TERMINAL)
    assert again.entry(1) == kept
    check_chain(TERMINAL, 0, head_of(TERMINAL), again.bytes_after(0, -1))
    again.close()


def hash_of(store: JournalStore, seq: int) -> bytes:
    [data] = store.bytes_after(seq - 1, 1)
    return entry_hash(data)


def test_a_full_disk_makes_no_journal(tmp_path: Path) -> None:
    with files_no_longer_than(2000), pytest.raises(JournalNotWritten):
        JournalStore.create(tmp_path / "journal.sqlite", TERMINAL)
    assert journal_file.is_empty(tmp_path / "journal.sqlite")


def test_whether_something_would_be_lost(store: JournalStore, tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    assert journal_file.is_empty(tmp_path / "missing")
    assert journal_file.is_empty(path)
    store.append([Draft(Kind.NOTE, 1)])
    assert not journal_file.is_empty(path)
    (tmp_path / "rubbish").write_bytes(b"rubbish" * 1000)
    assert not journal_file.is_empty(tmp_path / "rubbish")
    (tmp_path / "nothing").touch()
    assert journal_file.is_empty(tmp_path / "nothing")


# Random journals: what `takings` says is what a walk through the entries says.

Step = tuple[int, int, int]


def recomputed(entries: list[Entry]) -> dict[int, Entry]:
    """The intents that are not voided."""
    voided = {entry.of for entry in entries if entry.kind is Kind.VOID}
    return {entry.seq: entry for entry in entries if entry.kind is Kind.INTENT and entry.seq not in voided}


@settings(max_examples=40)
@given(steps=st.lists(st.tuples(st.integers(0, 7), st.integers(0, 50), st.integers(0, 3)), min_size=1, max_size=30))
def test_takings_are_what_the_entries_say(
    tmp_path_factory: pytest.TempPathFactory,
    steps: list[Step],
    evidence_pool: dict[bytes, tuple[Evidence, int]],
) -> None:
    store = JournalStore.create(tmp_path_factory.mktemp("random") / "journal.sqlite", TERMINAL)
    pool = list(evidence_pool.items())
    for number, (kind, place, choice) in enumerate(steps):
        open_now = [found.entry for found in store.open_intents()]
        if kind <= 2 or not open_now:
            _, (evidence, amount) = pool[place % len(pool)]
            drafts = [intent(evidence, amount, time=1000 + place, sale=number + 1)]
            if kind == 2 and not isinstance(evidence, CardEvidence):
                first = drafts[0]
                drafts.append(replace(first, kind=Kind.REDEMPTION, of=OF_THE_ONE_BEFORE))
            store.append(drafts)
            continue
        chosen = open_now[place % len(open_now)]
        card = chosen.instrument is Instrument.CARD
        if kind <= 4:
            store.append([redemption_of(chosen, 2000, PROOF if card else None)])
        elif kind == 5:
            store.append([void_of(chosen, 2000, "till")])
        elif kind == 6 and card:
            store.append([unresolved_of(chosen, 2000, "till", given=bool(choice % 2))])
        else:
            store.acknowledge(max(store.cursor(), store.head()[0] - choice), ())
    entries = check_chain(TERMINAL, 0, head_of(TERMINAL), store.bytes_after(0, -1))
    standing = recomputed(entries)
    done = {entry.of for entry in entries if entry.kind in (Kind.REDEMPTION, Kind.VOID)}
    closed = {entry.of for entry in entries if entry.kind is Kind.UNRESOLVED}
    assert {found.entry.seq: found.closed for found in store.open_intents()} == {
        seq: seq in closed for seq in standing if seq not in done
    }
    for item, (evidence, _) in pool:
        mine = [entry for entry in standing.values() if entry.evidence == evidence]
        taken = sum(entry.amount or 0 for entry in mine)
        if isinstance(evidence, CardEvidence):
            assert store.taken_of_card(item, 0) == taken
            assert store.taken_of_card(item, 1025) == sum(e.amount or 0 for e in mine if e.time >= 1025)
        elif isinstance(evidence, PaperEvidence):
            assert store.taken(item) == Taken(0, taken)
    unsent, card_cents = store.unsent(3000)
    late = [entry for entry in standing.values() if entry.seq > store.cursor()]
    by_instrument = {i: sum(e.amount or 0 for e in late if e.instrument is i) for i in Instrument}
    assert (card_cents, unsent.phone_cents, unsent.paper_cents) == tuple(
        by_instrument[i] for i in (Instrument.CARD, Instrument.PHONE, Instrument.PAPER)
    )
    assert unsent.entries == len(entries) - store.cursor()
    store.close()


@pytest.fixture(scope="module")
def evidence_pool(programme: TestProgramme) -> dict[bytes, tuple[Evidence, int]]:
    """Item → what is tendered of it, and its amount."""
    pool: dict[bytes, tuple[Evidence, int]] = {}
    for number in (1, 2):
        uid = number.to_bytes(7, "big")
        pool[uid] = replace(CARD, uid=uid), 100 * number
        cti = number.to_bytes(16, "big")
        pool[cti] = PaperEvidence(vouchers.issue(Voucher(programme.iss, 9000, 1, cti, Cents(500)), programme.mint)), 500
        cti = (10 + number).to_bytes(16, "big")
        phone = programme.phone_ed25519
        allowance = vouchers.issue(Voucher(programme.iss, 9000, 1, cti, Cents(2500), cnf=phone.public), programme.mint)
        pool[cti] = PhoneEvidence(codes.sign(PaymentCode(1, number, Cents(400), allowance), phone)), 400
    return pool
