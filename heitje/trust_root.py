# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who may say what a terminal trusts: the roles of The Update Framework, their keys, and the root document.

A root is what a terminal is given at enrolment. It is made here by hand, without the framework's library, so that a
till and a backend of a test programme make the very same bytes, each by itself (docs/trust.md).
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from heitje.keys import PublicKey, SigningKey

SPEC_VERSION: Final = "1.0.31"
SIGNED_AT: Final = "signed_at"
"""Member of a timestamp, beside those of the framework: the Unix second at which it was signed."""
TIMESTAMP_LIFE_S: Final = 72 * 3600
"""A terminal refuses an older one when it is offered: the age that ends phone and paper (DESIGN.md section 4)."""
_SEED_LENGTH: Final = 32


class Role(StrEnum):
    """Who signs what. Root, targets and software are offline: a person signs; the others sign by themselves."""

    ROOT = "root"
    TARGETS = "targets"
    SNAPSHOT = "snapshot"
    TIMESTAMP = "timestamp"
    TRUST = "trust"
    """Delegated by targets: bundles and deny lists."""
    SOFTWARE = "software"
    """Delegated by targets: releases of the till's software."""
    LOG = "log"
    """No part of the framework: signs the checkpoints of the public log (docs/proof.md)."""


OFFLINE: Final = frozenset({Role.ROOT, Role.TARGETS, Role.SOFTWARE})
IN_ROOT: Final = (Role.ROOT, Role.TARGETS, Role.SNAPSHOT, Role.TIMESTAMP)
KEYS_OF: Final[Mapping[Role, tuple[int, int]]] = {
    Role.ROOT: (3, 2),
    Role.TARGETS: (3, 2),
    Role.SNAPSHOT: (1, 1),
    Role.TIMESTAMP: (1, 1),
    Role.TRUST: (1, 1),
    Role.SOFTWARE: (2, 1),
    Role.LOG: (1, 1),
}
"""How many keys a role has, and how many of them must have signed."""
SOFTWARE_FOLDER: Final = "software"


@dataclass(frozen=True, slots=True)
class TargetNames:
    """What the files of one programme are called in the repository."""

    iss: str

    @property
    def folder(self) -> str:
        """The programme's own folder: what the role trust may speak of."""
        return self.iss

    @property
    def deny(self) -> str:
        """The deny list."""
        return f"{self.iss}/deny.bin"

    def bundle(self, terminal: bytes) -> str:
        """The trust bundle of one terminal: keys, limits, its shop's scope data."""
        return f"{self.iss}/terminals/{terminal.hex()}.cose"


def derived_key(seed: bytes, role: Role, number: int) -> SigningKey:
    """A test programme's key of a role: HKDF-SHA256 over the mint's seed, info `heitje/trust/ROLE/NUMBER`."""
    info = f"heitje/trust/{role}/{number}".encode("ascii")
    return SigningKey.from_seed(HKDF(SHA256(), _SEED_LENGTH, None, info).derive(seed))


def derived_keys(seed: bytes) -> dict[Role, tuple[SigningKey, ...]]:
    """All of a test programme's role keys."""
    return {role: tuple(derived_key(seed, role, number) for number in range(KEYS_OF[role][0])) for role in Role}


def key_document(key: PublicKey) -> dict[str, Any]:
    """A key as the framework writes it."""
    return {"keytype": "ed25519", "keyval": {"public": key.raw.hex()}, "scheme": "ed25519"}


def key_id(key: PublicKey) -> str:
    """The framework's id of a key."""
    return hashlib.sha256(canonical(key_document(key))).hexdigest()


def canonical(document: object) -> bytes:
    """Canonical JSON, for documents of ASCII texts and whole numbers: what is signed."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")


def root_document(
    keys: Mapping[Role, Sequence[PublicKey]], thresholds: Mapping[Role, int], version: int, expires: int
) -> dict[str, Any]:
    """The signed part of a root; `expires` Unix seconds."""
    listed = {key_id(key): key_document(key) for role in IN_ROOT for key in keys[role]}
    return {
        "_type": "root",
        "consistent_snapshot": True,
        "expires": datetime.fromtimestamp(expires, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "keys": listed,
        "roles": {
            str(role): {"keyids": sorted(map(key_id, keys[role])), "threshold": thresholds[role]} for role in IN_ROOT
        },
        "spec_version": SPEC_VERSION,
        "version": version,
    }


def signed(document: dict[str, Any], signers: Sequence[SigningKey]) -> bytes:
    """A document with the signatures of these keys."""
    message = canonical(document)
    signatures = [{"keyid": key_id(key.public), "sig": key.sign(message).hex()} for key in signers]
    return json.dumps({"signatures": signatures, "signed": document}, sort_keys=True, indent=1).encode("ascii")


def root_keys(root: bytes) -> tuple[bytes, ...]:
    """The raw public keys that a root names. Raises `ValueError` for bytes that are no root."""
    try:
        listed = json.loads(root)["signed"]["keys"].values()
        return tuple(bytes.fromhex(key["keyval"]["public"]) for key in listed)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("not the form of a root") from error


def derived_root(seed: bytes, expires: int) -> bytes:
    """A test programme's first root, signed by all its root keys: the same bytes for the same seed."""
    keys = derived_keys(seed)
    public = {role: tuple(key.public for key in keys[role]) for role in Role}
    thresholds = {role: KEYS_OF[role][1] for role in Role}
    return signed(root_document(public, thresholds, 1, expires), keys[Role.ROOT])
