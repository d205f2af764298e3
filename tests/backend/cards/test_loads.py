# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""One load is one posting, exactly once: whatever is lost, repeated, torn or killed (CARD.md section 7)."""

from __future__ import annotations

import secrets
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from backend.assembly import programme_of
from backend.cards import desk
from backend.cards.relay import NoSuchSession, SessionRefused
from backend.cards.waiting import at_next_tap
from backend.ledger import accounts, events
from backend.ledger.posting import post
from backend.minting.cards import CardRefused
from backend.minting.models import Card as CardRow
from backend.minting.models import Load, LoadOrder, LoadState
from backend.redemption.models import CardTransaction, Case, CaseKind
from firmware_sim.card.personalisation import personalise
from heitje.card import load, sale
from heitje.card.keys import diversify
from heitje.card.layout import KEY_LOADER, KEY_TERMINAL
from heitje.card.session import run
from heitje.journal import Kind
from heitje.money import Cents
from heitje.relay import End, Reply, Work

if TYPE_CHECKING:
    from collections.abc import Callable

    from firmware_sim.card.firmware import Card
    from heitje.programme import TestProgramme
    from tests.backend.cards.conftest import Reader, Shop
    from tests.backend.conftest import City

    Books = Callable[[Card], tuple[int, int, int]]

APDUS = 13
NOW = 1_795_500_000
BEFORE, AFTER = "before", "after"


@pytest.fixture
def waiting(city: City, card: Card) -> LoadOrder:
    """7.50 euro wait for the card, of 10 that its citizen has earned."""
    city.earn("citizen-1", 1000)
    return desk.order_load(card.uid, Cents(750), "wish:1", NOW)


def torn(reader: Reader, card: Card, apdu: int, moment: str, *, told: bool = True) -> Reply:
    """A tap that ends at an APDU: the card never heard it, or did it and its answer is lost."""
    card.power_off()
    reader.apdus = []
    reply = reader.open(reader.opening(card))
    while len(reader.apdus) < apdu - 1:
        reply = reader.forward(card, reply)
    assert reply.apdu is not None
    if moment == AFTER:
        card.transmit(reply.apdu)
    card.power_off()
    return reader.answer(reply, None) if told else reply


def test_what_waits_is_loaded(waiting: LoadOrder, reader: Reader, card: Card, books: Books) -> None:
    assert books(card) == (1000, 0, 2500)
    reply = reader.tap(card)
    assert (reply.end, reply.amount, reply.balance) == (End.LOADED, 750, 3250)
    assert (len(reader.apdus), card.image.application.balance) == (APDUS, 3250)
    assert books(card) == (250, 0, 3250)
    reply = reader.tap(card)
    assert (reply.end, reply.amount, reply.balance) == (End.NOTHING_WAITS, None, 3250)
    assert books(card) == (250, 0, 3250)


# --- repeats -----------------------------------------------------------------------------------------------------


def test_every_request_may_be_repeated(waiting: LoadOrder, reader: Reader, card: Card, books: Books) -> None:
    opening = reader.opening(card)
    reply = reader.open(opening)
    assert reader.open(opening) == reply
    told = [reply]
    while reply.apdu is not None:
        answer = card.transmit(reply.apdu)
        following = reader.answer(reply, answer)
        assert reader.answer(reply, answer) == following
        with pytest.raises(SessionRefused, match="answered otherwise"):
            reader.answer(reply, answer[:-1] + b"\x01")
        with pytest.raises(SessionRefused, match="answered otherwise"):
            reader.answer(reply, None)
        reply = following
        told.append(reply)
    assert (reply.end, len(told)) == (End.LOADED, APDUS + 1)
    assert reader.open(opening) == told[0]
    for before, after in pairwise(told):
        assert before.apdu is not None
        with pytest.raises(SessionRefused):
            reader.answer(before, b"\x91\xff")
        assert after.step == before.step + 1
    assert books(card) == (250, 0, 3250)


def test_what_does_not_fit_a_session_is_refused(
    waiting: LoadOrder, reader: Reader, other_reader: Reader, card: Card
) -> None:
    opening = reader.opening(card)
    reply = reader.open(opening)
    assert reply.apdu is not None
    with pytest.raises(SessionRefused, match="not given out"):
        reader.answer(replace(reply, step=2), b"\x90\x00")
    with pytest.raises(NoSuchSession):
        other_reader.answer(reply, card.transmit(reply.apdu))
    with pytest.raises(NoSuchSession):
        reader.answer(replace(reply, session=bytes(16)), b"\x90\x00")
    with pytest.raises(SessionRefused, match="another card"):
        reader.open(replace(opening, uid=bytes(7)))
    with pytest.raises(SessionRefused, match="something else"):
        reader.open(replace(opening, what=Work.RENEW))
    with pytest.raises(SessionRefused):
        other_reader.open(opening)


def test_a_new_session_ends_the_one_before(
    waiting: LoadOrder, reader: Reader, other_reader: Reader, card: Card, books: Books
) -> None:
    left = reader.open(reader.opening(card))
    assert other_reader.tap(card).end is End.LOADED
    assert reader.answer(left, b"\x90\x00").end is End.SUPERSEDED
    assert books(card) == (250, 0, 3250)


def test_two_terminals_do_not_load_twice(
    waiting: LoadOrder, reader: Reader, other_reader: Reader, card: Card, books: Books
) -> None:
    """The first one has the commit in its hands when the card is at the second: it is of no use any more."""
    reply = reader.open(reader.opening(card))
    while len(reader.apdus) < APDUS - 1:
        reply = reader.forward(card, reply)
    assert books(card) == (250, 750, 2500)
    assert other_reader.tap(card).end is End.LOADED
    assert reply.apdu is not None
    assert card.transmit(reply.apdu)[-2:] != b"\x91\x00"
    assert reader.answer(reply, card.transmit(reply.apdu)).end is End.IN_FLIGHT
    assert books(card) == (250, 0, 3250)
    assert [str(row.state) for row in Load.objects.order_by("number")] == ["not done", "loaded"]


# --- tears -------------------------------------------------------------------------------------------------------


def after_tear(apdu: int, moment: str) -> tuple[tuple[int, int, int], int]:
    """What books and card hold after a tear at an APDU."""
    sent = apdu == APDUS
    return (250, 750, 2500) if sent else (1000, 0, 2500), 3250 if sent and moment == AFTER else 2500


@pytest.mark.parametrize("told", [True, False], ids=["told", "not told"])
@pytest.mark.parametrize("moment", [BEFORE, AFTER])
@pytest.mark.parametrize("apdu", range(1, APDUS + 1))
def test_torn_anywhere_and_held_again(
    waiting: LoadOrder, reader: Reader, card: Card, books: Books, apdu: int, moment: str, told: bool
) -> None:
    reply = torn(reader, card, apdu, moment, told=told)
    if told:
        assert reply.end is (End.IN_FLIGHT if apdu == APDUS else End.NOT_DONE)
    assert (books(card), card.image.application.balance) == after_tear(apdu, moment)
    again = reader.tap(card)
    assert (again.end, again.amount, again.balance) == (End.LOADED, 750, 3250)
    assert card.image.application.balance == 3250
    assert books(card) == (250, 0, 3250)
    assert LoadOrder.objects.get().load == Load.objects.get(state=LoadState.LOADED)


@pytest.mark.parametrize("moment", [BEFORE, AFTER])
def test_torn_at_the_commit_and_held_to_another_reader(
    waiting: LoadOrder, reader: Reader, other_reader: Reader, card: Card, books: Books, moment: str
) -> None:
    torn(reader, card, APDUS, moment)
    again = other_reader.tap(card)
    assert (again.end, again.amount, card.image.application.balance) == (End.LOADED, 750, 3250)
    assert books(card) == (250, 0, 3250)


@pytest.mark.parametrize("moment", [BEFORE, AFTER])
def test_torn_at_the_commit_and_never_seen_again(
    waiting: LoadOrder, reader: Reader, card: Card, books: Books, moment: str
) -> None:
    """The books say so themselves: it is in flight, however long."""
    torn(reader, card, APDUS, moment)
    assert at_next_tap(card.uid, programme_of(reader.city.configuration), NOW).in_flight
    assert books(card) == (250, 750, 2500)
    with pytest.raises(CardRefused):
        desk.order_load(card.uid, Cents(251), "wish:2", NOW + 10**9)
    assert books(card) == (250, 750, 2500)


@pytest.mark.parametrize("moment", [BEFORE, AFTER])
def test_the_next_sale_settles_a_load(
    waiting: LoadOrder, reader: Reader, shop: Shop, card: Card, books: Books, moment: str
) -> None:
    """t + 1 by another reader: it never happened. t + 2 names the load: it did; and the sale spends of it already."""
    torn(reader, card, APDUS, moment)
    amount = 2500 if moment == AFTER else 100
    shop.sell(card, amount)
    assert shop.till.told() == "accepted"
    if moment == AFTER:
        assert books(card) == (250, 0, 750)
        assert [row.amount for row in CardTransaction.objects.order_by("tmc")] == [-750, 2500]
    else:
        assert books(card) == (1000, 0, 2400)
    again = reader.tap(card)
    assert (again.end, again.amount) == ((End.NOTHING_WAITS, None) if moment == AFTER else (End.LOADED, 750))
    assert books(card) == (250, 0, card.image.application.balance)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["in order", "out of order"])
def test_a_balance_that_rose_proves_a_load(
    waiting: LoadOrder, reader: Reader, shop: Shop, other_shop: Shop, card: Card, books: Books, order: tuple[int, int]
) -> None:
    """The sale that names the load comes last; the one after it has more on it than there could be without."""
    shop.sell(card, 2400)
    shop.till.upload()
    torn(reader, card, APDUS, AFTER)
    shop.sell(card, 50)
    other_shop.sell(card, 700)
    tills = (shop.till, other_shop.till)
    assert [tills[at].told() for at in order] == ["accepted"] * 2
    assert books(card) == (250, 0, card.image.application.balance)
    assert Load.objects.get().state == LoadState.LOADED


def test_what_comes_later_proves_nothing(
    waiting: LoadOrder, reader: Reader, shop: Shop, other_shop: Shop, card: Card, books: Books
) -> None:
    torn(reader, card, APDUS, AFTER)
    shop.sell(card, 800)  # not uploaded: without it, the balance only fell
    other_shop.sell(card, 100)
    assert other_shop.till.told() == "accepted"
    assert books(card) == (250, 750, 2400)
    assert shop.till.told() == "accepted"
    assert books(card) == (250, 0, 2350)


def test_a_card_that_paid_five_times_since_waits_for_the_tills(
    waiting: LoadOrder, reader: Reader, shop: Shop, card: Card, books: Books
) -> None:
    torn(reader, card, APDUS, AFTER)
    for _ in range(5):
        shop.sell(card, 10)
    reply = reader.tap(card)
    assert (reply.end, reply.reason) == (End.IN_FLIGHT, "what became of an earlier load is not known yet")
    assert books(card) == (250, 750, 2500)
    shop.till.upload()
    assert books(card) == (250, 0, 3200)
    assert reader.tap(card).end is End.NOTHING_WAITS


def test_a_card_that_paid_four_times_since_remembers(
    waiting: LoadOrder, reader: Reader, shop: Shop, card: Card, books: Books
) -> None:
    torn(reader, card, APDUS, BEFORE)
    for _ in range(4):
        shop.sell(card, 10)
    reply = reader.tap(card)
    assert (reply.end, reply.amount) == (End.LOADED, 750)
    shop.till.upload()
    assert books(card) == (250, 0, 3210)


def test_a_loads_proof_settles_a_torn_sale_before_it(
    waiting: LoadOrder, reader: Reader, shop: Shop, card: Card, books: Books, city: City
) -> None:
    intent = shop.tear(card, 300, committed=True)
    shop.till.complete(intent, Kind.UNRESOLVED, given=True)
    assert shop.till.told() == "pending"
    assert reader.tap(card).end is End.LOADED
    assert books(card) == (250, 0, 2950)
    assert city.holds(accounts.payable("bakker-1")) == 300


# --- killed ------------------------------------------------------------------------------------------------------


ACTING = (0, 7, 12, 13)
"""The opening, and the answers after which something is done in the books: plan, send, prove."""
FEW = 10
"""Statements that every answer takes, whatever it is to."""


def test_a_worker_killed_anywhere_in_any_step(
    waiting: LoadOrder,
    reader: Reader,
    card: Card,
    books: Books,
    in_child: Callable[..., bool],
    saved: Callable[[], None],
) -> None:
    """Each answer is taken in by a worker that is killed before its nth statement; another one is asked again."""
    died, statement, image = 1, 0, card.image

    def killed(step: int, work: Callable[[], Reply]) -> Reply:
        nonlocal died
        died += in_child(work, statement) if statement <= FEW or step in ACTING else 0
        return work()

    while died:
        statement, died = statement + 1, 0
        saved()
        card._state.commit(image)
        card.power_off()
        opening, answer = reader.opening(card), b""
        reply = killed(0, lambda opening=opening: reader.open(opening))  # type: ignore[misc]
        while reply.apdu is not None:
            answer = card.transmit(reply.apdu)
            reply = killed(reply.step, lambda reply=reply, answer=answer: reader.answer(reply, answer))  # type: ignore[misc]
        assert (reply.end, reply.amount, reply.balance) == (End.LOADED, 750, 3250)
        assert books(card) == (250, 0, 3250)
    assert statement > 2 * FEW


# --- what may go onto a card -------------------------------------------------------------------------------------


def test_a_refund_comes_back_at_the_next_tap(reader: Reader, shop: Shop, card: Card, books: Books) -> None:
    intent = shop.sell(card, 500)
    shop.till.refund(intent + 1, 200)
    shop.till.upload()
    assert books(card) == (200, 0, 2000)
    assert at_next_tap(card.uid, programme_of(reader.city.configuration), NOW).cents == 200
    assert reader.tap(card).amount == 200
    assert (books(card), card.image.application.balance) == ((0, 0, 2200), 2200)


def test_the_card_takes_what_it_has_room_for(
    city: City, reader: Reader, new_plastic: Callable[..., Card], programme: TestProgramme, books: Books
) -> None:
    card = new_plastic()
    city.earn("citizen-1", 13_000)
    for number, amount in enumerate((12_000, 600, 400), start=1):
        desk.order_load(card.uid, Cents(amount), f"wish:{number}", NOW)
    reply = reader.tap(card)
    assert (reply.end, reply.amount, reply.balance) == (End.LOADED, 12_400, 14_900)
    assert books(card) == (600, 0, 14_900)
    reply = reader.tap(card)
    assert (reply.end, reply.reason) == (End.NOT_DONE, "the card has no room for what waits")
    assert books(card) == (600, 0, 14_900)


def test_an_account_that_holds_less_pays_for_what_it_can(
    waiting: LoadOrder, city: City, reader: Reader, card: Card, books: Books
) -> None:
    city.phone("citizen-1", 300)
    with pytest.raises(CardRefused, match="holds less"):
        desk.order_load(card.uid, Cents(251), "wish:2", NOW)
    post(events.allowance_issued("elsewhere", Cents(500), "citizen-1", "00" * 16), NOW)
    reply = reader.tap(card)
    assert (reply.end, reply.reason) == (End.NOTHING_WAITS, "the account holds less than what waits")
    assert books(card) == (500, 0, 2500)


def test_what_is_taken_back_in_the_middle_is_not_loaded(
    waiting: LoadOrder, reader: Reader, card: Card, books: Books
) -> None:
    reply = reader.open(reader.opening(card))
    while len(reader.apdus) < APDUS - 2:
        reply = reader.forward(card, reply)
    desk.cancel_load(waiting.pk, NOW)
    reply = reader.finish(card, reply)
    assert (reply.end, reply.reason) == (End.NOT_DONE, "what was to be loaded has changed: tap again")
    assert (books(card), len(reader.apdus)) == ((1000, 0, 2500), APDUS - 1)
    assert reader.tap(card).end is End.NOTHING_WAITS


def test_a_blocked_card_is_settled_and_not_loaded(
    waiting: LoadOrder, city: City, reader: Reader, card: Card, books: Books
) -> None:
    city.earn("citizen-1", 100)
    torn(reader, card, APDUS, AFTER)
    desk.order_load(card.uid, Cents(100), "wish:2", NOW)
    desk.block(card.uid, NOW)
    reply = reader.tap(card)
    assert (reply.end, reply.reason, reply.amount) == (End.NOT_DONE, "blocked", 750)
    assert books(card) == (350, 0, 3250)
    assert at_next_tap(card.uid, programme_of(reader.city.configuration), NOW).cents == 0


def test_a_card_that_is_not_known_is_left(
    reader: Reader, new_plastic: Callable[..., Card], programme: TestProgramme
) -> None:
    stranger = new_plastic(personalise(programme, bytes.fromhex("04AABBCCDDEE80"), Cents(0)))
    reply = reader.tap(stranger)
    assert (reply.end, reply.reason, reader.apdus) == (End.NOT_DONE, "this card is not known here", [])
    assert not at_next_tap(stranger.uid, programme_of(reader.city.configuration), NOW).anything


# --- attacks on a load ---------------------------------------------------------------------------------------------


def test_who_has_key_1s_master_alone_gets_no_load(
    waiting: LoadOrder, reader: Reader, new_plastic: Callable[..., Card], programme: TestProgramme, books: Books
) -> None:
    """An emulated card: a stolen terminal's master opens the session, and goes no further."""
    forger = replace(programme, master_loader=bytes(16), master_transaction_mac=bytes(16))
    emulated = new_plastic(personalise(forger, programme.cards[0].uid, Cents(2500)))
    reply = reader.tap(emulated)
    assert (reply.end, emulated.image.application.balance) == (End.NOT_DONE, 2500)
    assert books(emulated) == (1000, 0, 2500)
    assert Load.objects.get().state == LoadState.DROPPED


def test_a_load_without_its_mac_is_not_proven(
    waiting: LoadOrder, reader: Reader, new_plastic: Callable[..., Card], programme: TestProgramme, books: Books
) -> None:
    """Even who had the loader's key as well would have no proof to show: the last reader is deciphered to nonsense."""
    forger = replace(programme, master_transaction_mac=bytes(16))
    emulated = new_plastic(personalise(forger, programme.cards[0].uid, Cents(2500)))
    reply = reader.tap(emulated)
    assert (reply.end, reply.reason) == (End.NOT_DONE, "its last reader is nobody's")
    assert books(emulated) == (1000, 0, 2500)


def test_a_credit_that_the_books_do_not_know_stops_the_card(
    waiting: LoadOrder, reader: Reader, shop: Shop, card: Card, books: Books, programme: TestProgramme
) -> None:
    """Somebody has the loader's master, and adds 5 euro: the balance rose without a known load."""
    shop.sell(card, 100)
    shop.till.upload()
    keys = {
        number: diversify(master, card.uid, programme.df_name, number)
        for number, master in ((KEY_TERMINAL, programme.master_terminal), (KEY_LOADER, programme.master_loader))
    }
    application = sale.Programme(programme.df_name, [keys[KEY_TERMINAL]])
    contact = run(sale.greet([application], [secrets.token_bytes(16)]), card.transmit)
    run(load.prepare(contact.session, keys[KEY_LOADER], secrets.token_bytes(16), 99, 500, NOW), card.transmit)
    run(sale.commit(contact.session), card.transmit)
    reply = reader.tap(card)
    assert (reply.end, reply.reason) == (End.NOT_DONE, "the card's transactions do not chain")
    assert books(card) == (1000, 0, 2400)
    assert (Case.objects.get().kind, Case.objects.get().held) == (CaseKind.CARD_CHAIN, 750)
    assert CardRow.objects.get(uid=card.uid.hex()).suspended_at == NOW


def test_a_load_of_the_clone_is_an_alarm(
    waiting: LoadOrder, reader: Reader, shop: Shop, card: Card, books: Books, programme: TestProgramme
) -> None:
    """Its counter has a place in the chain already: a whole copy of the card, keys and all."""
    twin = replace(card.image)
    shop.sell(card, 100)
    shop.till.upload()
    card._state.commit(twin)
    reply = reader.tap(card)
    assert (reply.end, reply.reason) == (End.NOT_DONE, "the card's transactions do not chain")
    assert (books(card), card.image.application.balance) == ((1000, 0, 2400), 2500)
    case = Case.objects.get()
    assert (case.kind, case.held, case.found_at) == (CaseKind.CARD_CHAIN, 750, f"load {Load.objects.get().number}")
    assert CardRow.objects.get(uid=card.uid.hex()).suspended_at == NOW
    assert reader.tap(card).reason == "blocked"
