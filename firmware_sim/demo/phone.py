# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A citizen's phone: it holds an allowance and signs payment codes (VOUCHERS.md section 3)."""

from dataclasses import dataclass

from heitje import qr
from heitje.codes import PaymentCode, sign
from heitje.keys import SigningKey
from heitje.money import Cents


@dataclass
class Phone:
    """One phone with one allowance."""

    key: SigningKey
    allowance: bytes
    seq: int = 0

    def code(self, amount: Cents, now: int, terminal: bytes | None = None) -> str:
        """The QR text of a fresh code for `amount` cents; for one terminal where the phone has scanned its request."""
        self.seq += 1
        aud = None if terminal is None else terminal.hex()
        return qr.encode_code(sign(PaymentCode(now, self.seq, amount, self.allowance, aud), self.key))
