# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Merkle trees against RFC 6962's definition, word for word, and against the answers that its implementations share."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heitje.proof import merkle
from heitje.proof.merkle import consistency_path, inclusion_path, leaf_hash, verify_consistency, verify_inclusion

LEAVES = [
    bytes.fromhex(leaf)
    for leaf in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
"""Of the first 0 to 8 of these leaves: the values that certificate-transparency's implementations are tested with."""
PROOF_6_TO_8 = [
    "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
]


def mth(data: list[bytes]) -> bytes:
    """RFC 6962 section 2.1 as it is written there."""
    if not data:
        return sha256(b"").digest()
    if len(data) == 1:
        return sha256(b"\x00" + data[0]).digest()
    k = 1
    while k * 2 < len(data):
        k *= 2
    return sha256(b"\x01" + mth(data[:k]) + mth(data[k:])).digest()


def nodes(data: list[bytes]) -> merkle.Node:
    """The complete subtrees over these leaves."""
    return lambda level, index: mth(data[index << level : (index + 1) << level])


def numbered(size: int) -> list[bytes]:
    return [number.to_bytes(2, "big") for number in range(size)]


@pytest.mark.parametrize("size", range(9))
def test_known_roots(size: int) -> None:
    assert merkle.root(size, nodes(LEAVES)).hex() == ROOTS[size] == mth(LEAVES[:size]).hex()


def test_known_proofs() -> None:
    assert [sibling.hex() for sibling in consistency_path(6, 8, nodes(LEAVES))] == PROOF_6_TO_8
    path = inclusion_path(2, 3, nodes(LEAVES))
    assert [sibling.hex() for sibling in path] == [ROOTS[2]]
    assert verify_inclusion(2, 3, leaf_hash(LEAVES[2]), path, bytes.fromhex(ROOTS[3]))


@given(st.integers(1, 300), st.data())
def test_every_leaf_is_proved_and_no_other(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    leaves = numbered(size)
    path, root = inclusion_path(index, size, nodes(leaves)), mth(leaves)
    assert verify_inclusion(index, size, leaf_hash(leaves[index]), path, root)
    other = data.draw(st.integers(0, size + 1).filter(lambda number: number != index))
    assert not verify_inclusion(other, size, leaf_hash(leaves[index]), path, root)
    assert not verify_inclusion(index, size, leaf_hash(b"another"), path, root)
    assert not verify_inclusion(index, size, leaf_hash(leaves[index]), [*path, root], root)
    assert not path or not verify_inclusion(index, size, leaf_hash(leaves[index]), path[:-1], root)


@given(st.integers(0, 300), st.integers(0, 300), st.data())
def test_growth_is_proved_and_a_fork_is_not(one: int, other: int, data: st.DataObject) -> None:
    old, new = sorted((one, other))
    leaves = numbered(new)
    path = consistency_path(old, new, nodes(leaves))
    assert verify_consistency(old, new, path, mth(leaves[:old]), mth(leaves))
    if old:
        place = data.draw(st.integers(0, old - 1))
        forked = [*leaves[:place], b"another", *leaves[place + 1 :]]
        assert not verify_consistency(old, new, path, mth(forked[:old]), mth(leaves))
    assert not verify_consistency(new + 1, new, path, mth(leaves), mth(leaves))


def test_what_is_not_there_is_no_question() -> None:
    with pytest.raises(ValueError, match="no leaf 3"):
        inclusion_path(3, 3, nodes(LEAVES))
    with pytest.raises(ValueError, match="does not go on"):
        consistency_path(4, 3, nodes(LEAVES))
