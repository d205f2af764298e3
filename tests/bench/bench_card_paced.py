# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A whole sale at the till in real time: from the card in the field to the decision, and where the time goes.

The simulators keep the pace of a serial line and of the air; what a real card computes for itself is no part of that,
so what is left of the goal is told as room for it, per APDU. The till, its journal on this disk, nfcpy or pyscard with
pcscd, and the simulators themselves run on this machine and are the rest.
"""

import os
import random
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC
from pytest_benchmark.fixture import BenchmarkFixture

from drivers.devices import open_reader
from firmware_sim.card.firmware import Card
from firmware_sim.card.image import MemoryStore
from firmware_sim.card.personalisation import personalise
from firmware_sim.contactless import ContactlessCard
from firmware_sim.field import Field
from firmware_sim.pace import Pace
from firmware_sim.pcscd import PcscdMissing, PrivatePcscd
from firmware_sim.pn532 import Pn532
from firmware_sim.strangers import KINDS, UIDS
from firmware_sim.vpcd import Vpcd
from heitje.acceptance import ListedKey
from heitje.card import certificate, sale
from heitje.card.acceptance import CardContext, check_certificate
from heitje.card.keys import diversify
from heitje.card.layout import KEY_TERMINAL
from heitje.card.sale import Debited, Programme
from heitje.card.session import run
from heitje.money import Cents
from heitje.programme import TestProgramme
from terminal.configuration import TerminalConfiguration
from terminal.counter import Till
from terminal.journal_store import JournalStore
from terminal.key_store import TerminalKeys
from terminal.provisioning import initialise
from terminal.sale import Verdict
from terminal.trust.store import TrustStore
from terminal.trust.trusted import Trust

NOW = 1_795_000_000
SALES = 12
APDUS = 11
PN532_GOAL_MS = 350.0
PCSC_GOAL_MS = 200.0
REFUSAL_GOAL_MS = 300.0
CPU_GOAL_MS = 3.0
SEARCH_EVERY_S = 0.1
"""Longer than a PN532 pauses between two searches, so that the card comes at any moment of one."""
TIMEOUT_S = 20.0
CPU_SALES = 300
SEED = 3

Keep = Callable[..., None]


class Instant(NamedTuple):
    """A moment, and what the paced reader had spent by then, in seconds."""

    at: float
    line_s: float
    air_s: float


class WatchedCard:
    """A card that notes its first APDU, when it was powered for it, and how long it computes itself."""

    def __init__(self, card: ContactlessCard, now: Callable[[], Instant]) -> None:
        self._card, self._now = card, now
        self.uid, self.atqa, self.sak, self.ats, self.atr = card.uid, card.atqa, card.sak, card.ats, card.atr
        self.powered: Instant | None = None
        self.first: Instant | None = None
        self.own_s = 0.0

    def power_off(self) -> None:
        if self.first is None:
            self.powered = self._now()
        self._card.power_off()

    def transmit(self, apdu: bytes) -> bytes:
        self.first = self.first or self._now()
        start = time.monotonic()
        answer = self._card.transmit(apdu)
        self.own_s += time.monotonic() - start
        return answer


class Tap(NamedTuple):
    """One sale, in milliseconds: from the beginning to the first APDU, and from there to the decision."""

    finding: float
    selling: float
    line: float
    air: float
    simulated: float

    @property
    def whole(self) -> float:
        return self.finding + self.selling

    @property
    def rest(self) -> float:
        """The till, its disk and its libraries: neither line nor air nor the simulated card's own computing."""
        return self.selling - self.line - self.air - self.simulated


@pytest.fixture
def new_till(tmp_path: Path, programme: TestProgramme) -> Iterator[Callable[[str], Till]]:
    """A till on a new journal, at a reader's address."""
    configuration = TerminalConfiguration(tmp_path / "till", b"")
    initialise(programme, configuration, NOW)
    configuration = TerminalConfiguration.load(tmp_path / "till")
    keys = TerminalKeys.load(configuration.keys_path, production=False)
    bundle = TrustStore(configuration.trust_path, keys.roots, configuration.terminal).load().bundle
    journal = JournalStore.open(configuration.journal_path, configuration.terminal)

    def make(address: str) -> Till:
        return Till(
            trust=Trust.of(bundle),
            keys=keys,
            journal=journal,
            operator="till",
            print_receipt=lambda till: None,
            reader=open_reader(address),
            clock=lambda: NOW,
        )

    yield make
    journal.close()


@contextmanager
def held(till: Till, antenna: Field, card: ContactlessCard, after_s: float) -> Iterator[list[float]]:
    """Hold a card to the reader `after_s` after the till looks for one; the list gets that moment."""
    moments: list[float] = []

    def put() -> None:
        moments.append(time.monotonic())
        antenna.put(card)

    hand = threading.Timer(after_s, put)
    till.on_ready = hand.start
    try:
        yield moments
    finally:
        hand.join()
        antenna.lift()


@dataclass
class Counter:
    """A till with a paced reader, at which one citizen after another pays."""

    till: Till
    simulator: Pn532 | Vpcd
    programme: TestProgramme
    from_power: bool = False
    taps: list[Tap] = field(default_factory=list)
    chance: random.Random = field(default_factory=lambda: random.Random(SEED))

    def now(self) -> Instant:
        return Instant(time.monotonic(), self.simulator.spent.line_s, self.simulator.spent.air_s)

    def sell(self) -> None:
        """One sale, the card held at a random moment between two searches of the reader."""
        uid = (0x04000000000000 + len(self.taps)).to_bytes(7, "big")
        card = WatchedCard(Card(MemoryStore(personalise(self.programme, uid, Cents(2500)))), self.now)
        decisions: list[Instant] = []
        self.till.print_receipt = lambda _: decisions.append(self.now())
        with held(self.till, self.simulator.field, card, self.pause_s()) as moments:
            assert self.till.sell(100, TIMEOUT_S).verdict is Verdict.ACCEPTED
        first, decided = card.first, decisions[0]
        assert first is not None
        assert card.powered is not None
        seconds = (
            first.at - (card.powered.at if self.from_power else moments[0]),
            decided.at - first.at,
            decided.line_s - first.line_s,
            decided.air_s - first.air_s,
            card.own_s,
        )
        self.taps.append(Tap(*(1000 * value for value in seconds)))

    def pause_s(self) -> float:
        return SEARCH_EVERY_S * self.chance.random()


def measure(benchmark: BenchmarkFixture, figure: Keep, counter: Counter, name: str, goal_ms: float) -> None:
    """The whole against the goal, and its parts."""
    pedantic: Callable[..., object] = benchmark.pedantic
    pedantic(counter.sell, rounds=SALES)
    taps = counter.taps

    def median(part: Callable[[Tap], float]) -> float:
        return statistics.median(part(tap) for tap in taps)

    whole = median(lambda tap: tap.whole)
    figure(f"{name}, field to decision", whole, "ms", limit=goal_ms, ratio=goal_ms / whole, goal=1.0)
    slowest = max(tap.whole for tap in taps)
    figure(f"{name}, slowest of {len(taps)}", slowest, "ms", limit=goal_ms, ratio=goal_ms / slowest)
    figure(f"{name}: until the first APDU", median(lambda tap: tap.finding), "ms")
    figure(f"{name}: serial line", median(lambda tap: tap.line), "ms")
    figure(f"{name}: air", median(lambda tap: tap.air), "ms")
    figure(f"{name}: simulated card", median(lambda tap: tap.simulated), "ms")
    figure(f"{name}: till, journal, libraries", median(lambda tap: tap.rest), "ms")
    figure(f"{name}: room for a real card, per APDU", (goal_ms - whole) / APDUS, "ms")


@pytest.mark.parametrize(
    ("pace", "name"),
    [(Pace(115_200), "sale, PN532 at 115200 baud"), (Pace(), "sale, PN532 at 921600 baud")],
    ids=["115200", "921600"],
)
def test_sale_on_a_pn532(
    benchmark: BenchmarkFixture,
    figure: Keep,
    programme: TestProgramme,
    new_till: Callable[[str], Till],
    tmp_path: Path,
    pace: Pace,
    name: str,
) -> None:
    with Pn532(Field(), tmp_path / "reader", pace) as simulator:
        counter = Counter(new_till(f"pn532:{simulator.path}"), simulator, programme)
        measure(benchmark, figure, counter, name, PN532_GOAL_MS)


def test_sale_on_a_pcsc_reader(
    benchmark: BenchmarkFixture,
    figure: Keep,
    programme: TestProgramme,
    new_till: Callable[[str], Till],
    tmp_path: Path,
) -> None:
    """From the card's power on: the virtual reader looks for cards every 400 ms, which no real one does."""
    try:
        daemon = PrivatePcscd(tmp_path)
    except PcscdMissing as missing:
        pytest.skip(str(missing))
    with daemon, Vpcd(Field(), "127.0.0.1", daemon.port, Pace()) as simulator:
        os.environ.update(daemon.environment)
        counter = Counter(new_till("pcsc:*"), simulator, programme, from_power=True)
        measure(benchmark, figure, counter, "sale, PC/SC", PCSC_GOAL_MS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_stranger_is_refused_soon(
    benchmark: BenchmarkFixture,
    figure: Keep,
    programme: TestProgramme,
    new_till: Callable[[str], Till],
    tmp_path: Path,
    kind: str,
) -> None:
    """Until the till has given its reader back, which is a little later than the word."""
    times: list[float] = []
    with Pn532(Field(), tmp_path / "reader", Pace(115_200)) as simulator:
        counter = Counter(new_till(f"pn532:{simulator.path}"), simulator, programme)

        def refuse() -> None:
            with held(counter.till, simulator.field, KINDS[kind](UIDS[kind]), counter.pause_s()) as moments:
                assert counter.till.sell(100, TIMEOUT_S).verdict is Verdict.REFUSED
                times.append(1000 * (time.monotonic() - moments[0]))

        pedantic: Callable[..., object] = benchmark.pedantic
        pedantic(refuse, rounds=SALES // 2)
    slowest = max(times)
    figure(
        f"refusal of a {kind} card, slowest of {len(times)}",
        slowest,
        "ms",
        limit=REFUSAL_GOAL_MS,
        ratio=REFUSAL_GOAL_MS / slowest,
        goal=1.0,
    )


class Air:
    """Hands APDUs to a card and counts the card's own processor time."""

    def __init__(self, card: Card) -> None:
        self._card = card
        self.card_s = 0.0

    def transmit(self, apdu: bytes) -> bytes:
        start = time.thread_time()
        answer = self._card.transmit(apdu)
        self.card_s += time.thread_time() - start
        return answer


def cmac(key: bytes, length: int) -> bytes:
    state = CMAC(algorithms.AES(key))
    state.update(bytes(length))
    return state.finalize()


def cbc(key: bytes, blocks: int, *, encrypt: bool) -> bytes:
    cipher = Cipher(algorithms.AES(key), modes.CBC(bytes(16)))
    context = cipher.encryptor() if encrypt else cipher.decryptor()
    return context.update(bytes(16 * blocks)) + context.finalize()


def bare_cryptography() -> None:
    """What a sale cannot do without, on the bare library: diversification, authentication, MACs and enciphering."""
    key = bytes(16)
    cmac(key, 17)
    for blocks, encrypt in ((1, False), (2, True), (2, False)):
        cbc(key, blocks, encrypt=encrypt)
    for _ in range(2):
        cmac(key, 32)
    for command, answer in ((14, 175), (14, 19), (7, 7), (23, 23), (8, 23), (24, 7), (46, 7), (8, 19)):
        cmac(key, command)
        cmac(key, answer)
    for blocks, encrypt in ((1, False), (1, True), (2, True)):  # balance, debit, record; an IV for each
        cbc(key, 1, encrypt=True)
        cbc(key, blocks, encrypt=encrypt)


def test_processor_time_of_a_sale(benchmark: BenchmarkFixture, figure: Keep, programme: TestProgramme) -> None:
    uid = programme.cards[0].uid
    air = Air(Card(MemoryStore(personalise(programme, uid, Cents(15_000)))))
    context = CardContext(NOW, programme.shop, 1, programme.iss, (ListedKey(programme.mint.public, 0, 2 * NOW),))

    pairs: list[tuple[float, float]] = []

    def sell(number: int) -> float:
        start, card_s = time.thread_time(), air.card_s
        key = diversify(programme.master_terminal, uid, programme.df_name, KEY_TERMINAL)
        contact = run(sale.greet([Programme(programme.df_name, [key])], [os.urandom(16)]), air.transmit)
        assert check_certificate(certificate.decode(contact.certificate), uid, context) is None
        tmri = programme.terminal + number.to_bytes(8, "big")
        assert isinstance(run(sale.prepare(contact.session, tmri, 1, NOW), air.transmit), Debited)
        run(sale.commit(contact.session), air.transmit)
        return time.thread_time() - start - (air.card_s - card_s)

    def bare() -> float:
        start = time.thread_time()
        bare_cryptography()
        return time.thread_time() - start

    pedantic: Callable[..., object] = benchmark.pedantic
    pedantic(lambda: pairs.append((bare(), sell(len(pairs)))), rounds=CPU_SALES)
    ours_ms = 1000 * statistics.median(ours for _, ours in pairs)
    bare_ms = 1000 * statistics.median(bare for bare, _ in pairs)
    ratio = statistics.median(bare / ours for bare, ours in pairs)
    figure("sale, processor time against bare cryptography", ours_ms, "ms", limit=bare_ms, ratio=ratio)
    figure("sale, processor time", ours_ms, "ms", limit=CPU_GOAL_MS, ratio=CPU_GOAL_MS / ours_ms, goal=1.0)
