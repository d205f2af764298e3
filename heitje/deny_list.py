# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The deny list as one file: cards by UID (7 bytes) and notes by id (16 bytes), made to be mapped into memory.

```
"HDL1" | cards(4) | notes(4) | UID(7) × cards, sorted | id(16) × notes, sorted          numbers big-endian
```
A look-up is a binary search in the bytes as they lie there: nothing is read in advance, nothing is copied.
"""

from collections.abc import Iterable, Iterator, Set
from typing import Final, Protocol

MAGIC: Final = b"HDL1"
UID_LENGTH: Final = 7
NOTE_LENGTH: Final = 16
_COUNT_LENGTH: Final = 4
_HEADER_LENGTH: Final = len(MAGIC) + 2 * _COUNT_LENGTH
LIST_MAX: Final = 16 * 1024 * 1024
"""Bytes; a million notes fit."""


class MalformedDenyList(ValueError):
    """Bytes that are no deny list; the text says why."""


class Mapped(Protocol):
    """Bytes that can be cut: `bytes`, or a file that is mapped into memory."""

    def __len__(self) -> int: ...

    def __getitem__(self, part: slice, /) -> bytes: ...


def encode(ids: Iterable[bytes]) -> bytes:
    """The file of these ids; the same set gives the same bytes. Raises `ValueError` for an id of another length."""
    cards, notes = set[bytes](), set[bytes]()
    for identity in ids:
        if len(identity) not in (UID_LENGTH, NOTE_LENGTH):
            raise ValueError(f"an id of {len(identity)} bytes is neither a card's nor a note's")
        (cards if len(identity) == UID_LENGTH else notes).add(identity)
    counts = len(cards).to_bytes(_COUNT_LENGTH, "big") + len(notes).to_bytes(_COUNT_LENGTH, "big")
    return b"".join((MAGIC, counts, *sorted(cards), *sorted(notes)))


class DenyList(Set[bytes]):
    """A deny list as a set that cannot be changed."""

    def __init__(self, data: Mapped) -> None:
        """Raises `MalformedDenyList` for another form or length; that it is sorted is `check`'s."""
        if len(data) > LIST_MAX:
            raise MalformedDenyList(f"more than {LIST_MAX} bytes")
        if data[: len(MAGIC)] != MAGIC or len(data) < _HEADER_LENGTH:
            raise MalformedDenyList("not the beginning of a deny list")
        middle = len(MAGIC) + _COUNT_LENGTH
        self._data = data
        self._cards = int.from_bytes(data[len(MAGIC) : middle], "big")
        self._notes = int.from_bytes(data[middle:_HEADER_LENGTH], "big")
        self._notes_at = _HEADER_LENGTH + self._cards * UID_LENGTH
        if len(data) != self._notes_at + self._notes * NOTE_LENGTH:
            raise MalformedDenyList("its length is not what its counts ask for")

    def check(self) -> None:
        """Read all of it. Raises `MalformedDenyList` where it is not sorted, which would hide ids from a search."""
        for width in (UID_LENGTH, NOTE_LENGTH):
            before = b""
            for identity in self._of(width):
                if identity <= before:
                    raise MalformedDenyList("its ids are not sorted, each once")
                before = identity

    def __contains__(self, identity: object) -> bool:
        if not isinstance(identity, bytes):
            return False
        width = len(identity)
        if width == UID_LENGTH:
            start, high = _HEADER_LENGTH, self._cards
        elif width == NOTE_LENGTH:
            start, high = self._notes_at, self._notes
        else:
            return False
        data, low = self._data, 0
        while low < high:
            middle = (low + high) // 2
            at = start + middle * width
            found = data[at : at + width]
            if found == identity:
                return True
            if found < identity:
                low = middle + 1
            else:
                high = middle
        return False

    def __iter__(self) -> Iterator[bytes]:
        yield from self._of(UID_LENGTH)
        yield from self._of(NOTE_LENGTH)

    def __len__(self) -> int:
        return self._cards + self._notes

    def _of(self, width: int) -> Iterator[bytes]:
        start, count = (_HEADER_LENGTH, self._cards) if width == UID_LENGTH else (self._notes_at, self._notes)
        for at in range(start, start + count * width, width):
            yield self._data[at : at + width]
