# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Journal entries and their chain (JOURNAL.md sections 1 and 2).

Each entry is one deterministic CBOR map; its bytes are what is stored, chained, sent and verified.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final, Self, TypeAlias

from heitje import claims
from heitje.claims import Claim, Table
from heitje.cose import MalformedToken
from heitje.deterministic import NotDeterministic, Value, decode, encode

TERMINAL_LENGTH: Final = 8
SALE_LENGTH: Final = 16
HASH_LENGTH: Final = 32


class Kind(IntEnum):
    """What an entry tells."""

    INTENT = 1
    REDEMPTION = 2
    VOID = 3
    REFUND = 4
    UNRESOLVED = 5
    DAY_CLOSED = 6
    NOTE = 7
    TIME_ANCHOR = 8


class Instrument(IntEnum):
    """What the value was on."""

    CARD = 1
    PHONE = 2
    PAPER = 3


class MalformedEntry(ValueError):
    """The bytes are not one journal entry in the form of JOURNAL.md."""


_KIND: Final = 5
_UINT32_MAX: Final = 2**32 - 1


def _is_uint32(value: object) -> bool:
    return claims.is_uint(value) and value <= _UINT32_MAX  # type: ignore[operator]


_CARD: Final = Table(
    Claim(1, "uid", claims.is_bytes(7)),
    Claim(2, "tmri", claims.is_bytes(16)),
    Claim(3, "enc_tmri", claims.is_bytes(16)),
    Claim(4, "balance_before", _is_uint32),
    Claim(5, "record", claims.is_bytes(16)),
    Claim(6, "tmc", _is_uint32, required=False),
    Claim(7, "tmv", claims.is_bytes(8), required=False),
    Claim(8, "tmc_before", _is_uint32, required=False),
)
_TOKEN: Final = Table(Claim(1, "token", claims.is_bytes()))


@dataclass(frozen=True, slots=True)
class CardEvidence:
    """What a card said of one payment. An intent has `tmc_before`, a redemption `tmc` and `tmv`."""

    uid: bytes
    tmri: bytes
    enc_tmri: bytes
    balance_before: int
    record: bytes
    tmc: int | None = None
    tmv: bytes | None = None
    tmc_before: int | None = None

    @property
    def of_intent(self) -> tuple[bytes, bytes, bytes, int, bytes]:
        """Evidence 1 to 5, which a redemption repeats unchanged from its intent."""
        return self.uid, self.tmri, self.enc_tmri, self.balance_before, self.record


@dataclass(frozen=True, slots=True)
class PhoneEvidence:
    """The payment code, COSE_Sign1 bytes."""

    token: bytes


@dataclass(frozen=True, slots=True)
class PaperEvidence:
    """The paper note, COSE_Sign1 bytes."""

    token: bytes


Evidence: TypeAlias = CardEvidence | PhoneEvidence | PaperEvidence

_EVIDENCE_FORMS: Final[dict[Instrument, type[Evidence]]] = {
    Instrument.CARD: CardEvidence,
    Instrument.PHONE: PhoneEvidence,
    Instrument.PAPER: PaperEvidence,
}

_HEAD: Final = (
    Claim(1, "seq", lambda value: claims.is_uint(value) and value != 0),
    Claim(2, "prev", claims.is_bytes(HASH_LENGTH)),
    Claim(3, "terminal", claims.is_bytes(TERMINAL_LENGTH)),
    Claim(4, "time", claims.is_uint),
)
_TENDER: Final = (
    Claim(6, "sale", claims.is_bytes(SALE_LENGTH)),
    Claim(7, "amount", claims.AMOUNT),
    Claim(8, "instrument", claims.is_exactly(*Instrument)),
)
_EVIDENCE: Final = Claim(9, "evidence", lambda value: type(value) is dict)
_OF: Final = Claim(10, "of", lambda value: claims.is_uint(value) and value != 0)
_OFFLINE: Final = Claim(11, "offline", claims.is_bool)
_BUNDLE: Final = Claim(12, "bundle", claims.is_uint)
_OPERATOR: Final = Claim(13, "operator", claims.is_text)
_GIVEN: Final = Claim(14, "given", claims.is_bool)
_SERVER_TIME: Final = Claim(15, "server_time", claims.is_bytes())


def _optional(*rows: Claim) -> tuple[Claim, ...]:
    return tuple(Claim(row.key, row.name, row.test, required=False) for row in rows)


def _table(kind: Kind, *rows: Claim) -> Table:
    return Table(*_HEAD, Claim(_KIND, "kind", claims.is_exactly(kind)), *rows)


_TABLES: Final = {
    Kind.INTENT: _table(Kind.INTENT, *_TENDER, _EVIDENCE, _OFFLINE, _BUNDLE, _OPERATOR),
    Kind.REDEMPTION: _table(Kind.REDEMPTION, *_TENDER, _EVIDENCE, _OF, _OFFLINE, _BUNDLE, _OPERATOR),
    Kind.VOID: _table(Kind.VOID, *_TENDER, _OF, _OPERATOR),
    Kind.REFUND: _table(Kind.REFUND, *_TENDER, _OF, _OPERATOR),
    Kind.UNRESOLVED: _table(Kind.UNRESOLVED, *_TENDER, _OF, _OPERATOR, _GIVEN),
    Kind.DAY_CLOSED: _table(Kind.DAY_CLOSED, *_optional(_OFFLINE, _BUNDLE, _OPERATOR)),
    Kind.NOTE: _table(Kind.NOTE, *_optional(_OFFLINE, _BUNDLE, _OPERATOR)),
    Kind.TIME_ANCHOR: _table(Kind.TIME_ANCHOR, _SERVER_TIME, *_optional(_OFFLINE, _BUNDLE, _OPERATOR)),
}
"""What each kind carries (JOURNAL.md section 1); what does not apply is left out."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry; the fields that its kind does not carry are None. `time` Unix seconds, `amount` cents."""

    seq: int
    prev: bytes
    terminal: bytes
    time: int
    kind: Kind
    sale: bytes | None = None
    amount: int | None = None
    instrument: Instrument | None = None
    evidence: Evidence | None = None
    of: int | None = None
    offline: bool | None = None
    bundle: int | None = None
    operator: str | None = None
    given: bool | None = None
    server_time: bytes | None = None

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read one entry. Raises `MalformedEntry`."""
        try:
            document = decode(data)
            if not isinstance(document, dict):
                raise MalformedEntry("an entry is a map")
            kind = document.get(_KIND)
            if type(kind) is not int or kind not in _TABLES:
                raise MalformedEntry("an entry of no known kind")
            values = _TABLES[Kind(kind)].read(document)
            values["kind"] = Kind(kind)
            if "instrument" in values:
                values["instrument"] = Instrument(values["instrument"])
            if "evidence" in values:
                values["evidence"] = _read_evidence(values["kind"], values["instrument"], values["evidence"])
        except (NotDeterministic, MalformedToken) as error:
            raise MalformedEntry(str(error)) from error
        return cls(**values)

    def encode(self) -> bytes:
        """The entry's bytes. Raises `ValueError` for a value that its kind does not allow."""
        values: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        values["kind"] = int(self.kind)
        values["instrument"] = None if self.instrument is None else int(self.instrument)
        values["evidence"] = None if self.evidence is None else _write_evidence(self)
        document = _TABLES[self.kind].write(values)
        if len(document) != sum(value is not None for value in values.values()):
            raise ValueError(f"an entry of kind {self.kind.name} does not carry all of these fields")
        return encode(document)


class BrokenChain(ValueError):
    """A gap, a wrong `prev` or another terminal; `expected_seq` is the one that should come here."""

    def __init__(self, expected_seq: int, reason: str) -> None:
        super().__init__(reason)
        self.expected_seq = expected_seq


def entry_hash(data: bytes) -> bytes:
    """SHA-256 of an entry's bytes: the next one's `prev`."""
    return hashlib.sha256(data).digest()


def head_of(terminal: bytes) -> bytes:
    """`prev` of a terminal's first entry."""
    return hashlib.sha256(terminal).digest()


def check_chain(terminal: bytes, after: int, head: bytes, entries: Iterable[bytes]) -> list[Entry]:
    """Read entries that follow entry `after` whose hash is `head` (`head_of` for 0), and hold them to the chain.

    Raises `MalformedEntry`, `BrokenChain`.
    """
    read = []
    for seq, data in enumerate(entries, start=after + 1):
        entry = Entry.decode(data)
        if entry.terminal != terminal:
            raise BrokenChain(seq, "an entry of another terminal")
        if entry.seq != seq:
            raise BrokenChain(seq, f"entry {entry.seq} stands where {seq} should")
        if entry.prev != head:
            raise BrokenChain(seq, f"entry {seq} does not follow the one before it")
        head = entry_hash(data)
        read.append(entry)
    return read


def _read_evidence(kind: Kind, instrument: Instrument, document: dict[int, Value]) -> Evidence:
    form = _EVIDENCE_FORMS[instrument]
    evidence = form(**(_CARD if form is CardEvidence else _TOKEN).read(document))
    if not _is_complete(kind, evidence):
        raise MalformedEntry("card evidence that does not fit the entry's kind")
    return evidence


def _write_evidence(entry: Entry) -> dict[int, Value]:
    evidence, form = entry.evidence, None if entry.instrument is None else _EVIDENCE_FORMS[entry.instrument]
    if evidence is None or type(evidence) is not form or not _is_complete(entry.kind, evidence):
        raise ValueError("evidence that does not fit the entry's instrument and kind")
    values = {name: getattr(evidence, name) for name in evidence.__slots__}
    return (_CARD if form is CardEvidence else _TOKEN).write(values)


def _is_complete(kind: Kind, evidence: Evidence) -> bool:
    """Of a card's payment the intent has the counter before, and what completes it has the proof."""
    if not isinstance(evidence, CardEvidence):
        return True
    present = (evidence.tmc is not None, evidence.tmv is not None, evidence.tmc_before is not None)
    return present == ((False, False, True) if kind is Kind.INTENT else (True, True, False))
