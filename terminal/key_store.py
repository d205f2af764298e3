# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a till keeps secret: its own signing key, and key 1's master of each programme (CARD.md section 5).

A JSON file that only its owner can read. It is for tests, demonstrations and the bench: production settings refuse the
published test programme's secrets.
"""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from heitje.card.keys import diversify
from heitje.card.layout import KEY_TERMINAL
from heitje.card.sale import Programme
from heitje.keys import PublicKey, SigningKey
from heitje.programme import is_published
from terminal.configuration import ConfigurationError


@dataclass(frozen=True)
class TerminalKeys:
    """`masters`: by DF name, key 1's masters, the newest first. `roots`: who may sign a trust bundle."""

    seed: bytes = field(repr=False)
    masters: dict[bytes, tuple[bytes, ...]] = field(repr=False)
    roots: tuple[PublicKey, ...]

    @property
    def signing(self) -> SigningKey:
        """The terminal's own key."""
        return SigningKey.from_seed(self.seed)

    def programme(self, df_name: bytes, uid: bytes) -> Programme:
        """What to look for on a card, and its own key 1. Raises `KeyError` for a programme without a master here."""
        return Programme(df_name, [diversify(master, uid, df_name, KEY_TERMINAL) for master in self.masters[df_name]])

    @classmethod
    def load(cls, path: Path, production: bool) -> Self:
        """Read the file. Raises `ConfigurationError`."""
        try:
            document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            keys = cls(
                seed=bytes.fromhex(document["seed"]),
                masters={
                    bytes.fromhex(df_name): tuple(bytes.fromhex(master) for master in masters)
                    for df_name, masters in document["masters"].items()
                },
                roots=tuple(PublicKey(bytes.fromhex(root)) for root in document["roots"]),
            )
        except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
            raise ConfigurationError(f"{path}: not a file of this till's keys ({type(error).__name__})") from error
        secrets = [keys.seed, *(master for masters in keys.masters.values() for master in masters)]
        if production and any(map(is_published, (*secrets, *(root.raw for root in keys.roots)))):
            raise ConfigurationError(f"{path}: these are the published test keys, and this till is set to production")
        return keys

    def write(self, path: Path) -> None:
        """Write the file so that only its owner can read it. Raises `FileExistsError`."""
        document = {
            "seed": self.seed.hex(),
            "masters": {
                df_name.hex(): [master.hex() for master in masters] for df_name, masters in self.masters.items()
            },
            "roots": [root.raw.hex() for root in self.roots],
        }
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(document, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
