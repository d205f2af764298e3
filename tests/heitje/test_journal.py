# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Journal entries, kind by kind, and their chain (JOURNAL.md sections 1 and 2)."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heitje.deterministic import Value, encode
from heitje.journal import (
    BrokenChain,
    CardEvidence,
    Entry,
    Evidence,
    Instrument,
    Kind,
    MalformedEntry,
    PaperEvidence,
    PhoneEvidence,
    check_chain,
    entry_hash,
    head_of,
)

TERMINAL = bytes(range(8))
HEAD: dict[int, Value] = {1: 7, 2: bytes(32), 3: TERMINAL, 4: 1_790_000_000}
TENDER: dict[int, Value] = {6: bytes(16), 7: 350}
CARD: dict[int, Value] = {1: bytes(7), 2: bytes(16), 3: bytes(16), 4: 2500, 5: bytes(16)}
CARD_INTENT: dict[int, Value] = {**CARD, 8: 0}
CARD_PAID: dict[int, Value] = {**CARD, 6: 1, 7: bytes(8)}
TOKEN: dict[int, Value] = {1: b"token"}
DECIDED: dict[int, Value] = {11: True, 12: 7, 13: "ana"}

EXAMPLES: dict[str, dict[int, Value]] = {
    "card intent": {**HEAD, 5: 1, **TENDER, 8: 1, 9: CARD_INTENT, **DECIDED},
    "phone intent": {**HEAD, 5: 1, **TENDER, 8: 2, 9: TOKEN, **DECIDED},
    "paper intent": {**HEAD, 5: 1, **TENDER, 8: 3, 9: TOKEN, **DECIDED},
    "card redemption": {**HEAD, 5: 2, **TENDER, 8: 1, 9: CARD_PAID, 10: 6, **DECIDED},
    "phone redemption": {**HEAD, 5: 2, **TENDER, 8: 2, 9: TOKEN, 10: 6, **DECIDED},
    "paper redemption": {**HEAD, 5: 2, **TENDER, 8: 3, 9: TOKEN, 10: 6, **DECIDED},
    "void": {**HEAD, 5: 3, **TENDER, 8: 1, 10: 6, 13: "ana"},
    "refund": {**HEAD, 5: 4, **TENDER, 8: 2, 10: 6, 13: "ana"},
    "unresolved": {**HEAD, 5: 5, **TENDER, 8: 1, 10: 6, 13: "ana", 14: True},
    "day closed": {**HEAD, 5: 6, 13: "ana"},
    "note": {**HEAD, 5: 7},
    "time anchor": {**HEAD, 5: 8, 15: b"signed"},
}
OPTIONAL = {"day closed": {11, 12, 13}, "note": {11, 12, 13}, "time anchor": {11, 12, 13}}
SAMPLE: dict[int, Value] = {**DECIDED, **TENDER, 8: 1, 9: TOKEN, 10: 6, 14: True, 15: b"signed"}


def is_malformed(document: Value) -> bool:
    try:
        Entry.decode(encode(document))
    except MalformedEntry:
        return True
    return False


@pytest.mark.parametrize("name", EXAMPLES)
def test_there_and_back(name: str) -> None:
    data = encode(EXAMPLES[name])
    entry = Entry.decode(data)
    assert entry.encode() == data
    assert entry.kind is Kind(EXAMPLES[name][5])  # type: ignore[arg-type]
    assert (entry.seq, entry.terminal, entry.time) == (7, TERMINAL, 1_790_000_000)


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_a_kind_carries_and_nothing_else(name: str) -> None:
    example = EXAMPLES[name]
    for key in example:
        without = {other: value for other, value in example.items() if other != key}
        assert is_malformed(without) is (key not in OPTIONAL.get(name, ()))
    for key in (*range(16, 20), 0, -1, 2**64 - 1):
        assert is_malformed({**example, key: 1})
    for key, value in SAMPLE.items():
        if key not in example:
            assert is_malformed({**example, key: value}) is (key not in OPTIONAL.get(name, ()))


WRONG: dict[int, list[Value]] = {
    1: [0, -1, "1", True, b"\x01"],
    2: [bytes(31), bytes(33), "a" * 32, 0],
    3: [bytes(7), bytes(9), "a" * 8, TERMINAL.hex()],
    4: [-1, "now", True],
    5: [0, 9, -1, "1", True, [1]],
    6: [bytes(15), bytes(17), "a" * 16],
    7: [0, -1, 1_000_001, "350", True],
    8: [0, 4, -1, "1", True],
    9: [b"token", [], {}, 1, {1: 1}, {2: b"token"}, {1: b"token", 2: b""}],
    10: [0, -1, "6", True],
    11: [0, 1, "true", b""],
    12: [-1, "7", True],
    13: [1, b"ana", True, ["ana"]],
    14: [0, 1, "yes"],
    15: ["signed", 1, [], {}],
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_value_that_is_not_of_its_type_or_range(name: str) -> None:
    for key in EXAMPLES[name]:
        for value in WRONG[key]:
            assert is_malformed({**EXAMPLES[name], key: value}), (key, value)


WRONG_CARD: dict[int, list[Value]] = {
    1: [bytes(6), bytes(8), "a" * 7],
    2: [bytes(15), bytes(17)],
    3: [bytes(15), bytes(17)],
    4: [-1, 2**32, "2500", True],
    5: [bytes(15), bytes(17)],
    6: [-1, 2**32, True],
    7: [bytes(7), bytes(9)],
    8: [-1, 2**32, True],
}


@pytest.mark.parametrize("name", ["card intent", "card redemption"])
def test_card_evidence_is_whole_and_nothing_else(name: str) -> None:
    evidence: dict[int, Value] = EXAMPLES[name][9]  # type: ignore[assignment]
    for key in evidence:
        without: Value = {other: value for other, value in evidence.items() if other != key}
        assert is_malformed({**EXAMPLES[name], 9: without})
        for value in WRONG_CARD[key]:
            assert is_malformed({**EXAMPLES[name], 9: {**evidence, key: value}}), (key, value)
    for key, value in {**CARD_INTENT, **CARD_PAID, 9: 0, 0: 0, -1: 0}.items():
        if key not in evidence:
            assert is_malformed({**EXAMPLES[name], 9: {**evidence, key: value}})


def test_evidence_fits_instrument_and_kind() -> None:
    for name, forms in (("card intent", [CARD_PAID, TOKEN, CARD]), ("card redemption", [CARD_INTENT, TOKEN, CARD])):
        for evidence in forms:
            assert is_malformed({**EXAMPLES[name], 9: evidence})
    for name in ("phone intent", "paper redemption"):
        for evidence in (CARD_INTENT, CARD_PAID):
            assert is_malformed({**EXAMPLES[name], 9: evidence})


@pytest.mark.parametrize("document", [[], 0, "entry", b"", {}, {5: 1}, [EXAMPLES["note"]], True])
def test_no_entry(document: Value) -> None:
    assert is_malformed(document)


@given(st.binary(max_size=300))
def test_noise(data: bytes) -> None:
    with pytest.raises(MalformedEntry):
        Entry.decode(data)


@pytest.mark.parametrize("name", EXAMPLES)
def test_cut_followed_and_changed_everywhere(name: str) -> None:
    data = encode(EXAMPLES[name])
    for end in range(len(data)):
        with pytest.raises(MalformedEntry):
            Entry.decode(data[:end])
    for byte in range(256):
        with pytest.raises(MalformedEntry):
            Entry.decode(data + bytes((byte,)))
    for place in range(len(data)):
        for bit in range(8):
            changed = data[:place] + bytes((data[place] ^ 1 << bit,)) + data[place + 1 :]
            try:
                entry = Entry.decode(changed)
            except MalformedEntry:
                continue
            assert entry.encode() == changed


# --- writing --------------------------------------------------------------------------------------------------------

UINT32 = st.integers(0, 2**32 - 1)


def exactly(length: int) -> st.SearchStrategy[bytes]:
    return st.binary(min_size=length, max_size=length)


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    """Any entry that is of its kind."""
    kind = draw(st.sampled_from(Kind))
    instrument = draw(st.sampled_from(Instrument))
    fields: dict[str, Any] = {}
    if kind in (Kind.INTENT, Kind.REDEMPTION, Kind.VOID, Kind.REFUND, Kind.UNRESOLVED):
        fields |= {"sale": draw(exactly(16)), "amount": draw(st.integers(1, 1_000_000)), "instrument": instrument}
        fields["operator"] = draw(st.text(max_size=9))
    if kind not in (Kind.INTENT, Kind.DAY_CLOSED, Kind.NOTE, Kind.TIME_ANCHOR):
        fields["of"] = draw(st.integers(1, 2**64 - 1))
    if kind is Kind.UNRESOLVED:
        fields["given"] = draw(st.booleans())
    if kind is Kind.TIME_ANCHOR:
        fields["server_time"] = draw(st.binary(max_size=200))
    if kind in (Kind.INTENT, Kind.REDEMPTION):
        fields |= {"offline": draw(st.booleans()), "bundle": draw(st.integers(0, 2**64 - 1))}
        fields["evidence"] = draw(_evidence(kind, instrument))
    elif kind in (Kind.DAY_CLOSED, Kind.NOTE, Kind.TIME_ANCHOR):
        fields["operator"] = draw(st.none() | st.text(max_size=9))
        fields["offline"] = draw(st.none() | st.booleans())
    seq, time = draw(st.integers(1, 2**64 - 1)), draw(st.integers(0, 2**64 - 1))
    return Entry(seq, draw(exactly(32)), draw(exactly(8)), time, kind, **fields)


@st.composite
def _evidence(draw: st.DrawFn, kind: Kind, instrument: Instrument) -> Evidence:
    if instrument is not Instrument.CARD:
        form: Callable[[bytes], Evidence] = PhoneEvidence if instrument is Instrument.PHONE else PaperEvidence
        return form(draw(st.binary(max_size=700)))
    evidence = CardEvidence(draw(exactly(7)), draw(exactly(16)), draw(exactly(16)), draw(UINT32), draw(exactly(16)))
    if kind is Kind.INTENT:
        return replace(evidence, tmc_before=draw(UINT32))
    return replace(evidence, tmc=draw(UINT32), tmv=draw(exactly(8)))


@given(entries())
def test_round_trip(entry: Entry) -> None:
    data = entry.encode()
    assert Entry.decode(data) == entry
    assert entry_hash(data) == hashlib.sha256(data).digest()


INTENT = Entry.decode(encode(EXAMPLES["card intent"]))
REDEMPTION = Entry.decode(encode(EXAMPLES["card redemption"]))


@pytest.mark.parametrize(
    "entry",
    [
        replace(INTENT, seq=0),
        replace(INTENT, prev=bytes(31)),
        replace(INTENT, terminal=bytes(7)),
        replace(INTENT, time=-1),
        replace(INTENT, amount=0),
        replace(INTENT, amount=1_000_001),
        replace(INTENT, sale=None),
        replace(INTENT, instrument=None),
        replace(INTENT, evidence=None),
        replace(INTENT, operator=None),
        replace(INTENT, of=3),
        replace(INTENT, given=False),
        replace(INTENT, server_time=b""),
        replace(INTENT, instrument=Instrument.PHONE),
        replace(INTENT, evidence=PhoneEvidence(b"token")),
        replace(INTENT, evidence=REDEMPTION.evidence),
        replace(INTENT, kind=Kind.REDEMPTION, of=3),
        replace(REDEMPTION, evidence=INTENT.evidence),
        replace(REDEMPTION, of=None),
        replace(REDEMPTION, instrument=Instrument.PAPER, evidence=PhoneEvidence(b"token")),
        replace(REDEMPTION, kind=Kind.VOID),
        Entry(1, bytes(32), TERMINAL, 0, Kind.TIME_ANCHOR),
        Entry(1, bytes(32), TERMINAL, 0, Kind.NOTE, amount=1),
        Entry(1, bytes(32), TERMINAL, 0, Kind.DAY_CLOSED, given=True),
    ],
)
def test_nothing_is_written_that_nobody_would_read(entry: Entry) -> None:
    with pytest.raises(ValueError):
        entry.encode()


def test_evidence_of_an_intent_is_what_its_redemption_repeats() -> None:
    assert isinstance(INTENT.evidence, CardEvidence)
    assert isinstance(REDEMPTION.evidence, CardEvidence)
    expected = (bytes(7), bytes(16), bytes(16), 2500, bytes(16))
    assert INTENT.evidence.of_intent == REDEMPTION.evidence.of_intent == expected
    assert replace(INTENT.evidence, balance_before=2499).of_intent != INTENT.evidence.of_intent


# --- the chain ------------------------------------------------------------------------------------------------------


def chain(count: int, terminal: bytes = TERMINAL) -> list[bytes]:
    head, data = head_of(terminal), []
    for seq in range(1, count + 1):
        data.append(Entry(seq, head, terminal, 1_790_000_000 + seq, Kind.NOTE).encode())
        head = entry_hash(data[-1])
    return data


def test_a_chain_from_its_beginning_and_from_anywhere() -> None:
    data = chain(6)
    assert [entry.seq for entry in check_chain(TERMINAL, 0, head_of(TERMINAL), data)] == [1, 2, 3, 4, 5, 6]
    for after in range(1, 6):
        read = check_chain(TERMINAL, after, entry_hash(data[after - 1]), data[after:])
        assert [entry.encode() for entry in read] == data[after:]
    assert check_chain(TERMINAL, 6, entry_hash(data[5]), []) == []
    assert head_of(TERMINAL) == hashlib.sha256(TERMINAL).digest()


@pytest.mark.parametrize(
    ("broken", "expected"),
    [
        (lambda data: data[1:], 1),
        (lambda data: [data[0], *data[2:]], 2),
        (lambda data: [data[0], data[0], *data[1:]], 2),
        (lambda data: [data[1], data[0]], 1),
        (lambda data: [*data[:3], *chain(6, bytes(8))[3:]], 4),
        (lambda data: chain(3, bytes(8)), 1),
        (lambda data: [*data[:2], replace(Entry.decode(data[2]), time=0).encode(), *data[3:]], 4),
        (lambda data: [*data[:2], replace(Entry.decode(data[2]), prev=bytes(32)).encode()], 3),
        (lambda data: [*data, *data], 7),
    ],
)
def test_a_break_is_found_where_it_is(broken: Callable[[list[bytes]], list[bytes]], expected: int) -> None:
    with pytest.raises(BrokenChain) as caught:
        check_chain(TERMINAL, 0, head_of(TERMINAL), broken(chain(6)))
    assert caught.value.expected_seq == expected


def test_a_chain_with_another_head_or_a_foreign_body() -> None:
    data = chain(3)
    with pytest.raises(BrokenChain):
        check_chain(TERMINAL, 1, head_of(TERMINAL), data[1:])
    with pytest.raises(BrokenChain):
        check_chain(TERMINAL, 2, entry_hash(data[0]), data[1:])
    with pytest.raises(MalformedEntry):
        check_chain(TERMINAL, 0, head_of(TERMINAL), [data[0], b"\xa0"])
