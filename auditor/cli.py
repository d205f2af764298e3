# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""`heitje audit`: is the log whole, does the statement follow from it, is the coin backed? Believes nobody."""

import argparse
import json
import sys
import time
from pathlib import Path

from auditor import acts, receipt
from auditor.arguments import add_form, add_log, add_witnesses, source
from auditor.audit import MAX_AGE_H, Audit, Wanted, audit
from auditor.bank import UnreadableStatement, read_amount, read_statement
from auditor.findings import Finding, Found, Refused
from auditor.kept import KeptCheckpoint
from auditor.report import as_document, as_text
from heitje.proof.note import MalformedNote

EXIT_FOUND = 1
EXIT_USAGE = 2


def main(argv: list[str]) -> int:
    """Run it: 0 all is right, 1 something was found, 2 not understood."""
    if argv[:1] == ["receipt"]:
        return receipt.main(argv[1:])
    if argv[:1] == ["acts"]:
        return acts.main(argv[1:])
    try:
        arguments = _parser().parse_args(argv)
    except SystemExit as stop:  # argparse has printed its help or what is wrong
        return stop.code if isinstance(stop.code, int) else EXIT_USAGE
    try:
        done = _run(arguments)
    except (Refused, MalformedNote, OSError) as error:
        print(f"heitje audit: {arguments.keep}: {error}", file=sys.stderr)
        return EXIT_USAGE
    bank_was_there = arguments.statement is not None or arguments.balance is not None
    print(json.dumps(as_document(done)) if arguments.json else as_text(done, arguments.lang, bank_was_there))
    return EXIT_FOUND if done.findings else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="heitje audit",
        description=__doc__,
        epilog="`heitje audit receipt` checks the proof of one receipt, `heitje audit acts` the privileged acts. "
        "Exit codes: 0 all is right, 1 something was found, 2 not understood.",
    )
    parser.add_argument("log", type=source, metavar="LOG", help="the log's folder, or its address (http…)")
    add_log(parser)
    add_witnesses(parser)
    parser.add_argument("--statement", type=Path, metavar="FILE", help="the bank's statement: camt.053, or CSV")
    parser.add_argument("--balance", type=_amount, metavar="EUROS", help="what the bank says is in the account now")
    parser.add_argument(
        "--keep", type=Path, metavar="FILE", help="the last checkpoint whose tree was right: held to, then replaced"
    )
    parser.add_argument(
        "--max-age-h",
        type=int,
        default=MAX_AGE_H,
        metavar="H",
        help="the last reserve statement may be so old (default: %(default)s)",
    )
    add_form(parser)
    return parser


def _run(arguments: argparse.Namespace) -> Audit:
    kept = None if arguments.keep is None else KeptCheckpoint(arguments.keep)
    last = None if kept is None else kept.load(arguments.log_key)
    bank, unreadable = None, None
    if arguments.statement is not None:
        try:
            bank = read_statement(arguments.statement.read_bytes())
        except (UnreadableStatement, OSError) as error:
            unreadable = Finding(Found.BANK_UNREADABLE, {"why": str(error)})
    wanted = Wanted(
        log=arguments.log_key,
        now=int(time.time()),
        witnesses=tuple(arguments.witness_key),
        kept=None if last is None else last.checkpoint,
        bank=bank,
        balance=arguments.balance,
        max_age_h=arguments.max_age_h,
    )
    done = audit(arguments.log, wanted)
    if kept is not None and done.head is not None and done.tree_is_right:
        kept.keep(done.head)
    if unreadable is not None:
        done.findings.append(unreadable)
    return done


def _amount(text: str) -> int:
    try:
        return read_amount(text)
    except UnreadableStatement as error:
        raise argparse.ArgumentTypeError(str(error)) from error
