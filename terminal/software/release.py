# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A release of the till's software: what the release keys sign (docs/trust.md).

```
software/till.json            {"version": "0.2.0", "archive": "heitje-till-0.2.0.tar",
                               "requirement": "heitje[terminal]==0.2.0"}
software/heitje-till-….tar    wheels, side by side: our own, all that it needs for every kind of machine, pip
```
"""

import io
import json
import re
import shutil
import tarfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Self

MANIFEST_NAME: Final = "till.json"
MANIFEST_MAX: Final = 4096
ARCHIVE_MAX: Final = 512 * 1024 * 1024
_VERSION: Final = re.compile(r"[0-9][0-9A-Za-z.+!]{0,60}", re.ASCII)
_ARCHIVE: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z._+-]{0,100}\.tar", re.ASCII)
_REQUIREMENT: Final = re.compile(r"heitje(\[[a-z,-]+\])?==([0-9A-Za-z.+!]+)", re.ASCII)
_WHEEL: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z._+-]*\.whl", re.ASCII)


class NoRelease(ValueError):
    """What is there is no release of a till's software; the text says why."""


@dataclass(frozen=True, slots=True)
class Release:
    """One release. `requirement` is what is to be installed out of the wheels of `archive`."""

    version: str
    archive: str
    requirement: str

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a manifest. Raises `NoRelease`."""
        try:
            release = cls(**json.loads(data))
            texts = (release.version, release.archive, release.requirement)
        except (ValueError, TypeError) as error:
            raise NoRelease("not a release's manifest") from error
        if not all(isinstance(text, str) for text in texts):
            raise NoRelease("a release's manifest holds texts")
        named = _REQUIREMENT.fullmatch(release.requirement)
        if not (_VERSION.fullmatch(release.version) and _ARCHIVE.fullmatch(release.archive) and named):
            raise NoRelease("a release's manifest names a version, an archive and a requirement")
        if named[2] != release.version:
            raise NoRelease("a release's requirement is of its own version")
        return release

    def encode(self) -> bytes:
        """The manifest."""
        return json.dumps(asdict(self), indent=1).encode() + b"\n"


def pack(wheels: Sequence[Path]) -> bytes:
    """An archive of wheels; the same bytes for the same wheels. Raises `NoRelease`, `OSError`."""
    for needed in ("heitje-", "pip-"):
        if not any(wheel.name.startswith(needed) for wheel in wheels):
            raise NoRelease(f"a release brings the wheel {needed}….whl")
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for wheel in sorted(wheels, key=lambda path: path.name):
            if not _WHEEL.fullmatch(wheel.name):
                raise NoRelease(f"{wheel.name} is no wheel")
            member = tarfile.TarInfo(wheel.name)
            member.size, member.mode = wheel.stat().st_size, 0o644
            with wheel.open("rb") as file:
                archive.addfile(member, file)
    return data.getvalue()


def unpack(archive: Path, folder: Path) -> None:
    """Put an archive's wheels into a folder. Raises `NoRelease` for anything else in it, `OSError`."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with tarfile.open(archive, mode="r:") as opened:
            for member in opened:
                if not member.isreg() or not _WHEEL.fullmatch(member.name):
                    raise NoRelease(f"{archive.name} holds {member.name[:80]!r}, which is no wheel")
                wheel = opened.extractfile(member)
                if wheel is None:
                    raise NoRelease(f"{archive.name}: {member.name} cannot be read")
                with wheel, (folder / member.name).open("xb") as written:
                    shutil.copyfileobj(wheel, written)
    except tarfile.TarError as error:
        raise NoRelease(f"{archive.name}: {error}") from error
