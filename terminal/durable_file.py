# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A file that is there whole or not at all, whenever the power goes."""

import os
from pathlib import Path


def write_durably(path: Path, data: bytes) -> None:
    """Put `data` in place of what the file held. Raises `OSError`; the old contents stand then."""
    fresh = path.with_name(path.name + ".new")
    with fresh.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
