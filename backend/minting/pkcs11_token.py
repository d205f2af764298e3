# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""One PKCS#11 token: Ed25519 keys that sign, AES masters that diversify, and cards' keys derived inside it (ADR 0016).

A key made or imported here is sensitive and cannot be taken out. The only module that knows the library.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, Self

import pkcs11
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass
from pkcs11.exceptions import PKCS11Error, UserAlreadyLoggedIn
from pkcs11.util.ec import encode_named_curve_parameters

from backend.minting.keystore import KeysRefused
from heitje.card.layout import BLOCK, KEY_LENGTH
from heitje.keys import PublicKey

_POINT_LENGTH: Final = 32
_OCTET_STRING: Final = bytes((0x04, _POINT_LENGTH))
_ED25519: Final = encode_named_curve_parameters("1.3.101.112")
_AES_BITS: Final = 8 * KEY_LENGTH
_ZERO_IV: Final = bytes(BLOCK)
_POLYNOMIAL: Final = 0x87
"""Of the field in which AES-CMAC makes its subkeys (NIST SP 800-38B)."""
_STAYS: Final = {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False, Attribute.PRIVATE: True}
_MASTER: Final = {Attribute.ENCRYPT: True, Attribute.DERIVE: True, Attribute.SIGN: False, Attribute.DECRYPT: False}
_CARD_KEY: Final = {
    **_STAYS,
    Attribute.TOKEN: False,
    Attribute.ENCRYPT: True,
    Attribute.DECRYPT: True,
    Attribute.SIGN: True,
}


class Token:
    """An open token, logged in. One operation at a time: a session of it holds one."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self._lock = threading.Lock()

    @classmethod
    def open(cls, module: str, label: str, pin: str) -> Self:
        """Load the module (a path), find the token by its label, log in. Raises `KeysRefused`."""
        with _refusals(f"token {label}"):
            token = pkcs11.lib(module).get_token(token_label=label)
            try:
                return cls(token.open(rw=True, user_pin=pin))
            except UserAlreadyLoggedIn:  # this process has the token open elsewhere: a login is the process's
                return cls(token.open(rw=True))

    def close(self) -> None:
        """Close the session; what was derived in it is gone."""
        with self.working():
            self._session.close()

    def signer(self, label: str) -> "TokenSigner":
        """An Ed25519 key. Raises `KeysRefused` where there is none."""
        with self.working():
            point = self._find(ObjectClass.PUBLIC_KEY, label)[Attribute.EC_POINT]
            private = self._find(ObjectClass.PRIVATE_KEY, label)
        return TokenSigner(self, private, PublicKey(_raw(point)))

    def master(self, label: str) -> "TokenMaster":
        """An AES master. Raises `KeysRefused` where there is none."""
        with self.working():
            key = self._find(ObjectClass.SECRET_KEY, label)
        return TokenMaster(self, key)

    def never_left(self, label: str) -> bool:
        """Whether every secret of this name was made inside a token and can never have been outside."""
        with self.working():
            found = self._objects(ObjectClass.SECRET_KEY, label) + self._objects(ObjectClass.PRIVATE_KEY, label)
            return bool(found) and all(key[Attribute.LOCAL] and key[Attribute.NEVER_EXTRACTABLE] for key in found)

    def holds(self, label: str) -> bool:
        """Whether there is a secret of this name."""
        with self.working():
            return any(self._objects(kind, label) for kind in (ObjectClass.SECRET_KEY, ObjectClass.PRIVATE_KEY))

    def make_signer(self, label: str) -> None:
        """Make an Ed25519 key in the token. Raises `KeysRefused`."""
        with self.working():
            curve = self._session.create_domain_parameters(
                KeyType.EC_EDWARDS, {Attribute.EC_PARAMS: _ED25519}, local=True
            )
            curve.generate_keypair(
                label=label,
                id=label.encode(),
                store=True,
                mechanism=Mechanism.EC_EDWARDS_KEY_PAIR_GEN,
                private_template=_STAYS,
            )

    def make_master(self, label: str) -> None:
        """Make an AES master in the token. Raises `KeysRefused`."""
        with self.working():
            self._session.generate_key(
                KeyType.AES, _AES_BITS, label=label, id=label.encode(), store=True, template={**_STAYS, **_MASTER}
            )

    def import_signer(self, label: str, seed: bytes, public: PublicKey) -> None:
        """Take in an Ed25519 key that was made elsewhere: a test programme's. Raises `KeysRefused`."""
        names = {Attribute.LABEL: label, Attribute.ID: label.encode(), Attribute.TOKEN: True}
        kind = {**names, Attribute.KEY_TYPE: KeyType.EC_EDWARDS, Attribute.EC_PARAMS: _ED25519}
        point = _OCTET_STRING + public.raw
        private = {**kind, **_STAYS, Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.SIGN: True}
        with self.working():
            for left_over in self._objects(ObjectClass.PUBLIC_KEY, label):  # of an import that was broken off
                left_over.destroy()
            self._session.create_object(
                {**kind, Attribute.CLASS: ObjectClass.PUBLIC_KEY, Attribute.EC_POINT: point, Attribute.VERIFY: True}
            )
            self._session.create_object({**private, Attribute.VALUE: seed})

    def import_master(self, label: str, value: bytes) -> None:
        """Take in a master that was made elsewhere: a test programme's. Raises `KeysRefused`."""
        with self.working():
            self._session.create_object(
                {
                    **_STAYS,
                    **_MASTER,
                    Attribute.CLASS: ObjectClass.SECRET_KEY,
                    Attribute.KEY_TYPE: KeyType.AES,
                    Attribute.LABEL: label,
                    Attribute.ID: label.encode(),
                    Attribute.TOKEN: True,
                    Attribute.VALUE: value,
                }
            )

    @contextmanager
    def working(self) -> Iterator[None]:
        """One operation at a time; what the token refuses is a `KeysRefused`."""
        with self._lock, _refusals("the token"):
            yield

    def _find(self, kind: ObjectClass, label: str) -> Any:
        found = self._objects(kind, label)
        if len(found) != 1:
            raise KeysRefused(f"the token holds {len(found)} keys of the name {label}")
        return found[0]

    def _objects(self, kind: ObjectClass, label: str) -> list[Any]:
        return list(self._session.get_objects({Attribute.CLASS: kind, Attribute.LABEL: label}))


class TokenSigner:
    """An Ed25519 key in a token; a `heitje.keys.Signer`."""

    def __init__(self, token: Token, private: Any, public: PublicKey) -> None:
        self._token = token
        self._private = private
        self.public = public

    def sign(self, message: bytes) -> bytes:
        """A 64-byte signature. Raises `KeysRefused`."""
        with self._token.working():
            return bytes(self._private.sign(message, mechanism=Mechanism.EDDSA))


class TokenCardKey:
    """A card's own key, derived in a token and never seen; a `heitje.card.messaging.CardKey`."""

    def __init__(self, token: Token, key: Any) -> None:
        self._token = token
        self._key = key

    def encrypt(self, plain: bytes) -> bytes:
        """AES-CBC from a zero IV. Raises `KeysRefused`."""
        with self._token.working():
            return bytes(self._key.encrypt(plain, mechanism=Mechanism.AES_CBC, mechanism_param=_ZERO_IV))

    def decrypt(self, enciphered: bytes) -> bytes:
        """The reverse. Raises `KeysRefused`."""
        with self._token.working():
            return bytes(self._key.decrypt(enciphered, mechanism=Mechanism.AES_CBC, mechanism_param=_ZERO_IV))

    def cmac(self, message: bytes) -> bytes:
        """AES-CMAC, 16 bytes. Raises `KeysRefused`."""
        with self._token.working():
            return bytes(self._key.sign(message, mechanism=Mechanism.AES_CMAC))

    def forget(self) -> None:
        """Have the token drop it."""
        with self._token.working():
            self._key.destroy()


class TokenMaster:
    """An AES master in a token.

    A card's key is AES-CMAC(master, M) with M of 17 to 31 bytes, so E(master, x) with
    x = E(master, first block) xor padded rest xor second subkey. The token enciphers the first block, and derives the
    key from x (C_DeriveKey, CKM_AES_ECB_ENCRYPT_DATA): it is never outside.
    """

    def __init__(self, token: Token, key: Any) -> None:
        self._token = token
        self._key = key
        self._subkey = _doubled(_doubled(self._encipher(bytes(BLOCK))))

    def derive(self, diversification: bytes) -> TokenCardKey:
        """The card's key, inside the token. Raises `KeysRefused`."""
        last = self._last_block(diversification)
        with self._token.working():
            key = self._key.derive_key(
                KeyType.AES,
                _AES_BITS,
                mechanism=Mechanism.AES_ECB_ENCRYPT_DATA,
                mechanism_param=last,
                template=_CARD_KEY,
            )
        return TokenCardKey(self._token, key)

    def give(self, diversification: bytes) -> bytes:
        """The card's key itself, for the card that it is written onto. Raises `KeysRefused`."""
        return self._encipher(self._last_block(diversification))

    def _last_block(self, diversification: bytes) -> bytes:
        if not BLOCK < len(diversification) < 2 * BLOCK:
            raise ValueError("a diversification input is 17 to 31 bytes")
        first = self._encipher(diversification[:BLOCK])
        rest = (diversification[BLOCK:] + b"\x80").ljust(BLOCK, b"\x00")
        return bytes(a ^ b ^ c for a, b, c in zip(first, rest, self._subkey, strict=True))

    def _encipher(self, block: bytes) -> bytes:
        with self._token.working():
            return bytes(self._key.encrypt(block, mechanism=Mechanism.AES_ECB))


def _doubled(block: bytes) -> bytes:
    number = int.from_bytes(block, "big") << 1
    if number >> 8 * BLOCK:
        number = (number & ((1 << 8 * BLOCK) - 1)) ^ _POLYNOMIAL
    return number.to_bytes(BLOCK, "big")


def _raw(point: bytes) -> bytes:
    """The 32 bytes of an Ed25519 point, as tokens write it: in an OCTET STRING, or bare."""
    return point.removeprefix(_OCTET_STRING) if len(point) > _POINT_LENGTH else point


@contextmanager
def _refusals(what: str) -> Iterator[None]:
    try:
        yield
    except PKCS11Error as error:
        raise KeysRefused(f"{what}: {type(error).__name__} {error}".strip()) from error
