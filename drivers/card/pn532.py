# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A PN532 on a serial port, through nfcpy (type A cards with ISO 14443-4, 106 kbit/s).

nfcpy's own search takes one card and cannot say that there are two, so the search is done here with the chip's
InListPassiveTarget for two (NXP UM0701-02 section 7.3.5); activation and block protocol are nfcpy's.
"""

import errno
import logging
import shlex
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event
from typing import Final, Protocol, cast

import nfc.clf.pn532
import nfc.clf.transport
import nfc.tag
import nfc.tag.tt4

from drivers.card import APDU_ANSWER_MAX
from drivers.errors import CardGone, CardKind, CardNotSupported, DeviceGone

POLL_INTERVAL_S: Final = 0.05
"""Pause between two searches: the field is off, which also spares the antenna."""

_IN_LIST_PASSIVE_TARGET: Final = 0x4A
_TWO_TYPE_A_106: Final = bytes((2, 0))
_SEARCH_TIMEOUT_S: Final = 1.0
_SAK_ISO_DEP: Final = 0x20

_BAUD_AT_RESET: Final = 115200
_RF_TIMEOUT: Final = 0x01
_HOST_MARGIN_S: Final = 0.1
"""The chip's own timeout is the next power of two above ours; the host waits longer than that."""

_FAST_BAUD: Final = 921600
_WAKE: Final = bytes(10)
_SLOW_DOWN: Final = bytes.fromhex("0000FF03FDD410041800")
"""SetSerialBaudrate 115200 (section 7.2.6)."""
_ACK: Final = bytes.fromhex("0000FF00FF00")
_ANSWER_TIMEOUT_MS: Final = 100

_ANSWERED_WRONGLY: Final = (
    OSError,
    termios.error,
    nfc.clf.pn53x.Chipset.Error,
    # nfcpy takes answers apart without a look at their length.
    LookupError,
    TypeError,
    ValueError,
)

# What nfcpy logs as an error is an exception here; without a handler of its own it would go to standard error.
logging.getLogger("nfc").addHandler(logging.NullHandler())
_log = logging.getLogger(__name__)
_wire = logging.getLogger("drivers.wire.pn532")


class _Target(Protocol):
    """What is used of nfcpy's RemoteTarget."""

    sel_res: bytes
    sdd_res: bytes


class _Chipset(Protocol):
    def command(self, code: int, data: bytes, timeout: float) -> bytearray | None: ...


class _Device(Protocol):
    chipset: _Chipset

    def mute(self) -> None: ...


class _Frontend(Protocol):
    """What is used of nfcpy's ContactlessFrontend."""

    device: _Device

    def sense(self, *targets: object) -> _Target | None: ...

    def close(self) -> None: ...


class _Tag(Protocol):
    """What is used of nfcpy's Type4Tag."""

    is_present: bool

    def transceive(self, data: bytes) -> bytearray | None: ...


class Pn532Card:
    """A card in a PN532's field."""

    def __init__(self, tag: _Tag, uid: bytes) -> None:
        self._tag = tag
        self._uid = uid

    @property
    def uid(self) -> bytes:
        return self._uid

    def transmit(self, apdu: bytes) -> bytes:
        _wire.debug("> %s", apdu.hex())
        with _device_errors():
            try:
                answer = self._tag.transceive(apdu)
            except (nfc.tag.TagCommandError, nfc.clf.CommunicationError) as error:
                raise CardGone("the card does not answer") from error
        if answer is None or not 2 <= len(answer) <= APDU_ANSWER_MAX:
            raise CardGone("the card's answer is no answer to an APDU")
        _wire.debug("< %s", answer.hex())
        return bytes(answer)

    def present(self) -> bool:
        with _device_errors():
            return self._tag.is_present

    def wait_removed(self, timeout_s: float, cancelled: Event | None = None) -> bool:
        deadline = time.monotonic() + timeout_s
        while self.present():
            if _pause(deadline, cancelled):
                return False
        return True


class Pn532Reader:
    """A PN532 at a serial port; the port is opened by the first wait for a card."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._frontend: _Frontend | None = None

    def wait_for_card(self, timeout_s: float, cancelled: Event | None = None) -> Pn532Card | None:
        deadline = time.monotonic() + timeout_s
        try:
            frontend = self._opened()
            while True:
                with _device_errors():
                    card = _card_in_field(frontend)
                if card is not None or _pause(deadline, cancelled):
                    return card
        except DeviceGone:
            self.close()
            raise

    def close(self) -> None:
        frontend, self._frontend = self._frontend, None
        if frontend is not None:
            try:
                with _device_errors():
                    frontend.close()
            except DeviceGone as error:  # it is being given up: nothing more can be done with it
                _log.info("closing the reader at %s: %s", self._path, error.__cause__)

    def _opened(self) -> _Frontend:
        if self._frontend is None:
            with _device_errors():
                try:
                    device = _initialised(self._path)
                except _ANSWERED_WRONGLY:
                    _slow_down(self._path)
                    device = _initialised(self._path)
            frontend = _SteadyFrontend()
            frontend.device = device
            self._frontend = cast(_Frontend, frontend)
        return self._frontend


def _card_in_field(frontend: _Frontend) -> Pn532Card | None:
    """Search once. Raises `CardNotSupported`."""
    frontend.device.mute()
    found = frontend.device.chipset.command(_IN_LIST_PASSIVE_TARGET, _TWO_TYPE_A_106, _SEARCH_TIMEOUT_S)
    if not found or found[0] == 0:
        frontend.device.mute()
        return None
    if found[0] > 1:
        raise CardNotSupported(CardKind.SEVERAL)
    target = frontend.sense(nfc.clf.RemoteTarget("106A"))  # switches the field off and on: the card starts anew
    if target is None:
        return None
    if not target.sel_res[0] & _SAK_ISO_DEP:
        raise CardNotSupported(CardKind.MEMORY)
    try:
        tag = nfc.tag.tt4.activate(frontend, target)
    except nfc.clf.CommunicationError:
        return None  # gone again before it was activated
    except IndexError as error:
        raise CardNotSupported(CardKind.SILENT) from error
    return Pn532Card(cast(_Tag, tag), bytes(target.sdd_res))


class _SteadyFrontend(nfc.clf.ContactlessFrontend):  # type: ignore[misc]  # the library has no types
    """nfcpy's frontend, without the three commands of four by which it sets up the same again before each block.

    Modulation and timeout are set with the first block to a card, and anew when the timeout is another one or anything
    went wrong. At 115200 baud that makes a sale shorter by a tenth of a second.
    """

    def __init__(self) -> None:
        super().__init__()
        self._set_up_for: tuple[object, float] | None = None

    def sense(self, *targets: object, **options: object) -> object:
        self._set_up_for = None
        return super().sense(*targets, **options)

    def exchange(self, send_data: bytes, timeout: float) -> bytearray | None:
        set_up_for, self._set_up_for = self._set_up_for, None  # until this block went well
        again = set_up_for is not None and set_up_for[0] is self.target and set_up_for[1] == timeout
        answer = self._exchange_again(send_data, timeout) if again else super().exchange(send_data, timeout)
        self._set_up_for = self.target, timeout
        return cast("bytearray | None", answer)

    def _exchange_again(self, send_data: bytes, timeout: float) -> bytearray:
        """One block with the timeout that the chip has already; the library's own exceptions."""
        try:
            answer = self.device.chipset.in_communicate_thru(bytearray(send_data), 2 * timeout + _HOST_MARGIN_S)
        except nfc.clf.pn53x.Chipset.Error as error:
            if error.errno == _RF_TIMEOUT:
                raise nfc.clf.TimeoutError from error
            raise nfc.clf.TransmissionError(str(error)) from error
        except OSError as error:
            if error.errno == errno.ETIMEDOUT:
                raise nfc.clf.TimeoutError("no answer from the chip") from error
            raise
        return cast(bytearray, answer)


class _Port(nfc.clf.transport.TTY):  # type: ignore[misc]  # the library has no types
    """nfcpy's serial port, which names itself in a form that is safe in the shell command that nfcpy puts it into."""

    def __init__(self, path: Path) -> None:
        self._path = str(path)
        super().__init__(self._path)

    def open(self, port: str, baudrate: int = _BAUD_AT_RESET) -> None:
        super().open(self._path, baudrate)

    @property
    def port(self) -> str:
        return shlex.quote(self._path)


def _initialised(path: Path) -> _Device:
    transport = _Port(path)
    try:
        return cast(_Device, nfc.clf.pn532.init(transport))
    except BaseException:
        transport.close()
        raise


def _slow_down(path: Path) -> None:
    """Call a chip back to 115200 baud that a killed program left at the fast rate."""
    transport = _Port(path)
    transport.open(transport.port, _FAST_BAUD)
    try:
        with suppress(*_ANSWERED_WRONGLY):  # silence: it was not that, and the next try says so
            transport.write(_WAKE + _SLOW_DOWN)
            if transport.read(_ANSWER_TIMEOUT_MS) == _ACK:
                transport.read(_ANSWER_TIMEOUT_MS)
            transport.write(_ACK)
    finally:
        transport.close()


@contextmanager
def _device_errors() -> Iterator[None]:
    """What nfcpy and the serial port raise when the device does not answer as it should, as `DeviceGone`."""
    try:
        yield
    except _ANSWERED_WRONGLY as error:
        raise DeviceGone(f"the PN532 does not answer: {error}") from error


def _pause(deadline: float, cancelled: Event | None) -> bool:
    """Wait until the next search is due; True where the wait is over instead."""
    left_s = deadline - time.monotonic()
    if left_s <= 0:
        return True
    return (cancelled or Event()).wait(min(POLL_INTERVAL_S, left_s))
