# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Writes the log's files up to what the books hold, and signs a checkpoint over them.

Safe to run twice, or to be killed anywhere and run again: the same books give the same files.

Before anything is signed, what the public already has must be a tree that these books have signed; else the books are
not those of this log, or an older copy of them, and a checkpoint would fork it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from backend.minting.keystore import KeysRefused, KeyStore
from backend.proof.models import Progress, Segment, Tree
from backend.proof.public_log import PublicLog
from heitje.proof import merkle
from heitje.proof.checkpoint import Checkpoint, origin_of
from heitje.proof.merkle import EMPTY_ROOT, LEAF_PREFIX, NODE_PREFIX
from heitje.proof.note import BadNoteSignature, Note, NoteKey, NoteSignature, SignatureType
from heitje.proof.tiles import CHECKPOINT, HEIGHT, WIDTH, TileReader, entries_path, hashes_of, tile_path, unpack
from heitje.trust_root import Role

_FILES_AT_ONCE: Final = 512
_SEGMENTS_AT_ONCE: Final = 64


class LogDiffers(Exception):
    """What the public has does not come from these books; nothing was signed."""


@dataclass(frozen=True, slots=True)
class Published:
    """The checkpoint as it stands, by which key, and whether it is a new one."""

    note: Note
    checkpoint: Checkpoint
    key: NoteKey
    fresh: bool


def log_key(programme: str, key_store: KeyStore) -> NoteKey:
    """The key that signs the log's checkpoints. Raises `KeysRefused` where this key store has none."""
    keys = key_store.trust_keys(Role.LOG)
    if not keys:
        raise KeysRefused(
            "no key of the role log is here: the public log cannot be signed (heitje backend keys add-log makes it)"
        )
    return NoteKey(origin_of(programme), SignatureType.TEXT, keys[0])


def publish(programme: str, key_store: KeyStore, log: PublicLog, now: int, anew: bool = False) -> Published:
    """Write what is missing, or every file `anew`, and sign. Raises `LogDiffers`, `KeysRefused`."""
    key = log_key(programme, key_store)
    with log.locked():
        note = log.checkpoint()
        before = None if note is None else _known(note)
        size = Progress.objects.values_list("leaves", flat=True).first() or 0
        if note is not None and before is not None and before.size == size and not anew:
            return Published(note, before, key, fresh=False)
        done = 0 if before is None or anew else before.size
        if before is not None and done and merkle.root(done, TileReader(log.read, done).node) != before.root:
            raise LogDiffers("a tile of the public log is damaged: write every file anew (--anew)")
        root = _write(log, done, size, before)
        Tree.objects.get_or_create(size=size, defaults={"root": root, "at": now})
        if bytes(Tree.objects.get(size=size).root) != root:
            raise LogDiffers(f"the books no longer give the tree of {size} leaves that they gave before")
        checkpoint = Checkpoint(key.name, size, root)
        kept = note.signatures if note is not None and before == checkpoint else ()
        ((_, signature),) = key_store.sign_trust(Role.LOG, checkpoint.text.encode())
        signed = Note(checkpoint.text, kept).with_signatures([key.line(signature)])
        log.write({CHECKPOINT: signed.encode()})
    return Published(signed, checkpoint, key, fresh=before != checkpoint)


def add_cosignature(log: PublicLog, witness: NoteKey, signature: NoteSignature) -> Note:
    """Put a witness's signature under the checkpoint that the public has. Raises `LogDiffers`, `BadNoteSignature`."""
    with log.locked():
        note = log.checkpoint()
        if note is None:
            raise LogDiffers("there is no checkpoint yet")
        if Note(note.text, (signature,)).signed_by(witness) is None:
            raise BadNoteSignature(f"this is no signature of {witness.name}")
        cosigned = note.with_signatures([signature])
        log.write({CHECKPOINT: cosigned.encode()})
    return cosigned


def _known(note: Note) -> Checkpoint:
    """The checkpoint that the public has, which must be one of ours. Raises `LogDiffers`."""
    checkpoint = Checkpoint.parse(note.text)
    tree = Tree.objects.filter(size=checkpoint.size).first()
    if tree is None or bytes(tree.root) != checkpoint.root:
        raise LogDiffers(
            f"the public has a tree of {checkpoint.size} leaves that these books did not sign: are they an older copy?"
        )
    return checkpoint


def _write(log: PublicLog, done: int, size: int, before: Checkpoint | None) -> bytes:
    """Entries and tiles from leaf `done` on; the new root. Raises `LogDiffers`."""
    growing = _Growing(log, done)
    files: dict[str, bytes] = {}
    if before is not None and not done:
        old_size, old_root = before.size, before.root
    else:
        old_size, old_root = 0, EMPTY_ROOT
    for index, bundle in _bundles(done // WIDTH, size):
        entries = unpack(bundle)
        files[entries_path(index, len(entries))] = bundle
        growing.add([sha256(LEAF_PREFIX + entry).digest() for entry in entries], files)
        if len(files) >= _FILES_AT_ONCE:
            log.write(files)
            files.clear()
    growing.finish(files)
    log.write(files)
    reader = TileReader(log.read, size)
    if merkle.root(old_size, reader.node) != old_root:
        raise LogDiffers("the books no longer give the tree that the public has")
    return merkle.root(size, reader.node)


def _bundles(first: int, size: int) -> Iterator[tuple[int, bytes]]:
    """Bundles from number `first` on, the last one as long as the tree has it."""
    segments = Segment.objects.filter(first_leaf__gte=first * WIDTH, first_leaf__lt=size).order_by("first_leaf")
    index, parts = first, list[bytes]()
    for leaf, data in segments.values_list("first_leaf", "entries").iterator(chunk_size=_SEGMENTS_AT_ONCE):
        if leaf // WIDTH != index:
            yield index, b"".join(parts)
            index, parts = leaf // WIDTH, []
        parts.append(bytes(data))
    if parts:
        yield index, b"".join(parts)


class _Growing:
    """The right edge of the tree: for each level of tiles the one that is not full."""

    def __init__(self, log: PublicLog, done: int) -> None:
        """Begin with the tiles of the tree of `done` leaves; its last bundle is taken again from its start."""
        self._edges: list[tuple[int, list[bytes]]] = []
        count, level = done // WIDTH * WIDTH, 0
        while count:
            index, width = divmod(count, WIDTH)
            held = hashes_of(log.read(tile_path(level, index, width)), width) if level and width else []
            self._edges.append((index, held))
            count, level = count >> HEIGHT, level + 1

    def add(self, hashes: list[bytes], files: dict[str, bytes], level: int = 0) -> None:
        """Hashes that follow at a level; tiles that are full go into `files`. At level 0 a whole bundle at once."""
        if level == len(self._edges):
            self._edges.append((0, []))
        index, held = self._edges[level]
        held = held + hashes
        if len(held) == WIDTH:
            files[tile_path(level, index)] = b"".join(held)
            self._edges[level] = (index + 1, [])
            self.add([_root_of(held)], files, level + 1)
        else:
            self._edges[level] = (index, held)

    def finish(self, files: dict[str, bytes]) -> None:
        """The partial tiles."""
        for level, (index, held) in enumerate(self._edges):
            if held:
                files[tile_path(level, index, len(held))] = b"".join(held)


def _root_of(hashes: list[bytes]) -> bytes:
    """The root over a full tile."""
    while len(hashes) > 1:
        hashes = [
            sha256(NODE_PREFIX + left + right).digest() for left, right in zip(hashes[::2], hashes[1::2], strict=True)
        ]
    return hashes[0]
