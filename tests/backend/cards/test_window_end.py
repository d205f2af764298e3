# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the end of the upload window settles, in cents: loads to lost cards, holes, payments that no card spoke for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from backend.audit.invariants import check
from backend.cards import desk
from backend.cards.making import order_card
from backend.cards.models import CardOrder
from backend.cards.relay import SessionRefused
from backend.cards.window_end import give_up_loads, settle_window_end
from backend.ledger import accounts
from backend.minting.cards import CardRefused
from backend.minting.models import Card as CardRow
from backend.minting.models import Load, LoadOrder, LoadState
from backend.redemption import decisions
from backend.redemption.models import Case, CaseKind, Claim, ClaimState
from backend.redemption.outcomes import waited_since
from backend.shops.models import Terminal
from firmware_sim.card.blank import blank_light
from firmware_sim.card.firmware import Card
from firmware_sim.card.image import MemoryStore
from heitje.card.layout import Command
from heitje.journal import Kind
from heitje.money import Cents
from heitje.relay import End, Work

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.backend.cards.conftest import Reader, Shop
    from tests.backend.conftest import City

    Books = Callable[..., tuple[int, int, int]]

NOW = 1_795_500_000
WINDOW = 21 * 86_400
NEW_UID = bytes.fromhex("04A1B2C3D4E5F6")
LOSS_FUND = 100_000


@pytest.fixture
def new(reader: Reader) -> Card:
    """A card of the stock, made."""
    order_card("", NOW)
    card = Card(MemoryStore(blank_light(NEW_UID)))
    assert reader.tap(card, Work.PERSONALISE).end is End.MADE
    return card


@pytest.fixture
def in_flight(city: City, reader: Reader, card: Card) -> Callable[[bool], None]:
    """7.50 euro of the citizen's 10 are on their way, and the card left: it has them, or not."""

    def send(committed: bool) -> None:
        city.earn("citizen-1", 1000)
        desk.order_load(card.uid, Cents(750), "wish:1", NOW)
        reply = reader.open(reader.opening(card))
        while reply.apdu is not None and reply.apdu[1] != Command.COMMIT_TRANSACTION:
            reply = reader.forward(card, reply)
        if committed and reply.apdu is not None:
            card.transmit(reply.apdu)
        card.power_off()
        assert reader.answer(reply, None).end is End.IN_FLIGHT

    return send


# --- a load in flight to a card that is lost -----------------------------------------------------------------------


@pytest.mark.parametrize("committed", [False, True])
def test_what_was_on_its_way_to_a_lost_card_is_its_citizens_a_window_later(
    reader: Reader, card: Card, new: Card, books: Books, in_flight: Callable[[bool], None], committed: bool
) -> None:
    """Whether the card has it or not: nobody will spend it any more. The new card is loaded with it."""
    in_flight(committed)
    desk.replace(card.uid, new.uid, NOW + 5)
    assert (books(card), reader.tap(new).amount) == ((250, 750, 2500), 2000)
    settle_window_end(NOW + 5 + WINDOW)
    assert books(card) == (250, 750, 500), "never undone by time alone: the window is not over"
    ended = settle_window_end(NOW + 6 + WINDOW)
    assert ([load.amount for load in ended.loads], [order.amount for order in ended.orders]) == ([750], [500])
    again = settle_window_end(NOW + 7 + WINDOW)
    assert (again.loads, again.orders) == ([], [])
    assert (books(card), books(new)) == ((1000, 0, 500), (1000, 0, 2000))
    taken = [reader.tap(new).amount, reader.tap(new).amount]
    assert (sorted(taken, key=str), books(card)[2]) == ([500, 750], 0)
    assert (books(new), new.image.application.balance) == ((250, 0, 3250), 3250)
    assert reader.tap(card).reason == "blocked"


def test_a_sale_that_was_made_with_it_proves_it_within_the_window(
    city: City, shop: Shop, reader: Reader, card: Card, new: Card, books: Books, in_flight: Callable[[bool], None]
) -> None:
    in_flight(True)
    shop.till.clock = NOW + 1
    shop.sell(card, 100)
    desk.replace(card.uid, new.uid, NOW + 5)
    shop.till.upload(NOW + 60)
    assert books(card) == (250, 0, 2500 + 750 - 100)
    ended = settle_window_end(NOW + 6 + WINDOW)
    assert (ended.loads, [order.amount for order in ended.orders]) == ([], [1150])
    assert reader.tap(new).amount == 2000 + 1150
    assert books(card)[2] == 0


def test_a_lost_card_whose_load_was_given_up_stays_blocked(
    city: City, shop: Shop, card: Card, books: Books, in_flight: Callable[[bool], None]
) -> None:
    """It may have money that is no longer behind it: what is claimed of it so late is for a person to see."""
    in_flight(True)
    shop.till.clock = NOW + 1
    shop.sell(card, 100)  # at a till that keeps it for longer than it may
    desk.block(card.uid, NOW + 5)
    assert desk.unblock(card.uid).blocked_at is None
    desk.block(card.uid, NOW + 5)
    assert [load.state for load in give_up_loads(NOW + 6 + WINDOW)] == [LoadState.NOT_DONE]
    assert books(card) == (1000, 0, 2500)
    with pytest.raises(CardRefused, match="stays blocked"):
        desk.unblock(card.uid)
    told = shop.till.upload(NOW + 7 + WINDOW).outcomes[-1]
    assert (str(told.outcome), city.holds(accounts.payable("bakker-1"))) == ("pending", 0)
    assert (Case.objects.get().kind, Case.objects.get().held) == (CaseKind.CARD_CHAIN, 100)
    assert books(card) == (1000, 0, 2500)


def test_what_never_happened_waits_for_the_new_card(
    city: City, shop: Shop, reader: Reader, card: Card, new: Card, books: Books, in_flight: Callable[[bool], None]
) -> None:
    in_flight(False)
    shop.till.clock = NOW + 1
    shop.sell(card, 100)  # proves that the load never happened, after the card was replaced
    desk.replace(card.uid, new.uid, NOW + 5)
    shop.till.upload(NOW + 60)
    assert Load.objects.get(amount=750).state == LoadState.NOT_DONE
    settle_window_end(NOW + 70)
    assert LoadOrder.objects.get(event="wish:1").card_id == new.uid.hex()
    assert sorted([reader.tap(new).amount, reader.tap(new).amount], key=str) == [2000, 750]
    assert books(new) == (250, 0, 2750)


# --- payments that no card speaks for ------------------------------------------------------------------------------


def outcome_of(shop: Shop, seq: int) -> tuple[str, str | None]:
    """What became of an entry that was pending."""
    found = {row.seq: row for row in waited_since(Terminal.objects.get(id=shop.till.name), 0)}
    return str(found[seq].outcome), found[seq].reason


@pytest.mark.parametrize("given", [False, True])
def test_a_torn_sale_in_a_hole_whose_money_went_back_is_settled(
    city: City, shop: Shop, other_shop: Shop, card: Card, books: Books, given: bool
) -> None:
    """Torn at the baker's, then a sale that is never sent, then the butcher's: nothing proves the torn one."""
    torn = shop.tear(card, 300, committed=True)
    shop.till.complete(torn, Kind.UNRESOLVED, given=given)
    shop.till.upload()
    silent = replace(shop, till=city.open_till("00112233445566bb", "kapper-1"))
    silent.till.anchor()
    silent.sell(card, 200)  # of which nothing is ever heard
    other_shop.sell(card, 100)
    other_shop.till.upload()
    closing = torn + 1
    assert (books(card), Claim.objects.get(terminal=shop.till.name).state) == ((0, 0, 2400), ClaimState.UNRESOLVED)
    ended = settle_window_end(NOW + WINDOW + 1)
    assert ([gap.amount for gap in ended.gaps], ended.waiting) == ([500], 1)
    assert books(card) == (500, 0, 1900)
    claim = Claim.objects.get(terminal=shop.till.name)
    if not given:
        assert (claim.state, outcome_of(shop, closing)) == (
            ClaimState.RETURNED,
            ("accepted", "returned to the citizen"),
        )
        assert not Case.objects.exists()
        return
    assert (claim.state, outcome_of(shop, closing)) == (ClaimState.HELD, ("pending", "returned to the citizen"))
    case = Case.objects.get()
    assert (case.kind, case.held, settle_window_end(NOW + WINDOW + 2).waiting) == (CaseKind.CARD_LATE, 300, 0)
    decisions.pay(case.pk, "anna", NOW + WINDOW + 3)
    assert outcome_of(shop, closing) == ("conflict", "paid by decision")
    assert (city.holds(accounts.payable("bakker-1")), city.holds(accounts.LOSS_FUND)) == (300, LOSS_FUND - 300)
    assert books(card) == (500, 0, 1900)


def test_a_person_may_close_it_instead(shop: Shop, card: Card, new: Card, books: Books) -> None:
    """The card was lost after the torn sale, and replaced: nobody will hold it again."""
    torn = shop.tear(card, 300, committed=False)
    shop.till.complete(torn, Kind.UNRESOLVED, given=True)
    shop.till.upload()
    desk.replace(card.uid, new.uid, NOW)
    assert settle_window_end(NOW + WINDOW).waiting == 0
    assert settle_window_end(NOW + WINDOW + 1).waiting == 1
    case = Case.objects.get()
    decisions.close(case.pk, "anna", NOW + WINDOW + 2)
    assert outcome_of(shop, torn + 1) == ("refused", "not paid, by decision")
    assert (Claim.objects.get().state, books(card)) == (ClaimState.REFUSED, (0, 0, 2500))
    with pytest.raises(decisions.NotDecided, match="anna"):
        decisions.pay(case.pk, "bert", NOW + WINDOW + 3)


def test_a_card_that_stays_away_is_a_case_and_its_coming_settles_it(
    city: City, shop: Shop, other_shop: Shop, card: Card, books: Books
) -> None:
    torn = shop.tear(card, 300, committed=True)
    shop.till.complete(torn, Kind.UNRESOLVED, given=True)
    shop.till.upload()
    assert settle_window_end(NOW + WINDOW).waiting == 0
    assert not Case.objects.exists()
    later = NOW + WINDOW + 1
    assert settle_window_end(later).waiting == 0
    case = Case.objects.get()
    assert (case.kind, case.held) == (CaseKind.CARD_LATE, 300)
    with pytest.raises(decisions.NotDecided, match="waits for its card"):
        decisions.pay(case.pk, "anna", later)
    other_shop.till.clock = later
    other_shop.till.anchor()
    other_shop.sell(card, 100)
    other_shop.till.upload()
    settle_window_end(later + 1)
    case.refresh_from_db()
    assert (case.decided_by, case.held) == ("the card itself", 0)
    assert (city.holds(accounts.payable("bakker-1")), books(card)) == (300, (0, 0, 2100))


# --- a blank that was spoiled --------------------------------------------------------------------------------------


def test_a_spoiled_blanks_order_is_made_on_another(city: City, reader: Reader, books: Books) -> None:
    """It was made, and did not take its first load: what waits for it goes onto the other one."""
    order = order_card("citizen-7", NOW)
    city.earn("citizen-7", 2000)
    spoiled = Card(MemoryStore(blank_light(bytes.fromhex("04A1B2C3D4E501"))))
    assert reader.tap(spoiled, Work.PERSONALISE).end is End.MADE
    desk.order_load(spoiled.uid, Cents(2000), "wish:1", NOW)
    assert desk.spoil(spoiled.uid, NOW).pk == desk.spoil(spoiled.uid, NOW + 1).pk == order.pk
    row = CardRow.objects.get(uid=spoiled.uid.hex())
    assert (desk.state_of(row), row.denied_at, CardOrder.objects.get().card) == ("spoiled", NOW, None)
    with pytest.raises(SessionRefused, match="issued once"):
        reader.open(reader.opening(spoiled, Work.PERSONALISE))
    with pytest.raises(CardRefused, match="spoiled"):
        desk.unblock(spoiled.uid)
    assert reader.tap(spoiled).reason == "blocked"
    other = Card(MemoryStore(blank_light(NEW_UID)))
    assert reader.tap(other, Work.PERSONALISE).end is End.MADE
    assert (CardOrder.objects.get().card_id, reader.tap(other).amount) == (NEW_UID.hex(), 2000)
    assert books(other, "citizen-7") == (0, 0, 2000)
    with pytest.raises(CardRefused, match="replace it"):
        desk.spoil(other.uid, NOW)


def test_a_blank_that_was_spoiled_half_made_is_let_go(reader: Reader, books: Books) -> None:
    order_card("citizen-7", NOW)
    half = Card(MemoryStore(blank_light(bytes.fromhex("04A1B2C3D4E502"))))
    reply = reader.open(reader.opening(half, Work.PERSONALISE))
    while len(reader.apdus) < 12:
        reply = reader.forward(half, reply)
    half.power_off()
    assert reader.answer(reply, None).end is End.NOT_DONE
    desk.spoil(half.uid, NOW)
    other = Card(MemoryStore(blank_light(NEW_UID)))
    assert reader.tap(other, Work.PERSONALISE).end is End.MADE
    assert all(finding.holds for finding in check())
