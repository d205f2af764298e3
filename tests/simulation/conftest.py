# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A town in one process: the backend's books on disk, and what a card needs to be held to a reader.

Django is set up once for the process, whichever folder's tests come first; each world works on a copy of its own.
"""

from __future__ import annotations

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
from heitje.programme import TestProgramme

NOW = 1_795_500_000
PROGRAMME_FILE = Path(__file__).parents[1] / "vectors" / "test-programme.json"
TESTBURG = TestProgramme.parse(PROGRAMME_FILE.read_text(encoding="utf-8"))
NUMBERS = count(1)
_template = Path(tempfile.mkdtemp(prefix="heitje-simulation-"))
_prepared = provisioning.prepare(_template, TESTBURG)
if not settings.configured:
    start(_prepared)

from backend import population  # noqa: E402  # models can be imported only now


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


@pytest.fixture(scope="session")
def new_slot() -> type[Slot]:
    """Makes a reader."""
    return Slot
