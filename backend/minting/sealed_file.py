# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A document sealed with a passphrase: scrypt makes the key, AES-256-GCM keeps it secret and whole (docs/keys.md).

```
{"sealed": "scrypt, AES-256-GCM", "n": 2^17, "r": 8, "p": 1, "salt": 16 bytes, "nonce": 12 bytes, "data": hex}
```

All but `data` is authenticated with it, so no parameter can be weakened unnoticed. The passphrase comes from a file
that only its owner can read: systemd's credential `heitje-keys`, or the one that HEITJE_KEYS_PASSPHRASE_FILE names.
"""

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from backend.minting.keystore import KeysRefused

FORM: Final = "scrypt, AES-256-GCM"
CREDENTIAL: Final = "heitje-keys"
VARIABLE: Final = "HEITJE_KEYS_PASSPHRASE_FILE"
"""Names the file that the passphrase stands in."""
PASSPHRASE_MIN: Final = 16
_COST: Final = {"n": 2**17, "r": 8, "p": 1}
"""128 MiB and a few tenths of a second for each guess."""
_COST_MAX: Final = {"n": 2**20, "r": 16, "p": 4}
_NOT_THE_OWNER: Final = 0o077


def seal(data: bytes, passphrase: bytes) -> bytes:
    """The sealed form. Raises `KeysRefused` for a passphrase that is too short to be one."""
    if len(passphrase) < PASSPHRASE_MIN:
        raise KeysRefused(f"a passphrase has {PASSPHRASE_MIN} characters at least")
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
    head: dict[str, Any] = {"sealed": FORM, **_COST, "salt": salt.hex(), "nonce": nonce.hex()}
    sealed = AESGCM(_key(passphrase, salt, _COST)).encrypt(nonce, data, _bound(head))
    return json.dumps({**head, "data": sealed.hex()}, indent=1).encode() + b"\n"


def open_sealed(data: bytes, passphrase: bytes) -> bytes:
    """What was sealed. Raises `KeysRefused`: another passphrase, or a byte that is not as it was."""
    try:
        document = json.loads(data)
        sealed = bytes.fromhex(document.pop("data"))
        cost = {name: document[name] for name in _COST}
        if any(type(cost[name]) is not int or not 1 <= cost[name] <= most for name, most in _COST_MAX.items()):
            raise KeysRefused("a sealed file of another cost than we pay")
        key = _key(passphrase, bytes.fromhex(document["salt"]), cost)
        return AESGCM(key).decrypt(bytes.fromhex(document["nonce"]), sealed, _bound(document))
    except InvalidTag as error:
        raise KeysRefused("the passphrase is another, or the file is not as it was sealed") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise KeysRefused(f"no sealed file: {error}") from error


def passphrase(environment: Mapping[str, str] = os.environ) -> bytes:
    """The passphrase of this machine's key file. Raises `KeysRefused`."""
    credentials = environment.get("CREDENTIALS_DIRECTORY")
    named = environment.get(VARIABLE)
    path = Path(named) if named else Path(credentials, CREDENTIAL) if credentials else None
    if path is None:
        raise KeysRefused(f"no passphrase: neither the credential {CREDENTIAL} nor {VARIABLE} is there")
    try:
        if path.stat().st_mode & _NOT_THE_OWNER:
            raise KeysRefused(f"{path} can be read by others; only its owner may (mode 600)")
        return path.read_bytes().strip()
    except OSError as error:
        raise KeysRefused(f"the passphrase is missing: {error}") from error


def _key(passphrase: bytes, salt: bytes, cost: Mapping[str, int]) -> bytes:
    return Scrypt(salt=salt, length=32, n=cost["n"], r=cost["r"], p=cost["p"]).derive(passphrase)


def _bound(head: Mapping[str, Any]) -> bytes:
    return json.dumps(head, sort_keys=True, separators=(",", ":")).encode()
