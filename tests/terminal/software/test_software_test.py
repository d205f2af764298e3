# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The software tries itself in a process of its own, as an update has it do; and finds a part that is missing."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_this_software_does() -> None:
    done = try_itself({})
    assert (done.returncode, json.loads(done.stdout)["well"]) == (0, True)


def test_a_library_that_is_missing_is_found(tmp_path: Path) -> None:
    (tmp_path / "cbor2.py").write_text("raise ModuleNotFoundError('no cbor2 here', name='cbor2')\n", "utf-8")
    assert try_itself({"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}).returncode != 0
    (tmp_path / "cbor2.py").rename(tmp_path / "pygame.py")
    done = try_itself({"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"})
    assert done.returncode == 1
    assert json.loads(done.stdout)["checks"]["screens"] is not None


def try_itself(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "heitje", "terminal", "software-test", "--json"],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
