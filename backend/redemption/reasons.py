# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Why intake did not simply accept an entry: words on the wire, beside those of `heitje.refusals`."""

from enum import StrEnum


class Reason(StrEnum):
    """The reason that goes with an outcome."""

    NO_SUCH_INTENT = "no such intent"
    DIFFERS_FROM_INTENT = "differs from its intent"
    NOT_BOUND = "evidence is not bound to its entry"
    INTENT_REFUSED = "its intent was refused"
    VOIDED_BEFORE = "voided before"
    UNKNOWN_CARD = "unknown card"
    BAD_CARD_MAC = "bad transaction mac"
    CARD_CHAIN = "the card's transactions do not chain"
    CARD_OVERDRAWN = "more than the card's purse holds"
    TERMINAL_NOT_ALLOWED = "terminal not allowed"
    TIME_DOES_NOT_FIT = "time does not fit"
    BUNDLE_OUTDATED = "outdated bundle"
    TAKEN_ELSEWHERE = "taken elsewhere first"
    OWN_EARLIER_CLAIM = "claimed by this shop before"
    OVERSPENT = "more than was left"
    BEYOND_GUARANTEE = "beyond the guarantee"
    UNKNOWN_VOUCHER = "never issued"
    AGAINST_PROOF = "against proof"
    WAITS_FOR_CARD = "waits for the card's next transaction"
    NEVER_COMMITTED = "the card never committed"
    RETURNED_TO_CITIZEN = "returned to the citizen"
    NOT_A_CARD = "only a card payment is unresolved"
    NOT_PAID = "its redemption is not paid"
    MORE_THAN_REDEEMED = "more than its redemption"
    WAITS_FOR_SALES = "waits for the next sales"
    BAD_TIME = "not the server's time"
    LOAD_IN_FLIGHT = "a load of this card is in flight"
    CARD_DENIED = "the card is blocked"
    ORDERS_CHANGED = "what was to be loaded has changed: tap again"
    TOO_LITTLE = "the account holds less"
    INTERNAL = "internal"
