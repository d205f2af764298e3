# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Counters for the contract tests: a driver at one end of a cable, a simulator at the other."""

import importlib.util
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from drivers.card import CardReader
from drivers.devices import open_reader
from firmware_sim.card.firmware import Card
from firmware_sim.card.image import MemoryStore
from firmware_sim.card.personalisation import personalise
from firmware_sim.faults import NO_FAULTS, Faults
from firmware_sim.field import Field
from firmware_sim.pcscd import PcscdMissing, PrivatePcscd
from firmware_sim.pn532 import Pn532
from firmware_sim.vpcd import Vpcd
from heitje.money import Cents
from heitje.programme import TestProgramme


@pytest.fixture(scope="session")
def programme(vectors: Path) -> TestProgramme:
    """The programme whose keys the known answers use."""
    return TestProgramme.parse((vectors / "test-programme.json").read_text())


@pytest.fixture
def card(programme: TestProgramme) -> Card:
    """The programme's first card, 25 euro on it."""
    return Card(MemoryStore(personalise(programme, programme.cards[0].uid, Cents(2500))))


class Counter:
    """A reader's driver, and the field at the other end of its cable. `kind` is pn532 or pcsc."""

    kind: str
    reader: CardReader
    field: Field

    def begin(self, faults: Faults = NO_FAULTS) -> None:
        """Plug the reader in, its field as faulty as told."""
        raise NotImplementedError

    def unplug(self) -> None:
        """Pull the reader's plug, or do not even plug it in."""
        raise NotImplementedError

    def end(self) -> None:
        """Take everything down."""
        self.reader.close()
        self.unplug()


class Pn532Counter(Counter):
    kind = "pn532"

    def __init__(self, link: Path) -> None:
        self.link = link
        self.reader = open_reader(f"pn532:{link}")
        self._plugged: Pn532 | None = None

    def begin(self, faults: Faults = NO_FAULTS) -> None:
        self.field = Field(faults)
        self._plugged = Pn532(self.field, self.link).start()

    def unplug(self) -> None:
        if self._plugged is not None:
            self._plugged.close()
            self._plugged = None


class PcscCounter(Counter):
    """Its daemon lives as long as the test run, for a process knows one pcscd; unplugging stops and restarts it."""

    kind = "pcsc"

    def __init__(self, daemon: PrivatePcscd) -> None:
        self.daemon = daemon
        self.reader = open_reader("pcsc:*")
        self._stopped = False
        self._plugged: Vpcd | None = None

    def begin(self, faults: Faults = NO_FAULTS) -> None:
        if self._stopped:
            self.daemon.start()
            self._stopped = False
        self.field = Field(faults)
        self._plugged = Vpcd(self.field, "127.0.0.1", self.daemon.port).start()

    def unplug(self) -> None:
        if self._plugged is not None:
            self._plugged.close()
            self._plugged = None
        self.daemon.stop()
        self._stopped = True

    def end(self) -> None:
        self.reader.close()
        if self._plugged is not None:
            self._plugged.close()
        if self._stopped:
            self.daemon.start()


@pytest.fixture(scope="session")
def pcscd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivatePcscd]:
    """A pcscd of this test run."""
    if importlib.util.find_spec("smartcard") is None:  # not imported: that reads the socket's name for good
        pytest.skip("pyscard is not installed")
    try:
        daemon = PrivatePcscd(tmp_path_factory.mktemp("pcscd"))
    except PcscdMissing as missing:
        pytest.skip(str(missing))
    with daemon:
        os.environ.update(daemon.environment)
        yield daemon


@pytest.fixture
def pn532_counter(tmp_path: Path) -> Iterator[Pn532Counter]:
    """A counter with a PN532."""
    counter = Pn532Counter(tmp_path / "reader")
    with ExitStack() as closing:
        closing.callback(counter.end)
        yield counter


@pytest.fixture(params=["pn532", "pcsc"])
def counter(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Counter]:
    """The same counter with each reader."""
    made: Counter
    if request.param == "pn532":
        made = Pn532Counter(tmp_path / "reader")
    else:
        made = PcscCounter(request.getfixturevalue("pcscd"))
    with ExitStack() as closing:
        closing.callback(made.end)
        yield made


@pytest.fixture
def make_second_card(programme: TestProgramme) -> Callable[[], Card]:
    """Another citizen's card."""
    return lambda: Card(MemoryStore(personalise(programme, programme.cards[1].uid, Cents(40))))
