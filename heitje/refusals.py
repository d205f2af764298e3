# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Why a till refuses: one value of one enumeration.

The first twelve are VOUCHERS.md section 4's, and serve the card too; the others are what can go wrong around them
(CARD.md sections 7 and 9).
"""

from enum import StrEnum


class Refusal(StrEnum):
    """The words on the wire, in journals and in answers; the till has a text for each in every language."""

    MALFORMED = "malformed"
    UNKNOWN_PROGRAMME = "unknown programme"
    BAD_SIGNATURE = "bad signature"
    NOT_YET_VALID = "not yet valid"
    EXPIRED = "expired"
    NOT_VALID_HERE = "not valid here"
    BLOCKED = "blocked"
    ALREADY_USED = "already used"
    CODE_TOO_OLD = "code too old"
    MORE_THAN_THE_SALE = "more than the sale"
    TOO_LITTLE_LEFT = "too little left"
    NEEDS_A_CONNECTION = "needs a connection"
    CARD_REMOVED = "card removed"
    CARD_ERROR = "card error"
    ANOTHER_CARD = "another card"
    SEVERAL_CARDS = "several cards"
    NOT_A_HEITJE_CARD = "not a heitje card"
    NOTHING_PRESENTED = "nothing presented"
    DEVICE_NOT_READY = "device not ready"
    CANCELLED = "cancelled"
