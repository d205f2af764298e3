# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Many files at once: under its own name a file is whole, wherever the program that writes them is cut off."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from backend.minting.durable_files import put, put_all

ROOT = Path(__file__).resolve().parents[3]
COUNT = 40
CUT = """
import os, sys
from pathlib import Path
from backend.minting.durable_files import put_all
left = int(sys.argv[2])
def cut(event, arguments):
    global left
    if event in ("open", "os.rename") and sys.argv[1] in str(arguments[0]):
        left -= 1
        if left < 0:
            os._exit(9)
sys.addaudithook(cut)
put_all({Path(sys.argv[1], f"{n % 2}", f"{n}.bin"): bytes([n]) * 5000 for n in range(int(sys.argv[3]))})
"""


def contents(count: int = COUNT) -> dict[str, bytes]:
    return {f"{number % 2}/{number}.bin": bytes([number]) * 5000 for number in range(count)}


def named(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*.bin") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.mark.parametrize("count", [0, 1, 8, 9, COUNT])
def test_all_of_them_are_there(tmp_path: Path, count: int) -> None:
    put_all({tmp_path / name: data for name, data in contents(count).items()})
    assert named(tmp_path) == contents(count)
    assert not [path for path in tmp_path.rglob("*") if path.name.endswith(".new")]


@pytest.mark.parametrize("after", [0, 10, COUNT, COUNT + 2, COUNT + 20, 2 * COUNT])
def test_what_has_its_name_is_whole_when_it_is_cut_off(tmp_path: Path, after: int) -> None:
    words = [sys.executable, "-c", CUT, str(tmp_path), str(after), str(COUNT)]
    assert subprocess.run(words, cwd=ROOT, check=False, timeout=60).returncode == 9
    found = named(tmp_path)
    assert found.items() <= contents().items()
    assert bool(found) is (after > COUNT + 2), "none has its name before all are written"
    put_all({tmp_path / name: data for name, data in contents().items()})
    assert named(tmp_path) == contents()


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    put(tmp_path / "timestamp.json", b"one")
    put(tmp_path / "timestamp.json", b"another")
    assert [path.name for path in tmp_path.iterdir()] == ["timestamp.json"]
    assert (tmp_path / "timestamp.json").read_bytes() == b"another"
