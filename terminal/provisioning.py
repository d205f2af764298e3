# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Make a directory a ready till: configuration, keys, trust, empty journal."""

from dataclasses import replace
from typing import Final

from heitje.bundle import BundleKey, KeyUse, TrustBundle
from heitje.keys import SigningKey
from heitje.programme import TestProgramme
from terminal import journal_file
from terminal.configuration import FILE_NAME, TerminalConfiguration
from terminal.journal_store import JournalStore
from terminal.key_store import TerminalKeys
from terminal.trust.store import TrustStore

FIRST_VERSION: Final = 1
"""The publication that a backend of the same test programme begins with: intake knows it."""
TEST_KEYS_FROM: Final = 1_500_000_000
TEST_KEYS_UNTIL: Final = 4_000_000_000
"""A test programme's keys are valid at any time that a test may set its clock to."""


def bundle_of(programme: TestProgramme, now: int, version: int) -> TrustBundle:
    """The trust bundle of a test programme's terminal, issued `now` (Unix seconds)."""
    return TrustBundle(
        iss=programme.iss,
        terminal=programme.terminal,
        issued=now,
        version=version,
        df_name=programme.df_name,
        keys=tuple(_all_uses(key) for key in (programme.mint, programme.mint_next)),
        shop=programme.shop,
        shop_name=programme.shop.id,
        paper_till=programme.paper_till,
    )


def initialise(programme: TestProgramme, configuration: TerminalConfiguration, now: int) -> None:
    """Write a ready till of a test programme.

    The configuration is written last: a directory without it is no till, and an interrupted set-up is begun again.
    Raises `FileExistsError` where there is one already, `OSError`, `JournalNotWritten`, and `ValueError` for an address
    that is none.
    """
    configuration.check_addresses()
    directory = configuration.directory
    directory.mkdir(parents=True, exist_ok=True)
    if (directory / FILE_NAME).exists():
        raise FileExistsError(f"{directory} holds a till already")
    _clear_away(configuration)
    TerminalKeys(
        seed=programme.terminal_seed,
        masters={programme.df_name: (programme.master_terminal,)},
        roots=(programme.mint.public, programme.mint_next.public),
    ).write(configuration.keys_path)
    trust = TrustStore(configuration.trust_path, (programme.mint.public,), programme.terminal)
    trust.create(programme.trust_root, bundle_of(programme, now, FIRST_VERSION).sign(programme.mint))
    JournalStore.create(configuration.journal_path, programme.terminal).close()
    replace(configuration, terminal=programme.terminal).write()


def _clear_away(configuration: TerminalConfiguration) -> None:
    """Remove what an interrupted set-up left. Raises `FileExistsError` where a journal may hold entries."""
    journal = configuration.journal_path
    if not journal_file.is_empty(journal):
        raise FileExistsError(f"{journal} may hold entries, and there is no {FILE_NAME} beside it")
    for left_over in journal.parent.glob(f"{journal.name}*"):
        left_over.unlink()
    configuration.keys_path.unlink(missing_ok=True)


def _all_uses(key: SigningKey) -> BundleKey:
    return BundleKey(key.public, frozenset(KeyUse), TEST_KEYS_FROM, TEST_KEYS_UNTIL)
