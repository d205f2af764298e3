# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Reads the common forms of an entry and of a payment code at a glance: one pattern instead of a general decoder.

Deterministic CBOR has one way to write a thing, so an entry of a common kind is a fixed row of bytes with a few gaps.
What fits a pattern is exactly what the decoder would have read, at a tenth of its cost; whatever does not fit goes to
the decoder, which alone says what is malformed (`tests/backend/redemption/test_recognition.py` holds the two together).

    intent      AC 01 seq 02 58 20 prev 03 48 terminal 04 time 05 01 06 50 sale 07 amount 08 instrument 09 evidence
                0B offline 0C bundle 0D operator
    redemption  AD … 05 02 … 09 evidence 0A of 0B offline 0C bundle 0D operator
    code        D2 84 4D A2 01 alg 04 48 kid A0 bstr {03 aud, 06 iat, -70004 seq, -70005 max, -70006 voucher} 58 40 sig
    allowance   D2 84 4D A2 01 27 04 48 kid A0 bstr {01 iss, 04 exp, 06 iat, 07 cti, 08 cnf, -70001 amount} 58 40 sig
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from heitje import codes, vouchers
from heitje.codes import MAX_WITHOUT_AUD, PaymentCode, SignedCode
from heitje.cose import TOKEN_MAX, MalformedToken, Sign1
from heitje.journal import CardEvidence, Entry, Evidence, Instrument, Kind, PaperEvidence, PhoneEvidence
from heitje.keys import EDDSA, ES256, PublicKey
from heitje.money import Cents, is_amount
from heitje.vouchers import SignedVoucher, Voucher

UINT: Final = rb"([\x00-\x17]|\x18[\x18-\xff]|\x19[\x01-\xff].|\x1a(?!\x00\x00).{4}|\x1b(?!\x00\x00\x00\x00).{8})"
"""An unsigned integer in its shortest form."""
_TEXT: Final = rb"(?:[\x60-\x77]|\x78[\x18-\xff])"
"""The head of a text of at most 255 bytes."""
LONG: Final = rb"(\x58[\x18-\xff]|\x59[\x01-\x02].)"
"""The head of a byte string of 24 to 767 bytes; `read_uint` reads its length."""
_ENTRY: Final = re.compile(
    rb"([\xac\xad])\x01"
    + UINT
    + rb"\x02\x58\x20(.{32})\x03\x48(.{8})\x04"
    + UINT
    + rb"\x05([\x01\x02])\x06\x50(.{16})\x07"
    + UINT
    + rb"\x08([\x01-\x03])\x09",
    re.DOTALL,
)
_TOKEN: Final = re.compile(rb"\xa1\x01" + LONG, re.DOTALL)
_CARD_INTENT: Final = re.compile(
    rb"\xa6\x01\x47(.{7})\x02\x50(.{16})\x03\x50(.{16})\x04" + UINT + rb"\x05\x50(.{16})\x08" + UINT, re.DOTALL
)
_CARD_REDEMPTION: Final = re.compile(
    rb"\xa7\x01\x47(.{7})\x02\x50(.{16})\x03\x50(.{16})\x04"
    + UINT
    + rb"\x05\x50(.{16})\x06"
    + UINT
    + rb"\x07\x48(.{8})",
    re.DOTALL,
)
_INTENT_TAIL: Final = re.compile(rb"\x0b([\xf4\xf5])\x0c" + UINT + rb"\x0d" + _TEXT + rb"(.*)", re.DOTALL)
_REDEMPTION_TAIL: Final = re.compile(
    rb"\x0a" + UINT + rb"\x0b([\xf4\xf5])\x0c" + UINT + rb"\x0d" + _TEXT + rb"(.*)", re.DOTALL
)
_CODE: Final = re.compile(
    rb"\xd2\x84\x4d(\xa2\x01([\x26\x27])\x04\x48(.{8}))\xa0"
    + LONG
    + rb"([\xa4\xa5])(?:\x03"
    + _TEXT
    + rb"([\x00-\x7f]*?))?\x06"
    + UINT
    + rb"\x3a\x00\x01\x11\x73"
    + UINT
    + rb"\x3a\x00\x01\x11\x74"
    + UINT
    + rb"\x3a\x00\x01\x11\x75"
    + LONG,
    re.DOTALL,
)
_ALLOWANCE: Final = re.compile(
    rb"\xd2\x84\x4d(\xa2\x01\x27\x04\x48(.{8}))\xa0"
    + LONG
    + rb"(\xa6\x01"
    + _TEXT
    + rb"([\x00-\x7f]*?)\x04"
    + UINT
    + rb"\x06"
    + UINT
    + rb"\x07\x50(.{16})\x08\xa1\x01\xa3\x01\x01\x20\x06\x21\x58\x20(.{32})\x3a\x00\x01\x11\x70"
    + UINT
    + rb")\x58\x40(.{64})",
    re.DOTALL,
)
"""Of an Ed25519 phone, and for every shop: one with more to say is the decoder's."""
_SIGNATURE_HEAD: Final = b"\x58\x40"
_SIGNATURE: Final = 64
_UINT32_MAX: Final = 2**32 - 1
_KINDS: Final = {b"\x01": Kind.INTENT, b"\x02": Kind.REDEMPTION}
_INSTRUMENTS: Final = (Instrument.CARD, Instrument.PHONE, Instrument.PAPER)


def read_entry(data: bytes) -> Entry:
    """One entry. Raises `heitje.journal.MalformedEntry`."""
    return _recognise_entry(data) or Entry.decode(data)


@lru_cache(2048)
def read_voucher(token: bytes) -> SignedVoucher:
    """A voucher's token; one that was read lately is not taken apart again. Raises `MalformedToken`."""
    return _recognise_allowance(token) or vouchers.decode(token)


@lru_cache(2048)
def read_code(token: bytes) -> SignedCode:
    """A payment code's token; a redemption repeats its intent's. Raises `MalformedToken`."""
    return _recognise_code(token) or codes.decode(token)


def _recognise_entry(data: bytes) -> Entry | None:
    head = _ENTRY.match(data)
    if head is None:
        return None
    size, seq, prev, terminal, time, kind_byte, sale, amount_bytes, instrument_byte = head.groups()
    kind, amount = _KINDS[kind_byte], read_uint(amount_bytes)
    proven = kind is Kind.REDEMPTION
    instrument = _INSTRUMENTS[instrument_byte[0] - 1]
    if not is_amount(amount) or seq == b"\x00" or proven != (size == b"\xad"):
        return None
    found = _evidence(data, head.end(), proven, instrument)
    if found is None:
        return None
    evidence, at = found
    tail = (_REDEMPTION_TAIL if proven else _INTENT_TAIL).match(data, at)
    if tail is None:
        return None
    *of, offline, bundle, operator = tail.groups()
    if not _is_text(data, tail.start(tail.lastindex or 0), operator) or of == [b"\x00"]:
        return None
    try:
        name = operator.decode()
    except UnicodeDecodeError:
        return None
    return Entry(
        read_uint(seq),
        prev,
        terminal,
        read_uint(time),
        kind,
        sale,
        amount,
        instrument,
        evidence,
        read_uint(of[0]) if of else None,
        offline == b"\xf5",
        read_uint(bundle),
        name,
    )


def _evidence(data: bytes, at: int, proven: bool, instrument: Instrument) -> tuple[Evidence, int] | None:
    """The evidence that begins at `at`, and where it ends."""
    if instrument is Instrument.CARD:
        card = (_CARD_REDEMPTION if proven else _CARD_INTENT).match(data, at)
        if card is None:
            return None
        uid, tmri, enc_tmri, balance, record, counter, *tmv = card.groups()
        balance_before, tmc = read_uint(balance), read_uint(counter)
        if max(balance_before, tmc) > _UINT32_MAX:
            return None
        if proven:
            return CardEvidence(uid, tmri, enc_tmri, balance_before, record, tmc, tmv[0]), card.end()
        return CardEvidence(uid, tmri, enc_tmri, balance_before, record, tmc_before=tmc), card.end()
    token = _TOKEN.match(data, at)
    if token is None:
        return None
    begin = token.end()
    end = begin + read_uint(token[1])
    form: Callable[[bytes], Evidence] = PhoneEvidence if instrument is Instrument.PHONE else PaperEvidence
    return form(data[begin:end]), end


def _recognise_code(token: bytes) -> SignedCode | None:
    found = _CODE.match(token)
    if found is None or len(token) > TOKEN_MAX:
        return None
    protected, algorithm, kid, length, size, aud, iat, seq, most, voucher_length = found.groups()
    begin, voucher_at = found.end(4), found.end()
    end = begin + read_uint(length)
    maximum = read_uint(most)
    whole = (
        voucher_at + read_uint(voucher_length) == end
        and token[end : end + 2] == _SIGNATURE_HEAD
        and len(token) == end + 2 + _SIGNATURE
        and (size == b"\xa5") == (aud is not None)
        and (aud is None or _is_text(token, found.start(6), aud))
        and seq != b"\x00"
        and is_amount(maximum)
        and (aud is not None or maximum <= MAX_WITHOUT_AUD)
    )
    if not whole:
        return None
    voucher = token[voucher_at:end]
    allowance = read_voucher(voucher)
    if allowance.voucher.cnf is None:
        raise MalformedToken("a code holds an allowance, not a note")
    name = None if aud is None else aud.decode("ascii")
    code = PaymentCode(read_uint(iat), read_uint(seq), Cents(maximum), voucher, name)
    signed = Sign1(EDDSA if algorithm == b"\x27" else ES256, kid, protected, token[begin:end], token[end + 2 :])
    return SignedCode(code, allowance, signed, token)


def _recognise_allowance(token: bytes) -> SignedVoucher | None:
    found = _ALLOWANCE.fullmatch(token)
    if found is None or len(token) > TOKEN_MAX:
        return None
    protected, kid, length, payload, iss, exp, iat, cti, phone, amount_bytes, signature = found.groups()
    amount = read_uint(amount_bytes)
    if read_uint(length) != len(payload) or not _is_text(token, found.start(5), iss) or not is_amount(amount):
        return None
    voucher = Voucher(iss.decode("ascii"), read_uint(exp), read_uint(iat), cti, Cents(amount), cnf=_phone_key(phone))
    return SignedVoucher(voucher, Sign1(EDDSA, kid, protected, payload, signature), token)


@lru_cache(2048)
def _phone_key(raw: bytes) -> PublicKey:
    """A phone's key; it has several allowances, one after the other."""
    return PublicKey(raw)


def _is_text(data: bytes, at: int, text: bytes) -> bool:
    """Whether the head before `at` is that of a text as long as this one."""
    size = len(text)
    return data[at - 1] == 0x60 + size if size < 24 else data[at - 2 : at] == bytes((0x78, size))


def read_uint(encoded: bytes) -> int:
    """The number that `UINT` matched."""
    return encoded[0] if len(encoded) == 1 else int.from_bytes(encoded[1:], "big")
