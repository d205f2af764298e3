# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The till tries everything that a sale stands on, and says what it found."""

from collections.abc import Callable
from typing import Final

from drivers.printer import Condition
from heitje.journal import BrokenChain, MalformedEntry, check_chain, entry_hash, head_of
from terminal.decision import BUILD_TIME, Desk
from terminal.flows.scene import Check
from terminal.health.guards import Clock, Room, clock_at
from terminal.journal_store import JournalStore
from terminal.status import Device, Link, Status

CHAIN_LENGTH: Final = 500
"""Entries at the journal's end whose chain is tried."""
_MEBIBYTE: Final = 1024 * 1024


def self_test(
    status: Status, journal: JournalStore, desk: Desk, room: Callable[[], tuple[Room, int]]
) -> tuple[Check, ...]:
    """One check after the other. `room` looks at the disk."""
    return (
        _device("device.reader", status.reader),
        _device("device.scanner", status.scanner),
        _printer(status),
        _chain(journal),
        _disk(room),
        _clock(status, desk),
        Check("check.connection", status.link in (Link.ONLINE, Link.NONE), status.backend),
        Check("check.queue", not status.queue_nearly_full, f"{status.headroom.entries.used}"),
        Check("check.trust", status.headroom.halved_in_s > 0, f"{status.bundle}"),
    )


def _device(message: str, device: Device) -> Check:
    return Check(message, device in (Device.WORKS, Device.NONE))


def _printer(status: Status) -> Check:
    if not status.has_printer:
        return Check("device.printer", well=True)
    said = status.printer or frozenset({Condition.SILENT})
    return Check("device.printer", well=said <= {Condition.FINE, Condition.PAPER_LOW})


def _chain(journal: JournalStore) -> Check:
    last = journal.head()[0]
    after = max(0, last - CHAIN_LENGTH)
    before = journal.bytes_after(after - 1, 1) if after else []
    head = entry_hash(before[0]) if before else head_of(journal.terminal)
    try:
        check_chain(journal.terminal, after, head, journal.bytes_after(after, CHAIN_LENGTH))
    except (BrokenChain, MalformedEntry) as error:
        return Check("check.journal", well=False, found=str(error))
    return Check("check.journal", well=True, found=str(last))


def _disk(room: Callable[[], tuple[Room, int]]) -> Check:
    try:
        found, free = room()
    except OSError as error:
        return Check("check.disk", well=False, found=str(error.strerror))
    return Check("check.disk", found is Room.ENOUGH, f"{free // _MEBIBYTE} MiB")


def _clock(status: Status, desk: Desk) -> Check:
    server, now = desk.last_server_time(), int(status.now.timestamp())
    found = clock_at(now, max(BUILD_TIME, server), server, desk.bundle.limits.server_time_age_s)
    return Check("check.clock", found is Clock.TRUSTED, status.now.strftime("%Y-%m-%d %H:%M:%S"))
