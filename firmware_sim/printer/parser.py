# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Cutting a byte stream into ESC/POS commands (Epson's ESC/POS command reference), in portions of any size.

A command is a code of one to three bytes and its parameters. How many there are follows from the code alone, from a
length among them, or goes up to a NUL; this module knows that and nothing of their meaning. Parameters of a command
that nobody knows cannot be told from text: its first two bytes are counted, what follows is printed, as printers do.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

KEPT_MAX: Final = 1 << 20
"""Bytes of one command that are kept; a longer one is skipped whole."""


@dataclass(frozen=True, slots=True)
class Text:
    """Letters, in the code page that is chosen."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Command:
    """A command: its code and its parameters."""

    code: bytes
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A code that is in no table, or a command too long to be kept."""

    code: bytes


Token = Text | Command | Unknown

Length = Callable[[bytes], int | None]
"""Parameters that have arrived -> how many there are in all; None: not yet known."""


def _fixed(count: int) -> Length:
    return lambda data: count


def _after(head: int, size: Callable[[bytes], int]) -> Length:
    """`head` bytes tell how many follow them."""
    return lambda data: None if len(data) < head else head + size(data)


def _word(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "little")


def _up_to_nul(data: bytes) -> int | None:
    end = data.find(0)
    return None if end < 0 else end + 1


def _bar_code(data: bytes) -> int | None:
    if not data:
        return None
    if data[0] <= 6:
        end = _up_to_nul(data[1:])
        return None if end is None else 1 + end
    return None if len(data) < 2 else 2 + data[1]


def _user_characters(data: bytes) -> int | None:
    """ESC &: rows, first, last, and for each letter its width and that many columns."""
    if len(data) < 3:
        return None
    at = 3
    for _ in range(max(data[2] - data[1] + 1, 0)):
        if len(data) <= at:
            return None
        at += 1 + data[0] * data[at]
    return at


_DOTS_24: Final = (32, 33)
_CUTS_WITH_FEED: Final = (65, 66, 97, 98, 103, 104)
_LONG_REAL_TIME: Final = (7, 8, 18)

_BIT_IMAGE: Final = _after(3, lambda data: _word(data, 1) * (3 if data[0] in _DOTS_24 else 1))
_CUT: Final = _after(1, lambda data: int(data[0] in _CUTS_WITH_FEED))
_FUNCTION: Final = _after(3, lambda data: _word(data, 1))
_RASTER: Final = _after(5, lambda data: _word(data, 1) * _word(data, 3))
_DOWNLOADED: Final = _after(2, lambda data: 8 * data[0] * data[1])
_LARGE: Final = _after(5, lambda data: int.from_bytes(data[1:5], "little"))
_REAL_TIME: Final = _after(1, lambda data: int(data[0] in _LONG_REAL_TIME))
_REAL_TIME_REQUEST: Final = _after(1, lambda data: 7 if data[0] == 8 else 2)

_LENGTHS: Final[dict[bytes, Length]] = {
    **{bytes((code,)): _fixed(0) for code in b"\x09\x0a\x0c\x0d\x18"},
    b"\x10\x04": _REAL_TIME,
    b"\x10\x05": _fixed(1),
    b"\x10\x14": _REAL_TIME_REQUEST,
    **{b"\x1b" + bytes((code,)): _fixed(0) for code in b"@2<LSimv\x0c"},
    **{b"\x1b" + bytes((code,)): _fixed(1) for code in b" !%-3=?EGJKMRTUVadert{u"},
    **{b"\x1b" + bytes((code,)): _fixed(2) for code in b"$\\Bc"},
    b"\x1bp": _fixed(3),
    b"\x1bW": _fixed(8),
    b"\x1bD": _up_to_nul,
    b"\x1b*": _BIT_IMAGE,
    b"\x1b&": _user_characters,
    b"\x1b(": _FUNCTION,
    **{b"\x1d" + bytes((code,)): _fixed(0) for code in b":c"},
    **{b"\x1d" + bytes((code,)): _fixed(1) for code in b"!/BEHITabfhjrwxz"},
    **{b"\x1d" + bytes((code,)): _fixed(2) for code in b"$LPW\\"},
    b"\x1d^": _fixed(3),
    b"\x1dD": _fixed(4),
    b"\x1dg": _fixed(4),
    b"\x1dV": _CUT,
    b"\x1dk": _bar_code,
    b"\x1d*": _DOWNLOADED,
    b"\x1d(": _FUNCTION,
    b"\x1d8": _LARGE,
    b"\x1dv0": _RASTER,
    **{b"\x1c" + bytes((code,)): _fixed(0) for code in b".&"},
    **{b"\x1c" + bytes((code,)): _fixed(1) for code in b"!-CW"},
    **{b"\x1c" + bytes((code,)): _fixed(2) for code in b"Sp?"},
    b"\x1c(": _FUNCTION,
}
_INTRODUCERS: Final = frozenset(b"\x10\x1b\x1c\x1d")
_FIRST_BYTES: Final = frozenset(code[0] for code in _LENGTHS) | _INTRODUCERS


class Parser:
    """Bytes in, tokens out."""

    def __init__(self) -> None:
        self._pending = bytearray()
        self._skip = 0
        self._count: int | None = None

    def feed(self, data: bytes) -> Iterator[Token]:
        """What has become whole with these bytes; text at once, a command when its last parameter is there."""
        skipped = min(self._skip, len(data))
        self._skip -= skipped
        self._pending += data[skipped:]
        while self._pending:
            token = self._text() or self._command()
            if token is None:
                return
            yield token

    def _text(self) -> Text | None:
        pending = self._pending
        end = next((at for at, byte in enumerate(pending) if byte in _FIRST_BYTES), len(pending))
        if not end:
            return None
        text = Text(bytes(pending[:end]))
        del pending[:end]
        return text

    def _command(self) -> Token | None:
        pending = self._pending
        size = 1 if pending[0] not in _INTRODUCERS else 2
        if pending[:2] == b"\x1dv":
            size = 3
        if len(pending) < size:
            return None
        code = bytes(pending[:size])
        length = _LENGTHS.get(code)
        if length is None:
            return self._take(size, Unknown(code))
        if self._count is None:  # asked once: a picture may come in many portions
            self._count = length(bytes(pending[size : size + KEPT_MAX]))
        count = self._count
        if (count or len(pending) - size) >= KEPT_MAX:
            self._skip = max(size + (count or 0) - len(pending), 0)
            return self._take(size + (count or len(pending)), Unknown(code))
        if count is None or len(pending) < size + count:
            return None
        return self._take(size + count, Command(code, bytes(pending[size : size + count])))

    def _take(self, size: int, token: Token) -> Token:
        del self._pending[:size]
        self._count = None
        return token
