# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Limits under an ageing bundle (DESIGN.md sections 4 and 6)."""

from dataclasses import asdict

from hypothesis import given
from hypothesis import strategies as st

from heitje.limits import CardLimits, Limits

DAY = 86_400
CENTS = st.integers(0, 10**6)
LIMITS = st.builds(Limits, **dict.fromkeys(asdict(Limits()), CENTS))
CARD_LIMITS = st.builds(CardLimits, **dict.fromkeys(asdict(CardLimits()), CENTS))


def test_halved_above_a_day() -> None:
    assert Limits().at_age(DAY) == Limits()
    assert Limits().at_age(DAY + 1) == Limits(
        phone_payment_cents=500,
        phone_payment_no_aud_cents=250,
        phone_allowance_cents=1250,
        terminal_phone_cents=5000,
        terminal_paper_cents=5000,
        terminal_entries=1000,
        unsent_age_s=302_400,
        server_time_age_s=604_800,
        bundle_half_age_s=86_400,
        bundle_age_s=259_200,
    )


def test_odd_limits_are_rounded_down() -> None:
    assert Limits(phone_payment_cents=1001, terminal_entries=1).at_age(DAY + 1).phone_payment_cents == 500
    assert Limits(terminal_entries=1).at_age(DAY + 1).terminal_entries == 0


def test_the_card_by_age() -> None:
    fresh = CardLimits()
    assert fresh.at_age(DAY, Limits()) == fresh
    assert fresh.at_age(DAY + 1, Limits()) == CardLimits(1250, 2500, 50_000, 500)
    assert fresh.at_age(3 * DAY, Limits()).card_payment_cents == 1250
    assert fresh.at_age(3 * DAY + 1, Limits()).card_payment_cents == 1000
    secure = CardLimits(card_payment_cents=5000, card_day_cents=10_000)
    assert secure.at_age(30 * DAY, Limits()).card_payment_cents == 1000
    assert secure.at_age(30 * DAY, Limits()).card_day_cents == 5000


@given(LIMITS, CARD_LIMITS, st.integers(0, 10**6), st.integers(0, 10**6))
def test_no_limit_grows_with_age(limits: Limits, card: CardLimits, age_s: int, more_s: int) -> None:
    """Not even where ten euro are more than the half of a small limit."""
    for younger, older in (
        (limits.at_age(age_s), limits.at_age(age_s + more_s)),
        (card.at_age(age_s, limits), card.at_age(age_s + more_s, limits)),
    ):
        before, after = asdict(younger), asdict(older)
        after.pop("card_stale_payment_cents", None)
        if limits.bundle_half_age_s <= limits.bundle_age_s:
            assert all(value <= before[name] for name, value in after.items())
