# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A day of a till with its windows: hours that are played, a sale by touch each four minutes, what it takes of memory.

Between sales each second of the day is one turn of the till's loop, with all that a second brings: the clock on the
screen, patience that ends, limits that are counted anew. Devices, journal, printer and painting are the real ones.
`HEITJE_HOURS` is how long the day is: 4, for a run among others; 24 takes some minutes.
"""

import ctypes
import gc
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

os.environ["SDL_VIDEODRIVER"] = "dummy"
os.environ["SDL_AUDIODRIVER"] = "dummy"

from drivers.devices import open_printer, open_reader, open_scanner
from drivers.printer.paper import PAPER_80_MM
from firmware_sim.card.firmware import Card
from firmware_sim.card.image import MemoryStore
from firmware_sim.card.personalisation import personalise
from firmware_sim.field import Field
from firmware_sim.pn532 import Pn532
from firmware_sim.printer.ports import TcpPrinter
from firmware_sim.printer.receipt_printer import ReceiptPrinter
from firmware_sim.scanner import Scanner
from heitje import codes, qr, vouchers
from heitje.codes import PaymentCode
from heitje.money import Cents
from heitje.programme import TestProgramme
from heitje.vouchers import Voucher
from terminal.attended import Attended
from terminal.configuration import TerminalConfiguration
from terminal.front import FRAME_S, RESTING_FRAME_S, Front
from terminal.journal_store import JournalStore
from terminal.key_store import TerminalKeys
from terminal.operators import Operators
from terminal.provisioning import initialise
from terminal.receipt_printing import ReceiptDesk
from terminal.screens.inputs import Down, KeyPressed, Up
from terminal.screens.page import Size
from terminal.screens.window import Display
from terminal.trust.store import TrustStore

HOURS = float(os.environ.get("HEITJE_HOURS", "4"))
WARM_HOURS = HOURS / 4
EVERY_S = 240
"""From one sale to the next: 360 in 24 hours."""
SALE_S = 20
"""What a sale takes of the played day."""
GROWTH_KIB_MOST = 1024
WITHIN_S = 30.0
SIZE = Size(800, 480)
DAY_S = 86_400
UID = bytes.fromhex("04A1B2C3D4E580")
_ENDED = frozenset({"accepted", "accepted-no-paper", "refused", "cancelled"})


class Day:
    """A till, who touches it, and the time."""

    def __init__(self, programme: TestProgramme, directory: Path, printer: TcpPrinter, paper: ReceiptPrinter) -> None:
        configuration = TerminalConfiguration.load(directory)
        keys = TerminalKeys.load(configuration.keys_path, production=False)
        trust = TrustStore(configuration.trust_path, keys.roots, configuration.terminal).load()
        self.journal = JournalStore.open(configuration.journal_path, configuration.terminal)
        self.programme, self.paper, self.began, self.past_s = programme, paper, trust.signed_at, 0.0
        receipts = ReceiptDesk(open_printer(f"tcp:{printer.host}:{printer.port}", PAPER_80_MM), 80, "nl")
        attended = Attended(
            configuration,
            keys,
            trust,
            self.journal,
            receipts,
            Operators.load(directory),
            open_reader(configuration.reader or ""),
            open_scanner(configuration.scanner or ""),
            clock=lambda: int(self.began + self.past_s),
            steady=lambda: self.past_s,
        )
        self.front = Front(attended, Display(SIZE, SIZE))
        self.front.display.open()
        attended.start()
        self.front.show()

    def seconds(self, count: float) -> None:
        """So many seconds in which nobody does anything."""
        self.front.frame_s = self.front.resting_frame_s = 0.0
        for _ in range(int(count)):
            self.past_s += 1.0
            self.front.turn()
        self.front.frame_s, self.front.resting_frame_s = FRAME_S, RESTING_FRAME_S

    def touch(self, name: str) -> None:
        """Put a finger on a button."""
        laid = self.front.laid
        target = next(target for target in laid.targets if target.button.id == name) if laid else None
        assert target is not None
        x, y = target.rect.centred(0, 0)
        for hand in (Down(x, y), Up(x, y)):
            self.front.handle(hand)
            self.front.show()

    def sell(self, digits: str, present: Callable[[], object]) -> str:
        """One sale, from the pad to its end; how it ended."""
        for digit in digits:
            self.front.handle(KeyPressed(digit))
        self.front.show()
        self.touch("pay")
        present()
        deadline = time.monotonic() + WITHIN_S
        while self.name not in _ENDED:
            assert time.monotonic() < deadline, self.name
            self.front.turn()
        ended = self.name
        self.touch("cancel" if ended == "refused" else "done")
        self.journal.acknowledge(self.journal.head()[0], ())  # as an upload would
        self.paper.receipts.clear()
        return ended

    @property
    def name(self) -> str:
        """The screen that is seen."""
        return "" if self.front.screen is None else self.front.screen.name

    def code(self, number: int) -> bytes:
        """A fresh allowance's code."""
        now, phone = int(self.began + self.past_s), self.programme.phone_ed25519
        allowance = Voucher(
            self.programme.iss, now + DAY_S, now, number.to_bytes(16, "big"), Cents(2500), cnf=phone.public
        )
        token = vouchers.issue(allowance, self.programme.mint)
        return qr.encode_code(codes.sign(PaymentCode(now, 1, Cents(100), token), phone)).encode()

    def note(self, number: int) -> bytes:
        """A fresh note of one euro."""
        now, home = int(self.began + self.past_s), self.programme.shop.id
        note = Voucher(self.programme.iss, now + DAY_S, now, number.to_bytes(16, "big"), Cents(100), home=home)
        return qr.encode_voucher(vouchers.issue(note, self.programme.mint)).encode()

    def close(self) -> None:
        """The day is over."""
        self.front.attended.stop()
        self.front.display.close()
        self.journal.close()


@pytest.fixture
def day(tmp_path: Path, programme: TestProgramme) -> Iterator[tuple[Day, Field, Scanner]]:
    """A till with all that belongs to it, and what can be held to it."""
    field, paper = Field(), ReceiptPrinter()
    with (
        Pn532(field, tmp_path / "pn532") as reader,
        Scanner(tmp_path / "scanner", baud=115_200) as scanner,
        TcpPrinter(paper) as cable,
    ):
        configuration = TerminalConfiguration(
            tmp_path / "till", b"", reader=f"pn532:{reader.path}", scanner=f"serial:{scanner.path}"
        )
        initialise(programme, replace(configuration), int(time.time()))
        day = Day(programme, tmp_path / "till", cable, paper)
        yield day, field, scanner
        day.close()


def test_a_day_with_windows(
    benchmark: BenchmarkFixture,
    figure: Callable[..., None],
    day: tuple[Day, Field, Scanner],
    programme: TestProgramme,
) -> None:
    till, field, scanner = day
    card = Card(MemoryStore(personalise(programme, UID, Cents(15_000))))
    sizes: list[tuple[float, int]] = []
    ended: list[str] = []

    def present(number: int) -> None:
        if number % 3 == 0:
            field.put(card)
        else:
            scanner.scan(till.code(number) if number % 3 == 1 else till.note(number))

    def play() -> None:
        number = 0
        while till.past_s < HOURS * 3600:
            ended.append(till.sell("10" if number % 3 == 0 else "100", partial(present, number)))
            field.lift()
            number += 1
            till.seconds(EVERY_S)
            sizes.append((till.past_s / 3600, resident_kib()))

    pedantic: Callable[..., object] = benchmark.pedantic
    pedantic(play, rounds=1)
    warm = next(kib for hour, kib in sizes if hour >= WARM_HOURS)
    grown = sizes[-1][1] - warm
    told = ", ".join(f"{hour:.0f} h {kib} KiB" for hour, kib in sizes[:: max(1, len(sizes) // 8)])
    print(f"{len(ended)} sales, {ended.count('accepted')} accepted; {told}")
    assert sum(end.startswith("accepted") for end in ended) > len(ended) * 2 // 3
    name = f"till with windows, memory grown in the last {HOURS - WARM_HOURS:.0f} of {HOURS:.0f} h"
    figure(name, grown, "KiB", limit=GROWTH_KIB_MOST, ratio=GROWTH_KIB_MOST / max(grown, 1), goal=1.0)


def resident_kib() -> int:
    """What this process has of memory, SDL's pictures and the simulators included, once what is free is given back."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024
