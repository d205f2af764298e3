# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Which key store a file stands for: `token.toml` describes a PKCS#11 token, `keys.json` holds a test's keys."""

from pathlib import Path
from typing import Final

from backend.minting.file_keystore import FileKeyStore
from backend.minting.keystore import KeysRefused, KeyStore

DESCRIPTION_SUFFIX: Final = ".toml"


def open_key_store(path: Path, production: bool, offline: Path | None = None) -> KeyStore:
    """Open it, with the offline roles' keys where their file is given. Raises `KeysRefused`."""
    if path.suffix != DESCRIPTION_SUFFIX:
        return FileKeyStore.open(path, production, offline)
    try:
        from backend.minting.token_keystore import TokenKeyStore  # its library is there only where a token is
    except ImportError as error:
        raise KeysRefused(f"{path} is for a PKCS#11 token, and python-pkcs11 is not installed: {error}") from error
    return TokenKeyStore.open(path, production, offline)
