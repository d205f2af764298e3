# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Prepares a directory for a test programme's backend: keys and secrets. What stands in its database is `population`'s.

The configuration itself is written last, by the caller: a directory without it is no backend, and an interrupted set-up
is begun again.
"""

import secrets
import shutil
from pathlib import Path
from typing import Final

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


def prepare(directory: Path, programme: TestProgramme, database: Database | None = None) -> Configuration:
    """Make the directory and its secrets; the books are kept in SQLite unless another `database` is named.

    Raises `FileExistsError` where there is a backend already.
    """
    if (directory / FILE).exists():
        raise FileExistsError(f"{directory} holds a backend already")
    directory.mkdir(parents=True, exist_ok=True)
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
    configuration.django_key_path.touch(mode=0o600)
    configuration.django_key_path.write_text(secrets.token_urlsafe(48) + "\n", encoding="ascii")
    key_file.write(configuration.key_store_path, programme, TEST_KEYS_FROM, TEST_KEYS_UNTIL)
    key_file.write_offline(configuration.offline_keys_path, programme)
    return configuration
