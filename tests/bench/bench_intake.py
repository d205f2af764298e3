# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""How many redemptions per second the backend takes in, from the HTTP request to the committed answer.

One till uploads batches of 500 entries to a backend that serves on loopback in its own process. A redemption is an
intent and what completes it; each is paid by a phone's code, which holds two signatures. The limit is one core that
does nothing but verify these.
"""

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from heitje import codes, server_time
from heitje.codes import PaymentCode
from heitje.journal import Entry, Instrument, Kind, PhoneEvidence, entry_hash, head_of
from heitje.messages import BATCH_ENTRIES_MAX, Batch
from heitje.money import Cents
from heitje.programme import TestProgramme
from heitje.request_signature import Request, sign_request

ROUNDS = 8
REDEMPTIONS = (BATCH_ENTRIES_MAX - 1) // 2
"""A time anchor begins each batch, as at each contact; one place stays free."""
SIGNATURES = 2
CODES_PER_PHONE = 5
PRICE = Cents(4)


@dataclass
class Backend:
    """A backend that serves, and the allowances that it has issued."""

    url: str
    allowances: list[bytes]


@pytest.fixture
def backend(tmp_path: Path, vectors: Path, programme: TestProgramme) -> Iterator[Backend]:
    directory = tmp_path / "backend"
    heitje = [sys.executable, "-m", "heitje", "backend"]
    where = ["--dir", str(directory)]
    subprocess.run([*heitje, "init", *where, "--test-programme", vectors / "test-programme.json"], check=True)
    phones = (ROUNDS + 2) * -(-REDEMPTIONS // CODES_PER_PHONE)
    allowances = issue_allowances(directory, programme, phones)
    server = subprocess.Popen([*heitje, "serve", *where, "--port", "0"], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        word, url = server.stdout.readline().split()
        assert word == "ready"
        yield Backend(url, allowances)
    finally:
        server.terminate()
        server.communicate(timeout=30)


def issue_allowances(directory: Path, programme: TestProgramme, count: int) -> list[bytes]:
    """One allowance for each of `count` citizens, paid for by a task."""
    from backend import configuration, django_project

    settings = configuration.load(directory)
    django_project.start(settings)
    from django.db import connection

    from backend.assembly import programme_of
    from backend.minting.vouchers import issue_allowance
    from backend.population import reward

    now = int(time.time())
    amount = Cents(CODES_PER_PHONE * PRICE)
    tokens = []
    for number in range(count):
        citizen = f"bench-{number}"
        reward(citizen, amount, now)
        issued = issue_allowance(
            programme=programme.iss,
            citizen=citizen,
            amount=amount,
            phone=programme.phone_ed25519.public,
            key_store=programme_of(settings).key_store,
            at=now,
        )
        tokens.append(bytes(issued.token))
    connection.close()
    return tokens


def batches(programme: TestProgramme, allowances: list[bytes]) -> Iterator[Batch]:
    """Full batches of one till's journal, one after the other."""
    prev, seq = head_of(programme.terminal), 0
    phones = iter([(token, number + 1) for token in allowances for number in range(CODES_PER_PHONE)])
    now = int(time.time())

    def append(kind: Kind, **values: object) -> bytes:
        nonlocal prev, seq
        seq += 1
        entry = Entry(seq=seq, prev=prev, terminal=programme.terminal, time=now, kind=kind, **values)  # type: ignore[arg-type]
        data = entry.encode()
        prev = entry_hash(data)
        return data

    while True:
        after = seq
        time_now = server_time.sign(programme.terminal, now, programme.mint)
        entries = [append(Kind.TIME_ANCHOR, server_time=time_now)]
        for _ in range(REDEMPTIONS):
            token, number = next(phones)
            code = PaymentCode(now, number, PRICE, token, programme.terminal.hex())
            tender = {
                "sale": seq.to_bytes(16, "big"),
                "amount": PRICE,
                "instrument": Instrument.PHONE,
                "evidence": PhoneEvidence(codes.sign(code, programme.phone_ed25519)),
                "offline": True,
                "bundle": 1,
                "operator": "till",
            }
            entries.append(append(Kind.INTENT, **tender))
            entries.append(append(Kind.REDEMPTION, of=seq, **tender))
        yield Batch(after, tuple(entries))


@contextmanager
def uploading(backend: Backend, programme: TestProgramme) -> Iterator[Callable[[Batch], None]]:
    """A signed upload over one kept connection, which insists that everything was accepted."""
    terminal = programme.terminal.hex()
    url = f"{backend.url}/v1/terminals/{terminal}/journal"
    parts = urlsplit(url)
    with closing(http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)) as connection:

        def upload(batch: Batch) -> None:
            request = Request("POST", url, {"Content-Type": "application/json"}, batch.encode())
            sign_request(request, terminal, programme.terminal_key, int(time.time()))
            connection.request("POST", parts.path, request.body, request.headers)
            with connection.getresponse() as response:
                answer = json.loads(response.read())
            assert response.status == 200, answer
            assert {outcome["outcome"] for outcome in answer["outcomes"]} == {"accepted"}

        yield upload


def test_intake(backend: Backend, programme: TestProgramme, compare: Callable[..., None]) -> None:
    private = Ed25519PrivateKey.from_private_bytes(bytes(32))
    public = private.public_key()
    message = bytes(160)
    signature = private.sign(message)
    # Made before the clock runs: the till's own work is not the backend's.
    waiting = iter([batch for batch, _ in zip(batches(programme, backend.allowances), range(ROUNDS + 1), strict=False)])

    def limit() -> None:
        for _ in range(REDEMPTIONS * SIGNATURES):
            public.verify(signature, message)

    with uploading(backend, programme) as upload:
        compare(
            "intake of batches of 500 entries, HTTP to commit",
            lambda: upload(next(waiting)),
            limit,
            amount=REDEMPTIONS,
            unit="redemptions/s",
            goal=None,
            rounds=ROUNDS,
        )
