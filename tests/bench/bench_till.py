# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a till costs when nothing happens, and when a whole day does: start, idling, memory, deny list."""

import gc
import os
import secrets
import select
import socket
import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from drivers.devices import open_reader, open_scanner
from firmware_sim.card.firmware import Card
from firmware_sim.card.image import MemoryStore
from firmware_sim.card.personalisation import personalise
from firmware_sim.field import Field
from firmware_sim.pn532 import Pn532
from firmware_sim.scanner import Scanner
from heitje import codes, qr, vouchers
from heitje.codes import PaymentCode
from heitje.deny_list import DenyList, encode
from heitje.money import Cents
from heitje.programme import TestProgramme
from heitje.vouchers import Voucher
from terminal.configuration import TerminalConfiguration
from terminal.counter import Till
from terminal.front import RESTS_AFTER_S
from terminal.journal_store import JournalStore
from terminal.key_store import TerminalKeys
from terminal.provisioning import initialise
from terminal.receipt_printing import ReceiptDesk
from terminal.sale import Verdict
from terminal.trust.store import TrustStore

HEITJE = (sys.executable, "-m", "heitje")
ROOT = Path(__file__).resolve().parents[2]
STARTS = 7
START_LIMIT = 30
"""Times the start of the bare interpreter."""
IDLE_S = 10.0
AT_REST_S = RESTS_AFTER_S + 2.0
"""When nobody has touched a till for so long, it is idle."""
IDLE_MOST = 0.02
DENIED = 100_000
LOOKUP_US_MOST = 10.0
DAY_S = 86_400
SALES = 360
"""One every four minutes, for 24 hours."""
WARM_UP = 60
GROWTH_KIB_MOST = 256
CARD_UID = bytes.fromhex("04A1B2C3D4E580")
CARD_BALANCE = 15_000
TIMEOUT_S = 20.0


@pytest.fixture
def counter(tmp_path: Path, programme: TestProgramme) -> Iterator[tuple[Path, Field, Scanner]]:
    """A ready till's directory, and the devices on its cables."""
    field = Field()
    with Pn532(field, tmp_path / "pn532") as reader, Scanner(tmp_path / "scanner", baud=115_200) as scanner:
        configuration = TerminalConfiguration(
            tmp_path / "till", b"", reader=f"pn532:{reader.path}", scanner=f"serial:{scanner.path}"
        )
        initialise(programme, configuration, int(time.time()))
        yield tmp_path / "till", field, scanner


@contextmanager
def waiting(directory: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A till that shows its idle screen: it has told its service manager that it is ready."""
    address = str(directory / "notify")
    Path(address).unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(address)
        manager.settimeout(TIMEOUT_S)
        screen = {"SDL_VIDEODRIVER": "dummy", "SDL_AUDIODRIVER": "dummy", "NOTIFY_SOCKET": address}
        command = [*HEITJE, "terminal", "run", "--dir", str(directory)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=ROOT, env={**os.environ, **screen}) as process:
            while not manager.recv(4096).startswith(b"READY=1"):
                pass
            yield process
            process.terminate()
            process.wait(TIMEOUT_S)


def test_start(benchmark: BenchmarkFixture, figure: Callable[..., None], counter: tuple[Path, Field, Scanner]) -> None:
    directory, _, _ = counter
    bare: list[float] = []

    def start_bare() -> None:
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", "pass"], check=True)
        bare.append(time.perf_counter() - began)

    ours: list[float] = []

    def start() -> None:
        began = time.perf_counter()
        with waiting(directory):
            ours.append(time.perf_counter() - began)

    pedantic: Callable[..., object] = benchmark.pedantic
    pedantic(start, setup=start_bare, rounds=STARTS, warmup_rounds=1)
    took, limit = statistics.median(ours), START_LIMIT * statistics.median(bare)
    figure("till, from start to its idle screen", 1000 * took, "ms", limit=1000 * limit, ratio=limit / took, goal=1.0)


def test_idle(benchmark: BenchmarkFixture, figure: Callable[..., None], counter: tuple[Path, Field, Scanner]) -> None:
    directory, _, _ = counter
    shares: list[float] = []

    def idle() -> None:
        with waiting(directory) as process:
            sleep_until(time.perf_counter() + AT_REST_S)
            began, before = time.perf_counter(), cpu_s(process.pid)
            sleep_until(began + IDLE_S)
            shares.append((cpu_s(process.pid) - before) / (time.perf_counter() - began))

    pedantic: Callable[..., object] = benchmark.pedantic
    pedantic(idle, rounds=1)
    share = shares[0]
    figure("till, idle with screen, reader and scanner", 100 * share, "% of a core", ratio=IDLE_MOST / share, goal=1.0)


def cpu_s(process: int) -> float:
    """Processor seconds of a process so far."""
    fields = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def sleep_until(moment: float) -> None:
    """Let time pass: what is measured is that nothing happens."""
    select.select([], [], [], max(0.0, moment - time.perf_counter()))


def test_deny_list(benchmark: BenchmarkFixture, figure: Callable[..., None]) -> None:
    ids = [secrets.token_bytes(7 if number % 2 else 16) for number in range(DENIED)]
    listed = DenyList(encode(ids))
    asked = [*ids[:500], *(secrets.token_bytes(16) for _ in range(500))]

    def look_up() -> None:
        for identity in asked:
            identity in listed  # noqa: B015  # the look-up itself is what is timed

    pedantic: Callable[..., object] = benchmark.pedantic
    pedantic(look_up, rounds=20, warmup_rounds=1)
    microseconds = 1e6 * statistics.median(benchmark.stats.stats.data) / len(asked)  # type: ignore[union-attr]
    name = f"deny list of {DENIED:,} ids, one look-up"
    figure(name, microseconds, "µs", ratio=LOOKUP_US_MOST / microseconds, goal=1.0)


class Shoppers:
    """Pay in turn by card, code and note, at a clock that makes a day of it."""

    def __init__(self, programme: TestProgramme, now: int) -> None:
        self.programme, self.now, self.number = programme, now, 0
        allowance = Voucher(
            programme.iss, now + 7 * DAY_S, now, bytes(16), Cents(2500), cnf=programme.phone_ed25519.public
        )
        self.allowance = allowance

    def code(self) -> str:
        """A fresh allowance's code, for no terminal."""
        token = vouchers.issue(replace(self.allowance, cti=self.number.to_bytes(16, "big")), self.programme.mint)
        return qr.encode_code(codes.sign(PaymentCode(self.now, 1, Cents(100), token), self.programme.phone_ed25519))

    def note(self) -> str:
        """A fresh note of one euro."""
        note = Voucher(
            self.programme.iss, self.now + DAY_S, self.now, self.number.to_bytes(16, "big"), Cents(100), home="bakker-1"
        )
        return qr.encode_voucher(vouchers.issue(note, self.programme.mint))


def test_memory(
    benchmark: BenchmarkFixture,
    figure: Callable[..., None],
    counter: tuple[Path, Field, Scanner],
    programme: TestProgramme,
) -> None:
    directory, field, scanner = counter
    configuration = TerminalConfiguration.load(directory)
    keys = TerminalKeys.load(configuration.keys_path, production=False)
    trust = TrustStore(configuration.trust_path, keys.roots, configuration.terminal).load()
    journal = JournalStore.open(configuration.journal_path, configuration.terminal)
    shoppers = Shoppers(programme, trust.signed_at)
    card = Card(MemoryStore(personalise(programme, CARD_UID, Cents(CARD_BALANCE))))
    ready: list[Callable[[], None]] = []
    till = Till(
        trust=trust,
        keys=keys,
        journal=journal,
        operator="till",
        print_receipt=ReceiptDesk(None, 80, "nl").print_sale,
        reader=open_reader(configuration.reader or ""),
        scanner=open_scanner(configuration.scanner or ""),
        on_ready=lambda: ready[-1](),  # it is another one for each sale
        clock=lambda: shoppers.now,
    )

    def sell() -> None:
        shoppers.number += 1
        shoppers.now += DAY_S // SALES
        journal.acknowledge(journal.head()[0], ())  # as an upload would
        how = shoppers.number % 3
        if how == 0:
            ready.append(lambda: field.put(card))
        else:
            text = (shoppers.code() if how == 1 else shoppers.note()).encode()
            ready.append(lambda: scanner.scan(text))
        state = till.sell(10 if how == 0 else 100, TIMEOUT_S)
        field.lift()
        ready.clear()
        assert state.verdict is Verdict.ACCEPTED or how == 0, state

    grown: list[float] = []

    def a_day() -> None:
        for _ in range(WARM_UP):
            sell()
        tracemalloc.start()
        before = taken()
        for _ in range(SALES - WARM_UP):
            sell()
        grown.append((taken() - before) / 1024)
        tracemalloc.stop()

    pedantic: Callable[..., object] = benchmark.pedantic
    pedantic(a_day, rounds=1)
    journal.close()
    name = f"till, memory grown over {SALES} sales in 24 h"
    kib = max(grown[0], 1.0)
    figure(name, grown[0], "KiB", limit=GROWTH_KIB_MOST, ratio=GROWTH_KIB_MOST / kib, goal=1.0)


def taken() -> int:
    """Bytes that our own code has allocated and not given back; the simulators in this process are not counted."""
    gc.collect()
    ours = [tracemalloc.Filter(True, f"{ROOT}/{folder}/*") for folder in ("heitje", "drivers", "terminal")]
    return sum(stat.size for stat in tracemalloc.take_snapshot().filter_traces(ours).statistics("filename"))
