# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A terminal comes in by two enrollers who both read the same 8 digits; roles by two registrars."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import transaction

from backend.commands.officials import say_yes
from backend.officials import approvals, staff
from backend.officials.approvals import NotApproved
from backend.officials.matters import Matter
from backend.officials.roles import Role
from backend.shops.admission import NotAdmitted
from backend.shops.enrolment import Wanted, request_enrolment
from backend.shops.models import Terminal
from heitje.fingerprint import digits_of
from heitje.keys import SigningKey

if TYPE_CHECKING:
    from tests.backend.conftest import City

AT = 1_795_500_000
KEY = SigningKey.from_seed(b"k" * 32).public
WANTED = Wanted(terminal="00112233445566aa", shop="bakker-1", key=KEY.raw.hex())


def test_both_compare_the_digits(city: City) -> None:
    asked = request_enrolment(WANTED, "enroller-1", AT)
    digits = digits_of(KEY)
    assert len(digits) == 8
    for by in ("enroller-1", "enroller-2"):
        with pytest.raises(NotApproved, match="compared"):
            say_yes(asked.pk, by, AT, "00000000")
        assert not Terminal.objects.filter(id=WANTED.terminal).exists()
        say_yes(asked.pk, by, AT, digits)
    assert bytes(Terminal.objects.get(id=WANTED.terminal).public_key) == KEY.raw


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted("80c566212392d06a", "bakker-1", KEY.raw.hex()),
        Wanted("00112233445566aa", "nobody", KEY.raw.hex()),
        Wanted("00112233445566aa", "bakker-1", "00"),
        Wanted("00112233445566aa", "bakker-1", bytes(32).hex()),
    ],
)
def test_what_cannot_be_enrolled_is_not_asked_for(city: City, wanted: Wanted) -> None:
    with pytest.raises(NotAdmitted):
        request_enrolment(wanted, "enroller-1", AT)


def test_a_role_takes_two_registrars_and_never_oneself(city: City) -> None:
    content = {"official": "noor", "role": "validator", "take": False, "day_cents": 700}
    for change, by, why in (
        (content, "editor-1", "no registrar"),
        ({**content, "official": "registrar-1"}, "registrar-1", "their own"),
        ({**content, "official": "treasurer-1"}, "registrar-1", "at once"),
        ({**content, "take": True}, "registrar-1", "noor is no validator"),
    ):
        with pytest.raises(staff.NotAppointed, match=why):
            staff.check_change(change, by)
    asked = approvals.request(Matter.ROLE, "noor: validator", content, "registrar-1", AT)
    say_yes(asked.pk, "registrar-1", AT)
    assert not staff.has_role("noor", Role.VALIDATOR)
    say_yes(asked.pk, "registrar-2", AT)
    assert staff.has_role("noor", Role.VALIDATOR)
    with transaction.atomic():
        assert staff.day_cents("noor") == 700
    with pytest.raises(staff.NotAppointed, match="two registrars stay"):
        staff.take("registrar-2", Role.REGISTRAR, AT)
    with pytest.raises(staff.NotAppointed, match="once"):
        staff.appoint_first(("x", "y"), AT)
