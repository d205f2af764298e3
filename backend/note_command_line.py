# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""`heitje backend notes …`: print runs of notes, and what has ended (docs/notes.md)."""

import argparse

from backend.arguments import Group, count, declare, subgroup
from backend.minting.print_limits import LANGUAGES, PAPERS, SPOILT, UNSOLD
from backend.official_command_line import add_official


def add_notes(group: Group) -> None:
    """Declare them."""
    notes = subgroup(group, "notes", "print runs: made, printed, handed out, void")
    parser = declare(notes, "print", "notes.print_notes", "make a run of notes, or print one again; writes the PDF")
    parser.add_argument("--name", required=True, help="the order's own name: the same again is the same run")
    parser.add_argument(
        "--notes", required=True, action="append", type=notes_of, metavar="NxEURO", help="as 8x5; may be repeated"
    )
    payer = parser.add_mutually_exclusive_group(required=True)
    payer.add_argument("--citizen", metavar="NUMBER", help="a citizen pays, and gets them")
    payer.add_argument("--team", metavar="NUMBER", help="a team pays, and gets them")
    payer.add_argument("--stock", metavar="GRANT/NUMBER", help="a pick-up point's account of a grant: a stock")
    parser.add_argument(
        "--scope", action="append", default=[], metavar="SCOPE", help="as category:sport; repeated: any"
    )
    _add_paper(parser)
    parser = declare(notes, "refund", "notes.refund", "a run of notes for what a shop gave back of one, by its receipt")
    parser.add_argument("terminal", metavar="HEX", help="the terminal, as the receipt names it")
    parser.add_argument("entry", type=count, metavar="SEQ", help="the refund's entry")
    _add_paper(parser)
    for name, text in (("hand-out", "notes leave the desk: tills take them"), ("void", "notes that will not be used")):
        parser = declare(notes, name, f"notes.{name.replace('-', '_')}", text)
        parser.add_argument("run", type=count, metavar="RUN", help="the run's number")
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--sheets", type=range_of, metavar="A-B", help="whole sheets, as 1-3")
        which.add_argument("--numbers", type=range_of, metavar="A-B", help="notes by their numbers, as 5-9 or 7")
        if name == "void":
            parser.add_argument("--reason", required=True, choices=(SPOILT, UNSOLD))
        else:
            parser.add_argument("--to", default="", metavar="CITIZEN", help="who gets notes of a stock, and pays")
        add_official(parser, "who stands at the desk")
    declare(notes, "list", "notes.list_runs", "every run, and where its notes are")
    declare(group, "expire", "notes.expire", "give back what has ended; a timer runs it each night, twice is once")


def _add_paper(parser: argparse.ArgumentParser) -> None:
    """Where a run goes, and what it looks like."""
    parser.add_argument("--out", required=True, metavar="FILE", help="where the PDF goes")
    parser.add_argument("--home", required=True, metavar="SHOP", help="the one shop that may take them offline")
    parser.add_argument("--language", choices=LANGUAGES, default="nl")
    parser.add_argument("--paper", choices=PAPERS, default="a4", help="receipt: 80 mm wide, a note after the other")
    add_official(parser, "who stands at the desk")


def range_of(text: str) -> tuple[int, int]:
    """`A-B`, or one number."""
    first, _, last = text.partition("-")
    return count(first), count(last or first)


def notes_of(text: str) -> tuple[int, int]:
    """How many of which value, cents: `8x5`."""
    number, mark, euros = text.partition("x")
    if not mark:
        raise argparse.ArgumentTypeError("as 8x5: eight of five euro")
    return count(number), count(euros) * 100
