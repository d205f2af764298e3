# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Reads a whole log and builds its tree anew.

Each entry is held against its hash, each tile against the tiles below it, the root against the signed one. What the log
was once known by must lie in it: it only grew.
"""

from collections.abc import Iterator

from auditor.findings import Finding, Found
from auditor.growing_tree import GrowingTree, root_of
from auditor.source import NotThere, Source
from heitje.proof.checkpoint import Checkpoint
from heitje.proof.merkle import leaf_hash
from heitje.proof.tiles import WIDTH, MalformedTile, entries_path, hashes_of, tile_path, unpack, width_of


class Structure:
    """The reading of one log; `findings` are whole once `leaves` has been run through.

    Where entries and their tile differ, the tree is built of each, and the signed root says which of them is right.
    """

    def __init__(self, source: Source, checkpoint: Checkpoint, kept: Checkpoint | None = None) -> None:
        self.findings: list[Finding] = []
        self._source = source
        self._checkpoint = checkpoint
        self._kept = kept
        self._of_tiles = GrowingTree(None if kept is None else kept.size)
        self._of_entries: GrowingTree | None = None
        self._differing: list[int] = []

    def leaves(self) -> Iterator[tuple[int, bytes]]:
        """Every entry with its number; what cannot be read is left out, and found."""
        size = self._checkpoint.size
        full = list[bytes]()
        for index in range((size + WIDTH - 1) // WIDTH):
            width = width_of(0, index, size)
            said, entries = self._tile(0, index, width), self._entries(index, width)
            hashes = list(map(leaf_hash, entries)) if entries is not None else said or []
            self._grow(index * WIDTH, hashes if said is None else said, hashes)
            if width == WIDTH:
                full.append(root_of(hashes if said is None else said))
            yield from enumerate(entries or (), index * WIDTH)
        if self._judge():
            self._compare_above(full)

    def _grow(self, first: int, said: list[bytes], hashes: list[bytes]) -> None:
        if said != hashes and self._of_entries is None:
            self._of_entries = self._of_tiles.copy()
        self._of_tiles.add(said)
        if self._of_entries is not None:
            self._of_entries.add(hashes)
        if len(hashes) < len(said):
            pairs = enumerate(zip(hashes, said, strict=False))
            gap = next((number for number, (one, other) in pairs if one != other), len(hashes))
            self._find(Found.MISSING_ENTRY, entry=first + gap, count=len(said) - len(hashes))
        else:
            pairs = enumerate(zip(hashes, [*said, *[b""] * (len(hashes) - len(said))], strict=True))
            self._differing += [first + number for number, (one, other) in pairs if one != other]

    def _judge(self) -> bool:
        """Which tree is the signed one; whether the lowest tiles are right."""
        root, others = self._checkpoint.root, self._of_entries
        signed = self._of_tiles
        if signed.root != root and others is not None and others.root == root:
            signed = others
            for path in sorted({self._path_of(entry) for entry in self._differing}):
                self._find(Found.WRONG_TREE, path=path)
        else:
            for entry in self._differing:
                self._find(Found.ALTERED_ENTRY, entry=entry)
        if signed.root != root:
            if not any(finding.what is Found.MISSING_FILE for finding in self.findings):
                self._find(Found.WRONG_TREE, path="checkpoint")
            return True
        if self._kept is not None and signed.remembered != self._kept.root:
            self._find(Found.FORKED, kept=self._kept.size, now=self._checkpoint.size)
        return signed is self._of_tiles

    def _path_of(self, entry: int) -> str:
        index = entry // WIDTH
        return tile_path(0, index, width_of(0, index, self._checkpoint.size))

    def _compare_above(self, full: list[bytes]) -> None:
        """The tiles above the lowest: each hash is the root over a full tile below."""
        level = 1
        while full:
            above = list[bytes]()
            for index in range((len(full) + WIDTH - 1) // WIDTH):
                width = width_of(level, index, self._checkpoint.size)
                wanted = full[index * WIDTH : index * WIDTH + width]
                said = self._tile(level, index, width)
                if said is not None and said != wanted:
                    self._find(Found.WRONG_TREE, path=tile_path(level, index, width))
                if width == WIDTH:
                    above.append(root_of(wanted))
            full, level = above, level + 1

    def _tile(self, level: int, index: int, width: int) -> list[bytes] | None:
        path = tile_path(level, index, width)
        try:
            return hashes_of(self._source.read(path), width)
        except (NotThere, MalformedTile) as error:
            self._find(Found.MISSING_FILE, path=path, why=str(error))
            return None

    def _entries(self, index: int, width: int) -> list[bytes] | None:
        path = entries_path(index, width)
        try:
            return unpack(self._source.read(path))
        except (NotThere, MalformedTile) as error:
            self._find(Found.MISSING_FILE, path=path, why=str(error))
            return None

    def _find(self, what: Found, **facts: str | int) -> None:
        self.findings.append(Finding(what, facts))
