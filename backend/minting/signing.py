# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What every key store does alike: choosing the key for a use and a time, signing, and a line in the log for each."""

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from backend.minting.keystore import KeysRefused
from heitje import cose, server_time, vouchers
from heitje.bundle import BundleKey, KeyUse, TrustBundle
from heitje.card import certificate as certificates
from heitje.card.certificate import CardCertificate
from heitje.keys import PublicKey, Signer
from heitje.trust_root import Role
from heitje.vouchers import Voucher

LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True)
class MintKey:
    """A key of the mint: whoever signs with it, and how a bundle lists it."""

    signer: Signer
    listed: BundleKey


class Signatures:
    """The signing half of a `keystore.KeyStore`, over keys wherever they are."""

    def __init__(self, mint_keys: tuple[MintKey, ...], trust_keys: Mapping[Role, tuple[Signer, ...]]) -> None:
        self._mint_keys = mint_keys
        self._trust_keys = trust_keys

    @property
    def keys(self) -> tuple[BundleKey, ...]:
        """The programme's public keys."""
        return tuple(key.listed for key in self._mint_keys)

    def sign_voucher(self, voucher: Voucher, revoked: frozenset[bytes]) -> bytes:
        """A voucher's token."""
        signer = self._signer(KeyUse.VOUCHER, voucher.iat, revoked)
        return _logged(KeyUse.VOUCHER, signer, vouchers.issue(voucher, signer))

    def sign_certificate(self, certificate: CardCertificate) -> bytes:
        """A card's certificate."""
        signer = self._signer(KeyUse.CARD, certificate.iat)
        return _logged(KeyUse.CARD, signer, certificates.issue(certificate, signer))

    def sign_time(self, terminal: bytes, now: int) -> bytes:
        """The server's signed time."""
        signer = self._signer(KeyUse.TIME, now)
        return _logged(KeyUse.TIME, signer, server_time.sign(terminal, now, signer))

    def sign_bundle(self, bundle: TrustBundle) -> bytes:
        """A signed trust bundle."""
        signer = self._signer(KeyUse.BUNDLE, bundle.issued)
        return _logged(KeyUse.BUNDLE, signer, bundle.sign(signer))

    def trust_keys(self, role: Role) -> tuple[PublicKey, ...]:
        """A role's public keys."""
        return tuple(signer.public for signer in self._trust_keys.get(role, ()))

    def sign_trust(self, role: Role, payload: bytes) -> tuple[tuple[PublicKey, bytes], ...]:
        """A signature by each of the role's keys."""
        signers = self._trust_keys.get(role, ())
        if not signers:
            raise KeysRefused(f"no key of the role {role} is here")
        for signer in signers:
            _log(str(role), signer, payload)
        return tuple((signer.public, signer.sign(payload)) for signer in signers)

    def _signer(self, use: KeyUse, now: int, revoked: frozenset[bytes] = frozenset()) -> Signer:
        for key in self._mint_keys:
            listed = key.listed
            valid = listed.valid_from <= now <= listed.valid_until
            if use in listed.uses and valid and listed.public.kid not in revoked:
                return key.signer
        raise KeysRefused(f"no key may sign a {use} now")


def log_given(what: str, number: int) -> None:
    """A card's key leaves the store, to be written onto that card: a line in the log says so, and names no card."""
    LOG.info("a card's key was given out", extra={"use": what, "key_number": number})


def _logged(use: KeyUse, signer: Signer, token: bytes) -> bytes:
    _log(str(use), signer, cose.parse(token, len(token)).payload)
    return token


def _log(use: str, signer: Signer, payload: bytes) -> None:
    """Every signature leaves a line: what for, by which key, and the digest of what was signed."""
    payload_digest = hashlib.sha256(payload).hexdigest()
    LOG.info("signed", extra={"use": use, "kid": signer.public.kid.hex(), "payload_sha256": payload_digest})
