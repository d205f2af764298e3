# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What takes two officials, and of which role they have to be."""

from enum import StrEnum
from typing import Final

from backend.officials.roles import Role

APPROVALS: Final = 2
"""Distinct persons; whoever asks may be one of them."""
REQUEST_LIFE_S: Final = 30 * 86_400
"""What nobody approved in this time is asked anew."""


class Matter(StrEnum):
    """A kind of request."""

    ROLE = "role"
    SHOP_ADMISSION = "shop admission"
    """Both compared the shop's name with the holder of its account (RULES.md section 3)."""
    TERMINAL_ENROLMENT = "terminal enrolment"
    """Both compared the 8 digits of the terminal's key on its screen (LEDGER.md section 2)."""
    TERMINAL_MASTERS = "terminal masters"
    """The debit master goes to a terminal; both compared the 8 digits."""
    TERMINAL_RESUMPTION = "terminal resumption"
    """A suspended terminal is believed again."""
    BANK_BATCH = "bank batch"
    SHOP_ACCOUNT = "shop account"
    """Another IBAN of a shop, after a waiting time."""
    KEY_ROTATION = "key rotation"
    KEY_REVOCATION = "key revocation"
    LOG_KEY = "log key"
    """The key of the public log, for a key store that was made before there was one."""
    SOFTWARE_RELEASE = "software release"
    GRANT = "grant"
    """Earmarked money."""


APPROVED_BY: Final = {
    Matter.ROLE: Role.REGISTRAR,
    Matter.SHOP_ADMISSION: Role.TREASURER,
    Matter.TERMINAL_ENROLMENT: Role.ENROLLER,
    Matter.TERMINAL_MASTERS: Role.ENROLLER,
    Matter.TERMINAL_RESUMPTION: Role.ENROLLER,
    Matter.BANK_BATCH: Role.TREASURER,
    Matter.SHOP_ACCOUNT: Role.TREASURER,
    Matter.KEY_ROTATION: Role.KEY_KEEPER,
    Matter.KEY_REVOCATION: Role.KEY_KEEPER,
    Matter.LOG_KEY: Role.KEY_KEEPER,
    Matter.SOFTWARE_RELEASE: Role.KEY_KEEPER,
    Matter.GRANT: Role.TREASURER,
}
