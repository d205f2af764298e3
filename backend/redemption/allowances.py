# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The allowances that the codes of a batch hold, each read and believed once.

An allowance is believed if its signature is good under a key of the programme, or if its very bytes are what the mint
has written down as issued under that key: then it made the signature itself, and what it wrote down never changes.
Either holds for good and is remembered from batch to batch; keys, place and times are looked at in each batch anew.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from backend.ledger.rows import TEXT, among, listed, select
from backend.redemption.evidence import Place
from backend.redemption.recognition import LONG, read_uint, read_voucher
from backend.redemption.signatures import verify
from heitje.acceptance import ListedKey
from heitje.cose import AAD_CODE, AAD_VOUCHER, MalformedToken, to_be_signed
from heitje.keys import EDDSA, PublicKey
from heitje.vouchers import SignedVoucher

FEW: Final = 4
"""So many allowances are verified: to ask what the mint wrote down costs more."""
_REMEMBERED: Final = 4096
_VOUCHER_CLAIM: Final = re.compile(rb"\x3a\x00\x01\x11\x75" + LONG, re.DOTALL)
"""Key -70006 of a code, and the head of its value."""
_INTENT: Final = b"\xac"
_ISSUED: Final = "SELECT cti, token FROM minting_issuedvoucher WHERE "


class Allowance:
    """An allowance of a phone with an Ed25519 key."""

    __slots__ = ("amount", "believed", "cti", "key", "kid", "message_head", "signed")

    def __init__(self, signed: SignedVoucher, phone: PublicKey) -> None:
        self.signed = signed
        self.cti = signed.voucher.cti.hex()
        self.amount: int = signed.voucher.amount
        self.key, self.kid = phone.raw, phone.kid
        self.message_head = to_be_signed(b"\xa2\x01\x27\x04\x48" + phone.kid, AAD_CODE, b"")[:-1]
        """Of what the phone signs all but the payload and its length."""
        self.believed: PublicKey | None = None
        """The key that is known to have signed it."""


Valid = tuple[Allowance, int, int]
"""An allowance that this till may take codes of, from the first to the last second of these."""


class Allowances:
    """The allowances of one batch of the terminal at `place`."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._valid: dict[bytes, Valid | None] = {}

    def ask(self, entries: Iterable[bytes]) -> None:
        """Ask in one query for all that the codes in these entries hold whether the mint has written it down."""
        unknown = {}
        for token in {_held(data) for data in entries if data.startswith(_INTENT)}:
            allowance = _read(token)
            if allowance is not None and allowance.believed is None:
                unknown[allowance.cti] = allowance
        if len(unknown) <= FEW:
            return
        for cti, token in select(_ISSUED + among("cti", TEXT), listed(TEXT, unknown)):
            allowance = unknown[cti]
            key = self._key_of(allowance)
            if key is not None and bytes(token) == allowance.signed.token:
                allowance.believed = key.public

    def valid(self, token: bytes) -> Valid | None:
        """An allowance that holds here at some time; None: whoever asks more exactly, shall (`evidence`)."""
        if token not in self._valid:
            self._valid[token] = self._judge(token)
        return self._valid[token]

    def _judge(self, token: bytes) -> Valid | None:
        allowance = _read(token)
        key = None if allowance is None else self._key_of(allowance)
        if allowance is None or key is None:
            return None
        sign1, voucher = allowance.signed.sign1, allowance.signed.voucher
        if (
            voucher.iss != self._place.programme
            or sign1.algorithm != EDDSA
            or not self._place.shop.covered_by(voucher.scope)
        ):
            return None
        if allowance.believed != key.public:
            if not verify(sign1, AAD_VOUCHER, key.public):
                return None
            allowance.believed = key.public
        return allowance, max(key.valid_from, voucher.nbf or 0), min(key.valid_until, voucher.exp)

    def _key_of(self, allowance: Allowance) -> ListedKey | None:
        """The one key with its key id; of two of them the long way tries both."""
        kid = allowance.signed.sign1.kid
        keys = [key for key in self._place.voucher_keys if key.public.kid == kid]
        return keys[0] if len(keys) == 1 else None


def _held(intent: bytes) -> bytes:
    """The bytes that stand in an intent where a code holds its allowance; empty: there is nothing like it."""
    found = _VOUCHER_CLAIM.search(intent)
    return b"" if found is None else intent[found.end() : found.end() + read_uint(found[1])]


@lru_cache(_REMEMBERED)
def _read(token: bytes) -> Allowance | None:
    """None: no allowance, malformed, or of a phone with another kind of key."""
    try:
        signed = read_voucher(token)
    except MalformedToken:
        return None
    phone = signed.voucher.cnf
    return None if phone is None or phone.algorithm != EDDSA else Allowance(signed, phone)
