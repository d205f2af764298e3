# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The key ceremony: a token's keys, and the next master of key 1 (docs/keys.md)."""

import argparse
import time
from dataclasses import asdict
from pathlib import Path
from typing import Final

from backend.assembly import configuration_in_use, programme_of
from backend.cards import masters
from backend.commands.answer import Answer, Refused
from backend.commands.key_changes import show_windows
from backend.configuration import FILE
from backend.minting import key_file
from backend.minting.key_stores import DESCRIPTION_SUFFIX
from backend.minting.rotation import Window, first_window
from backend.minting.token_description import TokenDescription
from backend.provisioning import KEY_FILES
from heitje.card.layout import df_name as df_name_of
from heitje.programme import TestProgramme

_TEST_KEYS: Final = (1_500_000_000, 4_000_000_000)
"""A test programme's keys are valid at any time that a test may set its clock to."""


def init_token(arguments: argparse.Namespace) -> Answer:
    """`keys init-token`: safe to run again where it was broken off."""
    from backend.minting import token_ceremony as ceremony  # its library is there only where a token is
    from backend.minting.pkcs11_token import Token

    configuration, programme = configuration_in_use(), _test_programme(arguments.programme_file)
    path = configuration.directory / KEY_FILES["token"][arguments.offline]
    if path.exists():
        raise Refused(f"{path} is there already: its token has its keys")
    place = ceremony.Place(arguments.module, arguments.token, Path(arguments.pin_file).resolve())
    df_name = programme.df_name if programme is not None else df_name_of(arguments.number)
    if arguments.offline:
        description = ceremony.describe_offline(configuration.programme, df_name, place)
    else:
        now = int(time.time())
        window = Window(*_TEST_KEYS, *_TEST_KEYS) if programme is not None else first_window(now)
        description = ceremony.describe(configuration.programme, df_name, place, window)
    token = Token.open(place.module, place.token, description.pin())
    new = ceremony.make_keys(token, description, programme)
    description.write(path)
    text = f"{len(new)} keys made in the token {place.token}; {path.name} describes it"
    if not arguments.offline and path != configuration.key_store_path:
        text += f'\nnow set key_store = "{path.name}" in {FILE}'
    return Answer(text, {"file": str(path), "new": list(new)})


def add_terminal_master(arguments: argparse.Namespace) -> Answer:
    """`keys add-terminal-master`: cards move to it at their next online contact, once terminals hold it."""
    configuration = configuration_in_use()
    versions = programme_of(configuration).key_store.terminal_key_versions
    left = masters.would_be_left(versions)
    if left and not arguments.leave_cards:
        raise Refused(f"{left} cards have not moved to version {versions[0]} yet, and no till would open them")
    path = configuration.key_store_path
    if path.suffix == DESCRIPTION_SUFFIX:
        version = _master_in_token(path, configuration.programme)
    else:
        version = key_file.add_terminal_master(path)
    return Answer(f"key 1 has a master of version {version}", {"version": version})


def show(arguments: argparse.Namespace) -> Answer:
    """`keys show`: what may be known of them."""
    key_store = programme_of(configuration_in_use()).key_store
    lines, mint = show_windows()
    versions = list(key_store.terminal_key_versions)
    lines.append(f"application {key_store.df_name.hex()}, key 1's masters: versions {', '.join(map(str, versions))}")
    standings = masters.standings(versions, int(time.time()))
    lines += [f"  version {row.version}: {row.cards} cards, {_tills_without(row.behind)}" for row in standings]
    document = {"df_name": key_store.df_name.hex(), "mint": mint, "terminal_versions": versions}
    return Answer("\n".join(lines), {**document, "masters": [asdict(row) for row in standings]})


def _tills_without(behind: tuple[str, ...]) -> str:
    return (
        f"cards do not move to it before these tills hold it: {', '.join(behind)}" if behind else "every till holds it"
    )


def _test_programme(file: str | None) -> TestProgramme | None:
    if file is None:
        return None
    try:
        return TestProgramme.parse(Path(file).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Refused(str(error)) from error


def _master_in_token(path: Path, programme: str) -> int:
    from backend.minting import token_ceremony as ceremony
    from backend.minting.pkcs11_token import Token

    description = TokenDescription.load(path)
    token = Token.open(description.module, description.token, description.pin())
    description = ceremony.add_terminal_master(token, description, programme)
    description.write(path)
    return max(description.masters.terminal) if description.masters is not None else 0
