# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A witness (C2SP tlog-cosignature): it signs a log's checkpoint if the log only grew since the last one it signed.

1. The checkpoint bears the log's signature and name.
2. It is not smaller than the last one; at the same size it is the same.
3. The tiles prove that the last tree is the beginning of this one.
4. This one is on the witness's disk before anybody has the signature.
5. The signature says when it was made.
"""

from auditor.findings import Found, Refused
from auditor.head import Head, follow, read_head
from auditor.kept import KeptCheckpoint
from auditor.source import NotThere, Source
from heitje.proof.checkpoint import Checkpoint
from heitje.proof.merkle import consistency_path, verify_consistency
from heitje.proof.note import NoteKey, NoteSignature, NoteSigner
from heitje.proof.tiles import MalformedTile, TileReader


def cosign(
    source: Source, log: NoteKey, signer: NoteSigner, kept: KeptCheckpoint, now: int
) -> tuple[Head, NoteSignature]:
    """Look, keep, sign at Unix time `now`. Raises `Refused`, and `MalformedNote` or `OSError` for what was kept."""
    with kept.locked():
        last = kept.load(log)
        head = read_head(source, log)  # 1.
        if last is not None:
            try:
                check_growth(source, last.checkpoint, head.checkpoint)
            except Refused as refused:
                if refused.finding.what in (Found.FORKED, Found.SHRUNK):
                    kept.keep_evidence(head)
                raise
        kept.keep(head)  # 4.
    return head, signer.sign(head.note.text, now)  # 5.


def check_growth(source: Source, last: Checkpoint, now: Checkpoint) -> None:
    """That a log only grew, by its tiles. Raises `Refused`."""
    follow(last, now)  # 2.
    try:
        path = consistency_path(last.size, now.size, TileReader(source.read, now.size).node)
    except (NotThere, MalformedTile) as error:
        raise Refused(Found.MISSING_FILE, path="tile", why=str(error)) from error
    if not verify_consistency(last.size, now.size, path, last.root, now.root):  # 3.
        raise Refused(Found.FORKED, kept=last.size, now=now.size)
