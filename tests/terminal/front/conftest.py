# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A till with its windows on SDL's dummy screen, touched by fingers, with simulators at the far end of each cable."""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

os.environ["SDL_VIDEODRIVER"] = "dummy"
os.environ["SDL_AUDIODRIVER"] = "dummy"

import pygame

from drivers.devices import open_printer, open_reader, open_scanner
from drivers.printer.paper import PAPER_80_MM
from firmware_sim.pn532 import Pn532
from firmware_sim.printer.ports import TcpPrinter
from firmware_sim.scanner import Scanner
from heitje.bundle import TrustBundle
from terminal.attended import Attended
from terminal.configuration import TerminalConfiguration
from terminal.front import Front
from terminal.journal_store import JournalStore
from terminal.key_store import TerminalKeys
from terminal.operators import Operators
from terminal.receipt_printing import ReceiptDesk
from terminal.sale import State
from terminal.screens.page import Size
from terminal.screens.screen import CustomerScreen
from terminal.screens.window import Display
from terminal.trust.trusted import Trust

WITHIN_S = 20.0
SIZE = Size(800, 480)


class Person:
    """Somebody at a till: touches it, looks at it, waits for it. What is not there within 20 s fails the test."""

    def __init__(self, front: Front) -> None:
        self.front = front

    @property
    def screen(self) -> str:
        """The name of the screen that is seen."""
        return "" if self.front.screen is None else self.front.screen.name

    @property
    def customer(self) -> CustomerScreen:
        """What the customer sees."""
        assert self.front.customer is not None
        return self.front.customer

    @property
    def terminal(self) -> str:
        """The till's id, in lower-case hex."""
        return self.front.attended.hands.trust.bundle.terminal.hex()

    @property
    def sale(self) -> State:
        """What the till knows of the sale in hand."""
        return self.front.attended.scene.sale

    def sees(self, *names: str) -> "Person":
        """Wait until one of these screens is there."""
        return self.until(lambda: self.screen in names, " or ".join(names))

    def until(self, condition: Callable[[], bool], what: str) -> "Person":
        """Wait for something."""
        deadline = time.monotonic() + WITHIN_S
        while not condition():
            assert time.monotonic() < deadline, f"{what} did not come; there is {self.screen}: {self.texts}"
            self.front.turn()
        return self

    def touch(self, name: str) -> "Person":
        """Put a finger on the button of this id, and lift it."""
        laid = self.front.laid
        assert laid is not None
        target = next((target for target in laid.targets if target.button.id == name), None)
        assert target is not None, f"no {name} on {self.screen}: {[t.button.id for t in laid.targets]}"
        x, y = target.rect.centred(0, 0)
        where: dict[str, Any] = {
            "x": x / SIZE.width,
            "y": y / SIZE.height,
            "finger_id": 0,
            "touch_id": 0,
            "dx": 0.0,
            "dy": 0.0,
        }
        for kind in (pygame.FINGERDOWN, pygame.FINGERUP):
            pygame.event.post(pygame.Event(kind, **where))
            self.front.turn()
        return self

    def keys(self, *names: str) -> "Person":
        """Press keys of a keyboard."""
        for name in names:
            pygame.event.post(pygame.Event(pygame.KEYDOWN, key=pygame.key.key_code(name), mod=0, unicode=""))
            self.front.turn()
        return self

    def asks(self, digits: str) -> "Person":
        """Type an amount in cents on the glass, and charge it."""
        for digit in digits:
            self.touch(f"digit-{digit}")
        return self.touch("pay").sees("present")

    @property
    def texts(self) -> list[str]:
        """All that the screen says."""
        from terminal.remote_hand import texts_of

        return [] if self.front.screen is None else texts_of(self.front.screen)


@pytest.fixture
def new_front(
    configuration: TerminalConfiguration,
    bundle: TrustBundle,
    keys: TerminalKeys,
    journal: JournalStore,
    receipts: ReceiptDesk,
    now: int,
) -> Iterator[Callable[..., Person]]:
    """Opens a till with its windows; devices are given by their addresses."""
    opened: list[Front] = []

    def make(
        reader: str | None = None,
        scanner: str | None = None,
        printer: str | None = None,
        start: bool = True,
        **changes: object,
    ) -> Person:
        receipts.printer = open_printer(printer, PAPER_80_MM) if printer else None
        values: dict[str, object] = {
            "configuration": replace(configuration, reader=reader, scanner=scanner, printer=printer),
            "keys": keys,
            "trust": Trust.of(bundle),
            "journal": journal,
            "receipts": receipts,
            "operators": Operators.load(configuration.directory),
            "reader": open_reader(reader) if reader else None,
            "scanner": open_scanner(scanner) if scanner else None,
            "clock": lambda: now,
            **changes,
        }
        front = Front(Attended(**values), Display(SIZE, SIZE))  # type: ignore[arg-type]  # the tests know the fields
        opened.append(front)
        front.display.open()
        if start:
            front.attended.start()
            front.show()
        return Person(front)

    yield make
    for front in opened:
        front.attended.stop()
        front.display.close()


@pytest.fixture
def person(new_front: Callable[..., Person], reader: Pn532, scanner: Scanner, printer: TcpPrinter) -> Person:
    """Somebody at a till that has a card reader, a scanner and a printer, when all of them work."""
    there = new_front(f"pn532:{reader.path}", f"serial:{scanner.path}", f"tcp:{printer.host}:{printer.port}")
    return there.until(lambda: _all_work(there.front), "every device")


def _all_work(front: Front) -> bool:
    status = front.attended.status()
    return {status.reader, status.scanner} == {"works"} and status.printer is not None


@pytest.fixture
def till_directory(configuration: TerminalConfiguration) -> Path:
    """Where the till keeps what it must not forget."""
    return configuration.directory
