# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""GetVersion's three answers of 7, 7 and 14 bytes (CARD.md section 5).

    hardware, software  vendor 04 | type 08 | subtype 01 | version 30 00 | storage 13 | protocol 05
    production          UID(7) | batch(5) | week | year

In a session the first command carries a MAC, and the last answer one over all three.
"""

from typing import Final

from firmware_sim.card.fault import CardFault
from firmware_sim.card.session import Session
from heitje.card.layout import Status

_HARDWARE: Final = bytes.fromhex("04080130001305")
_SOFTWARE: Final = bytes.fromhex("04080100021305")
_BATCH_WEEK_YEAR: Final = bytes.fromhex("CE4B5000004823")


class VersionAnswer:
    """The three frames of one GetVersion."""

    hardware = _HARDWARE

    def __init__(self, uid: bytes, session: Session | None) -> None:
        self._uid = uid
        self._session = session

    def software(self, data: bytes) -> bytes:
        """The second frame; `data` is what AF carried. Raises `CardFault`."""
        _nothing(data)
        return _SOFTWARE

    def production(self, data: bytes) -> bytes:
        """The third frame. Raises `CardFault`."""
        _nothing(data)
        last = self._uid + _BATCH_WEEK_YEAR
        if self._session is None:
            return last
        return last + self._session.mac(_HARDWARE + _SOFTWARE + last)


def _nothing(data: bytes) -> None:
    if data:
        raise CardFault(Status.LENGTH_ERROR)
