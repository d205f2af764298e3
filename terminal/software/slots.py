# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Two places for the till's software, and a link that says which of them runs.

```
/opt/heitje/a/  b/     one release each, whole: an environment of its own, with release.json
/opt/heitje/current    → a or b; changed by one rename
/opt/heitje/trial      while the new one is tried: which one was before
/opt/heitje/refused    the release that was tried last and did not do: it is not tried again
```
Power may fail anywhere: `current` leads to a whole release, and a trial that was cut off is taken back at the next
start.
"""

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from terminal.durable_file import write_durably
from terminal.software.release import NoRelease, Release

NAMES: Final = ("a", "b")
CURRENT_NAME: Final = "current"
TRIAL_NAME: Final = "trial"
REFUSED_NAME: Final = "refused"
RELEASE_NAME: Final = "release.json"


@dataclass(frozen=True, slots=True)
class Slots:
    """The places under `directory`."""

    directory: Path

    @property
    def current(self) -> str | None:
        """Which one runs; None before the first is installed."""
        link = self.directory / CURRENT_NAME
        name = str(link.readlink()) if link.is_symlink() else None
        return name if name in NAMES else None

    @property
    def spare(self) -> Path:
        """Where the next release is put: the place that does not run."""
        return self.directory / next(name for name in NAMES if name != self.current)

    @property
    def trying(self) -> bool:
        """Whether what runs is on trial."""
        return (self.directory / TRIAL_NAME).exists()

    def release(self) -> Release | None:
        """The release that runs; None: there is none, or it was not installed from a release."""
        return None if self.current is None else _read(self.directory / self.current / RELEASE_NAME)

    def refused(self) -> Release | None:
        """The release that did not do."""
        return _read(self.directory / REFUSED_NAME)

    def clear_spare(self) -> Path:
        """Nothing is in the spare place. Raises `OSError`."""
        spare = self.spare
        if spare.exists():
            shutil.rmtree(spare)
        return spare

    def complete(self, place: Path, release: Release) -> None:
        """All of a release is in its place: have it on disk, and say so. Raises `OSError`."""
        os.sync()  # thousands of files: the whole disk at once
        write_durably(place / RELEASE_NAME, release.encode())

    def try_out(self, place: Path) -> None:
        """Run what is there from the next start on, on trial. Raises `OSError`."""
        before = self.current
        write_durably(self.directory / TRIAL_NAME, json.dumps({"before": before}).encode())
        self._lead_to(place.name)

    def confirm(self) -> None:
        """What is on trial does: it stays. Raises `OSError`."""
        (self.directory / TRIAL_NAME).unlink(missing_ok=True)
        _flush(self.directory)

    def take_back(self, *, refuse: bool) -> bool:
        """End a trial with what ran before; `refuse`: that release is not to be tried again. Whether there was one.

        Raises `OSError`.
        """
        trial = self.directory / TRIAL_NAME
        try:
            before = json.loads(trial.read_bytes())["before"]
        except FileNotFoundError:
            return False
        except (ValueError, KeyError, TypeError):  # the mark is on disk before the link is changed: nothing was changed
            before = self.current
        tried = self.release() if before != self.current else None
        if refuse and tried is not None:
            write_durably(self.directory / REFUSED_NAME, tried.encode())
        if before in NAMES:
            self._lead_to(before)
        self.confirm()
        return True

    def _lead_to(self, name: str) -> None:
        fresh = self.directory / f"{CURRENT_NAME}.new"
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(name)
        fresh.replace(self.directory / CURRENT_NAME)
        _flush(self.directory)


def _read(path: Path) -> Release | None:
    try:
        return Release.parse(path.read_bytes())
    except (OSError, NoRelease):
        return None


def _flush(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
