# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Other files in the form of journal.json: another terminal, every kind, a journal from its middle."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from heitje.journal import (
    CardEvidence,
    Entry,
    Instrument,
    Kind,
    PaperEvidence,
    PhoneEvidence,
    entry_hash,
    head_of,
)

RunVectors = Callable[[Any], tuple[int, list[str]]]

FIELDS: list[tuple[Kind, dict[str, Any]]] = [
    (Kind.NOTE, {}),
    (Kind.TIME_ANCHOR, {"server_time": b"signed"}),
    (Kind.INTENT, {"instrument": Instrument.PHONE, "evidence": PhoneEvidence(b"code")}),
    (Kind.REDEMPTION, {"instrument": Instrument.PHONE, "evidence": PhoneEvidence(b"code"), "of": 3}),
    (Kind.INTENT, {"instrument": Instrument.PAPER, "evidence": PaperEvidence(b"note")}),
    (Kind.VOID, {"instrument": Instrument.PAPER, "of": 5}),
    (
        Kind.INTENT,
        {
            "instrument": Instrument.CARD,
            "evidence": CardEvidence(bytes(7), bytes(16), bytes(16), 15_000, bytes(16), tmc_before=2**32 - 2),
        },
    ),
    (
        Kind.REDEMPTION,
        {
            "instrument": Instrument.CARD,
            "of": 7,
            "evidence": CardEvidence(bytes(7), bytes(16), bytes(16), 15_000, bytes(16), tmc=2**32 - 1, tmv=b"8 bytes."),
        },
    ),
    (Kind.REFUND, {"instrument": Instrument.CARD, "of": 8}),
    (Kind.UNRESOLVED, {"instrument": Instrument.CARD, "of": 7, "given": False}),
    (Kind.DAY_CLOSED, {"operator": "Zoë"}),
]


def journal(terminal: bytes, first_seq: int = 1) -> dict[str, Any]:
    """A journal of every kind, in the file's form."""
    chance = random.Random(terminal)
    head = head_of(terminal) if first_seq == 1 else chance.randbytes(32)
    entries = []
    for seq, (kind, fields) in enumerate(FIELDS, start=first_seq):
        if "instrument" in fields:
            fields = {"sale": chance.randbytes(16), "amount": chance.randint(1, 10**6), "operator": "ana", **fields}
        if kind in (Kind.INTENT, Kind.REDEMPTION):
            fields |= {"offline": chance.random() < 0.5, "bundle": chance.randrange(2**64)}
        data = Entry(seq, head, terminal, chance.randrange(2**64), kind, **fields).encode()
        head = entry_hash(data)
        entries.append({"seq": seq, "what": kind.name, "bytes": data.hex(), "sha256": head.hex(), "length": len(data)})
    return {"terminal": terminal.hex(), "prev_of_1": head_of(terminal).hex(), "entries": entries}


@pytest.mark.parametrize("terminal", [bytes(8), b"\xff" * 8, b"terminal"])
def test_another_terminal(run_vectors: RunVectors, terminal: bytes) -> None:
    document = journal(terminal)
    assert run_vectors(document) == (0, [])
    assert run_vectors({**document, "entries": document["entries"][3:]}) == (0, [])
    assert run_vectors({name: value for name, value in document.items() if name != "prev_of_1"}) == (0, [])
    assert run_vectors({**document, "terminal": terminal.hex().upper()}) == (0, [])


def test_from_the_middle(run_vectors: RunVectors) -> None:
    assert run_vectors(journal(b"terminal", first_seq=2**40)) == (0, [])


def test_entries_of_two_terminals(run_vectors: RunVectors) -> None:
    ours, theirs = journal(b"terminal"), journal(bytes(8))
    code, mismatches = run_vectors({**ours, "entries": [*ours["entries"][:4], *theirs["entries"][4:]]})
    assert code == 1
    assert any("terminal" in line for line in mismatches)
    assert any("prev" in line for line in mismatches)


def test_each_digest_and_length_changed(run_vectors: RunVectors) -> None:
    document = journal(b"terminal")
    for at in range(len(FIELDS)):
        for member, value in (("sha256", "00" * 32), ("length", 7), ("seq", 99)):
            entries = [dict(entry) for entry in document["entries"]]
            entries[at][member] = value
            code, mismatches = run_vectors({**document, "entries": entries})
            assert (code, len(mismatches)) == (1, 1)


def test_an_entry_that_is_none(run_vectors: RunVectors) -> None:
    document = journal(b"terminal")
    document["entries"][4]["bytes"] += "00"
    code, mismatches = run_vectors(document)
    assert code == 1
    assert "MalformedEntry" in mismatches[0]
