# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A key store in files: plain for tests and the demo, which production settings refuse; or sealed (`key_file`).

The offline roles' keys stand in a file of their own, which is opened only for what a person signs. Keys of a sealed
file are in this process's memory while it runs; a token's are not, and stay the better choice (ADR 0016).
"""

import logging
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Self

from backend.minting import key_file
from backend.minting.keystore import KeysRefused
from backend.minting.signing import MintKey, Signatures, log_given
from heitje.bundle import BundleKey, KeyUse
from heitje.card.keys import CardKeys, Masters, diversify
from heitje.card.layout import KEY_LENGTH, KEY_TERMINAL, KEY_TRANSACTION_MAC, KEY_VERSION_FIRST
from heitje.card.messaging import CardKey, KeyInHand
from heitje.card.transaction import decrypt_reader_id, tmv, transaction_keys
from heitje.keys import SigningKey
from heitje.master_delivery import MASTERS_MAX
from heitje.programme import is_published
from heitje.trust_root import Role

LOG: Final = logging.getLogger(__name__)
_CARDS_REMEMBERED: Final = 1024
_TRANSACTIONS_REMEMBERED: Final = 4096


class FileKeyStore(Signatures):
    """Keys read from `keys.json` or `keys.sealed`; see `keystore.KeyStore` for what each method promises."""

    def __init__(
        self,
        df_name: bytes,
        mint_keys: tuple[MintKey, ...],
        masters: Masters,
        terminal_masters: Mapping[int, bytes],
        trust_keys: Mapping[Role, tuple[SigningKey, ...]],
    ) -> None:
        super().__init__(mint_keys, trust_keys)
        self._df_name = df_name
        self._masters = masters
        self._terminal_masters = terminal_masters
        card_key = lru_cache(maxsize=_CARDS_REMEMBERED)(
            lambda uid: KeyInHand(diversify(masters.transaction_mac, uid, df_name, KEY_TRANSACTION_MAC))
        )
        self._transaction_keys = lru_cache(maxsize=_TRANSACTIONS_REMEMBERED)(
            lambda uid, tmc: transaction_keys(card_key(uid), tmc - 1, uid)
        )

    @classmethod
    def open(cls, path: Path, production: bool, offline: Path | None = None) -> Self:
        """Read the file, and the offline roles' where it is given.

        Raises `KeysRefused`: in production a plain file or published keys; a file that others can read; no key store.
        """
        try:
            document = key_file.read(path)
            trust_keys = _read_trust_keys(document.get("trust", {}))
            if offline is not None:
                trust_keys |= _read_trust_keys(key_file.read(offline))
            df_name = bytes.fromhex(document["df_name"])
            masters, terminal_masters = _read_masters(document["card_masters"])
            mint_keys = tuple(_read_key(row) for row in document["keys"])
            secrets = [bytes.fromhex(row["seed"]) for row in document["keys"]]
            secrets += [masters.issuer, masters.loader, masters.transaction_mac, *terminal_masters.values()]
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise KeysRefused(f"{path} is no key store: {error}") from error
        if production:
            if any(is_published(secret) for secret in secrets):
                raise KeysRefused(f"{path} holds keys of the published test programme: never in production")
            if path.suffix != key_file.SEALED_SUFFIX:
                raise KeysRefused(f"{path} is a plain file: production keys stand in a token, or in a sealed file")
            LOG.warning("the keys are in a file, not in a token", extra={"file": str(path)})
        return cls(df_name, mint_keys, masters, terminal_masters, trust_keys)

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
        return tuple(sorted(self._terminal_masters, reverse=True))

    def card_key(self, uid: bytes, number: int, version: int = KEY_VERSION_FIRST) -> CardKey:
        """A key to open a session with."""
        if number != KEY_TERMINAL:
            return KeyInHand(self._masters.card_keys(uid, self._df_name)(number))
        if version not in self._terminal_masters:
            raise KeysRefused(f"there is no master of key 1, version {version}")
        return KeyInHand(diversify(self._terminal_masters[version], uid, self._df_name, number))

    def terminal_keys(self, uid: bytes) -> dict[int, bytes]:
        """Key 1 in every version."""
        log_given("renewal", KEY_TERMINAL)
        return {
            version: diversify(master, uid, self._df_name, KEY_TERMINAL)
            for version, master in self._terminal_masters.items()
        }

    def terminal_masters(self) -> dict[int, bytes]:
        """The two newest masters of key 1."""
        log_given("delivery", KEY_TERMINAL)
        return {version: self._terminal_masters[version] for version in self.terminal_key_versions[:MASTERS_MAX]}

    def keys_to_write(self, uid: bytes) -> CardKeys:
        """A new card's keys."""
        keys = self._masters.card_keys(uid, self._df_name)

        def give(number: int) -> bytes:
            log_given("personalisation", number)
            return keys(number)

        return lru_cache(maxsize=None)(give)


def _read_trust_keys(roles: dict[str, Any]) -> dict[Role, tuple[SigningKey, ...]]:
    return {
        Role(role): tuple(SigningKey.from_seed(bytes.fromhex(seed)) for seed in seeds)
        for role, seeds in roles.items()
        if role != "_note"
    }


def _read_masters(document: dict[str, Any]) -> tuple[Masters, dict[int, bytes]]:
    terminal = {int(version): _master(text) for version, text in document["terminal"].items()}
    masters = Masters(
        issuer=_master(document["issuer"]),
        terminal=terminal[KEY_VERSION_FIRST],
        loader=_master(document["loader"]),
        transaction_mac=_master(document["transaction_mac"]),
    )
    return masters, terminal


def _master(text: str) -> bytes:
    master = bytes.fromhex(text)
    if len(master) != KEY_LENGTH:
        raise ValueError(f"a master is {KEY_LENGTH} bytes")
    return master


def _read_key(row: dict[str, Any]) -> MintKey:
    private = SigningKey.from_seed(bytes.fromhex(row["seed"]))
    uses = frozenset(KeyUse(use) for use in row["uses"])
    valid_from, valid_until = int(row["valid_from"]), int(row["valid_until"])
    listed = BundleKey(private.public, uses, valid_from, valid_until)
    return MintKey(private, listed, int(row.get("signs_from", valid_from)), int(row.get("signs_until", valid_until)))
