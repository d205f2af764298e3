# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The log's files in a folder that any web server can hand out: tiles, bundles of entries, the checkpoint.

Files are written aside, brought onto the disk and renamed; the checkpoint, which speaks of all others, comes last. A
tile is never changed: a reader in the middle of an older tree finds all of it.
"""

import fcntl
import os
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from heitje.proof.note import Note
from heitje.proof.tiles import CHECKPOINT

_ASIDE: Final = ".part"
_SYNCS_AT_ONCE: Final = 32


class PublicLog:
    """The files under `directory`."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One writer at a time, of all processes."""
        self.directory.mkdir(parents=True, exist_ok=True)
        with self.directory.with_name(f"{self.directory.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def read(self, path: str) -> bytes:
        """A file's bytes. Raises `OSError`."""
        return (self.directory / path).read_bytes()

    def checkpoint(self) -> Note | None:
        """The checkpoint that the public sees, or None before the first. Raises `MalformedNote`."""
        try:
            return Note.decode(self.read(CHECKPOINT))
        except FileNotFoundError:
            return None

    def write(self, files: Mapping[str, bytes]) -> None:
        """Put files in place, each whole or not at all, and all of them on the disk."""
        folders: set[Path] = set()
        for path, content in files.items():
            target = self.directory / path
            if target.parent not in folders:
                folders |= _make(target.parent, self.directory)
            target.with_name(target.name + _ASIDE).write_bytes(content)
        targets = [self.directory / path for path in files]
        asides = [target.with_name(target.name + _ASIDE) for target in targets]
        with ThreadPoolExecutor(_SYNCS_AT_ONCE) as pool:  # one journal commit of the file system serves many of them
            deque(pool.map(_sync, asides), maxlen=0)
            for aside, target in zip(asides, targets, strict=True):
                aside.replace(target)
            deque(pool.map(_sync, folders), maxlen=0)


def _make(folder: Path, top: Path) -> set[Path]:
    """Make a folder; those that hold a new name because of it."""
    changed = {folder}
    while not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        changed.add(folder.parent)
        folder.mkdir(exist_ok=True)
    while folder not in (top, folder.parent):
        folder = folder.parent
        changed.add(folder)
    return changed


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
