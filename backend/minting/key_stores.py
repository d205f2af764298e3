# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Which key store a file stands for, by its name's end: a PKCS#11 token's description, a sealed file, a test's keys."""

from pathlib import Path
from typing import Final

from backend.minting.file_keystore import FileKeyStore
from backend.minting.keystore import KeysRefused, KeyStore
from backend.minting.signing import Keep

DESCRIPTION_SUFFIX: Final = ".toml"


def open_key_store(path: Path, production: bool, offline: Path | None = None, keep: Keep | None = None) -> KeyStore:
    """Open it, with the offline roles' keys where their file is given; `keep` writes each signature down.

    Raises `KeysRefused`.
    """
    if path.suffix != DESCRIPTION_SUFFIX:
        in_file = FileKeyStore.open(path, production, offline)
        if keep is not None:
            in_file.kept_by(keep)
        return in_file
    try:
        from backend.minting.token_keystore import TokenKeyStore  # its library is there only where a token is
    except ImportError as error:
        raise KeysRefused(f"{path} is for a PKCS#11 token, and python-pkcs11 is not installed: {error}") from error
    in_token = TokenKeyStore.open(path, production, offline)
    if keep is not None:
        in_token.kept_by(keep)
    return in_token
