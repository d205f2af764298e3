# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Messages between terminal and backend (JOURNAL.md section 3): JSON documents as frozen values.

A batch  {"after": seq, "entries": [base64url of one entry, unpadded, …]}                 at most 500 entries and 1 MiB
answered {"cursor": seq, "outcomes": [{"seq", "outcome", "reason"?}, …], "server_time": base64url}
"""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Self

BATCH_ENTRIES_MAX: Final = 500
BATCH_BYTES_MAX: Final = 1024 * 1024
PROBLEM_TYPE: Final = "application/problem+json"
SEQ_MAX: Final = 2**63 - 1
_TO_BASE64: Final = bytes.maketrans(b"-_+/=", b"+/\x00\x00\x00")
"""What is a sign of base64 alone becomes one of neither."""
_LAST: Final = {1: "", 2: "AQgw", 3: "AEIMQUYcgkosw048"}
"""What the last sign may be, by how many there are beyond a multiple of four: the others have loose bits."""
_ACCEPTED: Final = '{"seq": %d, "outcome": "accepted"}'


class MalformedMessage(ValueError):
    """A document that is not of the form asked for; the text says where."""


class Outcome(StrEnum):
    """What became of one entry."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    REFUSED = "refused"
    PENDING = "pending"


def encode_base64url(data: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decode_base64url(text: str) -> bytes:
    """The reverse, strictly: no padding, no other characters, no loose bits. Raises `MalformedMessage`."""
    try:
        rest = len(text) % 4
        if rest and text[-1] not in _LAST[rest]:
            raise MalformedMessage("not base64url without padding")
        return binascii.a2b_base64(text.encode("ascii").translate(_TO_BASE64) + b"=" * (-rest % 4), strict_mode=True)
    except ValueError as error:
        raise MalformedMessage("not base64url") from error


@dataclass(frozen=True, slots=True)
class Batch:
    """Entries that follow entry `after`, byte for byte."""

    after: int
    entries: tuple[bytes, ...]

    def encode(self) -> bytes:
        """The JSON body."""
        document = {"after": self.after, "entries": [encode_base64url(entry) for entry in self.entries]}
        return json.dumps(document, separators=(",", ":")).encode()

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Read a body. Raises `MalformedMessage`."""
        document = read_object(body, BATCH_BYTES_MAX)
        if document.keys() != {"after", "entries"}:
            raise MalformedMessage("a batch has the members after and entries")
        entries = document["entries"]
        if not isinstance(entries, list) or len(entries) > BATCH_ENTRIES_MAX:
            raise MalformedMessage(f"entries is a list of at most {BATCH_ENTRIES_MAX}")
        if not all(isinstance(entry, str) for entry in entries):
            raise MalformedMessage("an entry is a text")
        return cls(_seq(document["after"]), tuple(decode_base64url(entry) for entry in entries))


@dataclass(frozen=True, slots=True)
class EntryOutcome:
    """What became of entry `seq`; `reason` says why where it was not simply accepted."""

    seq: int
    outcome: Outcome
    reason: str | None = None

    def to_document(self) -> dict[str, Any]:
        """The JSON object."""
        document: dict[str, Any] = {"seq": self.seq, "outcome": str(self.outcome)}
        return document if self.reason is None else {**document, "reason": self.reason}

    @classmethod
    def from_document(cls, document: object) -> Self:
        """Read one. Raises `MalformedMessage`."""
        if not isinstance(document, dict):
            raise MalformedMessage("an outcome is an object")
        reason = document.get("reason")
        if reason is not None and not isinstance(reason, str):
            raise MalformedMessage("a reason is a text")
        try:
            return cls(_seq(document.get("seq")), Outcome(str(document.get("outcome"))), reason)
        except ValueError as error:
            raise MalformedMessage(str(error)) from error


@dataclass(frozen=True, slots=True)
class BatchAnswer:
    """The new cursor, one outcome per entry, and the server's signed time."""

    cursor: int
    outcomes: tuple[EntryOutcome, ...]
    server_time: bytes | None = None

    def to_document(self) -> dict[str, Any]:
        """The JSON object."""
        document: dict[str, Any] = {"cursor": self.cursor, "outcomes": outcome_documents(self.outcomes)}
        if self.server_time is not None:
            document["server_time"] = encode_base64url(self.server_time)
        return document

    def encode(self) -> bytes:
        """The JSON text of the same, of which an entry that was accepted is most."""
        accepted, rest = Outcome.ACCEPTED, ""
        outcomes = ", ".join(
            [
                _ACCEPTED % told.seq
                if told.outcome is accepted and told.reason is None
                else json.dumps(told.to_document())
                for told in self.outcomes
            ]
        )
        if self.server_time is not None:
            rest = f', "server_time": "{encode_base64url(self.server_time)}"'
        return f'{{"cursor": {self.cursor}, "outcomes": [{outcomes}]{rest}}}'.encode()

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Self:
        """Read the JSON object. Raises `MalformedMessage`."""
        server_time = document.get("server_time")
        if server_time is not None:
            if not isinstance(server_time, str):
                raise MalformedMessage("server_time is a text")
            server_time = decode_base64url(server_time)
        return cls(_seq(document.get("cursor")), read_outcomes(document), server_time)


def outcome_documents(outcomes: Sequence[EntryOutcome]) -> list[dict[str, Any]]:
    """Outcomes as JSON objects."""
    return [outcome.to_document() for outcome in outcomes]


def read_outcomes(document: dict[str, Any]) -> tuple[EntryOutcome, ...]:
    """The member `outcomes`. Raises `MalformedMessage`."""
    outcomes = document.get("outcomes")
    if not isinstance(outcomes, list):
        raise MalformedMessage("outcomes is a list")
    return tuple(EntryOutcome.from_document(outcome) for outcome in outcomes)


def read_object(body: bytes, size_max: int) -> dict[str, Any]:
    """A JSON object of at most `size_max` bytes. Raises `MalformedMessage`."""
    if len(body) > size_max:
        raise MalformedMessage(f"more than {size_max} bytes")
    try:
        document = json.loads(body.decode("utf-8"))  # bytes would be taken for UTF-16 and UTF-32 as well
    except (ValueError, RecursionError) as error:
        raise MalformedMessage("not JSON") from error
    if not isinstance(document, dict):
        raise MalformedMessage("not a JSON object")
    return document


def _seq(value: object) -> int:
    if type(value) is not int or not 0 <= value <= SEQ_MAX:
        raise MalformedMessage("a sequence number is a whole number from 0")
    return value
