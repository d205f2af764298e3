# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""QR text: prefixes, base45 against the library's own reader, and rubbish of any size."""

import itertools
import json
from pathlib import Path

import base45
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heitje import qr
from heitje.codes import SignedCode
from heitje.cose import MalformedToken
from heitje.vouchers import SignedVoucher

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
PREFIX = "HV1:"


def library(text: str) -> bytes | None:
    """The library's reader, without the line feed that it forgives."""
    if "\n" in text:
        return None
    try:
        data: bytes = base45.b45decode(text)
    except (ValueError, OverflowError):
        return None
    return data


def ours(text: str) -> bytes | None:
    try:
        return qr.decode_text(PREFIX + text, PREFIX)
    except MalformedToken:
        return None


@given(st.binary(max_size=700))
def test_round_trip(data: bytes) -> None:
    text = qr.encode_text(PREFIX, data)
    assert qr.decode_text(text, PREFIX) == data
    assert set(text) <= set(ALPHABET)
    assert not text.endswith(" ")


def test_published_examples() -> None:
    """RFC 9285 section 4.3 and 4.4."""
    for data, text in (
        (b"AB", "BB8"),
        (b"Hello!!", "%69 VD92EX0"),
        (b"base-45", "UJCLQE7W581"),
        (b"ietf!", "QED8WEX0"),
    ):
        assert qr.encode_text("", data) == text
        assert ours(text) == data
    assert ours("GGW") is None  # 65536


def test_every_group_of_one_two_and_three_characters() -> None:
    for size in (1, 2, 3):
        for group in itertools.product(ALPHABET, repeat=size):
            text = "".join(group)
            if text == text.strip(" "):  # spaces at both ends are the scanner's, and trimmed
                assert ours(text) == library(text), text


@given(st.text(alphabet=ALPHABET + "abz\n\r\t\x00é€٣", max_size=60))
def test_any_text_as_the_library_reads_it(text: str) -> None:
    trimmed = text.strip("\r\n ")
    if text.startswith((" ", "\r", "\n")):  # only the end of the text behind a prefix is an end
        trimmed = text.rstrip("\r\n ")
    assert ours(text) == library(trimmed)


@pytest.mark.parametrize("before", ["", " ", "\r\n", "\n  "])
@pytest.mark.parametrize("after", ["", " ", "\r\n", "\r", "\n", "  \r\n "])
def test_ends_are_trimmed(before: str, after: str) -> None:
    assert qr.decode_text(f"{before}HV1:BB8{after}", PREFIX) == b"AB"


@pytest.mark.parametrize(
    "text",
    [
        "\tHV1:BB8",
        "HV1:BB8\t",
        "HV1:BB8\x00",
        "\u00a0HV1:BB8",
        "HV1: BB8",
        "HV1:BB\n8",
        "hv1:BB8",
        "HV1:bb8",
        "HV1BB8",
        "HV2:BB8",
        "HV1",
        "",
        "\ufeffHV1:BB8",
        "HP1:BB8",
        "HR1:BB8",
        "ΗV1:BB8",
        "HV1:BB8\x0b",
        "HV1:BB8\u2028",
    ],
)
def test_nothing_else_is_trimmed_or_forgiven(text: str) -> None:
    with pytest.raises(MalformedToken):
        qr.decode_text(text, PREFIX)


def test_seven_hundred_bytes_and_no_more() -> None:
    assert qr.decode_text(qr.encode_text(PREFIX, bytes(700)), PREFIX) == bytes(700)
    with pytest.raises(MalformedToken):
        qr.decode_text(qr.encode_text(PREFIX, bytes(701)), PREFIX)


@given(
    st.sampled_from(["", "HV1:", "HP1:", "HR1:", "HV1:HP1:", " HP1:"]),
    st.text(max_size=10_000)
    | st.text(alphabet=ALPHABET, max_size=10_000)
    | st.binary(max_size=700).map(lambda data: qr.encode_text("", data)),
)
def test_rubbish_is_malformed(prefix: str, text: str) -> None:
    for read in (qr.read, qr.decode_request):
        with pytest.raises(MalformedToken):
            read(prefix + text)


@pytest.mark.parametrize("text", ["HV1:" + "A" * 10_000, "HP1:" + " " * 10_000, "\n" * 10_000, "0" * 10_000, "\ud800"])
def test_rubbish_of_ten_kilobytes(text: str) -> None:
    with pytest.raises(MalformedToken):
        qr.read(text)


def test_each_kind_under_its_own_prefix(vectors: Path) -> None:
    texts = [vector["text"] for vector in json.loads((vectors / "vouchers.json").read_text())["vectors"]]
    note, code = texts[0], next(text for text in texts if text.startswith("HP1:"))
    assert isinstance(qr.read(note), SignedVoucher)
    signed = qr.read(code)
    assert isinstance(signed, SignedCode)
    assert qr.encode_voucher(qr.decode_text(note, "HV1:")) == note
    assert qr.encode_code(signed.token) == code
    allowance = qr.encode_voucher(signed.allowance.token)
    for wrong in (note.replace("HV1", "HP1"), code.replace("HP1", "HV1"), note.replace("HV1", "HR1"), allowance):
        with pytest.raises(MalformedToken):
            qr.read(wrong)


def test_every_cut_of_every_recorded_text(vectors: Path) -> None:
    for vector in json.loads((vectors / "vouchers.json").read_text())["vectors"][:10]:
        text = vector["text"].strip()
        for end in range(len(text)):
            with pytest.raises(MalformedToken):
                qr.read(text[:end])
