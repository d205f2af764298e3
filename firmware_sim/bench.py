# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A whole counter: card reader, scanner and printer at once, as a TOML file says (config/bench.toml).

    test_programme   path of the programme whose cards there are, from the file's folder
    folder           where links, card images and receipts are put, from the folder that one is in
    [reader]         kind = "pn532" or "pcsc"; return_after_s: how long a torn card stays away
    [scanner]        baud
    [printer]        port (0: a free one), width_mm = 58 or 80

The file is read once; an unknown key stops the start.
"""

import tomllib
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from firmware_sim.card.personalisation import card_in_file
from firmware_sim.card_desk import CardDesk
from firmware_sim.console import Console
from firmware_sim.field import Field
from firmware_sim.lines import Lines
from firmware_sim.pcscd import PrivatePcscd
from firmware_sim.pn532 import Pn532
from firmware_sim.printer.desk import printer_lines
from firmware_sim.printer.ports import TcpPrinter
from firmware_sim.printer.receipt_printer import WIDTHS, ReceiptPrinter
from firmware_sim.scanner import BAUDS, Scanner
from firmware_sim.vpcd import Vpcd
from heitje.programme import TestProgramme

_KEYS: Final[Mapping[str, Mapping[str, type | tuple[type, ...]]]] = {
    "": {"test_programme": str, "folder": str, "reader": dict, "scanner": dict, "printer": dict},
    "reader": {"kind": str, "return_after_s": (int, float)},
    "scanner": {"baud": int},
    "printer": {"port": int, "width_mm": int},
}


class ReaderKind(Enum):
    """Which reader the card lies on."""

    PN532 = "pn532"
    PCSC = "pcsc"


@dataclass(frozen=True, slots=True)
class BenchConfiguration:
    """The file, checked."""

    test_programme: Path
    folder: Path
    reader: ReaderKind
    return_after_s: float
    scanner_baud: int
    printer_port: int
    printer_width: int


def read_configuration(path: Path) -> BenchConfiguration:
    """Read the file. Raises `ValueError` that names the key, `OSError`."""
    document = tomllib.loads(path.read_text("utf-8"))
    _check("", document)
    for section in ("reader", "scanner", "printer"):
        _check(section, document[section])
    reader, scanner, printer = document["reader"], document["scanner"], document["printer"]
    if reader["kind"] not in {kind.value for kind in ReaderKind}:
        raise ValueError("reader.kind is pn532 or pcsc")
    if printer["width_mm"] not in WIDTHS:
        raise ValueError(f"printer.width_mm is one of {sorted(WIDTHS)}")
    if scanner["baud"] not in BAUDS:
        raise ValueError(f"scanner.baud is one of {', '.join(map(str, BAUDS))}")
    if not 0 <= printer["port"] <= 0xFFFF or reader["return_after_s"] < 0:
        raise ValueError("printer.port is 0 to 65535, reader.return_after_s not below 0")
    return BenchConfiguration(
        test_programme=path.parent / document["test_programme"],
        folder=Path(document["folder"]),
        reader=ReaderKind(reader["kind"]),
        return_after_s=reader["return_after_s"],
        scanner_baud=scanner["baud"],
        printer_port=printer["port"],
        printer_width=WIDTHS[printer["width_mm"]],
    )


def open_bench(configuration: BenchConfiguration, console: Console, closing: ExitStack) -> Lines:
    """Set the counter up, say `ready` with the till's addresses, and give the lines that it understands.

    Everything is taken down by `closing`. Raises `OSError`, `ValueError`, `PcscdMissing`.
    """
    folder = configuration.folder
    folder.mkdir(parents=True, exist_ok=True)
    programme = TestProgramme.parse(configuration.test_programme.read_text("utf-8"))
    cards = {
        card.uid: card_in_file(programme, card.uid, None, folder / f"card-{card.uid.hex()}.json")
        for card in programme.cards
    }
    field = Field(return_after_s=configuration.return_after_s)
    details: dict[str, object] = {}
    if configuration.reader is ReaderKind.PN532:
        reader = closing.enter_context(Pn532(field, (folder / "reader").absolute()))
        details["reader"] = f"pn532:{reader.path}"
    else:
        pcscd = closing.enter_context(PrivatePcscd(folder.absolute()))
        closing.enter_context(Vpcd(field, "127.0.0.1", pcscd.port))
        details["reader"] = "pcsc:*"
        details.update(pcscd.environment)
    scanner = closing.enter_context(Scanner((folder / "scanner").absolute(), configuration.scanner_baud))
    details["scanner"] = f"serial:{scanner.path}@{configuration.scanner_baud}"
    printer = ReceiptPrinter(configuration.printer_width, folder / "receipts")
    printer.printed = lambda path: console.say("printed", file=str(path))
    cable = closing.enter_context(TcpPrinter(printer, port=configuration.printer_port))
    details["printer"] = f"tcp:{cable.host}:{cable.port}"
    desk = CardDesk(field, cards, console)
    console.say("ready", **details, cards=", ".join(uid.hex().upper() for uid in cards))
    return {
        **desk.lines,
        "scan": lambda rest: scanner.scan(rest.encode("utf-8")),
        **printer_lines(printer, console),
    }


def _check(section: str, document: Mapping[str, object]) -> None:
    expected = _KEYS[section]
    place = f"{section}." if section else ""
    for key in document:
        if key not in expected:
            raise ValueError(f"unknown key {place}{key}")
    for key, kind in expected.items():
        if key not in document:
            raise ValueError(f"{place}{key} is missing")
        if not isinstance(document[key], kind) or isinstance(document[key], bool):
            raise ValueError(f"{place}{key} has a wrong type")
