# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The audit: nothing is found in a true log, and each kind of falsehood by its own word."""

from __future__ import annotations

import copy
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from auditor.audit import Wanted, audit
from auditor.bank import BankBalance
from auditor.findings import Finding, Found
from auditor.source import Folder, NotThere, Website
from auditor.words import CLASSES, FIGURES, FINDINGS, LANGUAGES, SAYINGS, put
from heitje.cli import main
from heitje.money import Cents
from heitje.proof.classes import AccountClass as Class
from heitje.proof.leaf import Posting, decode_leaf
from heitje.proof.note import Note, NoteSigner, SignatureType

if TYPE_CHECKING:
    from tests.auditor.conftest import Log

NOW = 1_795_500_000
DAY = date(2026, 11, 24)
LOG = NoteSigner.from_seed("nl.testburg/log", SignatureType.TEXT, bytes(range(32)))
WITNESS = NoteSigner.from_seed("rekenkamer.example/testburg", SignatureType.COSIGNATURE, bytes(range(1, 33)))
WANTED = Wanted(LOG.key, NOW)
Write = Callable[..., Path]


def found(folder: Path, wanted: Wanted = WANTED) -> list[Finding]:
    return audit(Folder(folder), wanted).findings


def words(folder: Path, wanted: Wanted = WANTED) -> list[Found]:
    return [finding.what for finding in found(folder, wanted)]


def test_a_true_log(log: Log, write: Write) -> None:
    done = audit(Folder(write(log, NOW)), replace(WANTED, witnesses=(WITNESS.key,), balance=9_760))
    assert done.findings == []
    assert (done.postings, done.statements, done.tree_is_right) == (16, 1, True)
    assert done.last is not None
    assert done.last.figures.outstanding == 2_325


def test_a_true_log_of_many_tiles_that_grew(long_log: Log, write: Write) -> None:
    for size in (0, 1, 17, 256, 300, 512, len(long_log.leaves)):
        wanted = replace(WANTED, kept=long_log.checkpoint(size))
        assert found(write(long_log), wanted) == []


def test_no_log(tmp_path: Path) -> None:
    assert words(tmp_path) == [Found.NO_CHECKPOINT]
    (tmp_path / "checkpoint").write_bytes(b"hello\n")
    assert words(tmp_path) == [Found.NO_CHECKPOINT]


def test_another_signature_or_log(log: Log, write: Write) -> None:
    folder = write(log)
    stranger = NoteSigner.from_seed("nl.testburg/log", SignatureType.TEXT, bytes(32))
    text = log.checkpoint().text
    (folder / "checkpoint").write_bytes(Note(text, (stranger.sign(text, 0),)).encode())
    assert words(folder) == [Found.BAD_SIGNATURE]
    (folder / "checkpoint").write_bytes(Note(text, (LOG.key.line(bytes(64)),)).encode())
    assert words(folder) == [Found.BAD_SIGNATURE]
    other = replace(log.checkpoint(), origin="nl.heerlen/log").text
    (folder / "checkpoint").write_bytes(Note(other, (LOG.sign(other, 0),)).encode())
    assert words(folder) == [Found.OTHER_LOG]


def test_a_missing_or_false_witness(log: Log, write: Write) -> None:
    wanted = replace(WANTED, witnesses=(WITNESS.key,))
    assert words(write(log), wanted) == [Found.NO_WITNESS]
    assert words(write(log, NOW + 3_600), wanted) == [Found.BAD_WITNESS]  # from the future
    folder, text = write(log), log.checkpoint().text
    false = Note(text, (LOG.sign(text, 0), WITNESS.sign(log.checkpoint(3).text, NOW)))
    (folder / "checkpoint").write_bytes(false.encode())
    assert words(folder, wanted) == [Found.BAD_WITNESS]


def test_a_log_that_was_rolled_back(long_log: Log, log: Log, write: Write) -> None:
    assert words(write(log), replace(WANTED, kept=long_log.checkpoint())) == [Found.SHRUNK]


def test_a_stale_log(log: Log, write: Write) -> None:
    assert words(write(log), replace(WANTED, now=NOW + 48 * 3_600)) == []
    assert words(write(log), replace(WANTED, now=NOW + 48 * 3_600 + 1)) == [Found.STALE]


def forked(long_log: Log) -> Log:
    """The same sums, and one posting of another day."""
    other = copy.deepcopy(long_log)
    leaf = decode_leaf(other.leaves[20])
    other.leaves[20] = replace(leaf, day=date(2026, 11, 23)).encode()
    return other


def test_a_forked_log(long_log: Log, write: Write) -> None:
    kept = long_log.checkpoint(300)
    assert words(write(forked(long_log)), replace(WANTED, kept=kept)) == [Found.FORKED]
    assert words(write(forked(long_log)), replace(WANTED, kept=long_log.checkpoint())) == [Found.FORKED]
    assert words(write(forked(long_log)), replace(WANTED, kept=long_log.checkpoint(20))) == []  # the fork came later


def change(path: Path, place: int, by: int = 1) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= by
    path.write_bytes(data)


def test_an_altered_amount(long_log: Log, write: Write) -> None:
    folder = write(long_log)
    path = folder / "tile" / "entries" / "000"
    leaf = decode_leaf(long_log.leaves[3])
    assert isinstance(leaf, Posting)
    altered = replace(leaf, amount=Cents(3_001)).encode()
    path.write_bytes(path.read_bytes().replace(long_log.leaves[3], altered))
    assert found(folder) == [Finding(Found.ALTERED_ENTRY, {"entry": 3})]


def test_missing_entries(long_log: Log, write: Write) -> None:
    folder = write(long_log)
    path = folder / "tile" / "entries" / "001"
    entry = long_log.leaves[260]
    path.write_bytes(path.read_bytes().replace(len(entry).to_bytes(2, "big") + entry, b"", 1))
    assert found(folder) == [Finding(Found.MISSING_ENTRY, {"entry": 260, "count": 1})]
    path.unlink()
    assert [finding.what for finding in found(folder)] == [Found.MISSING_FILE]
    assert found(folder)[0].facts["path"] == "tile/entries/001"


def test_an_entry_too_many(log: Log, write: Write) -> None:
    folder = write(log)
    (path,) = (folder / "tile" / "entries").rglob("17")
    path.write_bytes(path.read_bytes() + b"\x00\x01\xa0")
    assert found(folder) == [Finding(Found.ALTERED_ENTRY, {"entry": 17})]


@pytest.mark.parametrize("tile", ["tile/0/001", "tile/1/000.p/2"])
def test_a_wrong_tile(long_log: Log, write: Write, tile: str) -> None:
    folder = write(long_log)
    change(folder / tile, 40)
    assert found(folder) == [Finding(Found.WRONG_TREE, {"path": tile})]
    (folder / tile).write_bytes(b"short")
    assert words(folder) == [Found.MISSING_FILE]


def test_a_root_that_is_none_of_this_tree(log: Log, write: Write) -> None:
    folder = write(log)
    text = replace(log.checkpoint(), root=bytes(32)).text
    (folder / "checkpoint").write_bytes(Note(text, (LOG.sign(text, 0),)).encode())
    assert found(folder) == [Finding(Found.WRONG_TREE, {"path": "checkpoint"})]


@pytest.mark.parametrize("figure", ["minted", "redeemed", "refunded", "expired", "recovered", "lost", "cover"])
def test_a_statement_that_does_not_follow(log: Log, write: Write, figure: str) -> None:
    said = getattr(log.figures, figure)
    log.state(replace(log.figures, **{figure: said + 1}))
    facts = {"entry": 17, "day": "2026-11-24", "figure": figure, "said_cents": said + 1, "found_cents": said}
    assert found(write(log)) == [Finding(Found.WRONG_STATEMENT, facts)]


def test_a_reserve_that_is_made_to_look_smaller(log: Log, write: Write) -> None:
    log.state(replace(log.figures, reserve=2_000))
    assert words(write(log)) == [Found.WRONG_STATEMENT, Found.NOT_BACKED]


def test_no_statement(log: Log, write: Write) -> None:
    log.leaves.pop()
    assert words(write(log)) == [Found.NO_STATEMENT]


@pytest.mark.parametrize(
    ("debit", "credit"),
    [
        (Class.FREE_COVER, Class.CITIZEN),
        (Class.RESERVE, Class.PURSE),
        (Class.LOSS_FUND, Class.NOTE),
        (Class.UNIDENTIFIED, Class.TEAM),
        (Class.LOSS_FUND, Class.COMMITTED),
        (Class.FREE_COVER, Class.PAYABLE),
        (Class.COMMITTED, Class.IN_BATCH),
    ],
)
def test_coins_out_of_nothing(log: Log, write: Write, debit: Class, credit: Class) -> None:
    log.post(debit, credit, 1)
    facts: dict[str, str | int] = {"entry": 17, "debit": str(debit), "credit": str(credit), "cents": 1}
    assert Finding(Found.FROM_NOTHING, facts) in found(write(log))


def test_more_was_spent_than_there_was(log: Log, write: Write) -> None:
    log.post(Class.TEAM, Class.CITIZEN, 1)
    assert words(write(log)) == [Found.BELOW_ZERO]


def test_an_entry_of_another_kind(log: Log, write: Write) -> None:
    log.leaves.append(b"\xa1\x01\x61x")
    assert words(write(log)) == [Found.MALFORMED_ENTRY]


def test_the_bank(log: Log, write: Write) -> None:
    folder = write(log)
    assert words(folder, replace(WANTED, bank=BankBalance(DAY, 9_760))) == []
    assert words(folder, replace(WANTED, bank=BankBalance(date(2026, 11, 20), 9_760))) == []
    assert words(folder, replace(WANTED, bank=BankBalance(DAY, 9_759))) == [Found.BANK_DIFFERS]
    assert words(folder, replace(WANTED, balance=2_824)) == [Found.BANK_DIFFERS, Found.NOT_BACKED]
    assert words(folder, replace(WANTED, balance=2_825)) == [Found.BANK_DIFFERS]
    assert words(folder, replace(WANTED, bank=BankBalance(date(2026, 11, 19), 9_760))) == [Found.BANK_DIFFERS]


@pytest.fixture
def website(tmp_path: Path) -> Iterator[str]:
    """The folder `log` over HTTP."""

    class Quiet(SimpleHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    (tmp_path / "log").mkdir()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path / "log"))) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


def test_over_http(long_log: Log, write: Write, website: str) -> None:
    write(long_log)
    source = Website(website)
    assert audit(source, WANTED).findings == []
    with pytest.raises(NotThere, match="404"):
        source.read("tile/0/009")
    with pytest.raises(NotThere):
        Website("http://127.0.0.1:1/").read("checkpoint")
    with pytest.raises(ValueError, match="no address"):
        Website("ftp://example.org/")


def test_the_program(log: Log, write: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log.leaves.pop()
    log.state(log.figures, at=2_000_000_000)  # the program reads the clock
    folder, kept = write(log, NOW), tmp_path / "kept"
    command = ["audit", str(folder), "--log-key", str(LOG.key), "--witness-key", str(WITNESS.key), "--keep", str(kept)]
    (tmp_path / "bank.csv").write_text("date,balance\n2033-05-17,97.60\n")
    assert main([*command, "--statement", str(tmp_path / "bank.csv"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["ok"] is True
    assert kept.read_bytes() == (folder / "checkpoint").read_bytes()

    for language, says in (("nl", "Alles klopt"), ("en", "All of it is right"), ("de", "Alles stimmt")):
        assert main([*command, "--lang", language]) == 0
        assert says in capsys.readouterr().out

    log.leaves.append(b"\xa0")
    write(log, NOW)
    assert main([*command, "--lang", "nl", "--balance", "1.00"]) == 1
    said = capsys.readouterr().out
    assert "Regel 17 is geen regel van dit logboek" in said
    assert "De bank heeft 1,00 euro (2033-05-18), de reserveopgave zegt 97,60 euro." in said
    assert kept.read_bytes() == (folder / "checkpoint").read_bytes()  # the tree was right: nobody may go behind it

    del log.leaves[5:]
    write(log)
    assert main([*command, "--json"]) == 1
    findings = [row["finding"] for row in json.loads(capsys.readouterr().out)["findings"]]
    assert findings == ["no witness", "shrunk"]

    (tmp_path / "bank.xml").write_text("<Document/>")
    assert main([*command, "--statement", str(tmp_path / "bank.xml"), "--json"]) == 1
    assert "bank unreadable" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words",
    [
        ["audit"],
        ["audit", "x", "--log-key", "nonsense+1+2"],
        ["audit", "x", "--log-key", "/nowhere"],
        ["audit", "x", "--log-key", str(WITNESS.key)],
        ["audit", "http://", "--log-key", str(LOG.key)],
        ["audit", "x", "--log-key", str(LOG.key), "--balance", "12,5.0"],
        ["audit", "x", "--log-key", str(LOG.key), "--keep", "/"],
    ],
)
def test_not_understood(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    assert "heitje audit" in capsys.readouterr().err


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_finding_has_its_words(language: str) -> None:
    assert FINDINGS[language].keys() == set(Found)
    assert len(set(FINDINGS[language].values())) == len(Found)
    assert SAYINGS[language].keys() == SAYINGS["en"].keys()
    assert FIGURES[language].keys() == FIGURES["en"].keys()
    assert CLASSES[language].keys() == set(Class)
    assert len(set(CLASSES[language].values())) == len(Class)


def test_amounts_are_told_as_people_write_them() -> None:
    assert (
        put("{cents} {figure}", "nl", {"cents": -123_456_789, "figure": "owed"}) == "−1.234.567,89 schuld aan winkels"
    )
    assert put("{cents} {entry}", "en", {"cents": 123_456, "entry": 1234}) == "1,234.56 1234"
    assert put("{said_cents}", "de", {"said_cents": "–"}) == "–"
