# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Each recorded vector by itself, so that a failure names it."""

import json
from pathlib import Path
from typing import Any

import pytest

from heitje.vectors.cli import find_check
from heitje.vectors.report import Report

FOLDER = Path(__file__).resolve().parent.parent.parent / "vectors"
LISTS = {"vouchers.json": "vectors", "requests.json": "requests", "card-purse.json": "sales", "journal.json": "entries"}


def single_vectors() -> list[Any]:
    """A document of one vector each; a journal is checked from that entry on."""
    cases = []
    for name, key in LISTS.items():
        document = json.loads((FOLDER / name).read_text())
        for at, vector in enumerate(document[key]):
            label = vector.get("name") or vector.get("what")
            cases.append(pytest.param({**document, key: [vector]}, id=f"{name} {at} {label}"))
    for section, vectors in json.loads((FOLDER / "card.json").read_text()).items():
        if not section.startswith("_"):
            cases += [
                pytest.param({section: [vector]}, id=f"card.json {section} {at}") for at, vector in enumerate(vectors)
            ]
    return cases


@pytest.mark.parametrize("document", single_vectors())
def test_recorded(document: dict[str, Any]) -> None:
    check, report = find_check(document), Report()
    assert check is not None
    check(document, report)
    assert report.mismatches == []
    assert report.checked
