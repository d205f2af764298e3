# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A key that proves nothing is taken neither from a phone nor from a terminal, and nothing has moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from backend.assembly import programme_of
from backend.minting import vouchers
from backend.shops.admission import NotAdmitted, enrol_terminal
from backend.shops.models import Shop, Terminal
from heitje.keys import PublicKey
from heitje.money import Cents

if TYPE_CHECKING:
    from tests.backend.conftest import City

AT = 1_795_500_000
UNSOUND = {
    "small order": "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "shortest form": "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "no point": "0200000000000000000000000000000000000000000000000000000000000000",
    "base point": "9599999999999999999999999999999999999999999999999999999999999999",
}


@pytest.mark.parametrize(("says", "raw"), UNSOUND.items())
def test_no_terminal_is_enrolled_with_it(city: City, says: str, raw: str) -> None:
    with pytest.raises(NotAdmitted, match=says):
        enrol_terminal(
            terminal_id=bytes(8),
            shop=Shop.objects.all()[0],
            public_key=PublicKey(bytes.fromhex(raw)),
            paper_till=False,
            secure_element=False,
            at=AT,
        )
    assert not Terminal.objects.filter(id="00" * 8).exists()


@pytest.mark.parametrize(("says", "raw"), [*UNSOUND.items(), ("no point", "04" + "00" * 63 + "05")])
def test_no_allowance_is_issued_to_it(city: City, says: str, raw: str) -> None:
    city.earn("citizen-9", 500)
    with pytest.raises(vouchers.NotIssued, match=says):
        vouchers.issue_allowance(
            programme="nl.testburg",
            citizen="citizen-9",
            amount=Cents(500),
            phone=PublicKey(bytes.fromhex(raw)),
            key_store=programme_of(city.configuration).key_store,
            at=AT,
        )
    assert city.earned("citizen-9") == 500
