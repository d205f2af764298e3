# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Tiles and bundles, with the examples of C2SP tlog-tiles as known answers."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heitje.proof import merkle, tiles
from heitje.proof.merkle import leaf_hash, node_hash
from heitje.proof.tiles import MalformedTile, TileReader, entries_path, tile_path


def levels(size: int) -> list[list[bytes]]:
    """All complete subtrees of a tree, level by level."""
    found = [[leaf_hash(number.to_bytes(4, "big")) for number in range(size)]]
    while len(found[-1]) > 1:
        pairs = zip(found[-1][::2], found[-1][1::2], strict=False)
        found.append([node_hash(*pair) for pair in pairs])
    return found


def files(size: int) -> dict[str, bytes]:
    """The tiles, cut from the levels as the specification defines them."""
    complete = levels(size)
    return {
        tile_path(level, index, width): b"".join(complete[level * 8][index * 256 : index * 256 + width])
        for level, index, width in tiles.tiles_of(size)
    }


def test_known_paths() -> None:
    assert tile_path(0, 1234067) == "tile/0/x001/x234/067"
    assert entries_path(0) == "tile/entries/000"
    assert tile_path(63, 273, 112) == "tile/63/273.p/112"
    assert entries_path(1000, 1) == "tile/entries/x001/000.p/1"


def test_known_shape() -> None:
    """ "A tree of size 70,000 …" of the specification."""
    shape = Counter((level, width == 256) for level, _, width in tiles.tiles_of(70_000))
    assert shape == {(0, True): 273, (0, False): 1, (1, True): 1, (1, False): 1, (2, False): 1}
    partial = {level: width for level, _, width in tiles.tiles_of(70_000) if width < 256}
    assert partial == {0: 112, 1: 17, 2: 1}
    assert list(tiles.tiles_of(256)) == [(0, 0, 256), (1, 0, 1)]
    assert list(tiles.tiles_of(0)) == []


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 600, 65_536, 66_000])
def test_a_tree_is_read_from_its_tiles(size: int) -> None:
    complete, stored = levels(size), files(size)
    reader = TileReader(stored.__getitem__, size)
    for level, nodes in enumerate(complete):
        for index in {0, len(nodes) // 2, len(nodes) - 1}:
            assert reader.node(level, index) == nodes[index]
    root = merkle.root(size, reader.node)
    assert root == merkle.root(size, lambda level, index: complete[level][index])
    path = merkle.inclusion_path(size // 2, size, reader.node)
    assert merkle.verify_inclusion(size // 2, size, complete[0][size // 2], path, root)


def test_what_the_tree_does_not_have() -> None:
    reader = TileReader(files(300).__getitem__, 300)
    with pytest.raises(MalformedTile):
        reader.node(3, 37)
    with pytest.raises(MalformedTile):
        TileReader(lambda path: b"short", 300).node(0, 0)


@given(st.lists(st.binary(max_size=300), max_size=20), st.data())
def test_bundles(entries: list[bytes], data: st.DataObject) -> None:
    bundle = b"".join(map(tiles.pack, entries))
    assert tiles.unpack(bundle) == entries
    end = data.draw(st.integers(0, len(bundle)))
    ends = [len(b"".join(map(tiles.pack, entries[:count]))) for count in range(len(entries) + 1)]
    if end not in ends:
        with pytest.raises(MalformedTile):
            tiles.unpack(bundle[:end])


def test_an_entry_that_is_too_long() -> None:
    with pytest.raises(ValueError, match="65535"):
        tiles.pack(bytes(65_536))
