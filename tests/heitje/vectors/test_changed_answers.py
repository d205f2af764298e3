# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Any answer of a file of known answers that is another is a mismatch: every member of every recorded file."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from heitje.vectors.cli import find_check
from heitje.vectors.report import Report

Place = tuple[str | int, ...]

LABELS = {"name", "note", "_note", "_source", "what", "why"}
ANSWERS = {
    "vouchers.json": {"expect", "accepts_cents"},
    "requests.json": {"bytes"},
    "card.json": {"reader_sends", "iv", "answer_mac_ctr_1_empty", "apdu", "answer", "ses_tm_mac", "ses_tm_enc"},
    "card-purse.json": {"evidence", "auth", "tmi_parts", "transaction_mac", "certificate", "settled", "amount", "uid"},
    "journal.json": {"prev_of_1", "seq", "sha256", "length"},
}
"""Members, or members of these, that nothing else in the file is worked out from: one change, one line."""


def places(value: Any, place: Place = ()) -> Iterator[Place]:
    """Where the single values of a document stand."""
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(item, (*place, key))
    else:
        yield place


def other(value: Any) -> Any:
    """Another value of the same form."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if value is None:
        return "911e"
    if value and set(value.lower()) <= set("0123456789abcdef"):
        return value[:-1] + ("0" if value[-1] != "0" else "1")
    return value + "x"


def check(document: Any) -> list[str]:
    found, report = find_check(document), Report()
    assert found is not None
    with report.vector("file"):
        found(document, report)
    return report.mismatches


def at(document: Any, place: Place) -> Any:
    for key in place:
        document = document[key]
    return document


def change(document: Any, place: Place, value: Any) -> Any:
    changed = copy.deepcopy(document)
    at(changed, place[:-1])[place[-1]] = value
    return changed


def is_input_of_nothing(name: str, document: Any, place: Place) -> bool:
    """A value that decides no answer: a label; in a context, what this text does not depend on; a card's other keys."""
    if name == "vouchers.json":
        return place[0] == "default" or "context" in place or "text" in place
    if name == "card-purse.json":
        # an unanswered commit and one answered without a MAC prove the same
        return (place[2] == "card_keys" and place[3] != "1") or at(document, place) is None
    return False


@pytest.mark.parametrize("name", ANSWERS)
def test_every_member_of_every_file(vectors: Path, name: str) -> None:
    document = json.loads((vectors / name).read_text())
    assert check(document) == []
    answers = 0
    for place in places(document):
        if LABELS & set(place) or is_input_of_nothing(name, document, place):
            continue
        mismatches = check(change(document, place, other(at(document, place))))
        assert mismatches, f"{place} is another, and nothing was found"
        if ANSWERS[name] & set(place):
            assert len(mismatches) == 1, f"{place}: {mismatches}"
            answers += 1
    assert answers >= len(ANSWERS[name])


@pytest.mark.parametrize("name", ANSWERS)
def test_every_missing_member(vectors: Path, name: str) -> None:
    """A member that is gone is a mismatch that names it, or one that a file may leave out."""
    optional = {"accepts_cents", "answer_mac_ctr_1_empty", "prev_of_1", "tmv_verifies", "previous_reader", "settled"}
    document = json.loads((vectors / name).read_text())
    for place in places(document):
        key = place[-1]
        if isinstance(key, int) or LABELS | optional & set(place) or is_input_of_nothing(name, document, place):
            continue
        changed = copy.deepcopy(document)
        del at(changed, place[:-1])[key]
        mismatches = check(changed)
        assert any(str(key) in line for line in mismatches), place


def test_every_bit_of_every_recorded_apdu(vectors: Path) -> None:
    """Each byte sent or received is under a MAC, or compared."""
    document = json.loads((vectors / "card-purse.json").read_text())
    for number, apdu in enumerate(document["sales"][0]["apdus"]):
        for side in ("sent", "received"):
            data = bytes.fromhex(apdu[side])
            for byte in range(len(data)):
                if number == 0 and side == "sent" and byte in (11, 12):
                    continue  # the programme's number: any is one
                changed = data[:byte] + bytes((data[byte] ^ 0x40,)) + data[byte + 1 :]
                place = ("sales", 0, "apdus", number, side)
                assert check(change(document, place, changed.hex())), (apdu["name"], side, byte)


def test_an_apdu_more_or_less(vectors: Path) -> None:
    document = json.loads((vectors / "card-purse.json").read_text())
    apdus = document["sales"][0]["apdus"]
    for number in range(len(apdus)):
        without = change(document, ("sales", 0, "apdus"), apdus[:number] + apdus[number + 1 :])
        assert check(without), apdus[number]["name"]
    select_again = change(document, ("sales", 0, "apdus"), [*apdus, apdus[0]])
    assert any("beyond the sale" in line for line in check(select_again))


def test_entries_in_another_order_or_left_out(vectors: Path) -> None:
    document = json.loads((vectors / "journal.json").read_text())
    entries = document["entries"]
    assert check({**document, "entries": entries[4:]}) == []  # a file may begin in the middle of a journal
    assert check({**document, "entries": entries[:3] + entries[4:]})
    assert check({**document, "entries": [*entries[:2], entries[3], entries[2], *entries[4:]]})
    assert check({**document, "entries": [*entries[:3], entries[2], *entries[3:]]})


def test_a_vector_that_cannot_be_worked_out_leaves_the_next_ones(vectors: Path) -> None:
    document = json.loads((vectors / "vouchers.json").read_text())
    document["vectors"][0]["context"] = {"limits": 7}
    document["vectors"][1]["expect"] = "expired"
    mismatches = check(document)
    assert len(mismatches) == 2
    assert mismatches[1].endswith("here accept, in the file expired")


def test_an_unknown_kind_of_payment(vectors: Path) -> None:
    document = json.loads((vectors / "card-purse.json").read_text())
    assert any("no known kind" in line for line in check(change(document, ("sales", 0, "kind"), "gift")))


def test_an_unknown_section_of_card_answers(vectors: Path) -> None:
    document = json.loads((vectors / "card.json").read_text())
    assert any("no such section" in line for line in check({**document, "something": [{}]}))
