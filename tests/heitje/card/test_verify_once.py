# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A certificate's signature is verified once, and nothing that time or a wrong signature may change is remembered."""

import itertools

import pytest

from heitje import cose
from heitje.acceptance import ListedKey, Shop
from heitje.card import certificate
from heitje.card.acceptance import CERTIFICATES_REMEMBERED, CardContext, check_certificate, verify_once
from heitje.card.certificate import CardCertificate
from heitje.cose import AAD_CARD, AAD_VOUCHER, Sign1
from heitje.keys import PublicKey, SigningKey
from heitje.refusals import Refusal

NOW = 1_790_000_000
UID = bytes.fromhex("04A1B2C3D4E580")
_numbers = itertools.count(1)


class CountingKey(PublicKey):
    """The mint's key, which counts how often it is asked."""

    asked = 0

    def verify(self, algorithm: int, signature: bytes, message: bytes) -> bool:
        type(self).asked += 1
        return super().verify(algorithm, signature, message)


@pytest.fixture
def mint() -> SigningKey:
    """A mint that no other test has used."""
    return SigningKey.from_seed(b"verify once".ljust(24, b"\0") + next(_numbers).to_bytes(8, "big"))


@pytest.fixture
def key(mint: SigningKey) -> CountingKey:
    CountingKey.asked = 0
    return CountingKey(mint.public.raw)


def signed(mint: SigningKey, number: int = 0) -> certificate.SignedCertificate:
    card = CardCertificate("nl.testburg", NOW + number, NOW - 1, UID)
    return certificate.decode(certificate.issue(card, mint))


def context(key: PublicKey, now: int = NOW, until: int = NOW + 10) -> CardContext:
    return CardContext(now, Shop("bakker-1", "bakery", "centrum"), 1, "nl.testburg", (ListedKey(key, 0, until),))


def test_the_same_card_is_verified_once(mint: SigningKey, key: CountingKey) -> None:
    for _ in range(5):
        assert check_certificate(signed(mint), UID, context(key)) is None  # read anew at each tap
    assert CountingKey.asked == 1


def test_what_time_changes_is_looked_at_each_time(mint: SigningKey, key: CountingKey) -> None:
    card = signed(mint, 5)
    assert check_certificate(card, UID, context(key)) is None
    assert check_certificate(card, UID, context(key, now=NOW + 6)) is Refusal.EXPIRED
    assert check_certificate(card, UID, context(key, until=NOW - 1)) is Refusal.BAD_SIGNATURE  # the key's time is over
    assert check_certificate(card, bytes(7), context(key)) is Refusal.BAD_SIGNATURE
    assert check_certificate(card, UID, context(key)) is None
    assert CountingKey.asked == 1


def test_another_certificate_key_or_domain_is_another_question(mint: SigningKey, key: CountingKey) -> None:
    one, two = signed(mint, 1).sign1, signed(mint, 2).sign1
    assert verify_once(one, AAD_CARD, key)
    assert verify_once(two, AAD_CARD, key)
    assert CountingKey.asked == 2
    assert not verify_once(one, AAD_VOUCHER, key)
    assert not verify_once(one, AAD_CARD, SigningKey.from_seed(bytes(32)).public)
    assert verify_once(one, AAD_CARD, key)
    assert CountingKey.asked == 3


def test_a_signature_that_does_not_hold_is_never_remembered(mint: SigningKey, key: CountingKey) -> None:
    good = signed(mint).sign1
    bad = Sign1(good.algorithm, good.kid, good.protected, good.payload, bytes(64))
    for _ in range(3):
        assert not verify_once(bad, AAD_CARD, key)
    assert CountingKey.asked == 3
    assert cose.verify(good, AAD_CARD, key)


def test_there_is_an_end_to_what_is_remembered() -> None:
    assert 1000 <= CERTIFICATES_REMEMBERED <= 100_000
