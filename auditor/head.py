# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The head of a log: its checkpoint, whose signature it bears, and whether it goes on from the one before."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from auditor.findings import Finding, Found, Refused
from auditor.source import NotThere, Source
from heitje.proof.checkpoint import Checkpoint
from heitje.proof.note import BadNoteSignature, MalformedNote, Note, NoteKey
from heitje.proof.tiles import CHECKPOINT

CLOCK_TOLERANCE_S: Final = 300
"""A witness's clock may be ahead of ours by this much."""


@dataclass(frozen=True, slots=True)
class Head:
    """A checkpoint with the note that it came in."""

    note: Note
    checkpoint: Checkpoint


def read_head(source: Source, log: NoteKey) -> Head:
    """The log's newest checkpoint, under the log's own key. Raises `Refused`."""
    try:
        return check_head(Note.decode(source.read(CHECKPOINT)), log)
    except (NotThere, MalformedNote) as error:
        raise Refused(Found.NO_CHECKPOINT, why=str(error)) from error


def check_head(note: Note, log: NoteKey) -> Head:
    """A note as this log's checkpoint. Raises `Refused`, `MalformedNote`."""
    try:
        signed = note.signed_by(log) is not None
    except BadNoteSignature:
        signed = False
    if not signed:
        raise Refused(Found.BAD_SIGNATURE, log=log.name)
    checkpoint = Checkpoint.parse(note.text)
    if checkpoint.origin != log.name:
        raise Refused(Found.OTHER_LOG, log=log.name, origin=checkpoint.origin)
    return Head(note, checkpoint)


def follow(kept: Checkpoint, now: Checkpoint) -> None:
    """What two checkpoints say by themselves. Raises `Refused` where the later one takes something back."""
    if now.size < kept.size:
        raise Refused(Found.SHRUNK, kept=kept.size, now=now.size)
    if now.size == kept.size and now.root != kept.root:
        raise Refused(Found.FORKED, kept=kept.size, now=now.size)


def missing_witness(head: Head, witness: NoteKey, now: int) -> Finding | None:
    """What is wrong with a witness's signature, if anything is."""
    try:
        at = head.note.signed_by(witness)
    except BadNoteSignature:
        return Finding(Found.BAD_WITNESS, {"witness": witness.name})
    if at is None:
        return Finding(Found.NO_WITNESS, {"witness": witness.name, "size": head.checkpoint.size})
    if at > now + CLOCK_TOLERANCE_S:
        return Finding(Found.BAD_WITNESS, {"witness": witness.name})
    return None


def day_of(at: int) -> str:
    """A Unix second's day."""
    return datetime.fromtimestamp(at, UTC).date().isoformat()
