# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Cards at intake: binding, TMV, chain, torn taps, limits (CARD.md sections 7 and 9, LEDGER.md section 2)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from backend.audit.invariants import check
from backend.ledger import accounts, events
from backend.ledger.posting import post
from backend.minting.cards import load_card_at_issue
from backend.minting.models import Card, Measure
from backend.redemption.models import CardTransaction, Case, CaseKind
from backend.redemption.outcomes import waited_since
from backend.shops.models import Terminal
from heitje.card.record import unpack
from heitje.journal import CardEvidence, Instrument, Kind
from heitje.money import Cents

if TYPE_CHECKING:
    from tests.backend.conftest import City, Plastic, Till

OTHER = "00112233445566aa"
WAITS = ("pending", "waits for the card's next transaction")


@pytest.fixture
def till(city: City) -> Till:
    """The baker's till, after a contact."""
    city.till.anchor()
    return city.till


@pytest.fixture
def other(city: City) -> Till:
    """The butcher's till, after a contact."""
    other = city.open_till(OTHER, "slager-1")
    other.anchor()
    return other


@pytest.fixture
def card(city: City) -> Plastic:
    """A card with 25 euro."""
    return city.cards[0]


def purse(city: City, card: Plastic) -> int:
    """What the ledger says is on the card."""
    return city.holds(accounts.purse(card.uid.hex()))


def assert_sound() -> None:
    """Every invariant holds."""
    assert [finding.name for finding in check() if not finding.holds] == []


def evidence_of(till: Till, seq: int) -> CardEvidence:
    """An entry's card evidence."""
    evidence = till.entry(seq).evidence
    assert isinstance(evidence, CardEvidence)
    return evidence


def test_sales_at_two_tills_in_either_order_of_upload(city: City, till: Till, other: Till, card: Plastic) -> None:
    till.pay_card(card, 100)
    other.pay_card(card, 200)
    till.pay_card(card, 300)
    assert till.outcomes() == [("accepted", None)] * 5
    assert (purse(city, card), card.balance) == (2100, 1900), "the butcher's 2 euro are missing yet"
    assert_sound()
    assert other.told() == "accepted"
    assert purse(city, card) == card.balance
    assert_sound()


# --- evidence ----------------------------------------------------------------------------------------------------


def test_a_forged_tmv_is_refused_and_cards_go_online_only(city: City, till: Till, card: Plastic) -> None:
    intent = till.card_intent(card, 100)
    forged = replace(evidence_of(till, intent), tmc=1, tmv=bytes(8), tmc_before=None)
    till.complete(intent, evidence=forged)
    assert till.outcomes()[-1] == ("refused", "bad transaction mac")
    assert (Case.objects.get().kind, Measure.objects.get().kind) == (CaseKind.BAD_CARD_MAC, "cards online only")
    assert (purse(city, card), CardTransaction.objects.count()) == (2500, 0)


def test_evidence_of_another_shop_is_not_bound(city: City, till: Till, other: Till, card: Plastic) -> None:
    intent = till.pay_card(card, 100)
    stolen = other.intent(Instrument.CARD, 100, evidence_of(till, intent))
    other.complete(stolen, evidence=evidence_of(till, intent + 1))
    assert other.outcomes()[1:] == [
        ("refused", "evidence is not bound to its entry"),
        ("refused", "its intent was refused"),
    ]
    assert till.told() == "accepted"
    assert city.holds(accounts.payable("slager-1")) == 0


@pytest.mark.parametrize("part", ["tmri", "record_amount", "record_kind", "record_reference"])
def test_each_part_binds(till: Till, card: Plastic, part: str) -> None:
    tmri = till.id + (len(till.entries) + 1).to_bytes(8, "big")
    evidence = card.prepare(tmri, 100, till.clock)
    record = unpack(evidence.record)
    changed = {
        "tmri": replace(evidence, tmri=till.id + bytes(8)),
        "record_amount": replace(evidence, record=replace(record, amount=99).pack()),
        "record_kind": replace(evidence, record=replace(record, kind=3).pack()),
        "record_reference": replace(evidence, record=replace(record, reference=bytes(7)).pack()),
    }[part]
    till.intent(Instrument.CARD, 100, changed)
    assert till.outcomes()[-1] == ("refused", "evidence is not bound to its entry")


def test_a_redemption_with_another_counter_is_not_bound(till: Till, card: Plastic) -> None:
    skipped = till.card_intent(card, 100)
    late = replace(evidence_of(till, skipped), tmc_before=5)
    till.entries.pop()
    intent = till.intent(Instrument.CARD, 100, late)
    till.complete(intent, evidence=card.commit(replace(late, tmc_before=0), 100))
    assert till.outcomes()[-1] == ("refused", "evidence is not bound to its entry")


def test_an_unknown_card_is_refused(till: Till, card: Plastic) -> None:
    stranger = replace(card, uid=bytes(7))
    till.pay_card(stranger, 100)
    till.complete(till.card_intent(stranger, 100), Kind.UNRESOLVED, given=True)
    assert [reason for _, reason in till.outcomes() if reason] == ["unknown card"] * 2


# --- the chain ---------------------------------------------------------------------------------------------------


def test_two_transactions_under_one_counter_wait_for_a_person(city: City, till: Till, card: Plastic) -> None:
    twin = replace(card)
    till.pay_card(card, 100)
    till.pay_card(twin, 150)
    assert till.outcomes()[-1] == ("pending", "the card's transactions do not chain")
    assert (city.holds(accounts.payable("bakker-1")), purse(city, card)) == (100, 2400)
    assert Card.objects.get(uid=card.uid.hex()).suspended_at is not None
    assert (Case.objects.get().kind, Case.objects.get().held) == (CaseKind.CARD_CHAIN, 150)
    assert_sound()


def test_a_balance_that_rises_across_a_hole_waits_for_a_person(city: City, till: Till, card: Plastic) -> None:
    till.pay_card(card, 100)
    card.tmc, card.balance = card.tmc + 3, card.balance + 1
    till.pay_card(card, 100)
    assert till.outcomes()[-1] == ("pending", "the card's transactions do not chain")
    assert city.holds(accounts.payable("bakker-1")) == 100


def test_a_claim_that_would_overdraw_its_purse_waits_for_a_person(city: City, till: Till, card: Plastic) -> None:
    """The money left by another way than the card: the chain fits, the purse holds less."""
    post(events.not_given("taken", card.uid.hex(), "citizen-1", Cents(2450), "x"), till.clock)
    till.pay_card(card, 100)
    assert till.outcomes()[-1] == ("pending", "more than the card's purse holds")
    assert (purse(city, card), Case.objects.get().kind) == (50, CaseKind.CARD_OVERDRAWN)


# --- torn taps ---------------------------------------------------------------------------------------------------


def test_a_torn_tap_found_again_by_the_same_till(city: City, till: Till, card: Plastic) -> None:
    intent = till.card_intent(card, 100)
    proof = till.commit(card, intent)
    assert till.outcomes()[-1] == ("accepted", None), "an intent alone pays nothing"
    assert purse(city, card) == 2500
    till.complete(intent, evidence=proof)
    assert till.told() == "accepted"
    assert purse(city, card) == 2400


def test_closed_unresolved_and_found_again_is_posted_once(city: City, till: Till, card: Plastic) -> None:
    intent = till.card_intent(card, 100)
    proof = till.commit(card, intent)
    till.complete(intent, Kind.UNRESOLVED, given=True)
    assert till.outcomes()[-1] == WAITS
    till.complete(intent, evidence=proof)
    till.complete(intent, evidence=proof)
    assert till.outcomes() == [("accepted", None)] * 2
    assert (purse(city, card), city.holds(accounts.payable("bakker-1"))) == (2400, 100)
    assert_sound()


@pytest.mark.parametrize("given", [True, False])
def test_what_the_cashier_closed_is_kept_when_the_card_comes_back(
    city: City, till: Till, card: Plastic, given: bool
) -> None:
    """No path pays a shop for goods not given, whichever proof comes first (CARD.md section 9)."""
    intent = till.card_intent(card, 100)
    proof = till.commit(card, intent)
    till.complete(intent, Kind.UNRESOLVED, given=given)
    assert till.outcomes()[-1] == WAITS
    till.complete(intent, evidence=proof)
    assert till.outcomes()[-1] == ("accepted", None if given else "returned to the citizen")
    (closing,) = waited_since(Terminal.objects.get(id=till.name), 0)
    assert str(closing.outcome) == "accepted"
    assert purse(city, card) == card.balance == 2400
    assert city.holds(accounts.payable("bakker-1")) == (100 if given else 0)
    assert city.earned("citizen-1") == (0 if given else 100)
    assert_sound()


@pytest.mark.parametrize(("given", "told"), [(True, "refused"), (False, "accepted")])
def test_a_void_after_a_closing_answers_both(till: Till, card: Plastic, given: bool, told: str) -> None:
    intent = till.card_intent(card, 100)
    till.complete(intent, Kind.UNRESOLVED, given=given)
    assert till.outcomes()[-1] == WAITS
    till.complete(intent, Kind.VOID)
    assert till.outcomes()[-1] == ("accepted", None)
    (closing,) = waited_since(Terminal.objects.get(id=till.name), 0)
    assert (str(closing.outcome), closing.reason) == (told, "the card never committed")
    assert_sound()


@pytest.mark.parametrize("given", [True, False])
@pytest.mark.parametrize("order", ["closing first", "proof first"])
def test_the_next_transaction_proves_a_commit(
    city: City, till: Till, other: Till, card: Plastic, given: bool, order: str
) -> None:
    intent = till.card_intent(card, 100)
    till.commit(card, intent)
    till.complete(intent, Kind.UNRESOLVED, given=given)
    other.pay_card(card, 200)
    if order == "closing first":
        assert till.outcomes()[-1] == WAITS
        assert other.told() == "accepted"
    else:
        assert other.told() == "accepted"
        told = ("accepted", None) if given else ("accepted", "returned to the citizen")
        assert till.outcomes()[-1] == told
    waited = waited_since(Terminal.objects.get(id=till.name), 0)
    told_later = [(outcome.seq, str(outcome.outcome)) for outcome in waited]
    assert told_later == ([(intent + 1, "accepted")] if order == "closing first" else [])
    assert purse(city, card) == card.balance == 2200
    assert city.holds(accounts.payable("bakker-1")) == (100 if given else 0)
    assert city.earned("citizen-1") == (0 if given else 100)
    assert CardTransaction.objects.count() == 2
    assert_sound()


@pytest.mark.parametrize("given", [True, False])
@pytest.mark.parametrize("gap", [1, 2])
@pytest.mark.parametrize("order", ["closing first", "proof first"])
def test_the_next_transaction_proves_that_nothing_was_committed(
    city: City, till: Till, other: Till, card: Plastic, given: bool, gap: int, order: str
) -> None:
    """t+1 by another reader, with or without a sale after it."""
    intent = till.card_intent(card, 100)
    till.complete(intent, Kind.UNRESOLVED, given=given)
    for _ in range(gap):
        other.pay_card(card, 200)
    if order == "closing first":
        till.upload()
        other.upload()
        [waited] = waited_since(Terminal.objects.get(id=till.name), 0)
        told = (str(waited.outcome), waited.reason)
    else:
        other.upload()
        told = till.outcomes()[-1]
    assert told == ("refused" if given else "accepted", "the card never committed")
    assert (city.holds(accounts.payable("bakker-1")), city.earned("citizen-1")) == (0, 0)
    assert purse(city, card) == card.balance
    assert_sound()


def test_t_plus_2_alone_names_another_reader(city: City, till: Till, other: Till, card: Plastic) -> None:
    """The sale in between was made by a third till that never uploads."""
    third = city.open_till("00112233445566bb", "kapper-1")
    intent = till.card_intent(card, 100)
    till.complete(intent, Kind.UNRESOLVED, given=False)
    till.upload()
    third.pay_card(card, 50)
    other.pay_card(card, 200)
    assert other.told() == "accepted"
    [waited] = waited_since(Terminal.objects.get(id=till.name), 0)
    assert (str(waited.outcome), waited.reason) == ("accepted", "the card never committed")
    assert_sound()


def test_what_comes_later_proves_nothing(city: City, till: Till, other: Till, card: Plastic) -> None:
    third = city.open_till("00112233445566bb", "kapper-1")
    intent = till.card_intent(card, 100)
    till.commit(card, intent)
    till.complete(intent, Kind.UNRESOLVED, given=True)
    till.upload()
    third.pay_card(card, 50)
    other.pay_card(card, 200)
    other.upload()
    assert str(waited_since(Terminal.objects.get(id=till.name), 0)[0].outcome) == "pending"
    third.upload()  # t + 2: now it is proved
    assert str(waited_since(Terminal.objects.get(id=till.name), 0)[0].outcome) == "accepted"
    assert purse(city, card) == card.balance
    assert_sound()


def test_a_void_of_what_the_card_committed_goes_back_to_the_citizen(
    city: City, till: Till, other: Till, card: Plastic
) -> None:
    intent = till.card_intent(card, 100)
    till.commit(card, intent)
    till.complete(intent, Kind.VOID)
    assert till.told() == "accepted"
    other.pay_card(card, 200)
    assert other.told() == "accepted"
    assert city.earned("citizen-1") == 100
    assert purse(city, card) == card.balance
    assert Case.objects.get().kind == CaseKind.CONTRADICTION
    assert_sound()


def test_a_void_after_the_proof_is_a_conflict(city: City, till: Till, other: Till, card: Plastic) -> None:
    intent = till.card_intent(card, 100)
    till.commit(card, intent)
    other.pay_card(card, 200)
    other.upload()
    till.complete(intent, Kind.VOID)
    assert till.outcomes()[-1] == ("conflict", "against proof")
    assert (city.earned("citizen-1"), purse(city, card)) == (100, card.balance)
    assert_sound()


def test_a_redemption_after_its_void_is_a_contradiction(city: City, till: Till, card: Plastic) -> None:
    intent = till.card_intent(card, 100)
    proof = till.commit(card, intent)
    till.complete(intent, Kind.VOID)
    till.complete(intent, evidence=proof)
    assert till.outcomes()[-1] == ("refused", "voided before")
    assert (Case.objects.get().kind, Case.objects.get().held) == (CaseKind.CONTRADICTION, 100)
    assert_sound()


def test_a_payment_that_went_back_is_not_paid_as_well(city: City, till: Till, other: Till, card: Plastic) -> None:
    intent = till.card_intent(card, 100)
    proof = till.commit(card, intent)
    till.complete(intent, Kind.UNRESOLVED, given=False)
    till.upload()
    other.pay_card(card, 200)
    other.upload()
    till.complete(intent, evidence=proof)
    till.complete(intent, Kind.UNRESOLVED, given=True)
    till.complete(intent, Kind.UNRESOLVED, given=False)
    assert till.outcomes() == [
        ("conflict", "returned to the citizen"),
        ("conflict", "against proof"),
        ("accepted", "returned to the citizen"),
    ]
    assert (city.holds(accounts.payable("bakker-1")), city.earned("citizen-1")) == (0, 100)
    assert_sound()


def test_one_batch_may_hold_a_torn_tap_and_its_proof(city: City, till: Till, card: Plastic) -> None:
    intent = till.card_intent(card, 100)
    till.commit(card, intent)
    till.complete(intent, Kind.UNRESOLVED, given=True)
    till.pay_card(card, 200)
    assert till.outcomes()[1:] == [("accepted", None)] * 4
    assert purse(city, card) == card.balance
    assert len(waited_since(Terminal.objects.get(), 0)) == 1
    assert_sound()


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (2, 0, 1)])
def test_torn_taps_in_a_row_are_proved_one_by_the_other(
    city: City, till: Till, other: Till, card: Plastic, order: tuple[int, ...]
) -> None:
    third = city.open_till("00112233445566bb", "kapper-1")
    for seller, given in ((till, True), (other, False)):
        intent = seller.card_intent(card, 100)
        seller.commit(card, intent)
        seller.complete(intent, Kind.UNRESOLVED, given=given)
    third.pay_card(card, 1)
    for at in order:
        (till, other, third)[at].upload()
    assert (city.holds(accounts.payable("bakker-1")), city.earned("citizen-1")) == (100, 100)
    assert purse(city, card) == card.balance
    assert_sound()


# --- limits ------------------------------------------------------------------------------------------------------


def test_a_payment_above_the_limit_is_proved_and_not_paid(city: City, till: Till, card: Plastic) -> None:
    rich = replace(card, uid=bytes.fromhex("04000000000009"), balance=9000)
    city.earn("citizen-9", 9000)
    load_card_at_issue(rich.uid, "citizen-9", Cents(9000), till.clock)
    for amount in (2501, 2500, 2500, 1):
        till.pay_card(rich, amount)
    outcomes = till.outcomes()
    assert outcomes[2] == ("refused", "needs a connection")
    assert outcomes[8] == ("refused", "needs a connection"), "50 euro per card, till and day"
    assert city.holds(accounts.payable("bakker-1")) == 5000
    assert set(Case.objects.values_list("kind", flat=True)) == {CaseKind.CARD_RULES}
    assert_sound()


def test_a_stale_bundle_leaves_the_card_10_euro(till: Till, card: Plastic) -> None:
    till.clock += 72 * 3600 + 1
    till.pay_card(card, 1000)
    till.pay_card(card, 1001)
    outcomes = till.outcomes()
    assert (outcomes[2][0], outcomes[4]) == ("accepted", ("refused", "needs a connection"))


def test_a_block_counts_72_hours_after_it(city: City, till: Till, card: Plastic) -> None:
    """From its publication on, and not from when it was asked for: nobody could know of it before."""
    Card.objects.filter(uid=card.uid.hex()).update(suspended_at=till.clock - 3600)
    city.publish(till.clock)
    till.clock += 72 * 3600
    till.pay_card(card, 100)
    till.clock += 1
    till.pay_card(card, 100)
    outcomes = till.outcomes()
    assert (outcomes[2][0], outcomes[4]) == ("accepted", ("refused", "blocked"))
