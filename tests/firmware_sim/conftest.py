# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Cards of the test programme."""

from pathlib import Path

import pytest

from heitje.programme import TestProgramme


@pytest.fixture(scope="session")
def programme(vectors: Path) -> TestProgramme:
    """The programme whose keys the known answers use."""
    return TestProgramme.parse((vectors / "test-programme.json").read_text())
