# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a till checks of a card, in order, and the offline limits of the card (CARD.md section 7, DESIGN.md 4 and 6)."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from heitje import cose
from heitje.acceptance import ListedKey, Shop
from heitje.card import certificate
from heitje.card.acceptance import CardContext, check_card_offline, check_certificate
from heitje.card.certificate import CardCertificate
from heitje.deterministic import encode
from heitje.keys import SigningKey
from heitje.limits import CardLimits, Limits
from heitje.refusals import Refusal

NOW = 1_790_000_000
DAY = 86_400
UID = bytes.fromhex("04A1B2C3D4E580")
MINT = SigningKey.from_seed(bytes(range(32)))
STRANGER = SigningKey.from_seed(bytes(32))
CONTEXT = CardContext(
    NOW, Shop("bakker-1", "bakery", "centrum"), 500, "nl.testburg", (ListedKey(MINT.public, NOW, NOW),)
)
CARD = CardCertificate("nl.testburg", NOW, NOW - DAY, UID)


@dataclass(frozen=True)
class Tap:
    """A card's certificate, the UID that the reader saw, and the till."""

    card: CardCertificate = CARD
    uid: bytes = UID
    context: CardContext = CONTEXT
    mint: SigningKey = MINT
    domain: bytes = cose.AAD_CARD

    def with_card(self, **changes: Any) -> "Tap":
        return replace(self, card=replace(self.card, **changes))

    def with_context(self, **changes: Any) -> "Tap":
        return replace(self, context=replace(self.context, **changes))

    @property
    def answer(self) -> Refusal | None:
        token = cose.sign(encode(self.card.to_claims()), self.mint, self.domain)
        return check_certificate(certificate.decode(token), self.uid, self.context)


FAULTS: dict[str, tuple[Refusal, Callable[[Tap], Tap]]] = {
    "programme": (Refusal.UNKNOWN_PROGRAMME, lambda tap: tap.with_card(iss="nl.elders")),
    "signature": (Refusal.BAD_SIGNATURE, lambda tap: replace(tap, mint=STRANGER)),
    "domain": (Refusal.BAD_SIGNATURE, lambda tap: replace(tap, domain=cose.AAD_VOUCHER)),
    "key's validity": (Refusal.BAD_SIGNATURE, lambda tap: tap.with_context(keys=(ListedKey(MINT.public, 0, NOW - 1),))),
    "another card's": (Refusal.BAD_SIGNATURE, lambda tap: replace(tap, uid=bytes(7))),
    "expiry": (Refusal.EXPIRED, lambda tap: tap.with_card(exp=NOW - 1)),
    "scope": (Refusal.NOT_VALID_HERE, lambda tap: tap.with_card(scope=("category:cafe",))),
    "deny list": (Refusal.BLOCKED, lambda tap: tap.with_context(deny={UID, bytes(7)})),
}


def test_each_fault_and_the_earlier_of_any_two() -> None:
    assert Tap().answer is None
    for reason, fault in FAULTS.values():
        assert fault(Tap()).answer is reason
    for (reason, first), (_, second) in itertools.combinations(FAULTS.values(), 2):
        assert second(first(Tap())).answer is reason
        assert first(second(Tap())).answer is reason


def test_scopes_and_p256() -> None:
    for scope in (("category:bakery",), ("shop:bakker-1", "x"), ("area:centrum",)):
        assert Tap().with_card(scope=scope).answer is None
    p256 = SigningKey.from_p256(bytes(31) + b"\x07")
    listed = replace(Tap(), mint=p256).with_context(keys=(ListedKey(p256.public, 0, 2 * NOW),))
    assert listed.answer is Refusal.BAD_SIGNATURE


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ({"amount": 2500}, {"amount": 2501}),
        ({"taken_today": 4500}, {"taken_today": 4501}),
        ({"unsent_cents": 99_500}, {"unsent_cents": 99_501}),
        ({"unsent_entries": 1998}, {"unsent_entries": 1999}),
        ({"unsent_age_s": 7 * DAY}, {"unsent_age_s": 7 * DAY + 1}),
        ({"online_only": False}, {"online_only": True}),
        ({"bundle_age_s": DAY, "amount": 2500}, {"bundle_age_s": DAY + 1, "amount": 1251}),
        ({"bundle_age_s": DAY + 1, "amount": 1250}, {"bundle_age_s": 3 * DAY + 1, "amount": 1001}),
        ({"bundle_age_s": 3 * DAY, "amount": 1250}, {"bundle_age_s": 3 * DAY, "amount": 1251}),
        ({"bundle_age_s": 300 * DAY, "amount": 1000}, {"bundle_age_s": 300 * DAY, "amount": 1001}),
        ({"bundle_age_s": DAY + 1, "taken_today": 2000}, {"bundle_age_s": DAY + 1, "taken_today": 2001}),
        ({"bundle_age_s": DAY + 1, "unsent_cents": 49_500}, {"bundle_age_s": DAY + 1, "unsent_cents": 49_501}),
        ({"bundle_age_s": DAY + 1, "unsent_entries": 998}, {"bundle_age_s": DAY + 1, "unsent_entries": 999}),
        (
            {"bundle_age_s": DAY + 1, "unsent_age_s": 7 * DAY // 2},
            {"bundle_age_s": DAY + 1, "unsent_age_s": 7 * DAY // 2 + 1},
        ),
        (
            {"card_limits": CardLimits(card_payment_cents=5000), "amount": 5000},
            {"card_limits": CardLimits(card_payment_cents=5000), "amount": 5001},
        ),
        (
            {"card_limits": CardLimits(card_payment_cents=500), "bundle_age_s": 3 * DAY + 1, "amount": 250},
            {"card_limits": CardLimits(card_payment_cents=500), "bundle_age_s": 3 * DAY + 1, "amount": 251},
        ),
        ({"limits": Limits(terminal_entries=2)}, {"limits": Limits(terminal_entries=1)}),
    ],
    ids=str,
)
def test_limits(good: dict[str, Any], bad: dict[str, Any]) -> None:
    assert check_card_offline(replace(CONTEXT, **good)) is None
    assert check_card_offline(replace(CONTEXT, **bad)) is Refusal.NEEDS_A_CONNECTION


def test_a_wrong_clock_does_not_end_the_card() -> None:
    """JOURNAL.md section 1 ends phone and paper; the bundle's age, which the clock measures, still counts."""
    assert check_card_offline(replace(CONTEXT, now=NOW + 10**9)) is None
