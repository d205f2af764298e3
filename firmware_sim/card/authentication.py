# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The card's half of AuthenticateEV2First and NonFirst (CARD.md section 2).

    first part   -> E(K, RndB)                                       status AF
    second part  <- E(K, RndA || RndB')
                 -> E(K, TI || RndA' || PDcap2(6) || PCDcap2(6))     First
                 -> E(K, RndA')                                      NonFirst: TI and CmdCtr stay

After `FAILURES_FREE` failures in a row with one key the card answers `91AD` as many times as there were
failures beyond that, before it takes the next try: a guesser pays, a clumsy reader does not. The count
outlives the field.
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from firmware_sim.card.fault import CardFault
from firmware_sim.card.image import Key
from firmware_sim.card.session import Session
from heitje.card.layout import Status
from heitje.card.messaging import cbc_decrypt, cbc_encrypt, derive, rotate_left

Chance = Callable[[int], bytes]
"""A source of random bytes: n in, n bytes out."""

RANDOM: Final = 16
TI_LENGTH: Final = 4
CAPABILITIES: Final = 6
FAILURES_FREE: Final = 50


@dataclass(frozen=True, slots=True)
class Challenge:
    """A begun authentication; `session` is the one that a NonFirst goes on from."""

    key_number: int
    key: Key
    rndb: bytes
    capabilities: bytes
    session: Session | None

    def first_answer(self) -> bytes:
        """E(K, RndB)."""
        return cbc_encrypt(self.key.value, self.rndb)

    def complete(self, data: bytes, chance: Chance) -> tuple[Session, bytes]:
        """Check the reader's second part and give the session and the answer. Raises `CardFault`."""
        if len(data) != 2 * RANDOM:
            raise CardFault(Status.LENGTH_ERROR)
        plain = cbc_decrypt(self.key.value, data)
        rnda, rndb_rotated = plain[:RANDOM], plain[RANDOM:]
        if not hmac.compare_digest(rndb_rotated, rotate_left(self.rndb)):
            raise CardFault(Status.AUTHENTICATION_ERROR)
        keys = derive(self.key.value, rnda, self.rndb)
        if self.session is not None:
            session = Session(self.key_number, keys, self.session.ti, self.session.counter)
            return session, cbc_encrypt(self.key.value, rotate_left(rnda))
        ti = chance(TI_LENGTH)
        plain = ti + rotate_left(rnda) + bytes(CAPABILITIES) + self.capabilities
        return Session(self.key_number, keys, ti), cbc_encrypt(self.key.value, plain)


def capabilities_of(data: bytes) -> bytes:
    """PCDcap2, filled to six bytes, out of AuthenticateEV2First's `key | LenCap | PCDcap2`. Raises
    `CardFault`.
    """
    if len(data) < 2 or data[1] > CAPABILITIES or len(data) != 2 + data[1]:
        raise CardFault(Status.LENGTH_ERROR)
    return data[2:].ljust(CAPABILITIES, b"\x00")
