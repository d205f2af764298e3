# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""`heitje card load | renew`, and `personalise --backend`: cards that the backend works on over this desk's reader.

Who the desk is says a till's directory (`--dir`) or a test programme's file.
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from heitje.card.session import Transmit
from heitje.money import Cents, format_euros
from heitje.programme import TestProgramme
from heitje.relay import End, Reply, Work
from terminal.card_desk import CardDesk, DeskFailed, Say
from terminal.card_relay import CardRelay
from terminal.configuration import ConfigurationError, TerminalConfiguration
from terminal.key_store import TerminalKeys
from terminal.line import Line
from terminal.relaying import RelayFailed

EXIT_FAILED: Final = 1
_GOOD: Final = frozenset({End.LOADED, End.NOTHING_WAITS, End.MADE, End.RENEWED})


def relay_of(arguments: argparse.Namespace, say: Say) -> CardRelay:
    """The desk's line to its backend. Raises `ValueError` where it is not said who the desk is, `OSError`."""

    def clock() -> int:
        return int(time.time())

    if arguments.dir is not None:
        try:
            configuration = TerminalConfiguration.load(arguments.dir)
            keys = TerminalKeys.load(configuration.keys_path, configuration.production)
        except ConfigurationError as error:
            raise ValueError(str(error)) from error
        url = arguments.backend or configuration.backend_url
        terminal, key = configuration.terminal, keys.signing
    elif arguments.test_programme is not None:
        programme = TestProgramme.parse(arguments.test_programme.read_text(encoding="utf-8"))
        url, terminal, key = arguments.backend, programme.terminal, programme.terminal_key
    else:
        raise ValueError("who is this desk? give --dir or --test-programme")
    if url is None:
        raise ValueError("which backend? give --backend URL")
    return CardRelay(Line(url, terminal, key, clock), lambda text: say(f"  {text}"))


def load(arguments: argparse.Namespace, desk: CardDesk, relay: CardRelay) -> int:
    """Settle what is in flight, and load what waits."""
    return _work(arguments, desk, _loading(relay))


def renew(arguments: argparse.Namespace, desk: CardDesk, relay: CardRelay) -> int:
    """Move key 1 to its newest version."""
    return _work(arguments, desk, lambda uid, transmit: [relay.run(Work.RENEW, uid, transmit)])


def personalise(arguments: argparse.Namespace, desk: CardDesk, relay: CardRelay) -> int:
    """Make a blank card, or finish one that was begun."""
    order = arguments.order
    return _work(arguments, desk, lambda uid, transmit: [relay.run(Work.PERSONALISE, uid, transmit, order)])


def add_backend(parser: argparse.ArgumentParser) -> None:
    """What says where the backend is, and who asks."""
    parser.add_argument("--backend", metavar="URL", help="the backend that works on the card; this desk only forwards")
    parser.add_argument("--dir", type=Path, metavar="DIR", help="the till's directory whose terminal this desk is")


def _loading(relay: CardRelay) -> Callable[[bytes, Transmit], list[Reply]]:
    """A load is asked for even where nothing waits: so the answer says what is on the card."""
    return lambda uid, transmit: list(relay.tap(uid, transmit)) or [relay.run(Work.LOAD, uid, transmit)]


def _work(arguments: argparse.Namespace, desk: CardDesk, do: Callable[[bytes, Transmit], list[Reply]]) -> int:
    seen: list[bytes] = []

    def once(uid: bytes, transmit: Transmit) -> list[Reply]:
        seen[:] = [uid]
        return do(uid, transmit)

    try:
        ends = desk.work(once)
    except RelayFailed as error:
        raise DeskFailed(str(error)) from error
    if arguments.json:
        print(json.dumps({"uid": seen[0].hex().upper(), "done": _done(ends), "sessions": list(map(_document, ends))}))
    else:
        print("\n".join(_text(seen[0], end) for end in ends))
    return 0 if _done(ends) else EXIT_FAILED


def _done(ends: list[Reply]) -> bool:
    return all(end.end in _GOOD for end in ends)


def _document(reply: Reply) -> dict[str, Any]:
    document = {"end": str(reply.end), "amount": reply.amount, "balance": reply.balance, "reason": reply.reason}
    return {name: value for name, value in document.items() if value is not None}


def _text(uid: bytes, reply: Reply) -> str:
    words = f"card {uid.hex().upper()}: {reply.end}"
    if reply.amount is not None:
        words += f", € {format_euros(Cents(reply.amount))} loaded"
    if reply.balance is not None:
        words += f", € {format_euros(Cents(reply.balance))} on it"
    return f"{words} ({reply.reason})" if reply.reason is not None else words
