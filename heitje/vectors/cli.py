# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""`heitje vectors FILE…`: run known-answer files, one line per mismatch and a count."""

import argparse
import json
import sys
from pathlib import Path
from typing import Final

from heitje.vectors.card import SECTIONS, check_card
from heitje.vectors.journal import check_journal
from heitje.vectors.purse import check_purse
from heitje.vectors.report import Check, Document, Report
from heitje.vectors.vouchers import check_requests, check_vouchers

EXIT_MISMATCH: Final = 1
EXIT_USAGE: Final = 2

_FORMS: Final[tuple[tuple[frozenset[str], Check], ...]] = (
    (frozenset({"default", "vectors"}), check_vouchers),
    (frozenset({"requests"}), check_requests),
    (frozenset({"sales"}), check_purse),
    (frozenset({"terminal", "entries"}), check_journal),
)


def find_check(document: object) -> Check | None:
    """The check for a document of this form; None for a form that is not known."""
    if not isinstance(document, dict):
        return None
    for members, check in _FORMS:
        if members <= document.keys():
            return check
    return check_card if SECTIONS & document.keys() else None


def check_file(path: Path) -> Report:
    """Check one file. Raises `ValueError` for one that holds no known answers, `OSError` for an unreadable one."""
    document: Document = json.loads(path.read_text(encoding="utf-8"))
    check = find_check(document)
    if check is None:
        raise ValueError("no form of known answers has these members")
    report = Report()
    with report.vector("file"):
        check(document, report)
    return report


def main(argv: list[str]) -> int:
    """Exit code 0: all as in the files; 1: a mismatch; 2: a file that cannot be read as known answers.

    The files that can be read are checked all the same.
    """
    parser = argparse.ArgumentParser(prog="heitje vectors", description=__doc__)
    parser.add_argument(
        "files", nargs="+", type=Path, metavar="FILE", help="a file in the form of tests/vectors/*.json"
    )
    parser.add_argument("--json", action="store_true", help="answer with one JSON object")
    arguments = parser.parse_args(argv)
    checked, mismatches, unread = 0, [], 0
    for path in arguments.files:
        try:
            report = check_file(path)
        except (OSError, ValueError, RecursionError) as error:
            print(f"heitje vectors: {path}: {error}", file=sys.stderr)
            unread += 1
            continue
        checked += report.checked
        mismatches += [f"{path}: {line}" for line in report.mismatches]
    if arguments.json:
        print(json.dumps({"checked": checked, "mismatches": mismatches, "unread": unread}))
    else:
        for line in mismatches:
            print(line)
        print(f"{checked} answers checked, {len(mismatches)} mismatches")
    if unread:
        return EXIT_USAGE
    return EXIT_MISMATCH if mismatches else 0
