# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The key store in a PKCS#11 token: SoftHSM2 in tests, an HSM in production (DESIGN.md section 4, ADR 0016).

Masters never leave it. A card's keys are derived inside and open sessions from there; session keys and the keys of one
transaction leave it. A card's own key leaves it only to be written onto that card.
"""

import threading
from collections import OrderedDict
from functools import lru_cache
from pathlib import Path
from typing import Final, Self

from backend.minting.keystore import KeysRefused
from backend.minting.pkcs11_token import Token, TokenCardKey, TokenMaster, TokenSigner
from backend.minting.signing import MintKey, Signatures, log_given
from backend.minting.token_description import MintLabel, TokenDescription
from heitje.bundle import BundleKey
from heitje.card.keys import CardKeys, diversification_of
from heitje.card.layout import KEY_LOADER, KEY_TERMINAL, KEY_TRANSACTION_MAC, KEY_VERSION_FIRST
from heitje.card.messaging import CardKey
from heitje.card.transaction import TransactionKeys, decrypt_reader_id, tmv, transaction_keys
from heitje.master_delivery import MASTERS_MAX
from heitje.trust_root import Role

_CARD_KEYS_REMEMBERED: Final = 256
_TRANSACTIONS_REMEMBERED: Final = 4096


class TokenKeyStore(Signatures):
    """Keys in a token; see `keystore.KeyStore` for what each method promises."""

    def __init__(
        self, token: Token, description: TokenDescription, trust_signers: dict[Role, tuple[TokenSigner, ...]]
    ) -> None:
        if description.masters is None:
            raise KeysRefused("this token has no masters: it is no key store of a backend")
        super().__init__(tuple(_mint_key(token, label) for label in description.mint), trust_signers)
        self._df_name = description.df_name
        masters = description.masters
        self._issuer, self._loader = token.master(masters.issuer), token.master(masters.loader)
        self._transaction_mac = token.master(masters.transaction_mac)
        self._terminal = {version: token.master(label) for version, label in masters.terminal.items()}
        self._deriving = threading.Lock()
        self._derived: OrderedDict[tuple[bytes, int, int], TokenCardKey] = OrderedDict()
        self._transaction_keys = lru_cache(maxsize=_TRANSACTIONS_REMEMBERED)(self._derive_transaction_keys)

    @classmethod
    def open(cls, path: Path, production: bool, offline: Path | None = None) -> Self:
        """Open the token that `path` describes; `offline` describes the one of the offline roles, where it is at hand.

        Raises `KeysRefused`: no such token, key or PIN; in production also a key that was not made in a token.
        """
        description = TokenDescription.load(path)
        token = Token.open(description.module, description.token, description.pin())
        if production:
            held = () if description.masters is None else tuple(description.masters.terminal.values())
            outside = [label for label in description.labels if not token.never_left(label, but_wrapped=label in held)]
            if outside:
                raise KeysRefused(f"{', '.join(outside)}: not made in a token, so never for production")
        trust = _trust_signers(token, description)
        if offline is not None:
            other = TokenDescription.load(offline)
            trust |= _trust_signers(Token.open(other.module, other.token, other.pin()), other)
        return cls(token, description, trust)

    @property
    def df_name(self) -> bytes:
        """The programme's application."""
        return self._df_name

    def transaction_mac(self, uid: bytes, tmc: int, tmi: bytes) -> bytes:
        """The TMV that the card makes."""
        return tmv(self._transaction_keys(uid, tmc).mac, tmi)

    def previous_reader(self, uid: bytes, tmc: int, enc_tmri: bytes) -> bytes:
        """TMRIPrev."""
        return decrypt_reader_id(self._transaction_keys(uid, tmc).enc, enc_tmri)

    @property
    def terminal_key_versions(self) -> tuple[int, ...]:
        """Versions of key 1's master, the newest first."""
        return tuple(sorted(self._terminal, reverse=True))

    def card_key(self, uid: bytes, number: int, version: int = KEY_VERSION_FIRST) -> CardKey:
        """A key to open a session with, inside the token."""
        return self._card_key(uid, number, version)

    def terminal_keys(self, uid: bytes) -> dict[int, bytes]:
        """Key 1 in every version."""
        log_given("renewal", KEY_TERMINAL)
        message = diversification_of(uid, self._df_name, KEY_TERMINAL)
        return {version: master.give(message) for version, master in self._terminal.items()}

    def terminal_masters(self) -> dict[int, bytes]:
        """The two newest masters of key 1, wrapped by the token and opened here."""
        log_given("delivery", KEY_TERMINAL)
        return {version: self._terminal[version].take_out() for version in self.terminal_key_versions[:MASTERS_MAX]}

    def keys_to_write(self, uid: bytes) -> CardKeys:
        """A new card's keys."""

        def give(number: int) -> bytes:
            log_given("personalisation", number)
            return self._master(number, KEY_VERSION_FIRST).give(diversification_of(uid, self._df_name, number))

        return lru_cache(maxsize=None)(give)

    def _card_key(self, uid: bytes, number: int, version: int) -> TokenCardKey:
        """A derived key is kept for its card's next command; the token forgets the one that was used longest ago."""
        name = (uid, number, version if number == KEY_TERMINAL else KEY_VERSION_FIRST)
        with self._deriving:
            key = self._derived.pop(name, None)
            if key is None:
                key = self._master(number, version).derive(diversification_of(uid, self._df_name, number))
                if len(self._derived) >= _CARD_KEYS_REMEMBERED:
                    self._derived.popitem(last=False)[1].forget()
            self._derived[name] = key
        return key

    def _master(self, number: int, version: int) -> TokenMaster:
        if number == KEY_TERMINAL:
            if version not in self._terminal:
                raise KeysRefused(f"there is no master of key 1, version {version}")
            return self._terminal[version]
        return {KEY_LOADER: self._loader, KEY_TRANSACTION_MAC: self._transaction_mac}.get(number, self._issuer)

    def _derive_transaction_keys(self, uid: bytes, tmc: int) -> TransactionKeys:
        return transaction_keys(self._card_key(uid, KEY_TRANSACTION_MAC, KEY_VERSION_FIRST), tmc - 1, uid)


def _mint_key(token: Token, named: MintLabel) -> MintKey:
    signer = token.signer(named.label)
    listed = BundleKey(signer.public, named.uses, named.valid_from, named.valid_until)
    return MintKey(signer, listed, named.signs_from, named.signs_until)


def _trust_signers(token: Token, description: TokenDescription) -> dict[Role, tuple[TokenSigner, ...]]:
    return {role: tuple(token.signer(label) for label in labels) for role, labels in description.trust.items()}
