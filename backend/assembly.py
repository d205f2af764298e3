# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Where the parts of a backend directory are put together: which keys, which programme, which bank account."""

from functools import lru_cache
from pathlib import Path

from django.conf import settings

from backend.configuration import Configuration
from backend.minting import signature_log
from backend.minting.key_stores import open_key_store
from backend.minting.keystore import KeysRefused, KeyStore
from backend.minting.trust_repository import TrustRepository
from backend.proof.public_log import PublicLog
from backend.redemption.intake import Programme
from backend.settlement.bank_file import Party
from backend.settlement.night import Debtor


def programme_of(configuration: Configuration) -> Programme:
    """The programme and its key store, opened again when its file has changed. Raises `KeysRefused`."""
    path = _key_store_file(configuration.directory, configuration.key_store)
    try:
        file = path.stat()
    except OSError as error:
        raise KeysRefused(f"there is no key store: {error}") from error
    return _programme(configuration.programme, path, configuration.production, file.st_ino, file.st_mtime_ns)


@lru_cache(maxsize=4)
def _key_store_file(directory: Path, name: str) -> Path:
    return directory / name


@lru_cache(maxsize=4)
def _programme(iss: str, path: Path, production: bool, _inode: int, _mtime_ns: int) -> Programme:
    return Programme(iss, open_key_store(path, production, keep=signature_log.keep))


def repository_of(configuration: Configuration) -> TrustRepository:
    """Where the trust is published."""
    return TrustRepository(configuration.trust_path)


def public_log_of(configuration: Configuration) -> PublicLog:
    """Where the public log is written."""
    return PublicLog(configuration.directory / "public-log")


def offline_key_store(configuration: Configuration, offline: Path) -> KeyStore:
    """The key store with the offline roles' keys of a file. Raises `KeysRefused`."""
    return open_key_store(configuration.key_store_path, configuration.production, offline, signature_log.keep)


def debtor_of(configuration: Configuration) -> Debtor:
    """Who pays the shops."""
    return Debtor(configuration.programme, Party(configuration.account_holder, configuration.iban))


def configuration_in_use() -> Configuration:
    """The configuration that Django was started with."""
    configuration = getattr(settings, "HEITJE", None)
    if not isinstance(configuration, Configuration):
        raise TypeError("Django was not started by backend.django_project")
    return configuration
