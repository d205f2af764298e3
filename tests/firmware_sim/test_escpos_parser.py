# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Cutting ESC/POS: commands of every length form, in any portions, and whatever else comes down the cable."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_sim.printer.parser import KEPT_MAX, Command, Parser, Text, Token, Unknown


def tokens(data: bytes, portion: int = 1 << 20) -> list[Token]:
    """What comes out; neighbouring texts are joined, for their cut depends on the portions."""
    parser, found = Parser(), list[Token]()
    for at in range(0, len(data), portion):
        for token in parser.feed(data[at : at + portion]):
            if isinstance(token, Text) and found and isinstance(found[-1], Text):
                found[-1] = Text(found[-1].data + token.data)
            else:
                found.append(token)
    return found


RASTER = b"\x1dv0\x00\x02\x00\x03\x00" + bytes(range(6))

EXAMPLES: list[tuple[bytes, list[Token]]] = [
    (b"Dag\n", [Text(b"Dag"), Command(b"\n")]),
    (b"\x1b@", [Command(b"\x1b@")]),
    (b"\x1bt\x13", [Command(b"\x1bt", b"\x13")]),
    (b"\x1b!\x30\x1d!\x11", [Command(b"\x1b!", b"\x30"), Command(b"\x1d!", b"\x11")]),
    (b"\x1bE\x01\x1bG\x00", [Command(b"\x1bE", b"\x01"), Command(b"\x1bG", b"\x00")]),
    (b"\x1ba\x01\x1b-\x02", [Command(b"\x1ba", b"\x01"), Command(b"\x1b-", b"\x02")]),
    (b"\x1bd\x06\x1bJ\x40", [Command(b"\x1bd", b"\x06"), Command(b"\x1bJ", b"\x40")]),
    (b"\x1b2\x1b3\x10", [Command(b"\x1b2"), Command(b"\x1b3", b"\x10")]),
    (b"\x1bM\x01\x1dB\x01", [Command(b"\x1bM", b"\x01"), Command(b"\x1dB", b"\x01")]),
    (b"\x1bp\x00\x19\xfa", [Command(b"\x1bp", b"\x00\x19\xfa")]),
    (b"\x1bD\x08\x10\x00x", [Command(b"\x1bD", b"\x08\x10\x00"), Text(b"x")]),
    (b"\x1b$\x10\x00", [Command(b"\x1b$", b"\x10\x00")]),
    (b"\x1b*\x00\x02\x00ab", [Command(b"\x1b*", b"\x00\x02\x00ab")]),
    (b"\x1b*\x21\x02\x00abcdef", [Command(b"\x1b*", b"\x21\x02\x00abcdef")]),
    (b"\x1b&\x03\x41\x42\x01abc\x02abcdef", [Command(b"\x1b&", b"\x03\x41\x42\x01abc\x02abcdef")]),
    (b"\x1dV\x00\x1dV1", [Command(b"\x1dV", b"\x00"), Command(b"\x1dV", b"1")]),
    (b"\x1dV\x41\x03\x1dVB\x00", [Command(b"\x1dV", b"\x41\x03"), Command(b"\x1dV", b"B\x00")]),
    (b"\x1bi\x1bm", [Command(b"\x1bi"), Command(b"\x1bm")]),
    (b"\x1dk\x0412\x00x", [Command(b"\x1dk", b"\x0412\x00"), Text(b"x")]),
    (b"\x1dkI\x03abc", [Command(b"\x1dk", b"I\x03abc")]),
    (b"\x1d(k\x03\x001C\x05", [Command(b"\x1d(", b"k\x03\x001C\x05")]),
    (b"\x1d(L\x02\x0002", [Command(b"\x1d(", b"L\x02\x0002")]),
    (b"\x1d8L\x02\x00\x00\x0002", [Command(b"\x1d8", b"L\x02\x00\x00\x0002")]),
    (RASTER, [Command(b"\x1dv0", RASTER[3:])]),
    (b"\x1d*\x01\x02" + bytes(16), [Command(b"\x1d*", b"\x01\x02" + bytes(16))]),
    (
        b"\x1dr\x01\x1da\x00\x1dI\x01",
        [Command(b"\x1dr", b"\x01"), Command(b"\x1da", b"\x00"), Command(b"\x1dI", b"\x01")],
    ),
    (b"\x10\x04\x01\x10\x04\x07\x01", [Command(b"\x10\x04", b"\x01"), Command(b"\x10\x04", b"\x07\x01")]),
    (b"\x10\x14\x01\x00\x05", [Command(b"\x10\x14", b"\x01\x00\x05")]),
    (b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08", [Command(b"\x10\x14", b"\x08\x01\x03\x14\x01\x06\x02\x08")]),
    (b"\x1c.\x1c&", [Command(b"\x1c."), Command(b"\x1c&")]),
    (b"\x1b\x99x\x1d\xee", [Unknown(b"\x1b\x99"), Text(b"x"), Unknown(b"\x1d\xee")]),
]


@pytest.mark.parametrize(("data", "expected"), EXAMPLES, ids=[data[:4].hex() for data, _ in EXAMPLES])
def test_commands_whole_and_byte_by_byte(data: bytes, expected: list[Token]) -> None:
    assert tokens(data) == expected
    assert tokens(data, portion=1) == expected
    assert tokens(data + b"\x1b@", portion=1) == [*expected, Command(b"\x1b@")]


@pytest.mark.parametrize(("data", "expected"), EXAMPLES, ids=[data[:4].hex() for data, _ in EXAMPLES])
def test_a_command_that_is_cut_waits_for_its_rest(data: bytes, expected: list[Token]) -> None:
    for cut in range(len(data)):
        parser = Parser()
        first = list(parser.feed(data[:cut]))
        whole = first + list(parser.feed(data[cut:]))
        joined = b"".join(token.data if isinstance(token, Text) else token.code for token in whole)
        assert joined == b"".join(token.data if isinstance(token, Text) else token.code for token in expected)


@given(st.lists(st.sampled_from(EXAMPLES), max_size=12), st.integers(1, 50))
def test_any_sequence_in_any_portions(examples: list[tuple[bytes, list[Token]]], portion: int) -> None:
    data = b"".join(example for example, _ in examples)
    assert tokens(data, portion) == tokens(data)


@given(st.binary(max_size=2000), st.integers(1, 64))
def test_any_bytes_in_any_portions(data: bytes, portion: int) -> None:
    assert tokens(data, portion) == tokens(data)


def test_a_command_too_long_to_keep_is_skipped_whole() -> None:
    rows = KEPT_MAX // 100 + 1
    data = b"\x1dv0\x00\x64\x00" + rows.to_bytes(2, "little") + bytes(100 * rows)
    assert tokens(data + b"na\n", portion=4096) == [Unknown(b"\x1dv0"), Text(b"na"), Command(b"\n")]
    assert tokens(b"\x1d8L\xff\xff\xff\xff" + bytes(5000), portion=999) == [Unknown(b"\x1d8")]


def test_a_list_without_its_end_is_given_up() -> None:
    parser = Parser()
    found = [token for _ in range(KEPT_MAX // 4096 + 2) for token in parser.feed(b"\x1bD" + b"\x01" * 4094)]
    assert Unknown(b"\x1bD") in found
