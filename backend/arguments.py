# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the sub-commands of `heitje backend` have in common: how one is declared, and how their words are read."""

import argparse
from typing import Final, TypeAlias

from heitje.money import Cents, cents

Group: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
TOTAL_MAX: Final = 10**11
"""Cents: as much as one payment between banks can be, about."""


def declare(group: Group, name: str, command: str, text: str, *, directory: bool = True) -> argparse.ArgumentParser:
    """A sub-command that `command` does, `module.function` in `backend.commands`; most are about one `directory`."""
    parser = group.add_parser(name, help=text, description=text)
    parser.set_defaults(command=command)
    if directory:
        parser.add_argument("--dir", required=True, metavar="DIR", help="the backend's directory")
    parser.add_argument("--json", action="store_true", help="answer with one JSON object")
    return parser


def subgroup(group: Group, name: str, text: str) -> Group:
    """A word that has sub-commands of its own."""
    return group.add_parser(name, help=text, description=text).add_subparsers(required=True, metavar="COMMAND")


def add_citizen(parser: argparse.ArgumentParser) -> None:
    """Whose account pays, and how much."""
    parser.add_argument("--citizen", required=True, metavar="NUMBER", help="whose account pays")
    parser.add_argument("--amount", required=True, type=amount, metavar="CENTS")


def amount(text: str) -> Cents:
    """Whole cents."""
    try:
        return cents(int(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError("an amount is 1 to 1000000 whole cents") from error


def total(text: str) -> Cents:
    """Whole cents of the municipality's own, which are more than anybody's coin may be."""
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= TOTAL_MAX:
        raise argparse.ArgumentTypeError(f"1 to {TOTAL_MAX} whole cents")
    return Cents(int(text))


def hexadecimal(text: str) -> bytes:
    """Bytes in hex."""
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError("not hexadecimal") from error


def seconds(text: str) -> int:
    """Whole seconds, a day at most."""
    try:
        number = int(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError("whole seconds") from error
    if not 0 <= number <= 86_400:
        raise argparse.ArgumentTypeError("0 to 86400 seconds")
    return number


def count(text: str) -> int:
    """A whole number from 1."""
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 10**9:
        raise argparse.ArgumentTypeError("a whole number from 1")
    return int(text)
