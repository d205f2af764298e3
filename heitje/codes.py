# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Payment codes signed by a phone, and the till's request for one (VOUCHERS.md section 3)."""

from dataclasses import dataclass
from typing import Final, Self

from heitje import claims, cose, vouchers
from heitje.claims import Claim, Table
from heitje.cose import AAD_CODE, MalformedToken, Sign1
from heitje.deterministic import NotDeterministic, Value, encode
from heitje.deterministic import decode as decode_document
from heitje.keys import SigningKey
from heitje.money import Cents
from heitje.vouchers import SignedVoucher

MAX_WITHOUT_AUD: Final = Cents(500)
"""The most that a code which names no terminal may take."""

_CODE: Final = Table(
    Claim(3, "aud", claims.is_text, required=False),
    Claim(6, "iat", claims.is_uint),
    Claim(-70004, "seq", lambda value: claims.is_uint(value) and value != 0),
    Claim(-70005, "max", claims.AMOUNT),
    Claim(-70006, "voucher", claims.is_bytes()),
)
_REQUEST: Final = Table(
    Claim(1, "terminal", claims.is_bytes(8)),
    Claim(2, "amount", claims.AMOUNT),
    Claim(3, "iss", claims.is_text),
    Claim(4, "sale", claims.is_bytes(16)),
)


@dataclass(frozen=True, slots=True)
class PaymentCode:
    """What a phone signs; `iat` Unix seconds, `max` cents, `aud` the terminal's id in lower-case hex."""

    iat: int
    seq: int
    max: Cents
    voucher: bytes
    aud: str | None = None

    @classmethod
    def from_claims(cls, document: dict[int, Value]) -> Self:
        """Read a payload. Raises `MalformedToken`."""
        code = cls(**_CODE.read(document))
        if code.aud is None and code.max > MAX_WITHOUT_AUD:
            raise MalformedToken("a code for no terminal takes 5 euro at most")
        return code

    def to_claims(self) -> dict[int, Value]:
        """The payload. Raises `ValueError` for a value out of range."""
        return _CODE.write({name: getattr(self, name) for name in self.__slots__})


@dataclass(frozen=True, slots=True)
class SignedCode:
    """A code as it came with the allowance inside it; no signature is checked yet."""

    code: PaymentCode
    allowance: SignedVoucher
    sign1: Sign1
    token: bytes


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """What a till asks a phone for; unsigned, for the citizen's eyes."""

    terminal: bytes
    amount: Cents
    iss: str
    sale: bytes

    @classmethod
    def decode(cls, document: bytes) -> Self:
        """Read the CBOR map. Raises `MalformedToken`."""
        try:
            value = decode_document(document)
        except NotDeterministic as error:
            raise MalformedToken(str(error)) from error
        if not isinstance(value, dict):
            raise MalformedToken("a request is a map")
        return cls(**_REQUEST.read(value))

    def encode(self) -> bytes:
        """The CBOR map. Raises `ValueError` for a value out of range."""
        return encode(_REQUEST.write({name: getattr(self, name) for name in self.__slots__}))


def decode(token: bytes) -> SignedCode:
    """Read a code's COSE_Sign1 and the allowance in it. Raises `MalformedToken`."""
    sign1 = cose.parse(token)
    code = PaymentCode.from_claims(cose.payload_map(sign1))
    allowance = vouchers.decode(code.voucher)
    if allowance.voucher.cnf is None:
        raise MalformedToken("a code holds an allowance, not a note")
    return SignedCode(code, allowance, sign1, token)


def sign(code: PaymentCode, key: SigningKey) -> bytes:
    """Sign a code with the phone's key. Raises `ValueError` for values that a decoder would refuse."""
    token = cose.sign(encode(code.to_claims()), key, AAD_CODE)
    decode(token)
    return token
