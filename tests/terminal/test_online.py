# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A till with a connection and the backend as it is: the one question, the word on a card, and neither when it is cut.

Half a second is what a counter waits; these tests wait longer, for they run beside others.
"""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from drivers.devices import open_reader, open_scanner
from firmware_sim.card.firmware import Card
from firmware_sim.card.image import MemoryStore
from firmware_sim.card.personalisation import personalise
from firmware_sim.field import Field
from firmware_sim.pn532 import Pn532
from firmware_sim.scanner import Scanner
from heitje import codes, qr
from heitje.codes import PaymentCode
from heitje.journal import Kind
from heitje.messages import Outcome
from heitje.money import Cents
from heitje.programme import TestProgramme
from heitje.refusals import Refusal
from terminal.configuration import TerminalConfiguration
from terminal.connecting import connect
from terminal.connection import Connection
from terminal.contacts import Contact, LineEvent
from terminal.counter import Till
from terminal.journal_store import JournalStore
from terminal.key_store import TerminalKeys
from terminal.provisioning import initialise
from terminal.receipt_printing import ReceiptDesk
from terminal.sale import State, Verdict
from terminal.trust.store import TrustStore

HEITJE = (sys.executable, "-m", "heitje")
ROOT = Path(__file__).resolve().parents[2]
WAIT_S = 30.0
RICH = bytes.fromhex("04C0FFEE123480")


@dataclass
class City:
    """The municipality's side, as programs."""

    directory: Path
    process: "subprocess.Popen[str] | None" = None
    url: str = ""

    def do(self, *words: str) -> dict[str, Any]:
        """One command."""
        command = [*HEITJE, "backend", *words, "--dir", str(self.directory), "--json"]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)
        document: dict[str, Any] = json.loads(done.stdout)
        return document

    def earn(self, citizen: str, cents: int) -> None:
        """A citizen does a task."""
        words = ("--title", "Paint", "--category", "painting", "--place", "Park", "--minutes", "60")
        task = str(self.do("task", "publish", *words, "--reward", str(cents))["id"])
        for move in ("claim", "start", "submit"):
            self.do("task", move, task, "--by", citizen)
        self.do("task", "validate", task, "--by", "inspector-1")

    def serve(self) -> None:
        """Answer from now on."""
        command = [*HEITJE, "backend", "serve", "--dir", str(self.directory), "--port", "0", "--publish-every-s", "0"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().removeprefix("ready ").strip()

    def cut(self) -> None:
        """Answer no more."""
        process, self.process = self.process, None
        if process is not None:
            process.terminate()
            process.wait(WAIT_S)
            if process.stdout is not None:
                process.stdout.close()


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """A backend, served, with a rich card and a rich citizen."""
    city = City(tmp_path_factory.mktemp("city") / "backend")
    programme = ROOT / "tests" / "vectors" / "test-programme.json"
    command = [*HEITJE, "backend", "init", "--test-programme", str(programme), "--dir", str(city.directory)]
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
    city.earn("citizen-9", 10_000)
    city.do("card", "register", "--uid", RICH.hex(), "--citizen", "citizen-9", "--amount", "5000")
    city.serve()
    yield city
    city.cut()


@dataclass
class Counter:
    """A till that has met its backend."""

    till: Till
    card_field: Field
    scanner: Scanner
    directory: Path
    contacts: list[Contact] = field(default_factory=list)
    met: threading.Condition = field(default_factory=threading.Condition)

    def note(self, event: LineEvent) -> None:
        """Every event of the line, on its way to the till."""
        if isinstance(event, Contact):
            with self.met:
                self.contacts.append(event)
                self.met.notify_all()

    def sell(self, amount: int, show: Callable[[], None]) -> State:
        """A sale; what pays is shown when the till has met the backend, or found that it is not there."""

        def when_met() -> None:
            with self.met:
                self.met.wait_for(lambda: self.contacts, WAIT_S)
            show()

        shower = threading.Thread(target=when_met)
        shower.start()
        state = self.till.sell(amount, WAIT_S)
        shower.join()
        self.card_field.lift()
        return state

    def outcome_of(self, seq: int) -> tuple[Outcome, str | None]:
        """What the backend says of an entry, once it has said it."""
        deadline = time.monotonic() + WAIT_S
        while (told := self.till.journal.outcome(seq)) is None:
            with self.met:
                assert self.met.wait(max(0.01, deadline - time.monotonic())), "the backend says nothing"
        return told.outcome, told.reason


@pytest.fixture
def new_counter(
    tmp_path: Path, programme: TestProgramme, field: Field, reader: Pn532, scanner: Scanner, receipts: ReceiptDesk
) -> Iterator[Callable[[str], Counter]]:
    """Makes a till with a connection, and an empty journal."""
    made: list[Till] = []

    def make(url: str) -> Counter:
        initialise(programme, TerminalConfiguration(tmp_path / "counter", b""), int(time.time()))
        configuration = TerminalConfiguration.load(tmp_path / "counter")
        keys = TerminalKeys.load(configuration.keys_path, production=False)
        counter: list[Counter] = []

        def connected(report: Callable[[LineEvent], None]) -> Connection:
            def tell(event: LineEvent) -> None:
                report(event)
                counter[0].note(event)

            return connect(url, configuration, keys, tell, within_s=WAIT_S)

        till = Till(
            trust=TrustStore(configuration.trust_path, keys.roots, configuration.terminal).load(),
            keys=keys,
            journal=JournalStore.open(configuration.journal_path, configuration.terminal),
            operator="till",
            print_receipt=receipts.print_sale,
            reader=open_reader(f"pn532:{reader.path}"),
            scanner=open_scanner(f"serial:{scanner.path}"),
            connect=connected,
        )
        made.append(till)
        counter.append(Counter(till, field, scanner, tmp_path / "counter"))
        return counter[0]

    yield make
    for till in made:
        till.hang_up()
        till.journal.close()


def card_of(programme: TestProgramme, uid: bytes = RICH, balance: int = 5000) -> Card:
    """A card as the municipality has handed it out."""
    return Card(MemoryStore(personalise(programme, uid, Cents(balance))))


def test_what_offline_limits_forbid_is_asked_for(
    city: City, new_counter: Callable[[str], Counter], programme: TestProgramme
) -> None:
    """One terminal's day: a phone over its limit, a card over its limit, and a card that nobody made."""
    counter = new_counter(city.url)
    key = programme.phone_ed25519.public.raw.hex()
    words = ("--citizen", "citizen-9", "--amount", "2500", "--phone-key", key)
    allowance = bytes.fromhex(city.do("allowance", "issue", *words)["token"])

    def show_code() -> None:
        code = PaymentCode(int(time.time()), 1, Cents(2000), allowance, programme.terminal.hex())
        counter.scanner.scan(qr.encode_code(codes.sign(code, programme.phone_ed25519)).encode())

    state = counter.sell(2000, show_code)
    assert (state.verdict, state.confirmed) == (Verdict.ACCEPTED, True)
    intent, redemption = (counter.till.journal.entry(seq) for seq in state.entries)
    assert (intent.offline, redemption.offline) == (False, False)
    assert counter.outcome_of(redemption.seq) == (Outcome.ACCEPTED, None)

    rich = card_of(programme)
    state = counter.sell(2600, lambda: counter.card_field.put(rich))
    assert (state.verdict, state.confirmed, rich.image.application.balance) == (Verdict.ACCEPTED, True, 2400)
    assert counter.till.journal.entry(state.entries[-1]).offline is False
    assert counter.outcome_of(state.entries[-1]) == (Outcome.ACCEPTED, None)

    poor = card_of(programme, balance=900_000 // 60)
    state = counter.sell(2600, lambda: counter.card_field.put(poor))
    assert (state.verdict, state.problem) == (Verdict.REFUSED, Refusal.BLOCKED), "its past is longer: a copy"
    assert counter.till.journal.open_intents() == []

    emulated = card_of(replace(programme, master_transaction_mac=bytes(16)), programme.cards[0].uid, 2500)
    state = counter.sell(320, lambda: counter.card_field.put(emulated))
    assert (state.verdict, state.problem) == (Verdict.REFUSED, Refusal.BAD_SIGNATURE)
    assert counter.outcome_of(state.entries[-1]) == (Outcome.REFUSED, "bad transaction mac")
    kinds = [counter.till.journal.entry(seq).kind for seq in state.entries]
    assert kinds == [Kind.INTENT, Kind.REDEMPTION]
    assert counter.till.trust.number >= 1


def test_when_it_is_cut_the_offline_rules_hold_and_nothing_waits(
    new_counter: Callable[[str], Counter], programme: TestProgramme
) -> None:
    counter = new_counter("http://127.0.0.1:9")
    card = card_of(programme, programme.cards[0].uid, 2500)
    state = counter.sell(320, lambda: counter.card_field.put(card))
    assert (state.verdict, state.confirmed) == (Verdict.ACCEPTED, False)
    assert counter.till.journal.entry(state.entries[-1]).offline is True
    rich = card_of(programme)
    state = counter.sell(2600, lambda: counter.card_field.put(rich))
    assert (state.verdict, state.problem) == (Verdict.REFUSED, Refusal.NEEDS_A_CONNECTION)
    assert rich.image.application.balance == 5000
