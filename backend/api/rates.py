# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""How often one caller may ask, counted once for all worker processes (backend.toml, table `[limits]`).

Each caller has one number: the time at which it would have sent everything that it has sent, had it kept to its rate
(the generic cell rate algorithm). A caller whose time is past is like one that never called, so its place is free for
another and nothing ever has to be cleared away.

The numbers stand in memory that the workers inherit, so this module is imported before they are forked. Two of them
that write in the same moment can let one request more pass: that is cheaper than a lock, and it is all that can happen.

A set of places in memory, and who calls is in one of its set's places or in none:

    | tag 8 | time 8 | tag 8 | time 8 | … 8 times          tag 0: never used; time: CLOCK_MONOTONIC in ns
"""

import struct
import time
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from mmap import mmap
from typing import Final

_PLACES: Final = 8
_SETS: Final = 8192
_SET: Final = struct.Struct("=" + "Qq" * _PLACES)
_PLACE: Final = struct.Struct("=Qq")
_MINUTE_NS: Final = 60_000_000_000
_TAG_MASK: Final = 2**64 - 1
_SITE_PREFIX: Final = 8
"""Bytes of an IPv6 address that name a site: whoever has one has all addresses in it."""


@dataclass(frozen=True, slots=True)
class Policy:
    """`per_minute` requests, `burst` of them at once; `name` is told in the answer. 0 per minute: no limit."""

    name: str
    per_minute: int
    burst: int

    @property
    def told(self) -> str:
        """The member of `RateLimit-Policy`: its quota is the burst, in the time that a whole burst comes back in."""
        return f'"{self.name}";q={self.burst};w={max(1, self.burst * 60 // self.per_minute)}'


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one request: how many more may come at once, and seconds until one, or until all, may."""

    policy: Policy
    allowed: bool
    remaining: int
    reset_s: int

    @property
    def told(self) -> str:
        """The member of `RateLimit`."""
        return f'"{self.policy.name}";r={self.remaining};t={self.reset_s}'


class Meter:
    """Counts callers in shared memory of 1 MiB."""

    def __init__(self) -> None:
        self._memory = mmap(-1, _SETS * _SET.size)

    def reset(self) -> None:
        """Forget everybody."""
        self._memory[:] = bytes(_SETS * _SET.size)

    def take(self, policy: Policy, caller: str, now_ns: int | None = None) -> Taken | None:
        """Count one request of `caller`; None where the policy sets no limit. What is refused is not counted."""
        if not policy.per_minute:
            return None
        now = time.monotonic_ns() if now_ns is None else now_ns
        tag = hash((policy.name, caller)) & _TAG_MASK | 1
        base = (tag >> 20) % _SETS * _SET.size
        numbers = _SET.unpack_from(self._memory, base)
        tags, times = numbers[::2], numbers[1::2]
        place = tags.index(tag) if tag in tags else times.index(min(times))
        used_until = max(times[place], now) if tags[place] == tag else now
        interval = _MINUTE_NS // policy.per_minute
        room = policy.burst * interval - (used_until - now)
        if room < interval:
            return Taken(policy, False, 0, -(-(interval - room) // 1_000_000_000))
        used_until += interval
        _PLACE.pack_into(self._memory, base + place * _PLACE.size, tag, used_until)
        return Taken(policy, True, room // interval - 1, -(-(used_until - now) // 1_000_000_000))


METER: Final = Meter()


@lru_cache(maxsize=4096)
def site_of(address: str) -> str | None:
    """Whom an address is counted as: itself, or its IPv6 site; None for loopback and for what is no address."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            parsed = parsed.ipv4_mapped
        elif not parsed.is_loopback:
            return parsed.packed[:_SITE_PREFIX].hex()
    return None if parsed.is_loopback else str(parsed)
