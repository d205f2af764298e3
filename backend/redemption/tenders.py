# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Reads a whole tender at one glance: an intent and the redemption after it, which says the same once more.

Most of what a till sends are such pairs, and all are checked in one way: of the intent everything but the gaps is known
beforehand, and of the redemption everything but a card's answer is what the intent says (JOURNAL.md section 1). A pair
that is not exactly that, or of which anything does not hold, is none: then its entries are read and examined one by one
(`evidence`), which alone says what is wrong. `tests/backend/redemption/test_tenders.py` holds the two together.
"""

import hashlib
import re
from functools import lru_cache
from typing import Final

from backend.minting.keystore import KeyStore
from backend.redemption.chain import Link
from backend.redemption.evidence import Facts, Place, Tender
from backend.redemption.recognition import LONG, UINT, read_uint, read_voucher
from backend.redemption.signatures import is_good, verify_once
from heitje.acceptance import AUD_WINDOW_S, NO_AUD_WINDOW_S
from heitje.card.layout import Command
from heitje.card.record import RecordKind, reference_of
from heitje.card.transaction import tmi_of_payment
from heitje.codes import MAX_WITHOUT_AUD
from heitje.cose import AAD_CODE, AAD_VOUCHER, TOKEN_MAX, MalformedToken, to_be_signed
from heitje.journal import Instrument, Kind
from heitje.keys import EDDSA, PublicKey
from heitje.messages import SEQ_MAX
from heitje.money import MAX_AMOUNT
from heitje.vouchers import SignedVoucher

_HEAD: Final = UINT + rb"\x05\x01\x06\x50(.{16})\x07" + UINT + rb"\x08"
"""What follows key 4 of an intent: time, kind, sale, amount."""
_PHONE: Final = re.compile(
    _HEAD
    + rb"\x02\x09\xa1\x01"
    + LONG
    + rb"(\xd2)\x84\x4d\xa2\x01\x27\x04\x48(.{8})\xa0"
    + LONG
    + rb"(?:\xa4|\xa5\x03\x70([0-9a-f]{16}))\x06"
    + UINT
    + rb"\x3a\x00\x01\x11\x73"
    + UINT
    + rb"\x3a\x00\x01\x11\x74"
    + UINT
    + rb"\x3a\x00\x01\x11\x75"
    + LONG,
    re.DOTALL,
)
_CARD: Final = re.compile(
    _HEAD + rb"\x01\x09\xa6(\x01\x47(.{7})\x02\x50(.{16})\x03\x50(.{16})\x04" + UINT + rb"\x05\x50(.{16}))\x08" + UINT,
    re.DOTALL,
)
_LATER: Final = re.compile(UINT)
_TAIL: Final = re.compile(rb"\x0b[\xf4\xf5]\x0c" + UINT + rb"\x0d(?:([\x60-\x77])|\x78([\x18-\xff]))(.*)", re.DOTALL)
_SIGNATURE_HEAD: Final = b"\x58\x40"
_SIGNATURE: Final = 64
_TMV: Final = 8
_SALE: Final = bytes((RecordKind.SALE,))
_UINT32_MAX: Final = 2**32 - 1
_KIND: Final = 2
"""Bytes of key 5 and its value."""

Pair = tuple[Facts, Facts]


class Allowance:
    """An allowance that this till may take codes of, and between which seconds."""

    __slots__ = ("amount", "first", "item", "key", "kid", "last", "message_head", "voucher")

    def __init__(self, voucher: SignedVoucher, phone: PublicKey, first: int, last: int) -> None:
        self.voucher = voucher
        self.item = voucher.voucher.cti.hex()
        self.amount = voucher.voucher.amount
        self.key, self.kid = phone.raw, phone.kid
        self.first, self.last = first, last
        protected = b"\xa2\x01\x27\x04\x48" + phone.kid
        self.message_head = to_be_signed(protected, AAD_CODE, b"")[:-1]
        """All of what is signed but the payload and its length."""


class Tenders:
    """Reads the tenders of one batch of the terminal at `place`."""

    def __init__(self, place: Place, key_store: KeyStore) -> None:
        self._place = place
        self._terminal = place.terminal.hex()
        self._after_prev = b"\x03\x48" + place.terminal + b"\x04"
        self._key_store = key_store
        self._allowances: dict[bytes, Allowance | None] = {}

    def read(self, seq: int, prev: bytes, intent: bytes, redemption: bytes) -> Pair | None:
        """The facts of entries `seq` and `seq + 1`, which follow an entry whose hash is `prev`; None: not so simple."""
        head = b"\xac\x01" + _encoded(seq) + b"\x02\x58\x20" + prev + self._after_prev
        if seq >= SEQ_MAX or not intent.startswith(head):
            return None
        found = _PHONE.match(intent, len(head))
        if found is not None:
            return self._read_phone(seq, intent, redemption, found)
        found = _CARD.match(intent, len(head))
        return None if found is None else self._read_card(seq, intent, redemption, found)

    def _read_phone(self, seq: int, intent: bytes, redemption: bytes, found: "re.Match[bytes]") -> Pair | None:
        _, sale, amount_bytes, size, long_size, _, kid, payload, long_payload, aud, *rest = found.groups()
        iat, number, most, voucher, long_voucher = rest
        token_at, payload_at, voucher_at = found.start(6), found.end(9 if payload is None else 8), found.end()
        payload_end = payload_at + int.from_bytes(payload or long_payload, "big")
        token_end = payload_end + len(_SIGNATURE_HEAD) + _SIGNATURE
        length = int.from_bytes(size or long_size, "big")
        tail = _read_tail(intent[token_end:])
        if (
            tail is None
            or token_end - token_at != length
            or length > TOKEN_MAX
            or voucher_at + int.from_bytes(voucher or long_voucher, "big") != payload_end
            or intent[payload_end : payload_end + len(_SIGNATURE_HEAD)] != _SIGNATURE_HEAD
        ):
            return None
        kind_end = found.end(1) + _KIND
        later = self._repeats(seq, intent, redemption, found, intent[kind_end:token_end], intent[token_end:])
        allowance = self._allowance(intent[voucher_at:payload_end])
        if later is None or allowance is None:
            return None
        second, digest, time = later
        amount, code_seq, maximum = read_uint(amount_bytes), read_uint(number), read_uint(most)
        if aud is None:
            fits, window_s = amount <= maximum <= MAX_WITHOUT_AUD, NO_AUD_WINDOW_S
        else:
            fits, window_s = amount == maximum <= MAX_AMOUNT and aud.decode() == self._terminal, AUD_WINDOW_S
        if not (
            fits
            and 1 <= amount <= allowance.amount
            and 1 <= code_seq <= SEQ_MAX
            and kid == allowance.kid
            and allowance.first <= time <= allowance.last
            and abs(time - read_uint(iat)) <= window_s
        ):
            return None
        payload_head = found.start(9 if payload is None else 8) - 1
        message = allowance.message_head + intent[payload_head:payload_end]
        if not is_good(intent[token_end - _SIGNATURE : token_end], message, allowance.key):
            return None
        first = Facts(
            intent,
            digest,
            seq,
            read_uint(found[1]),
            Kind.INTENT,
            tail,
            item=allowance.item,
            fingerprint=hashlib.sha256(intent[token_at:token_end]).hexdigest(),
        )
        first.voucher, first.code_seq, first.aud = allowance.voucher, code_seq, None if aud is None else self._terminal
        first.payload = hashlib.sha256(intent[payload_at:payload_end]).hexdigest()
        second.item, second.fingerprint, second.payload = first.item, first.fingerprint, first.payload
        second.bundle, second.voucher, second.code_seq, second.aud = tail, first.voucher, code_seq, first.aud
        first.tender = Tender(sale.hex(), amount, Instrument.PHONE, second)
        return first, second

    def _read_card(self, seq: int, intent: bytes, redemption: bytes, found: "re.Match[bytes]") -> Pair | None:
        time, sale, amount_bytes, evidence, uid, tmri, enc_tmri, before, record, counter = found.groups()
        tail_bytes = intent[found.end() :]
        tail, amount = _read_tail(tail_bytes), read_uint(amount_bytes)
        balance, tmc = read_uint(before), read_uint(counter) + 1
        reader = self._place.terminal + seq.to_bytes(8, "big")
        if not (
            tail is not None
            and 1 <= amount <= MAX_AMOUNT
            and balance <= _UINT32_MAX
            and tmc <= _UINT32_MAX
            and tmri == reader
            and record[:1] == _SALE
            and record[5:] == reference_of(reader) + amount.to_bytes(4, "little")
        ):
            return None
        proof_end = len(redemption) - 1 - len(_encoded(seq)) - len(tail_bytes)
        proof = redemption[proof_end - _TMV : proof_end]
        kind_end, evidence_at = found.end(1) + _KIND, found.start(4)
        repeated = intent[kind_end : evidence_at - 1] + b"\xa7" + evidence
        repeated += b"\x06" + _encoded(tmc) + b"\x07\x48" + proof
        later = self._repeats(seq, intent, redemption, found, repeated, tail_bytes)
        if later is None:
            return None
        tmi = tmi_of_payment(Command.DEBIT, balance=balance, amount=amount, tmri=tmri, enc_tmri=enc_tmri, record=record)
        if self._key_store.transaction_mac(uid, tmc, tmi) != proof:
            return None
        second, digest, _ = later
        previous = self._key_store.previous_reader(uid, tmc, enc_tmri)
        fingerprint = hashlib.sha256(uid + tmri + enc_tmri + balance.to_bytes(4, "big") + record).hexdigest()
        item = uid.hex()
        first = Facts(intent, digest, seq, read_uint(time), Kind.INTENT, tail, item=item, fingerprint=fingerprint)
        second.item, second.fingerprint, second.bundle = item, fingerprint, tail
        second.tmc, second.previous_tmri = tmc, previous
        link = Link(tmc, tmri.hex(), previous.hex(), balance, amount)
        first.tender = Tender(sale.hex(), amount, Instrument.CARD, second, tmc - 1, link)
        return first, second

    def _repeats(
        self, seq: int, intent: bytes, redemption: bytes, found: "re.Match[bytes]", repeated: bytes, tail: bytes
    ) -> tuple[Facts, str, int] | None:
        """The redemption's first facts, the intent's digest and the redemption's time, if it completes the intent."""
        hashed = hashlib.sha256(intent)
        head = b"\xad\x01" + _encoded(seq + 1) + b"\x02\x58\x20" + hashed.digest() + self._after_prev
        rest = b"\x05\x02" + repeated + b"\x0a" + _encoded(seq) + tail
        if redemption == head + found[1] + rest:
            time = read_uint(found[1])
        else:
            later = _LATER.match(redemption, len(head))
            if later is None or not redemption.startswith(head) or redemption[later.end() :] != rest:
                return None
            time = read_uint(later[1])
        if time > SEQ_MAX or read_uint(found[1]) > SEQ_MAX:
            return None
        digest = hashlib.sha256(redemption).hexdigest()
        return Facts(redemption, digest, seq + 1, time, Kind.REDEMPTION, None, seq), hashed.hexdigest(), time

    def _allowance(self, token: bytes) -> Allowance | None:
        """An allowance that holds here at some time; None: whoever asks more exactly, shall (`evidence`)."""
        if token not in self._allowances:
            self._allowances[token] = self._read_allowance(token)
        return self._allowances[token]

    def _read_allowance(self, token: bytes) -> Allowance | None:
        try:
            signed = read_voucher(token)
        except MalformedToken:
            return None
        voucher, sign1 = signed.voucher, signed.sign1
        keys = [key for key in self._place.voucher_keys if key.public.kid == sign1.kid]
        if (
            len(keys) != 1
            or voucher.cnf is None
            or voucher.cnf.algorithm != EDDSA
            or voucher.iss != self._place.programme
            or sign1.algorithm != EDDSA
            or not self._place.shop.covered_by(voucher.scope)
            or not verify_once(sign1, AAD_VOUCHER, keys[0].public)
        ):
            return None
        first = max(keys[0].valid_from, voucher.nbf or 0)
        return Allowance(signed, voucher.cnf, first, min(keys[0].valid_until, voucher.exp))


@lru_cache(1024)
def _read_tail(data: bytes) -> int | None:
    """The bundle that an intent's last three fields name; None: they are not what they should be."""
    found = _TAIL.fullmatch(data)
    if found is None:
        return None
    bundle, short, long, text = found.groups()
    if len(text) != (short[0] - 0x60 if long is None else long[0]):
        return None
    try:
        text.decode()
    except UnicodeDecodeError:
        return None
    return read_uint(bundle)


def _encoded(number: int) -> bytes:
    """An unsigned integer in its shortest form."""
    if number < 0x18:
        return bytes((number,))
    if number < 0x100:
        return bytes((0x18, number))
    if number < 0x10000:
        return b"\x19" + number.to_bytes(2, "big")
    if number < 0x1_0000_0000:
        return b"\x1a" + number.to_bytes(4, "big")
    return b"\x1b" + number.to_bytes(8, "big")
