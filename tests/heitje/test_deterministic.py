# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The one form of CBOR: nothing else is read, and what is read is written again as the same bytes."""

import itertools

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heitje.deterministic import NotDeterministic, Value, decode, encode

INTEGERS = st.integers(-(2**64), 2**64 - 1)
SCALARS = INTEGERS | st.binary(max_size=300) | st.text(max_size=80) | st.booleans()
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(INTEGERS, inner, max_size=5), max_leaves=12
)


def depth(value: Value) -> int:
    if isinstance(value, list):
        return 1 + max(map(depth, value), default=0)
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    return 0


def head(major: int, number: int) -> bytes:
    """The shortest head of an item (RFC 8949 section 4.2.1)."""
    if number < 24:
        return bytes((major << 5 | number,))
    for extra, size in enumerate((1, 2, 4, 8)):
        if number < 1 << 8 * size:
            return bytes((major << 5 | 24 + extra,)) + number.to_bytes(size, "big")
    raise ValueError(number)


def written(value: Value) -> bytes:
    """A second, slow encoder, straight from the RFC: map entries sorted by their encoded keys."""
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(map(written, value))
    entries = sorted((written(key), written(item)) for key, item in value.items())
    return head(5, len(entries)) + b"".join(key + item for key, item in entries)


def holds(data: bytes) -> bool:
    """Whether `data` is read; and if it is, that it means what another reader reads, in the only bytes for it."""
    try:
        value = decode(data, 100)
    except NotDeterministic:
        return False
    assert encode(value) == written(value) == data
    assert cbor2.loads(data) == value
    return True


@given(VALUES)
def test_round_trip(value: Value) -> None:
    data = encode(value)
    assert data == written(value)
    assert decode(data, 100) == value
    assert holds(data)


@given(VALUES, st.data())
def test_a_changed_document_is_another_value_or_none(value: Value, data: st.DataObject) -> None:
    document = bytearray(encode(value))
    document[data.draw(st.integers(0, len(document) - 1))] ^= data.draw(st.integers(1, 255))
    holds(bytes(document))


@given(VALUES, st.binary(min_size=1, max_size=9))
def test_cut_anywhere_or_followed_by_anything(value: Value, more: bytes) -> None:
    document = encode(value)
    for data in (document + more, *(document[:end] for end in range(len(document)))):
        with pytest.raises(NotDeterministic):
            decode(data, 100)


@given(st.binary(max_size=700))
def test_noise(data: bytes) -> None:
    holds(data)


def test_every_document_of_up_to_two_bytes() -> None:
    read = sum(holds(bytes(data)) for size in (0, 1, 2) for data in itertools.product(range(256), repeat=size))
    # 24 + 24 small integers, empty and one-byte strings, two booleans, empty containers; then all that two bytes hold
    assert read == (24 + 24 + 1 + 1 + 1 + 1 + 2) + (232 + 232 + 256 + 128 + 54)


@given(VALUES)
def test_nesting_is_counted(value: Value) -> None:
    data = encode(value)
    deep = depth(value)
    assert decode(data, deep) == value
    if deep:
        with pytest.raises(NotDeterministic, match="deep"):
            decode(data, deep - 1)


@pytest.mark.parametrize("opening", [b"\x81", b"\xa1\x01", b"\x9f", b"\xbf\x01", b"\xc1", b"\xd2", b"\xd8\x1c"])
def test_nested_a_million_times(opening: bytes) -> None:
    for data in (opening * 1_000_000, opening * 1_000_000 + b"\x00", opening * 300 + b"\x00"):
        with pytest.raises(NotDeterministic):
            decode(data)


@pytest.mark.parametrize(
    ("what", "data"),
    [
        ("undefined", "f7"),
        ("null", "f6"),
        ("another simple value", "e0"),
        ("a simple value in two bytes", "f8ff"),
        ("half precision", "f93c00"),
        ("not a number", "f97e00"),
        ("single precision", "fa3f800000"),
        ("double precision", "fb3ff0000000000000"),
        ("infinity", "f97c00"),
        ("bytes of indefinite length", "5f4101ff"),
        ("text of indefinite length", "7f6161ff"),
        ("array of indefinite length", "9f01ff"),
        ("map of indefinite length", "bf0101ff"),
        ("a break alone", "ff"),
        ("23 in two bytes", "1817"),
        ("23 in three bytes", "190017"),
        ("255 in three bytes", "1900ff"),
        ("65535 in five bytes", "1a0000ffff"),
        ("2^32-1 in nine bytes", "1b00000000ffffffff"),
        ("-1 in two bytes", "3800"),
        ("length 3 in two bytes", "5803010203"),
        ("text length in two bytes", "780161"),
        ("array length in two bytes", "980101"),
        ("map length in two bytes", "b8010101"),
        ("a positive big number", "c249010000000000000000"),
        ("a negative big number", "c349010000000000000000"),
        ("a small number as a big one", "c24101"),
        ("keys out of order", "a202000100"),
        ("a negative key before a positive one", "a220000100"),
        ("an integer key after a longer one, length first", "a22000181800"),
        ("the same key twice", "a201000101"),
        ("the same key as integer and boolean", "a20100f500"),
        ("a text key", "a1616100"),
        ("a bytes key", "a1416100"),
        ("a boolean key", "a1f500"),
        ("a float key", "a1f93c0000"),
        ("an array key", "a1800100"),
        ("a null key", "a1f600"),
        ("text that is not UTF-8", "61ff"),
        ("text with a surrogate", "63eda080"),
        ("text with an overlong sign", "62c080"),
        ("bytes to the end of memory", "5bffffffffffffffff"),
        ("text to the end of memory", "7b7fffffffffffffff"),
        ("an array to the end of memory", "9bffffffffffffffff"),
        ("an array of two thousand million", "9a7fffffff"),
        ("a map to the end of memory", "bbffffffffffffffff"),
        ("a reserved length", "1c"),
        ("a reserved length of bytes", "5d"),
        ("a tag of indefinite length", "df00"),
        ("null inside", "81f6"),
        ("a float inside", "a101f93c00"),
        ("nothing", ""),
        ("two documents", "0000"),
    ],
    ids=lambda value: value if " " in str(value) else None,
)
def test_other_forms(what: str, data: str) -> None:
    with pytest.raises(NotDeterministic):
        decode(bytes.fromhex(data))


TAGGED = {
    0: "2026-01-01T00:00:00Z",
    1: 1,
    2: b"\x01",
    3: b"\x01",
    4: [0, 1],
    5: [0, 1],
    18: [b"", {}, b"", b""],
    25: 0,
    28: [1],
    29: 0,
    30: [1, 2],
    35: "(a|b)*",
    36: "Content-Type: text/plain\n\n",
    37: bytes(16),
    52: bytes(4),
    100: 1,
    256: [1],
    258: [1],
    260: bytes(4),
    1004: "2026-01-01",
    43000: [1, 2],
    55799: 1,
    2**32: 1,
    2**64 - 1: 1,
}


@pytest.mark.parametrize("tag", TAGGED)
def test_no_tag_is_followed(tag: int) -> None:
    document = head(6, tag) + cbor2.dumps(TAGGED[tag])
    for data in (document, b"\x81" + document, b"\xa1\x01" + document, b"\xa1" + document + b"\x00"):
        with pytest.raises(NotDeterministic, match="tag"):
            decode(data)


def test_a_document_that_refers_to_itself_unfolds_to_nothing() -> None:
    """527 bytes that would be ten million values, were they followed."""
    inner = b"\xd8\x1c\x98\x96" + bytes(150)
    for reference in (b"\xd8\x1d\x03", b"\xd8\x1d\x02", b"\xd8\x1d\x01"):
        inner = b"\xd8\x1c\x98\x29" + inner + reference * 40
    with pytest.raises(NotDeterministic, match="tag"):
        decode(inner)


@pytest.mark.parametrize("value", [None, 1.0, (1,), bytearray(b"a"), {1: None}, [1.5], frozenset(), object()])
def test_nothing_else_is_written(value: object) -> None:
    with pytest.raises(TypeError):
        encode(value)  # type: ignore[arg-type]


@pytest.mark.parametrize("number", [2**64, -(2**64) - 1, 2**200])
def test_integers_have_64_bits(number: int) -> None:
    with pytest.raises(NotDeterministic):
        decode(cbor2.dumps(number))
    values: list[Value] = [number, [number], {number: 1}]
    for value in values:
        with pytest.raises(ValueError, match="64 bits"):
            encode(value)
