# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The one question before a sale: what is promised is kept, and what was promised is paid (VOUCHERS.md section 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from backend.assembly import programme_of
from backend.ledger import accounts
from backend.minting import measures
from backend.minting.models import Card, MeasureKind
from backend.redemption.holding import hold
from backend.redemption.models import Hold
from backend.shops.admission import suspend
from backend.shops.models import Terminal
from heitje.holds import HOLD_S, HoldAnswer, HoldRequest
from heitje.journal import Kind
from heitje.keys import SigningKey
from heitje.refusals import Refusal

if TYPE_CHECKING:
    from tests.backend.conftest import City, Phone, Plastic, Till

OTHER = "00112233445566aa"


@pytest.fixture
def till(city: City) -> Till:
    """The baker's paper till."""
    city.till.anchor()
    return city.till


@pytest.fixture
def other(city: City) -> Till:
    """A butcher's."""
    till = city.open_till(OTHER, "slager-1")
    till.anchor()
    return till


@pytest.fixture
def phone(city: City) -> Phone:
    """A phone with 20 euro."""
    return city.phone("citizen-9", 2000)


@pytest.fixture
def card(city: City) -> Plastic:
    """A card with 25 euro."""
    return city.cards[0]


def ask(city: City, till: Till, sale: int, amount: int, now: int | None = None, **what: object) -> HoldAnswer:
    """A till's question in its nth sale."""
    terminal = Terminal.objects.select_related("shop").get(id=till.name)
    asked = HoldRequest(sale.to_bytes(16, "big"), amount, **what)  # type: ignore[arg-type]  # a token, or uid and tmc
    return hold(terminal, asked, programme_of(city.configuration), till.clock if now is None else now)


def test_a_code_is_held_and_the_upload_captures_it(city: City, till: Till, phone: Phone) -> None:
    code = phone.code(2000, till.name, till.clock)
    assert ask(city, till, 1, 2000, token=code) == HoldAnswer(until=till.clock + HOLD_S)
    till.pay_phone(phone, 2000, code)
    assert till.told() == "accepted", "20 euro by phone is more than any offline limit"
    assert city.holds(accounts.payable("bakker-1")) == 2000


def test_what_was_promised_is_paid_however_late_it_comes(city: City, till: Till, phone: Phone) -> None:
    code = phone.code(2000, till.name, till.clock)
    ask(city, till, 1, 2000, token=code)
    till.pay_phone(phone, 2000, code)
    assert till.told(now=till.clock + 6 * 86_400) == "accepted"


def test_without_a_promise_the_limits_hold(city: City, till: Till, phone: Phone) -> None:
    till.pay_phone(phone, 2000)
    assert till.outcomes()[-1] == ("refused", "needs a connection")


@pytest.mark.parametrize(("sale", "amount"), [(2, 2000), (1, 1999)])
def test_a_promise_is_for_one_sale_and_one_amount(city: City, till: Till, phone: Phone, sale: int, amount: int) -> None:
    code = phone.code(amount, till.name, till.clock)
    assert ask(city, till, sale, amount, token=code).reason is None
    till.pay_phone(phone, 2000, phone.code(2000, till.name, till.clock, seq=phone.seq))
    assert till.outcomes()[-1][0] == "refused"


def test_the_same_question_has_the_same_answer(city: City, till: Till, phone: Phone) -> None:
    code = phone.code(1500, till.name, till.clock)
    first = ask(city, till, 1, 1500, token=code)
    assert ask(city, till, 1, 1500, now=till.clock + 60, token=code) == first
    assert Hold.objects.count() == 1


def test_a_hold_keeps_the_number_and_the_value(city: City, till: Till, other: Till, phone: Phone) -> None:
    ask(city, till, 1, 1500, token=phone.code(1500, till.name, till.clock))
    copied = phone.code(1500, other.name, till.clock, seq=1)
    assert ask(city, other, 1, 1500, token=copied).reason is Refusal.ALREADY_USED
    fresh = phone.code(501, other.name, till.clock)
    assert ask(city, other, 1, 501, token=fresh).reason is Refusal.TOO_LITTLE_LEFT
    rest = phone.code(500, other.name, till.clock)
    assert ask(city, other, 1, 500, token=rest).reason is None
    late = phone.code(1500, other.name, till.clock + HOLD_S)
    assert ask(city, other, 2, 1500, now=till.clock + HOLD_S, token=late).reason is None, "it is over"


def test_a_held_note_is_not_taken_elsewhere(city: City, till: Till, other: Till) -> None:
    _, token = city.note("citizen-9", 500)
    assert ask(city, other, 1, 500, token=token).reason is None, "online a note is good in any shop"
    assert ask(city, till, 1, 500, token=token).reason is Refusal.ALREADY_USED
    till.pay_paper(token, 500)
    assert till.outcomes()[-1] == ("conflict", "taken elsewhere first")
    other.pay_paper(token, 500)
    assert other.outcomes()[-1][0] == "conflict", "the loss fund has paid the note already"
    assert city.holds(accounts.payable("bakker-1")) == city.holds(accounts.payable("slager-1")) == 500


def test_a_claim_that_came_first_is_a_no(city: City, till: Till, other: Till, phone: Phone) -> None:
    till.pay_phone(phone, 500)
    till.upload()
    copied = phone.code(500, other.name, till.clock, seq=1)
    assert ask(city, other, 1, 500, token=copied).reason is Refusal.ALREADY_USED
    assert ask(city, till, 1, 500, token=phone.code(500, till.name, till.clock, seq=1)).reason is None, "its own sale"


def test_a_voided_sale_gives_back(city: City, till: Till, other: Till, phone: Phone) -> None:
    code = phone.code(1000, till.name, till.clock)
    ask(city, till, 1, 1000, token=code)
    till.pay_phone(phone, 1000, code)
    till.entries.pop()
    till.complete(2, Kind.VOID)
    till.upload()
    assert ask(city, other, 1, 2000, token=phone.code(2000, other.name, till.clock)).reason is None


@pytest.mark.parametrize("what", ["denied", "forged", "stale", "malformed", "unknown", "revoked"])
def test_a_no_says_why(city: City, till: Till, phone: Phone, what: str) -> None:
    token, amount, reason = phone.code(500, till.name, till.clock), 500, Refusal.MALFORMED
    match what:
        case "denied":
            token, reason = city.note("citizen-8", 500, handed_out=False)[1], Refusal.BLOCKED
        case "forged":
            phone.key = SigningKey.from_seed(bytes(32))
            token, reason = phone.code(500, till.name, till.clock), Refusal.BAD_SIGNATURE
        case "stale":
            token, reason = phone.code(500, till.name, till.clock - 121), Refusal.CODE_TOO_OLD
        case "malformed":
            token = b"\xd2\x84"
        case "unknown":
            phone.token = phone.token[:-1] + bytes([phone.token[-1] ^ 1])
            token, reason = phone.code(500, till.name, till.clock), Refusal.BAD_SIGNATURE
        case "revoked":
            kid = programme_of(city.configuration).key_store.keys[0].public.kid.hex()
            measures.impose(MeasureKind.KEY_REVOKED, till.clock, kid)
            reason = Refusal.BAD_SIGNATURE
    assert ask(city, till, 1, amount, token=token) == HoldAnswer(reason=reason)
    assert not Hold.objects.exists()


def test_a_suspended_terminal_is_promised_nothing(city: City, till: Till, phone: Phone) -> None:
    suspend(Terminal.objects.get(id=till.name))
    code = phone.code(500, till.name, till.clock)
    assert ask(city, till, 1, 500, token=code).reason is Refusal.NOT_VALID_HERE


def test_a_card_pays_more_than_the_offline_limit_when_it_was_asked_for(city: City, till: Till, card: Plastic) -> None:
    city.earn("citizen-1", 5000)
    measures.impose(MeasureKind.CARDS_ONLINE_ONLY, till.clock)
    for sale in (1, 2):  # more than the 1250 of a day without trust, and after it
        assert ask(city, till, sale, 1250, uid=card.uid, tmc=card.tmc + 1).reason is None
        till.clock += 2 * 24 * 3600
        till.pay_card(card, 1250)
    till.anchor()
    assert [outcome for outcome, _ in till.outcomes()] == ["accepted"] * 6


def test_a_card_that_nobody_asked_for_has_its_limits(till: Till, card: Plastic) -> None:
    till.clock += 2 * 24 * 3600
    till.pay_card(card, 1251)
    assert till.outcomes()[-1] == ("refused", "needs a connection")


@pytest.mark.parametrize("what", ["stranger", "blocked", "copy", "too little"])
def test_a_card_is_refused_for_what_the_backend_knows(city: City, till: Till, card: Plastic, what: str) -> None:
    uid, tmc, amount, reason = card.uid, 1, 500, Refusal.BLOCKED
    match what:
        case "stranger":
            uid = bytes(7)
        case "blocked":
            Card.objects.filter(uid=card.uid.hex()).update(suspended_at=till.clock)
        case "copy":
            till.pay_card(card, 100)
            till.upload()
        case "too little":
            amount, reason = 2501, Refusal.TOO_LITTLE_LEFT
    assert ask(city, till, 9, amount, uid=uid, tmc=tmc).reason is reason
