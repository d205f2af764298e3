# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The checkpoint that an auditor or a witness last saw and found good: a file of its own, which only goes forward."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from auditor.head import Head, check_head
from heitje.proof.note import Note, NoteKey


class KeptCheckpoint:
    """The file `path`, written whole or not at all."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One reader and writer at a time: looking and keeping belong together."""
        with self._path.with_name(f"{self._path.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def load(self, log: NoteKey) -> Head | None:
        """What was kept, or None before the first. Raises `Refused`, `MalformedNote`, `OSError`."""
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return None
        return check_head(Note.decode(data), log)

    def keep(self, head: Head) -> None:
        """Keep this one from now on; it is on the disk when this returns."""
        self._put(self._path, head.note)

    def keep_evidence(self, head: Head) -> Path:
        """A checkpoint that was refused, beside the one it does not go with: both bear the log's signature."""
        path = self._path.with_name(f"{self._path.name}.refused")
        self._put(path, head.note)
        return path

    def _put(self, path: Path, note: Note) -> None:
        aside = path.with_name(f"{path.name}.part")
        with aside.open("wb") as file:
            file.write(note.encode())
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
