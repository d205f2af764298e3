# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""From an address to a driver: nothing is opened, and only the libraries that are needed are loaded."""

import subprocess
import sys
from collections.abc import Callable

import pytest

from drivers.devices import open_printer, open_reader, open_scanner


@pytest.mark.parametrize(
    ("opener", "text"),
    [
        (open_reader, "pn532:/dev/does-not-exist"),
        (open_scanner, "serial:/dev/does-not-exist"),
        (open_printer, "serial:/dev/does-not-exist"),
        (open_printer, "tcp:192.0.2.7:9100"),
        (open_printer, "usb:04b8:0202"),
    ],
)
def test_a_constructor_opens_nothing(opener: Callable[[str], object], text: str) -> None:
    assert opener(text)


@pytest.mark.parametrize(
    ("opener", "text", "says"),
    [
        (open_reader, "tcp:192.0.2.7:9100", "no card reader"),
        (open_scanner, "pn532:/dev/ttyUSB0", "no scanner"),
        (open_printer, "pcsc:*", "no printer"),
        (open_printer, "lpt1", "no device address"),
    ],
)
def test_an_address_of_another_device(opener: Callable[[str], object], text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        opener(text)


def run_without(library: str, code: str) -> str:
    """Run code in a Python that has not got a library; what it prints."""
    blocked = f"import sys\nsys.modules[{library!r}] = None\n"
    done = subprocess.run([sys.executable, "-c", blocked + code], capture_output=True, text=True, check=True)
    return done.stdout


@pytest.mark.parametrize(
    ("library", "call", "says"),
    [
        ("smartcard", "open_reader('pcsc:*')", "pyscard"),
        ("nfc", "open_reader('pn532:/dev/ttyUSB0')", "nfcpy"),
        ("serial", "open_scanner('serial:/dev/ttyACM0')", "pyserial"),
        ("escpos", "open_printer('tcp:127.0.0.1:1').status()", "python-escpos"),
    ],
)
def test_a_missing_library_is_named(library: str, call: str, says: str) -> None:
    code = (
        "from drivers.devices import open_printer, open_reader, open_scanner\n"
        "from drivers.errors import LibraryMissing\n"
        f"try:\n    {call}\nexcept LibraryMissing as missing:\n    print(missing)\n"
    )
    assert says in run_without(library, code)


def test_a_machine_without_pyscard_uses_a_pn532() -> None:
    code = (
        "from drivers.devices import open_printer, open_reader, open_scanner\n"
        "open_reader('pn532:/dev/ttyUSB0'), open_scanner('serial:/dev/ttyACM0')\n"
        "open_printer('tcp:127.0.0.1:9100')\n"
        "print(sorted({'escpos', 'nfc', 'serial'} & sys.modules.keys()))\n"
    )
    assert run_without("smartcard", code).strip() == "['nfc', 'serial']"
