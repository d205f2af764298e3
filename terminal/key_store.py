# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a till keeps secret: its own signing key, and key 1's master of each programme (CARD.md section 5).

`keys.json`, which only its owner can read, has what the till was set up with; production settings refuse the published
test programme's secrets. Masters that the backend delivers lie beside it (`terminal.master_store`), in force before
those.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from heitje.card.keys import diversify
from heitje.card.layout import KEY_TERMINAL, KEY_VERSION_FIRST
from heitje.card.sale import Programme
from heitje.keys import PublicKey, SigningKey
from heitje.programme import is_published
from terminal.configuration import ConfigurationError
from terminal.durable_file import write_durably
from terminal.master_store import FILE_NAME as MASTERS_NAME
from terminal.master_store import Masters, MasterStore

_OWNER_ONLY: Final = 0o600


class NoMaster(Exception):
    """This till holds no master for the cards of its programme yet."""


@dataclass(frozen=True)
class TerminalKeys:
    """`masters`: by DF name, key 1's masters, the newest first. `roots`: who may sign a trust bundle.

    `delivered`: by DF name and version, what came from the backend, in force before `masters`; each is replaced whole,
    so that who sells in one thread never sees half of what another thread has taken.
    """

    seed: bytes = field(repr=False)
    masters: dict[bytes, tuple[bytes, ...]] = field(repr=False)
    roots: tuple[PublicKey, ...]
    store: MasterStore | None = field(default=None, repr=False, compare=False)
    delivered: dict[bytes, Masters] = field(default_factory=dict, repr=False)
    production: bool = field(default=False, compare=False)

    @property
    def signing(self) -> SigningKey:
        """The terminal's own key."""
        return SigningKey.from_seed(self.seed)

    def programme(self, df_name: bytes, uid: bytes) -> Programme:
        """What to look for on a card, and its own key 1. Raises `NoMaster` for a programme without a master here."""
        masters = self._in_force(df_name)
        if not masters:
            raise NoMaster(df_name.hex())
        newest_first = [masters[version] for version in sorted(masters, reverse=True)]
        return Programme(df_name, [diversify(master, uid, df_name, KEY_TERMINAL) for master in newest_first])

    def versions(self, df_name: bytes) -> tuple[int, ...]:
        """The versions of key 1's masters here, the newest first."""
        return tuple(sorted(self._in_force(df_name), reverse=True))

    def take(self, df_name: bytes, masters: Masters) -> None:
        """Keep what was delivered, in force before what was there. Raises `OSError`, `ConfigurationError`."""
        if self.store is None or (self.production and any(map(is_published, masters.values()))):
            raise ConfigurationError("these masters are not for this till")
        self.store.keep({**self.delivered, df_name: masters})
        self.delivered[df_name] = dict(masters)

    def _in_force(self, df_name: bytes) -> Masters:
        if df_name in self.delivered:
            return self.delivered[df_name]
        return dict(enumerate(reversed(self.masters.get(df_name, ())), start=KEY_VERSION_FIRST))

    @classmethod
    def load(cls, path: Path, production: bool) -> Self:
        """Read the file. Raises `ConfigurationError`."""
        store = MasterStore(path.with_name(MASTERS_NAME))
        try:
            document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            keys = cls(
                seed=bytes.fromhex(document["seed"]),
                masters={
                    bytes.fromhex(df_name): tuple(bytes.fromhex(master) for master in masters)
                    for df_name, masters in document["masters"].items()
                },
                roots=tuple(PublicKey(bytes.fromhex(root)) for root in document["roots"]),
                store=store,
                delivered=store.load(),
                production=production,
            )
        except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
            raise ConfigurationError(f"{path}: not a file of this till's keys ({type(error).__name__})") from error
        secrets = [keys.seed, *(master for masters in keys.masters.values() for master in masters)]
        secrets += [master for masters in keys.delivered.values() for master in masters.values()]
        if production and any(map(is_published, (*secrets, *(root.raw for root in keys.roots)))):
            raise ConfigurationError(f"{path}: these are the published test keys, and this till is set to production")
        return keys

    def write(self, path: Path) -> None:
        """Write a new file that only its owner can read. Raises `FileExistsError`."""
        if path.exists():
            raise FileExistsError(f"{path} is there already")
        self.put(path)

    def put(self, path: Path) -> None:
        """Write the file, or put it in place of the one that is there, whole. Raises `OSError`."""
        document = {
            "seed": self.seed.hex(),
            "masters": {
                df_name.hex(): [master.hex() for master in masters] for df_name, masters in self.masters.items()
            },
            "roots": [root.raw.hex() for root in self.roots],
        }
        write_durably(path, json.dumps(document, indent=1).encode(), _OWNER_ONLY)
