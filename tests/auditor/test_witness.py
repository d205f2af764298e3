# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The witness: signs what only grew, refuses what was rolled back or forked, and keeps the evidence."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from auditor.findings import Found, Refused
from auditor.kept import KeptCheckpoint
from auditor.source import Folder
from auditor.witness import cosign
from heitje.cli import main
from heitje.proof.leaf import decode_leaf
from heitje.proof.note import Note, NoteKey, NoteSignature, NoteSigner, SignatureType

if TYPE_CHECKING:
    from tests.auditor.conftest import Log

NOW = 1_795_500_000
LOG = NoteSigner.from_seed("nl.testburg/log", SignatureType.TEXT, bytes(range(32)))
WITNESS = NoteSigner.from_seed("rekenkamer.example/testburg", SignatureType.COSIGNATURE, bytes(range(1, 33)))
Write = Callable[..., Path]


def first(long_log: Log, count: int) -> Log:
    """The log as it was at a size."""
    made = copy.deepcopy(long_log)
    del made.leaves[count:]
    return made


def sign(folder: Path, state: Path, now: int = NOW) -> NoteSignature:
    return cosign(Folder(folder), LOG.key, WITNESS, KeptCheckpoint(state), now)[1]


def refusal(folder: Path, state: Path) -> Found:
    before = state.read_bytes()
    with pytest.raises(Refused) as refused:
        sign(folder, state)
    assert state.read_bytes() == before
    return refused.value.finding.what


def test_a_log_that_grows_is_signed_each_time(long_log: Log, write: Write, tmp_path: Path) -> None:
    state = tmp_path / "state"
    for number, size in enumerate((3, 3, 17, 200, 256, 257, 512, 600, 620)):
        grown = first(long_log, size)
        signature = sign(write(grown), state, NOW + number)
        note = Note(grown.checkpoint().text, (signature,))
        assert note.signed_by(WITNESS.key) == NOW + number
        assert Note.decode(state.read_bytes()).text == note.text
    assert not state.with_name("state.refused").exists()


def test_a_rollback_is_refused_and_kept_as_evidence(long_log: Log, write: Write, tmp_path: Path) -> None:
    state = tmp_path / "state"
    sign(write(first(long_log, 300)), state)
    smaller = write(first(long_log, 299))
    assert refusal(smaller, state) is Found.SHRUNK
    assert state.with_name("state.refused").read_bytes() == (smaller / "checkpoint").read_bytes()
    sign(write(long_log), state)


@pytest.mark.parametrize("size", [300, 301, 620])
def test_a_fork_is_refused_and_kept_as_evidence(long_log: Log, write: Write, tmp_path: Path, size: int) -> None:
    state = tmp_path / "state"
    sign(write(first(long_log, 300)), state)
    other = first(long_log, size)
    other.leaves[20] = replace(decode_leaf(other.leaves[20]), day=date(2026, 11, 23)).encode()
    forked = write(other)
    assert refusal(forked, state) is Found.FORKED
    assert Note.decode(state.with_name("state.refused").read_bytes()).text == other.checkpoint().text


def test_what_cannot_be_seen_is_not_signed(long_log: Log, write: Write, tmp_path: Path) -> None:
    state = tmp_path / "state"
    sign(write(first(long_log, 300)), state)
    folder = write(long_log)
    (folder / "tile" / "0" / "001").unlink()
    assert refusal(folder, state) is Found.MISSING_FILE
    (folder / "checkpoint").write_bytes(Note(long_log.checkpoint().text, (WITNESS.sign("other\n", NOW),)).encode())
    assert refusal(folder, state) is Found.BAD_SIGNATURE


def test_the_program(long_log: Log, write: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key, state, out = tmp_path / "key", tmp_path / "state", tmp_path / "signature"
    assert main(["witness", "new-key", "--name", "buurgemeente.example/testburg", "--key", str(key)]) == 0
    witness = NoteKey.parse(capsys.readouterr().out)
    assert key.stat().st_mode & 0o777 == 0o600
    folder = write(long_log)
    command = ["witness", "sign", str(folder), "--log-key", str(LOG.key), "--key", str(key), "--state", str(state)]
    assert main(command) == 0
    line = capsys.readouterr().out.strip()
    assert Note(long_log.checkpoint().text, (NoteSignature.parse(line),)).signed_by(witness)
    assert main([*command, "--out", str(out), "--lang", "nl"]) == 0
    assert capsys.readouterr().out == "Getuigd: nl.testburg/log, 620 regels.\n"
    assert Note(long_log.checkpoint().text, (NoteSignature.parse(out.read_text().strip()),)).signed_by(witness)
    write(first(long_log, 600))
    assert main([*command, "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["finding"] == "shrunk"
    assert main([*command, "--lang", "en"]) == 1
    assert "620 entries before, now it has 600" in capsys.readouterr().out
    key.chmod(0o644)
    assert main(command) == 2
    assert "can be read by others" in capsys.readouterr().err
    assert main(["witness", "new-key", "--name", "two words", "--key", str(tmp_path / "k")]) == 2
    assert main(["witness", "new-key", "--name", "again", "--key", str(key)]) == 2
