# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Files that are there whole or not at all, whenever the power goes: one, or thousands at the price of a few.

Each is written beside its place, is on disk, and only then gets its name. Of many, all are written, then the whole file
system is flushed once, then all get their names: a file under its own name is always whole.
"""

import ctypes
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

_FEW: Final = 8
"""Up to so many, flushing each costs less than flushing whatever else is on the file system."""


def put(path: Path, data: bytes) -> None:
    """Write one file. Raises `OSError`."""
    put_all({path: data})


def put_all(files: Mapping[Path, bytes]) -> None:
    """Write files; the folders that they are in are made where they are missing. Raises `OSError`."""
    folders = {path.parent for path in files}
    made = [folder for folder in folders if not folder.exists()]
    for folder in made:
        folder.mkdir(parents=True, exist_ok=True)
    fresh = {path: path.with_name(f".{path.name}.new") for path in files}
    for path, data in files.items():
        fresh[path].write_bytes(data)
    if len(files) <= _FEW or not all(map(_flush_file_system, folders)):
        for place in fresh.values():
            _flush(place)
    for path, place in fresh.items():
        place.replace(path)
    for folder in {*folders, *(folder.parent for folder in made)}:
        _flush(folder)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _flush_file_system(folder: Path) -> bool:
    """Everything on a folder's file system is on disk. False where this system has no such call, or it failed."""
    syncfs = getattr(ctypes.CDLL(None), "syncfs", None)
    if syncfs is None:
        return False
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        return bool(syncfs(descriptor) == 0)
    finally:
        os.close(descriptor)
