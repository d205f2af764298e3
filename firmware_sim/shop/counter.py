# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A shop's counter: the till as a program, the municipality as another, and between them all that can happen.

What can be done is one table of words; a page of buttons, a test and a person at a keyboard use the same.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from dataclasses import replace as changed
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from firmware_sim.demo.programs import ProgramFailed, Server, run
from firmware_sim.faults import Moment, Tear
from firmware_sim.field import Field
from firmware_sim.pn532 import Pn532
from firmware_sim.printer.condition import PaperLevel
from firmware_sim.printer.ports import TcpPrinter
from firmware_sim.printer.receipt_printer import ReceiptPrinter
from firmware_sim.scanner import Scanner
from firmware_sim.shop.purse import NothingLeft, Purse, fill, print_notes
from firmware_sim.shop.till_program import TillIsOff, TillProgram
from heitje.programme import TestProgramme

COMMIT_APDU: Final = 11
"""A sale's last APDU, CommitTransaction (CARD.md section 7)."""
LYING_S: Final = 2.5
"""How long a card that is only tapped lies there."""
NOISE: Final = b"\x02?%noise;$\x7f"
_TOLD_MAX: Final = 40

Do = Callable[[], None]


@dataclass
class Shop:
    """Everything at one counter. `told` is what was done, for people to read."""

    programme: TestProgramme
    folder: Path
    cards_field: Field
    scanner: Scanner
    printer: ReceiptPrinter
    server: Server
    till: TillProgram
    purse: Purse
    told: list[str] = field(default_factory=list)
    _lifting: threading.Timer | None = None

    @property
    def actions(self) -> dict[str, Do]:
        """What can be done: a word, and what it does."""
        taps = {f"tap {name}": self._tapping(name) for name in self.purse.cards}
        return {
            **taps,
            "lay card": lambda: self._put("card", None),
            "lift": self.lift,
            "tear before": self._tearing(Moment.BEFORE),
            "tear after": self._tearing(Moment.AFTER),
            "two cards": lambda: self.cards_field.put(self.purse.cards["card"], self.purse.cards["poor"]),
            "phone": lambda: self._scan(self.purse.pay_by_phone(self.request())),
            "phone without request": lambda: self._scan(self.purse.code_without_request()),
            "phone too late": lambda: self._scan(self.purse.old_code(self.request())),
            "note": lambda: self._scan(self.purse.note()),
            "photograph": lambda: self._scan(self.purse.again()),
            "forgery": lambda: self._scan(self.purse.forged()),
            "noise": lambda: self.scanner.scan(NOISE),
            "print a note": lambda: self.purse.take_note(print_notes(self.programme, self.folder, 1)[0]),
            "paper out": lambda: self._change(paper=PaperLevel.OUT),
            "paper low": lambda: self._change(paper=PaperLevel.LOW),
            "paper in": lambda: self._change(paper=PaperLevel.ENOUGH),
            "cover open": lambda: self._change(cover_open=True),
            "cover closed": lambda: self._change(cover_open=False),
            "printer silent": lambda: self._change(silent=True),
            "printer answers": lambda: self._change(silent=False),
            "network off": self.server.cut_off,
            "network on": self.server.start,
            "power off": self.till.cut_power,
            "power on": self.till.switch_on,
        }

    def do(self, word: str) -> None:
        """Do one thing. Raises `KeyError` for what cannot be done; what went wrong is told."""
        action = self.actions[word]
        try:
            action()
        except (NothingLeft, TillIsOff, ProgramFailed) as error:
            self._tell(f"{word}: {str(error).splitlines()[0] if str(error) else 'the till is off'}")
        else:
            self._tell(word)

    def request(self) -> str:
        """The request that the customer's screen shows; empty where it shows none. Raises `TillIsOff`."""
        customer = self.till.look()["customer"] or {}
        return str(customer.get("qr", ""))

    def lift(self) -> None:
        """Take every card away."""
        self._stop_lifting()
        self.cards_field.lift()

    def state(self) -> dict[str, Any]:
        """How everything at the counter does, but for the till's screens."""
        body = self.printer.body
        return {
            "card": [card.uid.hex().upper() for card in self.cards_field.cards],
            "paper": body.paper.value,
            "cover": "open" if body.cover_open else "closed",
            "printer": "silent" if body.silent else "answers",
            "network": "on" if self.server.is_up else "off",
            "power": "on" if self.till.is_on else "off",
            "notes": len(self.purse.notes),
            "receipts": len(self.printer.receipts),
            "told": list(self.told),
        }

    def _tapping(self, name: str) -> Do:
        return lambda: self._put(name, None, lying_s=LYING_S)

    def _tearing(self, moment: Moment) -> Do:
        return lambda: self._put("card", Tear(moment, COMMIT_APDU))

    def _put(self, name: str, tear: Tear | None, lying_s: float | None = None) -> None:
        self._stop_lifting()
        self.cards_field.put(self.purse.cards[name], tear=tear)
        if lying_s is not None:
            self._lifting = threading.Timer(lying_s, self.cards_field.lift)
            self._lifting.daemon = True
            self._lifting.start()

    def _stop_lifting(self) -> None:
        if self._lifting is not None:
            self._lifting.cancel()
            self._lifting = None

    def _scan(self, text: str) -> None:
        self.scanner.scan(text.encode("ascii"))

    def _change(self, **changes: object) -> None:
        self.printer.change(changed(self.printer.body, **changes))  # type: ignore[arg-type]  # the table above knows

    def _tell(self, text: str) -> None:
        self.told = [*self.told[1 - _TOLD_MAX :], f"{time.strftime('%H:%M:%S')}  {text}"]


@contextmanager
def open_shop(programme_file: Path, folder: Path, window: str = "800x480", *, visible: bool = False) -> Iterator[Shop]:
    """Set the counter up in `folder`, with what an earlier visit left there; take it down again.

    Raises `ProgramFailed`.
    """
    programme = TestProgramme.parse(programme_file.read_text(encoding="utf-8"))
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        # A device's address may hold no spaces, the folder's name may; so the cables have a place of their own.
        cables = Path(stack.enter_context(TemporaryDirectory(prefix="heitje-")))
        cards_field = Field()
        reader = stack.enter_context(Pn532(cards_field, cables / "reader"))
        scanner = stack.enter_context(Scanner(cables / "scanner"))
        paper = ReceiptPrinter(folder=folder / "receipts")
        printer = stack.enter_context(TcpPrinter(paper))
        server = Server(folder / "backend")
        if not (folder / "backend" / "backend.toml").exists():
            run("backend", "init", "--test-programme", str(programme_file), "--dir", str(folder / "backend"))
        server.start()
        stack.callback(server.cut_off)
        purse = Purse.load(programme, folder) or fill(programme, folder)
        till = TillProgram(folder / "till", cables / "hand", window, visible)
        set_up_till(programme_file, till.directory, server.url, reader, scanner, printer)
        till.switch_on()
        stack.callback(till.switch_off)
        shop = Shop(programme, folder, cards_field, scanner, paper, server, till, purse)
        stack.callback(shop.lift)
        yield shop


def set_up_till(
    programme_file: Path, directory: Path, url: str, reader: Pn532, scanner: Scanner, printer: TcpPrinter
) -> None:
    """Make a till, or give one of an earlier visit the cables of today. Raises `ProgramFailed`."""
    addresses = {
        "reader": f"pn532:{reader.path}",
        "scanner": f"serial:{scanner.path}",
        "printer": f"tcp:127.0.0.1:{printer.port}",
    }
    configuration = directory / "terminal.toml"
    if not configuration.exists():
        devices = [word for name, address in addresses.items() for word in (f"--{name}", address)]
        words = ("--test-programme", str(programme_file), "--dir", str(directory), "--backend", url)
        run("terminal", "init", *words, *devices)
        return
    fresh = {**addresses, "url": url}
    lines = configuration.read_text(encoding="utf-8").splitlines()
    kept = [f'{name} = "{fresh[name]}"' if (name := line.partition(" ")[0]) in fresh else line for line in lines]
    configuration.write_text("\n".join(kept) + "\n", encoding="utf-8")
