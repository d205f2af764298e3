# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The allowances that the codes of a batch hold, each read and believed once.

An allowance is believed if its signature is good under a key of the programme, or if its very bytes are what the mint
has written down as issued under that key: then it made the signature itself, and what it wrote down never changes.
Either holds for good and is remembered from batch to batch; keys, place and times are looked at in each batch anew.
"""

from functools import lru_cache
from typing import Final

from backend.ledger.rows import TEXT, among, listed, select
from backend.redemption.evidence import Place
from backend.redemption.recognition import read_voucher
from backend.redemption.signatures import verify_once
from heitje.cose import AAD_CODE, AAD_VOUCHER, MalformedToken, to_be_signed
from heitje.keys import EDDSA, PublicKey
from heitje.vouchers import SignedVoucher

FEW: Final = 4
"""So many allowances are verified: to ask what the mint wrote down costs more."""
_REMEMBERED: Final = 4096
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
        self._signers: dict[Allowance, PublicKey] = {}
        """Of those that are still to be believed, who should have signed them."""

    def valid(self, token: bytes) -> Valid | None:
        """An allowance that holds here at some time, unless `unbelieved` names it at the end.

        None: whoever asks more exactly, shall (`evidence`).
        """
        if token not in self._valid:
            self._valid[token] = self._read(token)
        return self._valid[token]

    def unbelieved(self) -> set[Allowance]:
        """Those that nothing shows to be the mint's, of all that were valid."""
        signers, self._signers = self._signers, {}
        issued: dict[str, bytes] = {}
        if len(signers) > FEW:
            ctis = listed(TEXT, {allowance.cti for allowance in signers})
            issued = {cti: bytes(token) for cti, token in select(_ISSUED + among("cti", TEXT), ctis)}
        doubted = set()
        for allowance, signer in signers.items():
            signed = allowance.signed
            if issued.get(allowance.cti) == signed.token or verify_once(signed.sign1, AAD_VOUCHER, signer):
                allowance.believed = signer
            else:
                doubted.add(allowance)
        return doubted

    def _read(self, token: bytes) -> Valid | None:
        allowance = _read(token)
        if allowance is None:
            return None
        sign1, voucher = allowance.signed.sign1, allowance.signed.voucher
        keys = [key for key in self._place.voucher_keys if key.public.kid == sign1.kid]
        if (
            len(keys) != 1  # of two the long way tries both
            or voucher.iss != self._place.programme
            or sign1.algorithm != EDDSA
            or not self._place.shop.covered_by(voucher.scope)
        ):
            return None
        [key] = keys
        if allowance.believed != key.public:
            self._signers[allowance] = key.public
        return allowance, max(key.valid_from, voucher.nbf or 0), min(key.valid_until, voucher.exp)


@lru_cache(_REMEMBERED)
def _read(token: bytes) -> Allowance | None:
    """None: no allowance, malformed, or of a phone with another kind of key."""
    try:
        signed = read_voucher(token)
    except MalformedToken:
        return None
    phone = signed.voucher.cnf
    return None if phone is None or phone.algorithm != EDDSA else Allowance(signed, phone)
