# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""An update, step by step: what is newer is fetched, installed beside what runs, tested, and then run on trial.

The till is started anew by who called this (systemd), and then the trial is confirmed or taken back.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from terminal.software import environment
from terminal.software.release import Release
from terminal.software.slots import Slots

_log = logging.getLogger(__name__)


class Updated(StrEnum):
    """What an update came to."""

    NOTHING = "there is no release"
    CURRENT = "the newest release runs already"
    REFUSED = "the newest release was tried, and did not do"
    TRYING = "the newest release runs from the next start on, on trial"


class Releases(Protocol):
    """Where releases come from: `terminal.trust.client.ReleaseClient`."""

    def newest(self) -> Release | None:
        """The newest release; None: there is none."""

    def fetch(self, release: Release) -> Path:
        """Its archive."""


Install = Callable[[Release, Path, Path], None]
Try = Callable[[Path], None]


@dataclass(frozen=True)
class Update:
    """One machine's way to newer software."""

    releases: Releases
    slots: Slots
    install: Install = environment.install
    try_itself: Try = environment.try_itself

    def look(self) -> tuple[Updated, Release | None]:
        """What an update would do. Raises what the releases raise."""
        release = self.releases.newest()
        if release is None:
            return Updated.NOTHING, None
        if release == self.slots.release():
            return Updated.CURRENT, release
        return (Updated.REFUSED if release == self.slots.refused() else Updated.TRYING), release

    def run(self) -> tuple[Updated, Release | None]:
        """Everything up to the trial. Raises `NotInstalled`, `NoRelease`, `OSError`, and what the releases raise.

        Whatever is raised, what runs goes on running.
        """
        if self.slots.take_back(refuse=False):
            _log.warning("a trial that was cut off is taken back")
        ends, release = self.look()
        if ends is not Updated.TRYING or release is None:
            return ends, release
        archive = self.releases.fetch(release)
        place = self.slots.clear_spare()
        self.install(release, archive, place)
        self.try_itself(place)
        self.slots.complete(place, release)
        self.slots.try_out(place)
        return ends, release
