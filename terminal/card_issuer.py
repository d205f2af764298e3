# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who makes cards, as the desk sees it: something that has keys and a mint, and speaks with a card by APDUs.

The desk's reader only forwards: `transmit` gives an APDU to the card and the answer back. So the exchanges may run
here, with the keys of a test programme, or in the backend beside its key store, with every APDU relayed.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, Protocol

from heitje.acceptance import ListedKey, is_signed_by
from heitje.bundle import KeyUse, TrustBundle
from heitje.card import certificate as certificates
from heitje.card.certificate import CardCertificate, SignedCertificate
from heitje.card.examination import Blueprint, Looked, Progress, Step, look
from heitje.card.inspection import Sheet, inspect
from heitje.card.key_change import RANDOM_LENGTH
from heitje.card.keys import KeyProvider
from heitje.card.layout import KEY_TERMINAL
from heitje.card.personalisation import personalise
from heitje.card.sale import Programme
from heitje.card.session import Transmit, run
from heitje.card.silicon import Finding, Subject, examine
from heitje.card.silicon_checks import CHECKS
from heitje.cose import AAD_CARD, MalformedToken
from heitje.programme import TestProgramme
from terminal.key_store import TerminalKeys

CARD_LIFE_YEARS: Final = 8
"""How long a certificate is valid unless told otherwise: it is never rewritten, so it is the card's life."""


class CertificateState(StrEnum):
    """What the desk finds of a card's certificate."""

    VALID = "valid"
    EXPIRED = "expired"
    NOT_OURS = "not signed by this programme for this card"
    MALFORMED = "not a certificate"


@dataclass(frozen=True, slots=True)
class CardSheet:
    """A card as the desk shows it; `signed` is None where there is no certificate to read."""

    uid: bytes
    sheet: Sheet
    signed: SignedCertificate | None
    state: CertificateState


class CardViewer(Protocol):
    """Reads cards. What `transmit` raises comes through."""

    def show(self, uid: bytes, transmit: Transmit) -> CardSheet:
        """Read a whole card."""


class CardIssuer(CardViewer, Protocol):
    """Makes cards as well, and examines their silicon."""

    @property
    def programme(self) -> str:
        """The programme's name."""

    def look(self, uid: bytes, transmit: Transmit) -> Looked:
        """How far a card is; nothing is written."""

    def personalise(self, uid: bytes, transmit: Transmit, tell: Callable[[Step], None]) -> Looked:
        """Make the card, or finish it; `tell` hears each step as it begins."""

    def examine(self, uid: bytes, transmit: Transmit, tell: Callable[[Finding], None], spend: bool) -> Looked:
        """Run the checks of docs/silicon.md; `tell` hears each finding. `spend`: the card may be used up by it."""


@dataclass
class TestIssuer:
    """A test programme's: masters and mint key are in the programme's file, so the exchanges run here."""

    __test__ = False  # no test class, in spite of its name

    test_programme: TestProgramme
    now: Callable[[], int]
    life_years: int = CARD_LIFE_YEARS
    scope: tuple[str, ...] | None = None
    _blueprints: dict[bytes, Blueprint] = field(default_factory=dict)

    @property
    def programme(self) -> str:
        return self.test_programme.iss

    def look(self, uid: bytes, transmit: Transmit) -> Looked:
        return run(look(self._blueprint(uid), secrets.token_bytes), transmit)

    def personalise(self, uid: bytes, transmit: Transmit, tell: Callable[[Step], None]) -> Looked:
        return run(personalise(self._blueprint(uid), secrets.token_bytes, tell), transmit)

    def show(self, uid: bytes, transmit: Transmit) -> CardSheet:
        programme = Programme(self.test_programme.df_name, [self._keys(uid)(KEY_TERMINAL)])
        return _read_whole(uid, transmit, programme, lambda signed: self._state(uid, signed))

    def examine(self, uid: bytes, transmit: Transmit, tell: Callable[[Finding], None], spend: bool) -> Looked:
        looked = self.look(uid, transmit)
        if isinstance(looked, Progress):
            subject = Subject(self._blueprint(uid), secrets.token_bytes, looked)
            for _, exchange in examine(subject, CHECKS, spend):
                tell(run(exchange, transmit))
        return looked

    def _keys(self, uid: bytes) -> Callable[[int], bytes]:
        provider: KeyProvider = self.test_programme.masters
        return provider.card_keys(uid, self.test_programme.df_name)

    def _blueprint(self, uid: bytes) -> Blueprint:
        """One certificate for each card, however often it is held again."""
        if uid not in self._blueprints:
            now, mint = self.now(), self.test_programme.mint
            certificate = CardCertificate(
                self.programme, _years_later(now, self.life_years), now, uid, scope=self.scope
            )
            token = certificates.issue(certificate, mint)
            self._blueprints[uid] = Blueprint(
                self.test_programme.df_name, uid, token, self._keys(uid), lambda found: self._will_do(uid, found)
            )
        return self._blueprints[uid]

    def _will_do(self, uid: bytes, token: bytes) -> bool:
        """Whether the certificate of a card that was not loaded yet can stay."""
        try:
            signed = certificates.decode(token)
        except MalformedToken:
            return False
        return signed.certificate.scope == self.scope and self._state(uid, signed) is CertificateState.VALID

    def _state(self, uid: bytes, signed: SignedCertificate) -> CertificateState:
        now, mints = self.now(), (self.test_programme.mint, self.test_programme.mint_next)
        keys = tuple(ListedKey(mint.public, now, now) for mint in mints)
        return _state_of(signed, uid, self.programme, keys, now)


@dataclass(frozen=True)
class TillViewer:
    """A till's desk: with key 1's master and the trust bundle it reads a card, and can do nothing else."""

    keys: TerminalKeys
    bundle: TrustBundle
    now: Callable[[], int]

    def show(self, uid: bytes, transmit: Transmit) -> CardSheet:
        now = self.now()
        listed = tuple(
            ListedKey(key.public, key.valid_from, key.valid_until)
            for key in self.bundle.keys
            if KeyUse.CARD in key.uses
        )
        programme = self.keys.programme(self.bundle.df_name, uid)
        return _read_whole(
            uid, transmit, programme, lambda signed: _state_of(signed, uid, self.bundle.iss, listed, now)
        )


def _read_whole(
    uid: bytes, transmit: Transmit, programme: Programme, judge: Callable[[SignedCertificate], CertificateState]
) -> CardSheet:
    random_numbers = [secrets.token_bytes(RANDOM_LENGTH) for _ in programme.keys]
    sheet = run(inspect([programme], random_numbers), transmit)
    try:
        signed = certificates.decode(sheet.certificate)
    except MalformedToken:
        return CardSheet(uid, sheet, None, CertificateState.MALFORMED)
    return CardSheet(uid, sheet, signed, judge(signed))


def _state_of(
    signed: SignedCertificate, uid: bytes, programme: str, keys: tuple[ListedKey, ...], now: int
) -> CertificateState:
    certificate = signed.certificate
    if (certificate.iss, certificate.uid) != (programme, uid) or not is_signed_by(signed.sign1, AAD_CARD, keys, now):
        return CertificateState.NOT_OURS
    return CertificateState.EXPIRED if now > certificate.exp else CertificateState.VALID


def _years_later(now: int, years: int) -> int:
    """The same day so many years later, 1 March for 29 February; Unix seconds."""
    day = datetime.fromtimestamp(now, UTC)
    try:
        return int(day.replace(year=day.year + years).timestamp())
    except ValueError:
        return int(day.replace(year=day.year + years, month=3, day=1).timestamp())
