# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Vouchers signed by a programme: the paper note and the phone's allowance (VOUCHERS.md section 2)."""

from dataclasses import dataclass
from typing import Any, Final, Self

from heitje import claims, cose
from heitje.claims import Claim, Table
from heitje.cose import AAD_VOUCHER, MalformedToken, Sign1
from heitje.deterministic import Value, encode
from heitje.keys import PublicKey, Signer
from heitje.money import Cents

CTI_LENGTH: Final = 16

_CNF_COSE_KEY: Final = 1
_KTY, _CRV, _X, _Y = 1, -1, -2, -3
_OKP, _EC2 = 1, 2
_ED25519, _P256 = 6, 1

_OKP_KEY: Final = Table(
    Claim(_KTY, "kty", claims.is_exactly(_OKP)),
    Claim(_CRV, "crv", claims.is_exactly(_ED25519)),
    Claim(_X, "x", claims.is_bytes(32)),
)
_EC2_KEY: Final = Table(
    Claim(_KTY, "kty", claims.is_exactly(_EC2)),
    Claim(_CRV, "crv", claims.is_exactly(_P256)),
    Claim(_X, "x", claims.is_bytes(32)),
    Claim(_Y, "y", claims.is_bytes(32)),
)
_CLAIMS: Final = Table(
    Claim(1, "iss", claims.is_text),
    Claim(4, "exp", claims.is_uint),
    Claim(5, "nbf", claims.is_uint, required=False),
    Claim(6, "iat", claims.is_uint),
    Claim(7, "cti", claims.is_bytes(CTI_LENGTH)),
    Claim(8, "cnf", lambda value: type(value) is dict, required=False),
    Claim(-70001, "amount", claims.AMOUNT),
    Claim(-70002, "scope", claims.is_texts, required=False),
    Claim(-70003, "home", claims.is_text, required=False),
)


@dataclass(frozen=True, slots=True)
class Voucher:
    """What a programme promises; times in Unix seconds, `cnf` the phone's key (None: paper)."""

    iss: str
    exp: int
    iat: int
    cti: bytes
    amount: Cents
    nbf: int | None = None
    cnf: PublicKey | None = None
    scope: tuple[str, ...] | None = None
    home: str | None = None

    @classmethod
    def from_claims(cls, document: dict[int, Value]) -> Self:
        """Read a payload. Raises `MalformedToken`."""
        values = _CLAIMS.read(document)
        if "cnf" in values:
            if "home" in values:
                raise MalformedToken("home is for paper only")
            values["cnf"] = read_cnf(values["cnf"])
        if "scope" in values:
            values["scope"] = tuple(values["scope"])
        return cls(**values)

    def to_claims(self) -> dict[int, Value]:
        """The payload. Raises `ValueError` for a value out of range."""
        values: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        values["cnf"] = None if self.cnf is None else write_cnf(self.cnf)
        values["scope"] = None if self.scope is None else list(self.scope)
        return _CLAIMS.write(values)


@dataclass(frozen=True, slots=True)
class SignedVoucher:
    """A voucher as it came, its signature not yet checked."""

    voucher: Voucher
    sign1: Sign1
    token: bytes


def decode(token: bytes) -> SignedVoucher:
    """Read a voucher's COSE_Sign1. Raises `MalformedToken`."""
    sign1 = cose.parse(token)
    return SignedVoucher(Voucher.from_claims(cose.payload_map(sign1)), sign1, token)


def issue(voucher: Voucher, key: Signer) -> bytes:
    """Sign a voucher. Raises `ValueError` for values that a decoder would refuse, or for more than 700 bytes."""
    token = cose.sign(encode(voucher.to_claims()), key, AAD_VOUCHER)
    decode(token)
    return token


def read_cnf(cnf: Value) -> PublicKey:
    """The phone's key out of an RFC 8747 confirmation map `{1: COSE_Key}`. Raises `MalformedToken`."""
    if not isinstance(cnf, dict) or cnf.keys() != {_CNF_COSE_KEY}:
        raise MalformedToken("cnf is not a map of one COSE_Key")
    key = cnf[_CNF_COSE_KEY]
    if not isinstance(key, dict):
        raise MalformedToken("cnf holds no COSE_Key")
    if key.get(_KTY) == _EC2:
        values = _EC2_KEY.read(key)
        return PublicKey(b"\x04" + values["x"] + values["y"])
    return PublicKey(_OKP_KEY.read(key)["x"])


def write_cnf(key: PublicKey) -> dict[int, Value]:
    """The confirmation map of a phone's key."""
    if len(key.raw) == 32:
        return {_CNF_COSE_KEY: {_KTY: _OKP, _CRV: _ED25519, _X: key.raw}}
    return {_CNF_COSE_KEY: {_KTY: _EC2, _CRV: _P256, _X: key.raw[1:33], _Y: key.raw[33:]}}
