# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""`heitje terminal init | enrol`: a directory becomes a till: a test programme's at once, a town's by its officials."""

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from heitje.introduction import Introduction
from heitje.programme import TestProgramme
from terminal import enrolment
from terminal.configuration import LANGUAGES, TerminalConfiguration
from terminal.journal_file import JournalNotWritten
from terminal.provisioning import initialise

EXIT_FAILED: Final = 1
Finish = Callable[[argparse.ArgumentParser, Callable[[argparse.Namespace], int]], None]


def add_commands(commands: Any, finish: Finish) -> None:
    """Add them to the parser of `heitje terminal`."""
    init = commands.add_parser("init", help="make a directory a ready till of a test programme")
    init.add_argument("--test-programme", type=Path, required=True, metavar="FILE", help="its keys, shop and cards")
    _add_devices(init)
    finish(init, _init)
    enrol = commands.add_parser(
        "enrol",
        help="make this till's own key, and say what officials compare; with --introduction, become a till",
        description="Without --introduction: make this till's id and key, once, and print what the office needs and "
        "the 8 digits that two officials compare. With what the office gave: become a till.",
    )
    enrol.add_argument("--introduction", type=Path, metavar="FILE", help="what heitje backend introduce wrote")
    enrol.add_argument("--production", action="store_true", help="refuse every published key from now on")
    _add_devices(enrol)
    finish(enrol, _enrol)


def _init(arguments: argparse.Namespace) -> int:
    try:
        programme = TestProgramme.parse(arguments.test_programme.read_text(encoding="utf-8"))
        initialise(programme, _configuration(arguments), int(time.time()))
    except (OSError, ValueError, JournalNotWritten) as error:
        print(f"heitje terminal init: {error}", file=sys.stderr)
        return EXIT_FAILED
    if arguments.json:
        print(json.dumps({"dir": str(arguments.dir), "terminal": programme.terminal.hex(), "shop": programme.shop.id}))
    else:
        print(f"a ready till in {arguments.dir}: terminal {programme.terminal.hex()}, shop {programme.shop.id}")
    return 0


def _enrol(arguments: argparse.Namespace) -> int:
    try:
        asked = enrolment.begin(arguments.dir)
        if arguments.introduction is not None:
            introduction = Introduction.decode(arguments.introduction.read_bytes())
            enrolment.finish(_configuration(arguments), introduction)
    except (OSError, ValueError, JournalNotWritten) as error:
        print(f"heitje terminal enrol: {error}", file=sys.stderr)
        return EXIT_FAILED
    ready = arguments.introduction is not None
    document = {"terminal": asked.terminal.hex(), "key": asked.key.raw.hex(), "digits": asked.digits, "ready": ready}
    if arguments.json:
        print(json.dumps({**document, "file": str(arguments.dir / enrolment.ASKED_NAME)}))
    elif ready:
        print(f"a ready till in {arguments.dir}: terminal {document['terminal']}")
    else:
        print(f"terminal   {document['terminal']}\nkey        {document['key']}\n\nto compare {asked.digits}\n")
        print("The office asks for it, and two enrollers compare the eight digits with these:")
        print(f"  heitje backend enrol --terminal {document['terminal']} --key {document['key']} --shop … --by …")
    return 0


def _configuration(arguments: argparse.Namespace) -> TerminalConfiguration:
    return TerminalConfiguration(
        directory=arguments.dir,
        terminal=b"",
        reader=arguments.reader,
        scanner=arguments.scanner,
        printer=arguments.printer,
        paper_mm=arguments.paper_mm,
        language=arguments.language,
        production=getattr(arguments, "production", False),
        backend_url=arguments.backend,
    )


def _add_devices(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--reader", metavar="ADDR", help="card reader: pcsc:*, pcsc:NAME or pn532:/dev/ttyUSB0")
    parser.add_argument("--scanner", metavar="ADDR", help="QR scanner: serial:/dev/ttyACM0")
    parser.add_argument(
        "--printer", metavar="ADDR", help="receipt printer: tcp:HOST:9100, serial:/dev/…, usb:VVVV:PPPP"
    )
    parser.add_argument("--paper-mm", type=int, choices=(58, 80), default=80, help="width of the paper (80)")
    parser.add_argument("--language", choices=LANGUAGES, default="nl", help="language of receipts and messages (nl)")
    parser.add_argument("--backend", metavar="URL", help="where `sync` uploads to")
