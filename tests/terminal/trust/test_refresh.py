# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a till takes from its repository and what it does not: rollback, freeze, wrong roots, tampered files."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from backend.minting import key_file
from backend.minting.file_keystore import FileKeyStore
from backend.minting.keystore import KeysRefused
from backend.minting.trust_repository import TrustRepository
from heitje.deny_list import DenyList, encode
from heitje.keys import SigningKey
from heitje.programme import TEST_ROOT_EXPIRES, TestProgramme
from heitje.trust_root import TIMESTAMP_LIFE_S, Role
from terminal.provisioning import bundle_of
from terminal.trust.client import TrustClient, TrustOutOfReach, TrustRefused
from terminal.trust.store import TrustBusy, TrustStore

if TYPE_CHECKING:
    from tests.terminal.trust.conftest import Line, Town

CARD, NOTE = bytes.fromhex("04a1b2c3d4e580"), bytes(range(16))


def folders(store: TrustStore) -> list[str]:
    """What is in the store's folder."""
    return sorted(path.name for path in store.directory.iterdir() if path.is_dir())


def test_a_till_begins_with_what_enrolment_gave(store: TrustStore, town: Town) -> None:
    trust = store.load()
    assert (trust.number, len(trust.deny), trust.age_s(town.now)) == (1, 0, 3600)


def test_it_fetches_what_was_published(client: TrustClient, store: TrustStore, town: Town) -> None:
    town.denied = [CARD, NOTE]
    town.publish(7, at=town.now - 60)
    trust = client.refresh()
    assert (trust.number, trust.bundle.version, trust.age_s(town.now)) == (7, 7, 60)
    assert isinstance(trust.deny, DenyList)
    assert CARD in trust.deny
    assert NOTE in trust.deny
    assert bytes(16) not in trust.deny
    again = store.load()
    assert (again.number, again.signed_at, set(again.deny)) == (7, trust.signed_at, {CARD, NOTE})


def test_what_has_not_changed_is_not_fetched_again(
    client: TrustClient, store: TrustStore, town: Town, line: Line
) -> None:
    files = town.files(2)
    town.publish(2, files, at=town.now - 100)
    client.refresh()
    line.asked.clear()
    town.repository.stamp(2, town.keys, town.now - 50)
    assert client.refresh().age_s(town.now) == 50
    town.publish(3, {**files, town.names.deny: encode([CARD])})
    assert client.refresh().number == 3
    assert sum("targets/" in name for name in line.asked) == 1, "the deny list, once"


def test_nothing_new_leaves_everything_as_it_is(client: TrustClient, store: TrustStore, town: Town) -> None:
    town.publish(2)
    first = client.refresh()
    before = folders(store)
    assert client.refresh().number == first.number
    assert folders(store) == before == ["generation-000001", "generation-000002"]


def test_two_generations_are_kept(client: TrustClient, store: TrustStore, town: Town) -> None:
    for number in range(2, 8):
        town.publish(number)
        client.refresh()
    assert folders(store) == ["generation-000006", "generation-000007"]


def test_without_a_network_the_old_trust_stands(client: TrustClient, store: TrustStore, town: Town, line: Line) -> None:
    town.publish(2)
    client.refresh()
    line.cut = True
    with pytest.raises(TrustOutOfReach):
        client.refresh()
    assert store.load().number == 2
    assert "staging" not in folders(store)


def test_the_line_is_cut_at_any_file(client: TrustClient, store: TrustStore, town: Town, line: Line) -> None:
    town.publish(2)
    client.refresh()
    town.denied = [CARD]
    town.publish(3)
    line.asked.clear()
    client.refresh()
    files = list(line.asked)
    assert len(files) > 4
    for number, cut in enumerate(range(1, len(files) + 1), start=4):
        town.denied.append(number.to_bytes(7, "big"))
        town.publish(number)
        line.asked.clear()
        line.cut_at = cut
        with pytest.raises(TrustOutOfReach):
            client.refresh()
        assert store.load().number == number - 1
        line.cut_at = None
        assert client.refresh().number == number


def test_an_older_timestamp_is_a_rollback(client: TrustClient, store: TrustStore, town: Town) -> None:
    town.publish(2, at=town.now - 100)
    old = (town.repository.metadata / "timestamp.json").read_bytes()
    town.publish(3)
    client.refresh()
    (town.repository.metadata / "timestamp.json").write_bytes(old)
    with pytest.raises(TrustRefused, match="version"):
        client.refresh()
    assert store.load().number == 3


def test_a_newer_timestamp_for_an_older_snapshot_is_a_rollback(
    client: TrustClient, store: TrustStore, town: Town
) -> None:
    town.publish(2)
    town.denied = [CARD]
    town.publish(3)
    client.refresh()
    town.repository.stamp(2, town.keys, town.now)
    with pytest.raises(TrustRefused, match="snapshot"):
        client.refresh()
    assert CARD in store.load().deny


def test_a_repository_that_stands_still_is_a_freeze(client: TrustClient, store: TrustStore, town: Town) -> None:
    signed_at = town.now - TIMESTAMP_LIFE_S + 60
    town.publish(2, at=signed_at)
    assert client.refresh().age_s(town.now) == TIMESTAMP_LIFE_S - 60
    town.publish(3, at=town.now - TIMESTAMP_LIFE_S - 60)
    with pytest.raises(TrustRefused, match="expired"):
        client.refresh()
    assert store.load().signed_at == signed_at, "it ages, and its age lowers the limits"


def other_programme(programme: TestProgramme) -> TestProgramme:
    return replace(programme, mint=SigningKey.from_seed(b"another mint".ljust(32)))


def appointed(town: Town, programme: TestProgramme, folder: Path) -> Town:
    """Another programme's repository."""
    folder.mkdir()
    key_file.write(folder / "keys.json", programme, 0, TEST_ROOT_EXPIRES)
    key_file.write_offline(folder / "offline.json", programme)
    keys = FileKeyStore.open(folder / "keys.json", production=False, offline=folder / "offline.json")
    other = replace(town, programme=programme, repository=TrustRepository(folder / "repository"), keys=keys)
    with other.repository.locked():
        other.repository.appoint(other.names, keys, TEST_ROOT_EXPIRES, TEST_ROOT_EXPIRES)
    return other


def test_another_root_is_not_followed(
    client: TrustClient, store: TrustStore, town: Town, line: Line, programme: TestProgramme, tmp_path: Path
) -> None:
    other = appointed(town, other_programme(programme), tmp_path / "other")
    other.publish(9)
    line.repository = other.repository
    with pytest.raises(TrustRefused, match="signed"):
        client.refresh()
    assert store.load().number == 1


def test_a_root_that_only_signs_itself_is_not_followed(
    client: TrustClient, store: TrustStore, town: Town, line: Line, programme: TestProgramme, tmp_path: Path
) -> None:
    town.publish(2)
    other = appointed(town, other_programme(programme), tmp_path / "other")
    other.repository.appoint(other.names, other.keys, TEST_ROOT_EXPIRES, TEST_ROOT_EXPIRES)
    forged = (other.repository.metadata / "2.root.json").read_bytes()
    (town.repository.metadata / "2.root.json").write_bytes(forged)
    with pytest.raises(TrustRefused, match="signed"):
        client.refresh()
    assert store.load().number == 1


def test_new_root_keys_are_followed_when_the_old_ones_say_so(
    client: TrustClient, store: TrustStore, town: Town, programme: TestProgramme, tmp_path: Path
) -> None:
    town.publish(2)
    client.refresh()
    other = appointed(town, other_programme(programme), tmp_path / "other")
    with pytest.raises(KeysRefused, match="too few"):
        town.repository.appoint(town.names, other.keys, TEST_ROOT_EXPIRES, TEST_ROOT_EXPIRES)
    town.repository.appoint(town.names, other.keys, TEST_ROOT_EXPIRES, TEST_ROOT_EXPIRES, former=town.keys)
    town.keys = other.keys
    town.publish(3, {**town.files(3), town.names.deny: encode([CARD])})
    assert client.refresh().number == 3
    assert CARD in store.load().deny
    town.repository.appoint(town.names, other.keys, TEST_ROOT_EXPIRES, TEST_ROOT_EXPIRES)
    town.publish(4)
    assert client.refresh().number == 4, "and from there on by the new keys alone"


@pytest.mark.parametrize("role", [Role.TIMESTAMP, Role.SNAPSHOT, Role.TARGETS, Role.TRUST])
def test_one_changed_byte_of_metadata_is_refused(
    client: TrustClient, store: TrustStore, town: Town, line: Line, role: Role
) -> None:
    town.publish(2)

    line.instead = {f"{role}.json": lambda data: re.sub(rb'"version": ?[0-9]', b'"version":8', data)}
    with pytest.raises(TrustRefused):
        client.refresh()
    assert store.load().number == 1


@pytest.mark.parametrize("name", ["deny.bin", ".cose"])
@pytest.mark.parametrize("length", ["same", "shorter", "longer", "endless"])
def test_a_tampered_file_is_refused(
    client: TrustClient, store: TrustStore, town: Town, line: Line, name: str, length: str
) -> None:
    town.denied = [CARD]
    town.publish(2)
    changes = {
        "same": lambda data: bytes([data[0] ^ 1]) + data[1:],
        "shorter": lambda data: data[:-1],
        "longer": lambda data: data + b"x",
        "endless": lambda data: data * 1000,
    }
    line.instead = {name: changes[length]}
    with pytest.raises((TrustRefused, TrustOutOfReach)):
        client.refresh()
    assert store.load().number == 1
    line.instead = {}
    assert client.refresh().number == 2


def test_a_bundle_that_the_mint_did_not_sign_is_refused(
    client: TrustClient, store: TrustStore, town: Town, programme: TestProgramme
) -> None:
    """The repository's keys alone are not enough."""
    forged = bundle_of(programme, town.now, 2).sign(SigningKey.from_seed(bytes(32)))
    foreign = replace(bundle_of(programme, town.now, 2), terminal=bytes(8)).sign(programme.mint)
    for number, token in ((2, forged), (3, foreign), (4, b"\xa0")):
        town.publish(number, {**town.files(number), town.names.bundle(programme.terminal): token})
        with pytest.raises(TrustRefused):
            client.refresh()
        assert store.load().number == 1


def test_a_bundle_by_a_mint_key_that_the_bundle_before_listed_is_followed(
    client: TrustClient, store: TrustStore, town: Town, programme: TestProgramme
) -> None:
    """The mint's next key (docs/keys.md): a till knows it by its bundle, and one after the other."""
    newer = [SigningKey.from_seed(bytes(31) + bytes((number,))) for number in (1, 2, 3)]

    def publish(number: int, signer: SigningKey, *listed: SigningKey) -> None:
        bundle = bundle_of(programme, town.now, number)
        fresh = [replace(bundle.keys[0], public=key.public) for key in listed]
        token = replace(bundle, keys=(*bundle.keys, *fresh)).sign(signer)
        town.publish(number, {**town.files(number), town.names.bundle(programme.terminal): token})

    for number, signer, listed in ((2, programme.mint, newer[:1]), (3, newer[0], newer[:2]), (4, newer[1], newer[1:2])):
        publish(number, signer, *listed)
        assert client.refresh().bundle.version == number
        assert TrustStore(store.directory, store.roots, store.terminal).load().bundle.version == number
    for number, signer, listed in ((5, newer[0], newer[:1]), (6, newer[2], newer[2:]), (7, newer[1], [])):
        publish(number, signer, *listed)  # no longer listed; listed by itself alone; not listed by itself
        with pytest.raises(TrustRefused):
            client.refresh()
    assert store.load().bundle.version == 4


@pytest.mark.parametrize("data", [b"", b"HDL1", encode([CARD, NOTE])[::-1], encode([CARD])[:-1]])
def test_a_deny_list_that_is_none_is_refused(client: TrustClient, store: TrustStore, town: Town, data: bytes) -> None:
    town.publish(2, {**town.files(2), town.names.deny: data})
    with pytest.raises(TrustRefused):
        client.refresh()
    assert store.load().number == 1


def test_a_deny_list_out_of_order_is_refused(client: TrustClient, store: TrustStore, town: Town) -> None:
    whole = encode([b"1234567", b"7654321"])
    town.publish(2, {**town.files(2), town.names.deny: whole[:12] + whole[19:] + whole[12:19]})
    with pytest.raises(TrustRefused, match="sorted"):
        client.refresh()


def test_a_terminal_that_is_not_among_the_files_keeps_what_it_has(
    client: TrustClient, store: TrustStore, town: Town, programme: TestProgramme
) -> None:
    files = town.files(2)
    del files[town.names.bundle(programme.terminal)]
    town.publish(2, files)
    with pytest.raises(TrustRefused, match="has no"):
        client.refresh()
    assert store.load().number == 1


def test_one_program_refreshes_at_a_time(client: TrustClient, store: TrustStore, town: Town) -> None:
    town.publish(2)
    with store.locked(), pytest.raises(TrustBusy):
        client.refresh()
    assert client.refresh().number == 2
