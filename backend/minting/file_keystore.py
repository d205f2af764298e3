# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A key store in files: for tests and the demo, readable as they lie there. It refuses production settings.

The offline roles' keys stand in a file of their own, which is opened only for what a person signs.
"""

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Self

from backend.minting.keystore import KeysRefused
from heitje import cose, server_time, vouchers
from heitje.bundle import BundleKey, KeyUse, TrustBundle
from heitje.card.keys import diversify
from heitje.card.layout import KEY_TRANSACTION_MAC
from heitje.card.transaction import TransactionKeys, decrypt_reader_id, tmv, transaction_keys
from heitje.keys import PublicKey, SigningKey
from heitje.programme import TestProgramme, is_published
from heitje.trust_root import OFFLINE, Role
from heitje.vouchers import Voucher

LOG: Final = logging.getLogger(__name__)
_OWNER_ONLY: Final = 0o600
_NOTE: Final = "A test programme's keys, published for everyone to read. Production settings refuse them."


@dataclass(frozen=True)
class _MintKey:
    private: SigningKey
    listed: BundleKey


class FileKeyStore:
    """Keys read from `keys.json`; see `keystore.KeyStore` for what each method promises."""

    def __init__(
        self,
        df_name: bytes,
        mint_keys: tuple[_MintKey, ...],
        master_transaction_mac: bytes,
        trust_keys: Mapping[Role, tuple[SigningKey, ...]],
    ) -> None:
        self._df_name = df_name
        self._mint_keys = mint_keys
        self._trust_keys = trust_keys
        self._transaction_keys = lru_cache(maxsize=4096)(
            lambda uid, tmc: _keys_of(master_transaction_mac, df_name, uid, tmc)
        )

    @classmethod
    def open(cls, path: Path, production: bool, offline: Path | None = None) -> Self:
        """Read the file, and the offline roles' where it is given.

        Raises `KeysRefused`: production settings, a file that others can read, or no key store.
        """
        try:
            document = _read(path)
            trust_keys = _read_trust_keys(document.get("trust", {}))
            if offline is not None:
                trust_keys |= _read_trust_keys(_read(offline))
            df_name, master = bytes.fromhex(document["df_name"]), bytes.fromhex(document["transaction_mac"])
            mint_keys = tuple(_read_key(row) for row in document["keys"])
            secrets = [master, *(bytes.fromhex(row["seed"]) for row in document["keys"])]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise KeysRefused(f"{path} is no key store: {error}") from error
        if production:
            if any(is_published(secret) for secret in secrets):
                raise KeysRefused(f"{path} holds keys of the published test programme: never in production")
            raise KeysRefused(f"{path} is a plain file: production keys stand in a hardware key store")
        return cls(df_name, mint_keys, master, trust_keys)

    @property
    def df_name(self) -> bytes:
        """The programme's application."""
        return self._df_name

    @property
    def keys(self) -> tuple[BundleKey, ...]:
        """The programme's public keys."""
        return tuple(key.listed for key in self._mint_keys)

    def sign_voucher(self, voucher: Voucher, revoked: frozenset[bytes]) -> bytes:
        """A voucher's token."""
        key = self._key(KeyUse.VOUCHER, voucher.iat, revoked)
        return _logged(KeyUse.VOUCHER, key, vouchers.issue(voucher, key))

    def sign_time(self, terminal: bytes, now: int) -> bytes:
        """The server's signed time."""
        key = self._key(KeyUse.TIME, now)
        return _logged(KeyUse.TIME, key, server_time.sign(terminal, now, key))

    def sign_bundle(self, bundle: TrustBundle) -> bytes:
        """A signed trust bundle."""
        key = self._key(KeyUse.BUNDLE, bundle.issued)
        return _logged(KeyUse.BUNDLE, key, bundle.sign(key))

    def trust_keys(self, role: Role) -> tuple[PublicKey, ...]:
        """A role's public keys."""
        return tuple(key.public for key in self._trust_keys.get(role, ()))

    def sign_trust(self, role: Role, payload: bytes) -> tuple[tuple[PublicKey, bytes], ...]:
        """A signature by each of the role's keys."""
        keys = self._trust_keys.get(role, ())
        if not keys:
            raise KeysRefused(f"no key of the role {role} is here")
        for key in keys:
            _log(str(role), key, payload)
        return tuple((key.public, key.sign(payload)) for key in keys)

    def transaction_mac(self, uid: bytes, tmc: int, tmi: bytes) -> bytes:
        """The TMV that the card makes."""
        return tmv(self._transaction_keys(uid, tmc).mac, tmi)

    def previous_reader(self, uid: bytes, tmc: int, enc_tmri: bytes) -> bytes:
        """TMRIPrev."""
        return decrypt_reader_id(self._transaction_keys(uid, tmc).enc, enc_tmri)

    def _key(self, use: KeyUse, now: int, revoked: frozenset[bytes] = frozenset()) -> SigningKey:
        for key in self._mint_keys:
            listed = key.listed
            if (
                use in listed.uses
                and listed.valid_from <= now <= listed.valid_until
                and listed.public.kid not in revoked
            ):
                return key.private
        raise KeysRefused(f"no key may sign a {use} now")


def write(path: Path, programme: TestProgramme, valid_from: int, valid_until: int) -> None:
    """Write a test programme's keys, each for every use. Raises `FileExistsError`."""
    document = {
        "_note": _NOTE,
        "df_name": programme.df_name.hex(),
        "keys": [
            {
                "seed": _seed(key),
                "uses": sorted(KeyUse),
                "valid_from": valid_from,
                "valid_until": valid_until,
            }
            for key in (programme.mint, programme.mint_next)
        ],
        "transaction_mac": programme.master_transaction_mac.hex(),
        "trust": {role: list(map(_seed, keys)) for role, keys in programme.trust_keys.items() if role not in OFFLINE},
    }
    _write(path, document)


def write_offline(path: Path, programme: TestProgramme) -> None:
    """Write the keys of a test programme's offline roles. Raises `FileExistsError`."""
    roles = {str(role): list(map(_seed, keys)) for role, keys in programme.trust_keys.items() if role in OFFLINE}
    _write(path, {"_note": _NOTE, **roles})


def _write(path: Path, document: dict[str, Any]) -> None:
    path.touch(mode=_OWNER_ONLY, exist_ok=False)
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="ascii")


def _read(path: Path) -> dict[str, Any]:
    """Raises `KeysRefused`, `OSError`, `ValueError`."""
    if path.stat().st_mode & 0o077:
        raise KeysRefused(f"{path} can be read by others; only its owner may (mode 600)")
    document: dict[str, Any] = json.loads(path.read_text(encoding="ascii"))
    return document


def _read_trust_keys(roles: dict[str, Any]) -> dict[Role, tuple[SigningKey, ...]]:
    return {
        Role(role): tuple(SigningKey.from_seed(bytes.fromhex(seed)) for seed in seeds)
        for role, seeds in roles.items()
        if role != "_note"
    }


def _seed(key: SigningKey) -> str:
    return key.ed25519.private_bytes_raw().hex()


def _read_key(row: dict[str, Any]) -> _MintKey:
    private = SigningKey.from_seed(bytes.fromhex(row["seed"]))
    uses = frozenset(KeyUse(use) for use in row["uses"])
    return _MintKey(private, BundleKey(private.public, uses, int(row["valid_from"]), int(row["valid_until"])))


def _keys_of(master: bytes, df_name: bytes, uid: bytes, tmc: int) -> TransactionKeys:
    return transaction_keys(diversify(master, uid, df_name, KEY_TRANSACTION_MAC), tmc - 1, uid)


def _logged(use: KeyUse, key: SigningKey, token: bytes) -> bytes:
    _log(str(use), key, cose.parse(token, len(token)).payload)
    return token


def _log(use: str, key: SigningKey, payload: bytes) -> None:
    """Every signature leaves a line: what for, by which key, and the digest of what was signed."""
    payload_digest = hashlib.sha256(payload).hexdigest()
    LOG.info("signed", extra={"use": use, "kid": key.public.kid.hex(), "payload_sha256": payload_digest})
