# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The deny list as a file: every id is found, nothing else is, and no other bytes are taken for one."""

import mmap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heitje.deny_list import LIST_MAX, DenyList, MalformedDenyList, encode

IDS = st.sets(st.binary(min_size=7, max_size=7) | st.binary(min_size=16, max_size=16), max_size=60)


@given(IDS, st.binary(min_size=0, max_size=20))
def test_holds_what_was_put_in_and_nothing_else(ids: set[bytes], other: bytes) -> None:
    listed = DenyList(encode(ids))
    listed.check()
    assert set(listed) == ids
    assert len(listed) == len(ids)
    assert all(identity in listed for identity in ids)
    assert (other in listed) == (other in ids)


@given(IDS)
def test_the_same_ids_give_the_same_bytes(ids: set[bytes]) -> None:
    assert encode(list(ids)) == encode(sorted(ids, reverse=True))


def test_neighbours_of_an_id_are_not_found() -> None:
    ids = [number.to_bytes(7, "big") for number in range(1, 2000, 2)]
    listed = DenyList(encode(ids))
    assert not any(number.to_bytes(7, "big") in listed for number in range(0, 2001, 2))
    anything: object = "not bytes"
    assert not listed.__contains__(anything)


def test_reads_a_mapped_file(tmp_path: Path) -> None:
    path = tmp_path / "deny.bin"
    path.write_bytes(encode([b"1234567", b"0123456789abcdef"]))
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        listed = DenyList(mapped)
        assert b"1234567" in listed
        assert b"0123456789abcdef" in listed
        assert b"0123456789abcdee" not in listed


def test_an_id_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="8 bytes"):
        encode([bytes(8)])


def test_every_cut_and_every_tail_is_refused() -> None:
    whole = encode([b"1234567", b"7654321", bytes(16)])
    for length in range(len(whole)):
        with pytest.raises(MalformedDenyList):
            DenyList(whole[:length])
    with pytest.raises(MalformedDenyList):
        DenyList(whole + b"x")


@given(st.binary(max_size=64))
def test_any_other_bytes_are_refused(data: bytes) -> None:
    try:
        DenyList(data).check()
    except MalformedDenyList:
        return
    assert encode(DenyList(data)) == data


def test_what_is_not_sorted_is_refused() -> None:
    whole = bytearray(encode([b"1234567", b"7654321"]))
    whole[12:26] = b"76543211234567"
    with pytest.raises(MalformedDenyList, match="sorted"):
        DenyList(bytes(whole)).check()
    whole[12:26] = b"12345671234567"
    with pytest.raises(MalformedDenyList, match="once"):
        DenyList(bytes(whole)).check()


def test_a_list_without_end_is_refused() -> None:
    with pytest.raises(MalformedDenyList, match="more than"):
        DenyList(bytes(LIST_MAX + 1))
