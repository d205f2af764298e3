# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the municipality has for a card comes onto it at any till with a connection (CARD.md section 7): the backend as
it is, two tills, a card in a PN532. A sale is decided without it, and nothing is lost wherever the card leaves.
"""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from drivers.devices import open_reader
from firmware_sim.card.firmware import Card
from firmware_sim.card.image import MemoryStore
from firmware_sim.card.personalisation import personalise
from firmware_sim.faults import Moment, Tear
from firmware_sim.field import Field
from firmware_sim.pn532 import Pn532
from heitje.keys import SigningKey
from heitje.money import Cents
from heitje.programme import TestProgramme
from terminal.configuration import TerminalConfiguration
from terminal.connecting import connect
from terminal.connection import Connection
from terminal.contacts import Contact, LineEvent
from terminal.counter import Till
from terminal.journal_store import JournalStore
from terminal.key_store import TerminalKeys
from terminal.provisioning import initialise
from terminal.receipt_printing import ReceiptDesk
from terminal.sale import Served, State, Verdict
from terminal.status import Link
from terminal.trust.store import TrustStore

if TYPE_CHECKING:
    from tests.terminal.front.conftest import Person

ROOT = Path(__file__).resolve().parents[3]
HEITJE = (sys.executable, "-m", "heitje")
VECTOR = ROOT / "tests" / "vectors" / "test-programme.json"
WAIT_S = 30.0
UID = bytes.fromhex("04C0FFEE123480")
TORN_UID = bytes.fromhex("04C0FFEE123481")
OPENING = 2500
OTHER = bytes.fromhex("5e1f00d5a1e2b3c5")
OTHER_SEED = bytes(range(32))
APDUS_OF_A_SALE = 11
APDUS_OF_A_LOAD = 13

ENROL = """
import sys
from pathlib import Path
from backend import configuration
from backend.django_project import start
start(configuration.load(Path(sys.argv[1])))
from backend.shops.admission import enrol_terminal
from backend.shops.models import Shop
from heitje.keys import PublicKey
key = PublicKey(bytes.fromhex(sys.argv[3]))
enrol_terminal(terminal_id=bytes.fromhex(sys.argv[2]), shop=Shop.objects.first(), public_key=key, paper_till=False,
               secure_element=False, at=1)
"""


@dataclass
class City:
    """The municipality, as programs."""

    directory: Path
    url: str = ""

    def do(self, *words: str) -> dict[str, Any]:
        """One command."""
        command = [*HEITJE, "backend", *words, "--dir", str(self.directory), "--json"]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)
        document: dict[str, Any] = json.loads(done.stdout)
        return document

    def purse(self, uid: bytes) -> tuple[int, int]:
        """Purse and in flight of a card, cents; every invariant holds."""
        assert self.do("check")["holds"]
        shown = self.do("card", "show", "--uid", uid.hex())
        return shown["purse"], shown["in_flight"]

    def waits(self, uid: bytes, cents: int) -> None:
        """Wait until so much waits for a card."""
        deadline = time.monotonic() + WAIT_S
        while [row["amount"] for row in self.do("card", "show", "--uid", uid.hex())["waiting"]] != [cents]:
            assert time.monotonic() < deadline

    def purse_becomes(self, uid: bytes, purse: int) -> None:
        """Wait until everything is taken in."""
        deadline = time.monotonic() + WAIT_S
        while (seen := self.purse(uid)) != (purse, 0):
            assert time.monotonic() < deadline, seen


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """A backend with two terminals, served, and a citizen with two cards and a rich account."""
    city = City(tmp_path_factory.mktemp("city") / "backend")
    command = [*HEITJE, "backend", "init", "--test-programme", str(VECTOR), "--dir", str(city.directory)]
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
    key = SigningKey.from_seed(OTHER_SEED).public.raw.hex()
    enrol = [sys.executable, "-c", ENROL, str(city.directory), OTHER.hex(), key]
    subprocess.run(enrol, check=True, cwd=ROOT)
    words = ("--title", "Paint", "--category", "painting", "--place", "Park", "--minutes", "60")
    task = str(city.do("task", "publish", *words, "--reward", "10000")["id"])
    for move in ("claim", "start", "submit"):
        city.do("task", move, task, "--by", "citizen-9")
    city.do("task", "validate", task, "--by", "inspector-1")
    for uid in (UID, TORN_UID):
        city.do("card", "register", "--uid", uid.hex(), "--citizen", "citizen-9", "--amount", str(OPENING))
    city.do("publish")
    serve = [*HEITJE, "backend", "serve", "--dir", str(city.directory), "--port", "0", "--publish-every-s", "0"]
    with subprocess.Popen(serve, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        city.url = process.stdout.readline().removeprefix("ready ").strip()
        yield city
        process.terminate()


@dataclass
class Elsewhere:
    """Another till of the town, with nobody at the screen."""

    till: Till
    card_field: Field
    met: threading.Event

    def sell(self, amount: int, card: Card, tear: Tear | None = None) -> State:
        """A sale to a card that is held to the reader once the till has met its backend; then it is lifted."""

        def show() -> None:
            assert self.met.wait(WAIT_S)
            self.card_field.put(card, tear=tear)

        shower = threading.Thread(target=show)
        shower.start()
        state = self.till.sell(amount, WAIT_S)
        shower.join()
        self.card_field.lift()
        return state


@pytest.fixture(scope="module")
def elsewhere(city: City, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elsewhere]:
    """The other till, of all tests: a terminal has one journal."""
    directory = tmp_path_factory.mktemp("elsewhere")
    programme = TestProgramme.parse(VECTOR.read_text("utf-8"))
    other = replace(programme, terminal=OTHER, terminal_seed=OTHER_SEED, paper_till=False)
    initialise(other, TerminalConfiguration(directory / "till", b""), int(time.time()))
    configuration = TerminalConfiguration.load(directory / "till")
    keys = TerminalKeys.load(configuration.keys_path, production=False)
    met = threading.Event()

    def connected(report: Callable[[LineEvent], None]) -> Connection:
        def tell(event: LineEvent) -> None:
            report(event)
            if isinstance(event, Contact):
                met.set()

        return connect(city.url, configuration, keys, tell, within_s=WAIT_S)

    card_field = Field()
    with Pn532(card_field, directory / "pn532") as reader:
        till = Till(
            trust=TrustStore(configuration.trust_path, keys.roots, OTHER).load(),
            keys=keys,
            journal=JournalStore.open(configuration.journal_path, OTHER),
            operator="till",
            print_receipt=ReceiptDesk(None, 80, "nl").print_sale,
            reader=open_reader(f"pn532:{reader.path}"),
            connect=connected,
        )
        yield Elsewhere(till, card_field, met)
        till.hang_up()
        till.journal.close()


@pytest.fixture
def online(
    city: City,
    new_front: Callable[..., "Person"],
    configuration: TerminalConfiguration,
    keys: TerminalKeys,
    reader: Pn532,
) -> "Person":
    """Somebody at a till that has met its backend."""

    def connected(report: Callable[[LineEvent], None]) -> Connection:
        return connect(city.url, configuration, keys, report, within_s=WAIT_S)

    person = new_front(f"pn532:{reader.path}", connect=connected, clock=lambda: int(time.time()))
    return person.until(lambda: person.front.attended.status().link is Link.ONLINE, "the backend")


def card_of(programme: TestProgramme, uid: bytes) -> Card:
    """A card as the municipality has handed it out."""
    return Card(MemoryStore(personalise(programme, uid, Cents(OPENING))))


def test_a_refund_comes_onto_the_card_at_the_next_tap_wherever_that_is_and_once(
    city: City, online: "Person", field: Field, elsewhere: Elsewhere, programme: TestProgramme
) -> None:
    card = card_of(programme, UID)
    online.asks("320")
    field.put(card)
    online.sees("accepted")
    online.until(lambda: online.sale.served is not None, "that nothing waits")
    assert online.sale.served == Served()
    field.lift()
    online.touch("done").sees("idle")

    online.touch("menu").touch("refund").sees("refund-choice").touch("row-1").sees("refund-amount")
    online.touch("refund").sees("refund-done")
    city.waits(UID, 320)
    online.touch("done").sees("idle")

    state = elsewhere.sell(100, card)
    assert (state.verdict, state.served) == (Verdict.ACCEPTED, Served(loaded=320, balance=2400))
    assert elsewhere.sell(100, card).served == Served()
    assert card.image.application.balance == OPENING - 200

    # more than it holds: what waits is put on first, and then it pays
    city.do("card", "load", "--uid", UID.hex(), "--amount", "500")
    state = elsewhere.sell(2600, card)
    assert (state.verdict, state.problem, card.image.application.balance) == (Verdict.ACCEPTED, None, 200)

    # a look at the balance is a tap as well, and both screens say what it brought
    city.do("card", "load", "--uid", UID.hex(), "--amount", "700")
    online.touch("menu").touch("balance").sees("balance")
    field.put(card)
    online.until(lambda: "€ 7,00 op de kaart gezet." in online.texts, "that it came onto the card")
    assert "€ 9,00" in online.texts
    assert (online.customer.amount, online.customer.lines) == ("€ 9,00", ("€ 7,00 op de kaart gezet.",))
    field.lift()
    online.touch("done").sees("idle")
    city.purse_becomes(UID, 900)

    # a refund with the customer still there: the same card again, and it is on it
    online.asks("150")
    field.put(card)
    online.sees("accepted").until(lambda: online.sale.served is not None, "that nothing waits")
    field.lift()
    online.touch("done").sees("idle").touch("menu").touch("refund").touch("row-1").touch("refund").sees("refund-done")
    city.waits(UID, 150)
    field.put(card)
    online.until(lambda: "€ 1,50 op de kaart gezet." in online.texts, "that it came onto the card")
    assert card.image.application.balance == 900
    assert online.customer.lines == ("€ 1,50 op de kaart gezet.",)
    city.purse_becomes(UID, 900)


def test_wherever_the_card_leaves_the_sale_stands_and_the_load_comes_once(
    city: City, elsewhere: Elsewhere, programme: TestProgramme
) -> None:
    card = card_of(programme, TORN_UID)
    city.do("card", "load", "--uid", TORN_UID.hex(), "--amount", "5")
    sold = 0
    for apdu in range(1, APDUS_OF_A_LOAD + 1):
        moment = Moment.AFTER if apdu % 2 == 0 else Moment.BEFORE
        state = elsewhere.sell(1, card, Tear(moment, APDUS_OF_A_SALE + apdu))
        sold += 1
        assert (state.verdict, state.served) == (Verdict.ACCEPTED, Served(waits=5, again=True)), apdu
        assert card.image.application.balance == OPENING - sold, apdu
    state = elsewhere.sell(1, card)
    assert state.served == Served(loaded=5, balance=OPENING - sold - 1 + 5), "it never happened: it is done now"
    sold += 1
    city.do("card", "load", "--uid", TORN_UID.hex(), "--amount", "7")
    state = elsewhere.sell(1, card, Tear(Moment.AFTER, APDUS_OF_A_SALE + APDUS_OF_A_LOAD))
    sold += 1
    assert (state.verdict, state.served) == (Verdict.ACCEPTED, Served(waits=7, again=True))
    assert card.image.application.balance == OPENING - sold + 12, "the card has it, and nobody knows"
    state = elsewhere.sell(1, card)
    sold += 1
    assert (state.verdict, state.served) == (Verdict.ACCEPTED, Served()), "this sale's proof names the load before it"
    assert card.image.application.balance == OPENING - sold + 12
    city.purse_becomes(TORN_UID, OPENING - sold + 12)
