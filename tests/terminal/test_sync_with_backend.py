# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Till and backend as they are: sales at a counter, uploaded to a served backend, and what the till learns of them."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from drivers.devices import open_reader
from firmware_sim.card.firmware import Card
from firmware_sim.faults import Moment, Tear
from firmware_sim.field import Field
from firmware_sim.pn532 import Pn532
from heitje.journal import Kind
from heitje.messages import Outcome
from heitje.programme import TestProgramme
from terminal import cli
from terminal.configuration import TerminalConfiguration
from terminal.counter import Till
from terminal.journal_store import JournalStore
from terminal.key_store import TerminalKeys
from terminal.provisioning import initialise
from terminal.receipt_printing import ReceiptDesk
from terminal.sale import State, Verdict
from terminal.sync import Sync, SyncEnd, SyncReport, TrustEnd
from terminal.trust.store import TrustStore

HEITJE = (sys.executable, "-m", "heitje")
ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_S = 10.0


@contextmanager
def serving(directory: Path, port: int = 0) -> Iterator[str]:
    """The backend, served; its URL."""
    command = [*HEITJE, "backend", "serve", "--dir", str(directory), "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        ready = process.stdout.readline()
        try:
            yield ready.removeprefix("ready ").strip()
        finally:
            process.terminate()
            assert process.wait(30) == 0


@pytest.fixture
def backend(tmp_path: Path, vectors: Path) -> Path:
    """A backend's directory."""
    directory = tmp_path / "backend"
    programme = str(vectors / "test-programme.json")
    command = [*HEITJE, "backend", "init", "--test-programme", programme, "--dir", str(directory)]
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
    return directory


@pytest.fixture
def till_directory(tmp_path: Path, programme: TestProgramme) -> Path:
    """A till at the machine's clock: the framework of the trust goes by that."""
    initialise(programme, TerminalConfiguration(tmp_path / "counter", b""), int(time.time()))
    return tmp_path / "counter"


@pytest.fixture
def counter(till_directory: Path, reader: Pn532, receipts: ReceiptDesk) -> Iterator[Till]:
    """The till in this process."""
    configuration = TerminalConfiguration.load(till_directory)
    keys = TerminalKeys.load(configuration.keys_path, production=False)
    store = TrustStore(configuration.trust_path, keys.roots, configuration.terminal)
    journal = JournalStore.open(configuration.journal_path, configuration.terminal)
    yield Till(
        trust=store.load(),
        keys=keys,
        journal=journal,
        operator="till",
        print_receipt=receipts.print_sale,
        reader=open_reader(f"pn532:{reader.path}"),
    )
    journal.close()


def synced(till: Till, directory: Path, url: str) -> SyncReport:
    """One upload."""
    store = TrustStore(directory / "trust", till.keys.roots, till.journal.terminal)
    return Sync(url, till.keys, till.trust, till.journal, store).run()


def test_sales_are_settled_and_the_books_hold(
    backend: Path, till_directory: Path, counter: Till, field: Field, card: Card, pull: Callable[..., State]
) -> None:
    field.put(card)
    assert counter.sell(320, TIMEOUT_S).verdict is Verdict.ACCEPTED
    for moment in Moment:
        assert pull(counter, card, Tear(moment, 11), 100).verdict is Verdict.UNRESOLVED
        field.put(card)
        assert counter.sell(10, TIMEOUT_S).verdict is Verdict.ACCEPTED
    written = counter.journal.head()[0]
    with ExitStack() as running:
        url = running.enter_context(serving(backend))
        report = synced(counter, till_directory, url)
        assert (report.end, report.why, report.trust) == (SyncEnd.DONE, None, TrustEnd.FRESH)
        assert report.cursor == written + 1 == counter.journal.head()[0]  # and the server's time
        told = {outcome.seq: outcome for outcome in report.outcomes}
        assert {outcome.outcome for outcome in told.values()} == {Outcome.ACCEPTED}, told
        again = synced(counter, till_directory, url)
        assert (again.end, again.sent) == (SyncEnd.DONE, 1)  # each contact anchors the clock
        port = int(url.rsplit(":", 1)[1])
    assert synced(counter, till_directory, url).end is SyncEnd.LATER
    field.put(card)
    assert counter.sell(10, TIMEOUT_S).verdict is Verdict.ACCEPTED
    with serving(backend, port) as url:
        assert synced(counter, till_directory, url).end is SyncEnd.DONE
    check = [*HEITJE, "backend", "check", "--dir", str(backend), "--json"]
    done = subprocess.run(check, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stdout


def test_an_unresolved_sale_waits_for_the_card(
    backend: Path, till_directory: Path, counter: Till, field: Field, card: Card, pull: Callable[..., State]
) -> None:
    """It is closed, uploaded as unresolved, and proven when the card is held to this till again (CARD.md section 9)."""
    assert pull(counter, card, Tear(Moment.AFTER, 11), 100).verdict is Verdict.UNRESOLVED
    assert cli.main(["close", "1", "--given", "--dir", str(till_directory), "--json"]) == 0
    with serving(backend) as url:
        first = synced(counter, till_directory, url)
        assert first.end is SyncEnd.DONE
        assert 2 in counter.journal.pending()
        field.put(card)
        assert counter.sell(10, TIMEOUT_S).verdict is Verdict.ACCEPTED
        assert synced(counter, till_directory, url).end is SyncEnd.DONE
    kinds = [counter.journal.entry(seq).kind for seq in (1, 2, 3, 4)]
    assert kinds == [Kind.INTENT, Kind.UNRESOLVED, Kind.TIME_ANCHOR, Kind.REDEMPTION]
    proven = counter.journal.outcome(4)
    assert proven is not None
    assert proven.outcome is Outcome.ACCEPTED


def test_a_restored_disk_is_found_and_sells_no_more(
    backend: Path,
    till_directory: Path,
    counter: Till,
    field: Field,
    card: Card,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    field.put(card)
    counter.sell(100, TIMEOUT_S)
    saved = tmp_path / "saved"
    saved.mkdir()
    with serving(backend) as url:
        for name in ("journal.sqlite", "journal.sqlite-wal"):
            shutil.copy(till_directory / name, saved / name)
        field.put(card)
        counter.sell(10, TIMEOUT_S)
        assert synced(counter, till_directory, url).end is SyncEnd.DONE
        counter.journal.close()
        (till_directory / "journal.sqlite-shm").unlink(missing_ok=True)
        for name in ("journal.sqlite", "journal.sqlite-wal"):
            shutil.copy(saved / name, till_directory / name)
        assert cli.main(["sync", "--backend", url, "--dir", str(till_directory), "--json"]) == 1
        assert json.loads(capsys.readouterr().out)["end"] == str(SyncEnd.RESTORED)
    assert cli.main(["sell", "1", "--dir", str(till_directory), "--json"]) == 2
    assert "must be enrolled anew" in capsys.readouterr().err


def test_a_till_with_a_wrong_clock_uploads_all_the_same(
    backend: Path, till_directory: Path, counter: Till, field: Field, card: Card
) -> None:
    field.put(card)
    counter.sell(100, TIMEOUT_S)
    store = TrustStore(till_directory / "trust", counter.keys.roots, counter.journal.terminal)
    wrong = int(time.time()) - 5000
    with serving(backend) as url:
        report = Sync(url, counter.keys, counter.trust, counter.journal, store, clock=lambda: wrong).run()
    assert (report.end, report.cursor) == (SyncEnd.DONE, counter.journal.head()[0])
    assert all(outcome.outcome is Outcome.ACCEPTED for outcome in report.outcomes)


def test_a_till_that_made_its_own_key_is_taken_on_by_two_and_goes_to_work(
    backend: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """docs/keys.md, word for word: no secret leaves the till, and nobody approves without having looked at it."""
    till, file = tmp_path / "new", tmp_path / "introduction.json"

    def on_till(*words: str) -> dict[str, object]:
        assert cli.main([*words, "--dir", str(till), "--json"]) == 0
        answer: dict[str, object] = json.loads(capsys.readouterr().out)
        return answer

    def office(*words: str) -> dict[str, object]:
        command = [*HEITJE, "backend", *words, "--dir", str(backend), "--json"]
        answer: dict[str, object] = json.loads(subprocess.check_output(command, cwd=ROOT))
        return answer

    asked = on_till("enrol")
    assert on_till("enrol") == asked, "the same key again"
    seed = json.loads((till / "keys.json").read_text())["seed"]
    assert seed not in (till / "enrolment.json").read_text()
    name, digits = str(asked["terminal"]), str(asked["digits"])
    words = ("--terminal", name, "--key", str(asked["key"]), "--shop", "bakker-1", "--by", "enroller-1")
    request = str(office("enrol", *words)["request"])
    approve = ("approval", "approve", request, "--compared", digits, "--by")
    assert [office(*approve, name)["carried_out"] for name in ("enroller-1", "enroller-2")] == [False, True]
    office("introduce", "--terminal", name, "--out", str(file))
    with ExitStack() as running:
        url = running.enter_context(serving(backend))
        assert on_till("enrol", "--introduction", str(file), "--backend", url)["ready"]
        report = on_till("sync")
        assert (report["end"], report["trust"]) == ("done", "fresh")
    told = on_till("status")
    assert (told["terminal"], told["shop"], told["key_digits"]) == (name, "bakker-1", digits)
    assert cli.main(["enrol", "--dir", str(till)]) == 1
    assert "holds a till already" in capsys.readouterr().err
