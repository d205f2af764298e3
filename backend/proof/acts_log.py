# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Anchors the chain of acts in public, so that it cannot be rewritten unseen: a log of its own, beside the postings'.

Each day, and each night that saw an act, number and digest of the last one become a leaf (`heitje.proof.acts`). There
are few of them, so the whole tree is built each time. Safe to run twice, or to be killed anywhere and run again.
"""

import json
import secrets
from datetime import UTC, datetime
from functools import cache

from django.db import transaction

from backend.minting.keystore import KeyStore
from backend.officials import acts
from backend.officials.models import Act
from backend.proof.models import ActsAnchor
from backend.proof.public_log import PublicLog
from backend.proof.publishing import LogDiffers, Published, log_key
from heitje.proof import merkle
from heitje.proof.acts import FOLDER, NONCE_LENGTH, Anchor, commitment, origin_beside
from heitje.proof.checkpoint import Checkpoint
from heitje.proof.merkle import Node, leaf_hash, node_hash
from heitje.proof.note import Note, NoteKey
from heitje.proof.tiles import CHECKPOINT, HEIGHT, WIDTH, entries_path, pack, tile_path, tiles_of
from heitje.trust_root import Role


def write(programme: str, key_store: KeyStore, log: PublicLog, now: int, anew: bool = False) -> Published:
    """Anchor the acts as they are at Unix time `now`, and sign; `log` is the postings'.

    Raises `LogDiffers` where acts that were anchored are no longer what they were, or the public has another log.
    `KeysRefused`.
    """
    postings = log_key(programme, key_store)
    key = NoteKey(origin_beside(postings.name), postings.type, postings.public)
    _anchor(now)
    return _publish(key, key_store, beside(log), anew)


def beside(log: PublicLog) -> PublicLog:
    """The anchors' log, in the folder of the postings'."""
    return PublicLog(log.directory / FOLDER)


def export() -> bytes:
    """All acts and what opens their anchors, for an auditor: JSON."""
    rows = [
        {
            "number": act.number,
            "at": act.at,
            "actor": act.actor,
            "act": act.act,
            "subject": act.subject,
            "details": act.details,
            "previous": act.previous,
        }
        for act in Act.objects.order_by("number")
    ]
    nonces = [bytes(nonce).hex() for nonce in ActsAnchor.objects.order_by("leaf").values_list("nonce", flat=True)]
    return json.dumps({"acts": rows, "nonces": nonces}, ensure_ascii=False, indent=1).encode()


def _anchor(now: int) -> None:
    """The next leaf, where acts came since the last one, or a day has begun. Raises `LogDiffers`."""
    day = datetime.fromtimestamp(now, UTC).date()
    with transaction.atomic():
        acts.lock()
        last = ActsAnchor.objects.order_by("-leaf").first()
        count, head = acts.head()
        if last is not None:
            if not Act.objects.filter(number=last.count, digest=last.head).exists():
                raise LogDiffers(f"the acts are no longer those of which {last.count} were anchored")
            if last.count == count and datetime.fromtimestamp(last.at, UTC).date() >= day:
                return
        if count:
            nonce = secrets.token_bytes(NONCE_LENGTH)
            entry = Anchor(day, now, count, commitment(nonce, count, head)).encode()
            leaf = 0 if last is None else last.leaf + 1
            ActsAnchor.objects.create(leaf=leaf, at=now, count=count, head=head, nonce=nonce, entry=entry)


def _publish(key: NoteKey, key_store: KeyStore, log: PublicLog, anew: bool) -> Published:
    entries = [bytes(entry) for entry in ActsAnchor.objects.order_by("leaf").values_list("entry", flat=True)]
    node = _tree([leaf_hash(entry) for entry in entries])
    checkpoint = Checkpoint(key.name, len(entries), merkle.root(len(entries), node))
    with log.locked():
        note = log.checkpoint()
        before = None if note is None else Checkpoint.parse(note.text)
        if before is not None and (before.size > len(entries) or merkle.root(before.size, node) != before.root):
            raise LogDiffers(f"the public has {before.size} anchors of acts that are not those of these books")
        if note is not None and before == checkpoint and not anew:
            return Published(note, checkpoint, key, fresh=False)
        log.write(_files(entries, node))
        kept = note.signatures if note is not None and before == checkpoint else ()
        ((_, signature),) = key_store.sign_trust(Role.LOG, checkpoint.text.encode())
        signed = Note(checkpoint.text, kept).with_signatures([key.line(signature)])
        log.write({CHECKPOINT: signed.encode()})
    return Published(signed, checkpoint, key, fresh=before != checkpoint)


def _tree(hashes: list[bytes]) -> Node:
    @cache
    def node(level: int, index: int) -> bytes:
        return hashes[index] if level == 0 else node_hash(node(level - 1, 2 * index), node(level - 1, 2 * index + 1))

    return node


def _files(entries: list[bytes], node: Node) -> dict[str, bytes]:
    files = dict[str, bytes]()
    for level, index, width in tiles_of(len(entries)):
        first = index * WIDTH
        files[tile_path(level, index, width)] = b"".join(
            node(level * HEIGHT, place) for place in range(first, first + width)
        )
        if level == 0:
            files[entries_path(index, width)] = b"".join(map(pack, entries[first : first + width]))
    return files
