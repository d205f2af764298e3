# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A person's word on what a card paid and its shop was refused: the shop's money, or the citizen's; never nobody's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from backend.audit.invariants import check
from backend.cards.window_end import settle_window_end
from backend.ledger import accounts
from backend.redemption import decisions
from backend.redemption.models import Case, CaseKind, Claim, ClaimState, JournalEntry
from backend.redemption.outcomes import as_told
from heitje.journal import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.backend.conftest import City, Till

DAY = 86_400
LOSS_FUND, OPENING = 100_000, 2500


@pytest.fixture
def till(city: City) -> Till:
    """The baker's till, after a contact."""
    city.till.anchor()
    return city.till


def against_the_rules(city: City, till: Till) -> CaseKind:
    """A sale of 2 euro by a till that has not been heard of for more than seven days."""
    till.pay_card(city.cards[0], 100)
    till.clock += 8 * DAY
    till.pay_card(city.cards[0], 200)
    return CaseKind.CARD_RULES


def voided_and_proved(city: City, till: Till) -> CaseKind:
    """The till says of a sale of 2 euro that it never happened, and later brings the card's own proof."""
    till.pay_card(city.cards[0], 100)
    intent = till.card_intent(city.cards[0], 200)
    evidence = till.commit(city.cards[0], intent)
    till.complete(intent, Kind.VOID)
    till.complete(intent, evidence=evidence)
    return CaseKind.CONTRADICTION


def money(city: City) -> tuple[int, int, int, int]:
    """Shop, purse, citizen, loss fund; every invariant holds."""
    assert [finding.name for finding in check() if not finding.holds] == []
    purse = city.holds(accounts.purse(city.cards[0].uid.hex()))
    shop = city.holds(accounts.payable("bakker-1"))
    return shop, purse, city.earned("citizen-1"), city.holds(accounts.LOSS_FUND)


@pytest.mark.parametrize("refuse", [against_the_rules, voided_and_proved])
@pytest.mark.parametrize("paid", [True, False])
def test_what_the_card_paid_is_the_shops_or_the_citizens(
    city: City, till: Till, refuse: Callable[[City, Till], CaseKind], paid: bool
) -> None:
    kind = refuse(city, till)
    assert till.told() == "refused"
    case = Case.objects.get()
    assert (case.kind, case.held) == (kind, 200)
    assert money(city) == (100, OPENING - 100, 0, LOSS_FUND), "on the card are 3 euro less, in the purse 1"
    (decisions.pay if paid else decisions.close)(case.pk, "anna", till.clock)
    if paid:
        assert money(city) == (300, OPENING - 300, 0, LOSS_FUND)
    else:
        assert money(city) == (100, OPENING - 300, 200, LOSS_FUND)
    claim = Claim.objects.order_by("-intent_seq")[0]
    assert (claim.state, claim.paid) == (ClaimState.LATER if paid else ClaimState.RETURNED, 200)
    [told] = as_told(JournalEntry.objects.filter(cases=case))
    assert str(told.outcome) == ("conflict" if paid else "refused")
    till.upload(after=0)
    assert money(city)[0] == (300 if paid else 100)


@pytest.fixture
def refused(city: City, till: Till) -> int:
    """A sale against the rules; its case."""
    against_the_rules(city, till)
    till.told()
    return int(Case.objects.get().pk)


def test_a_word_is_kept_whole_or_not_at_all(
    city: City, till: Till, refused: int, saved: Callable[[], None], in_child: Callable[..., bool]
) -> None:
    """Killed before any statement, and said again: once, and for what it was."""
    statement, killed = -2, True
    while killed:
        statement += 3
        saved()
        killed = in_child(lambda: decisions.pay(refused, "anna", till.clock), statement)
        if Case.objects.get(pk=refused).decided_at is None:
            decisions.pay(refused, "anna", till.clock)
        with pytest.raises(decisions.NotDecided, match="anna"):
            decisions.pay(refused, "bert", till.clock)
        assert money(city) == (300, OPENING - 300, 0, LOSS_FUND)
    assert statement > 9


@pytest.fixture
def silent(city: City) -> int:
    """A torn sale that was given, one that is never sent, and one after it; when the window is over."""
    card, till = city.cards[0], city.till
    till.anchor()
    torn = till.card_intent(card, 300)
    till.commit(card, torn)
    till.complete(torn, Kind.UNRESOLVED, given=True)
    till.upload()
    for name, shop, sent in (("00112233445566aa", "slager-1", False), ("00112233445566bb", "kapper-1", True)):
        other = city.open_till(name, shop)
        other.anchor()
        other.pay_card(card, 200)
        if sent:
            other.upload()
    return till.clock + 21 * DAY + 1


def test_the_window_may_end_in_the_middle_of_a_night(
    city: City, silent: int, saved: Callable[[], None], in_child: Callable[..., bool]
) -> None:
    statement, killed = -6, True
    while killed:
        statement += 7
        saved()
        killed = in_child(lambda: settle_window_end(silent), statement)
        settle_window_end(silent)
        assert money(city) == (0, OPENING - 700, 500, LOSS_FUND)
        assert Claim.objects.get(terminal=city.till.name).state == ClaimState.HELD
        assert (Case.objects.get().kind, Case.objects.get().held) == (CaseKind.CARD_LATE, 300)
    assert statement > 20
