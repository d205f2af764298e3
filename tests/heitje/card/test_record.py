# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Records of the recovery file (CARD.md section 7)."""

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heitje.card import record
from heitje.card.record import Record, RecordKind

UINT32 = st.integers(0, 2**32 - 1)


@given(
    st.builds(Record, kind=st.integers(0, 255), time=UINT32, reference=st.binary(min_size=7, max_size=7), amount=UINT32)
)
def test_round_trip(any_record: Record) -> None:
    data = any_record.pack()
    assert record.unpack(data) == any_record
    assert len(data) == 16
    assert data[0] == any_record.kind
    assert data[1:5] == any_record.time.to_bytes(4, "little")
    assert data[5:12] == any_record.reference
    assert data[12:] == any_record.amount.to_bytes(4, "little")


@given(st.binary(min_size=16, max_size=16))
def test_any_sixteen_bytes(data: bytes) -> None:
    assert record.unpack(data).pack() == data


@pytest.mark.parametrize("length", [0, 15, 17, 32])
def test_no_other_length(length: int) -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        record.unpack(bytes(length))


def test_recorded_sales(vectors: Path) -> None:
    for sale in json.loads((vectors / "card-purse.json").read_text())["sales"]:
        tmri = bytes.fromhex(sale["evidence"]["tmri"])
        read = record.unpack(bytes.fromhex(sale["evidence"]["record"]))
        assert (read.kind, read.amount) == (RecordKind.SALE, sale["amount"])
        assert read.reference == record.reference_of(tmri) == hashlib.sha256(tmri).digest()[:7]
