# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Checkpoints (C2SP tlog-checkpoint): the text that a log signs of its tree.

    <origin>
    <tree size>
    base64(root hash)

Extension lines are allowed by the specification and refused here: nobody could check what they say.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Final, Self

from heitje.proof.merkle import HASH_LENGTH
from heitje.proof.note import MalformedNote

SIZE_MAX: Final = 2**63 - 1
_NUMBER: Final = re.compile(r"0|[1-9][0-9]*")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log's tree at one moment."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """What is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode('ascii')}\n"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a note's text. Raises `MalformedNote`."""
        lines = text.split("\n")
        if len(lines) != 4 or lines[3]:
            raise MalformedNote("a checkpoint has three lines")
        origin, size, encoded, _ = lines
        try:
            root = base64.b64decode(encoded.encode("ascii"), validate=True)
        except (binascii.Error, UnicodeEncodeError) as error:
            raise MalformedNote("a checkpoint's root is base64") from error
        if not origin or not _NUMBER.fullmatch(size) or len(root) != HASH_LENGTH:
            raise MalformedNote("a checkpoint has an origin, a size and a root of 32 bytes")
        found = cls(origin, int(size), root)
        if found.size > SIZE_MAX or found.text != text:
            raise MalformedNote("a checkpoint that could be written in another way")
        return found


def origin_of(programme: str) -> str:
    """The name of a programme's log, and of the key that signs it."""
    return f"{programme}/log"
