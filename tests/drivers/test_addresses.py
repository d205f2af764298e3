# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Addresses of devices: what is read, what is refused and how it is said."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.addresses import (
    Address,
    PcscAddress,
    Pn532Address,
    SerialAddress,
    TcpAddress,
    UsbAddress,
    parse,
)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("pcsc:*", PcscAddress("*")),
        ("pcsc:ACS ACR122U", PcscAddress("ACS ACR122U")),
        ("pn532:/dev/ttyUSB0", Pn532Address(Path("/dev/ttyUSB0"))),
        ("pn532:/run/x-1/till.reader", Pn532Address(Path("/run/x-1/till.reader"))),
        ("pn532:/dev/a place", Pn532Address(Path("/dev/a place"))),
        ("serial:/dev/ttyACM0", SerialAddress(Path("/dev/ttyACM0"), 115200)),
        ("serial:/dev/ttyS0@9600", SerialAddress(Path("/dev/ttyS0"), 9600)),
        ("serial:/dev/serial/by-id/usb-a@b", SerialAddress(Path("/dev/serial/by-id/usb-a@b"), 115200)),
        ("tcp:192.0.2.7:9100", TcpAddress("192.0.2.7", 9100)),
        ("tcp:printer.local:9100", TcpAddress("printer.local", 9100)),
        ("tcp:[2001:db8::7]:9100", TcpAddress("2001:db8::7", 9100)),
        ("usb:04b8:0202", UsbAddress(0x04B8, 0x0202)),
    ],
)
def test_addresses(text: str, address: Address) -> None:
    assert parse(text) == address


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "begins with pcsc:"),
        ("pcsc", "begins with pcsc:"),
        ("usbprinter", "begins with pcsc:"),
        ("http://x", "begins with pcsc:"),
        ("pcsc:", "which reader"),
        ("pn532:ttyUSB0", "absolute path"),
        ("pn532:/dev/tty\nUSB0", "absolute path"),
        ("serial:", "absolute path"),
        ("serial:/dev/ttyS0@300", "baud rate"),
        ("tcp:192.0.2.7", "HOST:PORT"),
        ("tcp:192.0.2.7:0", "HOST:PORT"),
        ("tcp:192.0.2.7:65536", "HOST:PORT"),
        ("tcp::9100", "HOST:PORT"),
        ("usb:4b8:202", "hex"),
    ],
)
def test_what_is_no_address_is_said(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says) as refused:
        parse(text)
    assert repr(text) in str(refused.value)


@given(st.one_of(st.text(), st.builds("{}:{}".format, st.sampled_from(("pcsc", "serial", "tcp", "usb")), st.text())))
def test_any_text_is_an_address_or_a_value_error(text: str) -> None:
    with suppress(ValueError):
        parse(text)
