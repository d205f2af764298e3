# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Phones and notes at intake: rules recomputed, first and later claims, copies, the guarantee (LEDGER.md section 2)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from backend.ledger import accounts
from backend.minting.models import IssuedVoucher, Measure
from backend.redemption.models import Case, CaseKind, Claim
from heitje import codes, vouchers
from heitje.codes import PaymentCode
from heitje.journal import Instrument, Kind, PaperEvidence, PhoneEvidence
from heitje.keys import SigningKey
from heitje.money import Cents
from heitje.programme import TestProgramme

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.backend.conftest import City, Phone, Till

VECTOR = Path(__file__).parents[2] / "vectors" / "test-programme.json"
OTHER = "00112233445566aa"
THIRD = "00112233445566bb"
STRANGER = SigningKey.from_seed(b"s" * 32)


@pytest.fixture
def phone(city: City) -> Phone:
    """A phone with 20 euro."""
    city.till.anchor()
    return city.phone("citizen-9", 2000)


@pytest.fixture
def till(city: City) -> Till:
    """The baker's paper till."""
    return city.till


def test_a_redemption_must_repeat_its_intent(till: Till, phone: Phone) -> None:
    intent = till.intent(Instrument.PHONE, 500, PhoneEvidence(phone.code(500, till.name, till.clock)))
    other = PhoneEvidence(phone.code(500, till.name, till.clock))
    till.complete(intent, evidence=other)
    till.complete(intent, amount=400)
    till.complete(intent, sale=bytes(16))
    till.complete(intent, of=1)
    till.complete(intent)
    reasons = [reason for _, reason in till.outcomes()]
    assert reasons == [None, None, *["differs from its intent"] * 3, "no such intent", None]


def test_a_void_frees_and_a_second_void_agrees(till: Till, phone: Phone, city: City) -> None:
    code = phone.code(500, till.name, till.clock)
    intent = till.intent(Instrument.PHONE, 500, PhoneEvidence(code))
    till.complete(intent, Kind.VOID)
    till.complete(intent, Kind.VOID)
    till.complete(intent)
    till.pay_phone(phone, 500, code)
    assert till.outcomes()[2:] == [
        ("accepted", None),
        ("accepted", None),
        ("refused", "voided before"),
        ("accepted", None),
        ("accepted", None),
    ]
    assert city.holds(accounts.allowance(phone.cti)) == 1500


def test_a_void_against_proof_opens_a_case(till: Till, phone: Phone, city: City) -> None:
    intent = till.pay_phone(phone, 500)
    till.complete(intent, Kind.VOID)
    assert till.outcomes()[-1] == ("conflict", "against proof")
    assert city.holds(accounts.payable("bakker-1")) == 500
    assert Case.objects.get().kind == CaseKind.CONTRADICTION


def test_only_a_card_is_unresolved(till: Till, phone: Phone) -> None:
    intent = till.intent(Instrument.PHONE, 500, PhoneEvidence(phone.code(500, till.name, till.clock)))
    till.complete(intent, Kind.UNRESOLVED, given=True)
    assert till.outcomes()[-1] == ("refused", "only a card payment is unresolved")


def stale(till: Till, phone: Phone) -> bytes:
    return phone.code(500, till.name, till.clock - 121)


def elsewhere(till: Till, phone: Phone) -> bytes:
    return phone.code(500, OTHER, till.clock)


def strangers(till: Till, phone: Phone) -> bytes:
    return replace(phone, key=STRANGER).code(500, till.name, till.clock)


def too_much_for_one(till: Till, phone: Phone) -> bytes:
    return phone.code(1001, till.name, till.clock)


def larger_max(till: Till, phone: Phone) -> bytes:
    return phone.code(501, till.name, till.clock)


def no_token(till: Till, phone: Phone) -> bytes:
    return b"\xd2\x84"


@pytest.mark.parametrize(
    ("make", "amount", "reason"),
    [
        (stale, 500, "code too old"),
        (elsewhere, 500, "not valid here"),
        (strangers, 500, "bad signature"),
        (too_much_for_one, 1001, "needs a connection"),
        (larger_max, 500, "more than the sale"),
        (no_token, 500, "malformed"),
    ],
)
def test_rules_are_recomputed(
    till: Till, phone: Phone, city: City, make: Callable[[Till, Phone], bytes], amount: int, reason: str
) -> None:
    till.pay_phone(phone, amount, make(till, phone))
    told = till.outcomes()[-1]
    assert told == ("refused", "its intent was refused" if reason == "malformed" else reason)
    assert city.holds(accounts.payable("bakker-1")) == 0
    assert city.holds(accounts.allowance(phone.cti)) == 2000


def test_the_same_number_twice_at_one_till_is_refused(till: Till, phone: Phone) -> None:
    till.pay_phone(phone, 500)
    till.pay_phone(phone, 500, phone.code(500, till.name, till.clock, seq=1))
    assert till.outcomes()[-1] == ("refused", "already used")


def test_more_than_the_allowance_at_one_till_is_refused(till: Till, phone: Phone) -> None:
    for _ in range(2):
        till.pay_phone(phone, 900)
    till.pay_phone(phone, 201)
    assert till.outcomes()[-1] == ("refused", "too little left")


def test_without_aud_a_part_of_max_may_be_taken(till: Till, phone: Phone, city: City) -> None:
    till.pay_phone(phone, 320, phone.code(500, None, till.clock))
    assert till.told() == "accepted"
    assert city.holds(accounts.allowance(phone.cti)) == 1680


@pytest.mark.parametrize(
    ("seconds", "outcome"), [(-121, "refused"), (-120, "accepted"), (120, "accepted"), (121, "refused")]
)
def test_time_fits_between_the_anchors(till: Till, phone: Phone, seconds: int, outcome: str) -> None:
    anchored = till.clock
    till.clock += seconds
    till.pay_phone(phone, 500)
    till.clock = anchored
    till.anchor()
    assert str(till.upload(now=anchored + 4000).outcomes[2].outcome) == outcome


def test_an_entry_of_the_future_does_not_fit(till: Till, phone: Phone) -> None:
    till.clock += 600
    till.pay_phone(phone, 500)
    assert till.outcomes(now=till.clock - 600)[-1] == ("refused", "time does not fit")


def test_a_bundle_of_another_time_ends_phone_and_paper(till: Till, phone: Phone, city: City) -> None:
    till.bundle = 2
    till.pay_phone(phone, 500)
    assert till.outcomes()[-1] == ("refused", "outdated bundle")
    till.bundle, till.clock = 1, till.clock + 72 * 3600 + 1
    till.anchor()
    till.pay_phone(phone, 500)
    assert till.outcomes()[-1] == ("refused", "needs a connection")


def test_a_bundle_older_than_the_last_served_is_refused(till: Till, phone: Phone, city: City) -> None:
    city.note("citizen-8", 500, handed_out=False)
    assert city.publish(till.clock).number == 2
    till.clock += 600
    till.pay_phone(phone, 500)
    till.anchor()
    till.pay_phone(phone, 500)
    till.bundle = 2
    till.pay_phone(phone, 500)
    outcomes = till.outcomes()
    assert outcomes[2][0] == "accepted", "before the contact it could not know better"
    assert outcomes[5] == ("refused", "outdated bundle")
    assert outcomes[7][0] == "accepted"


def test_a_terminal_says_at_each_contact_what_it_was_served(till: Till, phone: Phone, city: City) -> None:
    city.note("citizen-8", 500, handed_out=False)
    city.publish(till.clock)
    till.clock += 600
    till.anchor(bundle=1)
    till.pay_phone(phone, 500)
    till.anchor(bundle=2)
    till.pay_phone(phone, 500)
    outcomes = till.outcomes()
    assert outcomes[3][0] == "accepted", "the repository was out of its reach"
    assert outcomes[6] == ("refused", "outdated bundle")


def test_what_was_superseded_ages_and_what_is_confirmed_does_not(till: Till, phone: Phone, city: City) -> None:
    for day in (1, 2, 3):
        city.confirm(till.clock + day * 24 * 3600)
    till.clock += 4 * 24 * 3600
    till.anchor()
    till.pay_phone(phone, 500)
    till.clock += 2 * 24 * 3600 + 1
    till.anchor()
    till.pay_phone(phone, 500)
    outcomes = till.outcomes()
    assert (outcomes[3][0], outcomes[6]) == ("accepted", ("refused", "needs a connection"))


def test_after_a_day_without_a_bundle_limits_are_halved(till: Till, phone: Phone) -> None:
    till.clock += 24 * 3600 + 1
    till.anchor()
    till.pay_phone(phone, 501)
    till.pay_phone(phone, 500)
    outcomes = till.outcomes()
    assert (outcomes[3], outcomes[5][0]) == (("refused", "needs a connection"), "accepted")


def test_a_till_takes_100_euro_between_two_contacts(till: Till, city: City) -> None:
    till.anchor()
    for number in range(11):
        till.pay_phone(city.phone(f"citizen-{number}", 1000), 1000)
    till.anchor()
    till.pay_phone(city.phone("citizen-20", 1000), 1000)
    redemptions = [outcome for outcome in till.outcomes() if outcome != ("accepted", None)]
    assert redemptions == [("refused", "needs a connection")], "the eleventh; after a contact there is room again"
    assert city.holds(accounts.payable("bakker-1")) == 11_000


# --- notes -------------------------------------------------------------------------------------------------------


def test_a_photographed_note_is_paid_once(till: Till, city: City) -> None:
    till.anchor()
    cti, token = city.note("citizen-9", 500)
    till.pay_paper(token, 500)
    till.pay_paper(token, 500)
    outcomes = till.outcomes()
    assert (outcomes[2], outcomes[4]) == (("accepted", None), ("refused", "already used"))
    assert (city.holds(accounts.note(cti)), city.holds(accounts.payable("bakker-1"))) == (0, 500)


def test_a_note_is_taken_whole_at_home_and_after_it_was_handed_out(till: Till, city: City) -> None:
    till.anchor()
    _, drawer = city.note("citizen-9", 500, handed_out=False)
    _, token = city.note("citizen-9", 500)
    till.pay_paper(drawer, 500)
    till.pay_paper(token, 400)
    away = city.open_till(OTHER, "slager-1", paper_till=True)
    away.anchor()
    away.pay_paper(token, 500)
    assert [reason for _, reason in till.outcomes() if reason] == ["blocked", "more than the sale"]
    assert away.outcomes()[-1] == ("refused", "needs a connection")


# --- later claims ------------------------------------------------------------------------------------------------


def replayed(till: Till, other: Till, phone: Phone, amount: int = 500) -> None:
    """One code without a terminal's name, shown at two tills."""
    code = phone.code(amount, None, till.clock)
    till.pay_phone(phone, amount, code)
    other.anchor()
    other.pay_phone(phone, amount, code)


def test_a_copy_is_paid_by_the_loss_fund_and_accuses_nobody(till: Till, phone: Phone, city: City) -> None:
    other, loss = city.open_till(OTHER, "slager-1"), city.holds(accounts.LOSS_FUND)
    replayed(till, other, phone)
    assert (till.told(), other.outcomes()[-1]) == ("accepted", ("conflict", "taken elsewhere first"))
    assert city.holds(accounts.payable("slager-1")) == 500
    assert (city.holds(accounts.LOSS_FUND), city.holds(accounts.allowance(phone.cti))) == (loss - 500, 1500)
    assert Case.objects.count() == 0


def test_a_shop_earns_nothing_by_its_own_second_till(till: Till, phone: Phone, city: City) -> None:
    second = city.open_till(OTHER, "bakker-1")
    replayed(till, second, phone)
    assert (till.told(), second.outcomes()[-1]) == ("accepted", ("conflict", "claimed by this shop before"))
    assert city.holds(accounts.payable("bakker-1")) == 500


def test_nor_by_the_till_of_its_owners_other_shop(till: Till, phone: Phone, city: City) -> None:
    second = city.open_till(OTHER, "bakker-2", owner="bakker-1")
    replayed(till, second, phone)
    till.upload()
    assert second.outcomes()[-1] == ("conflict", "claimed by this shop before")


def test_two_payloads_under_one_number_are_a_case(till: Till, phone: Phone, city: City) -> None:
    other, loss = city.open_till(OTHER, "slager-1"), city.holds(accounts.LOSS_FUND)
    city.earn("citizen-9", 200)
    till.pay_phone(phone, 500, phone.code(500, till.name, till.clock, seq=1))
    other.anchor()
    other.pay_phone(phone, 400, phone.code(400, other.name, other.clock, seq=1))
    assert (till.told(), other.told()) == ("accepted", "conflict")
    case = Case.objects.get()
    assert (case.kind, case.other) == (CaseKind.TWO_PAYLOADS, Claim.objects.get(terminal=till.name))
    assert (city.earned("citizen-9"), city.holds(accounts.LOSS_FUND)) == (0, loss - 200), "the citizen pays first"
    assert city.holds(accounts.payable("slager-1")) == 400


def test_another_signature_on_the_same_payload_is_a_copy(till: Till, city: City) -> None:
    key = TestProgramme.parse(VECTOR.read_text("utf-8")).phone_p256
    till.anchor()
    phone = city.phone("citizen-9", 2000, key)
    code = PaymentCode(iat=till.clock, seq=1, max=Cents(500), voucher=phone.token)
    first, second = codes.sign(code, key), codes.sign(code, key)
    assert first != second
    other = city.open_till(OTHER, "slager-1")
    other.anchor()
    till.pay_phone(phone, 500, first)
    other.pay_phone(phone, 500, second)
    assert (till.told(), other.told(), Case.objects.count()) == ("accepted", "conflict", 0)


def test_an_overspent_allowance_pays_what_is_left_then_the_citizen_then_the_fund(
    till: Till, phone: Phone, city: City
) -> None:
    other, third, loss = (
        city.open_till(OTHER, "slager-1"),
        city.open_till(THIRD, "kapper-1"),
        city.holds(accounts.LOSS_FUND),
    )
    city.earn("citizen-9", 100)
    for seller in (till, other, third):
        seller.anchor()
        seller.pay_phone(phone, 800)
    assert (till.told(), other.told()) == ("accepted", "accepted")
    assert third.outcomes()[-1] == ("conflict", "more than was left")
    assert city.holds(accounts.payable("kapper-1")) == 800
    assert (city.holds(accounts.allowance(phone.cti)), city.earned("citizen-9")) == (0, 0)
    assert city.holds(accounts.LOSS_FUND) == loss - 300
    assert Case.objects.get().kind == CaseKind.OVERSPENT
    assert Claim.objects.get(terminal=THIRD, state="later").guaranteed == 400


def test_the_guarantee_ends_at_25_euro_in_30_days(till: Till, city: City) -> None:
    other, loss = city.open_till(OTHER, "slager-1"), city.holds(accounts.LOSS_FUND)
    till.anchor()
    for number in range(6):
        replayed(till, other, city.phone(f"citizen-{number + 10}", 1000))
    till.upload()
    other.upload()
    assert city.holds(accounts.payable("slager-1")) == 2500
    assert city.holds(accounts.LOSS_FUND) == loss - 2500
    case = Case.objects.get()
    assert (case.kind, case.held) == (CaseKind.BEYOND_GUARANTEE, 500)


def test_a_voucher_that_was_never_issued_is_an_alarm(till: Till, phone: Phone, city: City) -> None:
    loss = city.holds(accounts.LOSS_FUND)
    IssuedVoucher.objects.filter(cti=phone.cti).delete()
    till.pay_phone(phone, 500)
    assert till.outcomes()[-1] == ("conflict", "never issued")
    assert (city.holds(accounts.payable("bakker-1")), city.holds(accounts.LOSS_FUND)) == (500, loss - 500)
    assert Case.objects.get().kind == CaseKind.MINT_KEY
    [measure] = Measure.objects.all()
    assert (measure.kind, measure.subject) == ("key revoked", vouchers.decode(phone.token).sign1.kid.hex())


def test_a_revoked_key_is_told_and_then_counts(till: Till, phone: Phone, city: City) -> None:
    city.publish(till.clock)
    till.bundle = city.publish(till.clock).number
    IssuedVoucher.objects.filter(cti=phone.cti).delete()
    till.pay_phone(phone, 100)
    assert till.outcomes()[-1] == ("conflict", "never issued")
    published = city.publish(till.clock + 60)
    till.clock, till.bundle = till.clock + 72 * 3600, published.number
    till.anchor(bundle=published.number)
    till.pay_phone(phone, 100)
    assert till.outcomes()[-1] == ("conflict", "never issued"), "within 72 hours of its publication"
    city.confirm(till.clock)
    till.clock += 600
    till.anchor(bundle=published.number)
    till.pay_phone(phone, 100)
    assert till.outcomes()[-1] == ("refused", "bad signature")
    assert city.holds(accounts.payable("bakker-1")) == 200
    assert Case.objects.filter(kind=CaseKind.MINT_KEY).latest("id").held == 100


def test_paper_evidence_in_a_phone_entry_is_malformed(till: Till, city: City) -> None:
    _, token = city.note("citizen-9", 500)
    till.anchor()
    till.intent(Instrument.PHONE, 500, PhoneEvidence(token))
    till.intent(Instrument.PAPER, 500, PaperEvidence(city.phone("citizen-8", 500).token))
    assert till.outcomes()[1:] == [("refused", "malformed")] * 2
