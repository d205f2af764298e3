# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""docs/api.md does what it says: its script signs what the backend takes, and its table of problems is ours."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from backend.api.problems import Problem

if TYPE_CHECKING:
    from tests.backend.api.conftest import Served

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "api.md").read_text("utf-8")
SEED = json.loads((ROOT / "tests" / "vectors" / "test-programme.json").read_text("utf-8"))["terminal_ed25519_seed"]
TERMINAL = "80c566212392d06a"


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """The page's script, as a reader saves it."""
    found = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    path = tmp_path / "sign.py"
    path.write_text(found[1], "utf-8")
    return path


def signed_headers(script: Path, *words: str) -> dict[str, str]:
    """What it prints, as curl reads it: each line a header in quotes, with quotes in it escaped."""
    command = [sys.executable, str(script), *words]
    printed = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout
    lines = [re.fullmatch(r'header = "(.*)"', line) for line in printed.splitlines()]
    assert all(lines)
    values = [line[1].replace('\\"', '"') for line in lines if line]
    return {name: value for name, _, value in (line.partition(": ") for line in values)}


def test_the_script_signs_a_question(backend: Served, script: Path) -> None:
    url = f"{backend.url}/v1/terminals/{TERMINAL}/head"
    headers = signed_headers(script, "GET", url, TERMINAL, SEED)
    assert requests.get(url, headers=headers, timeout=30).json()["state"] == "active"
    assert requests.get(f"{url}?x=1", headers=headers, timeout=30).status_code == 401


def test_the_script_signs_a_body(backend: Served, script: Path, tmp_path: Path) -> None:
    url = f"{backend.url}/v1/terminals/{TERMINAL}/journal"
    body = tmp_path / "body.json"
    body.write_bytes(b'{"after": 0, "entries": []}\n')
    headers = signed_headers(script, "POST", url, TERMINAL, SEED, str(body))
    assert requests.post(url, data=body.read_bytes(), headers=headers, timeout=30).json()["cursor"] == 0
    assert requests.post(url, data=b"{}", headers=headers, timeout=30).status_code == 401


def test_the_table_of_problems_is_ours() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| (\d+) \| (.*?) \| (.*?) \|$", PAGE, re.MULTILINE)
    assert {(code, int(status), title, advice) for code, status, title, advice in rows} == {
        problem.value[:4] for problem in Problem
    }
