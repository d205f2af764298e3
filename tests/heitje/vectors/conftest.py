# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Files of known answers, run as the command runs them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from heitje.vectors import cli


@pytest.fixture
def run_vectors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[[Any], tuple[int, list[str]]]:
    """Check a document with `heitje vectors`: exit code and the lines of mismatches."""

    def run(document: Any) -> tuple[int, list[str]]:
        path = tmp_path / "answers.json"
        path.write_text(json.dumps(document))
        code = cli.main([str(path)])
        *mismatches, count = capsys.readouterr().out.splitlines()
        assert count.endswith(f"answers checked, {len(mismatches)} mismatches")
        assert all(line.startswith(f"{path}: ") for line in mismatches)
        return code, mismatches

    return run
