# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""ISO 7816-4 wrapping of the card's native commands (CARD.md section 1).

command   90 | CMD | 00 | 00 | Lc | data (0..255) | 00        Lc and data left out where there is none
answer    data (0..256) | 91 | SS
select    00 | A4 | 04 | 00 | Lc | DF name | 00               answered [FCI] 90 00
"""

from typing import Final

COMMAND_DATA_MAX: Final = 255
ANSWER_DATA_MAX: Final = 256


class MalformedAnswer(ValueError):
    """An answer too short to hold a status word, or longer than a frame may be."""


def wrap(command: int, data: bytes = b"") -> bytes:
    """The APDU of a native command; `data` (header, enciphered data, MAC) is at most 255 bytes."""
    if len(data) > COMMAND_DATA_MAX:
        raise ValueError("a command carries at most 255 bytes")
    body = bytes((len(data),)) + data if data else b""
    return bytes((0x90, command, 0, 0)) + body + b"\x00"


def select(df_name: bytes) -> bytes:
    """The APDU that selects an application by its DF name."""
    return bytes((0x00, 0xA4, 0x04, 0x00, len(df_name))) + df_name + b"\x00"


def unwrap(answer: bytes) -> tuple[bytes, int]:
    """Split an answer into its data and its status word (two bytes, as 0x9100).

    Raises `MalformedAnswer` for less than two bytes or more than 256 and the status word.
    """
    if not 2 <= len(answer) <= ANSWER_DATA_MAX + 2:
        raise MalformedAnswer(f"an answer of {len(answer)} bytes")
    return answer[:-2], int.from_bytes(answer[-2:], "big")
