# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the mint has written down is believed byte by byte, and nothing else is without its signature."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from django.db import connection

from backend.minting.models import IssuedVoucher
from backend.redemption.allowances import FEW, Allowances
from backend.redemption.evidence import Place
from heitje import vouchers
from heitje.acceptance import ListedKey, Shop
from heitje.keys import SigningKey
from heitje.money import Cents
from heitje.programme import TestProgramme

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.backend.conftest import City

NOW = 1_795_500_000
OTHER_MINT = SigningKey.from_seed(b"another mint".ljust(32, b"."))


def place_of(programme: TestProgramme, *keys: SigningKey) -> Place:
    """A till that believes these keys."""
    listed = tuple(ListedKey(key.public, NOW - 100, NOW + 100) for key in keys)
    return Place(programme.iss, programme.terminal, Shop("bakker-1", "bakker", "centrum"), False, listed, ())


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


def good(place: Place, tokens: Iterable[bytes]) -> list[bool]:
    """Which of one batch's tokens are taken."""
    allowances = Allowances(place)
    valid = [allowances.valid(token) for token in tokens]
    doubted = allowances.unbelieved()
    assert allowances.unbelieved() == set()
    return [one is not None and one[0] not in doubted for one in valid]


def test_all_of_a_batch_are_asked_for_at_once_and_remembered(issued: list[bytes], programme: TestProgramme) -> None:
    place = place_of(programme, programme.mint)
    with statements() as asked:
        assert good(place, [*issued, *issued]) == [True] * 2 * len(issued)
        assert len(asked) == 1
        assert good(place, issued) == [True] * len(issued)
        assert len(asked) == 1, "the next batch asks no more"


def test_what_is_written_down_is_not_verified(city: City, issued: list[bytes], programme: TestProgramme) -> None:
    """Seen by a signature that is no good: the mint would have to write down what it never made."""
    place, token = place_of(programme, programme.mint), damaged(issued[0])
    voucher = IssuedVoucher.objects.get(cti=vouchers.decode(token).voucher.cti.hex())
    voucher.token = token
    voucher.save(update_fields=["token"])
    assert good(place, [token, *issued[1:]]) == [True] * len(issued)


def test_few_are_verified_and_not_asked_for(issued: list[bytes], programme: TestProgramme) -> None:
    with statements() as asked:
        few = [*issued[: FEW - 1], damaged(issued[-1])]
        assert good(place_of(programme, programme.mint), few) == [True] * (FEW - 1) + [False]
    assert asked == []


def test_a_written_down_id_proves_no_other_bytes(issued: list[bytes], programme: TestProgramme) -> None:
    voucher = vouchers.decode(issued[0]).voucher
    forged = [
        damaged(issued[0]),
        vouchers.issue(replace(voucher, amount=Cents(2500)), OTHER_MINT),
        damaged(vouchers.issue(replace(voucher, amount=Cents(2400)), programme.mint)),
    ]
    place, rest = place_of(programme, programme.mint), issued[1:]
    for token in forged:
        assert good(place, [token, *rest]) == [False, *[True] * len(rest)]
        assert good(place, [token, *issued, token]) == [False, *[True] * len(issued), False]


def test_what_is_not_written_down_needs_its_signature(issued: list[bytes], programme: TestProgramme) -> None:
    voucher = replace(vouchers.decode(issued[0]).voucher, cti=bytes(16))
    token = vouchers.issue(voucher, programme.mint)
    taken = good(place_of(programme, programme.mint), [*issued, token, damaged(token)])
    assert taken == [*[True] * len(issued), True, False]


def test_what_is_believed_is_still_judged_by_keys_and_place(issued: list[bytes], programme: TestProgramme) -> None:
    place = place_of(programme, programme.mint)
    assert good(place, issued) == [True] * len(issued)
    for other in (
        place_of(programme),
        place_of(programme, OTHER_MINT),
        place_of(programme, programme.mint, programme.mint),
        replace(place, programme="nl.elders"),
    ):
        assert good(other, issued) == [False] * len(issued)
    later = replace(place, voucher_keys=(ListedKey(programme.mint.public, NOW - 5, NOW + 5),))
    valid = Allowances(later).valid(issued[0])
    assert valid is not None
    assert (valid[0].signed, valid[1:]) == (vouchers.decode(issued[0]), (NOW - 5, NOW + 5))


def test_what_is_no_allowance_is_none(city: City, programme: TestProgramme) -> None:
    place = place_of(programme, programme.mint)
    on_p256 = city.phone("citizen-9", 100, programme.phone_p256).token
    for token in (b"", b"\xd2", city.note("citizen-9", 500)[1], on_p256):
        assert Allowances(place).valid(token) is None
