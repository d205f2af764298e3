# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A whole counter: the till's own code from end to end, and simulators at the far end of each cable."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from drivers.devices import open_printer, open_reader, open_scanner
from drivers.printer.paper import PAPER_80_MM
from firmware_sim.card.firmware import Card
from firmware_sim.card.image import MemoryStore
from firmware_sim.card.personalisation import personalise
from firmware_sim.faults import Tear
from firmware_sim.field import Field
from firmware_sim.pn532 import Pn532
from firmware_sim.printer.ports import TcpPrinter
from firmware_sim.printer.receipt_printer import ReceiptPrinter
from firmware_sim.scanner import Scanner
from heitje import codes, qr, vouchers
from heitje.bundle import TrustBundle
from heitje.codes import PaymentCode
from heitje.journal import Entry, Kind, check_chain, head_of
from heitje.keys import SigningKey
from heitje.money import Cents
from heitje.programme import TestProgramme
from heitje.vouchers import Voucher
from terminal.configuration import TerminalConfiguration
from terminal.counter import Till
from terminal.journal_store import JournalStore
from terminal.key_store import TerminalKeys
from terminal.provisioning import initialise
from terminal.receipt_printing import ReceiptDesk
from terminal.sale import State
from terminal.trust.store import TrustStore
from terminal.trust.trusted import Trust

NOW = 1_795_000_000
"""Unix seconds that a counter's clock begins with, and its bundle's issue."""
BALANCE = 2500
TIMEOUT_S = 10.0
"""Longer than anything here takes; what a test waits for ends it."""


@pytest.fixture
def now() -> int:
    """What the clock of these tests says, unless a test has its own."""
    return NOW


@pytest.fixture
def field() -> Field:
    """The field of the counter's card reader."""
    return Field()


@pytest.fixture
def reader(field: Field, tmp_path: Path) -> Iterator[Pn532]:
    """The card reader."""
    with Pn532(field, tmp_path / "pn532") as running:
        yield running


@pytest.fixture
def scanner(tmp_path: Path) -> Iterator[Scanner]:
    """The QR scanner."""
    with Scanner(tmp_path / "scanner") as running:
        yield running


@pytest.fixture
def paper() -> ReceiptPrinter:
    """The receipt printer: its body, and what it has cut."""
    return ReceiptPrinter()


@pytest.fixture
def printer(paper: ReceiptPrinter) -> Iterator[TcpPrinter]:
    """The receipt printer's cable."""
    with TcpPrinter(paper) as running:
        yield running


@pytest.fixture
def new_card(programme: TestProgramme) -> Callable[..., Card]:
    """Makes a card of the programme, with € 25 on it."""

    def make(uid: str = "04A1B2C3D4E580", balance: int = BALANCE) -> Card:
        return Card(MemoryStore(personalise(programme, bytes.fromhex(uid), Cents(balance))))

    return make


@pytest.fixture
def card(new_card: Callable[..., Card]) -> Card:
    """The citizen's card."""
    return new_card()


@pytest.fixture
def pull(field: Field) -> Callable[..., State]:
    """Sells to a card that is pulled away as told and stays away: the sale is given up as soon as it is gone."""

    def sell(till: Till, card: Card, how: Tear, amount: int) -> State:
        waiting = True

        def give_up() -> None:
            if waiting and not field.cards:
                till.cancel()

        field.put(card, tear=how)
        field.watch(give_up)
        state = till.sell(amount, TIMEOUT_S)
        waiting = False
        return state

    return sell


@pytest.fixture
def configuration(tmp_path: Path, programme: TestProgramme) -> TerminalConfiguration:
    """A ready till's directory, without devices."""
    initialise(programme, TerminalConfiguration(tmp_path / "till", b""), NOW)
    return TerminalConfiguration.load(tmp_path / "till")


@pytest.fixture
def journal(configuration: TerminalConfiguration) -> Iterator[JournalStore]:
    """The till's journal."""
    store = JournalStore.open(configuration.journal_path, configuration.terminal)
    yield store
    store.close()


@pytest.fixture
def bundle(configuration: TerminalConfiguration, keys: TerminalKeys) -> TrustBundle:
    """The till's trust bundle."""
    return TrustStore(configuration.trust_path, keys.roots, configuration.terminal).load().bundle


@pytest.fixture
def keys(configuration: TerminalConfiguration) -> TerminalKeys:
    """The till's keys."""
    return TerminalKeys.load(configuration.keys_path, production=False)


@pytest.fixture
def receipts() -> ReceiptDesk:
    """Receipts of a till that has no printer."""
    return ReceiptDesk(None, 80, "nl")


@pytest.fixture
def new_till(
    bundle: TrustBundle, keys: TerminalKeys, journal: JournalStore, receipts: ReceiptDesk
) -> Callable[..., Till]:
    """Makes a till on this journal; what is not given is as configured, its clock stands still."""

    def make(**changes: object) -> Till:
        usual: dict[str, object] = {
            "bundle": bundle,
            "keys": keys,
            "journal": journal,
            "operator": "till",
            "print_receipt": receipts.print_sale,
            "clock": lambda: NOW,
            **changes,
        }
        usual["trust"] = Trust.of(usual.pop("bundle"))  # type: ignore[arg-type]  # as below
        return Till(**usual)  # type: ignore[arg-type]  # the tests that call it know the fields

    return make


@pytest.fixture
def till(new_till: Callable[..., Till], reader: Pn532, scanner: Scanner) -> Till:
    """A counter with card reader and scanner."""
    return new_till(reader=open_reader(f"pn532:{reader.path}"), scanner=open_scanner(f"serial:{scanner.path}"))


@pytest.fixture
def printing(receipts: ReceiptDesk, printer: TcpPrinter) -> ReceiptDesk:
    """The same receipts, on the counter's printer."""
    receipts.printer = open_printer(f"tcp:{printer.host}:{printer.port}", PAPER_80_MM)
    return receipts


@pytest.fixture
def entries(journal: JournalStore) -> Callable[[], list[Entry]]:
    """Reads the journal, holds it to its chain, and to what no journal may ever say."""

    def read() -> list[Entry]:
        found = check_chain(journal.terminal, 0, head_of(journal.terminal), journal.bytes_after(0, -1))
        completed = [entry.of for entry in found if entry.kind in (Kind.REDEMPTION, Kind.VOID)]
        assert len(completed) == len(set(completed)), "an intent is completed twice"
        intents = {entry.seq for entry in found if entry.kind is Kind.INTENT}
        assert set(completed) <= intents
        assert {intent.entry.seq for intent in journal.open_intents()} == intents - set(completed)
        return found

    return read


@pytest.fixture
def kinds(entries: Callable[[], list[Entry]]) -> Callable[[], list[str]]:
    """The journal in short: `intent card 320`, `redemption card 320 of 1`, …"""

    def short(entry: Entry) -> str:
        instrument = entry.instrument.name.lower() if entry.instrument is not None else "-"
        of = f" of {entry.of}" if entry.of is not None else ""
        given = {None: "", True: " given", False: " not given"}[entry.given]
        return f"{entry.kind.name.lower()} {instrument} {entry.amount}{of}{given}"

    return lambda: [short(entry) for entry in entries()]


@pytest.fixture
def new_note(programme: TestProgramme) -> Callable[..., str]:
    """Makes a printed note's text: € 5 of the shop, unless told otherwise."""

    def make(amount: int = 500, number: int = 1, key: SigningKey | None = None, **claims: object) -> str:
        note = Voucher(
            programme.iss, NOW + 86_400, NOW - 60, number.to_bytes(16, "big"), Cents(amount), home="bakker-1"
        )
        return qr.encode_voucher(vouchers.issue(replace(note, **claims), key or programme.mint))  # type: ignore[arg-type]

    return make


@pytest.fixture
def new_code(programme: TestProgramme) -> Callable[..., str]:
    """Makes a phone's code: at most € 5 of an allowance of € 25, for no terminal, unless told otherwise."""

    def make(
        seq: int = 1,
        most: int = 500,
        aud: str | None = None,
        iat: int = NOW,
        number: int = 100,
        phone: SigningKey | None = None,
        **claims: object,
    ) -> str:
        allowance = Voucher(
            programme.iss,
            NOW + 86_400,
            NOW - 60,
            number.to_bytes(16, "big"),
            Cents(2500),
            cnf=programme.phone_ed25519.public,
        )
        token = vouchers.issue(replace(allowance, **claims), programme.mint)  # type: ignore[arg-type]
        code = PaymentCode(iat, seq, Cents(most), token, aud)
        return qr.encode_code(codes.sign(code, phone or programme.phone_ed25519))

    return make
