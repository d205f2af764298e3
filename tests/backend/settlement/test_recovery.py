# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What follows a conflict (LEDGER.md section 2): deny list within one publish, recovery, claw-back; teams, grants."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import transaction

from backend import population
from backend.assembly import programme_of
from backend.audit.invariants import check
from backend.command_line import make_parser
from backend.commands import treasury
from backend.ledger import accounts
from backend.ledger.accounts import AccountName
from backend.minting import print_runs, vouchers
from backend.minting.bundles import deny_list
from backend.minting.models import Card
from backend.minting.vouchers import NotIssued
from backend.officials import approvals
from backend.population import INSPECTOR
from backend.redemption.loading import load_card
from backend.redemption.models import Case, Claim
from backend.settlement import corrections, earnings, note_refunds, recovery
from backend.settlement.models import Debt
from backend.settlement.treasurers import TreasuryRefused
from backend.shops.models import Terminal
from backend.tasks.models import Task
from backend.tasks.transitions import Move
from backend.tasks.workflow import Draft, draft
from heitje.keys import SigningKey
from heitje.money import Cents

if TYPE_CHECKING:
    from tests.backend.conftest import City, Phone, Till


def at_two_tills(city: City, phone: Phone, first: bytes, second: bytes, amounts: tuple[int, int]) -> list[str]:
    """Two codes, each taken offline at a till of its own; the outcome of each redemption."""
    other = city.open_till("00112233445566aa", "slager-1")
    told = []
    for till, code, amount in zip((city.till, other), (first, second), amounts, strict=True):
        till.anchor()
        till.pay_phone(phone, amount, code)
        told.append(till.told())
    return told


def two_payloads(city: City, phone: Phone) -> int:
    """A phone that signs two payments under one number; what the loss fund lost by it."""
    before = city.holds(accounts.LOSS_FUND)
    codes = phone.code(300, None, city.till.clock, 1), phone.code(299, None, city.till.clock, 1)
    assert at_two_tills(city, phone, *codes, (300, 299)) == ["accepted", "conflict"]
    return before - city.holds(accounts.LOSS_FUND)


def sound() -> bool:
    """Whether every invariant holds."""
    return all(finding.holds for finding in check())


def test_what_the_fund_paid_comes_back_from_later_earnings(city: City) -> None:
    phone = city.phone("citizen-9", 1000)
    assert two_payloads(city, phone) == 299
    assert recovery.recover(city.till.clock) == 0, "nothing is earned since"
    city.earn("citizen-9", 100)
    assert recovery.recover(city.till.clock, {"citizen-8"}) == 0
    assert recovery.recover(city.till.clock) == 100
    assert sound()
    city.earn("citizen-9", 500)
    assert recovery.recover(city.till.clock, {"citizen-9"}) == 199
    assert recovery.recover(city.till.clock) == 0
    assert (city.earned("citizen-9"), city.holds(accounts.LOSS_FUND)) == (301, 100_000)
    debt = Debt.objects.get()
    assert (debt.citizen, debt.amount, debt.recovered, debt.parts) == ("citizen-9", 299, 299, 2)
    assert sound()


def test_what_is_earned_pays_what_is_owed_in_the_same_transaction(city: City) -> None:
    """By a validation and by a team's share; what comes by another way, and a debt that came later, by the night."""
    assert two_payloads(city, city.phone("citizen-9", 1000)) == 299
    now = city.till.clock
    task = draft(Draft("Bench", "green", "Park", 60, Cents(100)))
    for wanted, actor in (
        (Move.PUBLISH, population.EDITOR),
        *((step, "citizen-9") for step in (Move.CLAIM, Move.START, Move.SUBMIT)),
        (Move.VALIDATE, INSPECTOR),
    ):
        earnings.move(task.pk, wanted, actor, now)
    assert (city.earned("citizen-9"), Debt.objects.get().recovered) == (0, 100)
    city.earn("team:buurt", 900)
    assert earnings.share("1", "team:buurt", "citizen-9", Cents(150), now)
    assert (city.earned("citizen-9"), Debt.objects.get().recovered) == (0, 250)
    city.earn("citizen-9", 300)
    run = make_parser().parse_args(["settle", "--date", "2026-11-24", "--dir", str(city.configuration.directory)])
    treasury.settle(run)
    assert (city.earned("citizen-9"), Debt.objects.get().recovered) == (251, 299)
    assert sound()


def test_a_copy_makes_nobody_a_debtor_and_denies_nobody(city: City) -> None:
    phone = city.phone("citizen-9", 1000)
    code = phone.code(300, None, city.till.clock)
    assert at_two_tills(city, phone, code, code, (300, 300)) == ["accepted", "conflict"]
    city.earn("citizen-9", 1000)
    assert (recovery.recover(city.till.clock), Debt.objects.count()) == (0, 0)
    assert bytes.fromhex(phone.cti) not in deny_list(city.till.clock)


def test_a_phone_in_conflict_is_denied_within_one_publish(city: City) -> None:
    phone = city.phone("citizen-9", 1000)
    before = deny_list(city.till.clock)
    two_payloads(city, phone)
    denied = bytes.fromhex(phone.cti)
    assert deny_list(city.till.clock) - before == {denied}
    assert city.publish(city.till.clock).fresh
    assert denied not in deny_list(city.till.clock + 8 * 86_400), "no longer than a till might take it"


def test_a_card_in_conflict_and_a_spent_note_are_denied_within_one_publish(city: City) -> None:
    cti, token = city.note("citizen-9", 500)
    city.till.anchor()
    city.till.pay_paper(token, 500)
    card = city.cards[0]
    card.balance += 5000  # an emulated card that says it holds more than was ever loaded
    city.till.pay_card(card, 400)
    assert city.till.told() == "pending"
    assert deny_list(city.till.clock) >= {bytes.fromhex(cti), card.uid}
    assert Card.objects.get(uid=card.uid.hex()).suspended_at is not None


def test_an_owner_is_guaranteed_100_euro_of_card_in_30_days(city: City) -> None:
    """A blocked card at two shops of one owner, before tills had to know: the fund pays what the guarantee has left."""
    other = city.open_till("00112233445566aa", "slager-1", owner="bakker-1")
    card = city.cards[0]
    Card.objects.filter(uid=card.uid.hex()).update(blocked_at=city.till.clock - 60)
    fund = city.holds(accounts.LOSS_FUND)
    for till, told in ((city.till, "accepted"), (other, "conflict")):
        till.anchor()
        till.pay_card(card, 500)
        assert till.told() == told
        Claim.objects.filter(settled_at__isnull=False).update(amount=9800, paid=9800, guaranteed=9800)
    assert city.holds(accounts.LOSS_FUND) == fund - 500 - 200
    case = Case.objects.latest("id")
    assert (case.kind, case.held) == ("card blocked", 300)
    other.clock += 31 * 86_400
    city.publish(other.clock)
    Claim.objects.update(settled_at=city.till.clock)
    assert _guarantee_left(other) == 10_000, "30 days later it is whole again"


def _guarantee_left(till: Till) -> int:
    """Cents of card that the till's owner is still guaranteed, as intake sees it."""
    terminal = Terminal.objects.select_related("shop").get(id=till.name)
    with transaction.atomic():
        return load_card(terminal, "00" * 7, till.clock).guarantee_left[True]


def test_a_wrongly_validated_task_is_taken_back_and_what_is_spent_is_owed(city: City) -> None:
    city.earn("citizen-9", 500)
    task = Task.objects.latest("id")
    for official, reason in (("anna", "x"), (INSPECTOR, "x"), ("desk-1", "x"), ("treasurer-1", "")):
        with pytest.raises(TreasuryRefused):
            corrections.claw_back(task.pk, official, reason, city.till.clock)
    spend(city, "citizen-9", 450)
    free = city.holds(accounts.FREE_COVER)
    assert corrections.claw_back(task.pk, "treasurer-1", "the bench is not painted", city.till.clock).amount == 50
    assert (city.earned("citizen-9"), city.holds(accounts.FREE_COVER)) == (0, free + 50)
    with pytest.raises(TreasuryRefused):
        corrections.claw_back(task.pk, "treasurer-1", "again", city.till.clock)
    city.earn("citizen-9", 600)
    assert recovery.recover(city.till.clock) == 450
    assert city.earned("citizen-9") == 150
    assert sound()


def spend(city: City, who: str, amount: int) -> None:
    """A citizen's coins go onto a phone."""
    programme = programme_of(city.configuration)
    vouchers.issue_allowance(
        programme=programme.iss,
        citizen=who,
        amount=Cents(amount),
        phone=SigningKey.from_seed(bytes(range(32))).public,
        key_store=programme.key_store,
        at=city.till.clock,
    )


def test_a_team_shares_what_it_earned(city: City) -> None:
    city.earn("team:buurt", 900)
    team: AccountName = accounts.team("team:buurt")
    assert city.holds(team) == 900
    assert earnings.share("1", "team:buurt", "citizen-9", Cents(400), city.till.clock)
    assert not earnings.share("1", "team:buurt", "citizen-9", Cents(400), city.till.clock)
    with pytest.raises(TreasuryRefused):
        earnings.share("2", "team:buurt", "citizen-9", Cents(501), city.till.clock)
    with pytest.raises(TreasuryRefused):
        earnings.share("3", "citizen-9", "citizen-10", Cents(1), city.till.clock)
    assert (city.holds(team), city.earned("citizen-9"), sound()) == (500, 400, True)


def test_a_grant_takes_two_treasurers_and_pays_no_more_than_it_has(city: City) -> None:
    now, free = city.till.clock, city.holds(accounts.FREE_COVER)
    asked = corrections.ask_promise("sport-1", "sports for the young", Cents(1000), "treasurer-1", now)
    with pytest.raises(TreasuryRefused):
        corrections.pay("sport-1", "citizen-9", Cents(100), "treasurer-1", now)
    approvals.approve(asked.pk, "treasurer-2", now)
    assert approvals.carry_out(asked.pk, lambda content: corrections.promise(content, now), now)
    corrections.pay("sport-1", "citizen-9", Cents(600), "treasurer-1", now)
    with pytest.raises(TreasuryRefused):
        corrections.pay("sport-1", "citizen-9", Cents(401), "treasurer-1", now)
    corrections.withdraw("sport-1", Cents(400), "treasurer-1", now)
    assert city.holds(accounts.earmarked("sport-1", "citizen-9")) == 600
    assert (city.holds(accounts.FREE_COVER), city.holds(accounts.COMMITTED), sound()) == (free - 600, 0, True)


def test_a_notes_refund_becomes_notes_at_the_desk(city: City) -> None:
    _, token = city.note("citizen-9", 2000)
    city.till.anchor()
    intent = city.till.pay_paper(token, 2000)
    refund = city.till.refund(intent + 1, 1790)
    assert city.till.told() == "accepted"
    programme, now = programme_of(city.configuration), city.till.clock

    def give(seq: int, by: str) -> note_refunds.Given:
        refunded, paper = note_refunds.Refunded(city.till.name, seq), note_refunds.Paper("bakker-1")
        return note_refunds.give(refunded, paper, by, programme.iss, programme.key_store, now)

    with pytest.raises(NotIssued, match="no desk"):
        give(refund, "treasurer-1")
    with pytest.raises(NotIssued, match="no note is due"):
        give(intent, "desk-1")
    given = give(refund, "desk-1")
    notes = [note.voucher for note in given.run.notes.order_by("number")]
    assert ([note.amount for note in notes], given.left) == ([1000, 500, 200], 90)
    assert give(refund, "desk-1") == given, "the same receipt again is the same notes"
    assert {bytes.fromhex(note.cti) for note in notes} <= deny_list(now), "until they are handed out"
    assert print_runs.hand_out(given.run, 1, 3, "desk-1", now) == 3, "whoever has the receipt gets them"
    assert deny_list(now).isdisjoint(bytes.fromhex(note.cti) for note in notes)
    assert sound()
