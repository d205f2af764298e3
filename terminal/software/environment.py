# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Makes an environment of a release: Python's own `venv`, and the release's own pip, which runs out of its wheel.

Nothing else is looked at: no package index, and no pip of the machine.
"""

import shutil
import subprocess
import venv
from pathlib import Path
from typing import Final

from terminal.software.release import Release, unpack

INSTALL_WITHIN_S: Final = 1800
TEST_WITHIN_S: Final = 120
_SAID_MAX: Final = 2000


class NotInstalled(Exception):
    """A release cannot be installed, or does not do; the text says what was seen."""


def install(release: Release, archive: Path, place: Path) -> None:
    """Install a release into an empty place; its environment is to stay there. Raises `NotInstalled`, `OSError`.

    Raises `NoRelease` for an archive that holds something else than wheels.
    """
    place.mkdir(parents=True)
    wheels = place / "wheels"
    wheels.mkdir()
    unpack(archive, wheels)
    pip = next(wheels.glob("pip-*.whl"), None)
    if pip is None:
        raise NotInstalled(f"{archive.name} brings no pip")
    venv.create(place, symlinks=True)
    options = ("--no-index", "--find-links", str(wheels), "--no-input", "--disable-pip-version-check", "--quiet")
    _run([str(place / "bin/python"), str(pip / "pip"), "install", *options, release.requirement], INSTALL_WITHIN_S)
    shutil.rmtree(wheels)


def try_itself(place: Path) -> None:
    """Have what was installed test itself. Raises `NotInstalled`."""
    _run([str(place / "bin/heitje"), "terminal", "software-test"], TEST_WITHIN_S)


def _run(command: list[str], within_s: float) -> None:
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=within_s, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotInstalled(f"{Path(command[0]).name}: {error}") from error
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip())[-_SAID_MAX:]
        raise NotInstalled(f"{' '.join(command[:3])} ended with {done.returncode}: {said}")
