# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What passes between a new till and the office, carried by hand: who it is, and whom it may believe (docs/keys.md).

`Asked` is what the till says of itself; nothing in it is secret. `Introduction` is what it is given when two officials
have taken it on: the trust's root, the mint's keys that sign bundles, and its first bundle. Both are JSON.
"""

import json
from dataclasses import dataclass
from typing import Any, Final, Self

from heitje.bundle import TrustBundle, open_bundle
from heitje.cose import MalformedToken
from heitje.fingerprint import digits_of
from heitje.keys import PublicKey
from heitje.trust_root import root_keys

ID_LENGTH: Final = 8
INTRODUCTION_MAX: Final = 1024 * 1024
"""Bytes; a root and a bundle are a few thousand each."""


class MalformedIntroduction(ValueError):
    """The bytes are not what they should be; the text says why."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A till that is to be taken on: its id, and its public key."""

    terminal: bytes
    key: PublicKey

    @property
    def digits(self) -> str:
        """What two officials compare."""
        return digits_of(self.key)

    def encode(self) -> bytes:
        """The file."""
        return json.dumps({"terminal": self.terminal.hex(), "key": self.key.raw.hex()}, indent=1).encode() + b"\n"

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read the file. Raises `MalformedIntroduction`."""
        document = _read(data, {"terminal", "key"})
        found = cls(_hex(document["terminal"]), _key(document["key"]))
        if len(found.terminal) != ID_LENGTH:
            raise MalformedIntroduction(f"a terminal's id has {ID_LENGTH} bytes")
        return found


@dataclass(frozen=True, slots=True)
class Introduction:
    """Whom a till may believe. `root` is the newest, as it was signed; `mint` signed the `bundle`."""

    root: bytes
    mint: tuple[PublicKey, ...]
    bundle: bytes

    def opened(self, terminal: bytes) -> TrustBundle:
        """The first bundle. Raises `MalformedIntroduction` for one that is meant for another terminal."""
        try:
            root_keys(self.root)
            return open_bundle(self.bundle, self.mint, terminal)
        except (MalformedToken, ValueError) as error:
            raise MalformedIntroduction(str(error)) from error

    def encode(self) -> bytes:
        """The file."""
        document = {
            "root": self.root.decode("utf-8"),
            "mint": [key.raw.hex() for key in self.mint],
            "bundle": self.bundle.hex(),
        }
        return json.dumps(document, indent=1).encode() + b"\n"

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read the file. Raises `MalformedIntroduction`."""
        document = _read(data, {"root", "mint", "bundle"})
        root, mint = document["root"], document["mint"]
        if not isinstance(root, str) or not isinstance(mint, list) or not mint:
            raise MalformedIntroduction("a root is a text, and the mint has keys")
        return cls(root.encode(), tuple(map(_key, mint)), _hex(document["bundle"]))


def _read(data: bytes, members: set[str]) -> dict[str, Any]:
    try:
        document = json.loads(data) if len(data) <= INTRODUCTION_MAX else None
    except (ValueError, RecursionError) as error:
        raise MalformedIntroduction(f"no JSON: {error}") from error
    if not isinstance(document, dict) or document.keys() != members:
        raise MalformedIntroduction(f"its members are {', '.join(sorted(members))}")
    return document


def _key(value: object) -> PublicKey:
    try:
        return PublicKey(_hex(value))
    except ValueError as error:
        raise MalformedIntroduction(str(error)) from error


def _hex(value: object) -> bytes:
    try:
        return bytes.fromhex(value if isinstance(value, str) else "x")
    except ValueError as error:
        raise MalformedIntroduction("not hexadecimal") from error
