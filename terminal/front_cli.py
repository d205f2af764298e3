# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""`heitje terminal run | screens | states | operator`: the till with its windows, and what belongs to them.

The screens' libraries are loaded by `run` and `screens` alone.
"""

import argparse
import getpass
import json
import os
import re
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from drivers.devices import open_reader, open_scanner
from drivers.errors import LibraryMissing
from terminal.catalogues import LANGUAGES
from terminal.configuration import ConfigurationError, TerminalConfiguration
from terminal.opening import connecting, load_till, locked, opened_journal, receipt_desk

EXIT_FAILED: Final = 1
_SIZE: Final = re.compile(r"([0-9]{3,4})x([0-9]{3,4})", re.ASCII)
SIZES: Final = ((800, 480), (1024, 600))
Finish = Callable[[argparse.ArgumentParser, Callable[[argparse.Namespace], int]], None]


def add_commands(commands: Any, finish: Finish) -> None:
    """Add them to the parser of `heitje terminal`; `finish` adds what every command has."""
    run = commands.add_parser("run", help="the till with its windows: what a shopkeeper touches all day")
    run.add_argument("--window", type=_size, default=SIZES[0], metavar="WxH", help="its size (800x480)")
    run.add_argument("--fullscreen", action="store_true", help="the whole panel, without a mouse pointer")
    run.add_argument("--customer-display", type=_size, nargs="?", const=SIZES[0], metavar="WxH", help="a second window")
    run.add_argument("--remote", type=Path, metavar="SOCKET", help="a remote hand for tests; production refuses it")
    finish(run, _run)

    screens = commands.add_parser("screens", help="a picture of every screen, in every language and size")
    screens.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where the pictures are put")
    screens.set_defaults(command=_screens)

    states = commands.add_parser("states", help="the diagrams of the till's states, made from its tables")
    states.add_argument("--out", type=Path, metavar="FILE", help="write them there instead of to standard output")
    states.set_defaults(command=_states)

    operator = commands.add_parser("operator", help="who may sign on: add, remove, list")
    what = operator.add_subparsers(required=True, metavar="ACTION")
    put = what.add_parser("put", help="add a person or give them a new PIN, read from the terminal or standard input")
    put.add_argument("name")
    put.add_argument("--manager", action="store_true", help="may do what terminal.toml keeps for managers")
    finish(put, _put_operator)
    remove = what.add_parser("remove", help="take a person away")
    remove.add_argument("name")
    finish(remove, _remove_operator)
    finish(what.add_parser("list", help="name them"), _list_operators)


def _run(arguments: argparse.Namespace) -> int:
    attended, front, display, page, remote, operators, service = _front_modules()
    configuration, keys, trust = load_till(arguments.dir)
    if arguments.remote is not None and configuration.production:
        raise ConfigurationError("a till that is set to production takes no remote hand")
    with locked(configuration), opened_journal(configuration) as journal:
        till = attended.Attended(
            configuration=configuration,
            keys=keys,
            trust=trust,
            journal=journal,
            receipts=receipt_desk(configuration),
            operators=operators.Operators.load(configuration.directory),
            reader=open_reader(configuration.reader) if configuration.reader else None,
            scanner=open_scanner(configuration.scanner) if configuration.scanner else None,
            connect=connecting(configuration, keys),
        )
        customer = None if arguments.customer_display is None else page.Size(*arguments.customer_display)
        windows = display.Display(page.Size(*arguments.window), customer, fullscreen=arguments.fullscreen)
        shown = front.Front(till, windows, service.ServiceManager.of())
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: shown.stop())
        hand = None
        if arguments.remote is not None:
            hand = remote.Remote(arguments.remote, till.hands.inbox.put)
            hand.start()
        try:
            shown.run()
        finally:
            if hand is not None:
                hand.close()
    return 0


def _front_modules() -> Any:
    """The modules that need a screen's libraries. Raises `LibraryMissing`."""
    try:
        from terminal import attended, front, operators, remote
        from terminal.health import service
        from terminal.screens import page, window
    except ImportError as error:
        raise LibraryMissing(f"the screens need the extra `screens`: {error}") from error
    return attended, front, window, page, remote, operators, service


def _screens(arguments: argparse.Namespace) -> int:
    os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
    try:
        from terminal.screens import gallery, window
        from terminal.screens.customer_layout import lay_out_customer
        from terminal.screens.customer_view import customer_view
        from terminal.screens.layout import lay_out
        from terminal.screens.page import Size
        from terminal.screens.views import view
    except ImportError as error:
        raise LibraryMissing(f"the screens need the extra `screens`: {error}") from error
    os.environ["TZ"] = gallery.TIME_ZONE
    time.tzset()
    count = 0
    for language in LANGUAGES:
        for width, height in SIZES:
            folder = arguments.out / f"{language}-{width}x{height}"
            folder.mkdir(parents=True, exist_ok=True)
            size, seen = Size(width, height), set()
            for exhibit in gallery.exhibits(language):
                page = lay_out(view(exhibit.scene, exhibit.status), size, window.measure)
                (folder / f"{exhibit.name}.png").write_bytes(window.png(page))
                shown = customer_view(exhibit.scene, exhibit.status)
                count += 1
                if shown not in seen:  # the same for many screens of the till: once
                    seen.add(shown)
                    customer = lay_out_customer(shown, size, window.measure)
                    (folder / f"customer-of-{exhibit.name}.png").write_bytes(window.png(customer))
    print(f"{count} screens in {arguments.out}")
    return 0


def _states(arguments: argparse.Namespace) -> int:
    from terminal.flows.diagram import diagrams

    text = diagrams()
    if arguments.out is None:
        print(text, end="")
    else:
        arguments.out.write_text(text, encoding="utf-8")
    return 0


def _put_operator(arguments: argparse.Namespace) -> int:
    from terminal.operators import Operators

    configuration = TerminalConfiguration.load(arguments.dir)
    pin = getpass.getpass("PIN: ") if sys.stdin.isatty() else sys.stdin.readline().strip()
    try:
        Operators.load(configuration.directory).put(arguments.name, pin, manager=arguments.manager)
    except ValueError as error:
        print(f"heitje terminal operator: {error}", file=sys.stderr)
        return EXIT_FAILED
    return _list_operators(arguments)


def _remove_operator(arguments: argparse.Namespace) -> int:
    from terminal.operators import Operators

    configuration = TerminalConfiguration.load(arguments.dir)
    try:
        Operators.load(configuration.directory).remove(arguments.name)
    except KeyError:
        print(f"heitje terminal operator: there is no {arguments.name}", file=sys.stderr)
        return EXIT_FAILED
    return _list_operators(arguments)


def _list_operators(arguments: argparse.Namespace) -> int:
    from terminal.operators import Operators

    names = list(Operators.load(TerminalConfiguration.load(arguments.dir).directory).names)
    print(json.dumps(names, ensure_ascii=False) if arguments.json else "\n".join(names) or "nobody signs on")
    return 0


def _size(text: str) -> tuple[int, int]:
    found = _SIZE.fullmatch(text)
    if found is None:
        raise argparse.ArgumentTypeError("a size is written as 800x480")
    return int(found[1]), int(found[2])
