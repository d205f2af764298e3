# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""One PKCS#11 token: Ed25519 keys that sign, AES masters that diversify, and cards' keys derived inside it (ADR 0016).

A key made or imported here is sensitive and cannot be taken out. A token that was lost, its session closed, its daemon
restarted, itself pulled out and put back, is opened again by whoever asks it next. The only module that knows the
library.
"""

import logging
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from typing import Any, Final, Self, TypeVar

import pkcs11
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass
from pkcs11 import exceptions as errors
from pkcs11.exceptions import PKCS11Error
from pkcs11.util.ec import encode_named_curve_parameters

from backend.minting.cmac_halves import ZEROS, last_block
from backend.minting.kept_key import KeptKey
from backend.minting.keystore import KeysRefused, KeysUnavailable
from heitje.card.layout import BLOCK, KEY_LENGTH
from heitje.keys import PublicKey

Result = TypeVar("Result")

LOG: Final = logging.getLogger(__name__)
_POINT_LENGTH: Final = 32
_OCTET_STRING: Final = bytes((0x04, _POINT_LENGTH))
_ED25519: Final = encode_named_curve_parameters("1.3.101.112")
_AES_BITS: Final = 8 * KEY_LENGTH
_STAYS: Final = {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False, Attribute.PRIVATE: True}
_MASTER: Final = {Attribute.ENCRYPT: True, Attribute.DERIVE: True, Attribute.SIGN: False, Attribute.DECRYPT: False}
_CARD_KEY: Final = {
    **_STAYS,
    Attribute.TOKEN: False,
    Attribute.ENCRYPT: True,
    Attribute.DECRYPT: True,
    Attribute.SIGN: True,
}
_LOST: Final = (
    errors.SessionHandleInvalid,
    errors.SessionClosed,
    errors.UserNotLoggedIn,
    errors.ObjectHandleInvalid,
    errors.KeyHandleInvalid,
    errors.NoSuchKey,
    errors.NoSuchToken,
    errors.TokenNotPresent,
    errors.TokenNotRecognised,
    errors.SlotIDInvalid,
    errors.DeviceRemoved,
    errors.DeviceError,
    errors.DeviceMemory,
    errors.GeneralError,
    errors.FunctionFailed,
)
"""What a token says, or a library for it, whose session, cable or daemon went away in the meantime."""
_PIN_REFUSED: Final = (errors.PinIncorrect, errors.PinInvalid, errors.PinLenRange, errors.PinExpired, errors.PinLocked)
_LOOKED_FOR_EVERY_S: Final = 1.0
"""A token that is not there is looked for so often, however many ask for it."""


class _Library:
    """A PKCS#11 library in this process: one operation at a time, for starting it anew ends the sessions of all."""

    def __init__(self, path: str) -> None:
        self.lock = threading.RLock()
        self.starts = 0
        self._path = path
        self._refused: set[tuple[str, str]] = set()

    def log_in(self, label: str, pin: str) -> Any:
        """A session. A PIN that was refused is not tried again: a token counts, and locks itself."""
        if (label, pin) in self._refused:
            raise errors.PinIncorrect("as before")
        token = pkcs11.lib(self._path).get_token(token_label=label)
        try:
            return token.open(rw=True, user_pin=pin)
        except errors.UserAlreadyLoggedIn:  # this process has the token open elsewhere: a login is the process's
            return token.open(rw=True)
        except _PIN_REFUSED:
            self._refused.add((label, pin))
            raise

    def start_anew(self) -> None:
        """As a new process would find it: some libraries see a token that came back in no other way."""
        self.starts += 1
        pkcs11.lib(self._path).reinitialize()


_library: Final = lru_cache(maxsize=None)(_Library)


class Token:
    """A token, logged in. Where its session was lost it is opened again, and what was asked for is asked for again.

    `opening` counts its sessions: what was found in one is of no use in another.
    """

    def __init__(self, module: str, label: str, pin: str) -> None:
        self._library = _library(module)
        self._label = label
        self._pin = pin
        self._session: Any = None
        self._start = 0
        self._gone_until = 0.0
        self.opening = 0

    @classmethod
    def open(cls, module: str, label: str, pin: str) -> Self:
        """Load the module (a path), find the token by its label, log in. Raises `KeysRefused`."""
        token = cls(module, label, pin)
        return token.ask(lambda _: token)

    def close(self) -> None:
        """Close the session; what was derived in it is gone."""
        with self._library.lock:
            self._leave()

    def ask(self, do: Callable[[Any], Result], *, again: bool = True) -> Result:
        """Have the session do something; `again`: it may be asked for a second time, where the first was lost.

        Raises `KeysUnavailable` while there is no token, `KeysRefused` for what it does not do.
        """
        with self._library.lock:
            if time.monotonic() < self._gone_until:
                raise KeysUnavailable(f"the token {self._label} is not there")
            refused: PKCS11Error | None = None
            for mend in (None, self._leave, self._library.start_anew):
                try:
                    if mend is not None:
                        mend()
                    return do(self._ready())
                except PKCS11Error as error:
                    refused = error
                    if not again or not _is_lost(error):
                        break
            raise self._refusal(refused) from refused

    def _ready(self) -> Any:
        """The session, which is opened where there is none."""
        if self._session is None or self._start != self._library.starts:
            self._session = None
            session = self._library.log_in(self._label, self._pin)
            self._session, self._start = session, self._library.starts
            self.opening += 1
            if self.opening > 1:
                LOG.warning("the token was opened again", extra={"token": self._label})
        return self._session

    def _leave(self) -> None:
        """Give the session up."""
        session, self._session = self._session, None
        if session is not None and self._start == self._library.starts:
            with suppress(PKCS11Error):
                session.close()

    def _refusal(self, error: PKCS11Error | None) -> KeysRefused:
        text = f"the token {self._label}: {type(error).__name__} {error}".strip()
        if error is None or not _is_lost(error) or isinstance(error, errors.NoSuchKey):
            return KeysRefused(text)
        self._gone_until = time.monotonic() + _LOOKED_FOR_EVERY_S
        LOG.error("the token is not there", extra={"token": self._label, "error": type(error).__name__})
        return KeysUnavailable(text)

    def signer(self, label: str) -> "TokenSigner":
        """An Ed25519 key. Raises `KeysRefused` where there is none."""
        return TokenSigner(self, label)

    def master(self, label: str) -> "TokenMaster":
        """An AES master. Raises `KeysRefused` where there is none."""
        return TokenMaster(self, label)

    def never_left(self, label: str, *, but_wrapped: bool = False) -> bool:
        """Whether every secret of this name was made inside a token and can never have been outside.

        `but_wrapped`: it may have been, enciphered under another key, and never in any other way.
        """
        stays = Attribute.ALWAYS_SENSITIVE if but_wrapped else Attribute.NEVER_EXTRACTABLE

        def look(session: Any) -> bool:
            found = _secrets(session, label)
            return bool(found) and all(key[Attribute.LOCAL] and key[stays] for key in found)

        return self.ask(look)

    def holds(self, label: str) -> bool:
        """Whether there is a secret of this name."""
        return self.ask(lambda session: bool(_secrets(session, label)))

    def make_signer(self, label: str) -> None:
        """Make an Ed25519 key in the token. Raises `KeysRefused`."""

        def make(session: Any) -> None:
            curve = session.create_domain_parameters(KeyType.EC_EDWARDS, {Attribute.EC_PARAMS: _ED25519}, local=True)
            curve.generate_keypair(
                label=label,
                id=label.encode(),
                store=True,
                mechanism=Mechanism.EC_EDWARDS_KEY_PAIR_GEN,
                private_template=_STAYS,
            )

        self.ask(make, again=False)

    def make_master(self, label: str, *, leaves_wrapped: bool = False) -> None:
        """Make an AES master in the token; one that terminals hold `leaves_wrapped`. Raises `KeysRefused`."""
        template = {**_STAYS, **_MASTER, Attribute.EXTRACTABLE: leaves_wrapped}

        def make(session: Any) -> None:
            session.generate_key(KeyType.AES, _AES_BITS, label=label, id=label.encode(), store=True, template=template)

        self.ask(make, again=False)

    def import_signer(self, label: str, seed: bytes, public: PublicKey) -> None:
        """Take in an Ed25519 key that was made elsewhere: a test programme's. Raises `KeysRefused`."""
        names = {Attribute.LABEL: label, Attribute.ID: label.encode(), Attribute.TOKEN: True}
        kind = {**names, Attribute.KEY_TYPE: KeyType.EC_EDWARDS, Attribute.EC_PARAMS: _ED25519}
        point = _OCTET_STRING + public.raw
        private = {**kind, **_STAYS, Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.SIGN: True}

        def take(session: Any) -> None:
            for left_over in _objects(session, ObjectClass.PUBLIC_KEY, label):  # of an import that was broken off
                left_over.destroy()
            session.create_object(
                {**kind, Attribute.CLASS: ObjectClass.PUBLIC_KEY, Attribute.EC_POINT: point, Attribute.VERIFY: True}
            )
            session.create_object({**private, Attribute.VALUE: seed})

        self.ask(take, again=False)

    def import_master(self, label: str, value: bytes, *, leaves_wrapped: bool = False) -> None:
        """Take in a master that was made elsewhere: a test programme's. Raises `KeysRefused`."""
        template = {
            **_STAYS,
            **_MASTER,
            Attribute.EXTRACTABLE: leaves_wrapped,
            Attribute.CLASS: ObjectClass.SECRET_KEY,
            Attribute.KEY_TYPE: KeyType.AES,
            Attribute.LABEL: label,
            Attribute.ID: label.encode(),
            Attribute.TOKEN: True,
            Attribute.VALUE: value,
        }
        self.ask(lambda session: session.create_object(template), again=False)


class TokenSigner:
    """An Ed25519 key in a token; a `heitje.keys.Signer`."""

    def __init__(self, token: Token, label: str) -> None:
        self.public = PublicKey(token.ask(lambda session: _point_of(session, label)))
        self._private = KeptKey(token, lambda session: self._private_in(session, label))
        self._private.ask(lambda key: key)

    def sign(self, message: bytes) -> bytes:
        """A 64-byte signature. Raises `KeysRefused`."""
        return self._private.ask(lambda key: bytes(key.sign(message, mechanism=Mechanism.EDDSA)))

    def _private_in(self, session: Any, label: str) -> Any:
        if _point_of(session, label) != self.public.raw:
            raise KeysRefused(f"the token came back with another key of the name {label}")
        return _only(session, ObjectClass.PRIVATE_KEY, label)


class TokenCardKey:
    """A card's own key, derived in a token and never seen; a `heitje.card.messaging.CardKey`."""

    def __init__(self, token: Token, derive: Callable[[Any], Any]) -> None:
        self._key = KeptKey(token, derive)
        self._key.ask(lambda key: key)

    def encrypt(self, plain: bytes) -> bytes:
        """AES-CBC from a zero IV. Raises `KeysRefused`."""
        return self._key.ask(lambda key: bytes(key.encrypt(plain, mechanism=Mechanism.AES_CBC, mechanism_param=ZEROS)))

    def decrypt(self, enciphered: bytes) -> bytes:
        """The reverse. Raises `KeysRefused`."""
        return self._key.ask(
            lambda key: bytes(key.decrypt(enciphered, mechanism=Mechanism.AES_CBC, mechanism_param=ZEROS))
        )

    def cmac(self, message: bytes) -> bytes:
        """AES-CMAC, 16 bytes. Raises `KeysRefused`."""
        return self._key.ask(lambda key: bytes(key.sign(message, mechanism=Mechanism.AES_CMAC)))

    def forget(self) -> None:
        """Have the token drop it; whoever still uses it has it derived again."""
        self._key.drop()


class TokenMaster:
    """An AES master in a token.

    It enciphers the first block of a card's key (`cmac_halves`), and the key is derived from what is enciphered last
    (C_DeriveKey, CKM_AES_ECB_ENCRYPT_DATA): it is never outside.
    """

    def __init__(self, token: Token, label: str) -> None:
        self._token = token
        self._zeros = token.ask(lambda session: _enciphered(_only(session, ObjectClass.SECRET_KEY, label), ZEROS))
        self._key = KeptKey(token, lambda session: self._key_in(session, label))

    def derive(self, diversification: bytes) -> TokenCardKey:
        """The card's key, inside the token. Raises `KeysRefused`."""
        last = self._last_block(diversification)

        def derive(session: Any) -> Any:
            return self._key.within(session).derive_key(
                KeyType.AES,
                _AES_BITS,
                mechanism=Mechanism.AES_ECB_ENCRYPT_DATA,
                mechanism_param=last,
                template=_CARD_KEY,
            )

        return TokenCardKey(self._token, derive)

    def give(self, diversification: bytes) -> bytes:
        """The card's key itself, for the card that it is written onto. Raises `KeysRefused`."""
        return self._encipher(self._last_block(diversification))

    def take_out(self) -> bytes:
        """The master itself, where it was made to leave: wrapped (RFC 3394) under a key that lives for this one time.

        Raises `KeysRefused` for one that was made to stay.
        """
        once = secrets.token_bytes(KEY_LENGTH)
        kind = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.KEY_TYPE: KeyType.AES, Attribute.TOKEN: False}

        def wrap(session: Any) -> bytes:
            wrapping = session.create_object({**kind, Attribute.VALUE: once, Attribute.WRAP: True})
            try:
                return bytes(wrapping.wrap_key(self._key.within(session), mechanism=Mechanism.AES_KEY_WRAP))
            finally:
                wrapping.destroy()

        return aes_key_unwrap(once, self._token.ask(wrap))

    def _last_block(self, diversification: bytes) -> bytes:
        return last_block(self._encipher(diversification[:BLOCK]), self._zeros, diversification)

    def _encipher(self, block: bytes) -> bytes:
        return self._key.ask(lambda key: _enciphered(key, block))

    def _key_in(self, session: Any, label: str) -> Any:
        key = _only(session, ObjectClass.SECRET_KEY, label)
        if _enciphered(key, ZEROS) != self._zeros:
            raise KeysRefused(f"the token came back with another key of the name {label}")
        return key


def _objects(session: Any, kind: ObjectClass, label: str) -> list[Any]:
    session.generate_random(8)  # refused in a session that was lost; there a search would end twice, once in no handler
    return list(session.get_objects({Attribute.CLASS: kind, Attribute.LABEL: label}))


def _secrets(session: Any, label: str) -> list[Any]:
    return _objects(session, ObjectClass.SECRET_KEY, label) + _objects(session, ObjectClass.PRIVATE_KEY, label)


def _only(session: Any, kind: ObjectClass, label: str) -> Any:
    """The one key of a name. Raises `NoSuchKey`, `MultipleObjectsReturned`."""
    found = _objects(session, kind, label)
    if not found:
        raise errors.NoSuchKey(f"0 keys of the name {label}")
    if len(found) > 1:
        raise errors.MultipleObjectsReturned(f"{len(found)} keys of the name {label}")
    return found[0]


def _point_of(session: Any, label: str) -> bytes:
    """The 32 bytes of an Ed25519 point, which tokens write in an OCTET STRING, or bare."""
    point = bytes(_only(session, ObjectClass.PUBLIC_KEY, label)[Attribute.EC_POINT])
    return point.removeprefix(_OCTET_STRING) if len(point) > _POINT_LENGTH else point


def _enciphered(key: Any, block: bytes) -> bytes:
    return bytes(key.encrypt(block, mechanism=Mechanism.AES_ECB))


def _is_lost(error: PKCS11Error) -> bool:
    """A plain `PKCS11Error` is the library's own: it is not started, or the token's maker made an error up."""
    return isinstance(error, _LOST) or type(error) is PKCS11Error
