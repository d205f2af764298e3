# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Signed notes (C2SP signed-note): a text, an empty line, and one line for each signature over the text.

    — <name> base64(first 4 bytes of SHA-256(name, LF, type, public key) || signature)

Two types of Ed25519 signature are known: 1, over the text; 4, a witness's (C2SP tlog-cosignature), over the text with
the time before it. Lines of other keys are left alone, as the specification asks.
"""

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256
from typing import Final, Self

from heitje.keys import EDDSA, PublicKey, Signer, SigningKey

NOTE_MAX: Final = 64 * 1024
"""Bytes; a witness's signature is about 150."""
SIGNATURES_MAX: Final = 100
_DASH: Final = "— "
_ID_LENGTH: Final = 4
_TIME_LENGTH: Final = 8
_SIGNATURE_LENGTH: Final = 64
_PRIVATE: Final = "PRIVATE+KEY+"


class MalformedNote(ValueError):
    """The bytes are no signed note, or the text is no key."""


class BadNoteSignature(ValueError):
    """A line bears a known key's name and id, and the signature is not that key's."""


class SignatureType(IntEnum):
    """The types that are understood here."""

    TEXT = 1
    COSIGNATURE = 4


@dataclass(frozen=True, slots=True)
class NoteKey:
    """A key that signs notes, by its name; written as a verifier key, `name+id+base64`."""

    name: str
    type: SignatureType
    public: PublicKey

    def __post_init__(self) -> None:
        if not self.name or "+" in self.name or any(map(str.isspace, self.name)) or not self.name.isprintable():
            raise MalformedNote("a key's name has no space and no plus")
        if self.public.algorithm != EDDSA:
            raise MalformedNote("a note is signed by Ed25519")

    @property
    def id(self) -> bytes:
        """The 4-byte key id."""
        return sha256(f"{self.name}\n".encode() + bytes((self.type,)) + self.public.raw).digest()[:_ID_LENGTH]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{_base64(bytes((self.type,)) + self.public.raw)}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a verifier key. Raises `MalformedNote`."""
        name, key_id, material = _parts(text)
        try:
            key = cls(name, SignatureType(material[0]), PublicKey(material[1:]))
        except (ValueError, IndexError) as error:
            raise MalformedNote(f"no verifier key: {error}") from error
        if key.id.hex() != key_id:
            raise MalformedNote("the key's id is not that of its name and bytes")
        return key

    def line(self, signature: bytes) -> "NoteSignature":
        """A signature of this key as a note's line holds it."""
        return NoteSignature(self.name, self.id, signature)

    def verify(self, text: str, blob: bytes) -> int | None:
        """The Unix time that a signature says (0 of one that says none), or None where it is not this key's."""
        if self.type is SignatureType.TEXT:
            return 0 if self.public.verify(EDDSA, blob, text.encode()) else None
        if len(blob) != _TIME_LENGTH + _SIGNATURE_LENGTH:
            return None
        at = int.from_bytes(blob[:_TIME_LENGTH], "big")
        if at >= 1 << 63 or not self.public.verify(EDDSA, blob[_TIME_LENGTH:], cosigned(text, at)):
            return None
        return at


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One line: whose it says it is, and the bytes."""

    name: str
    key_id: bytes
    blob: bytes

    def __str__(self) -> str:
        return f"{_DASH}{self.name} {_base64(self.key_id + self.blob)}"

    @classmethod
    def parse(cls, line: str) -> Self:
        """Read a line, without its end. Raises `MalformedNote`."""
        name, _, encoded = line.removeprefix(_DASH).partition(" ")
        blob = _decode(encoded)
        if not line.startswith(_DASH) or not name or len(blob) <= _ID_LENGTH:
            raise MalformedNote("no signature line")
        return cls(name, blob[:_ID_LENGTH], blob[_ID_LENGTH:])


@dataclass(frozen=True, slots=True)
class Note:
    """A text, which ends in a line feed, and its signatures."""

    text: str
    signatures: tuple[NoteSignature, ...] = ()

    def encode(self) -> bytes:
        """The note's bytes."""
        return "".join((self.text, "\n", *(f"{signature}\n" for signature in self.signatures))).encode()

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read a note. Raises `MalformedNote`."""
        if len(data) > NOTE_MAX:
            raise MalformedNote(f"a note of more than {NOTE_MAX} bytes")
        try:
            whole = data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise MalformedNote("a note is UTF-8") from error
        text, separator, lines = whole.rpartition("\n\n")
        if not separator or not lines.endswith("\n") or any(char < " " and char != "\n" for char in whole):
            raise MalformedNote("a note is a text, an empty line, and signatures")
        signatures = tuple(map(NoteSignature.parse, lines[:-1].split("\n")))
        if len(signatures) > SIGNATURES_MAX:
            raise MalformedNote(f"more than {SIGNATURES_MAX} signatures")
        return cls(text + "\n", signatures)

    def signed_by(self, key: NoteKey) -> int | None:
        """The time at which this key signed (0: it says none), or None where it did not. Raises `BadNoteSignature`."""
        found: int | None = None
        for signature in self.signatures:
            if (signature.name, signature.key_id) == (key.name, key.id):
                at = key.verify(self.text, signature.blob)
                if at is None:
                    raise BadNoteSignature(f"{key.name}'s signature is not over this text")
                found = at if found is None else max(found, at)
        return found

    def with_signatures(self, more: Iterable[NoteSignature]) -> "Note":
        """The same text with more signatures; a key's later line takes the place of its former."""
        held = {(signature.name, signature.key_id): signature for signature in (*self.signatures, *more)}
        return Note(self.text, tuple(held.values()))


@dataclass(frozen=True)
class NoteSigner:
    """Whoever signs notes: a key and its private part."""

    key: NoteKey
    signer: Signer

    @classmethod
    def from_seed(cls, name: str, kind: SignatureType, seed: bytes) -> Self:
        """The signer of a 32-byte seed."""
        private = SigningKey.from_seed(seed)
        return cls(NoteKey(name, kind, private.public), private)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a private key as `private_key` writes it. Raises `MalformedNote`."""
        if not text.startswith(_PRIVATE):
            raise MalformedNote("no private key")
        name, key_id, material = _parts(text.removeprefix(_PRIVATE))
        try:
            found = cls.from_seed(name, SignatureType(material[0]), material[1:])
        except (ValueError, IndexError) as error:
            raise MalformedNote("no private key") from error
        if found.key.id.hex() != key_id:
            raise MalformedNote("the key's id is not that of its name and bytes")
        return found

    def sign(self, text: str, at: int) -> NoteSignature:
        """A signature over a note's text; a witness's says that it was made at Unix time `at`."""
        if self.key.type is SignatureType.TEXT:
            return self.key.line(self.signer.sign(text.encode()))
        return self.key.line(at.to_bytes(_TIME_LENGTH, "big") + self.signer.sign(cosigned(text, at)))


def private_key(name: str, kind: SignatureType, seed: bytes) -> str:
    """A signer's secret as one line."""
    key = NoteSigner.from_seed(name, kind, seed).key
    return f"{_PRIVATE}{name}+{key.id.hex()}+{_base64(bytes((kind,)) + seed)}"


def cosigned(text: str, at: int) -> bytes:
    """What a witness signs of a checkpoint's text."""
    return f"cosignature/v1\ntime {at}\n{text}".encode()


def _parts(text: str) -> tuple[str, str, bytes]:
    name, _, rest = text.strip("\r\n ").partition("+")
    key_id, _, encoded = rest.partition("+")
    return name, key_id, _decode(encoded)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _decode(text: str) -> bytes:
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise MalformedNote("no base64") from error
    if _base64(data) != text:
        raise MalformedNote("base64 that could be written in another way")
    return data
