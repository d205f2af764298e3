# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Prepares a directory for a backend: a town's own, empty and without keys, or a test programme's with its secrets.

The configuration itself is written last, by the caller: a directory without it is no backend, and an interrupted set-up
is begun again. What stands in a test programme's database is `population`'s.
"""

import re
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from schwifty import IBAN

from backend.configuration import FILE, Configuration, Database, RequestLimits
from backend.minting import key_file
from heitje.programme import TestProgramme

ACCOUNT_HOLDER: Final = "Gemeente Testburg"
ACCOUNT_IBAN: Final = "NL02ABNA0123456789"
"""Published as an example: it checks, and nobody holds it."""
TEST_KEYS_FROM: Final = 1_500_000_000
TEST_KEYS_UNTIL: Final = 4_000_000_000
"""A test programme's keys are valid at any time that a test may set its clock to."""
WIDE_LIMITS: Final = RequestLimits(terminal_per_minute=600_000, terminal_burst=20_000)
"""A test programme is hammered and measured; its limits are there, and far away."""
KEY_FILES: Final = {"file": ("keys.sealed", "offline-keys.sealed"), "token": ("token.toml", "offline-token.toml")}
"""Where a town's keys will be, and the offline roles' (docs/keys.md)."""
_PROGRAMME: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)+")
"""Names of folders, keys and the public log begin with it."""
_PROGRAMME_MAX: Final = 60
_HOLDER_MAX: Final = 70


@dataclass(frozen=True, slots=True)
class Town:
    """A municipality of its own: `programme` as `nl.heerlen`, the reserve's account, and the names of the key files."""

    programme: str
    account_holder: str
    iban: str
    key_store: str
    offline_keys: str


def prepare_town(directory: Path, town: Town, database: Database | None = None) -> Configuration:
    """Make the directory of a production backend. It has no keys yet, and what lies there already is never removed.

    Raises `FileExistsError` where there is a backend already, `ValueError` for a name or an IBAN that is none.
    """
    if not _PROGRAMME.fullmatch(town.programme) or len(town.programme) > _PROGRAMME_MAX:
        raise ValueError(f"{town.programme!r} is no programme's name: as nl.heerlen, {_PROGRAMME_MAX} signs at most")
    if not town.account_holder.strip() or len(town.account_holder) > _HOLDER_MAX:
        raise ValueError(f"an account holder's name has 1 to {_HOLDER_MAX} signs")
    iban = IBAN(town.iban).compact
    _make(directory)
    configuration = Configuration(
        directory=directory.resolve(),
        programme=town.programme,
        account_holder=town.account_holder.strip(),
        iban=iban,
        production=True,
        key_store=town.key_store,
        offline_keys=town.offline_keys,
        database=database or Database(),
    )
    if not configuration.django_key_path.exists():
        _write_secret(configuration.django_key_path)
    return configuration


def prepare(directory: Path, programme: TestProgramme, database: Database | None = None) -> Configuration:
    """Make the directory and its secrets; the books are kept in SQLite unless another `database` is named.

    Raises `FileExistsError` where there is a backend already.
    """
    _make(directory)
    configuration = Configuration(
        directory=directory.resolve(),
        programme=programme.iss,
        account_holder=ACCOUNT_HOLDER,
        iban=ACCOUNT_IBAN,
        production=False,
        database=database or Database(),
        limits=WIDE_LIMITS,
    )
    left_over = (
        *directory.glob(f"{configuration.database.name}*"),
        configuration.key_store_path,
        configuration.offline_keys_path,
        configuration.django_key_path,
    )
    for path in left_over:
        path.unlink(missing_ok=True)
    shutil.rmtree(configuration.trust_path, ignore_errors=True)
    _write_secret(configuration.django_key_path)
    key_file.write(configuration.key_store_path, programme, TEST_KEYS_FROM, TEST_KEYS_UNTIL)
    key_file.write_offline(configuration.offline_keys_path, programme)
    return configuration


def _make(directory: Path) -> None:
    if (directory / FILE).exists():
        raise FileExistsError(f"{directory} holds a backend already")
    directory.mkdir(parents=True, exist_ok=True)


def _write_secret(path: Path) -> None:
    path.touch(mode=0o600)
    path.write_text(secrets.token_urlsafe(48) + "\n", encoding="ascii")
