# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The log of a town's books: each transfer a leaf, once, in files that the auditor finds right."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import psycopg
import pytest
from django.db import DatabaseError, connection, connections, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.audit import Wanted, audit
from auditor.source import Folder
from backend.assembly import programme_of, public_log_of
from backend.configuration import Engine
from backend.ledger import accounts, events
from backend.ledger.accounts import AccountKind
from backend.ledger.models import Transfer
from backend.ledger.posting import post_all
from backend.ledger.rows import select
from backend.minting.file_keystore import FileKeyStore
from backend.minting.keystore import KeysRefused
from backend.proof import appending, nightly, publishing
from backend.proof.figures import figures_of
from backend.proof.leaves import COLUMNS, TABLES, Row, salt_of
from backend.proof.models import Progress, Salt, Segment
from backend.proof.nightly import Night
from backend.proof.public_log import PublicLog
from backend.proof.publishing import LogDiffers, add_cosignature
from heitje.money import Cents
from heitje.proof import merkle
from heitje.proof.checkpoint import Checkpoint
from heitje.proof.classes import AccountClass
from heitje.proof.leaf import Posting, Statement, decode_leaf
from heitje.proof.merkle import leaf_hash
from heitje.proof.note import BadNoteSignature, Note, NoteSigner, SignatureType
from heitje.proof.tiles import TileReader, unpack

if TYPE_CHECKING:
    from tests.backend.conftest import City

NOW = 1_795_500_000
DAY_S = 86_400
WITNESS = NoteSigner.from_seed("rekenkamer.example/testburg", SignatureType.COSIGNATURE, bytes(range(1, 33)))


def night(city: City, now: int = NOW, anew: bool = False) -> Night:
    """What `heitje backend log` does."""
    return nightly.write("nl.testburg", programme_of(city.configuration).key_store, log_of(city), now, anew)


def publish(city: City) -> None:
    """Its second half."""
    publishing.publish("nl.testburg", programme_of(city.configuration).key_store, log_of(city), NOW)


def log_of(city: City) -> PublicLog:
    return public_log_of(city.configuration)


def leaves() -> list[bytes]:
    """Every leaf that the books hold, in order."""
    segments = Segment.objects.order_by("first_leaf").values_list("entries", flat=True)
    return [leaf for entries in segments for leaf in unpack(bytes(entries))]


def files(log: PublicLog) -> dict[str, bytes]:
    """All files by their paths."""
    found = (path for path in log.directory.rglob("*") if path.is_file())
    return {path.relative_to(log.directory).as_posix(): path.read_bytes() for path in found}


def audited(city: City, now: int = NOW) -> list[str]:
    """What the auditor finds."""
    key = publishing.log_key("nl.testburg", programme_of(city.configuration).key_store)
    return [finding.what for finding in audit(Folder(log_of(city).directory), Wanted(key, now)).findings]


def trade(city: City) -> None:
    """A day with every way to pay, a refund and a void."""
    till, (card, *_) = city.till, city.cards
    till.anchor()
    phone = city.phone("ria", 1000)
    _, note = city.note("ria", 500)
    till.pay_card(card, 320)
    phone_sale = till.pay_phone(phone, 410)
    till.pay_paper(note, 500)
    till.refund(phone_sale + 1, 60)
    assert [outcome for outcome, _ in till.outcomes()] == ["accepted"] * len(till.entries)


def test_every_transfer_is_a_leaf_once(city: City) -> None:
    trade(city)
    done = night(city)
    rows = [Row(*row) for row in select(f"SELECT {COLUMNS} FROM {TABLES} ORDER BY t.id")]  # noqa: S608
    *postings, statement = map(decode_leaf, leaves())
    assert done.appended.postings == len(postings) == len(rows) == Transfer.objects.count()
    for row, posting in zip(rows, postings, strict=True):
        salt = salt_of(row)
        assert salt is not None
        assert posting == Posting(
            row.kind,
            posting.day,
            AccountClass(row.debit_kind),
            AccountClass(row.credit_kind),
            Cents(row.amount),
            row.opening.commitment(salt),
        )
        assert posting.encode() in leaves()
    assert isinstance(statement, Statement)
    figures = asdict(statement.figures)
    assert (figures["redeemed"], figures["refunded"], figures["owed"]) == (1230, 60, 1170)
    assert (
        figures["reserve"]
        == city.holds(accounts.RESERVE)
        == figures["outstanding"] + figures["owed"] + figures["cover"]
    )
    assert audited(city) == []


def test_the_same_night_again_changes_no_byte(city: City) -> None:
    night(city)
    before = files(log_of(city))
    again = night(city, NOW + 5)
    assert (again.appended.postings, again.appended.statement, again.published.fresh) == (0, None, False)
    assert files(log_of(city)) == before
    next_day = night(city, NOW + DAY_S)
    assert (next_day.appended.postings, next_day.published.fresh) == (0, True)
    assert next_day.appended.statement is not None
    assert {path: files(log_of(city))[path] for path in before if "tile" in path} == {
        path: content for path, content in before.items() if "tile" in path
    }
    assert audited(city, NOW + DAY_S) == []


def random_events(count: int) -> None:
    """So many transfers of one cent."""
    first = Transfer.objects.count()
    made = [events.reserve_funded(f"random:{first + number}", Cents(1), "line") for number in range(count)]
    post_all(made, NOW)


def naive_root(data: list[bytes]) -> bytes:
    """All complete subtrees, level by level, and RFC 6962's root over them."""
    complete = [list(map(leaf_hash, data))]
    while len(complete[-1]) > 1:
        pairs = zip(complete[-1][::2], complete[-1][1::2], strict=False)
        complete.append([merkle.node_hash(*pair) for pair in pairs])
    return merkle.root(len(data), lambda level, index: complete[level][index])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=5)
@given(batches=st.lists(st.sampled_from((0, 1, 2, 100, 243, 255, 256, 257, 600)), max_size=4))
def test_batches_of_any_size_give_the_tree_of_the_definition(city: City, batches: list[int]) -> None:
    """The log goes on from one example to the next; each time it is all of it that is looked at."""
    for count in batches:
        random_events(count)
        published = night(city).published.checkpoint
        assert published == Checkpoint("nl.testburg/log", len(leaves()), naive_root(leaves()))
    if batches:
        assert audited(city) == []
        copy = PublicLog(log_of(city).directory.with_name("anew"))
        publishing.publish("nl.testburg", programme_of(city.configuration).key_store, copy, NOW)
        assert copy.read("checkpoint") == log_of(city).read("checkpoint")
        assert {path: log_of(city).read(path) for path in files(copy)} == files(copy)
        for path in files(copy):
            (copy.directory / path).unlink()


def lines_of(*modules: str) -> Callable[[Callable[..., None]], None]:
    """Counts each line of these modules that is run."""

    def begin(counted: Callable[..., None]) -> None:
        def line(frame: object, event: str, _: object) -> object:
            if event == "line":
                counted()
            return line

        def call(frame: object, event: str, _: object) -> object:
            return line if frame.f_globals["__name__"] in modules else None  # type: ignore[attr-defined]

        sys.settrace(call)  # type: ignore[arg-type]

    return begin


def test_killed_anywhere_the_next_run_gives_the_same_files(city: City, in_child: Callable[..., bool]) -> None:
    night(city)
    random_events(300)
    appending.append(NOW)
    log, kept = log_of(city), files(log_of(city))
    publish(city)
    wanted = files(log)
    counting = lines_of("backend.proof.public_log")  # all that changes a file, and each SQL statement
    kills, step = 0, 1
    while True:
        for path in files(log):
            (log.directory / path).unlink()
        log.write(kept)
        if not in_child(lambda: publish(city), step, counting):
            break
        kills += 1
        assert audited_head(log) in (kept["checkpoint"], wanted["checkpoint"])
        publish(city)
        assert files(log) == wanted
        step += 17
    assert kills > 5


def audited_head(log: PublicLog) -> bytes:
    """The checkpoint that a reader finds at any moment; what it speaks of is all there."""
    note = Note.decode(log.read("checkpoint"))
    size = Checkpoint.parse(note.text).size
    reader = TileReader(log.read, size)
    assert merkle.root(size, reader.node) == Checkpoint.parse(note.text).root
    return note.encode()


def test_killed_while_leaves_are_made_none_is_lost_or_made_twice(
    city: City, in_child: Callable[..., bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    random_events(40)
    monkeypatch.setattr(appending, "_NEXT", appending._NEXT.replace(f"LIMIT {appending.CHUNK}", "LIMIT 16"))
    statement, kills = 1, 0
    while in_child(lambda: appending.append(NOW), statement):
        statement, kills = statement + 3, kills + 1
    assert kills > 3
    random_events(5)
    night(city)
    *postings, last = map(decode_leaf, leaves())
    assert sum(isinstance(leaf, Posting) for leaf in postings) == Transfer.objects.count()
    assert isinstance(last, Statement)
    assert Progress.objects.get().leaves == len(leaves())
    assert audited(city) == []


def test_books_that_are_not_those_of_the_log_sign_nothing(city: City, saved: Callable[[], None]) -> None:
    random_events(3)
    ahead = files_after(city)
    saved()  # an older copy of the books, and the public has seen more
    log_of(city).write(ahead)
    random_events(5)
    with pytest.raises(LogDiffers, match="older copy"):
        night(city)
    assert log_of(city).read("checkpoint") == ahead["checkpoint"]


def files_after(city: City) -> dict[str, bytes]:
    night(city)
    return files(log_of(city))


def test_a_damaged_tile_is_seen_and_mended(city: City) -> None:
    random_events(300)
    night(city)
    log, wanted = log_of(city), files(log_of(city))
    (log.directory / "tile/1/000.p/1").write_bytes(bytes(32))
    (log.directory / "tile/0/000").write_bytes(bytes(8192))
    random_events(1)
    with pytest.raises(LogDiffers, match="--anew"):
        night(city)
    night(city, anew=True)
    assert {path: log.read(path) for path in ("tile/0/000", "tile/1/000.p/1")}.items() <= wanted.items()
    assert audited(city) == []


def test_what_is_in_the_log_stays(city: City) -> None:
    night(city)
    for table in ("proof_segment", "proof_tree"):
        for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET {'leaves' if 'segment' in table else 'at'} = 1"):  # noqa: S608
            with pytest.raises(DatabaseError, match="stays"), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)


def test_a_witness_signs_what_the_public_sees(city: City) -> None:
    night(city)
    log = log_of(city)
    text = Note.decode(log.read("checkpoint")).text
    with pytest.raises(BadNoteSignature):
        add_cosignature(log, WITNESS.key, WITNESS.sign("another\n", NOW))
    add_cosignature(log, WITNESS.key, WITNESS.sign(text, NOW))
    again = add_cosignature(log, WITNESS.key, WITNESS.sign(text, NOW + 9))
    assert (len(again.signatures), again.signed_by(WITNESS.key)) == (2, NOW + 9)
    night(city, anew=True)
    assert Note.decode(log.read("checkpoint")) == again
    random_events(1)
    night(city)
    assert Note.decode(log.read("checkpoint")).signed_by(WITNESS.key) is None


def test_a_key_store_without_the_logs_key(city: City, tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    document = city.configuration.key_store_path.read_text().replace('"log"', '"software"')
    path.touch(0o600)
    path.write_text(document)
    with pytest.raises(KeysRefused, match="role log"):
        nightly.write("nl.testburg", FileKeyStore.open(path, production=False), log_of(city), NOW)


def test_every_account_has_a_class() -> None:
    assert set(map(str, AccountKind)) == set(map(str, AccountClass))


def test_figures() -> None:
    totals = {
        ("reserve", "free cover"): 100,
        ("free cover", "committed"): 50,
        ("committed", "team"): 40,
        ("team", "citizen"): 40,
        ("citizen", "payable"): 20,
        ("loss fund", "payable"): 3,
        ("payable", "citizen"): 5,
        ("citizen", "free cover"): 1,
        ("citizen", "loss fund"): 4,
        ("in batch", "reserve"): 6,
    }
    figures = asdict(figures_of(totals))
    assert list(figures.values()) == [40, 20, 5, 1, 4, 3, 20, 12, 62, 94]
    assert figures["outstanding"] + figures["owed"] + figures["cover"] == figures["reserve"]


@pytest.mark.parametrize("engine", [Engine.POSTGRESQL])  # SQLite lets one transaction write at a time
def test_a_number_that_was_given_and_not_committed_is_waited_for(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(appending, "_TURN_MS", 20)
    monkeypatch.setattr(appending, "_TURNS", 10_000)
    database = connection.settings_dict
    options = {"host": database["HOST"], "user": database["USER"], "dbname": database["NAME"]}
    free, reserve = (
        select("SELECT id FROM ledger_account WHERE kind = %s", kind)[0][0] for kind in ("free cover", "reserve")
    )
    insert = "INSERT INTO testburg.ledger_transfer (event, line, kind, debit_id, credit_id, amount, reference, at)"
    with psycopg.connect(**options) as slow:
        row = (reserve, free, 1, NOW)
        slow.execute(f"{insert} VALUES ('slow', 0, 'reserve funded', %s, %s, %s, '', %s)", row)
        done: list[int] = []

        def append() -> None:
            try:
                done.append(appending.append(NOW).postings)
            finally:
                connections["default"].close()

        thread = Thread(target=append)
        thread.start()
        waits = "FROM pg_locks WHERE NOT granted AND relation = 'testburg.ledger_transfer'::regclass"
        turns: set[str] = set()
        with psycopg.connect(**options, autocommit=True) as look:
            while len(turns) < 3:
                assert thread.is_alive()
                turns |= {turn for (turn,) in look.execute(f"SELECT virtualtransaction {waits}")}
        slow.commit()
        thread.join()
    assert done == [Transfer.objects.count()]
    assert Salt.objects.exists()
