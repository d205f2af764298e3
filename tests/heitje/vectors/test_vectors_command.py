# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""`heitje vectors` as a process: all recorded answers, and what a script can rely on."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from heitje.vectors import cli

ROOT = Path(cli.__file__).parent.parent.parent
FILES = ("vouchers.json", "requests.json", "card.json", "card-purse.json", "journal.json")


def run(*words: str | Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "heitje", "vectors", *map(str, words)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)


def changed(path: Path, into: Path) -> Path:
    """A file with one wrong answer."""
    document: Any = json.loads(path.read_text())
    document["vectors"][0]["expect"] = "blocked"
    into.write_text(json.dumps(document))
    return into


@pytest.mark.parametrize("name", FILES)
def test_every_recorded_answer(vectors: Path, name: str) -> None:
    done = run(vectors / name)
    assert (done.returncode, done.stderr) == (0, "")
    count, rest = done.stdout.split(" ", 1)
    assert rest == "answers checked, 0 mismatches\n"
    assert int(count) > 0


def test_several_files_and_one_count(vectors: Path) -> None:
    counts = [json.loads(run("--json", vectors / name).stdout)["checked"] for name in FILES]
    assert all(counts)
    done = run("--json", *(vectors / name for name in FILES))
    assert done.returncode == 0
    assert json.loads(done.stdout) == {"checked": sum(counts), "mismatches": [], "unread": 0}


def test_a_mismatch_is_a_line_and_exit_1(vectors: Path, tmp_path: Path) -> None:
    path = changed(vectors / "vouchers.json", tmp_path / "changed.json")
    done = run(path)
    assert (done.returncode, done.stderr) == (1, "")
    line, count = done.stdout.splitlines()
    name = "paper, 5 euro, at its home shop's paper till"
    assert line == f"{path}: vector 0 ({name}): here accept, in the file blocked"
    assert count.endswith("answers checked, 1 mismatches")
    answer = json.loads(run("--json", vectors / "card.json", path).stdout)
    assert answer["mismatches"] == [line]


def test_files_of_one_name_are_told_apart(vectors: Path, tmp_path: Path) -> None:
    paths = []
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        paths.append(changed(vectors / "vouchers.json", tmp_path / folder / "vouchers.json"))
    lines = run(*paths).stdout.splitlines()
    assert [line.startswith(f"{path}: ") for line, path in zip(lines, paths, strict=False)] == [True, True]


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "1", "null", '"text"', "{}", "[" * 100_000, "\ufeff{}"),
        *('{"vectors": []}', '{"default": {}}', '{"entries": []}', '{"_note": 1}', '{"unknown": []}'),
    ],
    ids=lambda text: text[:20],
)
def test_no_known_form_is_exit_2(tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "other.json"
    path.write_text(text, encoding="utf-8")
    assert cli.main([str(path)]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith(f"heitje vectors: {path}: ")
    assert captured.out == "0 answers checked, 0 mismatches\n"


def test_the_test_programme_holds_no_answers(vectors: Path) -> None:
    done = run(vectors / "test-programme.json")
    assert done.returncode == 2
    assert "no form of known answers" in done.stderr


def test_a_file_that_cannot_be_read(vectors: Path, tmp_path: Path) -> None:
    binary = tmp_path / "binary.json"
    binary.write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "nowhere.json", tmp_path, binary):
        done = run(path)
        assert done.returncode == 2
        assert str(path) in done.stderr
        assert "Traceback" not in done.stderr


def test_the_other_files_are_checked_all_the_same(vectors: Path, tmp_path: Path) -> None:
    path = changed(vectors / "vouchers.json", tmp_path / "changed.json")
    done = run(tmp_path / "nowhere.json", path, vectors / "requests.json")
    assert done.returncode == 2
    assert "nowhere.json" in done.stderr
    assert "in the file blocked" in done.stdout
    assert json.loads(run("--json", tmp_path / "nowhere.json").stdout) == {"checked": 0, "mismatches": [], "unread": 1}


def test_usage() -> None:
    assert run().returncode == 2
    assert run("--unknown").returncode == 2
    assert run("--help").returncode == 0


def test_a_mismatch_is_one_line_whatever_the_file_says(vectors: Path, tmp_path: Path) -> None:
    document = json.loads((vectors / "vouchers.json").read_text())
    document["vectors"][0] |= {"name": "two\nlines\u2028\x1b[31m\ud800", "expect": "any\r\nthing"}
    path = tmp_path / "lines.json"
    path.write_text(json.dumps(document))
    done = run(path)
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 2
    assert r"two\nlines\u2028\x1b[31m\ud800" in done.stdout
    assert r"any\r\nthing" in done.stdout
