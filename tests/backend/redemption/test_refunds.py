# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Refunds: out of what is owed to the shop, never more than was redeemed; what is not covered waits."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from backend.audit.invariants import check
from backend.ledger import accounts
from backend.ledger.models import Transfer
from backend.redemption.outcomes import waited_since
from backend.settlement.night import cut
from backend.shops.admission import suspend
from backend.shops.models import Terminal
from heitje.journal import Kind

if TYPE_CHECKING:
    from tests.backend.conftest import City, Till

WAITS = ("pending", "waits for the next sales")


@pytest.fixture
def till(city: City) -> Till:
    """The baker's till, after a contact."""
    city.till.anchor()
    return city.till


def test_a_card_is_refunded_to_the_citizens_account(city: City, till: Till) -> None:
    redemption = till.pay_card(city.cards[0], 500) + 1
    till.refund(redemption, 200)
    assert till.outcomes()[-1] == ("accepted", None)
    assert (city.holds(accounts.payable("bakker-1")), city.earned("citizen-1")) == (300, 200)
    assert all(finding.holds for finding in check())


def test_a_phone_to_its_citizen_and_a_note_to_a_note(city: City, till: Till) -> None:
    phone = city.phone("citizen-9", 1000)
    _, token = city.note("citizen-8", 500)
    till.refund(till.pay_phone(phone, 400) + 1, 400)
    till.refund(till.pay_paper(token, 500) + 1, 150)
    assert till.told() == "accepted"
    assert (city.earned("citizen-9"), city.earned("citizen-8")) == (400, 0)
    assert Transfer.objects.filter(kind="refunded", credit__kind="note").get().amount == 150
    assert all(finding.holds for finding in check())


def test_never_more_than_its_redemption(city: City, till: Till) -> None:
    redemption = till.pay_card(city.cards[0], 500) + 1
    till.refund(redemption, 300)
    till.refund(redemption, 201)
    till.refund(redemption, 200)
    till.refund(redemption, 1)
    assert till.outcomes()[3:] == [
        ("accepted", None),
        ("refused", "more than its redemption"),
        ("accepted", None),
        ("refused", "more than its redemption"),
    ]
    assert city.earned("citizen-1") == 500


def test_only_what_was_paid_is_refunded(city: City, till: Till) -> None:
    intent = till.card_intent(city.cards[0], 500)
    till.refund(intent, 100)
    till.complete(intent, Kind.VOID)
    till.refund(intent + 2, 100)
    assert [reason for _, reason in till.outcomes() if reason] == ["its redemption is not paid"] * 2


def test_what_payable_does_not_cover_comes_first_out_of_the_next_sales(city: City, till: Till) -> None:
    redemption = till.pay_card(city.cards[0], 500) + 1
    till.upload()
    cut(date(2026, 11, 24), 1, till.clock)
    refund = till.refund(redemption, 450)
    assert till.outcomes()[-1] == WAITS
    till.pay_card(city.cards[0], 300)
    till.upload()
    assert (city.holds(accounts.payable("bakker-1")), city.earned("citizen-1")) == (0, 300)
    [waited] = waited_since(Terminal.objects.get(), 0)
    assert (waited.seq, str(waited.outcome)) == (refund, "pending")
    till.pay_card(city.cards[0], 200)
    till.upload()
    assert (city.holds(accounts.payable("bakker-1")), city.earned("citizen-1")) == (50, 450)
    [waited] = waited_since(Terminal.objects.get(), 0)
    assert (waited.seq, str(waited.outcome), waited.reason) == (refund, "accepted", None)
    assert all(finding.holds for finding in check())


def test_sent_again_refunds_once(city: City, till: Till) -> None:
    till.refund(till.pay_card(city.cards[0], 500) + 1, 200)
    till.upload()
    till.upload(after=0)
    assert city.earned("citizen-1") == 200


def test_a_suspended_terminal_refunds_nothing(city: City, till: Till) -> None:
    redemption = till.pay_card(city.cards[0], 500) + 1
    till.upload()
    suspend(Terminal.objects.get())
    till.refund(redemption, 200)
    assert till.outcomes()[-1] == ("refused", "terminal not allowed")
    assert city.earned("citizen-1") == 0
