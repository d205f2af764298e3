# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The till starts into whatever the journal says: after a power cut the first screen tells what became of the sale."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from firmware_sim.card.firmware import Card
from firmware_sim.faults import Moment, Tear
from firmware_sim.field import Field
from firmware_sim.pn532 import Pn532
from firmware_sim.scanner import Scanner
from terminal.contacts import Contact, SyncEnd, SyncReport
from terminal.recovery import MARK_NAME
from terminal.screens.sounds import Sound

if TYPE_CHECKING:
    from tests.terminal.front.conftest import Person

Kinds = Callable[[], list[str]]
Open = Callable[..., "Person"]


def power_cut(person: "Person") -> None:
    """The till's power goes: nothing is said, written or closed; only its threads are stopped, for the next one."""
    person.front.attended.hands.stop()


def test_a_first_start_and_one_after_a_good_end_tell_nothing(new_front: Open, till_directory: Path) -> None:
    person = new_front()
    person.sees("idle")
    assert (till_directory / MARK_NAME).exists()
    person.front.attended.stop()
    assert not (till_directory / MARK_NAME).exists()
    new_front().sees("idle")


def test_power_cut_with_no_sale_in_hand(new_front: Open) -> None:
    power_cut(new_front().sees("idle"))
    person = new_front().sees("told-nothing")
    person.touch("done").sees("idle")


def test_power_cut_while_the_card_commits_and_the_card_has_paid(
    new_front: Open, reader: Pn532, field: Field, card: Card, kinds: Kinds
) -> None:
    address = f"pn532:{reader.path}"
    person = new_front(reader=address).asks("320")
    field.put(card, tear=Tear(Moment.AFTER, 11))
    power_cut(person.sees("unresolved"))
    again = new_front(reader=address).sees("unresolved-at-start")
    assert "De kassa ging uit tijdens deze verkoop." in again.texts
    field.put(card)
    again.sees("accepted")
    assert kinds() == ["intent card 320", "redemption card 320 of 1"]
    again.touch("done").sees("idle")


def test_power_cut_while_the_card_commits_and_it_has_not_paid(
    new_front: Open, reader: Pn532, field: Field, card: Card, kinds: Kinds
) -> None:
    """It is not asked again by itself: the customer may have paid otherwise by now."""
    address = f"pn532:{reader.path}"
    person = new_front(reader=address).asks("320")
    field.put(card, tear=Tear(Moment.BEFORE, 11))
    power_cut(person.sees("unresolved"))
    again = new_front(reader=address).sees("unresolved-at-start")
    field.put(card)
    again.sees("cancelled")
    assert "De verkoop is niet betaald" in again.texts
    assert kinds() == ["intent card 320", "void card 320 of 1"]
    assert card.image.application.balance == 2500
    field.lift()
    again.touch("again").sees("present")
    field.put(card)
    again.sees("accepted")
    assert card.image.application.balance == 2180


def test_power_cut_with_a_note_tendered(
    new_front: Open, scanner: Scanner, new_note: Callable[..., str], kinds: Kinds
) -> None:
    address = f"serial:{scanner.path}"
    person = new_front(scanner=address)
    person.until(lambda: person.front.attended.status().scanner == "works", "the scanner").asks("820")
    scanner.scan(new_note().encode())
    power_cut(person.sees("present-rest"))
    again = new_front(scanner=address).sees("told-not-paid")
    assert "€ 5,00" in again.texts
    assert again.front.sounds == [Sound.ATTENTION]
    assert kinds() == ["intent paper 500", "void paper 500 of 1"]
    again.touch("done").sees("idle")


def test_power_cut_after_paid_tells_that_it_was_paid(
    new_front: Open, scanner: Scanner, new_note: Callable[..., str], kinds: Kinds
) -> None:
    address = f"serial:{scanner.path}"
    person = new_front(scanner=address)
    person.until(lambda: person.front.attended.status().scanner == "works", "the scanner").asks("500")
    scanner.scan(new_note().encode())
    power_cut(person.sees("accepted"))
    again = new_front(scanner=address).sees("told-paid")
    assert "€ 5,00" in again.texts
    again.touch("done").sees("idle")
    assert kinds() == ["intent paper 500", "redemption paper 500 of 1"]


def test_several_unresolved_sales_are_told_one_after_the_other(
    new_front: Open, reader: Pn532, field: Field, card: Card, new_card: Callable[..., Card], kinds: Kinds
) -> None:
    address = f"pn532:{reader.path}"
    for torn, digits in ((card, "320"), (new_card("04112233445580"), "150")):
        person = new_front(reader=address, start=True)
        person.sees("idle", "unresolved-at-start")
        if person.screen != "idle":
            person.touch("not-coming").touch("not-given").sees("closed-not-given").touch("done").sees("idle")
        person.asks(digits)
        field.put(torn, tear=Tear(Moment.AFTER, 11))
        power_cut(person.sees("unresolved"))
    last = new_front(reader=address).sees("unresolved-at-start")
    assert "€ 1,50" in last.texts
    last.touch("not-coming").touch("given").sees("closed-given").touch("done").sees("idle")
    assert kinds()[-1] == "unresolved card 150 of 3 given"


def test_a_till_whose_journal_was_left_behind_sells_nothing(new_front: Open) -> None:
    person = new_front(start=False)
    person.front.attended.journal.supersede()
    person.front.attended.start()
    person.front.show()
    person.sees("suspended")
    assert person.customer.name == "closed"
    person.keys("5", "return").sees("suspended")
    person.touch("service").sees("service").touch("back").sees("suspended")


def test_a_till_that_the_municipality_has_stopped_says_so_also_without_a_connection(new_front: Open) -> None:
    person = new_front(start=False)
    person.front.attended.journal.suspend(True)
    person.front.attended.start()
    person.front.show()
    person.sees("suspended")
    assert "De gemeente heeft deze kassa stilgezet." in person.texts
    person.touch("totals").sees("totals").touch("back").sees("suspended")
    trust = person.front.attended.hands.trust
    person.front.attended.take(Contact(SyncReport(SyncEnd.DONE, suspended=False), trust, 0))
    person.front.show()
    person.sees("idle").asks("500").keys("escape").sees("cancelled")
    person.front.attended.take(Contact(SyncReport(SyncEnd.SERVICE, suspended=True), trust, 0))
    person.front.show()
    person.sees("cancelled").touch("done").sees("suspended")


def test_cash_beside_a_torn_card_is_not_forgotten(
    new_front: Open, reader: Pn532, field: Field, card: Card, kinds: Kinds
) -> None:
    address = f"pn532:{reader.path}"
    person = new_front(reader=address)
    person.until(lambda: person.front.attended.status().reader == "works", "the reader").asks("1000")
    person.touch("cash").sees("cash").keys("6", "5", "0", "return").sees("present-rest")
    field.put(card, tear=Tear(Moment.AFTER, 11))
    power_cut(person.sees("unresolved"))
    again = new_front(reader=address).sees("unresolved-at-start")
    assert "€ 10,00" in again.texts
    field.put(card)
    again.sees("accepted")
    assert again.sale.cash == 650
    assert kinds() == ["intent card 350", "redemption card 350 of 1"]
    totals = again.front.attended.books.totals()
    assert (totals.total.amount, totals.cash.count, totals.cash.amount) == (350, 1, 650)
    assert again.front.attended.books.sales()[0].amount == 1000
