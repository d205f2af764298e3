# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""`heitje audit acts`: are the privileged acts that we were given those that were anchored in public, day by day?

1. The anchors' checkpoint is signed by the log, and by each witness that is asked for; it goes on from the one kept.
2. Entries, tiles and root fit each other.
3. Each act follows from the one before.
4. Each anchor is opened by the acts, and the last one is not old.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from auditor.arguments import add_form, add_log, add_witnesses, source
from auditor.findings import Finding, Found, Refused
from auditor.head import Head, day_of, follow, missing_witness, read_head
from auditor.kept import KeptCheckpoint
from auditor.report import finding_document, tell
from auditor.source import Source, Within
from auditor.structure import Structure
from auditor.words import SAYINGS, put
from heitje.proof.acts import FOLDER, Act, Anchor, commitment, origin_beside
from heitje.proof.checkpoint import Checkpoint
from heitje.proof.leaf import MalformedLeaf
from heitje.proof.note import MalformedNote, NoteKey

MAX_AGE_H: Final = 48
_HOUR_S: Final = 3600


class UnreadableActs(ValueError):
    """The file is no export of acts."""


@dataclass(frozen=True, slots=True)
class Export:
    """What the municipality gave: its acts, and a nonce for each anchor."""

    acts: tuple[Act, ...]
    nonces: tuple[bytes, ...]

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read the file. Raises `UnreadableActs`."""
        try:
            document = json.loads(data)
            acts = tuple(Act(**row) for row in document["acts"])
            nonces = tuple(map(bytes.fromhex, document["nonces"]))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise UnreadableActs(f"no export of acts: {error}") from error
        texts = [text for act in acts for text in (act.actor, act.act, act.subject, act.details, act.previous)]
        if any(type(act.number) is not int or type(act.at) is not int for act in acts):
            raise UnreadableActs("an act's number and time are whole numbers")
        if not all(isinstance(text, str) for text in texts):
            raise UnreadableActs("what an act says is text")
        return cls(acts, nonces)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the audit goes by; `log` is the postings' key, whose anchors lie beside it."""

    log: NoteKey
    now: int
    witnesses: tuple[NoteKey, ...] = ()
    kept: Checkpoint | None = None
    max_age_h: int = MAX_AGE_H


@dataclass
class ActsAudit:
    """What came of it. `anchored`: so many acts stand under an anchor."""

    acts: int
    head: Head | None = None
    anchored: int = 0
    tree_is_right: bool = False
    findings: list[Finding] = field(default_factory=list)


def audit_acts(export: Export, log: Source, wanted: Wanted) -> ActsAudit:
    """Look at everything; `log` is the postings' place."""
    done, place = ActsAudit(len(export.acts)), Within(log, FOLDER)
    try:
        done.head = read_head(place, anchors_key(wanted.log))  # 1.
        done.findings += filter(None, (missing_witness(done.head, key, wanted.now) for key in wanted.witnesses))
        if wanted.kept is not None:
            follow(wanted.kept, done.head.checkpoint)
    except Refused as refused:
        done.findings.append(refused.finding)
        return done
    structure, anchors = Structure(place, done.head.checkpoint, wanted.kept), list[Anchor]()  # 2.
    for entry, data in structure.leaves():
        try:
            anchors.append(Anchor.decode(data))
        except MalformedLeaf as error:
            done.findings.append(Finding(Found.MALFORMED_ENTRY, {"entry": entry, "why": str(error)}))
    done.findings += structure.findings
    if done.findings:
        return done
    done.tree_is_right = True
    done.findings += _chain(export.acts)  # 3.
    done.findings += _opened(export, anchors)  # 4.
    if not anchors:
        done.findings.append(Finding(Found.NO_ANCHOR))
    elif wanted.now - anchors[-1].at > wanted.max_age_h * _HOUR_S:
        facts: dict[str, str | int] = {"day": day_of(anchors[-1].at), "hours": wanted.max_age_h}
        done.findings.append(Finding(Found.ACTS_STALE, facts))
    done.anchored = anchors[-1].count if anchors and not done.findings else 0
    return done


def anchors_key(log: NoteKey) -> NoteKey:
    """The key of the anchors' log: the same pair under another name."""
    return NoteKey(origin_beside(log.name), log.type, log.public)


def _chain(acts: tuple[Act, ...]) -> Iterator[Finding]:
    """The first place at which the acts do not follow from each other."""
    number, digest = 0, ""
    for act in acts:
        if (act.number, act.previous) != (number + 1, digest):
            yield Finding(Found.BROKEN_ACT, {"number": act.number, "after": number})
            return
        number, digest = act.number, act.digest


def _opened(export: Export, anchors: list[Anchor]) -> Iterator[Finding]:
    """The first anchor that these acts do not open; what was changed lies between it and the one before."""
    before = 0
    for entry, anchor in enumerate(anchors):
        day = anchor.day.isoformat()
        if anchor.count > len(export.acts):
            yield Finding(Found.MISSING_ACTS, {"day": day, "count": anchor.count, "there": len(export.acts)})
            return
        if entry >= len(export.nonces):
            yield Finding(Found.UNOPENED_ANCHOR, {"day": day, "entry": entry})
            return
        digest = export.acts[anchor.count - 1].digest if anchor.count else ""
        if commitment(export.nonces[entry], anchor.count, digest) != anchor.commitment:
            yield Finding(Found.REWRITTEN_ACTS, {"day": day, "first": before + 1, "last": anchor.count})
            return
        before = anchor.count


def main(argv: list[str]) -> int:
    """Run it: 0 all is right, 1 something was found, 2 not understood."""
    try:
        arguments = _parser().parse_args(argv)
    except SystemExit as stop:  # argparse has printed its help or what is wrong
        return stop.code if isinstance(stop.code, int) else 2
    try:
        done = _run(arguments)
    except (Refused, MalformedNote, UnreadableActs, OSError) as error:
        print(f"heitje audit acts: {error}", file=sys.stderr)
        return 2
    print(json.dumps(_document(done)) if arguments.json else _text(done, arguments.lang))
    return 1 if done.findings else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="heitje audit acts", description=__doc__.split("\n", 1)[0])
    parser.add_argument("acts", type=Path, metavar="FILE", help="the acts, as heitje backend acts --out gave them")
    parser.add_argument("log", type=source, metavar="LOG", help="the public log's folder, or its address (http…)")
    add_log(parser)
    add_witnesses(parser)
    parser.add_argument(
        "--keep", type=Path, metavar="FILE", help="the anchors' last checkpoint that was right: held to, then replaced"
    )
    parser.add_argument(
        "--max-age-h",
        type=int,
        default=MAX_AGE_H,
        metavar="H",
        help="the last anchor may be so old (default: %(default)s)",
    )
    add_form(parser)
    return parser


def _run(arguments: argparse.Namespace) -> ActsAudit:
    export = Export.decode(arguments.acts.read_bytes())
    kept = None if arguments.keep is None else KeptCheckpoint(arguments.keep)
    last = None if kept is None else kept.load(anchors_key(arguments.log_key))
    wanted = Wanted(
        log=arguments.log_key,
        now=int(time.time()),
        witnesses=tuple(arguments.witness_key),
        kept=None if last is None else last.checkpoint,
        max_age_h=arguments.max_age_h,
    )
    done = audit_acts(export, arguments.log, wanted)
    if kept is not None and done.head is not None and done.tree_is_right:
        kept.keep(done.head)
    return done


def _text(done: ActsAudit, language: str) -> str:
    say, lines = SAYINGS[language], list[str]()
    if done.head is not None:
        facts: dict[str, str | int] = {"acts": done.acts, "anchored": done.anchored}
        facts |= {"origin": done.head.checkpoint.origin, "size": done.head.checkpoint.size}
        lines.append(put(say["acts"], language, facts))
    if not done.findings:
        return "\n".join((*lines, say["acts_good"]))
    return "\n".join((*lines, say["bad"], *(f"  - {tell(finding, language)}" for finding in done.findings)))


def _document(done: ActsAudit) -> dict[str, Any]:
    head = done.head
    return {
        "ok": not done.findings,
        "findings": [finding_document(finding) for finding in done.findings],
        "origin": None if head is None else head.checkpoint.origin,
        "anchors": None if head is None else head.checkpoint.size,
        "acts": done.acts,
        "anchored": done.anchored,
    }
