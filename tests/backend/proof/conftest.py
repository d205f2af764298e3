# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Every test here runs on both engines."""

import pytest

from backend.configuration import Engine


@pytest.fixture(params=list(Engine))
def engine(request: pytest.FixtureRequest) -> str:
    """The engine that keeps the books."""
    return str(request.param)
