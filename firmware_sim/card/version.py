# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""GetVersion's three answers of 7, 7 and 14 bytes (CARD.md section 5).

    hardware, software  vendor 04 | type 08 or 01 | subtype 01 | version (2) | storage | protocol 05
    production          UID(7) | batch(5) | week | year

In a session the first command carries a MAC, and the last answer one over all three.
"""

from typing import Final

from firmware_sim.card.fault import CardFault
from firmware_sim.card.image import Kind
from firmware_sim.card.session import Session
from heitje.card.layout import Status

_HARDWARE: Final = {
    Kind.LIGHT: bytes.fromhex("04080130001305"),
    Kind.EV2: bytes.fromhex("04010112001605"),
    Kind.EV3: bytes.fromhex("04010133001605"),
}
_SOFTWARE: Final = {
    Kind.LIGHT: bytes.fromhex("04080100021305"),
    Kind.EV2: bytes.fromhex("04010102011605"),
    Kind.EV3: bytes.fromhex("04010103001605"),
}
_BATCH_WEEK_YEAR: Final = bytes.fromhex("CE4B5000004823")


class VersionAnswer:
    """The three frames of one GetVersion."""

    def __init__(self, kind: Kind, uid: bytes, session: Session | None) -> None:
        self.hardware = _HARDWARE[kind]
        self._software = _SOFTWARE[kind]
        self._uid = uid
        self._session = session

    def software(self, data: bytes) -> bytes:
        """The second frame; `data` is what AF carried. Raises `CardFault`."""
        _nothing(data)
        return self._software

    def production(self, data: bytes) -> bytes:
        """The third frame. Raises `CardFault`."""
        _nothing(data)
        last = self._uid + _BATCH_WEEK_YEAR
        if self._session is None:
            return last
        return last + self._session.mac(self.hardware + self._software + last)


def _nothing(data: bytes) -> None:
    if data:
        raise CardFault(Status.LENGTH_ERROR)
