# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The system's own key store: `systemd-creds` seals to the TPM where there is one, and to this machine (DESIGN.md 4).

What is sealed can be read on this machine only, by who may use its key: a disk that is taken out is of no use.
"""

import logging
import subprocess
from dataclasses import dataclass
from typing import Final

WITHIN_S: Final = 20.0

_log = logging.getLogger(__name__)


class SealFailed(Exception):
    """The system's key store is not there, or may not be used, or does not know this."""


@dataclass(frozen=True, slots=True)
class SystemSeal:
    """`program` seals under `name`, and opens what it has sealed under the same name."""

    program: str = "systemd-creds"
    name: str = "heitje-masters"

    def seal(self, data: bytes) -> bytes:
        """Seal, and see that it can be opened again. Raises `SealFailed`."""
        sealed = self._run("encrypt", data)
        if self.unseal(sealed) != data:
            raise SealFailed(f"{self.program} does not give back what it has sealed")
        return sealed

    def unseal(self, sealed: bytes) -> bytes:
        """Open it. Raises `SealFailed`."""
        return self._run("decrypt", sealed)

    def _run(self, verb: str, data: bytes) -> bytes:
        command = (self.program, verb, f"--name={self.name}", "-", "-")
        try:
            done = subprocess.run(command, input=data, capture_output=True, timeout=WITHIN_S, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise SealFailed(f"{self.program} cannot be run: {error}") from error
        if done.returncode != 0 or not done.stdout:
            said = done.stderr.decode(errors="replace").strip().splitlines()
            raise SealFailed(f"{self.program} {verb}: {said[-1] if said else done.returncode}")
        return done.stdout
