# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The public log as static files (C2SP tlog-tiles): where a tile or a bundle of entries is, and what is in it.

A tile holds up to 256 hashes side by side; tile `n` of level `l` has the hashes of the subtrees over 256^l leaves
each. A bundle holds the entries of a level-0 tile:

    +--------+-----------------+--------+-----------------+
    | length | entry           | length | entry           | …
    | 2, big | 'length' bytes  |        |                 |
    +--------+-----------------+--------+-----------------+
"""

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Final

from heitje.proof.merkle import HASH_LENGTH, node_hash

HEIGHT: Final = 8
WIDTH: Final = 1 << HEIGHT
CHECKPOINT: Final = "checkpoint"
ENTRY_MAX: Final = 0xFFFF
BUNDLE_MAX: Final = WIDTH * (2 + ENTRY_MAX)
TILE_MAX: Final = WIDTH * HASH_LENGTH
_LENGTH: Final = 2
_TILES_REMEMBERED: Final = 64


class MalformedTile(ValueError):
    """The bytes are no tile, or no bundle, of the width asked for."""


def tile_path(level: int, index: int, width: int = WIDTH) -> str:
    """Where a tile is; of a partial one `width` says how many hashes it has."""
    return f"tile/{level}/{_number(index, width)}"


def entries_path(index: int, width: int = WIDTH) -> str:
    """Where the entries of a level-0 tile are."""
    return f"tile/entries/{_number(index, width)}"


def width_of(level: int, index: int, size: int) -> int:
    """How many hashes a tile has in the tree of `size` leaves; 0: it is not there yet."""
    return max(0, min(WIDTH, (size >> HEIGHT * level) - index * WIDTH))


def tiles_of(size: int) -> Iterator[tuple[int, int, int]]:
    """Every tile of the tree of `size` leaves: level, index, width."""
    level = 0
    while count := size >> HEIGHT * level:
        for index in range((count + WIDTH - 1) // WIDTH):
            yield level, index, width_of(level, index, size)
        level += 1


def pack(entry: bytes) -> bytes:
    """An entry as it stands in a bundle. Raises `ValueError` for one that is too long."""
    if len(entry) > ENTRY_MAX:
        raise ValueError(f"an entry has at most {ENTRY_MAX} bytes")
    return len(entry).to_bytes(_LENGTH, "big") + entry


def unpack(bundle: bytes) -> list[bytes]:
    """The entries of a bundle. Raises `MalformedTile`."""
    entries, place, end = list[bytes](), 0, len(bundle)
    while place < end:
        begin = place + _LENGTH
        place = begin + int.from_bytes(bundle[place:begin], "big")
        if begin > end or place > end:
            raise MalformedTile("a bundle ends in the middle of an entry")
        entries.append(bundle[begin:place])
    return entries


def hashes_of(tile: bytes, width: int) -> list[bytes]:
    """The hashes of a tile. Raises `MalformedTile`."""
    if len(tile) != width * HASH_LENGTH:
        raise MalformedTile(f"a tile of {width} hashes has {len(tile)} bytes")
    return [tile[place : place + HASH_LENGTH] for place in range(0, len(tile), HASH_LENGTH)]


class TileReader:
    """The tree of `size` leaves, read from its tiles; `fetch` gives the bytes at a path.

    What it says is no truer than the files: whoever uses it compares the root with a signed one.
    """

    def __init__(self, fetch: Callable[[str], bytes], size: int) -> None:
        self.size = size
        self._tile = lru_cache(maxsize=_TILES_REMEMBERED)(
            lambda level, index, width: hashes_of(fetch(tile_path(level, index, width)), width)
        )

    def node(self, level: int, index: int) -> bytes:
        """The hash of a complete subtree. Raises `MalformedTile`, and what `fetch` raises."""
        tile_level, within = divmod(level, HEIGHT)
        first, count = index << within, 1 << within
        number, begin = divmod(first, WIDTH)
        tile = self._tile(tile_level, number, width_of(tile_level, number, self.size))
        hashes = tile[begin : begin + count]
        if len(hashes) != count:
            raise MalformedTile(f"the tree of {self.size} leaves has no node {index} at level {level}")
        while len(hashes) > 1:
            hashes = [node_hash(*pair) for pair in zip(hashes[::2], hashes[1::2], strict=True)]
        return hashes[0]


def _number(index: int, width: int) -> str:
    parts = [f"{index % 1000:03}"]
    while index := index // 1000:
        parts.append(f"x{index % 1000:03}")
    return "/".join(reversed(parts)) + ("" if width == WIDTH else f".p/{width}")
