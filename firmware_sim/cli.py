# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""`heitje sim card | printer | scanner | bench`: simulators that other programs can talk to.

Each says `ready` on standard output when it can be used and ends at SIGINT or SIGTERM. Exit codes: 0 ended, 1 could
not run, 2 not understood.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from firmware_sim import card_choice
from firmware_sim.bench import open_bench, read_configuration
from firmware_sim.card_desk import TEARS, CardDesk, kept
from firmware_sim.console import Console
from firmware_sim.faults import Faults, Moment, Tear
from firmware_sim.field import Field
from firmware_sim.lines import Lines, UnknownLine, do_line
from firmware_sim.pace import Pace
from firmware_sim.pcscd import PcscdMissing
from firmware_sim.pn532 import Pn532
from firmware_sim.printer.desk import printer_lines
from firmware_sim.printer.ports import PtyPrinter, TcpPrinter
from firmware_sim.printer.receipt_printer import WIDTHS, ReceiptPrinter
from firmware_sim.scanner import BAUDS, Scanner
from firmware_sim.vpcd import Vpcd

EXIT_FAILED: Final = 1
EXIT_USAGE: Final = 2

RETURN_AFTER_S: Final = 1.0
"""How long a torn card stays away by default: as long as it takes to hold it again."""
SENT_TIMEOUT_S: Final = 10.0

CARD_LINES = """\
lines on standard input:
  tap             lay the card on the reader (again)
  lift            take it away
  tear-before N   next, pull it away before it has seen the Nth APDU
  tear-after N    next, pull it away when it has done the Nth APDU, its answer lost
  balance         say what the card keeps

APDUs are counted from 1 since the card entered the field; what a PC/SC reader answers itself (FF CA 00 00 00, its
UID) is not counted. A tear happens once. After it the card is away for --return-after-s and then lies in the field
again, so that a second tap needs no hand."""

PRINTER_LINES = """\
lines on standard input:
  paper out | low | ok     cover open | closed     printer offline | online | silent | answering

Each cut writes receipt-0001.png and receipt-0001.txt, and so on from what is there."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a simulator until it is told to end."""
    options = _parser().parse_args(argv)
    console = Console(as_json=options.json)
    run: Callable[[argparse.Namespace, Console, ExitStack], int] = options.run
    try:
        with ExitStack() as closing:
            closing.callback(console.close)
            return run(options, console, closing)
    except ValueError as error:
        print(f"heitje sim: {error}", file=sys.stderr)
        return EXIT_USAGE
    except (OSError, PcscdMissing) as error:
        print(f"heitje sim: {error}", file=sys.stderr)
        return EXIT_FAILED


def run_card(options: argparse.Namespace, console: Console, closing: ExitStack) -> int:
    """A card on a reader."""
    card = card_choice.chosen(options)
    field = Field(Faults(tear=options.tear), None if options.stay_away else options.return_after_s)
    if options.pn532 is not None:
        reader = closing.enter_context(Pn532(field, options.pn532.absolute(), options.pace))
        address = f"pn532:{reader.path}"
        field.put(card)
    else:
        host, port = options.vpcd
        cable = closing.enter_context(Vpcd(field, host, port, options.pace))
        address = f"vpcd:{host}:{port}"
        field.put(card)
        console.say("waiting", reader=address)
        if not cable.wait_reached(console.ended):
            return 0
    desk = CardDesk(field, {card.uid: card}, console)
    console.say("ready", reader=address, card=card.uid.hex().upper(), **kept(card))
    _serve(console, desk.lines)
    return 0


def run_printer(options: argparse.Namespace, console: Console, closing: ExitStack) -> int:
    """A receipt printer."""
    printer = ReceiptPrinter(WIDTHS[options.width], options.out)
    printer.printed = lambda path: console.say("printed", file=str(path))
    if options.pty is not None:
        serial = closing.enter_context(PtyPrinter(printer, options.pty.absolute()))
        console.say("ready", printer=f"serial:{serial.path}")
    else:
        host, port = options.tcp
        network = closing.enter_context(TcpPrinter(printer, host, port))
        console.say("ready", printer=f"tcp:{network.host}:{network.port}")
    _serve(console, printer_lines(printer, console))
    for kind, codes in (("unknown", printer.interpreter.unknown), ("ignored", printer.interpreter.ignored)):
        if codes:
            console.say(kind, commands=", ".join(f"{code} ({count})" for code, count in codes.items()))
    return 0


def run_scanner(options: argparse.Namespace, console: Console, closing: ExitStack) -> int:
    """A scanner: each line of standard input is scanned; it ends when all of it has been sent."""
    scanner = closing.enter_context(Scanner(options.pty.absolute(), options.baud))
    console.say("ready", scanner=f"serial:{scanner.path}@{options.baud}")
    for line in console.lines():
        if line:
            scanner.scan(line.encode("utf-8"))
            console.say("scanned", bytes=len(line.encode("utf-8")))
    if not console.ended.is_set():
        scanner.wait_sent(SENT_TIMEOUT_S)
    return 0


def run_bench(options: argparse.Namespace, console: Console, closing: ExitStack) -> int:
    """A whole counter."""
    _serve(console, open_bench(read_configuration(options.config), console, closing))
    return 0


def _serve(console: Console, lines: Lines) -> None:
    """Do lines; after the end of standard input go on until a signal."""
    for line in console.lines():
        try:
            do_line(line, lines)
        except UnknownLine as error:
            console.complain(str(error))
    console.ended.wait()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="heitje sim", description="Simulated devices for any program to use.")
    kinds = parser.add_subparsers(required=True, metavar="KIND")

    def kind(name: str, text: str, run: object, epilog: str = "") -> argparse.ArgumentParser:
        sub = kinds.add_parser(
            name,
            help=text,
            description=text[0].upper() + text[1:] + ".",
            epilog=epilog,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        sub.add_argument("--json", action="store_true", help="write events as JSON, one object a line")
        sub.set_defaults(run=run)
        return sub

    card = kind(
        "card", "a card on a PC/SC reader or a PN532: a citizen's, a blank one, or a stranger", run_card, CARD_LINES
    )
    card_choice.add_arguments(card)
    reader = card.add_mutually_exclusive_group(required=True)
    reader.add_argument("--vpcd", type=_host_and_port, metavar="HOST:PORT", help="a vpcd that a pcscd has loaded")
    reader.add_argument("--pn532", type=Path, metavar="LINK", help="where the PN532's serial port is linked")
    card.add_argument(
        "--pace",
        type=_pace,
        nargs="?",
        const=Pace(),
        metavar="BAUD",
        help="take real time: 106 kbit/s in the air, the PN532's line as fast as it is set to, or BAUD at most",
    )
    tear = card.add_mutually_exclusive_group()
    for word, moment in TEARS.items():
        tear.add_argument(
            f"--{word}",
            dest="tear",
            type=_tear(moment),
            metavar="N",
            help=f"pull the card away {moment.value} the Nth APDU",
        )
    away = card.add_mutually_exclusive_group()
    away.add_argument(
        "--return-after-s",
        type=_seconds,
        default=RETURN_AFTER_S,
        metavar="S",
        help=f"how long a torn card stays away (default {RETURN_AFTER_S})",
    )
    away.add_argument("--stay-away", action="store_true", help="a torn card comes back by the line tap alone")

    printer = kind("printer", "an ESC/POS receipt printer", run_printer, PRINTER_LINES)
    cable = printer.add_mutually_exclusive_group(required=True)
    cable.add_argument("--tcp", type=_host_and_port, metavar="HOST:PORT", help="listen there; port 0 takes a free one")
    cable.add_argument("--pty", type=Path, metavar="LINK", help="where its serial port is linked")
    printer.add_argument("--out", type=Path, required=True, metavar="DIR", help="where receipts are put")
    printer.add_argument("--width", type=int, choices=sorted(WIDTHS), default=80, help="paper in mm (default 80)")

    scanner = kind("scanner", "a 2-D scanner that reads each line of standard input", run_scanner)
    scanner.add_argument("--pty", type=Path, required=True, metavar="LINK", help="where its serial port is linked")
    scanner.add_argument("--baud", type=int, choices=BAUDS, default=BAUDS[-1], help=f"default {BAUDS[-1]}")

    bench = kind("bench", "a whole counter: reader with cards, scanner, printer", run_bench, CARD_LINES)
    bench.add_argument("--config", type=Path, required=True, metavar="FILE", help="as config/bench.toml")
    return parser


def _tear(moment: Moment) -> Callable[[str], Tear]:
    def tear(text: str) -> Tear:
        return Tear(moment, int(text))

    return tear


def _pace(text: str) -> Pace:
    baud = int(text)
    if baud < 1:
        raise ValueError(text)
    return Pace(baud)


def _seconds(text: str) -> float:
    return max(float(text), 0.0)


def _host_and_port(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or not host or not 0 <= int(port) <= 0xFFFF:
        raise ValueError(text)
    return host.strip("[]"), int(port)
