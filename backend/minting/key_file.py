# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The file of a key store without hardware: what stands in it, plain for a test programme or sealed (docs/keys.md).

A plain file holds a published test programme's keys and nothing else; a sealed one (`*.sealed`) holds keys that were
made here and that nobody has seen. The offline roles' keys stand in a file of their own.
"""

import json
import os
import secrets
from pathlib import Path
from typing import Any, Final

from backend.minting import sealed_file
from backend.minting.keystore import KeysRefused
from backend.minting.rotation import Window
from heitje.bundle import KeyUse
from heitje.card.layout import KEY_LENGTH, KEY_VERSION_FIRST
from heitje.keys import SigningKey
from heitje.programme import TestProgramme
from heitje.trust_root import KEYS_OF, OFFLINE, Role

SEALED_SUFFIX: Final = ".sealed"
_OWNER_ONLY: Final = 0o600
_NOT_THE_OWNER: Final = 0o077
_SEED: Final = 32
_VERSION_MAX: Final = 255
_NOTE: Final = "A test programme's keys, published for everyone to read. Production settings refuse them."

Document = dict[str, Any]


def read(path: Path) -> Document:
    """Raises `KeysRefused`, `OSError`, `ValueError`."""
    if path.stat().st_mode & _NOT_THE_OWNER:
        raise KeysRefused(f"{path} can be read by others; only its owner may (mode 600)")
    data = path.read_bytes()
    if path.suffix == SEALED_SUFFIX:
        data = sealed_file.open_sealed(data, sealed_file.passphrase())
    document: Document = json.loads(data)
    return document


def make(path: Path, document: Document) -> None:
    """Write a new file, sealed where its name says so. Raises `FileExistsError`, `KeysRefused`."""
    data = _written(path, document)
    path.touch(mode=_OWNER_ONLY, exist_ok=False)
    path.write_bytes(data)


def add_mint_key(path: Path, name: str, window: Window) -> None:
    """Make a mint key for every use, once under this name; the file is there whole, before or after.

    Raises `KeysRefused`, `OSError`.
    """
    document = read(path)
    if any(row.get("name") == name for row in document["keys"]):
        return
    document["keys"].append(_mint_row(name, secrets.token_bytes(_SEED), window))
    _replace(path, document)


def add_terminal_master(path: Path) -> int:
    """Make key 1's next master; its version. Raises `KeysRefused`, `OSError`."""
    document = read(path)
    masters = document["card_masters"]["terminal"]
    version = max(map(int, masters)) + 1
    if version > _VERSION_MAX:
        raise KeysRefused("a key's version is one byte")
    masters[str(version)] = secrets.token_hex(KEY_LENGTH)
    _replace(path, document)
    return version


def add_role(path: Path, role: Role) -> None:
    """Make the keys of a role that has none. Raises `KeysRefused`, `OSError`."""
    document = read(path)
    trust = document.setdefault("trust", {})
    if role not in trust:
        trust |= new_roles(frozenset({role}))
        _replace(path, document)


def new_keys(programme: str, df_name: bytes, window: Window) -> Document:
    """Keys that nobody knows: two of the mint, the masters, the online roles'."""
    masters = {name: secrets.token_hex(KEY_LENGTH) for name in ("issuer", "loader", "transaction_mac")}
    return {
        "df_name": df_name.hex(),
        "keys": [_mint_row(f"{programme}/mint/{number}", secrets.token_bytes(_SEED), window) for number in (1, 2)],
        "card_masters": {**masters, "terminal": {str(KEY_VERSION_FIRST): secrets.token_hex(KEY_LENGTH)}},
        "trust": new_roles(frozenset(Role) - OFFLINE),
    }


def new_roles(roles: frozenset[Role]) -> Document:
    """New keys of some roles of the trust repository."""
    return {str(role): [secrets.token_hex(_SEED) for _ in range(KEYS_OF[role][0])] for role in sorted(roles)}


def write(path: Path, programme: TestProgramme, valid_from: int, valid_until: int) -> None:
    """Write a test programme's keys, each for every use. Raises `FileExistsError`."""
    document = {
        "_note": _NOTE,
        "df_name": programme.df_name.hex(),
        "keys": [
            {
                "seed": _seed(key),
                "uses": sorted(KeyUse),
                "valid_from": valid_from,
                "valid_until": valid_until,
            }
            for key in (programme.mint, programme.mint_next)
        ],
        "card_masters": {
            "issuer": programme.master_issuer.hex(),
            "terminal": {str(KEY_VERSION_FIRST): programme.master_terminal.hex()},
            "loader": programme.master_loader.hex(),
            "transaction_mac": programme.master_transaction_mac.hex(),
        },
        "trust": {role: list(map(_seed, keys)) for role, keys in programme.trust_keys.items() if role not in OFFLINE},
    }
    make(path, document)


def write_offline(path: Path, programme: TestProgramme) -> None:
    """Write the keys of a test programme's offline roles. Raises `FileExistsError`."""
    roles = {str(role): list(map(_seed, keys)) for role, keys in programme.trust_keys.items() if role in OFFLINE}
    make(path, {"_note": _NOTE, **roles})


def _replace(path: Path, document: Document) -> None:
    """Put a new state in the file's place: whole, on disk, and for nobody else to read."""
    beside = path.with_name(f"{path.name}.new")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
    with os.fdopen(descriptor, "wb") as file:
        file.write(_written(path, document))
        file.flush()
        os.fsync(descriptor)
    beside.replace(path)


def _written(path: Path, document: Document) -> bytes:
    data = json.dumps(document, indent=1).encode("ascii") + b"\n"
    return sealed_file.seal(data, sealed_file.passphrase()) if path.suffix == SEALED_SUFFIX else data


def _mint_row(name: str, seed: bytes, window: Window) -> Document:
    return {"name": name, "seed": seed.hex(), "uses": sorted(KeyUse), **window._asdict()}


def _seed(key: SigningKey) -> str:
    return key.ed25519.private_bytes_raw().hex()
