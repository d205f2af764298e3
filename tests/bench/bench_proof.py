# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""How many postings per second go into the public log, and how many an auditor looks at; programs as people run them.

The limit is the hashing that RFC 6962 asks for, bare: each leaf once, and one node for each. The program's start, the
book's reading, salts, entries, tiles and every sync of the disk are on our side.
"""

import json
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

POSTINGS = 50_000
ROUNDS = 3
AT = 1_795_500_000
LEAF = b"x" * 96
NODE = b"x" * 65
HEITJE = (sys.executable, "-m", "heitje")

_FUND = f"""
INSERT INTO ledger_transfer (event, line, kind, debit_id, credit_id, amount, reference, at)
SELECT 'bench', 0, 'task published', f.id, c.id, {ROUNDS * POSTINGS}, '', {AT}
FROM ledger_account AS f, ledger_account AS c WHERE f.kind = 'free cover' AND c.kind = 'committed'
"""  # noqa: S608
_EARN = f"""
WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {POSTINGS} - 1)
INSERT INTO ledger_transfer (event, line, kind, debit_id, credit_id, amount, reference, at)
SELECT 'bench:' || ? || ':' || i, 0, 'task validated', c.id, a.id, 1, '', {AT}
FROM n, ledger_account AS c, ledger_account AS a
WHERE c.kind = 'committed' AND a.kind = 'citizen' AND a.owner = 'citizen-1'
"""  # noqa: S608


@pytest.fixture
def directory(tmp_path: Path, vectors: Path) -> Path:
    """A backend of the test programme."""
    programme = str(vectors / "test-programme.json")
    directory = tmp_path / "backend"
    subprocess.run([*HEITJE, "backend", "init", "--dir", directory, "--test-programme", programme], check=True)
    return directory


def post(directory: Path, statement: str, *values: int) -> None:
    """Rows straight into the book."""
    with closing(sqlite3.connect(directory / "heitje.sqlite3", isolation_level=None)) as book:
        book.execute("PRAGMA recursive_triggers = ON")
        book.execute(statement, values)


def hash_bare() -> float:
    """Seconds for the hashes of so many leaves."""
    start = time.perf_counter()
    for _ in range(POSTINGS):
        sha256(LEAF).digest()
        sha256(NODE).digest()
    return time.perf_counter() - start


def test_the_public_log(directory: Path, benchmark: BenchmarkFixture, figure: Callable[..., None]) -> None:
    key, times, limits, audits = "", list[float](), list[float](), list[float]()

    def write() -> None:
        nonlocal key
        start = time.perf_counter()
        said = subprocess.run(
            [*HEITJE, "backend", "log", "--dir", directory, "--json"], check=True, capture_output=True
        )
        times.append(time.perf_counter() - start)
        key = json.loads(said.stdout)["key"]

    def prepare() -> None:
        post(directory, _EARN, len(times))
        limits.append(hash_bare())

    post(directory, _FUND)
    pedantic: Callable[..., object] = benchmark.pedantic
    pedantic(write, setup=prepare, rounds=ROUNDS)
    for _ in range(ROUNDS):
        start = time.perf_counter()
        subprocess.run(
            [*HEITJE, "audit", directory / "public-log", "--log-key", key], check=True, stdout=subprocess.DEVNULL
        )
        audits.append((time.perf_counter() - start) / ROUNDS)
    for name, taken in (("public log: postings written", times), ("public log: postings audited", audits)):
        figure(
            name,
            value=POSTINGS / statistics.median(taken),
            unit="postings/s",
            limit=POSTINGS / statistics.median(limits),
            ratio=statistics.median(limit / ours for limit, ours in zip(limits, taken, strict=True)),
        )
