# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a PN532 does with a command, without its serial port (NXP UM0701-02 section 7).

A command and its answer are TFI and data: `D4 CMD …` in, `D5 CMD+1 …` out. Type A cards at 106 kbit/s; no
other technology finds anything. The two ways to a card are both there: raw blocks through InCommunicateThru
(nfcpy), and InDataExchange with the chip's own block protocol (most other libraries).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from firmware_sim.contactless import ContactlessCard
from firmware_sim.field import Field
from firmware_sim.hsu import CHIP_TO_HOST, DATA_MAX, HOST_TO_CHIP
from firmware_sim.iso14443 import BlockLink, frame_size
from firmware_sim.pace import GUARD_S, activation_s, air_frame_s, blocks_s, search_s

FIRMWARE_VERSION: Final = bytes.fromhex("32010607")
BAUDS: Final = (9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600, 1288000)

FRAME_SIZE_CHIP: Final = 64
"""Longest frame that the chip's own block protocol takes from a card."""

_OK: Final = b"\x00"
_RF_TIMEOUT: Final = b"\x01"
_BAD_PARAMETER: Final = b"\x10"
_WRONG_CONTEXT: Final = b"\x27"

_REGISTER_FIFO: Final = 0x6339
_FIFO_AFTER_REQA: Final = 0x26
"""The request that no card answered is still in the FIFO."""
_REGISTERS_AT_RESET: Final = {0x6302: 0x80, 0x6303: 0x80, 0x6305: 0x40, _REGISTER_FIFO: _FIFO_AFTER_REQA}

_ITEM_RF_FIELD: Final = 0x01
_ITEM_TIMINGS: Final = 0x02
_AUTOMATIC_RATS: Final = 0x10
_TYPE_A_106: Final = 0x00
_TARGETS_MAX: Final = 2
_MORE: Final = 0x40


@dataclass(frozen=True, slots=True)
class Response:
    """The answer, and how long the chip listens to the field before it gives it, in seconds.

    `air_s` is what it takes on the air, where time is kept. An answer of None is a syntax error: the chip sends its
    error frame.
    """

    payload: bytes | None
    wait_s: float = 0.0
    air_s: float = 0.0


@dataclass(slots=True)
class _Target:
    card: ContactlessCard
    entry: int
    link: BlockLink | None  # None: a card without ISO 14443-4


class Chip:
    """A PN532 whose antenna is one field."""

    def __init__(self, field: Field) -> None:
        self._field = field
        self._noise = field.faults.noise
        self._random = Random(self._noise.seed if self._noise else 0)
        self._registers = dict(_REGISTERS_AT_RESET)
        self._parameters = _AUTOMATIC_RATS
        self._timeout_s = 0.0512
        self._targets: list[_Target] = []
        self._collected = b""
        self._carrier = False
        self.next_baud: int | None = None
        self._commands: dict[int, Callable[[bytes], bytes | Response | None]] = {
            0x00: self._diagnose,
            0x02: lambda data: FIRMWARE_VERSION,
            0x04: self._general_status,
            0x06: self._read_register,
            0x08: self._write_register,
            0x10: self._set_serial_baudrate,
            0x12: self._set_parameters,
            0x14: lambda data: b"" if data else None,
            0x16: self._power_down,
            0x32: self._rf_configuration,
            0x40: self._in_data_exchange,
            0x42: self._in_communicate_thru,
            0x44: self._in_release,
            0x4A: self._in_list_passive_target,
            0x52: self._in_release,
        }

    def execute(self, payload: bytes) -> Response:
        """Do one command, TFI first."""
        if len(payload) < 2 or payload[0] != HOST_TO_CHIP or payload[1] not in self._commands:
            return Response(None)
        answer = self._commands[payload[1]](payload[2:])
        response = answer if isinstance(answer, Response) else Response(answer)
        if response.payload is None:
            return response
        return replace(response, payload=bytes((CHIP_TO_HOST, payload[1] + 1)) + response.payload)

    def _diagnose(self, data: bytes) -> bytes | None:
        if data[:1] == b"\x00":  # communication line test: echo
            return data
        return _OK if data[:1] in (b"\x01", b"\x02") else None

    def _general_status(self, data: bytes) -> bytes:
        return bytes((0, bool(self._targets), len(self._targets), 0))

    def _read_register(self, data: bytes) -> bytes | None:
        if not data or len(data) % 2:
            return None
        return bytes(self._registers.get(int.from_bytes(data[at : at + 2], "big"), 0) for at in range(0, len(data), 2))

    def _write_register(self, data: bytes) -> bytes | None:
        if not data or len(data) % 3:
            return None
        for at in range(0, len(data), 3):
            self._registers[int.from_bytes(data[at : at + 2], "big")] = data[at + 2]
        return b""

    def _set_serial_baudrate(self, data: bytes) -> bytes | None:
        if len(data) != 1 or data[0] >= len(BAUDS):
            return None
        self.next_baud = BAUDS[data[0]]
        return b""

    def _set_parameters(self, data: bytes) -> bytes | None:
        if len(data) != 1:
            return None
        self._parameters = data[0]
        return b""

    def _power_down(self, data: bytes) -> bytes | None:
        if not data:
            return None
        self._field_off()
        return _OK

    def _rf_configuration(self, data: bytes) -> bytes | None:
        if not data:
            return None
        if data[0] == _ITEM_RF_FIELD and len(data) == 2 and not data[1] & 0x01:
            self._field_off()
        if data[0] == _ITEM_TIMINGS and len(data) == 4:
            index = data[3]
            self._timeout_s = 100e-6 * 2 ** (min(index, 16) - 1) if index else 0.0
        return b""

    def _in_list_passive_target(self, data: bytes) -> Response | None:
        if len(data) < 2 or not 1 <= data[0] <= _TARGETS_MAX:
            return None
        self._targets.clear()
        entry = self._field.entry
        air_s = search_s() if self._carrier else GUARD_S + search_s()
        self._carrier = True
        if data[1] != _TYPE_A_106:
            return Response(b"\x00", air_s=air_s)
        found = b""
        for card in sorted(self._field.cards, key=lambda card: card.uid)[: data[0]]:
            card.power_off()  # selecting it anew ends what it was in
            air_s += activation_s(len(card.uid))
            target = _Target(card, entry, self._link(card))
            self._targets.append(target)
            found += bytes((len(self._targets),)) + card.atqa[::-1]
            found += bytes((card.sak, len(card.uid))) + card.uid
            if target.link and self._parameters & _AUTOMATIC_RATS:
                ats = target.link.exchange(b"\xe0\x80") or b""
                air_s += air_frame_s(2) + air_frame_s(len(ats))
                found += ats
        return Response(bytes((len(self._targets),)) + found, air_s=air_s)

    def _link(self, card: ContactlessCard) -> BlockLink | None:
        return BlockLink(card.ats, lambda apdu: self._field.transmit(card, apdu)) if card.ats else None

    def _in_communicate_thru(self, data: bytes) -> Response:
        if not self._targets or not data:
            return self._silence()
        target = self._targets[0]
        if target.entry != self._field.entry or self._lost():
            return self._silence()
        answer = target.link.exchange(data) if target.link else self._field.transmit(target.card, data)
        if not answer or self._lost():
            return self._silence()
        return Response(_OK + answer, air_s=air_frame_s(len(data)) + air_frame_s(len(answer)))

    def _in_data_exchange(self, data: bytes) -> bytes | Response | None:
        if not data:
            return None
        number = data[0] & ~_MORE
        if not 1 <= number <= len(self._targets):
            return _WRONG_CONTEXT
        self._collected += data[1:]
        if len(self._collected) > 2 * DATA_MAX:
            self._collected = b""
            return _BAD_PARAMETER
        if data[0] & _MORE:
            return _OK
        command, self._collected = self._collected, b""
        target = self._targets[number - 1]
        answer = self._field.transmit(target.card, command) if target.entry == self._field.entry else None
        if not answer:
            return self._silence()
        sizes = frame_size(target.card.ats), FRAME_SIZE_CHIP
        return Response(_OK + answer, air_s=blocks_s(len(command), len(answer), *sizes))

    def _in_release(self, data: bytes) -> bytes | None:
        if len(data) != 1:
            return None
        self._targets.clear()
        return _OK

    def _silence(self) -> Response:
        return Response(_RF_TIMEOUT, self._timeout_s)

    def _lost(self) -> bool:
        return self._noise is not None and self._random.randrange(100) < self._noise.lost_percent

    def _field_off(self) -> None:
        self._carrier = False
        self._targets.clear()
        self._field.power_off()
