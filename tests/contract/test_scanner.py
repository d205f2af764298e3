# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What every scanner does, over real pyserial and a pty that is paced at the baud rate."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.devices import open_scanner
from drivers.errors import DeviceGone
from drivers.scanner import Scan
from drivers.scanner import Scanner as Driver
from drivers.scanner.framing import READING_MAX
from firmware_sim.scanner import Scanner, ScannerFaults

SCAN_TIMEOUT_S = 10.0
CODE = b"HP1:" + b"0123456789" * 40


@pytest.fixture
def link(tmp_path: Path) -> Path:
    """Where the scanner's port is."""
    return tmp_path / "scanner"


@pytest.fixture
def driver(link: Path) -> Iterator[Driver]:
    """The driver, not yet opened."""
    made = open_scanner(f"serial:{link}@115200")
    yield made
    made.close()


def read(driver: Driver) -> Scan | None:
    return driver.wait_for_scan(SCAN_TIMEOUT_S)


def test_readings_come_one_by_one(link: Path, driver: Driver) -> None:
    with Scanner(link) as scanner:
        for data in (CODE, b"two", "drie €".encode(), b" spaces stay "):
            scanner.scan(data)
        assert [read(driver) for _ in range(4)] == [
            Scan(CODE),
            Scan(b"two"),
            Scan("drie €".encode()),
            Scan(b" spaces stay "),
        ]
        assert driver.wait_for_scan(0.05) is None


@pytest.mark.parametrize("suffix", [b"\r\n", b"\r", b"\n", b"", b"\r\n\r\n"])
def test_whatever_suffix_is_set(link: Path, driver: Driver, suffix: bytes) -> None:
    with Scanner(link, suffix=suffix) as scanner:
        scanner.scan(CODE)
        assert read(driver) == Scan(CODE)
        scanner.scan(b"two")
        assert read(driver) == Scan(b"two")


def test_a_scanner_that_hesitates(link: Path, driver: Driver) -> None:
    with Scanner(link, faults=ScannerFaults(pause_s=0.05)) as scanner:
        scanner.scan(CODE)
        assert read(driver) == Scan(CODE)


def test_a_reading_that_breaks_off_does_not_stick_to_the_next(link: Path, driver: Driver) -> None:
    with Scanner(link, faults=ScannerFaults(cut_after=10)) as scanner:
        scanner.scan(CODE)
        assert read(driver) == Scan(CODE[:10])
        scanner.scan(CODE)
        assert read(driver) == Scan(CODE[:10])


def test_noise_is_part_of_the_reading(link: Path, driver: Driver) -> None:
    with Scanner(link, faults=ScannerFaults(noise_bytes=5, seed=3)) as scanner:
        scanner.scan(CODE)
        scan = read(driver)
        assert scan is not None
        assert scan.data.endswith(CODE)


def test_a_reading_that_is_too_long_is_told_once_and_the_next_is_whole(link: Path, driver: Driver) -> None:
    with Scanner(link) as scanner:
        scanner.scan(b"x" * (READING_MAX + 500))
        assert read(driver) == Scan(b"", over_long=True)
        scanner.scan(CODE)
        assert read(driver) == Scan(CODE)


def test_ten_thousand_bytes_pass(link: Path, driver: Driver) -> None:
    with Scanner(link) as scanner:
        scanner.scan(b"y" * 10_000)
        assert read(driver) == Scan(b"y" * 10_000)


def test_it_takes_the_time_that_a_real_one_takes(link: Path) -> None:
    slow = open_scanner(f"serial:{link}@9600")
    with Scanner(link, baud=9600) as scanner:
        assert slow.wait_for_scan(0.0) is None
        assert slow.wait_for_scan(0.2) is None  # it is open now
        started = time.monotonic()
        scanner.scan(CODE)
        assert read(slow) == Scan(CODE)
        assert time.monotonic() - started >= (len(CODE) - 2) * 10 / 9600
        slow.close()


def test_a_wait_can_be_given_up(link: Path, driver: Driver) -> None:
    cancelled = threading.Event()
    with Scanner(link):
        canceller = threading.Timer(0.1, cancelled.set)
        canceller.start()
        assert driver.wait_for_scan(60.0, cancelled) is None
        canceller.join()


def test_a_scanner_that_is_unplugged_and_plugged_in_again(link: Path, driver: Driver) -> None:
    def gone() -> None:
        with pytest.raises(DeviceGone):
            driver.wait_for_scan(0.3)

    gone()
    for number in range(2):
        with Scanner(link) as scanner:
            data = b"number %d" % number
            scanner.scan(data)
            assert read(driver) == Scan(data)
        gone()
        gone()
