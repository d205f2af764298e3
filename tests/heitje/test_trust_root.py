# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A root made by hand is one for the framework's own library, and the same each time."""

import json

import pytest
from tuf.api.exceptions import UnsignedMetadataError
from tuf.api.metadata import Key, Metadata, Root

from heitje.keys import SigningKey
from heitje.programme import TestProgramme, is_published
from heitje.trust_root import (
    IN_ROOT,
    KEYS_OF,
    Role,
    TargetNames,
    derived_keys,
    derived_root,
    key_document,
    key_id,
    root_keys,
)

EXPIRES = 4_000_000_000


def test_the_library_reads_and_verifies_it() -> None:
    root = Metadata[Root].from_bytes(derived_root(bytes(32), EXPIRES))
    root.signed.verify_delegate("root", root.signed_bytes, root.signatures)
    assert int(root.signed.expires.timestamp()) == EXPIRES
    assert root.signed.version == 1
    assert root.signed.consistent_snapshot
    for role in IN_ROOT:
        listed = root.signed.roles[role]
        assert (len(listed.keyids), listed.threshold) == KEYS_OF[role]


def test_one_signature_too_few_is_none() -> None:
    root = Metadata[Root].from_bytes(derived_root(bytes(32), EXPIRES))
    for spare in list(root.signatures)[1:]:
        del root.signatures[spare]
    with pytest.raises(UnsignedMetadataError):
        root.signed.verify_delegate("root", root.signed_bytes, root.signatures)


def test_it_is_reproducible_and_another_seed_is_another_root() -> None:
    assert derived_root(bytes(32), EXPIRES) == derived_root(bytes(32), EXPIRES)
    other = json.loads(derived_root(bytes(31) + b"\1", EXPIRES))["signed"]["keys"]
    assert not other.keys() & json.loads(derived_root(bytes(32), EXPIRES))["signed"]["keys"].keys()


def test_no_key_serves_two_roles() -> None:
    keys = [key.public.raw for role in derived_keys(bytes(32)).values() for key in role]
    assert len(set(keys)) == len(keys) == sum(count for count, _ in KEYS_OF.values())
    assert all(threshold <= count for count, threshold in KEYS_OF.values())
    assert KEYS_OF[Role.ROOT][1] > 1


def test_key_ids_are_the_librarys() -> None:
    public = SigningKey.from_seed(bytes(32)).public
    assert Key.from_dict(key_id(public), key_document(public)).keyid == key_id(public)


def test_target_names(programme: TestProgramme) -> None:
    names = TargetNames(programme.iss)
    assert names.deny == "nl.testburg/deny.bin"
    assert names.bundle(programme.terminal) == f"nl.testburg/terminals/{programme.terminal.hex()}.cose"


def test_the_published_programmes_keys_are_known_as_such(programme: TestProgramme) -> None:
    keys = root_keys(programme.trust_root)
    assert len(keys) == sum(KEYS_OF[role][0] for role in IN_ROOT)
    roots = {key.public.raw for key in programme.trust_keys[Role.ROOT]}
    assert {key for key in keys if is_published(key)} == roots
    assert is_published(programme.mint.public.raw)
    for role in programme.trust_keys.values():
        assert all(is_published(key.ed25519.private_bytes_raw()) for key in role)
    assert not any(map(is_published, root_keys(derived_root(bytes(32), EXPIRES))))


@pytest.mark.parametrize("root", [b"", b"{}", b"[]", b'{"signed": 7}', b'{"signed": {"keys": {"a": {}}}}'])
def test_other_bytes_name_no_keys(root: bytes) -> None:
    with pytest.raises(ValueError):
        root_keys(root)
