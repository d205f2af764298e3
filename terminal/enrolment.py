# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A till makes its own key, asks to be taken on, and becomes a till when it is introduced (DESIGN.md section 4).

```
begin    id and key are made here; the key never leaves        enrolment.json, keys.json
finish   with what the office gave                             trust/, journal.sqlite, terminal.toml (last)
```

Either may be done again where it was broken off.
"""

import secrets
from dataclasses import replace
from pathlib import Path
from typing import Final

from heitje.introduction import ID_LENGTH, Asked, Introduction
from heitje.keys import SigningKey
from terminal import journal_file
from terminal.configuration import FILE_NAME, KEYS_NAME, ConfigurationError, TerminalConfiguration
from terminal.durable_file import write_durably
from terminal.journal_store import JournalStore
from terminal.key_store import TerminalKeys
from terminal.trust.store import TrustStore

ASKED_NAME: Final = "enrolment.json"
_SEED_LENGTH: Final = 32


def begin(directory: Path) -> Asked:
    """Make a till's id and key, or find them made; what the office is to be told.

    Raises `FileExistsError` where there is a till already, `OSError`, `ValueError`, `ConfigurationError`.
    """
    directory.mkdir(parents=True, exist_ok=True)
    if (directory / FILE_NAME).exists():
        raise FileExistsError(f"{directory} holds a till already")
    if (directory / ASKED_NAME).exists():
        asked = asked_in(directory)
        if TerminalKeys.load(directory / KEYS_NAME, production=False).signing.public == asked.key:
            return asked
        raise ConfigurationError(f"{directory / ASKED_NAME} is about another key than {KEYS_NAME}")
    (directory / KEYS_NAME).unlink(missing_ok=True)  # of a beginning that was broken off: nobody knows it
    seed = secrets.token_bytes(_SEED_LENGTH)
    TerminalKeys(seed=seed, masters={}, roots=()).write(directory / KEYS_NAME)
    asked = Asked(secrets.token_bytes(ID_LENGTH), SigningKey.from_seed(seed).public)
    write_durably(directory / ASKED_NAME, asked.encode())
    return asked


def finish(configuration: TerminalConfiguration, introduction: Introduction) -> TerminalConfiguration:
    """Become a till; its configuration as it is written.

    Raises `MalformedIntroduction` for one that is another till's, and as `begin`; nothing was changed then.
    """
    configuration.check_addresses()
    directory = configuration.directory
    asked = begin(directory)
    introduction.opened(asked.terminal)
    if not journal_file.is_empty(configuration.journal_path):
        raise FileExistsError(f"{configuration.journal_path} may hold entries, and there is no {FILE_NAME} beside it")
    for left_over in directory.glob(f"{configuration.journal_path.name}*"):
        left_over.unlink()
    keys = TerminalKeys.load(configuration.keys_path, production=False)
    replace(keys, roots=introduction.mint).put(configuration.keys_path)
    TrustStore(configuration.trust_path, introduction.mint, asked.terminal).create(
        introduction.root, introduction.bundle
    )
    JournalStore.create(configuration.journal_path, asked.terminal).close()
    ready = replace(configuration, terminal=asked.terminal)
    ready.write()
    return ready


def asked_in(directory: Path) -> Asked:
    """What a till in the making says of itself. Raises `OSError`, `MalformedIntroduction`."""
    return Asked.decode((directory / ASKED_NAME).read_bytes())
