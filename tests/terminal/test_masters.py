# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Key 1's masters at a till: how they lie on its disk, and how they come there (DESIGN.md section 4, docs/keys.md)."""

import json
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from drivers.devices import open_reader
from firmware_sim.card.firmware import Card
from firmware_sim.card.image import MemoryStore
from firmware_sim.card.personalisation import personalise
from firmware_sim.field import Field
from firmware_sim.pn532 import Pn532
from heitje.card.layout import KEY_TERMINAL
from heitje.money import Cents
from heitje.programme import TestProgramme
from heitje.refusals import Refusal
from terminal.configuration import ConfigurationError, TerminalConfiguration
from terminal.connecting import connect
from terminal.connection import Connection
from terminal.contacts import Contact, LineEvent, SyncEnd
from terminal.counter import Till
from terminal.journal_store import JournalStore
from terminal.key_store import NoMaster, TerminalKeys
from terminal.master_store import MasterStore
from terminal.opening import load_till
from terminal.provisioning import initialise
from terminal.receipt_printing import ReceiptDesk
from terminal.sale import State, Verdict
from terminal.sealing import SystemSeal
from terminal.sync import Sync
from terminal.trust.store import TrustStore

ROOT = Path(__file__).resolve().parents[2]
HEITJE = (sys.executable, "-m", "heitje")
VECTOR = ROOT / "tests" / "vectors" / "test-programme.json"
WAIT_S = 30.0
UID = bytes.fromhex("04C0FFEE123499")
DF_NAME = bytes.fromhex("f0484549544a4501")
MASTERS = {2: bytes(range(16)), 1: bytes(range(16, 32))}
NOBODY = SystemSeal(program="/nowhere/systemd-creds")
SEALER = """#!/bin/sh
case $1 in encrypt) printf sealed; tr a-f0-9 0-9a-f ;; decrypt) test -e {key} && tail -c +7 | tr 0-9a-f a-f0-9 ;; esac
"""
"""What seals, at the far end of our pipe: it opens nothing once its key is gone."""
RELEASE = """
import sys, time
from pathlib import Path
from backend import configuration
from backend.django_project import start
start(configuration.load(Path(sys.argv[1])))
from backend.cards import masters
from backend.commands.officials import say_yes
from backend.officials.models import Official, RoleGrant
from backend.officials.roles import Role
from heitje.fingerprint import digits_of
from heitje.keys import PublicKey
now, key = int(time.time()), PublicKey(bytes.fromhex(sys.argv[3]))
for number in ("ann", "bas"):
    Official.objects.create(number=number, since=now)
    RoleGrant.objects.create(official_id=number, role=Role.ENROLLER, since=now)
asked = masters.request_release(bytes.fromhex(sys.argv[2]), "ann", now)
for number in ("ann", "bas"):
    say_yes(asked.pk, number, now, digits_of(key))
"""


@pytest.fixture
def sealer(tmp_path: Path) -> SystemSeal:
    """A program that seals."""
    program, key = tmp_path / "sealer", tmp_path / "machine-key"
    key.touch()
    program.write_text(SEALER.format(key=key))
    program.chmod(0o700)
    return SystemSeal(program=str(program))


def test_where_the_system_seals_nothing_is_readable_on_the_disk(tmp_path: Path, sealer: SystemSeal) -> None:
    store = MasterStore(tmp_path / "masters", sealer)
    assert store.load() == {}
    store.keep({DF_NAME: MASTERS})
    assert store.kept == "sealed by the system"
    assert MASTERS[2].hex().encode() not in store.path.read_bytes()
    again = MasterStore(store.path, sealer)
    assert again.load() == {DF_NAME: MASTERS}
    assert (again.kept, stat.S_IMODE(store.path.stat().st_mode)) == ("sealed by the system", 0o600)
    (tmp_path / "machine-key").unlink()  # the disk in another machine
    elsewhere = MasterStore(store.path, sealer)
    assert elsewhere.load() == {}
    assert elsewhere.kept.startswith("they cannot be read")


def test_where_it_does_not_that_is_said_and_only_the_owner_reads(tmp_path: Path) -> None:
    store = MasterStore(tmp_path / "masters", NOBODY)
    store.path.write_text("left by somebody, readable for all")
    store.path.chmod(0o644)
    store.keep({DF_NAME: MASTERS})
    assert store.kept.startswith("in a file, not sealed: ")
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600
    again = MasterStore(store.path, NOBODY)
    assert (again.load(), again.kept) == ({DF_NAME: MASTERS}, "in a file, not sealed")


def test_the_systems_own_seal_or_a_word_why_not(tmp_path: Path) -> None:
    store = MasterStore(tmp_path / "masters")
    store.keep({DF_NAME: MASTERS})
    sealed = store.kept == "sealed by the system"
    assert sealed is not (MASTERS[2].hex().encode() in store.path.read_bytes())
    assert MasterStore(store.path).load() == {DF_NAME: MASTERS}


def test_what_was_delivered_goes_before_what_was_set_up(tmp_path: Path, keys: TerminalKeys) -> None:
    with pytest.raises(ConfigurationError):
        TerminalKeys(keys.seed, keys.masters, keys.roots).take(DF_NAME, MASTERS)
    keys.write(tmp_path / "keys.json")
    assert keys.versions(DF_NAME) == (1,)
    fresh = TerminalKeys.load(tmp_path / "keys.json", production=False)
    fresh.take(DF_NAME, MASTERS)
    again = TerminalKeys.load(tmp_path / "keys.json", production=False)
    for known in (fresh, again):
        assert known.versions(DF_NAME) == (2, 1)
        assert len(known.programme(DF_NAME, UID).keys) == 2
    with pytest.raises(NoMaster):
        fresh.programme(bytes(8), UID)


@pytest.fixture
def city(tmp_path: Path, programme: TestProgramme) -> Iterator[tuple[Path, str]]:
    """A backend with a citizen's card, served: its directory and address."""
    directory = tmp_path / "backend"

    def do(*words: str) -> dict[str, Any]:
        command = [*HEITJE, "backend", *words, "--dir", str(directory), "--json"]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)
        document: dict[str, Any] = json.loads(done.stdout)
        return document

    init = [*HEITJE, "backend", "init", "--test-programme", str(VECTOR), "--dir", str(directory)]
    subprocess.run(init, check=True, capture_output=True, cwd=ROOT)
    words = ("--title", "Paint", "--category", "painting", "--place", "Park", "--minutes", "60")
    task = str(do("task", "publish", *words, "--reward", "1000")["id"])
    for move in ("claim", "start", "submit"):
        do("task", move, task, "--by", "citizen-9")
    do("task", "validate", task, "--by", "inspector-1")
    do("card", "register", "--uid", UID.hex(), "--citizen", "citizen-9", "--amount", "1000")
    del programme
    serve = [*HEITJE, "backend", "serve", "--dir", str(directory), "--port", "0", "--publish-every-s", "0"]
    with subprocess.Popen(serve, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        yield directory, process.stdout.readline().removeprefix("ready ").strip()
        process.terminate()


def test_from_no_master_to_the_second_one_with_no_gap(
    city: tuple[Path, str], tmp_path: Path, programme: TestProgramme, field: Field, reader: Pn532
) -> None:
    directory, url = city
    initialise(programme, TerminalConfiguration(tmp_path / "till", b"", backend_url=url), int(time.time()))
    path = tmp_path / "till" / "keys.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"masters": {}}))
    configuration, keys, trust = load_till(tmp_path / "till")
    journal = JournalStore.open(configuration.journal_path, configuration.terminal)
    store = TrustStore(configuration.trust_path, keys.roots, configuration.terminal)
    met: list[threading.Event] = [threading.Event()]

    def connected(report: Callable[[LineEvent], None]) -> Connection:
        def tell(event: LineEvent) -> None:
            report(event)
            if isinstance(event, Contact):
                met[0].set()

        return connect(url, configuration, keys, tell, within_s=WAIT_S)

    def sync() -> None:
        assert Sync(url, keys, trust, journal, store).run().end is SyncEnd.DONE

    def till(connection: Callable[[Callable[[LineEvent], None]], Connection] | None = None) -> Till:
        receipts = ReceiptDesk(None, 80, "nl")
        device = open_reader(f"pn532:{reader.path}")
        return Till(trust, keys, journal, "till", receipts.print_sale, reader=device, connect=connection)

    def sell(counter: Till, card: Card) -> State:
        field.put(card)
        state = counter.sell(10, WAIT_S)
        field.lift()
        return state

    card = Card(MemoryStore(personalise(programme, UID, Cents(1000))))
    sync()
    assert keys.versions(DF_NAME) == ()
    refused = sell(till(), card)
    assert (refused.verdict, refused.problem) == (Verdict.REFUSED, Refusal.NEEDS_A_CONNECTION)

    released = [sys.executable, "-c", RELEASE, str(directory), programme.terminal.hex()]
    subprocess.run([*released, programme.terminal_key.public.raw.hex()], check=True, cwd=ROOT)
    sync()
    assert keys.versions(DF_NAME) == (1,)
    assert sell(till(), card).verdict is Verdict.ACCEPTED
    sync()

    key_file = directory / "keys.json"  # the municipality makes the second master while it serves
    document = json.loads(key_file.read_text("ascii"))
    document["card_masters"]["terminal"]["2"] = MASTERS[2].hex()
    key_file.write_text(json.dumps(document), "ascii")
    sync()
    assert keys.versions(DF_NAME) == (2, 1)
    assert sell(till(), card).verdict is Verdict.ACCEPTED, "old cards are opened as before"
    online = till(connected)
    state = sell(online, card)
    online.hang_up()
    assert (state.verdict, card.image.application.keys[KEY_TERMINAL].version) == (Verdict.ACCEPTED, 2)
    assert sell(till(), card).verdict is Verdict.ACCEPTED, "and so is the one that moved, with no network"
    assert card.image.application.balance == 1000 - 4 * 10
    journal.close()
