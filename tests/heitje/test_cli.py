# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The one command: help, its parts, and exit codes that scripts can use."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from heitje import __version__, cli

ROOT = Path(cli.__file__).parent.parent


def run(*words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "heitje", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("word", ["-h", "--help", "help"])
def test_help_names_every_part(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([word]) == 0
    text = capsys.readouterr().out
    assert all(part in text for part in cli.PARTS)


def test_no_part_is_no_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 2
    assert "usage: heitje PART" in capsys.readouterr().out
    assert cli.main(["nothing"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "there is no part 'nothing'" in captured.err


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"{__version__}\n"


def test_a_part_that_is_not_installed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(cli.PARTS, "moon", ("moon_base.cli", "elsewhere"))
    assert cli.main(["moon"]) == 2
    assert "the part moon is not installed here (moon_base is missing)" in capsys.readouterr().err


def test_as_a_process() -> None:
    done = run("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{__version__}\n", "")
    assert run().returncode == 2
    done = run("vectors", "--help")
    assert done.returncode == 0
    assert "--json" in done.stdout
    assert run("vectors").returncode == 2


def test_a_reader_that_went_away_is_answered_quietly(vectors: Path) -> None:
    """The pipe is closed before anything is written to it."""
    read_end, write_end = os.pipe()
    os.close(read_end)
    with os.fdopen(write_end, "wb") as gone:
        command = [sys.executable, "-m", "heitje", "vectors", str(vectors / "requests.json")]
        done = subprocess.run(command, cwd=ROOT, stdout=gone, stderr=subprocess.PIPE, timeout=60)
    assert (done.returncode, done.stderr) == (1, b"")
