# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Power cuts for as long as there is time: a till is killed at random in sales that go wrong at random.

Cards tear, codes and notes are shown twice, the paper runs out, and the process is gone at any line of its code or
before any of its SQL statements. At the end journal, cards and paper agree by the rules.

The same twice: at lines of `heitje terminal sell`, and at any moment of the till with its windows, touched by fingers.
`HEITJE_SOAK_S` is how long each goes on (seconds), `HEITJE_SEED` makes it do the same again; the seed is printed.
"""

import json
import os
import re
import secrets
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest

from firmware_sim.card.firmware import Card
from firmware_sim.card.image import MemoryStore
from firmware_sim.card.personalisation import personalise
from firmware_sim.faults import Moment, Tear
from firmware_sim.field import Field
from firmware_sim.pn532 import Pn532
from firmware_sim.printer.condition import Body, PaperLevel
from firmware_sim.printer.ports import TcpPrinter
from firmware_sim.printer.receipt_printer import ReceiptPrinter
from firmware_sim.scanner import Scanner
from firmware_sim.shop.till_program import TillIsOff, TillProgram
from heitje import codes, qr, vouchers
from heitje.codes import PaymentCode
from heitje.journal import CardEvidence, Entry, Kind, PaperEvidence, PhoneEvidence, check_chain, head_of
from heitje.money import Cents
from heitje.programme import TestProgramme
from heitje.vouchers import Voucher
from terminal.configuration import TerminalConfiguration
from terminal.journal_store import JournalStore
from terminal.provisioning import initialise

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "tests" / "terminal" / "killed_till.py"
SOAK_S = float(os.environ.get("HEITJE_SOAK_S", "25"))
TIMEOUT_S = "3"
"""A sale is given up after so long: a torn card comes back sooner, or not at all."""
BACK_AFTER_S = 0.3
START = 15_000
UIDS = tuple(bytes.fromhex(f"04A1B2C3D4E5{number:02X}") for number in range(3))
PAID = "BETAALD"
NUMBER = re.compile(r"\bBon (\d+)\b")


@dataclass
class Street:
    """One counter with everything on its cables, and who comes by."""

    programme: TestProgramme
    directory: Path
    process: "subprocess.Popen[str] | None"
    cards_at: Field
    scanner: Scanner
    printer: ReceiptPrinter
    chance: Random
    cards: dict[bytes, Card]
    shown: list[str] = field(default_factory=list)
    told: list[dict[str, Any]] = field(default_factory=list)
    kills: int = 0
    sales: int = 0

    def run(self, euros: str, point: dict[str, int | None], on_ready: Any) -> dict[str, Any]:
        """One sale, killed where it is said."""
        argv = ["sell", euros, "--timeout-s", TIMEOUT_S, "--dir", str(self.directory), "--json"]
        assert self.process is not None
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"argv": argv, "line": None, "statement": None, **point}) + "\n")
        self.process.stdin.flush()
        while (text := self.process.stdout.readline()) == "ready\n":
            on_ready()
        answer: dict[str, Any] = json.loads(text)
        self.cards_at.lift()
        self.sales += 1
        self.kills += answer["killed"]
        assert answer["killed"] or answer["code"] in (0, 1, 3), answer
        if answer["output"]:
            self.told.append(json.loads(answer["output"]))
        return answer

    def sale(self, most: int) -> None:
        """Something happens."""
        chance = self.chance
        self.printer.change(Body(paper=PaperLevel.OUT if chance.random() < 0.1 else PaperLevel.ENOUGH))
        point: dict[str, int | None] = {}
        if chance.random() < 0.8:
            point = (
                {"line": chance.randrange(1, most)} if chance.random() < 0.7 else {"statement": chance.randrange(1, 40)}
            )
        match chance.randrange(4):
            case 0 | 1:
                card = self.cards[chance.choice(UIDS)]
                tear = Tear(chance.choice(list(Moment)), chance.randrange(1, 14)) if chance.random() < 0.4 else None
                self.run(f"0.{chance.randrange(1, 60):02}", point, lambda: self.cards_at.put(card, tear=tear))
            case 2:
                text = self.note() if chance.random() < 0.7 or not self.shown else chance.choice(self.shown)
                self.shown.append(text)
                self.run("1.00", point, lambda: self.scanner.scan(text.encode()))
            case _:
                text = self.code() if chance.random() < 0.7 or not self.shown else chance.choice(self.shown)
                self.shown.append(text)
                self.run("1.00", point, lambda: self.scanner.scan(text.encode()))

    def note(self) -> str:
        """A fresh note of one euro."""
        now = int(time.time())
        note = Voucher(
            self.programme.iss,
            now + 86_400,
            now - 60,
            self.chance.randbytes(16),
            Cents(100),
            home=self.programme.shop.id,
        )
        return qr.encode_voucher(vouchers.issue(note, self.programme.mint))

    def code(self) -> str:
        """A fresh code of a fresh allowance."""
        now = int(time.time())
        phone = self.programme.phone_ed25519
        allowance = Voucher(
            self.programme.iss, now + 86_400, now - 60, self.chance.randbytes(16), Cents(2500), cnf=phone.public
        )
        token = vouchers.issue(allowance, self.programme.mint)
        return qr.encode_code(codes.sign(PaymentCode(now, 1, Cents(100), token), phone))

    def entries(self) -> list[Entry]:
        """The journal, held to its chain."""
        store = JournalStore.open(self.directory / "journal.sqlite", self.programme.terminal)
        try:
            return check_chain(self.programme.terminal, 0, head_of(self.programme.terminal), store.bytes_after(0, -1))
        finally:
            store.close()


WITHIN_S = 60.0
CUT_SHARE = 0.5
"""Of the sales that would be killed: a till with windows takes a second to start."""
KILLED_WITHIN_S = 0.4
"""After the card, code or note was there: a sale with its receipt takes less."""
ENDED = ("accepted", "accepted-no-paper", "cancelled", "not-paid", "closed-given", "closed-not-given")
AT_START = ("idle", "told-nothing", "told-paid", "told-not-paid", "unresolved-at-start")


@dataclass
class WindowedStreet(Street):
    """The till with its windows, its power cut at any moment."""

    till: TillProgram = field(default_factory=lambda: TillProgram(Path(), Path()))

    def run(self, euros: str, point: dict[str, int | None], on_ready: Any) -> dict[str, Any]:
        self.sales += 1
        is_cut, after_s = bool(point) and self.chance.random() < CUT_SHARE, self.chance.uniform(0, KILLED_WITHIN_S)
        cut = threading.Timer(after_s, self.till.cut_power) if is_cut else None
        before, decision = self.kills, ""
        try:
            self.till.sees(*AT_START, timeout_s=WITHIN_S)
            self.till.ask(type=euros.replace(".", "").lstrip("0"))
            self.till.press("pay")
            self.till.sees("present", timeout_s=WITHIN_S)
            on_ready()
            if cut is not None:
                cut.start()
            decision = self.end("refused", "once-more", "unresolved", *ENDED)
        except TillIsOff:
            self.kills += 1
        if cut is not None:
            cut.cancel()
            cut.join()
        if not self.till.is_on:
            self.kills = before + 1
            self.start()
        self.cards_at.lift()
        return {"killed": self.kills > before, "lines": 1, "code": 0 if decision == "accepted" else 1}

    def start(self) -> None:
        """The power is back: what the first screen tells is kept, and the till is brought to rest."""
        self.till.switch_on()
        self.end(*AT_START, *ENDED)  # a card that is back already has told

    def end(self, *names: str) -> str:
        """Go on from one of these screens until the till rests; what was said of the sale."""
        seen = self.till.sees(*names, timeout_s=WITHIN_S)
        match seen["screen"]:
            case "idle":
                return ""
            case "refused" | "once-more":
                with suppress(KeyError):
                    self.till.press("cancel")
                return self.end("accepted", "accepted-no-paper", "unresolved", "cancelled", "refused", "once-more")
            case "unresolved" | "unresolved-at-start":
                if self.cards_at.wait_until(empty=False, timeout_s=2 * BACK_AFTER_S):
                    self.till.ask(wait=["accepted", "accepted-no-paper", "not-paid"], timeout_s=2.0)
                if self.till.look()["screen"] == seen["screen"]:
                    self.till.press("not-coming")
                    self.till.press("given" if self.chance.random() < 0.5 else "not-given")
                return self.end(*ENDED)
        decision = "accepted" if seen["screen"] in ("accepted", "accepted-no-paper", "told-paid") else "refused"
        if seen["sale"] and not seen["screen"].startswith("closed"):
            redeemed = {"sale": seen["sale"], "decision": decision, "amount": seen["amount"]}
            self.told.append(redeemed)
        self.till.press("done")
        self.end("idle", "unresolved-at-start", *ENDED)
        return decision


@pytest.fixture
def seed() -> int:
    """What chance goes by."""
    seed = int(os.environ.get("HEITJE_SEED", secrets.randbelow(2**32)))
    print(f"HEITJE_SEED={seed}")
    return seed


@pytest.fixture
def devices(tmp_path: Path, programme: TestProgramme) -> Iterator[tuple[Field, Scanner, ReceiptPrinter]]:
    """What is on the counter, at the cables of a ready till in `till`."""
    cards_at, printer = Field(return_after_s=BACK_AFTER_S), ReceiptPrinter()
    with (
        Pn532(cards_at, tmp_path / "pn532") as reader,
        Scanner(tmp_path / "scanner", baud=115_200) as scanner,
        TcpPrinter(printer) as cable,
    ):
        configuration = TerminalConfiguration(
            tmp_path / "till",
            b"",
            reader=f"pn532:{reader.path}",
            scanner=f"serial:{scanner.path}",
            printer=f"tcp:{cable.host}:{cable.port}",
        )
        initialise(programme, configuration, int(time.time()))
        yield cards_at, scanner, printer


@pytest.fixture
def cards(programme: TestProgramme) -> dict[bytes, Card]:
    """Who comes by."""
    return {uid: Card(MemoryStore(personalise(programme, uid, Cents(START)))) for uid in UIDS}


@pytest.fixture
def street(
    tmp_path: Path,
    programme: TestProgramme,
    devices: tuple[Field, Scanner, ReceiptPrinter],
    cards: dict[bytes, Card],
    seed: int,
) -> Iterator[Street]:
    """A counter whose till may be killed at any line."""
    process = subprocess.Popen(
        [sys.executable, str(PROGRAM)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
    )
    yield Street(programme, tmp_path / "till", process, *devices, Random(seed), cards)
    process.communicate()


@pytest.fixture
def windowed(
    tmp_path: Path,
    programme: TestProgramme,
    devices: tuple[Field, Scanner, ReceiptPrinter],
    cards: dict[bytes, Card],
    seed: int,
) -> Iterator[WindowedStreet]:
    """A counter whose till has windows, and no battery."""
    till = TillProgram(tmp_path / "till", tmp_path / "hand")
    street = WindowedStreet(programme, till.directory, None, *devices, Random(seed), cards, till=till)
    street.start()
    yield street
    till.switch_off()


def test_a_till_with_windows_agrees_with_cards_and_paper_after_power_cuts(windowed: WindowedStreet) -> None:
    deadline = time.monotonic() + SOAK_S / 2
    while time.monotonic() < deadline or not windowed.kills:
        windowed.sale(2)
    settle(windowed)


def test_journal_cards_and_paper_agree_after_power_cuts(street: Street) -> None:
    deadline = time.monotonic() + SOAK_S
    card = street.cards[UIDS[0]]
    whole = street.run("0.01", {}, lambda: street.cards_at.put(card))
    while time.monotonic() < deadline:
        street.sale(whole["lines"] * 5 // 4)
    settle(street)
    assert street.kills > street.sales // 4


def settle(street: Street) -> None:
    """Each card comes once more and tells what became of what was open; then everything is held to the rules."""
    street.printer.change(Body())
    for card in street.cards.values():
        last = street.run("0.01", {}, lambda card=card: street.cards_at.put(card))
        assert last["code"] == 0, last
    print(f"{street.sales} sales, {street.kills} killed, {len(street.entries())} entries")
    entries = street.entries()
    check_journal(entries)
    check_cards(street, entries)
    check_what_was_told(street, entries)
    check_paper(street, entries)


def check_journal(entries: list[Entry]) -> None:
    """Nothing is completed twice, nothing is open any more, nothing is taken twice."""
    completed = Counter(entry.of for entry in entries if entry.kind in (Kind.REDEMPTION, Kind.VOID))
    assert set(completed.values()) <= {1}
    assert {entry.seq for entry in entries if entry.kind is Kind.INTENT} == set(completed)
    tokens = Counter(
        entry.evidence.token
        for entry in entries
        if entry.kind is Kind.REDEMPTION and isinstance(entry.evidence, PhoneEvidence | PaperEvidence)
    )
    assert set(tokens.values()) <= {1}


def check_cards(street: Street, entries: list[Entry]) -> None:
    """What left each card is what the journal has taken from it."""
    for uid, card in street.cards.items():
        taken = [
            entry.amount or 0
            for entry in entries
            if entry.kind is Kind.REDEMPTION and isinstance(entry.evidence, CardEvidence) and entry.evidence.uid == uid
        ]
        assert START - card.image.application.balance == sum(taken), uid.hex()


def check_what_was_told(street: Street, entries: list[Entry]) -> None:
    """Who was told that it is paid has paid; who was told that it is not has not, unless it tells so later."""
    by_sale: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.sale is not None:
            by_sale.setdefault(entry.sale.hex(), []).append(entry)
    for told in street.told:
        found = by_sale.get(told["sale"], [])
        redeemed = sum(entry.amount or 0 for entry in found if entry.kind is Kind.REDEMPTION)
        if told["decision"] == "accepted":
            assert redeemed == told["amount"], told
        elif told["decision"] == "refused":
            assert redeemed == 0, told


def check_paper(street: Street, entries: list[Entry]) -> None:
    """Where paper says paid, the number above it is a redemption's; no sale is said to be paid twice.

    What a killed till had begun to print may stand on one piece of paper with what came next.
    """
    by_seq = {entry.seq: entry for entry in entries}
    paper = "\n".join(receipt.text for receipt in street.printer.receipts)
    *parts, _ = paper.split(PAID)
    numbers = [int(NUMBER.findall(part)[-1]) for part in parts]
    assert numbers
    assert {by_seq[number].kind for number in numbers} == {Kind.REDEMPTION}
    assert len(set(numbers)) == len(numbers)
