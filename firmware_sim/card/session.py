# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The card's end of EV2 secure messaging (CARD.md section 3).

    MAC    command  header | data | MACt(8)              answer  data | MACt(8)
    Full   command  header | E(data | 80 00…) | MACt(8)  answer  E(data | 80 00…) | MACt(8)

CmdCtr goes up between a command and its answer. Where there is no data, nothing is enciphered.
"""

import hmac
from dataclasses import dataclass
from typing import Final

from firmware_sim.card.fault import CardFault
from heitje.card.layout import Status
from heitje.card.messaging import (
    MAC_LENGTH,
    PaddingError,
    SessionKeys,
    answer_mac,
    command_mac,
    decrypt_command,
    encrypt_answer,
)

COUNTER_MAX: Final = 0xFFFF


@dataclass(slots=True)
class Session:
    """An authenticated session: the key's number, the session keys, TI and CmdCtr."""

    key_number: int
    keys: SessionKeys
    ti: bytes
    counter: int = 0

    def open(self, command: int, data: bytes) -> bytes:
        """Verify a command's MAC, count it, and give what stands before the MAC. Raises `CardFault`."""
        if len(data) < MAC_LENGTH:
            raise CardFault(Status.LENGTH_ERROR)
        if self.counter == COUNTER_MAX:
            raise CardFault(Status.AUTHENTICATION_ERROR)
        body, mac = data[:-MAC_LENGTH], data[-MAC_LENGTH:]
        if not hmac.compare_digest(command_mac(self.keys.mac, command, self.counter, self.ti, body), mac):
            raise CardFault(Status.INTEGRITY_ERROR)
        self.counter += 1
        return body

    def open_full(self, command: int, data: bytes, header_length: int) -> tuple[bytes, bytes]:
        """Like `open` for a command with enciphered data: its header and its plain data."""
        body = self.open(command, data)
        header, enciphered = body[:header_length], body[header_length:]
        try:
            return header, decrypt_command(self.keys.enc, self.counter - 1, self.ti, enciphered)
        except PaddingError:
            raise CardFault(Status.INTEGRITY_ERROR) from None

    def close(self, data: bytes = b"") -> bytes:
        """An answer in MAC mode."""
        return data + self.mac(data)

    def close_full(self, data: bytes) -> bytes:
        """An answer in Full mode."""
        return self.close(encrypt_answer(self.keys.enc, self.counter, self.ti, data))

    def mac(self, data: bytes) -> bytes:
        """The answer's MAC over `data`."""
        return answer_mac(self.keys.mac, self.counter, self.ti, data)
