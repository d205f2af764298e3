# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The addresses by which a device is chosen in a configuration (DESIGN.md section 2).

pcsc:*                   the first PC/SC reader          pcsc:ACR122     the first whose name has these letters
pn532:/dev/ttyUSB0       a PN532 on a serial port
serial:/dev/ttyACM0      a scanner or printer on a serial port; serial:/dev/ttyS0@9600 with its baud rate
tcp:192.0.2.7:9100       a printer on the network        tcp:[2001:db8::7]:9100
usb:04b8:0202            a printer on USB: vendor and product in hex
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ANY_READER: Final = "*"
DEFAULT_BAUD: Final = 115200
BAUDS: Final = (9600, 19200, 38400, 57600, 115200)

_PATH: Final = re.compile(r"/[^\x00-\x1f\x7f]+")
_TCP: Final = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^:\[\]\s]+):(?P<port>[0-9]{1,5})")
_USB: Final = re.compile(r"(?P<vendor>[0-9A-Fa-f]{4}):(?P<product>[0-9A-Fa-f]{4})")
_PORT_MAX: Final = 65535


@dataclass(frozen=True, slots=True)
class PcscAddress:
    """A PC/SC reader by a part of its name, or `*`."""

    name: str


@dataclass(frozen=True, slots=True)
class Pn532Address:
    """A PN532 on a serial port."""

    path: Path


@dataclass(frozen=True, slots=True)
class SerialAddress:
    """A device on a serial port, 8N1."""

    path: Path
    baud: int = DEFAULT_BAUD


@dataclass(frozen=True, slots=True)
class TcpAddress:
    """A device on the network."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class UsbAddress:
    """A device on USB."""

    vendor: int
    product: int


Address = PcscAddress | Pn532Address | SerialAddress | TcpAddress | UsbAddress


def parse(text: str) -> Address:
    """Read an address. Raises `ValueError` that says what is wrong."""
    scheme, colon, rest = text.partition(":")
    match scheme if colon else "":
        case "pcsc":
            if not rest.strip():
                raise ValueError(f"{text!r}: which reader? pcsc:* takes the first")
            return PcscAddress(rest.strip())
        case "pn532":
            return Pn532Address(_path(text, rest))
        case "serial":
            path, at, baud = rest.rpartition("@")
            if not at or not baud.isascii() or not baud.isdigit():
                return SerialAddress(_path(text, rest))
            if int(baud) not in BAUDS:
                raise ValueError(f"{text!r}: the baud rate is one of {', '.join(map(str, BAUDS))}")
            return SerialAddress(_path(text, path), int(baud))
        case "tcp":
            found = _TCP.fullmatch(rest)
            if found is None or not 0 < int(found["port"]) <= _PORT_MAX:
                raise ValueError(f"{text!r}: expected tcp:HOST:PORT")
            return TcpAddress(found["host"].strip("[]"), int(found["port"]))
        case "usb":
            found = _USB.fullmatch(rest)
            if found is None:
                raise ValueError(f"{text!r}: expected usb:VVVV:PPPP, vendor and product in hex")
            return UsbAddress(int(found["vendor"], 16), int(found["product"], 16))
    raise ValueError(f"{text!r} is no device address: it begins with pcsc:, pn532:, serial:, tcp: or usb:")


def _path(text: str, path: str) -> Path:
    if not _PATH.fullmatch(path):
        raise ValueError(f"{text!r}: expected an absolute path")
    return Path(path)
