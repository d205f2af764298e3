# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The chain of privileged acts, and its anchors: what the public learns of it day by day (docs/proof.md).

An act's digest is the SHA-256 of deterministic CBOR `[number, at, actor, act, subject, details, previous]`, `previous`
the digest before in hex, empty in the first; `details` is JSON as it is stored, a text.

Anchors are the leaves of a log of their own, beside that of the postings. Each is a deterministic CBOR map:

| key | anchor |
|---|---|
| 1 | "acts" |
| 2 | day, text: YYYY-MM-DD in UTC |
| 3 | made at, Unix seconds |
| 4 | how many acts there were |
| 5 | commitment, 32 bytes |

The commitment is SHA-256(nonce || head), the head the CBOR array [how many, digest of the last]; the nonce, 32 bytes,
keeps a guess at a single act of a quiet day from being tried out. It is given with the acts to whoever audits them.
"""

from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Final, Self

from heitje.deterministic import NotDeterministic, Value, decode, encode
from heitje.proof.leaf import COMMITMENT_LENGTH, MalformedLeaf

FOLDER: Final = "acts"
"""Where the anchors' log lies in the folder of the postings'."""
NONCE_LENGTH: Final = 32
_KIND, _DAY, _AT, _COUNT, _COMMITMENT = range(1, 6)
_LOG: Final = "/log"


@dataclass(frozen=True, slots=True)
class Act:
    """One privileged act; `at` Unix seconds."""

    number: int
    at: int
    actor: str
    act: str
    subject: str
    details: str
    previous: str

    @property
    def digest(self) -> str:
        """What the next one names, in hex."""
        row: list[Value] = [self.number, self.at, self.actor, self.act, self.subject, self.details, self.previous]
        return sha256(encode(row)).hexdigest()


@dataclass(frozen=True, slots=True)
class Anchor:
    """What was published of the chain; `at` Unix seconds."""

    day: date
    at: int
    count: int
    commitment: bytes

    def encode(self) -> bytes:
        """The leaf's bytes."""
        return encode(
            {
                _KIND: FOLDER,
                _DAY: self.day.isoformat(),
                _AT: self.at,
                _COUNT: self.count,
                _COMMITMENT: self.commitment,
            }
        )

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read a leaf. Raises `MalformedLeaf`."""
        try:
            document = decode(data, nesting_max=1)
        except NotDeterministic as error:
            raise MalformedLeaf(str(error)) from error
        match document:
            case {2: str(day), 3: int(at), 4: int(count), 5: bytes(said)} if at >= 0 < count:
                try:
                    found = cls(date.fromisoformat(day), at, count, said)
                except ValueError as error:
                    raise MalformedLeaf("a day is YYYY-MM-DD") from error
                if len(said) == COMMITMENT_LENGTH and found.encode() == data:
                    return found
        raise MalformedLeaf("no anchor of acts")


def commitment(nonce: bytes, count: int, digest: str) -> bytes:
    """What an anchor says of a chain of `count` acts whose last has this digest (hex)."""
    return sha256(nonce + encode([count, digest])).digest()


def origin_beside(log: str) -> str:
    """The name of the anchors' log, by the name of the postings' (`heitje.proof.checkpoint.origin_of`)."""
    return f"{log.removesuffix(_LOG)}/{FOLDER}"
