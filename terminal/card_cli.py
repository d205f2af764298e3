# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""`heitje card personalise | load | renew | show | check-silicon`: the desk of citizens' cards.

With `--backend` the backend works on the card over this desk's reader, with keys that never come here (`relay_cli`).

Exit codes: 0 done, 1 the card was refused or the work failed, 2 not understood or not set up.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from drivers.devices import open_reader
from drivers.errors import LibraryMissing
from heitje.card.examination import STEPS, Looked, Progress, Step
from heitje.card.session import Transmit
from heitje.card.silicon import Finding, Verdict
from heitje.programme import TestProgramme
from terminal import card_words, relay_cli
from terminal.card_desk import CardDesk, DeskFailed
from terminal.card_issuer import CARD_LIFE_YEARS, CardIssuer, CardViewer, TestIssuer, TillViewer
from terminal.card_relay import CardRelay
from terminal.configuration import ConfigurationError
from terminal.opening import load_till

EXIT_FAILED: Final = 1
EXIT_USAGE: Final = 2
DEFAULT_TIMEOUT_S: Final = 60
_DAY_S: Final = 86_400
_LIFE_MAX_YEARS: Final = 20


def main(argv: list[str]) -> int:
    """Run one sub-command. Returns its exit code."""
    arguments = _parser().parse_args(argv)
    try:
        command = _command(arguments)
        desk = CardDesk(open_reader(arguments.reader), _tell, arguments.timeout_s)
    except (OSError, ValueError, LibraryMissing) as error:
        print(f"heitje card: {error}", file=sys.stderr)
        return EXIT_USAGE
    try:
        return command(desk)
    except DeskFailed as error:
        if arguments.json:
            print(json.dumps({"done": False, "reason": str(error)}))
        print(f"heitje card: {error}", file=sys.stderr)
        return EXIT_FAILED


def _command(arguments: argparse.Namespace) -> Callable[[CardDesk], int]:
    """What is to be done, by whoever has the keys. Raises `ValueError`, `OSError`."""
    over_line: Callable[[argparse.Namespace, CardDesk, CardRelay], int] | None = arguments.over_line
    here: Callable[[argparse.Namespace, CardDesk, CardIssuer], int] | None = arguments.here
    if here is _show:
        viewer = _viewer(arguments)
        return lambda desk: _show(arguments, desk, viewer)
    if over_line is not None and (here is None or arguments.backend is not None or arguments.dir is not None):
        if getattr(arguments, "look", False) or getattr(arguments, "years", None) or getattr(arguments, "scope", None):
            raise ValueError(
                "over the backend a card is made as it was ordered: --look, --years and --scope are not for it"
            )
        relay = relay_cli.relay_of(arguments, _tell)
        return lambda desk: over_line(arguments, desk, relay)
    if here is None:
        raise ValueError("which backend? give --backend URL")
    issuer = _issuer(arguments)
    return lambda desk: here(arguments, desk, issuer)


def _personalise(arguments: argparse.Namespace, desk: CardDesk, issuer: CardIssuer) -> int:
    """Make a blank card a card of the programme; finish one that was begun."""
    uid, looked = desk.work(_looking(issuer) if arguments.look else _making(issuer))
    document = {"uid": uid.hex().upper(), **card_words.progress_document(looked)}
    if arguments.json:
        print(json.dumps(document))
    else:
        print(card_words.progress_text(uid, looked, issuer.programme))
    return 0 if isinstance(looked, Progress) and (arguments.look or not looked.missing) else EXIT_FAILED


def _looking(issuer: CardIssuer) -> Callable[[bytes, Transmit], tuple[bytes, Looked]]:
    return lambda uid, transmit: (uid, issuer.look(uid, transmit))


def _making(issuer: CardIssuer) -> Callable[[bytes, Transmit], tuple[bytes, Looked]]:
    """Tell each step by its place among all; a card that is held again is told only what is still to be done."""

    def make(uid: bytes, transmit: Transmit) -> tuple[bytes, Looked]:
        return uid, issuer.personalise(uid, transmit, _tell_step)

    return make


def _tell_step(step: Step) -> None:
    _tell(f"  {step}")


def _show(arguments: argparse.Namespace, desk: CardDesk, issuer: CardViewer) -> int:
    """Show certificate, balance, last transactions, counter and key version."""
    sheet = desk.work(issuer.show)
    print(json.dumps(card_words.sheet_document(sheet)) if arguments.json else card_words.sheet_text(sheet))
    return 0


def _check_silicon(arguments: argparse.Namespace, desk: CardDesk, issuer: CardIssuer) -> int:
    """Run the checks of docs/silicon.md."""
    findings: list[Finding] = []

    def examine(uid: bytes, transmit: Transmit) -> tuple[bytes, Looked]:
        findings.clear()  # a card that left in the middle is examined anew
        return uid, issuer.examine(uid, transmit, findings.append, arguments.spend)

    uid, looked = desk.work(examine)
    if not isinstance(looked, Progress):
        raise DeskFailed(f"this card is not examined: {looked}")
    if arguments.json:
        print(json.dumps(card_words.silicon_document(uid, looked, findings)))
    else:
        print(card_words.silicon_text(looked, findings))
    return EXIT_FAILED if any(finding.verdict is Verdict.DIFFERS for finding in findings) else 0


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _issuer(arguments: argparse.Namespace) -> CardIssuer:
    if arguments.test_programme is None:
        raise ValueError("whose card is it? give --test-programme, --dir or --backend")
    programme = TestProgramme.parse(arguments.test_programme.read_text(encoding="utf-8"))
    scope = tuple(getattr(arguments, "scope", ())) or None
    years = getattr(arguments, "years", None) or CARD_LIFE_YEARS
    return TestIssuer(programme, lambda: int(time.time()), years, scope)


def _viewer(arguments: argparse.Namespace) -> CardViewer:
    """Whose card it is says a till's directory, or a test programme's file. Raises `ValueError`, `OSError`."""
    if arguments.dir is None:
        return _issuer(arguments)
    try:
        _, keys, trust = load_till(arguments.dir)
    except ConfigurationError as error:
        raise ValueError(str(error)) from error
    return TillViewer(keys, trust.bundle, lambda: int(time.time()))


def _seconds(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > _DAY_S:
        raise argparse.ArgumentTypeError(f"whole seconds, at most {_DAY_S}")
    return int(text)


def _years(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= _LIFE_MAX_YEARS:
        raise argparse.ArgumentTypeError(f"between 1 and {_LIFE_MAX_YEARS} years")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="heitje card", description="The desk where citizens' cards are made.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    personalise = commands.add_parser(
        "personalise",
        help="make a blank card a card of the programme, or finish one that was begun",
        description="Make a blank DESFire Light, EV2 or EV3 a card of the programme. A card that leaves too early is "
        "finished when it is held again. A foreign card, or one that was loaded before, is left as it is. Steps: "
        + ", ".join(dict.fromkeys(step for steps in STEPS.values() for step in steps))
        + ".",
    )
    personalise.add_argument("--look", action="store_true", help="only say how far the card is")
    personalise.add_argument("--years", type=_years, metavar="N", help=f"the card's life ({CARD_LIFE_YEARS})")
    personalise.add_argument(
        "--scope", action="append", default=[], metavar="TEXT", help="bind the whole purse, as category:bakery"
    )
    personalise.add_argument("--order", type=int, metavar="N", help="with --backend: the order that it is for")
    relay_cli.add_backend(personalise)
    _finish(personalise, _personalise, relay_cli.personalise)

    load = commands.add_parser("load", help="put on a card what waits for it, and settle what is in flight")
    relay_cli.add_backend(load)
    _finish(load, None, relay_cli.load)
    renew = commands.add_parser("renew", help="move a card's key 1 to its newest version")
    relay_cli.add_backend(renew)
    _finish(renew, None, relay_cli.renew)

    show = commands.add_parser("show", help="certificate, balance, last transactions, counter, key version")
    show.add_argument("--dir", type=Path, metavar="DIR", help="the till's directory: its keys read the card")
    _finish(show, _show, needs_programme=False)

    silicon = commands.add_parser("check-silicon", help="hold a card to the assumptions of docs/silicon.md")
    silicon.add_argument(
        "--spend", action="store_true", help="also load and sell a cent: the card is not to be handed out afterwards"
    )
    _finish(silicon, _check_silicon)
    return parser


def _finish(
    command: argparse.ArgumentParser,
    here: Callable[[argparse.Namespace, CardDesk, CardIssuer], int] | None,
    over_line: Callable[[argparse.Namespace, CardDesk, CardRelay], int] | None = None,
    *,
    needs_programme: bool = True,
) -> None:
    """`here`: done with a test programme's keys; `over_line`: done by the backend."""
    command.add_argument("--reader", required=True, metavar="ADDR", help="pcsc:*, pcsc:NAME or pn532:/dev/ttyUSB0")
    command.add_argument(
        "--test-programme",
        type=Path,
        required=over_line is None and needs_programme,
        metavar="FILE",
        help="whose card it is, with its keys; or who this desk is",
    )
    command.add_argument(
        "--timeout-s", type=_seconds, default=DEFAULT_TIMEOUT_S, metavar="N", help="give up after (60)"
    )
    command.add_argument("--json", action="store_true", help="answer for a program; progress is on standard error")
    command.set_defaults(here=here, over_line=over_line)
