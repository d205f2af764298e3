# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A PKCS#11 token for the mint's tests: SoftHSM2 with a directory of its own, where Debian's package is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

MODULES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so")
PIN = "271828"
LABELS = ("heitje-testburg", "heitje-real", "heitje-half", "heitje-swapped")
"""A library that is loaded sees no token that is made later, so all are made before."""


class SoftHsm:
    """Tokens of one test session."""

    def __init__(self, module: str, directory: Path) -> None:
        self.module = module
        self.directory = directory
        self.pin_file = directory / "token.pin"
        self.pin_file.touch(mode=0o600)
        self.pin_file.write_text(f"{PIN}\n", "ascii")
        self.pin = PIN

    def initialise(self, label: str) -> None:
        """An empty token."""
        words = ["softhsm2-util", "--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", "31415926"]
        subprocess.run(words, check=True, capture_output=True)


@pytest.fixture(scope="session")
def soft_hsm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SoftHsm]:
    """SoftHSM2, which reads its configuration when its library is first loaded."""
    module = next((path for path in MODULES if Path(path).exists()), None)
    if module is None or shutil.which("softhsm2-util") is None:
        pytest.skip("SoftHSM2 is not installed (Debian: softhsm2)")
    pytest.importorskip("pkcs11", reason="python-pkcs11 is not installed")
    directory = tmp_path_factory.mktemp("softhsm")
    (directory / "tokens").mkdir()
    configuration = directory / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {directory}/tokens\nlog.level = ERROR\n", "ascii")
    before = os.environ.get("SOFTHSM2_CONF")
    os.environ["SOFTHSM2_CONF"] = str(configuration)
    hsm = SoftHsm(module, directory)
    for label in LABELS:
        hsm.initialise(label)
    yield hsm
    if before is None:
        del os.environ["SOFTHSM2_CONF"]
    else:
        os.environ["SOFTHSM2_CONF"] = before
