# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Devices that are missing, unplugged, noisy, out of paper or silent: the till says so, and no sale suffers."""

import logging
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread

import pytest

from drivers.devices import open_printer, open_reader, open_scanner
from drivers.errors import CardGone, DeviceGone
from drivers.printer.paper import PAPER_58_MM
from firmware_sim.card.firmware import Card
from firmware_sim.field import Field
from firmware_sim.pn532 import Pn532
from firmware_sim.printer.condition import Body, PaperLevel
from firmware_sim.printer.ports import TcpPrinter
from firmware_sim.printer.receipt_printer import ReceiptPrinter
from firmware_sim.scanner import Scanner, ScannerFaults
from heitje.refusals import Refusal
from terminal.answer import answer_document, answer_text
from terminal.counter import Till
from terminal.driver_faults import as_device_error
from terminal.receipt_printing import ReceiptDesk
from terminal.sale import Verdict

TIMEOUT_S = 10.0
SHORT_S = 0.3


def test_a_till_without_devices(new_till: Callable[..., Till], kinds: Callable[[], list[str]]) -> None:
    state = new_till().sell(320, TIMEOUT_S)
    assert (state.verdict, state.problem) == (Verdict.REFUSED, Refusal.DEVICE_NOT_READY)
    assert kinds() == []


def test_devices_that_are_not_plugged_in(
    new_till: Callable[..., Till], tmp_path: Path, kinds: Callable[[], list[str]]
) -> None:
    ready = Event()
    till = new_till(
        reader=open_reader(f"pn532:{tmp_path}/nothing"),
        scanner=open_scanner(f"serial:{tmp_path}/nothing-either"),
        on_ready=ready.set,
    )
    state = till.sell(320, SHORT_S)
    assert (state.verdict, state.problem) == (Verdict.REFUSED, Refusal.DEVICE_NOT_READY)
    assert ready.is_set()
    assert kinds() == []


def test_one_device_is_enough_to_say_that_nothing_came(
    new_till: Callable[..., Till], tmp_path: Path, scanner: Scanner
) -> None:
    till = new_till(reader=open_reader(f"pn532:{tmp_path}/nothing"), scanner=open_scanner(f"serial:{scanner.path}"))
    assert till.sell(320, SHORT_S).problem is Refusal.NOTHING_PRESENTED


def test_a_reader_that_is_plugged_in_during_the_sale(new_till: Callable[..., Till], tmp_path: Path, card: Card) -> None:
    link, field = tmp_path / "late", Field()
    field.put(card)
    plugged: list[Pn532] = []
    till = new_till(reader=open_reader(f"pn532:{link}"), on_ready=lambda: plugged.append(Pn532(field, link).start()))
    try:
        assert till.sell(320, TIMEOUT_S).verdict is Verdict.ACCEPTED
    finally:
        for reader in plugged:
            reader.close()
    assert card.image.application.balance == 2180


def test_a_reader_that_is_unplugged_and_comes_back_between_sales(
    new_till: Callable[..., Till], tmp_path: Path, card: Card
) -> None:
    link = tmp_path / "reader"
    till = new_till(reader=open_reader(f"pn532:{link}"))
    for expected in (2400, 2300):
        field = Field()
        with Pn532(field, link):
            field.put(card)
            assert till.sell(100, TIMEOUT_S).verdict is Verdict.ACCEPTED
        assert till.sell(100, SHORT_S).problem is Refusal.DEVICE_NOT_READY
        assert card.image.application.balance == expected


def test_a_reader_that_is_unplugged_as_the_card_commits(
    new_till: Callable[..., Till], tmp_path: Path, card: Card, kinds: Callable[[], list[str]], now: int
) -> None:
    """The card has committed or not; the intent tells at the next tap."""
    link, field = tmp_path / "reader", Field()
    unplugged = Pn532(field, link).start()
    field.put(card)
    closing: list[Thread] = []

    def clock() -> int:
        closing.append(Thread(target=unplugged.close))  # at once, in the middle of what the reader does
        closing[-1].start()
        return now

    till = new_till(reader=open_reader(f"pn532:{link}"), clock=clock)
    state = till.sell(320, 1.0)
    for thread in closing:
        thread.join()
    assert state.verdict in {Verdict.REFUSED, Verdict.UNRESOLVED, Verdict.ACCEPTED}
    spent = 2500 - card.image.application.balance
    again, field = new_till(reader=open_reader(f"pn532:{link}")), Field()
    with Pn532(field, link):
        field.put(card)
        assert again.sell(100, TIMEOUT_S).verdict is Verdict.ACCEPTED
    paid = [entry for entry in kinds() if entry.startswith("redemption card 320")]
    assert len(paid) == (1 if spent else 0)


def test_a_scanner_that_is_plugged_in_during_the_sale(
    new_till: Callable[..., Till], tmp_path: Path, new_note: Callable[..., str]
) -> None:
    link = tmp_path / "late"
    plugged: list[Scanner] = []
    noted: list[None] = []

    def on_ready() -> None:
        noted.append(None)
        plugged.append(Scanner(link).start())

    till = new_till(scanner=open_scanner(f"serial:{link}"), on_ready=on_ready)
    selling = Thread(target=till.sell, args=(500, TIMEOUT_S))
    selling.start()
    try:
        while till.state.verdict is None and selling.is_alive():
            for scanner in plugged:
                scanner.scan(new_note().encode())
                scanner.wait_sent(1.0)
            selling.join(0.1)
    finally:
        selling.join()
        for scanner in plugged:
            scanner.close()
    assert till.state.verdict is Verdict.ACCEPTED
    assert len(noted) == 1


def test_two_cards_then_one(
    till: Till, field: Field, card: Card, new_card: Callable[..., Card], kinds: Callable[[], list[str]]
) -> None:
    other = new_card("0411223344556A", 1000)
    field.put(card, other)
    state = till.sell(320, 1.0)
    assert (state.verdict, state.problem) == (Verdict.REFUSED, Refusal.SEVERAL_CARDS)
    assert (card.image.application.tmc, other.image.application.tmc, kinds()) == (0, 0, [])
    till.on_ready = lambda: field.put(other)
    field.put(card, other)
    assert till.sell(320, TIMEOUT_S).verdict is Verdict.ACCEPTED


class MemoryTag:
    """A tag that only stores data: it has a UID and takes no APDU."""

    uid = bytes.fromhex("04112233445566")
    atqa = bytes.fromhex("4400")
    sak = 0x00
    ats: bytes | None = None
    atr = b""

    def power_off(self) -> None:
        return

    def transmit(self, apdu: bytes) -> bytes:
        del apdu
        return b""


def test_a_tag_that_is_no_card(till: Till, field: Field, kinds: Callable[[], list[str]]) -> None:
    field.put(MemoryTag())
    state = till.sell(320, TIMEOUT_S)
    assert (state.verdict, state.problem, kinds()) == (Verdict.REFUSED, Refusal.NOT_A_HEITJE_CARD, [])


@pytest.mark.parametrize("answer", [b"", b"\x90", b"\x00" * 300, b"\x91\x00", b"\x90\x00", b"\xff" * 258])
def test_a_card_that_answers_nonsense(till: Till, field: Field, kinds: Callable[[], list[str]], answer: bytes) -> None:
    class Mad(MemoryTag):
        atqa = bytes.fromhex("4403")
        sak = 0x20
        ats: bytes | None = bytes.fromhex("067777710280")

        def transmit(self, apdu: bytes) -> bytes:
            del apdu
            return answer

    field.put(Mad())
    state = till.sell(320, 1.0)
    assert state.verdict is Verdict.REFUSED
    assert state.problem in {
        Refusal.NOT_A_HEITJE_CARD,
        Refusal.BAD_SIGNATURE,
        Refusal.CARD_ERROR,
        Refusal.CARD_REMOVED,
    }
    assert kinds() == []


def test_any_fault_of_a_driver_is_a_device_that_failed(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.CRITICAL, logger="terminal.driver_faults"):
        fault = as_device_error(IndexError("a fault of the driver"), "scanner")
    assert isinstance(fault, DeviceGone)
    assert str(fault) == "the driver of the scanner failed: a fault of the driver"
    silent = CardGone("no answer")
    assert as_device_error(silent, "card reader") is silent


def test_noise_before_a_code_is_another_reading(
    new_till: Callable[..., Till], tmp_path: Path, new_note: Callable[..., str], kinds: Callable[[], list[str]]
) -> None:
    noisy = Scanner(tmp_path / "noisy", faults=ScannerFaults(noise_bytes=40, seed=3))
    with noisy as scanner:
        till = new_till(scanner=open_scanner(f"serial:{scanner.path}"))
        till.on_ready = lambda: scanner.scan(new_note().encode())
        state = till.sell(500, TIMEOUT_S)
    assert (state.verdict, state.problem, kinds()) == (Verdict.REFUSED, Refusal.MALFORMED, [])


@pytest.mark.parametrize(
    "faults", [ScannerFaults(pause_s=0.02), ScannerFaults(cut_after=100), ScannerFaults(pause_s=0.4)]
)
def test_a_code_that_comes_in_pieces(
    new_till: Callable[..., Till],
    tmp_path: Path,
    new_note: Callable[..., str],
    kinds: Callable[[], list[str]],
    faults: ScannerFaults,
) -> None:
    with Scanner(tmp_path / "slow", faults=faults) as scanner:
        till = new_till(scanner=open_scanner(f"serial:{scanner.path}"))
        till.on_ready = lambda: scanner.scan(new_note().encode())
        state = till.sell(500, TIMEOUT_S)
    if faults.cut_after is None:
        assert state.verdict is Verdict.ACCEPTED
    else:
        assert (state.problem, kinds()) == (Refusal.MALFORMED, [])


def sold(till: Till, field: Field, card: Card) -> dict[str, object]:
    """A card sale; its answer. The sale must stand, whatever the printer does."""
    field.put(card)
    assert till.sell(320, TIMEOUT_S).verdict is Verdict.ACCEPTED
    desk = till.print_receipt.__self__  # type: ignore[attr-defined]  # the fixture's desk is what prints
    return answer_document(till, desk.last)


def test_a_receipt_is_printed_and_confirmed(
    till: Till, field: Field, card: Card, printing: ReceiptDesk, paper: ReceiptPrinter
) -> None:
    receipt = sold(till, field, card)["receipt"]
    assert isinstance(receipt, dict)
    assert (receipt["printed"], receipt["printer"]) == ("printed", ["fine"])
    assert paper.wait_receipts(1, TIMEOUT_S)
    assert "BETAALD" in paper.receipts[0].text
    assert answer_text(till, printing.last, "en").endswith("receipt: printed")


@pytest.mark.parametrize(
    ("body", "printed", "conditions"),
    [
        (Body(paper=PaperLevel.OUT), "not printed", ["offline", "paper out"]),
        (Body(cover_open=True), "not printed", ["cover open", "offline"]),
        (Body(offline=True), "not printed", ["offline"]),
        (Body(silent=True), "unknown", ["silent"]),
        (Body(paper=PaperLevel.LOW), "printed", ["paper low"]),
    ],
)
def test_a_sale_stands_whatever_the_printer_says(
    till: Till,
    field: Field,
    card: Card,
    printing: ReceiptDesk,
    paper: ReceiptPrinter,
    kinds: Callable[[], list[str]],
    body: Body,
    printed: str,
    conditions: list[str],
) -> None:
    paper.change(body)
    receipt = sold(till, field, card)["receipt"]
    assert isinstance(receipt, dict)
    assert (receipt["printed"], receipt["printer"]) == (printed, conditions)
    assert printing.last is not None
    assert "BETAALD" in receipt["text"]
    assert kinds() == ["intent card 320", "redemption card 320 of 1"]


def test_a_printer_that_is_not_there(
    till: Till, field: Field, card: Card, receipts: ReceiptDesk, printer: TcpPrinter
) -> None:
    address = f"tcp:{printer.host}:{printer.port}"
    printer.printer.change(Body(silent=True))
    receipts.printer = open_printer("tcp:127.0.0.1:1", PAPER_58_MM)
    assert address.startswith("tcp:127.0.0.1:")
    receipt = sold(till, field, card)["receipt"]
    assert isinstance(receipt, dict)
    assert (receipt["printed"], receipt["printer"]) == ("not printed", ["silent"])
    assert max(map(len, receipt["text"].splitlines()[:-6])) <= PAPER_58_MM.columns
