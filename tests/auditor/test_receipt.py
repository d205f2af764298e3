# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A receipt's proof: checked with the log's key alone; whatever is changed in it, it no longer holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from backend.api.schemas import EXAMPLES
from heitje.cli import main
from heitje.programme import TestProgramme
from heitje.proof.note import NoteKey, NoteSigner, SignatureType
from heitje.proof.receipt import MalformedProof, ProofFails, ReceiptProof
from heitje.trust_root import Role

WITNESS = NoteSigner.from_seed("rekenkamer.example/testburg", SignatureType.COSIGNATURE, bytes(range(1, 33)))


@pytest.fixture
def document() -> dict[str, Any]:
    """The example of the API's own description, which is a true proof."""
    copied: dict[str, Any] = json.loads(json.dumps(EXAMPLES["ReceiptProof"]))
    return copied


@pytest.fixture
def key(programme: TestProgramme) -> NoteKey:
    """The test programme's log key."""
    return NoteKey("nl.testburg/log", SignatureType.TEXT, programme.trust_keys[Role.LOG][0].public)


def decoded(document: dict[str, Any]) -> ReceiptProof:
    return ReceiptProof.decode(json.dumps(document).encode())


def test_a_true_proof(document: dict[str, Any], key: NoteKey) -> None:
    proof = decoded(document)
    (posting,) = proof.verify(key)
    assert (posting.kind, posting.amount) == ("redeemed", 320)
    assert proof.to_document() == document


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("index", 1),
        ("index", 2),
        ("salt", "A" * 43),
        ("debit", 8),
        ("credit", 8),
        ("event", "redemption:80c566212392d06a:2"),
        ("line", 1),
        ("path", []),
        ("path", ["A" * 43]),
        ("leaf", "oA"),
        ("leaf", "qAFxcmVzZXJ2ZSBzdGF0ZW1lbnQ"),
    ],
)
def test_a_changed_posting(document: dict[str, Any], key: NoteKey, name: str, value: object) -> None:
    document["postings"][0][name] = value
    with pytest.raises(ProofFails):
        decoded(document).verify(key)


def test_a_changed_checkpoint(document: dict[str, Any], key: NoteKey) -> None:
    for old, new in (("\n2\n", "\n3\n"), ("nl.testburg/log\n", "nl.heerlen/log\n"), ("0i4an", "0i4bn")):
        changed = {**document, "checkpoint": document["checkpoint"].replace(old, new, 1)}
        with pytest.raises(ProofFails, match="checkpoint"):
            decoded(changed).verify(key)


@pytest.mark.parametrize(
    "change",
    [
        {"entry": "00"},
        {"entry": "A" * 64},
        {"entry": 5},
        {"checkpoint": "hello"},
        {"checkpoint": None},
        {"postings": []},
        {"postings": [[]]},
        {"postings": {"index": 1}},
        {"postings": [{"index": -1}]},
    ],
)
def test_no_proof(document: dict[str, Any], change: dict[str, object]) -> None:
    with pytest.raises(MalformedProof):
        decoded(document | change)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("index", True),
        ("index", 2**63),
        ("salt", "AA"),
        ("path", ["AA"]),
        ("event", 5),
        ("event", chr(0xD800)),
        ("leaf", "="),
        ("path", ["A" * 43] * 64),
        ("leaf", 5),
    ],
)
def test_no_posting(document: dict[str, Any], name: str, value: object) -> None:
    document["postings"][0][name] = value
    with pytest.raises(MalformedProof):
        decoded(document)


@pytest.mark.parametrize("data", [b"", b"[]", b"5", b"\xff", b"[" * 100_000, b"x" * 2_000_000])
def test_no_document(data: bytes) -> None:
    with pytest.raises(MalformedProof):
        ReceiptProof.decode(data)


def test_the_program(
    document: dict[str, Any], key: NoteKey, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "proof.json"
    path.write_text(json.dumps(document))
    command = ["audit", "receipt", str(path), "--log-key", str(key)]
    qr = f"HEITJE:{document['entry'].upper()}"
    assert main([*command, "--entry", qr, "--lang", "nl"]) == 0
    assert "Regel 0, 2026-09-21: 3,20 euro van ‘kaart’ naar ‘te betalen aan een winkel’" in capsys.readouterr().out
    assert main([*command, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["postings"][0]["cents"] == 320
    assert main([*command, "--entry", "0" * 64]) == 1
    assert main([*command, "--witness-key", str(WITNESS.key), "--lang", "en"]) == 1
    assert "has not signed this checkpoint" in capsys.readouterr().out
    document["postings"][0]["line"] = 1
    path.write_text(json.dumps(document))
    assert main([*command, "--lang", "de"]) == 1
    assert "Dieser Nachweis stimmt nicht" in capsys.readouterr().out
    path.write_text("{}")
    assert main(command) == 2
    assert main([*command, "--entry", "xyz"]) == 2
