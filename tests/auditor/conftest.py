# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A town's public log as anybody could write it from the specifications: leaves, their tree, files, a signature.

It is written here by the definitions, word for word, so that the auditor is not held to the backend's own writer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from heitje.money import Cents
from heitje.proof.checkpoint import Checkpoint
from heitje.proof.classes import AccountClass as Class
from heitje.proof.leaf import Figures, Posting, Statement
from heitje.proof.note import Note, NoteSigner, SignatureType

NOW = 1_795_500_000
"""Tests' clock: 24 November 2026."""
LOG = NoteSigner.from_seed("nl.testburg/log", SignatureType.TEXT, bytes(range(32)))
WITNESS = NoteSigner.from_seed("rekenkamer.example/testburg", SignatureType.COSIGNATURE, bytes(range(1, 33)))


def mth(data: list[bytes]) -> bytes:
    """RFC 6962 section 2.1."""
    if len(data) <= 1:
        return sha256(b"\x00" + data[0]).digest() if data else sha256(b"").digest()
    k = 1 << (len(data) - 1).bit_length() - 1
    return sha256(b"\x01" + mth(data[:k]) + mth(data[k:])).digest()


@dataclass
class Log:
    """A log in the making; `files` writes it."""

    leaves: list[bytes] = field(default_factory=list)
    figures: Figures = field(default_factory=lambda: Figures(*[0] * 10))

    def post(self, debit: Class, credit: Class, cents: int, kind: str = "something") -> None:
        """One posting."""
        commitment = sha256(len(self.leaves).to_bytes(4, "big")).digest()
        day = datetime.fromtimestamp(NOW, UTC).date()
        self.leaves.append(Posting(kind, day, debit, credit, Cents(cents), commitment).encode())

    def state(self, figures: Figures, at: int = NOW) -> None:
        """A reserve statement that says this."""
        self.figures = figures
        self.leaves.append(Statement(datetime.fromtimestamp(at, UTC).date(), at, figures).encode())

    def checkpoint(self, size: int | None = None) -> Checkpoint:
        """The tree over the first leaves, or all."""
        leaves = self.leaves[:size]
        return Checkpoint(LOG.key.name, len(leaves), mth(leaves))

    def files(self, witnessed_at: int | None = None) -> dict[str, bytes]:
        """All files by their paths, as C2SP tlog-tiles defines them; numbers below 1 000."""
        files: dict[str, bytes] = {}
        for level in range(3):
            span = 256**level
            nodes = [mth(self.leaves[n * span : (n + 1) * span]) for n in range(len(self.leaves) // span)]
            for first in range(0, len(nodes), 256):
                tile = nodes[first : first + 256]
                name = f"{first // 256:03}" + ("" if len(tile) == 256 else f".p/{len(tile)}")
                files[f"tile/{level}/{name}"] = b"".join(tile)
                if level == 0:
                    entries = self.leaves[first : first + 256]
                    files[f"tile/entries/{name}"] = b"".join(len(e).to_bytes(2, "big") + e for e in entries)
        text = self.checkpoint().text
        note = Note(text, (LOG.sign(text, 0),))
        if witnessed_at is not None:
            note = note.with_signatures([WITNESS.sign(text, witnessed_at)])
        return {**files, "checkpoint": note.encode()}

    def write(self, folder: Path, witnessed_at: int | None = None) -> Path:
        """Write the files; those of a former tree that have other names stay, as a log's do."""
        for path, content in self.files(witnessed_at).items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
        return folder


def true_day(log: Log) -> None:
    """A day of a town, in euro cents, and what its statement then has to say."""
    log.post(Class.RESERVE, Class.FREE_COVER, 10_000, "reserve funded")
    log.post(Class.FREE_COVER, Class.LOSS_FUND, 1_000, "loss fund filled")
    log.post(Class.FREE_COVER, Class.COMMITTED, 4_000, "task published")
    log.post(Class.COMMITTED, Class.CITIZEN, 3_000, "task validated")
    log.post(Class.CITIZEN, Class.LOAD_IN_FLIGHT, 1_000, "load sent")
    log.post(Class.LOAD_IN_FLIGHT, Class.PURSE, 1_000, "load proven")
    log.post(Class.CITIZEN, Class.ALLOWANCE, 500, "allowance issued")
    log.post(Class.PURSE, Class.PAYABLE, 700, "redeemed")
    log.post(Class.LOSS_FUND, Class.PAYABLE, 200, "redeemed later")
    log.post(Class.PAYABLE, Class.CITIZEN, 100, "refunded")
    log.post(Class.ALLOWANCE, Class.CITIZEN, 500, "expired")
    log.post(Class.CITIZEN, Class.FREE_COVER, 50, "wrongly validated")
    log.post(Class.CITIZEN, Class.LOSS_FUND, 25, "recovered")
    log.post(Class.PAYABLE, Class.IN_BATCH, 800, "settlement cut")
    log.post(Class.IN_BATCH, Class.RESERVE, 300, "booked")
    log.post(Class.RESERVE, Class.UNIDENTIFIED, 60, "unknown credit")
    log.state(
        Figures(
            minted=3_000,
            redeemed=700,
            refunded=100,
            expired=50,
            recovered=25,
            lost=200,
            outstanding=2_325,
            owed=500,
            cover=6_935,
            reserve=9_760,
        )
    )


@pytest.fixture
def log() -> Log:
    """A town's first day."""
    made = Log()
    true_day(made)
    return made


@pytest.fixture(scope="session")
def long_log() -> Log:
    """More than one bundle: 600 days on which a coin goes back and forth."""
    made = Log()
    true_day(made)
    figures = made.figures
    for number in range(300):
        made.post(Class.CITIZEN, Class.NOTE, 1)
        made.post(Class.NOTE, Class.CITIZEN, 1)
        if number % 100 == 99:
            made.state(replace(figures))
    return made


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes a log into a folder of its own."""
    return lambda made, witnessed_at=None, name="log": made.write(tmp_path / name, witnessed_at)
