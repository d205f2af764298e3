# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A backend on PostgreSQL under load, on the same cores as its database and its callers, every commit on disk.

Two worker processes serve; several tills upload at once, each its own journal. What is uploaded is made and signed
before the clock runs: the till's work is not the backend's.
"""

from __future__ import annotations

import gc
import hashlib
import json
import os
import re
import selectors
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from nacl.bindings import crypto_sign_open
from pytest_benchmark.fixture import BenchmarkFixture

from heitje import codes, server_time
from heitje.card import transaction
from heitje.card.keys import diversify
from heitje.card.layout import KEY_TRANSACTION_MAC, Command
from heitje.card.record import Record, RecordKind, reference_of
from heitje.codes import PaymentCode
from heitje.journal import CardEvidence, Entry, Instrument, Kind, PhoneEvidence, entry_hash, head_of
from heitje.keys import SigningKey
from heitje.messages import BATCH_ENTRIES_MAX, Batch
from heitje.money import Cents
from heitje.programme import TestProgramme
from heitje.request_signature import Request, sign_request

if TYPE_CHECKING:
    from tests.conftest import Cluster

TILLS = 8
BATCHES = 6
PER_BATCH = (BATCH_ENTRIES_MAX - 1) // 2
"""A time anchor begins each batch, as at each contact; one place stays free."""
SINGLES = 400
CODES_PER_PHONE = 5
NIGHT_SALES = 1_000_000
NIGHT_SHOPS = 2000
PRICE = Cents(4)
LARGE: dict[str, str] = {
    "shared_buffers": "1GB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "30min",
    "wal_compression": "lz4",
    "fsync": "on",
    "synchronous_commit": "on",
}


@dataclass
class Till:
    """A till's journal, as far as it is written."""

    id: bytes
    key: SigningKey
    prev: bytes = b""
    seq: int = 0
    batches: list[Batch] = field(default_factory=list)

    def append(self, kind: Kind, **values: object) -> bytes:
        """One entry."""
        self.seq += 1
        prev = self.prev or head_of(self.id)
        entry = Entry(seq=self.seq, prev=prev, terminal=self.id, time=int(time.time()), kind=kind, **values)  # type: ignore[arg-type]
        data = entry.encode()
        self.prev = entry_hash(data)
        return data


@dataclass
class Town:
    """A backend's directory, its tills, and how to serve it."""

    directory: Path
    programme: TestProgramme
    tills: list[Till]

    @contextmanager
    def served(self, workers: int = 2) -> Iterator[str]:
        """The backend at its address."""
        words = [sys.executable, "-m", "heitje", "backend", "serve", "--dir", str(self.directory), "--port", "0"]
        words += ["--workers", str(workers), "--publish-every-s", "0"]
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            word, url = server.stdout.readline().split()
            assert word == "ready"
            try:
                yield url
            finally:
                server.terminate()


def heitje(*words: str | Path) -> None:
    subprocess.run([sys.executable, "-m", "heitje", "backend", *map(str, words)], check=True, capture_output=True)


@pytest.fixture(autouse=True)
def clocked(benchmark: BenchmarkFixture) -> None:
    """A run of benchmarks takes only tests that use its clock; what runs in several processes keeps its own."""
    pedantic: Callable[..., object] = benchmark.pedantic
    pedantic(time.perf_counter, rounds=1)


@pytest.fixture(scope="module")
def town(cluster: Cluster, vectors: Path, programme: TestProgramme, tmp_path_factory: pytest.TempPathFactory) -> Town:
    """A backend on PostgreSQL, with shops and tills."""
    cluster.stop("fast")
    cluster.start(**LARGE)
    cluster.sql("CREATE DATABASE bench OWNER heitje")
    directory = tmp_path_factory.mktemp("bench") / "backend"
    where = ("--postgresql", "bench", "--schema", "testburg", "--db-host", cluster.directory, "--db-user", "heitje")
    heitje("init", "--dir", directory, "--test-programme", vectors / "test-programme.json", *where)
    keys = [SigningKey.from_seed(number.to_bytes(32, "big")) for number in range(1, TILLS + 1)]
    tills = [Till(number.to_bytes(8, "big"), key) for number, key in enumerate(keys, start=1)]
    town = Town(directory, programme, tills)
    furnish(town)
    return town


def furnish(town: Town) -> None:
    """Shops and tills, and a citizen who has earned enough for everyone."""
    from backend import configuration, django_project

    django_project.start(configuration.load(town.directory))
    from backend.minting import cover
    from backend.population import reward
    from backend.shops.admission import admit_shop, enrol_terminal

    now = int(time.time())
    for number in range(30):
        cover.fund(f"bench:{number}", Cents(1_000_000), "bench", now)
        reward("bench", Cents(1_000_000), now)
    for till in town.tills:
        shop_id = f"shop-{till.id.hex()}"
        shop = admit_shop(
            shop_id=shop_id, owner=shop_id, name=shop_id, category="cafe", area="centrum", iban="NL20INGB0001234567"
        )
        enrol_terminal(
            terminal_id=till.id,
            shop=shop,
            public_key=till.key.public,
            paper_till=False,
            secure_element=False,
            at=now,
        )


def issue(town: Town, count: int) -> list[bytes]:
    """Allowances for phones."""
    from django.db import connection
    from django.db.transaction import atomic

    from backend.assembly import configuration_in_use, programme_of
    from backend.minting.vouchers import issue_allowance

    tokens = []
    store = programme_of(configuration_in_use()).key_store
    phone = town.programme.phone_ed25519.public
    with atomic():
        for _ in range(count):
            amount = Cents(CODES_PER_PHONE * PRICE)
            issued = issue_allowance(
                programme=town.programme.iss,
                citizen="bench",
                amount=amount,
                phone=phone,
                key_store=store,
                at=int(time.time()),
            )
            tokens.append(bytes(issued.token))
    connection.close()
    return tokens


def write_phone_batches(town: Town, count: int, per_batch: int = PER_BATCH) -> None:
    """Batches for each till, full ones unless fewer redemptions are wanted in each."""
    phones = -(-count * per_batch // CODES_PER_PHONE)
    for till in town.tills:
        tokens = [(token, number + 1) for token in issue(town, phones) for number in range(CODES_PER_PHONE)]
        left = iter(tokens)
        for _ in range(count):
            after, now = till.seq, int(time.time())
            anchor = server_time.sign(till.id, now, town.programme.mint)
            entries = [till.append(Kind.TIME_ANCHOR, server_time=anchor, bundle=1)]
            for _ in range(per_batch):
                token, number = next(left)
                code = PaymentCode(now, number, PRICE, token, till.id.hex())
                tender = {
                    "sale": till.seq.to_bytes(16, "big"),
                    "amount": PRICE,
                    "instrument": Instrument.PHONE,
                    "evidence": PhoneEvidence(codes.sign(code, town.programme.phone_ed25519)),
                    "offline": True,
                    "bundle": 1,
                    "operator": "till",
                }
                entries.append(till.append(Kind.INTENT, **tender))
                entries.append(till.append(Kind.REDEMPTION, of=till.seq, **tender))
            till.batches.append(Batch(after, tuple(entries)))


class Caller:
    """A till's connection: what it sends lies ready, byte for byte, and of an answer it looks for the end alone.

    A library's client costs about as much as the server does, on the same cores.
    """

    def __init__(self, till: Till, url: str) -> None:
        parts = urlsplit(url)
        self._socket = socket.create_connection((parts.hostname or "", parts.port or 0), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.setblocking(False)
        self._requests = iter([written(till, url, batch) for batch in till.batches])
        self._left = memoryview(b"")
        self._got = bytearray()
        self._began = 0.0
        self.answers: list[bytes] = []
        self.times: list[float] = []

    def begin(self, ear: selectors.BaseSelector) -> None:
        """The next request, as far as the line takes it now; after the last one the line is closed."""
        request = next(self._requests, None)
        if request is None:
            ear.unregister(self._socket)
            self._socket.close()
            return
        self._left, self._began = memoryview(request), time.perf_counter()
        if not self.answers:
            ear.register(self._socket, selectors.EVENT_READ, self)
        self.go_on(ear, selectors.EVENT_WRITE)

    def go_on(self, ear: selectors.BaseSelector, events: int) -> None:
        """Send and read what can be sent and read at this moment."""
        if self._left and events & selectors.EVENT_WRITE:
            with suppress(BlockingIOError):
                self._left = self._left[self._socket.send(self._left) :]
            wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._left else 0)
            if ear.get_key(self._socket).events != wanted:
                ear.modify(self._socket, wanted, self)
        if events & selectors.EVENT_READ:
            received = self._socket.recv(2**18)
            assert received, "the backend hung up"
            self._got += received
            head, end, body = self._got.partition(b"\r\n\r\n")
            if end and len(body) >= int(LENGTH.findall(head)[0]):
                self.times.append(time.perf_counter() - self._began)
                self.answers.append(bytes(body))
                self._got.clear()
                self.begin(ear)


LENGTH: Final = re.compile(rb"\r\nContent-Length: ([0-9]+)")


def written(till: Till, url: str, batch: Batch) -> bytes:
    """A signed request as it goes over the line."""
    request = Request(
        "POST",
        f"{url}/v1/terminals/{till.id.hex()}/journal",
        {"Content-Type": "application/json"},
        batch.encode(),
    )
    sign_request(request, till.id.hex(), till.key, int(time.time()))
    parts = urlsplit(request.url)
    lines = [f"POST {parts.path} HTTP/1.1", f"Host: {parts.netloc}", f"Content-Length: {len(request.body)}"]
    lines += [f"{name}: {value}" for name, value in request.headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + request.body


def upload_all(town: Town, url: str, times: list[float] | None = None) -> float:
    """Every till its batches, all tills at once; how long it took, seconds. Everything must be accepted.

    Into `times` goes how long each request took.
    """
    callers = [Caller(till, url) for till in town.tills]
    for till in town.tills:
        till.batches.clear()
    with selectors.DefaultSelector() as ear:
        start = time.perf_counter()
        for caller in callers:
            caller.begin(ear)
        while ear.get_map():
            for key, events in ear.select():
                key.data.go_on(ear, events)
        took = time.perf_counter() - start
    for caller in callers:
        if times is not None:
            times += caller.times
        for answer in caller.answers:
            assert {outcome["outcome"] for outcome in json.loads(answer)["outcomes"]} == {"accepted"}, answer[:400]
    return took


def verify_rate() -> float:
    """How many signatures one core verifies in a second, with the till's library."""
    private = Ed25519PrivateKey.from_private_bytes(bytes(32))
    public, message = private.public_key(), bytes(160)
    signature = private.sign(message)
    start = time.perf_counter()
    for _ in range(2000):
        public.verify(signature, message)
    return 2000 / (time.perf_counter() - start)


def write_card_batches(town: Town, count: int, cards: int) -> None:
    """Full batches for each till, of cards that pay often."""
    from django.db import connection
    from django.db.transaction import atomic

    from backend.minting.cards import load_card_at_issue

    for till in town.tills:
        plastic = [Plastic(till.id[-5:] + number.to_bytes(2, "big")) for number in range(cards)]
        with atomic():
            for card in plastic:
                load_card_at_issue(card.uid, "bench", Cents(card.balance), int(time.time()))
        connection.close()
        for _ in range(count):
            after, now = till.seq, int(time.time())
            anchor = server_time.sign(till.id, now, town.programme.mint)
            entries = [till.append(Kind.TIME_ANCHOR, server_time=anchor, bundle=1)]
            for number in range(PER_BATCH):
                card, tmri = plastic[number % cards], till.id + (till.seq + 1).to_bytes(8, "big")
                intent, proof = card.pay(town.programme, tmri, PRICE, now)
                tender = {
                    "sale": till.seq.to_bytes(16, "big"),
                    "amount": PRICE,
                    "instrument": Instrument.CARD,
                    "offline": True,
                    "bundle": 1,
                    "operator": "till",
                }
                entries.append(till.append(Kind.INTENT, evidence=intent, **tender))
                entries.append(till.append(Kind.REDEMPTION, of=till.seq, evidence=proof, **tender))
            till.batches.append(Batch(after, tuple(entries)))


@dataclass
class Plastic:
    """A card: it counts, signs and remembers."""

    uid: bytes
    balance: int = 2000
    tmc: int = 0
    last_reader: bytes = bytes(16)

    def pay(self, programme: TestProgramme, tmri: bytes, amount: int, now: int) -> tuple[CardEvidence, CardEvidence]:
        """The evidence before it commits, and after."""
        ktm = diversify(programme.master_transaction_mac, self.uid, programme.df_name, KEY_TRANSACTION_MAC)
        keys = transaction.transaction_keys(ktm, self.tmc, self.uid)
        enc_tmri = transaction.encrypt_reader_id(keys.enc, self.last_reader)
        record = Record(RecordKind.SALE, now, reference_of(tmri), amount).pack()
        before = CardEvidence(self.uid, tmri, enc_tmri, self.balance, record, tmc_before=self.tmc)
        tmi = transaction.tmi_of_payment(
            Command.DEBIT, balance=self.balance, amount=amount, tmri=tmri, enc_tmri=enc_tmri, record=record
        )
        self.tmc, self.balance, self.last_reader = self.tmc + 1, self.balance - amount, tmri
        after = replace(before, tmc=self.tmc, tmv=transaction.tmv(keys.mac, tmi), tmc_before=None)
        return before, after


BARE: Final = """
CREATE TABLE bare_redemption (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, terminal text, seq bigint,
    item text, amount bigint, at bigint, UNIQUE (terminal, seq));
CREATE TABLE bare_posting (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event text UNIQUE, debit bigint,
    credit bigint, amount bigint, at bigint);
CREATE TABLE bare_balance (id bigint PRIMARY KEY, balance bigint CHECK (balance >= 0));
INSERT INTO bare_balance SELECT n, 1000000000 FROM generate_series(1, 100000) AS n;
GRANT ALL ON ALL TABLES IN SCHEMA public TO heitje
"""
BARE_BATCH: Final = """
WITH r AS (
    SELECT * FROM unnest(%s::bigint[], %s::text[], %s::bigint[]) AS u (seq, item, debit)
), redemption AS (
    INSERT INTO bare_redemption (terminal, seq, item, amount, at) SELECT %s, r.seq, r.item, 4, 0 FROM r
    ON CONFLICT DO NOTHING RETURNING seq
), posting AS (
    INSERT INTO bare_posting (event, debit, credit, amount, at)
    SELECT 'redemption:' || %s || ':' || r.seq, r.debit, %s, 4, 0 FROM r
), paid AS (
    UPDATE bare_balance AS b SET balance = b.balance - 4 FROM r WHERE b.id = r.debit
)
UPDATE bare_balance SET balance = balance + 4 * (SELECT count(*) FROM redemption) WHERE id = %s
"""


def bare_inserts(cluster: Cluster, client: int, batches: int, before_each: Callable[[], object] = lambda: None) -> None:
    """What a database does at least: one statement and one commit for a batch of redemptions."""
    address = f"host={cluster.directory} user=heitje dbname=bare"
    with psycopg.connect(address, autocommit=True, prepare_threshold=0) as bare:
        for number in range(batches):
            seqs = range(number * PER_BATCH, (number + 1) * PER_BATCH)
            for _ in seqs:
                before_each()
            items = [hashlib.sha256(f"{client}/{seq}".encode()).hexdigest()[:32] for seq in seqs]
            debits = [client * 20_000 + seq % 10_000 + 100 for seq in seqs]
            name, shop = f"{client:016x}", client + 1
            bare.execute(BARE_BATCH, (list(seqs), items, debits, name, name, shop, shop))


def at_once(tasks: list[Callable[[], object]]) -> float:
    """Each in a process of its own; how long they took together, seconds. They begin when all are ready."""
    ready, go = os.pipe(), os.pipe()
    children = []
    for task in tasks:
        child = os.fork()
        if child == 0:
            try:
                os.write(ready[1], b".")
                os.read(go[0], 1)
                task()
                os._exit(0)
            finally:
                os._exit(1)
        children.append(child)
    for _ in children:
        os.read(ready[0], 1)
    start = time.perf_counter()
    os.write(go[1], b"." * len(children))
    assert all(os.waitpid(child, 0)[1] == 0 for child in children)
    return time.perf_counter() - start


def bare_rate(cluster: Cluster, clients: int, batches: int = 40) -> float:
    """Redemptions per second of the bare array insert."""
    cluster.sql("CREATE DATABASE bare")
    cluster.sql(BARE, "bare")
    took = at_once([partial(bare_inserts, cluster, client, batches) for client in range(clients)])
    cluster.sql("DROP DATABASE bare WITH (FORCE)")
    return clients * batches * PER_BATCH / took


def test_bound(cluster: Cluster, figure: Callable[..., None]) -> None:
    """What two cores can do at most: one verification by libsodium and the bare insert; no HTTP, no rules."""
    cluster.sql("CREATE DATABASE bare")
    cluster.sql(BARE, "bare")
    key, message = SigningKey.from_seed(bytes(32)), bytes(160)
    signed = key.sign(message) + message

    def work(client: int) -> None:
        bare_inserts(cluster, client, BATCHES, lambda: crypto_sign_open(signed, key.public.raw))

    before = verify_rate()
    rate = 2 * BATCHES * PER_BATCH / at_once([partial(work, client) for client in range(2)])
    limit = (before + verify_rate()) / 2
    cluster.sql("DROP DATABASE bare WITH (FORCE)")
    figure("the bound: libsodium and the bare insert alone", rate, "redemptions/s", limit, rate / limit, None)


def booked(town: Town, till: Till) -> Callable[[], None]:
    """What follows the verification of a till's batches: judging, writing, committing."""
    from backend.assembly import configuration_in_use, programme_of
    from backend.redemption import intake
    from backend.shops.models import Terminal

    programme = programme_of(configuration_in_use())
    terminal = Terminal.objects.select_related("shop").get(id=till.id.hex())
    examined = [intake.examine_batch(terminal, batch, programme) for batch in till.batches]
    till.batches.clear()

    def work() -> None:
        gc.collect()
        gc.freeze()
        gc.disable()
        for batch in examined:
            answer = intake.book(terminal, batch, programme, int(time.time()))
            assert {str(outcome.outcome) for outcome in answer.outcomes} == {"accepted"}

    return work


def test_after_verification(town: Town, cluster: Cluster, figure: Callable[..., None]) -> None:
    from django.db import connection

    write_phone_batches(town, BATCHES)
    tasks = [booked(town, till) for till in town.tills]
    connection.close()
    limit = bare_rate(cluster, 2)
    rate = 2 * BATCHES * PER_BATCH / statistics.median(at_once(list(pair)) for pair in batched_pairs(tasks))
    figure("redemptions after verification, 2 clients", rate, "redemptions/s", limit, rate / limit, 0.7)


def batched_pairs(tasks: list[Callable[[], None]]) -> Iterator[tuple[Callable[[], None], Callable[[], None]]]:
    """Two and two."""
    return zip(tasks[::2], tasks[1::2], strict=True)


def test_card_intake(town: Town, figure: Callable[..., None]) -> None:
    with town.served() as url:
        write_card_batches(town, BATCHES, 80)
        rate = TILLS * BATCHES * PER_BATCH / upload_all(town, url)
    figure("card redemptions, HTTP to commit, PostgreSQL", rate, "redemptions/s", 15_000, rate / 15_000, 1.0)


@pytest.mark.parametrize("clients", [1, 8])
def test_online_single(town: Town, cluster: Cluster, figure: Callable[..., None], clients: int) -> None:
    """One redemption, one request, one answer; against PostgreSQL's own measure of small transactions.

    A request is what a till sends that sells less than once a minute (`terminal.sync`): the time that the last contact
    told it, the intent and the redemption.
    """
    cluster.sql("CREATE DATABASE tpcb")
    cluster.run("pgbench", "-i", "-q", "-s", "10", "tpcb")
    told = cluster.run("pgbench", "-n", "-c", str(clients), "-j", "2", "-T", "4", "tpcb")
    cluster.sql("DROP DATABASE tpcb WITH (FORCE)")
    limit = float(next(line.split()[2] for line in told.splitlines() if line.startswith("tps")))
    one = Town(town.directory, town.programme, town.tills[:clients])
    write_phone_batches(one, SINGLES, 1)
    times: list[float] = []
    with one.served() as url:
        took = upload_all(one, url, times)
    rate = len(times) / took
    figure(f"online single redemption, {clients} clients", rate, "redemptions/s", limit, rate / limit, 0.5)
    slowest = statistics.quantiles(times, n=100)[98] * 1000
    figure(f"online single redemption, {clients} clients, p99", slowest, "ms", 50.0, 50.0 / slowest, 1.0)


def test_night(town: Town, cluster: Cluster, figure: Callable[..., None]) -> None:
    """1 000 000 redemptions in the book, owed to 2 000 shops; cut, bank file and a statement for each."""
    cluster.sql(
        f"""
        SET search_path TO testburg;
        INSERT INTO shops_shop (id, owner, name, category, area, iban)
            SELECT 'night-' || n, 'night-' || n, 'Winkel ' || n, 'cafe', 'centrum', 'NL20INGB0001234567'
            FROM generate_series(1, {NIGHT_SHOPS}) AS n;
        INSERT INTO ledger_account (kind, owner)
            SELECT 'payable', 'night-' || n FROM generate_series(1, {NIGHT_SHOPS}) AS n;
        INSERT INTO ledger_transfer (event, line, kind, debit_id, credit_id, amount, reference, at)
            SELECT 'night:' || n, 0, 'redeemed', d.id, c.first + n % {NIGHT_SHOPS}, 1, 'till/' || n, 1795500000
            FROM generate_series(1, {NIGHT_SALES}) AS n,
                (SELECT id FROM ledger_account WHERE kind = 'citizen' AND owner = 'bench') AS d,
                (SELECT min(id) AS first FROM ledger_account WHERE kind = 'payable' AND owner LIKE 'night-%') AS c;
        ANALYZE;
        """,  # noqa: S608  # the numbers are ours
        "bench",
    )
    start = time.perf_counter()
    heitje("settle", "--dir", town.directory, "--date", "2026-11-25")
    took = time.perf_counter() - start
    figure(f"night of {NIGHT_SALES} redemptions and {NIGHT_SHOPS} shops", took, "s", 20.0, 20.0 / took, 1.0)


STORE: Final = """
SET search_path TO testburg;
INSERT INTO redemption_journalrun (terminal_id, first, last, time, entries, hashes, received_at)
    SELECT lpad(to_hex(n / 5000 + 4096), 16, '0'), 2 * (n % 5000) + 1, 2 * (n % 5000) + 500, 1795400000,
        decode(repeat(md5(n::text), 11 * 1000), 'hex'), decode(repeat(md5(n::text), 1000), 'hex'), 1795400000
    FROM generate_series({first}, {last}, 250) AS n;
INSERT INTO redemption_claim (terminal_id, branch, intent_seq, shop_id, instrument, item, amount, time, sale,
        fingerprint, code_seq, payload, state, completed_by, paid, guaranteed, refunded, settled_at)
    SELECT lpad(to_hex(n / 5000 + 4096), 16, '0'), '', 2 * (n % 5000) + 1, 'shop-0000000000000001', 2, md5(n::text), 1,
        1795400000, md5(n::text), md5(n::text) || md5(n::text), 1, md5(n::text) || md5(n::text), 'redeemed',
        2 * (n % 5000) + 2, 1, 0, 0, 1795400000
    FROM generate_series({first}, {last}) AS n;
INSERT INTO ledger_transfer (event, line, kind, debit_id, credit_id, amount, reference, at)
    SELECT 'stored:' || n, 0, 'redeemed', d.id, c.id, 1, 'stored/' || n, 1795400000
    FROM generate_series({first}, {last}) AS n,
        (SELECT id FROM ledger_account WHERE kind = 'citizen' AND owner = 'bench') AS d,
        (SELECT id FROM ledger_account WHERE kind = 'payable' AND owner = 'shop-0000000000000001') AS c
"""
"""Redemptions as they are stored, of other tills, numbered from `first` to `last`."""
STEP: Final = 100_000


def test_stored_redemptions(town: Town, cluster: Cluster, figure: Callable[..., None]) -> None:
    """Ten times as many redemptions in the book: how much slower intake is."""
    few, many = map(int, os.environ.get("HEITJE_BENCH_STORED", "100000,1000000").split(","))
    rates, first = [], 1
    with town.served() as url:
        for last in (few, many):
            for begin in range(first, last, STEP):
                cluster.sql(STORE.format(first=begin, last=min(begin + STEP - 1, last)), "bench")
            cluster.sql("ANALYZE", "bench")
            cluster.sql("CHECKPOINT")
            first = last + 1
            write_phone_batches(town, 2)
            upload_all(town, url)  # warm
            write_phone_batches(town, BATCHES)
            rates.append(TILLS * BATCHES * PER_BATCH / upload_all(town, url))
    what = f"intake with {many} redemptions stored, against {few}"
    figure(what, rates[1], "redemptions/s", rates[0], rates[1] / rates[0], 0.8)


def test_phone_intake(town: Town, figure: Callable[..., None]) -> None:
    write_phone_batches(town, 2)
    with town.served() as url:
        upload_all(town, url)  # warm
        write_phone_batches(town, BATCHES)
        before = verify_rate()
        rate = TILLS * BATCHES * PER_BATCH / upload_all(town, url)
        limit = (before + verify_rate()) / 2
    figure("phone redemptions, HTTP to commit, PostgreSQL", rate, "redemptions/s", limit, rate / limit, 2.0)
