# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A town in one process: the backend's books on disk, and what a card needs to be held to a reader.

Django is set up once for the process, whichever folder's tests come first; each world works on a copy of its own.
"""

from __future__ import annotations

import secrets
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.test.utils import override_settings
from pytest_django.plugin import DjangoDbBlocker

from backend import configuration as configurations
from backend import provisioning
from backend.configuration import Configuration
from backend.django_project import database_settings, start
from drivers.errors import CardGone
from firmware_sim.card.firmware import Card
from firmware_sim.card.image import MemoryStore
from firmware_sim.card.personalisation import personalise
from heitje.acceptance import Shop
from heitje.journal import Entry, Kind
from heitje.keys import SigningKey
from heitje.messages import Batch, BatchAnswer
from heitje.money import Cents
from heitje.programme import TestProgramme
from heitje.relay import CardAnswer, Opening, Reply, Work
from terminal.configuration import TerminalConfiguration
from terminal.counter import Till
from terminal.journal_store import Draft, JournalStore, closing_of
from terminal.key_store import TerminalKeys
from terminal.provisioning import bundle_of
from terminal.sale import Verdict
from terminal.trust.trusted import Trust

NOW = 1_795_500_000
PROGRAMME_FILE = Path(__file__).parents[1] / "vectors" / "test-programme.json"
TESTBURG = TestProgramme.parse(PROGRAMME_FILE.read_text(encoding="utf-8"))
NUMBERS = count(1)
SHOPS = ("bakker-1", "slager-1", "kapper-1")
UIDS = tuple(bytes.fromhex(f"04AA00000000{number:02X}") for number in (1, 2, 3))
OPENING = 2500
WAIT_S = 30.0
_template = Path(tempfile.mkdtemp(prefix="heitje-simulation-"))
_prepared = provisioning.prepare(_template, TESTBURG)
if not settings.configured:
    start(_prepared)

from backend import population  # noqa: E402  # models can be imported only now
from backend.assembly import configuration_in_use, programme_of  # noqa: E402
from backend.cards import desk  # noqa: E402
from backend.cards.relay import open_session, take_answer  # noqa: E402
from backend.minting.cards import CardRefused, load_card_at_issue  # noqa: E402
from backend.minting.models import Card as CardRow  # noqa: E402
from backend.redemption import intake  # noqa: E402
from backend.shops.admission import admit_shop, enrol_terminal  # noqa: E402
from backend.shops.models import Terminal  # noqa: E402


@contextmanager
def working_on(configuration: Configuration) -> Iterator[None]:
    """Django on another directory."""
    name = "default"
    before = connections.settings[name]
    connections[name].close()
    del connections[name]
    connections.settings[name] = connections.configure_settings({name: database_settings(configuration)})[name]
    try:
        with override_settings(HEITJE=configuration):
            yield
    finally:
        connections[name].close()
        del connections[name]
        connections.settings[name] = before


@pytest.fixture(scope="session")
def morning(django_db_blocker: DjangoDbBlocker) -> Iterator[Path]:
    """A directory as `heitje backend init` leaves it, at the tests' clock."""
    with django_db_blocker.unblock():
        with working_on(_prepared):
            call_command("migrate", verbosity=0, interactive=False)
            population.populate(_prepared, TESTBURG, NOW)
        configurations.write(_prepared)
        yield _template
    shutil.rmtree(_template)


@pytest.fixture
def new_books(morning: Path, tmp_path: Path) -> Callable[[], object]:
    """Makes fresh books, to be worked on as long as the context that is returned is open; it gives their directory."""

    @contextmanager
    def fresh() -> Iterator[Path]:
        directory = tmp_path / f"town-{next(NUMBERS)}"
        shutil.copytree(morning, directory / "backend")
        configuration = replace(configurations.load(directory / "backend"), directory=directory / "backend")
        with working_on(configuration):
            yield directory
        shutil.rmtree(directory)

    return fresh


@dataclass
class Slot:
    """A reader without a cable: the card that lies on it is the firmware itself. A `drivers.card.CardReader`.

    `tear`: the APDU at which the card leaves, and whether it does it before; `gone`: called when it is missed.
    """

    card: Card | None = None
    tear: tuple[int, bool] | None = None
    gone: Callable[[], None] = lambda: None
    apdus: int = 0
    _left: threading.Event = field(default_factory=threading.Event)

    def put(self, card: Card, tear: tuple[int, bool] | None = None) -> None:
        """A card comes into the field."""
        card.power_off()
        self.card, self.tear, self.apdus = card, tear, 0
        self._left.clear()

    def wait_for_card(self, timeout_s: float, cancelled: threading.Event | None = None) -> Slot | None:
        """The card, or nobody: then whoever waits for it is told so."""
        if self.card is not None:
            return self
        self.gone()
        (cancelled or self._left).wait(timeout_s)
        return None

    @property
    def uid(self) -> bytes:
        """The card's UID."""
        assert self.card is not None
        return self.card.uid

    def transmit(self, apdu: bytes) -> bytes:
        """One APDU. Raises `CardGone` at the one that it leaves at."""
        if self.card is None:
            raise CardGone
        self.apdus += 1
        if self.tear is None or self.apdus < self.tear[0]:
            return self.card.transmit(apdu)
        if self.tear[1]:
            self.card.transmit(apdu)
        self.card.power_off()
        self.card = None
        self._left.set()
        raise CardGone

    def present(self) -> bool:
        """Whether a card is there."""
        return self.card is not None

    def wait_removed(self, timeout_s: float, cancelled: threading.Event | None = None) -> bool:
        """It stays until it is taken away."""
        if self.card is not None:
            (cancelled or self._left).wait(timeout_s)
        return self.card is None

    def close(self) -> None:
        """The card is taken away."""
        if self.card is not None:
            self.card.power_off()
        self.card = None


@dataclass
class Counter:
    """A shop's till with its reader."""

    shop: str
    till: Till
    slot: Slot

    @property
    def journal(self) -> JournalStore:
        """What it wrote down."""
        return self.till.journal

    @property
    def name(self) -> str:
        """Its terminal, in hex."""
        return self.journal.terminal.hex()

    def entries(self) -> list[Entry]:
        """Its journal."""
        return [Entry.decode(data) for data in self.journal.bytes_after(0, -1)]


@dataclass
class World:
    """The town, and what only the world knows: which transactions the cards made."""

    programme: TestProgramme
    directory: Path
    counters: list[Counter] = field(default_factory=list)
    cards: list[Card] = field(default_factory=list)
    made: set[bytes] = field(default_factory=set)
    """Reader ids of committed transactions."""
    earned: dict[str, int] = field(default_factory=dict)
    lost: dict[int, Card] = field(default_factory=dict)
    """Cards that will never be held to a reader again, by the place of those that replaced them."""
    wishes: int = 0

    def __post_init__(self) -> None:
        for number, shop in enumerate(SHOPS):
            self.counters.append(self._open(number, shop))
        for number, uid in enumerate(UIDS, start=1):
            citizen = f"citizen-{number + 10}"
            self.earn(citizen, OPENING)
            load_card_at_issue(uid, citizen, Cents(OPENING), NOW)
            self.cards.append(Card(MemoryStore(personalise(self.programme, uid, Cents(OPENING)))))

    def _open(self, number: int, shop: str) -> Counter:
        programme = self.programme
        terminal = programme.terminal if number == 0 else bytes((number,)) * 8
        key = SigningKey.from_seed(programme.terminal_seed if number == 0 else terminal * 4)
        place = Shop(shop, "bakery", "centrum")
        if number:
            admitted = admit_shop(
                shop_id=shop, owner=shop, name=shop, category="bakery", area="centrum", iban="NL20INGB0001234567"
            )
            enrol_terminal(
                terminal_id=terminal,
                shop=admitted,
                public_key=key.public,
                paper_till=False,
                secure_element=False,
                at=NOW,
            )
        bundle = replace(bundle_of(programme, NOW, 1), terminal=terminal, shop=place)
        keys = TerminalKeys(
            seed=key.ed25519.private_bytes_raw(),
            masters={programme.df_name: (programme.master_terminal,)},
            roots=(programme.mint.public,),
        )
        configuration = TerminalConfiguration(self.directory / f"till-{number}", terminal)
        configuration.directory.mkdir()
        slot = Slot()
        till = Till(
            trust=Trust.of(bundle),
            keys=keys,
            journal=JournalStore.create(configuration.journal_path, terminal),
            operator="jan",
            print_receipt=lambda _: None,
            reader=slot,
            clock=lambda: NOW,
        )
        slot.gone = till.cancel
        return Counter(shop, till, slot)

    def close(self) -> None:
        """The end of the town."""
        for counter in self.counters:
            counter.journal.close()

    def citizen(self, card: Card) -> str:
        """Whose it is."""
        return f"citizen-{self.cards.index(card) + 11}"

    def earn(self, citizen: str, cents: int) -> None:
        """A task, from draft to reward."""
        population.reward(citizen, Cents(cents), NOW)
        self.earned[citizen] = self.earned.get(citizen, 0) + cents

    def sell(self, counter: Counter, card: Card, cents: int, tear: tuple[int, bool] | None) -> Verdict | None:
        """A sale at a till with no network."""
        counter.slot.put(card, tear)
        state = counter.till.sell(cents, WAIT_S)
        counter.slot.close()
        self._note(card)
        return state.verdict

    def tap(self, counter: Counter, card: Card, tear: tuple[int, bool] | None = None, *, told: bool = True) -> Reply:
        """A card is held to a till's reader while its backend can be reached."""
        counter.slot.put(card, tear)
        terminal = Terminal.objects.select_related("shop").get(id=counter.name)
        programme = programme_of(configuration_in_use())
        reply = open_session(terminal, Opening(secrets.token_bytes(16), card.uid, Work.LOAD), programme, NOW)
        while reply.apdu is not None:
            try:
                answer: bytes | None = counter.slot.transmit(reply.apdu)
            except CardGone:
                answer = None
                if not told:
                    break
            reply = take_answer(terminal, reply.session, CardAnswer(reply.step, answer), programme, NOW)
        counter.slot.close()
        self._note(card)
        return reply

    def upload(self, counter: Counter, back: int = 0) -> BatchAnswer:
        """A till sends what was not acknowledged, and perhaps again what was."""
        after = max(0, counter.journal.cursor() - back)
        entries = tuple(counter.journal.bytes_after(after, 500))
        terminal = Terminal.objects.select_related("shop").get(id=counter.name)
        answer = intake.receive(terminal, Batch(after, entries), programme_of(configuration_in_use()), NOW)
        counter.journal.acknowledge(max(answer.cursor, counter.journal.cursor()), answer.outcomes)
        return answer

    def closing(self, counter: Counter, given: bool) -> None:
        """The cashier closes the oldest sale that waits for its card."""
        for found in counter.journal.open_intents():
            if not found.closed:
                counter.journal.append(closing_of(found.entry, [], NOW, "jan", given))
                return

    def refund(self, counter: Counter, cents: int) -> None:
        """Goods of the last sale come back."""
        sold = [entry for entry in counter.entries() if entry.kind is Kind.REDEMPTION]
        if not sold:
            return
        of = sold[-1]
        before = sum(e.amount or 0 for e in counter.entries() if e.kind is Kind.REFUND and e.of == of.seq)
        if before + cents <= (of.amount or 0):
            counter.journal.append([Draft(Kind.REFUND, NOW, of.sale, cents, of.instrument, of=of.seq, operator="jan")])

    def lose(self, place: int) -> None:
        """A card is gone for ever, and its citizen gets another one."""
        if place in self.lost:
            return
        uid = bytes((0x04, 0xBB, 0, 0, 0, 0, place))
        CardRow.objects.create(uid=uid.hex(), citizen="", opening_balance=0, issued_at=NOW, made_at=NOW)
        desk.replace(self.cards[place].uid, uid, NOW)
        self.lost[place] = self.cards[place]
        self.cards[place] = Card(MemoryStore(personalise(self.programme, uid, Cents(0))))

    def order(self, card: Card, cents: int) -> None:
        """A citizen wishes money on the card."""
        self.wishes += 1
        try:
            desk.order_load(card.uid, Cents(cents), f"wish:{self.wishes}", NOW)
        except CardRefused:
            return

    def _note(self, card: Card) -> None:
        """What the card has committed last."""
        if card.image.application.tmc:
            self.made.add(card.image.application.tmri_prev)


@pytest.fixture(scope="session")
def new_world() -> type[World]:
    """Makes a town in books that are fresh."""
    return World
