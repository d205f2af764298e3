# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The trust on disk: killed at any file operation it is the old or the new one, and a damaged file is found out."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from heitje.programme import TestProgramme
from terminal.trust.client import TrustClient
from terminal.trust.store import TrustStore, TrustUnreadable

if TYPE_CHECKING:
    from tests.terminal.trust.conftest import Town

FILE_OPERATIONS = ("open", "os.rename", "os.mkdir", "os.link", "os.symlink", "os.remove", "os.rmdir", "os.truncate")
KILLED = 77


def refresh_killed_at(client: TrustClient, operation: int) -> bool:
    """Refresh in a child process that dies before its nth file operation; whether it did."""
    child = os.fork()
    if child == 0:
        count = 0

        def die(event: str, args: tuple[object, ...]) -> None:
            nonlocal count
            if event in FILE_OPERATIONS:
                count += 1
                if count == operation:
                    os._exit(KILLED)

        sys.addaudithook(die)
        try:
            client.refresh()
        except BaseException:  # noqa: BLE001  # a child of a test says only how it ended
            os._exit(1)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, KILLED)
    return code == KILLED


def test_killed_at_any_file_operation_it_is_the_old_trust_or_the_new(
    client: TrustClient, store: TrustStore, town: Town
) -> None:
    town.publish(2)
    client.refresh()
    number, operation, kills, kept_old = 3, 1, 0, 0
    town.denied.append(bytes(7))
    town.publish(number)
    while refresh_killed_at(client, operation):
        found = store.load()
        assert found.number in (number - 1, number)
        assert found.bundle.version == found.number, "bundle and number are of one publication"
        assert len(found.deny) == found.number - 2
        if found.number == number:
            number += 1
            town.denied.append(number.to_bytes(7, "big"))
            town.publish(number)
        else:
            kept_old += 1
        operation += 1
        kills += 1
    assert store.load().number == number
    assert kills > 40
    assert kept_old > 30
    assert "staging" not in [path.name for path in store.directory.iterdir()]


def flip(path: Path, at: int) -> None:
    """Turn over one bit of a file."""
    data = bytearray(path.read_bytes())
    data[at % len(data)] ^= 1
    path.unlink()  # its bytes may be shared with the generation before
    path.write_bytes(data)


@pytest.mark.parametrize("name", ["bundle.cose", "deny.bin", "metadata/timestamp.json", "metadata/trust.json"])
@pytest.mark.parametrize("damage", ["bit", "cut", "gone"])
def test_a_damaged_generation_gives_way_to_the_one_before(
    client: TrustClient, store: TrustStore, town: Town, name: str, damage: str
) -> None:
    town.denied = [bytes(7)]
    town.publish(2)
    client.refresh()
    town.publish(3)
    client.refresh()
    path = store.newest() / name
    if damage == "bit":
        flip(path, 0 if path.suffix == ".json" else 40)
    elif damage == "cut":
        data = path.read_bytes()
        path.unlink()
        path.write_bytes(data[: len(data) // 2])
    else:
        path.unlink()
    assert store.load().number == 2
    town.publish(4)
    assert client.refresh().number == 4, "the next contact heals it"


def test_a_till_without_any_trust_says_so(store: TrustStore) -> None:
    flip(store.newest() / "bundle.cose", 40)
    with pytest.raises(TrustUnreadable, match="generation-000001"):
        store.load()
    with pytest.raises(TrustUnreadable, match="no trust"):
        TrustStore(store.directory / "elsewhere", store.roots, store.terminal).load()


def test_another_terminals_trust_is_none(store: TrustStore, programme: TestProgramme) -> None:
    with pytest.raises(TrustUnreadable, match="another terminal"):
        TrustStore(store.directory, store.roots, bytes(8)).load()


def test_a_list_in_use_stays_readable_when_its_generation_goes(
    client: TrustClient, store: TrustStore, town: Town
) -> None:
    town.denied = [bytes(7)]
    town.publish(2)
    used = client.refresh()
    town.denied = []
    for number in (3, 4, 5):
        town.publish(number)
        client.refresh()
    assert bytes(7) in used.deny
    assert bytes(7) not in store.load().deny
