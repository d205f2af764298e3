# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Power cuts for as long as there is time: a till is killed at random in sales that go wrong at random.

Cards tear, codes and notes are shown twice, the paper runs out, and the process is gone at any line of its code or
before any of its SQL statements. At the end journal, cards and paper agree by the rules.

`HEITJE_SOAK_S` is how long it goes on (seconds), `HEITJE_SEED` makes it do the same again; the seed is printed.
"""

import json
import os
import re
import secrets
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
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
    process: "subprocess.Popen[str]"
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


@pytest.fixture
def seed() -> int:
    """What chance goes by."""
    seed = int(os.environ.get("HEITJE_SEED", secrets.randbelow(2**32)))
    print(f"HEITJE_SEED={seed}")
    return seed


@pytest.fixture
def street(tmp_path: Path, programme: TestProgramme, seed: int) -> Iterator[Street]:
    """A counter whose till may be killed."""
    cards_at, printer = Field(return_after_s=BACK_AFTER_S), ReceiptPrinter()
    cards = {uid: Card(MemoryStore(personalise(programme, uid, Cents(START)))) for uid in UIDS}
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
        process = subprocess.Popen(
            [sys.executable, str(PROGRAM)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        )
        yield Street(programme, tmp_path / "till", process, cards_at, scanner, printer, Random(seed), cards)
        process.communicate()


def test_journal_cards_and_paper_agree_after_power_cuts(street: Street) -> None:
    deadline = time.monotonic() + SOAK_S
    card = street.cards[UIDS[0]]
    whole = street.run("0.01", {}, lambda: street.cards_at.put(card))
    while time.monotonic() < deadline:
        street.sale(whole["lines"] * 5 // 4)
    street.printer.change(Body())
    for card in street.cards.values():  # each comes once more, and tells what became of what was open
        last = street.run("0.01", {}, lambda card=card: street.cards_at.put(card))
        assert last["code"] == 0, last
    print(f"{street.sales} sales, {street.kills} killed, {len(street.entries())} entries")
    assert street.kills > street.sales // 4
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
