# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A mint that nothing promised, a reward without its task and a voucher that nobody paid are found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backend.audit.invariants import check
from backend.ledger import events
from backend.ledger.posting import post
from backend.minting.models import IssuedVoucher
from heitje.money import Cents

if TYPE_CHECKING:
    from tests.backend.conftest import City

AT = 1_795_500_000


def broken() -> set[str]:
    """Names of the invariants that do not hold."""
    return {finding.name for finding in check() if not finding.holds}


def test_a_grant_cannot_give_another_s_promise(city: City) -> None:
    city.note("anna", 500)
    post(events.grant_promised("g1", Cents(500), "sport"), AT)
    post(events.grant_promised("g2", Cents(500), "music"), AT)
    post(events.grant_paid("g3", Cents(500), "sport", "anna"), AT)
    assert broken() == set()
    post(events.grant_paid("g4", Cents(100), "sport", "anna"), AT)
    assert broken() == {"no promise gave more than it held"}


def test_a_reward_without_its_task(city: City) -> None:
    post(events.task_published("t1", Cents(500), "999"), AT)
    assert broken() == set()
    post(events.task_validated("t2", Cents(500), "999", "anna"), AT)
    assert broken() == {"each reward has its validated task"}


def test_a_voucher_that_nobody_paid(city: City) -> None:
    cti, token = city.note("anna", 500)
    IssuedVoucher.objects.create(
        cti="00" * 16, paper=True, citizen="anna", amount=500, issued_at=AT, expires_at=AT + 10, token=token
    )
    assert cti != "00" * 16
    assert broken() == {"each voucher was paid for"}
