# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What is said to be left is exactly what is still taken: not a cent, an entry or a second more or less."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heitje import codes, vouchers
from heitje.acceptance import Context, Shop, Unsent, check_offline
from heitje.card.acceptance import CardContext, check_card_offline
from heitje.codes import PaymentCode, SignedCode
from heitje.headroom import Headroom, Standing, headroom
from heitje.keys import SigningKey
from heitje.limits import CardLimits, Limits
from heitje.money import Cents
from heitje.vouchers import SignedVoucher, Voucher

NOW = 1_795_500_000
DAY_S = 86_400
SHOP = Shop("bakker-1", "bakery", "centrum")
TERMINAL = "80c566212392d06a"
MINT, PHONE = SigningKey.from_seed(bytes(32)), SigningKey.from_seed(b"p" * 32)


def signed_code(aud: str | None) -> SignedCode:
    voucher = Voucher(iss="nl.testburg", exp=NOW + DAY_S, iat=NOW, cti=bytes(16), amount=Cents(2500), cnf=PHONE.public)
    code = PaymentCode(NOW, 1, Cents(1), vouchers.issue(voucher, MINT), aud)
    return codes.decode(codes.sign(code, PHONE))


def signed_note() -> SignedVoucher:
    voucher = Voucher(iss="nl.testburg", exp=NOW + DAY_S, iat=NOW, cti=bytes(16), amount=Cents(100), home=SHOP.id)
    return vouchers.decode(vouchers.issue(voucher, MINT))


WITH_AUD, WITHOUT_AUD, NOTE = signed_code(TERMINAL), signed_code(None), signed_note()

unsent = st.builds(
    Unsent,
    phone_cents=st.integers(0, 10_100),
    paper_cents=st.integers(0, 10_100),
    entries=st.integers(0, 2002),
    age_s=st.integers(0, 8 * DAY_S),
)
standings = st.builds(
    Standing,
    now=st.just(NOW),
    trust_age_s=st.one_of(st.integers(0, 5 * DAY_S), st.sampled_from([DAY_S, DAY_S + 1, 3 * DAY_S, 3 * DAY_S + 1])),
    clock_floor=st.sampled_from([NOW - 1, NOW, NOW + 1]),
    server_time=st.sampled_from([None, NOW, NOW - 7 * DAY_S, NOW - 7 * DAY_S - 1]),
    unsent=unsent,
    unsent_card_cents=st.integers(0, 100_100),
    limits=st.just(Limits()),
    card_limits=st.sampled_from([CardLimits(), CardLimits(card_payment_cents=5000, card_day_cents=10_000)]),
    cards_online_only=st.booleans(),
    paper_till=st.booleans(),
)


def takes_card(standing: Standing, amount: int) -> bool:
    """Whether the till's own check takes a card payment."""
    context = CardContext(
        now=standing.now,
        shop=SHOP,
        amount=amount,
        iss="nl.testburg",
        keys=(),
        bundle_age_s=standing.trust_age_s,
        online_only=standing.cards_online_only,
        unsent_cents=standing.unsent_card_cents,
        unsent_entries=standing.unsent.entries,
        unsent_age_s=standing.unsent.age_s,
        limits=standing.limits,
        card_limits=standing.card_limits,
    )
    return check_card_offline(context) is None


def takes(signed: SignedCode | SignedVoucher, standing: Standing, amount: int) -> bool:
    """Whether it takes a code or a note."""
    context = Context(
        now=standing.now,
        shop=SHOP,
        terminal=TERMINAL,
        paper_till=standing.paper_till,
        amount=amount,
        programmes=frozenset(),
        keys=(),
        bundle_age_s=standing.trust_age_s,
        clock_floor=standing.clock_floor,
        server_time=standing.server_time,
        unsent=standing.unsent,
        limits=standing.limits,
    )
    return check_offline(signed, amount, context) is None


@given(standings)
def test_a_cent_more_than_the_room_needs_a_connection(standing: Standing) -> None:
    room = headroom(standing)
    assert not takes_card(standing, room.card_room + 1)
    assert not takes(WITH_AUD, standing, room.phone_room + 1)
    assert not takes(WITHOUT_AUD, standing, room.phone_room_without_aud + 1)
    assert not takes(NOTE, standing, room.paper_room + 1)


@given(standings)
def test_what_is_left_is_taken(standing: Standing) -> None:
    room = headroom(standing)
    assert not room.card_room or takes_card(standing, room.card_room)
    assert not room.phone_room or takes(WITH_AUD, standing, room.phone_room)
    assert not room.phone_room_without_aud or takes(WITHOUT_AUD, standing, room.phone_room_without_aud)
    assert not room.paper_room or takes(NOTE, standing, room.paper_room)


FRESH = Standing(NOW, 0, NOW, NOW, Unsent(), 0, Limits(), CardLimits(), paper_till=True)


def rooms(standing: Standing) -> tuple[int, int, int, int]:
    """Card, phone, phone without aud, paper."""
    room = headroom(standing)
    return room.card_room, room.phone_room, room.phone_room_without_aud, room.paper_room


@pytest.mark.parametrize(
    ("standing", "expected"),
    [
        (FRESH, (2500, 1000, 500, 10_000)),
        (replace(FRESH, trust_age_s=DAY_S), (2500, 1000, 500, 10_000)),
        (replace(FRESH, trust_age_s=DAY_S + 1), (1250, 500, 250, 5000)),
        (replace(FRESH, trust_age_s=3 * DAY_S + 1), (1000, 0, 0, 0)),
        (replace(FRESH, trust_age_s=300 * DAY_S), (1000, 0, 0, 0)),
        (replace(FRESH, cards_online_only=True), (0, 1000, 500, 10_000)),
        (replace(FRESH, paper_till=False), (2500, 1000, 500, 0)),
        (replace(FRESH, server_time=None), (2500, 0, 0, 0)),
        (replace(FRESH, clock_floor=NOW + 1), (2500, 0, 0, 0)),
        (replace(FRESH, unsent=Unsent(entries=1998)), (2500, 1000, 500, 10_000)),
        (replace(FRESH, unsent=Unsent(entries=1999)), (0, 0, 0, 0)),
        (replace(FRESH, unsent=Unsent(age_s=7 * DAY_S)), (2500, 1000, 500, 10_000)),
        (replace(FRESH, unsent=Unsent(age_s=7 * DAY_S + 1)), (0, 0, 0, 0)),
        (replace(FRESH, unsent=Unsent(phone_cents=9700, paper_cents=9990)), (2500, 300, 300, 10)),
        (replace(FRESH, unsent_card_cents=99_000), (1000, 1000, 500, 10_000)),
    ],
)
def test_the_limits_of_design_section_6(standing: Standing, expected: tuple[int, int, int, int]) -> None:
    assert rooms(standing) == expected


def test_it_is_told_when_age_bites() -> None:
    room: Headroom = headroom(replace(FRESH, trust_age_s=3600, unsent=Unsent(entries=10, age_s=60)))
    assert (room.halved_in_s, room.stale_in_s) == (23 * 3600, 71 * 3600)
    assert (room.entries.left, room.age_s.left) == (1990, 7 * DAY_S - 60)
    assert (room.card_cents.left, room.phone_cents.left, room.paper_cents.left) == (100_000, 10_000, 10_000)
