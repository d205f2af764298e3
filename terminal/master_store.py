# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Key 1's masters as the backend has delivered them: one file, its owner's alone, sealed where the system can.

Sealed or not is seen by its first byte: what stands there readable is the JSON object `{df_name: {version: master}}`.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from terminal.durable_file import write_durably
from terminal.sealing import SealFailed, SystemSeal

FILE_NAME: Final = "masters"
_OWNER_ONLY: Final = 0o600
_READABLE: Final = b"{"

Masters = Mapping[int, bytes]
"""By version."""

_log = logging.getLogger(__name__)


@dataclass
class MasterStore:
    """The file beside a till's other secrets. `kept` tells in words how it lies there."""

    path: Path
    seal: SystemSeal = field(default_factory=SystemSeal)
    kept: str = "none were delivered"

    def load(self) -> dict[bytes, Masters]:
        """By DF name. What cannot be opened any more (another machine, another TPM) counts as never delivered."""
        try:
            data = self.path.read_bytes()
            readable = data.startswith(_READABLE)
            plain = data if readable else self.seal.unseal(data)
            masters: dict[bytes, Masters] = {
                bytes.fromhex(df_name): {int(version): bytes.fromhex(master) for version, master in rows.items()}
                for df_name, rows in json.loads(plain).items()
            }
        except FileNotFoundError:
            return {}
        except (OSError, SealFailed, ValueError, AttributeError) as error:
            _log.error("the masters cannot be read, and are asked for again: %s", error)
            self.kept = f"they cannot be read: {error}"
            return {}
        self.kept = "in a file, not sealed" if readable else "sealed by the system"
        return masters

    def keep(self, masters: Mapping[bytes, Masters]) -> None:
        """Put them in place of those before, sealed where the system can. Raises `OSError`."""
        document = {
            df_name.hex(): {str(version): master.hex() for version, master in rows.items()}
            for df_name, rows in masters.items()
        }
        data, kept = json.dumps(document).encode(), "in a file, not sealed"
        try:
            data, kept = self.seal.seal(data), "sealed by the system"
        except SealFailed as error:
            _log.warning("the masters lie in a file, not sealed: %s", error)
            kept = f"{kept}: {error}"
        write_durably(self.path, data, _OWNER_ONLY)
        self.kept = kept
