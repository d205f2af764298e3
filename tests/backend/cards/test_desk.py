# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Cards blocked, found, replaced: what the citizen keeps, what the programme loses, in cents (LEDGER.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from backend.assembly import repository_of
from backend.cards import desk
from backend.cards.making import order_card
from backend.ledger import accounts
from backend.minting.bundles import deny_list
from backend.minting.cards import CardRefused, load_card_at_issue
from backend.minting.models import Card as CardRow
from backend.minting.models import LoadOrder
from backend.redemption.models import Case, CaseKind, Claim
from firmware_sim.card.blank import blank_light
from firmware_sim.card.firmware import Card
from firmware_sim.card.image import MemoryStore
from firmware_sim.card.personalisation import personalise
from heitje.money import Cents
from heitje.relay import End, Work

if TYPE_CHECKING:
    from collections.abc import Callable

    from heitje.programme import TestProgramme
    from tests.backend.cards.conftest import Reader, Shop
    from tests.backend.conftest import City

    Books = Callable[..., tuple[int, int, int]]

NOW = 1_795_500_000
HOUR = 3600
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


def test_a_block_is_published_at_once_and_counts_three_days_later(
    city: City, shop: Shop, card: Card, books: Books
) -> None:
    shop.till.clock = NOW + 10
    desk.block(card.uid, NOW + 60)
    city.publish(NOW + 60)
    assert card.uid in deny_list(NOW)
    assert repository_of(city.configuration).is_whole()
    shop.sell(card, 100)  # before the block: the citizen's own
    shop.till.clock = NOW + 61
    shop.sell(card, 200)  # after it, at a till that cannot know: the programme's loss
    shop.till.clock = NOW + 60 + 72 * HOUR
    shop.sell(card, 300)
    shop.till.clock += 1
    shop.sell(card, 400)  # after it, at a till that had to know: the shop's
    told = [outcome.outcome for outcome in shop.till.upload().outcomes]
    assert [str(outcome) for outcome in told[2::2]] == ["accepted", "accepted", "accepted", "refused"]
    assert books(card) == (0, 0, 2400)
    assert (city.holds(accounts.LOSS_FUND), city.holds(accounts.payable("bakker-1"))) == (LOSS_FUND - 500, 600)
    assert sorted((case.kind, case.held) for case in Case.objects.all()) == [
        (CaseKind.CARD_BLOCKED, 0),
        (CaseKind.CARD_BLOCKED, 0),
        (CaseKind.CARD_RULES, 400),
    ]


def test_the_guarantee_bounds_what_a_thief_costs(
    city: City, shop: Shop, new_plastic: Callable[..., Card], programme: TestProgramme, books: Books
) -> None:
    """100 euro of card in 30 days for a shop's owner; more waits for a person."""
    uid = bytes.fromhex("04AABBCCDDEE80")
    rich = new_plastic(personalise(programme, uid, Cents(15_000)))
    city.earn("citizen-9", 15_000)
    load_card_at_issue(uid, "citizen-9", Cents(15_000), NOW - 100)
    desk.block(uid, NOW - 60)
    city.publish(NOW - 60)
    for day in range(2):
        shop.till.clock = NOW + day * 24 * HOUR
        for amount in (2500, 2400):
            shop.sell(rich, amount)
    shop.till.clock += 24 * HOUR
    last = shop.sell(rich, 900)
    told = shop.till.upload().outcomes[-1]
    assert (str(told.outcome), told.reason) == ("conflict", "beyond the guarantee")
    assert Claim.objects.get(intent_seq=last).paid == 200
    assert Case.objects.get(entry__seq=last + 1).held == 700
    assert (city.holds(accounts.LOSS_FUND), books(rich, "citizen-9")) == (LOSS_FUND - 10_000, (0, 0, 15_000))


def test_a_card_that_was_found_pays_again(city: City, card: Card) -> None:
    desk.block(card.uid, NOW)
    city.publish(NOW)
    assert desk.block(card.uid, NOW + 5).blocked_at == NOW
    assert desk.unblock(card.uid).blocked_at is None
    assert card.uid not in deny_list(NOW)
    CardRow.objects.update(suspended_at=NOW)
    with pytest.raises(CardRefused, match="alarm"):
        desk.unblock(card.uid)


def test_twenty_euro_at_once_and_the_rest_after_the_window(
    city: City, reader: Reader, card: Card, new: Card, books: Books
) -> None:
    assert desk.replace(card.uid, new.uid, NOW).uid == new.uid.hex()
    assert desk.replace(card.uid, new.uid, NOW + 1).uid == new.uid.hex()
    old = CardRow.objects.get(uid=card.uid.hex())
    assert (desk.state_of(old), old.blocked_at, card.uid in deny_list(NOW)) == ("replaced", NOW, True)
    assert books(card) == (0, 0, 2500)
    assert reader.tap(new).amount == 2000
    assert (books(card), books(new)) == ((0, 0, 500), (0, 0, 2000))
    assert desk.release_replaced(NOW + WINDOW) == []
    [rest] = desk.release_replaced(NOW + WINDOW + 1)
    assert (rest.amount, desk.release_replaced(NOW + WINDOW + 2)) == (500, [])
    assert reader.tap(new).amount == 500
    assert (books(card), books(new), new.image.application.balance) == ((0, 0, 0), (0, 0, 2500), 2500)
    with pytest.raises(CardRefused, match="stays blocked"):
        desk.unblock(card.uid)
    assert reader.tap(card).reason == "blocked"


def test_a_late_claim_on_a_replaced_card_is_paid_all_the_same(
    city: City, reader: Reader, shop: Shop, card: Card, new: Card, books: Books
) -> None:
    """It paid 10 euro offline before it was lost; 20 of its 25 went to the new card. 5 are there, 1 the citizen has."""
    shop.till.clock = NOW - 60
    shop.sell(card, 1000)
    desk.replace(card.uid, new.uid, NOW)
    assert reader.tap(new).amount == 2000
    city.earn("citizen-1", 100)
    assert shop.till.told(NOW) == "accepted"
    assert city.holds(accounts.payable("bakker-1")) == 1000
    assert (books(card), city.holds(accounts.LOSS_FUND)) == ((0, 0, 0), LOSS_FUND - 400)
    assert Case.objects.get().kind == CaseKind.OVERSPENT
    assert desk.release_replaced(NOW + WINDOW + 1) == []


def test_what_waited_for_the_lost_card_waits_for_the_new_one(
    city: City, reader: Reader, shop: Shop, card: Card, new: Card, books: Books
) -> None:
    intent = shop.sell(card, 1000)
    shop.till.upload()
    city.earn("citizen-1", 100)
    desk.order_load(card.uid, Cents(100), "wish:1", NOW)
    desk.replace(card.uid, new.uid, NOW)
    shop.till.refund(intent + 1, 300)
    shop.till.upload()
    assert sorted(LoadOrder.objects.filter(card=new.uid.hex()).values_list("amount", flat=True)) == [100, 300, 1500]
    assert [reader.tap(new).amount, reader.tap(new).amount] == [400, 1500]
    assert (books(card), books(new)) == ((0, 0, 0), (0, 0, 1900))


def test_a_replacement_load_that_never_happened_goes_back_to_the_purse(
    reader: Reader, card: Card, new: Card, books: Books
) -> None:
    desk.replace(card.uid, new.uid, NOW)
    reply = reader.open(reader.opening(new))
    while len(reader.apdus) < 12 or reply.apdu is None or reply.apdu[1] != 0xC7:
        reply = reader.forward(new, reply)
    new.power_off()
    assert reader.answer(reply, None).end is End.IN_FLIGHT
    assert (books(card), books(new)) == ((0, 0, 500), (0, 2000, 0))
    assert reader.tap(new).amount == 2000
    assert (books(card), books(new)) == ((0, 0, 500), (0, 0, 2000))


def test_what_replaces_nothing(reader: Reader, card: Card, new: Card, new_plastic: Callable[..., Card]) -> None:
    with pytest.raises(CardRefused, match="nothing"):
        desk.replace(card.uid, card.uid, NOW)
    with pytest.raises(CardRefused, match="not known"):
        desk.replace(card.uid, bytes(7), NOW)
    with pytest.raises(CardRefused, match="nothing"):
        desk.replace(new.uid, card.uid, NOW)
    desk.block(new.uid, NOW)
    with pytest.raises(CardRefused, match="blocked"):
        desk.replace(card.uid, new.uid, NOW)
    desk.unblock(new.uid)
    desk.link(new.uid, "citizen-9")
    with pytest.raises(CardRefused, match="another"):
        desk.replace(card.uid, new.uid, NOW)
    CardRow.objects.filter(uid=new.uid.hex()).update(citizen="citizen-1")
    desk.replace(card.uid, new.uid, NOW)
    order_card("citizen-1", NOW)
    third = Card(MemoryStore(blank_light(bytes.fromhex("04A1B2C3D4E5F8"))))
    reader.tap(third, Work.PERSONALISE)
    with pytest.raises(CardRefused, match="was replaced by"):
        desk.replace(card.uid, third.uid, NOW)
