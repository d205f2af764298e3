# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A backend on PostgreSQL under load, on the same cores as its database and its callers, every commit on disk.

Two worker processes serve; several tills upload at once, each its own journal. What is uploaded is made and signed
before the clock runs: the till's work is not the backend's.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from heitje import codes, server_time
from heitje.codes import PaymentCode
from heitje.journal import Entry, Instrument, Kind, PhoneEvidence, entry_hash, head_of
from heitje.keys import SigningKey
from heitje.messages import BATCH_ENTRIES_MAX, Batch
from heitje.money import Cents
from heitje.programme import TestProgramme
from heitje.request_signature import Request, sign_request

if TYPE_CHECKING:
    from tests.conftest import Cluster

TILLS = 6
BATCHES = 8
PER_BATCH = (BATCH_ENTRIES_MAX - 1) // 2
"""A time anchor begins each batch, as at each contact; one place stays free."""
CODES_PER_PHONE = 5
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
    from django.db import connection, transaction

    from backend.assembly import configuration_in_use, programme_of
    from backend.minting.vouchers import issue_allowance

    tokens = []
    store = programme_of(configuration_in_use()).key_store
    phone = town.programme.phone_ed25519.public
    with transaction.atomic():
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


def write_phone_batches(town: Town, count: int) -> None:
    """Full batches for each till."""
    phones = -(-count * PER_BATCH // CODES_PER_PHONE)
    for till in town.tills:
        tokens = [(token, number + 1) for token in issue(town, phones) for number in range(CODES_PER_PHONE)]
        left = iter(tokens)
        for _ in range(count):
            after, now = till.seq, int(time.time())
            anchor = server_time.sign(till.id, now, town.programme.mint)
            entries = [till.append(Kind.TIME_ANCHOR, server_time=anchor, bundle=1)]
            for _ in range(PER_BATCH):
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


def upload_all(town: Town, url: str) -> float:
    """Every till its batches, all tills at once; how long it took, seconds. Everything must be accepted."""
    parts = urlsplit(url)
    signed: list[list[Request]] = []
    for till in town.tills:
        target = f"{url}/v1/terminals/{till.id.hex()}/journal"
        requests = [Request("POST", target, {"Content-Type": "application/json"}, b.encode()) for b in till.batches]
        for request in requests:
            sign_request(request, till.id.hex(), till.key, int(time.time()))
        signed.append(requests)
        till.batches.clear()
    ready = threading.Barrier(len(signed) + 1)

    def one(requests: list[Request]) -> list[bytes]:
        answers = []
        with closing(http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)) as connection:
            connection.connect()
            ready.wait()
            for request in requests:
                connection.request("POST", urlsplit(request.url).path, request.body, request.headers)
                with connection.getresponse() as response:
                    answers.append(response.read())
        return answers

    with ThreadPoolExecutor(len(signed)) as pool:
        running = [pool.submit(one, requests) for requests in signed]
        ready.wait()
        start = time.perf_counter()
        answers = [answer for future in running for answer in future.result()]
        took = time.perf_counter() - start
    for answer in answers:
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


def test_phone_intake(town: Town, figure: Callable[..., None]) -> None:
    write_phone_batches(town, 2)
    with town.served() as url:
        upload_all(town, url)  # warm
        write_phone_batches(town, BATCHES)
        before = verify_rate()
        rate = TILLS * BATCHES * PER_BATCH / upload_all(town, url)
        limit = (before + verify_rate()) / 2
    figure("phone redemptions, HTTP to commit, PostgreSQL", rate, "redemptions/s", limit, rate / limit, 2.0)
