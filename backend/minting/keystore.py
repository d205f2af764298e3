# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The municipality's keys behind one interface (DESIGN.md section 4): what is signed and what is proved, never a key.

The masters of the cards' keys never leave a store, but for key 1's, which terminals hold: sealed to one terminal. A
card's own key opens a session without being seen; its value is given only where it has to be written onto that card
(docs/keys.md).
"""

from typing import Protocol

from heitje.bundle import BundleKey, TrustBundle
from heitje.card.certificate import CardCertificate
from heitje.card.keys import CardKeys
from heitje.card.layout import KEY_VERSION_FIRST
from heitje.card.messaging import CardKey
from heitje.keys import PublicKey
from heitje.trust_root import Role
from heitje.vouchers import Voucher


class KeysRefused(Exception):
    """These keys may not be used here, or are not to be had; the text says why."""


class KeysUnavailable(KeysRefused):
    """The keys' token is not there now; it may be back when it is asked again."""


class KeyStore(Protocol):
    """Signatures by use, and the cards' keys. Each signature, and each key given out, leaves a line in the log."""

    @property
    def df_name(self) -> bytes:
        """The 8-byte name of the programme's application on a card."""
        ...

    @property
    def keys(self) -> tuple[BundleKey, ...]:
        """The programme's public keys as a bundle lists them."""
        ...

    @property
    def signing_windows(self) -> tuple[tuple[int, int], ...]:
        """First and last second of signing of each of these keys, in the same order."""
        ...

    def sign_voucher(self, voucher: Voucher, revoked: frozenset[bytes]) -> bytes:
        """A voucher's token, under a key valid at its `iat` whose id is not revoked. Raises `KeysRefused`."""
        ...

    def sign_certificate(self, certificate: CardCertificate) -> bytes:
        """A card's certificate, under a key valid at its `iat`. Raises `KeysRefused`."""
        ...

    def sign_time(self, terminal: bytes, now: int) -> bytes:
        """The server's signed time for one terminal. Raises `KeysRefused`."""
        ...

    def sign_masters(self, sealed: bytes, terminal: bytes, df_name: bytes, now: int) -> bytes:
        """What carries key 1's masters to one terminal (`heitje.master_delivery`). Raises `KeysRefused`."""
        ...

    def sign_bundle(self, bundle: TrustBundle) -> bytes:
        """A signed trust bundle. Raises `KeysRefused`."""
        ...

    def trust_keys(self, role: Role) -> tuple[PublicKey, ...]:
        """The keys of a role of the trust repository that are here; none where an offline role's are put away."""
        ...

    def sign_trust(self, role: Role, payload: bytes) -> tuple[tuple[PublicKey, bytes], ...]:
        """The signature of each key of a role that is here. Raises `KeysRefused` where there is none."""
        ...

    def transaction_mac(self, uid: bytes, tmc: int, tmi: bytes) -> bytes:
        """The 8-byte TMV that the card `uid` makes of `tmi` for its transaction `tmc` (the counter after it)."""
        ...

    def previous_reader(self, uid: bytes, tmc: int, enc_tmri: bytes) -> bytes:
        """TMRIPrev out of the EncTMRI of the card's transaction `tmc`."""
        ...

    @property
    def terminal_key_versions(self) -> tuple[int, ...]:
        """The versions of key 1's master that are here, the newest first; terminals hold the first two."""
        ...

    def card_key(self, uid: bytes, number: int, version: int = KEY_VERSION_FIRST) -> CardKey:
        """A key of one card, to open a session with; of key 1 in one of its versions. Raises `KeysRefused`."""
        ...

    def terminal_keys(self, uid: bytes) -> dict[int, bytes]:
        """One card's key 1 in every version, to move the card from one to another."""
        ...

    def keys_to_write(self, uid: bytes) -> CardKeys:
        """A new card's first keys, by number, to write them onto it."""
        ...

    def terminal_masters(self) -> dict[int, bytes]:
        """The two newest masters of key 1 by version, to be sealed to a terminal.

        The one master that is meant to leave. Raises `KeysRefused` for one that was made to stay.
        """
        ...
