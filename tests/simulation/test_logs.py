# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A day at a counter, till and backend as they are: what they log names no card, no code, no note and no key."""

import io
import json
import logging
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from drivers.devices import open_printer, open_reader, open_scanner
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
from heitje.money import Cents
from heitje.programme import TestProgramme
from heitje.vouchers import Voucher
from terminal.configuration import TerminalConfiguration
from terminal.counter import Till
from terminal.health.log_lines import log_to
from terminal.journal_store import JournalStore
from terminal.key_store import TerminalKeys
from terminal.provisioning import initialise
from terminal.receipt_printing import ReceiptDesk
from terminal.sale import Verdict
from terminal.sync import Sync, SyncEnd
from terminal.trust.store import TrustStore

HEITJE = (sys.executable, "-m", "heitje")
ROOT = Path(__file__).resolve().parents[2]
CTIS = {"note": bytes(range(16)), "allowance": bytes(range(16, 32))}
TIMEOUT_S = 10.0
SHORT_S = 1.5


@contextmanager
def served(directory: Path, vectors: Path) -> Iterator[str]:
    """A backend; its URL."""
    programme = str(vectors / "test-programme.json")
    init = [*HEITJE, "backend", "init", "--test-programme", programme, "--dir", str(directory)]
    subprocess.run(init, check=True, capture_output=True, cwd=ROOT)
    command = [*HEITJE, "backend", "serve", "--dir", str(directory), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().removeprefix("ready ").strip()
        finally:
            process.terminate()
            process.wait(30)


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """What a till writes to its log."""
    root, stream = logging.getLogger(), io.StringIO()
    before = root.level
    handler = log_to(stream)
    yield stream
    root.removeHandler(handler)
    root.setLevel(before)


def secrets_of(programme: TestProgramme) -> dict[str, bytes]:
    """What no log may hold."""
    keys = (programme.mint, programme.mint_next, programme.terminal_key, programme.phone_ed25519)
    found = {
        **{f"card {number}": card.uid for number, card in enumerate(programme.cards)},
        **CTIS,
        "terminal master": programme.master_terminal,
        "transaction master": programme.master_transaction_mac,
        **{f"key {number}": key.ed25519.private_bytes_raw() for number, key in enumerate(keys)},
    }
    for role, of_role in programme.trust_keys.items():
        found |= {f"{role} {number}": key.ed25519.private_bytes_raw() for number, key in enumerate(of_role)}
    return found


def a_day(till: Till, printer: ReceiptPrinter, field: Field, scanner: Scanner, programme: TestProgramme) -> None:
    """Everything that can happen at a counter, once."""
    uid, other = (card.uid for card in programme.cards)
    card = Card(MemoryStore(personalise(programme, uid, Cents(2500))))
    poor = Card(MemoryStore(personalise(programme, other, Cents(40))))
    now = int(time.time())
    note = Voucher(programme.iss, now + 86_400, now - 60, CTIS["note"], Cents(100), home=programme.shop.id)
    note_text = qr.encode_voucher(vouchers.issue(note, programme.mint))
    phone = programme.phone_ed25519
    allowance = Voucher(programme.iss, now + 86_400, now - 60, CTIS["allowance"], Cents(2500), cnf=phone.public)
    code = PaymentCode(now, 1, Cents(100), vouchers.issue(allowance, programme.mint))
    code_text = qr.encode_code(codes.sign(code, phone))

    def sell(amount: int, timeout_s: float = TIMEOUT_S) -> Verdict | None:
        verdict = till.sell(amount, timeout_s).verdict
        field.lift()
        return verdict

    field.put(card)
    assert sell(320) is Verdict.ACCEPTED
    field.put(poor)
    assert sell(320) is Verdict.REFUSED
    field.put(card, tear=Tear(Moment.AFTER, 11))
    assert sell(100, SHORT_S) is Verdict.UNRESOLVED
    printer.change(Body(paper=PaperLevel.OUT))
    field.put(card)
    assert sell(100) is Verdict.ACCEPTED
    printer.change(Body())
    for text, verdict in (
        (note_text, Verdict.ACCEPTED),
        (note_text, Verdict.REFUSED),
        (code_text, Verdict.ACCEPTED),
        (code_text, Verdict.REFUSED),
        (code_text[:-5], Verdict.REFUSED),
        ("https://example.org/" + uid.hex(), Verdict.REFUSED),
    ):
        till.on_ready = lambda text=text: scanner.scan(text.encode())  # type: ignore[misc]
        assert sell(100) is verdict
    till.on_ready = lambda: None


def test_a_day_leaves_no_name(
    tmp_path: Path, programme: TestProgramme, vectors: Path, logged: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    field, printer = Field(), ReceiptPrinter()
    with (
        Pn532(field, tmp_path / "pn532") as reader,
        Scanner(tmp_path / "scanner") as scanner,
        TcpPrinter(printer) as cable,
        served(tmp_path / "backend", vectors) as url,
    ):
        initialise(programme, TerminalConfiguration(tmp_path / "till", b""), int(time.time()))
        configuration = TerminalConfiguration.load(tmp_path / "till")
        keys = TerminalKeys.load(configuration.keys_path, production=False)
        store = TrustStore(configuration.trust_path, keys.roots, configuration.terminal)
        journal = JournalStore.open(configuration.journal_path, configuration.terminal)
        till = Till(
            trust=store.load(),
            keys=keys,
            journal=journal,
            operator="till",
            print_receipt=ReceiptDesk(open_printer(f"tcp:{cable.host}:{cable.port}"), 80, "nl").print_sale,
            reader=open_reader(f"pn532:{reader.path}"),
            scanner=open_scanner(f"serial:{scanner.path}"),
        )
        a_day(till, printer, field, scanner, programme)
        nobody = Sync("http://127.0.0.1:9", keys, store.load(), journal, store).run()
        assert nobody.end is SyncEnd.LATER
        assert Sync(url, keys, store.load(), journal, store).run().end is SyncEnd.DONE
        journal.close()
    backend = (tmp_path / "backend" / "backend.log").read_text("utf-8")
    lines = [*logged.getvalue().splitlines(), *backend.splitlines()]
    assert all(json.loads(line) for line in lines)
    assert len(lines) > 3
    everything = "\n".join((*lines, *capfd.readouterr()))
    bare = re.sub(r"[^0-9a-f]", "", everything.lower())
    for name, secret in secrets_of(programme).items():
        assert secret.hex() not in bare, name
        assert repr(secret)[2:-1] not in everything, name
    assert not re.search(r"\bH[VP]1:", everything)
