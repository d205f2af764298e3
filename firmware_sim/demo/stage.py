# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Where the story plays: a folder, a counter of simulated devices, the till's and the backend's programs."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from firmware_sim.card.firmware import Card
from firmware_sim.card.image import FileStore
from firmware_sim.card.personalisation import personalise
from firmware_sim.demo.programs import Selling, Server, run
from firmware_sim.faults import Tear
from firmware_sim.field import Field
from firmware_sim.pn532 import Pn532
from firmware_sim.printer.ports import TcpPrinter
from firmware_sim.printer.receipt_printer import ReceiptPrinter
from firmware_sim.scanner import Scanner
from heitje.money import Cents
from heitje.programme import TestProgramme

_CARD_AWAY_S: Final = 1.0
_SCAN_TIMEOUT_S: Final = 10.0


@dataclass
class Stage:
    """Everything that the scenes use."""

    programme: TestProgramme
    programme_file: Path
    folder: Path
    field: Field
    reader: Pn532
    scanner: Scanner
    printer: TcpPrinter
    server: Server

    @property
    def till(self) -> Path:
        """The till's folder."""
        return self.folder / "till"

    @property
    def backend(self) -> Path:
        """The backend's folder."""
        return self.folder / "backend"

    @property
    def receipts(self) -> Path:
        """Where the printer puts the paper."""
        return self.folder / "receipts"

    @property
    def notes(self) -> Path:
        """The notes as the desk prints them."""
        return self.folder / "notes.pdf"

    def ask_backend(self, *words: str) -> dict[str, Any]:
        """A command of the municipality's side."""
        return run("backend", *words, "--dir", str(self.backend))

    def ask_till(self, *words: str, expected: tuple[int, ...] = (0,)) -> dict[str, Any]:
        """A command of the till."""
        return run("terminal", *words, "--dir", str(self.till), expected=expected)

    def make_card(self, uid: bytes, balance: Cents) -> Card:
        """A personalised card; its memory is a file."""
        store = FileStore.create(self.folder / f"card-{uid.hex()}.json", personalise(self.programme, uid, balance))
        return Card(store)

    def sell_to_card(self, euros: str, card: Card, tear: Tear | None = None) -> dict[str, Any]:
        """The shopkeeper asks, the citizen holds the card to the reader; after a tear it comes back a moment later."""
        selling = Selling.begin(euros, self.till)
        self.field.put(card, tear=tear)
        answer = selling.answer()
        self.field.lift()
        return answer

    def sell_to_code(self, euros: str, text: str) -> dict[str, Any]:
        """The shopkeeper asks, and scans a phone's code or a note."""
        selling = Selling.begin(euros, self.till)
        self.scanner.scan(text.encode("ascii"))
        self.scanner.wait_sent(_SCAN_TIMEOUT_S)
        return selling.answer()


@contextmanager
def build(programme_file: Path, folder: Path) -> Iterator[Stage]:
    """Set everything up in an empty folder, and take it down again. Raises `ProgramFailed`."""
    programme = TestProgramme.parse(programme_file.read_text(encoding="utf-8"))
    receipts = folder / "receipts"
    receipts.mkdir(parents=True)
    with ExitStack() as stack:
        # A device's address may hold no spaces, the folder's name may; so the cables have a place of their own.
        cables = Path(stack.enter_context(TemporaryDirectory(prefix="heitje-")))
        field = Field(return_after_s=_CARD_AWAY_S)
        reader = stack.enter_context(Pn532(field, cables / "reader"))
        scanner = stack.enter_context(Scanner(cables / "scanner"))
        printer = stack.enter_context(TcpPrinter(ReceiptPrinter(folder=receipts)))
        server = Server(folder / "backend")
        stage = Stage(programme, programme_file, folder, field, reader, scanner, printer, server)
        run("backend", "init", "--test-programme", str(programme_file), "--dir", str(stage.backend))
        server.start()
        stack.callback(server.cut_off)
        run(
            "terminal",
            "init",
            *("--test-programme", str(programme_file), "--dir", str(stage.till), "--backend", server.url),
            *("--reader", f"pn532:{reader.path}", "--scanner", f"serial:{scanner.path}"),
            *("--printer", f"tcp:127.0.0.1:{printer.port}"),
        )
        yield stage
