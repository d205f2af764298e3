# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What every key store does alike: choosing the key for a use and a time, signing, and writing each signature down.

A key has two windows. What it signed is believed from `listed.valid_from` to `listed.valid_until`; it signs only within
`signs_from` and `signs_until`, which lies inside: a key is known to every till before it is used, and is believed until
the last thing that it signed has ended.
"""

import hashlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from backend.minting.keystore import KeysRefused
from heitje import cose, master_delivery, server_time, vouchers
from heitje.bundle import BundleKey, KeyUse, TrustBundle
from heitje.card import certificate as certificates
from heitje.card.certificate import CardCertificate
from heitje.keys import PublicKey, Signer
from heitje.trust_root import Role
from heitje.vouchers import Voucher

LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True)
class MintKey:
    """A key of the mint: whoever signs with it, how a bundle lists it, and its first and last second of signing."""

    signer: Signer
    listed: BundleKey
    signs_from: int
    signs_until: int


Keep: TypeAlias = Callable[[str, str, str], None]
"""Writes a signature down: what for, the key's id in hex, the digest of what was signed."""


class Signatures:
    """The signing half of a `keystore.KeyStore`, over keys wherever they are."""

    def __init__(self, mint_keys: tuple[MintKey, ...], trust_keys: Mapping[Role, tuple[Signer, ...]]) -> None:
        self._mint_keys = mint_keys
        self._trust_keys = trust_keys
        self._keep: Keep | None = None

    def kept_by(self, keep: Keep) -> None:
        """From now on each signature is written down by this as well, beside its line in the log."""
        self._keep = keep

    @property
    def signing_windows(self) -> tuple[tuple[int, int], ...]:
        """When each of the programme's keys signs."""
        return tuple((key.signs_from, key.signs_until) for key in self._mint_keys)

    @property
    def keys(self) -> tuple[BundleKey, ...]:
        """The programme's public keys."""
        return tuple(key.listed for key in self._mint_keys)

    def sign_voucher(self, voucher: Voucher, revoked: frozenset[bytes]) -> bytes:
        """A voucher's token."""
        signer = self._signer(KeyUse.VOUCHER, voucher.iat, revoked, voucher.exp)
        return self._logged(KeyUse.VOUCHER, signer, vouchers.issue(voucher, signer))

    def sign_certificate(self, certificate: CardCertificate) -> bytes:
        """A card's certificate."""
        signer = self._signer(KeyUse.CARD, certificate.iat, ends=certificate.exp)
        return self._logged(KeyUse.CARD, signer, certificates.issue(certificate, signer))

    def sign_time(self, terminal: bytes, now: int) -> bytes:
        """The server's signed time."""
        signer, payload = self._signer(KeyUse.TIME, now), server_time.payload(terminal, now)
        token = cose.sign(payload, signer, cose.AAD_TIME)
        self._log(KeyUse.TIME, signer, payload)
        return token

    def sign_masters(self, sealed: bytes, terminal: bytes, df_name: bytes, now: int) -> bytes:
        """What carries masters to a terminal."""
        signer = self._signer(KeyUse.BUNDLE, now)
        token = master_delivery.sign(sealed, terminal, df_name, now, signer)
        return self._logged(KeyUse.BUNDLE, signer, token)

    def sign_bundle(self, bundle: TrustBundle) -> bytes:
        """A signed trust bundle: by the key that began first, for a till knows a newer one by its bundle alone."""
        signer = self._signer(KeyUse.BUNDLE, bundle.issued, choose=min)
        return self._logged(KeyUse.BUNDLE, signer, bundle.sign(signer))

    def trust_keys(self, role: Role) -> tuple[PublicKey, ...]:
        """A role's public keys."""
        return tuple(signer.public for signer in self._trust_keys.get(role, ()))

    def sign_trust(self, role: Role, payload: bytes) -> tuple[tuple[PublicKey, bytes], ...]:
        """A signature by each of the role's keys."""
        signers = self._trust_keys.get(role, ())
        if not signers:
            raise KeysRefused(f"no key of the role {role} is here")
        for signer in signers:
            self._log(str(role), signer, payload)
        return tuple((signer.public, signer.sign(payload)) for signer in signers)

    def _signer(
        self,
        use: KeyUse,
        now: int,
        revoked: frozenset[bytes] = frozenset(),
        ends: int | None = None,
        choose: Callable[..., MintKey] = max,
    ) -> Signer:
        """The key that signs now: of several the one that began last. What it signs must end before the key does."""
        signing = [
            key
            for key in self._mint_keys
            if use in key.listed.uses
            and max(key.signs_from, key.listed.valid_from) <= now <= min(key.signs_until, key.listed.valid_until)
            and key.listed.public.kid not in revoked
        ]
        if not signing:
            raise KeysRefused(f"no key may sign a {use} now")
        chosen = choose(signing, key=lambda key: key.signs_from)
        if ends is not None and ends > chosen.listed.valid_until:
            raise KeysRefused(f"the key for a {use} ends before what it is to sign (heitje backend keys rotate)")
        return chosen.signer

    def _logged(self, use: KeyUse, signer: Signer, token: bytes) -> bytes:
        self._log(str(use), signer, cose.parse(token, len(token)).payload)
        return token

    def _log(self, use: str, signer: Signer, payload: bytes) -> None:
        """Every signature leaves a line: what for, by which key, and the digest of what was signed."""
        kid, payload_digest = signer.public.kid.hex(), hashlib.sha256(payload).hexdigest()
        LOG.info("signed", extra={"use": use, "kid": kid, "payload_sha256": payload_digest})
        if self._keep is not None:
            self._keep(use, kid, payload_digest)


def log_given(what: str, number: int) -> None:
    """A card's key leaves the store, to be written onto that card: a line in the log says so, and names no card."""
    LOG.info("a card's key was given out", extra={"use": what, "key_number": number})
