# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Whole sales, by fingers on the glass: through screens, machine, journal, real drivers and simulated devices."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from firmware_sim.card.firmware import Card
from firmware_sim.faults import Moment, Tear
from firmware_sim.field import Field
from firmware_sim.printer.condition import Body, PaperLevel
from firmware_sim.printer.receipt_printer import ReceiptPrinter
from firmware_sim.scanner import Scanner
from heitje import qr
from heitje.refusals import Refusal
from terminal.screens.sounds import Sound

if TYPE_CHECKING:
    from tests.terminal.front.conftest import Person

Kinds = Callable[[], list[str]]
COMMIT = 11
"""A sale's last APDU."""


def test_a_card_pays(person: "Person", field: Field, card: Card, paper: ReceiptPrinter, kinds: Kinds) -> None:
    person.asks("320")
    assert person.customer.name == "pay"
    field.put(card)
    person.sees("accepted")
    assert person.customer.name == "paid"
    assert person.front.sounds[-1] is Sound.PAID
    assert kinds() == ["intent card 320", "redemption card 320 of 1"]
    assert "BETAALD" in paper.receipts[0].text
    person.touch("done").sees("idle")


def test_a_card_that_still_lies_there_does_not_pay_the_next_sale(
    person: "Person", field: Field, card: Card, kinds: Kinds
) -> None:
    person.asks("320")
    field.put(card)
    person.sees("accepted").touch("done").sees("idle").asks("500")
    person.until(lambda: any("Haal eerst de kaart" in text for text in person.texts), "the hint")
    field.lift()
    person.until(lambda: not any("Haal eerst de kaart" in text for text in person.texts), "no hint")
    field.put(card)
    person.sees("accepted")
    assert kinds() == ["intent card 320", "redemption card 320 of 1", "intent card 500", "redemption card 500 of 3"]


def test_the_phone_scans_the_request_and_pays_exactly_that(
    person: "Person", scanner: Scanner, new_code: Callable[..., str], kinds: Kinds
) -> None:
    person.asks("375")
    request = qr.decode_request(person.customer.qr)
    assert (request.amount, request.terminal) == (375, person.front.attended.hands.trust.bundle.terminal)
    scanner.scan(new_code(most=request.amount, aud=request.terminal.hex()).encode())
    person.sees("accepted")
    assert kinds() == ["intent phone 375", "redemption phone 375 of 1"]


def test_several_tenders_and_cash_for_a_part(
    person: "Person",
    field: Field,
    card: Card,
    scanner: Scanner,
    new_note: Callable[..., str],
    new_code: Callable[..., str],
    paper: ReceiptPrinter,
    kinds: Kinds,
) -> None:
    person.asks("1370")
    scanner.scan(new_note().encode())
    person.sees("present-rest")
    assert person.front.sounds[-1] is Sound.TAKEN
    scanner.scan(new_code(most=200, aud=person.terminal).encode())
    person.until(lambda: "€ 6,70" in person.texts, "the rest")
    person.touch("cash").sees("cash")
    for digit in ("1", "00"):
        person.touch(f"digit-{digit}")
    person.touch("take-cash").sees("present-rest")
    field.put(card)
    person.sees("accepted")
    assert kinds() == [
        "intent paper 500",
        "intent phone 200",
        "intent card 570",
        "redemption paper 500 of 1",
        "redemption phone 200 of 2",
        "redemption card 570 of 3",
    ]
    for said in ("Biljet", "Telefoon", "Kaart", "Contant", "€ 13,70"):
        assert said in paper.receipts[0].text


def test_a_note_and_the_rest_in_cash(
    person: "Person",
    scanner: Scanner,
    new_note: Callable[..., str],
    kinds: Kinds,
    paper: ReceiptPrinter,
) -> None:
    person.asks("820")
    scanner.scan(new_note().encode())
    person.sees("present-rest").touch("rest-cash").sees("accepted")
    assert kinds() == ["intent paper 500", "redemption paper 500 of 1"]
    assert "€ 3,20" in paper.receipts[0].text


def test_too_little_on_the_card_and_the_rest_in_cash(
    person: "Person", field: Field, new_card: Callable[..., Card], kinds: Kinds
) -> None:
    poor = new_card("04112233445580", balance=120)
    person.asks("320")
    field.put(poor)
    person.sees("refused")
    assert "€ 1,20" in person.texts
    assert person.front.sounds[-1] is Sound.REFUSED
    field.lift()
    person.touch("balance-and-cash").sees("present-rest")
    field.put(poor)
    person.sees("accepted")
    assert kinds() == ["intent card 120", "redemption card 120 of 1"]


def test_a_code_scanned_twice_is_refused_and_another_means_pays(
    person: "Person",
    scanner: Scanner,
    field: Field,
    card: Card,
    new_note: Callable[..., str],
    kinds: Kinds,
) -> None:
    note = new_note().encode()
    person.asks("500")
    scanner.scan(note)
    person.sees("accepted").touch("done").sees("idle").asks("500")
    scanner.scan(note)
    person.sees("refused")
    assert person.sale.problem is Refusal.ALREADY_USED
    person.touch("other-means").sees("present")
    field.put(card)
    person.sees("accepted")
    assert kinds()[-2:] == ["intent card 500", "redemption card 500 of 3"]


def test_scanner_noise_is_answered_and_changes_nothing(person: "Person", scanner: Scanner, kinds: Kinds) -> None:
    person.asks("320")
    for noise in (b"\x00\xff\xfe", b"HV1:", b"x" * 20_000, "€ß—".encode()):
        scanner.scan(noise)
        person.sees("refused").touch("other-means").sees("present")
    person.touch("cancel").sees("cancelled").touch("done").sees("idle")
    assert kinds() == []


def test_cancel_voids_what_was_tendered(
    person: "Person", scanner: Scanner, new_note: Callable[..., str], kinds: Kinds
) -> None:
    person.asks("820")
    note = new_note().encode()
    scanner.scan(note)
    person.sees("present-rest").touch("cancel").sees("cancelled")
    assert kinds() == ["intent paper 500", "void paper 500 of 1"]
    person.touch("again").sees("present")
    scanner.scan(note)
    person.sees("present-rest")


@pytest.mark.parametrize("moment", Moment)
def test_a_torn_card_is_held_again_and_pays_once(
    person: "Person", field: Field, card: Card, moment: Moment, kinds: Kinds
) -> None:
    person.asks("320")
    field.put(card, tear=Tear(moment, COMMIT))
    person.sees("unresolved")
    assert person.customer.name == "hold-again"
    assert person.front.sounds[-1] is Sound.HOLD_AGAIN
    field.put(card)
    person.sees("accepted")
    assert card.image.application.balance == 2500 - 320
    assert [kind for kind in kinds() if kind.startswith("redemption")] == [kinds()[-1]]


@pytest.mark.parametrize("given", [True, False])
def test_the_card_does_not_come_back(
    person: "Person", field: Field, card: Card, given: bool, paper: ReceiptPrinter, kinds: Kinds
) -> None:
    person.asks("320")
    field.put(card, tear=Tear(Moment.AFTER, COMMIT))
    person.sees("unresolved").touch("not-coming").sees("closing")
    person.touch("given" if given else "not-given").sees("closed-given" if given else "closed-not-given")
    assert kinds() == ["intent card 320", f"unresolved card 320 of 1 {'given' if given else 'not given'}"]
    assert ("NIET MEEGEGEVEN" in paper.receipts[0].text) is not given
    person.touch("done").sees("idle")


def test_another_card_is_told_from_the_one_that_tore(
    person: "Person", field: Field, card: Card, new_card: Callable[..., Card]
) -> None:
    person.asks("320")
    field.put(card, tear=Tear(Moment.AFTER, COMMIT))
    person.sees("unresolved")
    field.put(new_card("04112233445580"))
    person.until(lambda: person.sale.problem is Refusal.ANOTHER_CARD, "another card")
    field.put(card)
    person.sees("accepted")


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        (Body(paper=PaperLevel.OUT), "Papier op"),
        (Body(cover_open=True), "De klep van de printer staat open"),
        (Body(silent=True), "De printer zegt niets"),
    ],
)
def test_a_printer_that_cannot_print_is_told_and_prints_later_without_a_second_sale(
    person: "Person",
    field: Field,
    card: Card,
    paper: ReceiptPrinter,
    trouble: Body,
    said: str,
    kinds: Kinds,
) -> None:
    paper.change(trouble)
    person.asks("320")
    field.put(card)
    person.sees("accepted-no-paper")
    assert said in person.texts
    paper.change(Body())
    person.touch("print-again").sees("accepted")
    assert "BETAALD" in paper.receipts[-1].text
    assert kinds() == ["intent card 320", "redemption card 320 of 1"]


def test_the_next_amount_may_be_typed_over_the_last_result(person: "Person", field: Field, card: Card) -> None:
    person.asks("320")
    field.put(card)
    person.sees("accepted").keys("7", "5").sees("amount")
    assert "€ 0,75" in person.texts
    person.keys("backspace", "return").sees("present")
    assert "€ 0,07" in person.texts
    person.keys("escape").sees("cancelled")


def test_the_customers_language_is_that_of_screen_and_receipt(
    person: "Person", field: Field, card: Card, paper: ReceiptPrinter
) -> None:
    person.asks("320").touch("customer-language").touch("customer-language")
    assert person.customer.headline == "Zu zahlen"
    assert "Te betalen" in person.texts
    field.put(card)
    person.sees("accepted")
    assert "BEZAHLT" in paper.receipts[0].text
    person.touch("done").sees("idle")
    assert person.customer.headline == "Welkom"
