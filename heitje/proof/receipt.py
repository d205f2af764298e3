# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The proof of a receipt: where its postings stand in the log, and what opens them. A JSON document.

    {"entry": hex, "checkpoint": text, "postings": [
        {"index": 7, "leaf": base64url, "salt": base64url, "debit": 3, "credit": 9, "event": "…", "line": 0,
         "path": [base64url, …]}, …]}

It is checked with the log's key and nothing else; no network is needed.
"""

import json
from dataclasses import dataclass
from typing import Any, Final, Self

from heitje.messages import MalformedMessage, decode_base64url, encode_base64url
from heitje.proof.checkpoint import Checkpoint
from heitje.proof.leaf import SALT_LENGTH, MalformedLeaf, Opening, Posting, decode_leaf
from heitje.proof.merkle import HASH_LENGTH, leaf_hash, verify_inclusion
from heitje.proof.note import BadNoteSignature, MalformedNote, Note, NoteKey

PROOF_MAX: Final = 1024 * 1024
"""Bytes; a posting takes about two thousand."""
_PATH_MAX: Final = 63


class MalformedProof(ValueError):
    """The document is no proof of a receipt."""


class ProofFails(ValueError):
    """The document is a proof that does not hold; the text says where."""


@dataclass(frozen=True, slots=True)
class ProvenPosting:
    """One leaf, what opens it, and its audit path."""

    index: int
    leaf: bytes
    salt: bytes
    opening: Opening
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class ReceiptProof:
    """An entry of a till's journal by its hash in hex, a checkpoint, and the postings that it caused."""

    entry: str
    checkpoint: Note
    postings: tuple[ProvenPosting, ...]

    def to_document(self) -> dict[str, Any]:
        """The JSON document."""
        return {
            "entry": self.entry,
            "checkpoint": self.checkpoint.encode().decode(),
            "postings": [
                {
                    "index": posting.index,
                    "leaf": encode_base64url(posting.leaf),
                    "salt": encode_base64url(posting.salt),
                    "debit": posting.opening.debit,
                    "credit": posting.opening.credit,
                    "event": posting.opening.event,
                    "line": posting.opening.line,
                    "path": [encode_base64url(sibling) for sibling in posting.path],
                }
                for posting in self.postings
            ],
        }

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read a document. Raises `MalformedProof`."""
        if len(data) > PROOF_MAX:
            raise MalformedProof(f"a proof of more than {PROOF_MAX} bytes")
        try:
            document = json.loads(data)
            entry, checkpoint, postings = (document[name] for name in ("entry", "checkpoint", "postings"))
            if len(bytes.fromhex(entry)) != HASH_LENGTH or entry != entry.lower() or not postings:
                raise MalformedProof("a proof names an entry by its hash, and has postings")
            note = Note.decode(checkpoint.encode())
            return cls(entry, note, tuple(map(_posting, postings)))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise MalformedProof(f"no proof of a receipt: {error}") from error

    def verify(self, log: NoteKey) -> tuple[Posting, ...]:
        """The postings as the log says them, if everything holds. Raises `ProofFails`."""
        try:
            if self.checkpoint.signed_by(log) is None:
                raise ProofFails("the checkpoint is not signed by the log")
            checkpoint = Checkpoint.parse(self.checkpoint.text)
        except (BadNoteSignature, MalformedNote) as error:
            raise ProofFails(f"the checkpoint: {error}") from error
        if checkpoint.origin != log.name:
            raise ProofFails("the checkpoint is another log's")
        return tuple(_verify(proven, checkpoint) for proven in self.postings)


def _verify(proven: ProvenPosting, checkpoint: Checkpoint) -> Posting:
    try:
        posting = decode_leaf(proven.leaf)
    except MalformedLeaf as error:
        raise ProofFails(f"leaf {proven.index}: {error}") from error
    if not isinstance(posting, Posting):
        raise ProofFails(f"leaf {proven.index} is a statement")
    if posting.commitment != proven.opening.commitment(proven.salt):
        raise ProofFails(f"leaf {proven.index} is another posting's")
    hashed = leaf_hash(proven.leaf)
    if not verify_inclusion(proven.index, checkpoint.size, hashed, proven.path, checkpoint.root):
        raise ProofFails(f"leaf {proven.index} is not in the log")
    return posting


def _posting(document: dict[str, Any]) -> ProvenPosting:
    debit, credit, line = (_number(document[name]) for name in ("debit", "credit", "line"))
    opening = Opening(debit, credit, _text(document["event"]), line)
    path = tuple(_bytes(sibling, HASH_LENGTH) for sibling in document["path"])
    if len(path) > _PATH_MAX:
        raise MalformedProof("an audit path of more than 63 hashes")
    salt = _bytes(document["salt"], SALT_LENGTH)
    return ProvenPosting(_number(document["index"]), _base64url(document["leaf"]), salt, opening, path)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise MalformedProof("an event is a text")
    value.encode()  # JSON can write what UTF-8 cannot: a ValueError
    return value


def _number(value: object) -> int:
    if type(value) is not int or not 0 <= value < 1 << 63:
        raise MalformedProof("a number is whole and not negative")
    return value


def _bytes(text: str, length: int) -> bytes:
    data = _base64url(text)
    if len(data) != length:
        raise MalformedProof(f"not {length} bytes")
    return data


def _base64url(text: str) -> bytes:
    try:
        return decode_base64url(text)
    except MalformedMessage as error:
        raise MalformedProof(str(error)) from error
