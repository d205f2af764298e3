# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Deterministic CBOR (RFC 8949 section 4.2.1), the only form in which Heitje signs, stores and sends.

cbor2 reads more than that: tags with meanings, floats, indefinite lengths, any key order, trailing bytes; and its own
canonical order is the older, length-first one. So a value is believed only if it consists of the six types of `Value`,
its maps are in bytewise order, and encoding it again gives the very bytes that were read. A tag ends the reading where
it stands: following it could mean a regular expression to compile, or a few hundred bytes that refer to themselves and
unfold to millions of values.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, NoReturn, TypeAlias

import cbor2

Value: TypeAlias = int | bytes | str | bool | list["Value"] | dict[int, "Value"]
"""What a document may consist of: 64-bit integers, byte and text strings, booleans, arrays, maps with integer keys."""

NESTING_MAX: Final = 4
_UINT_MAX: Final = 2**64 - 1
_INT_MIN: Final = -(2**64)


class NotDeterministic(ValueError):
    """The bytes are not one document of `Value` in deterministic encoding."""


def _refuse_tag(*_: object) -> NoReturn:
    raise NotDeterministic("a tag")


class _EveryTag(Mapping[int, Callable[..., NoReturn]]):
    """For cbor2, a table of tags in which each one is refused, whatever its number."""

    def __getitem__(self, tag: int) -> Callable[..., NoReturn]:
        return _refuse_tag

    def __iter__(self) -> Iterator[int]:
        return iter(())

    def __len__(self) -> int:
        return 0


_REFUSED: Final = _EveryTag()


def encode(value: Value) -> bytes:
    """The deterministic encoding of `value`.

    Raises `TypeError` for a type outside `Value`, `ValueError` for an integer of more than 64 bits.
    """
    return cbor2.dumps(_ordered(value))


def decode(data: bytes, nesting_max: int = NESTING_MAX) -> Value:
    """Read exactly one document; `nesting_max` arrays and maps may stand in each other.

    Raises `NotDeterministic` for anything that `encode` would not have written.
    """
    try:
        value = cbor2.loads(data, semantic_decoders=_REFUSED)
        _check(value, nesting_max)
        again = cbor2.dumps(value)
    except (cbor2.CBORError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise NotDeterministic(str(error)) from error
    if again != data:
        raise NotDeterministic("not the shortest form, or bytes after the end")
    return value  # type: ignore[no-any-return]  # _check has proved it


def rank(key: int) -> tuple[bool, int]:
    """Place of an integer key in bytewise order: 0, 1, 2 … then -1, -2, -3 …"""
    return (key < 0, key if key >= 0 else -1 - key)


def _ordered(value: Value) -> Value:
    if type(value) is dict:
        return {_ordered(key): _ordered(value[key]) for key in sorted(value, key=rank)}  # type: ignore[misc]
    if type(value) is list:
        return [_ordered(item) for item in value]
    if type(value) not in (int, bytes, str, bool):
        raise TypeError(f"{type(value).__name__} has no place in a document")
    if isinstance(value, int) and not _INT_MIN <= value <= _UINT_MAX:
        raise ValueError("an integer of more than 64 bits")
    return value


def _check(value: object, nesting: int) -> None:
    kind = type(value)
    if kind is dict:
        _check_nesting(nesting)
        last: tuple[bool, int] | None = None
        for key, item in value.items():  # type: ignore[attr-defined]
            if type(key) is not int:
                raise NotDeterministic("a map key that is no integer")
            place = rank(key)
            if last is not None and place <= last:
                raise NotDeterministic("map keys out of order")
            last = place
            _check(item, nesting - 1)
    elif kind is list:
        _check_nesting(nesting)
        for item in value:  # type: ignore[attr-defined]
            _check(item, nesting - 1)
    elif kind not in (int, bytes, str, bool):  # an integer of more than 64 bits would have come with a tag
        raise NotDeterministic(f"{kind.__name__} has no place in a document")


def _check_nesting(nesting: int) -> None:
    if nesting <= 0:
        raise NotDeterministic("nested too deep")
