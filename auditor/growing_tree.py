# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A Merkle tree to which leaves are added one by one, as small as its right edge."""

from collections.abc import Iterable

from heitje.proof.merkle import EMPTY_ROOT, node_hash


class GrowingTree:
    """The complete subtrees at the right edge, the largest first; `size` counts leaves.

    Asked for at the beginning, the root at one size on the way is remembered.
    """

    def __init__(self, remember: int | None = None) -> None:
        self.size = 0
        self.remembered: bytes | None = EMPTY_ROOT if remember == 0 else None
        self._remember = remember
        self._edge: list[bytes] = []

    def copy(self) -> "GrowingTree":
        """Another tree that goes on from here."""
        other = GrowingTree(self._remember)
        other.size, other.remembered, other._edge = self.size, self.remembered, self._edge.copy()
        return other

    def add(self, hashes: Iterable[bytes]) -> None:
        """More leaves, by their hashes."""
        edge = self._edge
        for hashed in hashes:
            self.size += 1
            joined = self.size
            while not joined & 1:
                hashed = node_hash(edge.pop(), hashed)
                joined >>= 1
            edge.append(hashed)
            if self.size == self._remember:
                self.remembered = self.root

    @property
    def root(self) -> bytes:
        """The root over all leaves so far."""
        if not self._edge:
            return EMPTY_ROOT
        reached = self._edge[-1]
        for larger in reversed(self._edge[:-1]):
            reached = node_hash(larger, reached)
        return reached


def root_of(hashes: Iterable[bytes]) -> bytes:
    """The root over these."""
    tree = GrowingTree()
    tree.add(hashes)
    return tree.root
