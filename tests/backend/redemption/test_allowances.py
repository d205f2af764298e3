# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the mint has written down is believed byte by byte, and nothing else is without its signature."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from django.db import connection

from backend.redemption.allowances import FEW, Allowances
from backend.redemption.evidence import Place
from heitje import vouchers
from heitje.acceptance import ListedKey, Shop
from heitje.codes import PaymentCode, sign
from heitje.journal import Entry, Instrument, Kind, PhoneEvidence
from heitje.keys import SigningKey
from heitje.money import Cents
from heitje.programme import TestProgramme

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.backend.conftest import City

NOW = 1_795_500_000
OTHER_MINT = SigningKey.from_seed(b"another mint".ljust(32, b"."))


def place_of(programme: TestProgramme, *keys: SigningKey) -> Place:
    """A till that believes these keys."""
    listed = tuple(ListedKey(key.public, NOW - 100, NOW + 100) for key in keys)
    return Place(programme.iss, programme.terminal, Shop("bakker-1", "bakker", "centrum"), False, listed, ())


def intent_of(programme: TestProgramme, token: bytes) -> bytes:
    """An entry with a code that holds this allowance, whatever it is worth."""
    code = sign(PaymentCode(NOW, 1, Cents(100), token), programme.phone_ed25519)
    return Entry(
        seq=1,
        prev=bytes(32),
        terminal=programme.terminal,
        time=NOW,
        kind=Kind.INTENT,
        sale=bytes(16),
        amount=Cents(100),
        instrument=Instrument.PHONE,
        evidence=PhoneEvidence(code),
        offline=True,
        bundle=1,
        operator="jan",
    ).encode()


def damaged(token: bytes) -> bytes:
    """Another signature on the same allowance."""
    return token[:-1] + bytes((token[-1] ^ 1,))


@contextmanager
def statements() -> Iterator[list[str]]:
    """What is asked of the database."""
    asked: list[str] = []

    def note(execute: object, sql: str, *rest: object) -> object:
        asked.append(sql)
        return execute(sql, *rest)  # type: ignore[operator]

    with connection.execute_wrapper(note):
        yield asked


@pytest.fixture
def issued(city: City) -> list[bytes]:
    """Tokens that the mint has written down."""
    return [city.phone("citizen-9", 100).token for _ in range(FEW + 2)]


def test_all_of_a_batch_are_asked_for_at_once_and_remembered(issued: list[bytes], programme: TestProgramme) -> None:
    place, entries = place_of(programme, programme.mint), [intent_of(programme, token) for token in issued]
    with statements() as asked:
        allowances = Allowances(place)
        allowances.ask([b"", *entries, *entries, b"\xac of no code"])
        assert len(asked) == 1
        for token in issued:
            valid = allowances.valid(token)
            assert valid is not None
            assert valid[0].believed == programme.mint.public
            assert (valid[0].signed, valid[1:]) == (vouchers.decode(token), (NOW - 100, NOW + 100))
        Allowances(place).ask(entries)
        assert len(asked) == 1, "the next batch asks no more"


def test_few_are_verified_and_not_asked_for(issued: list[bytes], programme: TestProgramme) -> None:
    allowances = Allowances(place_of(programme, programme.mint))
    with statements() as asked:
        allowances.ask([intent_of(programme, token) for token in issued[:FEW]])
        assert allowances.valid(issued[0]) is not None
    assert asked == []


def test_a_written_down_id_proves_no_other_bytes(issued: list[bytes], programme: TestProgramme) -> None:
    voucher = vouchers.decode(issued[0]).voucher
    forged = [
        damaged(issued[0]),
        vouchers.issue(replace(voucher, amount=Cents(2500)), OTHER_MINT),
        damaged(vouchers.issue(replace(voucher, amount=Cents(2400)), programme.mint)),
    ]
    for token in forged:  # each with those that are there, and beside the true one
        for others in (issued[1:], issued):
            allowances = Allowances(place_of(programme, programme.mint))
            allowances.ask([intent_of(programme, one) for one in [token, *others]])
            assert allowances.valid(token) is None
            assert allowances.valid(issued[0]) is not None


def test_what_is_not_written_down_needs_its_signature(issued: list[bytes], programme: TestProgramme) -> None:
    voucher = replace(vouchers.decode(issued[0]).voucher, cti=bytes(16))
    token = vouchers.issue(voucher, programme.mint)
    allowances = Allowances(place_of(programme, programme.mint))
    allowances.ask([intent_of(programme, one) for one in [*issued, token, damaged(token)]])
    assert allowances.valid(token) is not None
    assert allowances.valid(damaged(token)) is None


def test_what_is_believed_is_still_judged_by_keys_and_place(issued: list[bytes], programme: TestProgramme) -> None:
    place = place_of(programme, programme.mint)
    allowances = Allowances(place)
    allowances.ask([intent_of(programme, token) for token in issued])
    assert allowances.valid(issued[0]) is not None
    for other in (
        place_of(programme),
        place_of(programme, OTHER_MINT),
        place_of(programme, programme.mint, programme.mint),
        replace(place, programme="nl.elders"),
    ):
        assert Allowances(other).valid(issued[0]) is None
    later = replace(place, voucher_keys=(ListedKey(programme.mint.public, NOW - 5, NOW + 5),))
    valid = Allowances(later).valid(issued[0])
    assert valid is not None
    assert valid[1:] == (NOW - 5, NOW + 5)


def test_what_is_no_allowance_is_none(city: City, programme: TestProgramme) -> None:
    place = place_of(programme, programme.mint)
    on_p256 = city.phone("citizen-9", 100, programme.phone_p256).token
    for token in (b"", b"\xd2", city.note("citizen-9", 500)[1], on_p256):
        assert Allowances(place).valid(token) is None
