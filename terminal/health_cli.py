# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""`heitje terminal self-test`: whether everything that a sale stands on is well."""

import argparse
import json
import queue
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from drivers.devices import open_reader, open_scanner
from drivers.printer import Printed
from heitje import __version__
from terminal.card_station import CardInField
from terminal.configuration import TerminalConfiguration
from terminal.flows.scene import Check
from terminal.hands import DeviceEvent, Hands
from terminal.health.guards import room_on
from terminal.journal_store import JournalStore
from terminal.opening import connecting, load_till, locked, opened_journal, receipt_desk
from terminal.receipt_printing import ReceiptDesk, printed
from terminal.scan_station import CodeScanned
from terminal.self_test import self_test
from terminal.slips import test_slip
from terminal.status import Device, Link, Status
from terminal.words import words_in

EXIT_FAILED: Final = 1
LOOK_FOR_S: Final = 15.0
"""Longest wait for devices and backend to say how they do."""
Finish = Callable[[argparse.ArgumentParser, Callable[[argparse.Namespace], int]], None]


def add_commands(commands: Any, finish: Finish) -> None:
    """Add them to the parser of `heitje terminal`; `finish` adds what every command has."""
    test = commands.add_parser("self-test", help="try devices, journal, disk, clock, connection and trust; print it")
    test.add_argument("--no-paper", action="store_true", help="do not print the result")
    finish(test, _self_test)


def _self_test(arguments: argparse.Namespace) -> int:
    configuration, keys, trust = load_till(arguments.dir)
    with locked(configuration), opened_journal(configuration) as journal:
        receipts = receipt_desk(configuration)
        hands = Hands(
            trust,
            keys,
            journal,
            configuration.operator,
            lambda _: None,
            open_reader(configuration.reader) if configuration.reader else None,
            open_scanner(configuration.scanner) if configuration.scanner else None,
        )
        connect = connecting(configuration, keys)
        if connect is not None:
            hands.use_connection(connect(hands.deliver))
        checks = _tried(configuration, hands, receipts, journal)
        bundle, say = hands.trust.bundle, words_in(configuration.language)
        shop = (bundle.shop_name, bundle.terminal, configuration.letterhead)
        on_paper = None
        if receipts.printer is not None and not arguments.no_paper:
            report = printed(receipts.printer, test_slip(shop, checks, int(time.time()), say))
            on_paper = report.printed
    well = all(check.well for check in checks) and on_paper in (None, Printed.PRINTED)
    if arguments.json:
        found = [{"check": check.message, "well": check.well, "found": check.found} for check in checks]
        print(json.dumps({"well": well, "checks": found, "printed": None if on_paper is None else on_paper.value}))
    else:
        for check in checks:
            mark = say("self_test.well" if check.well else "self_test.not_well")
            print(f"{say(check.message):<24} {mark:<12} {check.found}".rstrip())
    return 0 if well else EXIT_FAILED


def _tried(
    configuration: TerminalConfiguration, hands: Hands, receipts: ReceiptDesk, journal: JournalStore
) -> tuple[Check, ...]:
    """Look at the devices and the backend until each has said how it does, then check everything."""
    said = receipts.printer.status() if receipts.printer is not None else None
    hands.start()
    if hands.connection is not None:
        hands.connection.start()
    deadline = time.monotonic() + LOOK_FOR_S
    try:
        while _untried(hands) and (left_s := deadline - time.monotonic()) > 0:
            try:
                event = hands.inbox.get(timeout=left_s)
            except queue.Empty:
                break
            if isinstance(event, DeviceEvent):
                hands.take(event)
    finally:
        hands.stop()
        if hands.connection is not None:
            hands.connection.stop()
    now, connection, bundle = int(time.time()), hands.connection, hands.trust.bundle
    status = Status(
        now=datetime.fromtimestamp(now, UTC).astimezone(),
        shop_name=bundle.shop_name,
        terminal=bundle.terminal,
        programme=bundle.iss,
        headroom=hands.desk.headroom(now),
        link=Link.NONE if connection is None else connection.link,
        backend=configuration.backend_url or "",
        reader=hands.devices[CardInField],
        scanner=hands.devices[CodeScanned],
        has_printer=receipts.printer is not None,
        printer=said,
        software=__version__,
        bundle=hands.trust.number,
        trust_age_s=hands.trust.age_s(now),
    )
    return self_test(status, journal, hands.desk, lambda: room_on(configuration.directory))


def _untried(hands: Hands) -> bool:
    waits = hands.connection is not None and hands.connection.link is Link.UNTRIED
    return waits or Device.STARTING in hands.devices.values()
