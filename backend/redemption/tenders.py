# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Reads a whole tender at one glance: an intent and the redemption after it, which says the same once more.

Most of what a till sends are such pairs, and all are checked in one way: of the intent everything but the gaps is known
beforehand, and of the redemption everything but a card's answer is what the intent says (JOURNAL.md section 1). A pair
that is not exactly that, or of which anything does not hold, is none: then its entries are read and examined one by one
(`evidence`), which alone says what is wrong. `tests/backend/redemption/test_tenders.py` holds the two together.
"""

import re
from functools import lru_cache
from hashlib import sha256
from typing import Final, NamedTuple

from backend.minting.keystore import KeyStore
from backend.redemption.allowances import Allowance, Allowances
from backend.redemption.chain import Link
from backend.redemption.evidence import Facts, Place, Tender
from backend.redemption.recognition import LONG, UINT, read_uint
from backend.redemption.signatures import bad_among
from heitje.acceptance import AUD_WINDOW_S, NO_AUD_WINDOW_S
from heitje.card.layout import Command
from heitje.card.record import RecordKind, reference_of
from heitje.card.transaction import tmi_of_payment
from heitje.codes import MAX_WITHOUT_AUD
from heitje.cose import TOKEN_MAX
from heitje.journal import Instrument, Kind
from heitje.messages import SEQ_MAX
from heitje.money import MAX_AMOUNT

_HEAD: Final = UINT + rb"\x05\x01\x06\x50(.{16})\x07" + UINT + rb"\x08"
"""What follows key 4 of an intent: time, kind, sale, amount."""
_PHONE: Final = re.compile(
    _HEAD
    + rb"\x02\x09\xa1\x01"
    + LONG
    + rb"\xd2\x84\x4d\xa2\x01\x27\x04\x48(.{8})\xa0"
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
_SIGNATURE_END: Final = 2 + 64
"""How far behind the payload a token ends."""
_TMV: Final = 8
_SALE: Final = bytes((RecordKind.SALE,))
_UINT32_MAX: Final = 2**32 - 1
_KIND: Final = 2
"""Bytes of key 5 and its value."""

_INTENT: Final = Kind.INTENT
_REDEMPTION: Final = Kind.REDEMPTION
_CARD_PAYS: Final = Instrument.CARD
_PHONE_PAYS: Final = Instrument.PHONE
"""An enumeration's members are looked up more slowly than a module's names."""

Pair = tuple[Facts, Facts]


class _CardProof(NamedTuple):
    """What a card says of its payment, which its `tmv` proves."""

    pair: Pair
    sale: bytes
    uid: bytes
    tmc: int
    tmi: bytes
    tmv: bytes
    tmri: bytes
    enc_tmri: bytes
    balance: int
    amount: int


class Tenders:
    """Reads the tenders of one batch of the terminal at `place`: first what they say, then what proves it.

    One after the other, for a library that has just verified a signature does the next one quicker, and so does what
    reads a tender.
    """

    def __init__(self, place: Place, key_store: KeyStore) -> None:
        self._place = place
        self._terminal = place.terminal.hex()
        self._aud = self._terminal.encode()
        self._after_prev = b"\x03\x48" + place.terminal + b"\x04"
        self._key_store = key_store
        self._allowances = Allowances(place)
        self._number = _Numbers()
        self._signed: list[tuple[Pair, bytes, Allowance]] = []
        """Each with the signature, what is signed behind it, and the allowance that names the phone's key."""
        self._card_proofs: list[_CardProof] = []

    def read(self, seq: int, prev: bytes, intent: bytes, redemption: bytes) -> Pair | None:
        """The facts of entries `seq` and `seq + 1`, which follow an entry whose hash is `prev`; None: not so simple.

        They hold unless `unproven` names them at the end.
        """
        encoded = _encoded(seq)
        head = b"\xac\x01" + encoded + b"\x02\x58\x20" + prev + self._after_prev
        if seq >= SEQ_MAX or not intent.startswith(head):
            return None
        found = _PHONE.match(intent, len(head))
        if found is not None:
            return self._read_phone(seq, encoded, intent, redemption, found)
        found = _CARD.match(intent, len(head))
        return None if found is None else self._read_card(seq, encoded, intent, redemption, found)

    def unproven(self) -> list[Pair]:
        """Check every signature and MAC of what was read; the pairs that have a bad one, which are to be examined."""
        doubted = self._allowances.unbelieved()
        bad = [pair for pair, _, allowance in self._signed if allowance in doubted]
        signed = [one for one in self._signed if one[2] not in doubted] if doubted else self._signed
        bad += [signed[at][0] for at in bad_among([(message, allowance.key) for _, message, allowance in signed])]
        bad += [proof.pair for proof in self._card_proofs if not self._proves(proof)]
        self._signed, self._card_proofs = [], []
        return bad

    def _proves(self, proof: _CardProof) -> bool:
        (intent, redemption), uid, tmc = proof.pair, proof.uid, proof.tmc
        if self._key_store.transaction_mac(uid, tmc, proof.tmi) != proof.tmv:
            return False
        previous = redemption.previous_tmri = self._key_store.previous_reader(uid, tmc, proof.enc_tmri)
        link = Link(tmc, proof.tmri.hex(), previous.hex(), proof.balance, proof.amount)
        intent.tender = Tender(proof.sale.hex(), proof.amount, _CARD_PAYS, redemption, tmc - 1, link)
        return True

    def _read_phone(
        self, seq: int, encoded: bytes, intent: bytes, redemption: bytes, found: "re.Match[bytes]"
    ) -> Pair | None:
        time, sale, amount_bytes, size, kid, payload_size, aud, iat, code_number, most, voucher_size = found.groups()
        number = self._number
        token_at, payload_at, voucher_at = found.end(4), found.end(6), found.end()
        payload_end = payload_at + number[payload_size]
        token_end = payload_end + _SIGNATURE_END
        length, tail_bytes = number[size], intent[token_end:]
        tail = _read_tail(tail_bytes)
        if (
            tail is None
            or token_end - token_at != length
            or length > TOKEN_MAX
            or voucher_at + number[voucher_size] != payload_end
            or intent[payload_end : payload_end + 2] != _SIGNATURE_HEAD
        ):
            return None
        repeated = intent[found.end(1) + _KIND : token_end]
        later = self._repeats(seq, encoded, intent, redemption, time, repeated, tail_bytes)
        valid = self._allowances.valid(intent[voucher_at:payload_end])
        if later is None or valid is None:
            return None
        allowance, first_second, last_second = valid
        digest, later_digest, later_time = later
        amount, code_seq, maximum = number[amount_bytes], number[code_number], number[most]
        if aud is None:
            fits, window_s = amount <= maximum <= MAX_WITHOUT_AUD, NO_AUD_WINDOW_S
        else:
            fits, window_s = amount == maximum <= MAX_AMOUNT and aud == self._aud, AUD_WINDOW_S
        if not (
            fits
            and 1 <= amount <= allowance.amount
            and 1 <= code_seq <= SEQ_MAX
            and kid == allowance.kid
            and first_second <= later_time <= last_second
            and -window_s <= later_time - number[iat] <= window_s
        ):
            return None
        item, voucher = allowance.cti, allowance.signed
        fingerprint = sha256(intent[token_at:token_end]).hexdigest()
        payload = sha256(intent[payload_at:payload_end]).hexdigest()
        named = None if aud is None else self._terminal
        second = Facts(
            redemption,
            later_digest,
            seq + 1,
            later_time,
            _REDEMPTION,
            tail,
            seq,
            item,
            fingerprint,
            None,
            None,
            voucher,
            code_seq,
            named,
            payload,
        )
        first = Facts(
            intent,
            digest,
            seq,
            number[time],
            _INTENT,
            tail,
            None,
            item,
            fingerprint,
            None,
            None,
            voucher,
            code_seq,
            named,
            payload,
            None,
            None,
            Tender(sale.hex(), amount, _PHONE_PAYS, second),
        )
        message = allowance.message_head + intent[payload_at - len(payload_size) : payload_end]
        pair = first, second
        self._signed.append((pair, intent[payload_end + 2 : token_end] + message, allowance))
        return pair

    def _read_card(
        self, seq: int, encoded: bytes, intent: bytes, redemption: bytes, found: "re.Match[bytes]"
    ) -> Pair | None:
        time, sale, amount_bytes, evidence, uid, tmri, enc_tmri, before, record, counter = found.groups()
        tail_bytes, number = intent[found.end() :], self._number
        tail, amount = _read_tail(tail_bytes), number[amount_bytes]
        balance, tmc = number[before], number[counter] + 1
        if not (
            tail is not None
            and 1 <= amount <= MAX_AMOUNT
            and balance <= _UINT32_MAX
            and tmc <= _UINT32_MAX
            and tmri == self._place.terminal + seq.to_bytes(8, "big")
            and record[:1] == _SALE
            and record[5:] == reference_of(tmri) + amount.to_bytes(4, "little")
        ):
            return None
        proof_end = len(redemption) - 1 - len(encoded) - len(tail_bytes)
        proof = redemption[proof_end - _TMV : proof_end]
        repeated = intent[found.end(1) + _KIND : found.start(4) - 1] + b"\xa7" + evidence
        repeated += b"\x06" + _encoded(tmc) + b"\x07\x48" + proof
        later = self._repeats(seq, encoded, intent, redemption, time, repeated, tail_bytes)
        if later is None:
            return None
        tmi = tmi_of_payment(Command.DEBIT, balance=balance, amount=amount, tmri=tmri, enc_tmri=enc_tmri, record=record)
        digest, later_digest, later_time = later
        item = uid.hex()
        fingerprint = sha256(uid + tmri + enc_tmri + balance.to_bytes(4, "big") + record).hexdigest()
        second = Facts(
            redemption,
            later_digest,
            seq + 1,
            later_time,
            _REDEMPTION,
            tail,
            seq,
            item,
            fingerprint,
            tmc=tmc,
        )
        first = Facts(intent, digest, seq, number[time], _INTENT, tail, None, item, fingerprint)
        pair = first, second
        self._card_proofs.append(_CardProof(pair, sale, uid, tmc, tmi, proof, tmri, enc_tmri, balance, amount))
        return pair

    def _repeats(
        self, seq: int, encoded: bytes, intent: bytes, redemption: bytes, time: bytes, repeated: bytes, tail: bytes
    ) -> tuple[str, str, int] | None:
        """Both entries' digests and the redemption's time, if it completes the intent."""
        hashed = sha256(intent)
        head = b"\xad\x01" + _encoded(seq + 1) + b"\x02\x58\x20" + hashed.digest() + self._after_prev
        rest = b"\x05\x02" + repeated + b"\x0a" + encoded + tail
        if redemption != head + time + rest:
            later = _LATER.match(redemption, len(head))
            if later is None or not redemption.startswith(head) or redemption[later.end() :] != rest:
                return None
            if self._number[time] > SEQ_MAX:
                return None
            time = later[1]
        later_time = self._number[time]
        return None if later_time > SEQ_MAX else (hashed.hexdigest(), sha256(redemption).hexdigest(), later_time)


class _Numbers(dict[bytes, int]):
    """The numbers of a batch by their encoding: prices, lengths and times come again and again."""

    def __missing__(self, encoded: bytes) -> int:
        number = self[encoded] = read_uint(encoded)
        return number


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
