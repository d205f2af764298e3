# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A worker killed in the middle of a batch: nothing of it is there, or all; sent again, each tap is settled once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from backend.audit.invariants import check
from backend.ledger import accounts
from backend.ledger.models import Transfer
from backend.redemption import stored_journal
from backend.redemption.models import Claim

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.backend.conftest import City


@pytest.fixture
def sold(city: City) -> City:
    """A till that has sold, by each instrument, and sent nothing yet."""
    till = city.till
    till.anchor()
    till.pay_phone(city.phone("citizen-9", 2000), 500)
    till.pay_paper(city.note("citizen-9", 500)[1], 500)
    till.refund(till.pay_card(city.cards[0], 300) + 1, 100)
    return city


def test_killed_before_any_statement(sold: City, saved: Callable[[], None], in_child: Callable[..., bool]) -> None:
    till = sold.till
    before = Transfer.objects.count()
    died, statement = 0, 0
    while statement == 0 or died == statement:
        statement += 1
        saved()
        died += in_child(lambda: till.upload(after=0), statement)
        stored, posted = len(stored_journal.since(till.name, 0)), Transfer.objects.count() - before
        assert (stored, posted) in ((0, 0), (len(till.entries), 4)), f"killed at {statement}"
        told = {str(outcome.outcome) for outcome in till.upload(after=0).outcomes}
        assert told == ({"duplicate"} if stored else {"accepted"})
        assert (Claim.objects.filter(state="redeemed").count(), Transfer.objects.count() - before) == (3, 4)
        assert sold.holds(accounts.payable("bakker-1")) == 1200
        assert all(finding.holds for finding in check())
    assert died > 20
