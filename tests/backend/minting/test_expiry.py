# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What has ended goes back: vouchers after the upload window, coins only where a by-law says so, the oldest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from backend.assembly import programme_of
from backend.configuration import Engine
from backend.ledger import accounts, events
from backend.ledger.posting import post
from backend.minting import expiry, vouchers
from backend.minting.expiry import Ended, Ending
from backend.minting.vouchers import NotIssued, Payer
from heitje import vouchers as formats
from heitje.keys import SigningKey
from heitje.money import Cents

if TYPE_CHECKING:
    from tests.backend.conftest import City

AT = 1_795_500_000
DAY_S = 86_400
PHONE = SigningKey.from_seed(bytes(32))

BOTH = pytest.mark.parametrize("engine", list(Engine))


@BOTH
def test_what_is_left_goes_back_after_the_upload_window(city: City, engine: str) -> None:
    phone = city.phone("anna", 2000)
    city.note("bram", 500)
    assert expiry.end_vouchers(AT + (7 + 21) * DAY_S) == Ended(0, 0)
    post(events.redeemed("r", accounts.allowance(phone.cti), "bakker-1", Cents(300), "x"), AT)
    later = AT + (7 + 21) * DAY_S + 1
    assert expiry.end_vouchers(later) == Ended(1, 1700)
    assert expiry.end_vouchers(later) == Ended(0, 0)
    assert (city.earned("anna"), city.holds(accounts.allowance(phone.cti)), city.earned("bram")) == (1700, 0, 0)
    last_day = AT - AT % DAY_S + (365 + 1 + 21) * DAY_S
    assert expiry.end_vouchers(last_day - 1) == Ended(0, 0), "the day that a note names is whole"
    assert expiry.end_vouchers(last_day) == Ended(1, 500)
    assert city.earned("bram") == 500


def test_earmarked_money_keeps_its_scope_and_goes_back_to_its_account(city: City) -> None:
    sport = accounts.earmarked("sport", "anna")
    payer = Payer(sport, "anna", ("category:sport",))

    def issue() -> bytes:
        issued = vouchers.issue_allowance(
            programme="nl.testburg",
            citizen="anna",
            amount=Cents(1000),
            phone=PHONE.public,
            key_store=programme_of(city.configuration).key_store,
            at=AT,
            payer=payer,
        )
        return bytes(issued.token)

    city.earn("anna", 5000)
    with pytest.raises(NotIssued, match="holds less"):
        issue()
    post(events.grant_promised("g1", Cents(1000), "sport"), AT)
    post(events.grant_paid("g2", Cents(1000), "sport", "anna"), AT)
    assert formats.decode(issue()).voucher.scope == ("category:sport",)
    assert (city.earned("anna"), city.holds(sport)) == (5000, 0)
    assert expiry.end_vouchers(AT + 29 * DAY_S) == Ended(1, 1000)
    assert (city.earned("anna"), city.holds(sport)) == (5000, 1000)


@BOTH
def test_coins_end_by_the_by_law_the_oldest_spent_first(city: City, engine: str) -> None:
    free = city.holds(accounts.FREE_COVER)
    city.earn("anna", 1000)
    for event, who, cents, days in (("a", "anna", 400, 100), ("b", "bram", 900, 100)):
        post(events.task_published(f"{event}p", Cents(cents), event), AT)
        post(events.task_validated(event, Cents(cents), event, who), AT + days * DAY_S)
    post(events.allowance_issued("x", Cents(300), "anna", "00" * 16), AT + 110 * DAY_S)
    day = AT + 365 * DAY_S
    assert list(expiry.ending_by(day, 365)) == []
    assert expiry.notices(365, AT + 352 * DAY_S) == {60: [Ending("anna", 700)], 14: [Ending("anna", 700)]}
    assert expiry.end_coins(365, "Verordening 1", day + DAY_S) == Ended(1, 700)
    assert expiry.end_coins(365, "Verordening 1", day + DAY_S + 60) == Ended(0, 0)
    assert (city.earned("anna"), city.earned("bram")) == (400, 900)
    assert city.holds(accounts.FREE_COVER) == free - 1000 - 400 - 900 + 700
