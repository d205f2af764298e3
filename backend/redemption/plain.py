# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The short way for what is almost everything: a whole tender, within the rules, and the first claim on its value.

What `judging` would decide of its two entries one after the other, and carry out, is done here in one step. Whatever
is not plain in any respect is left to it: nothing is refused here, and nothing decided that is not decided there in
the same way (`tests/backend/redemption/test_plain.py` holds the two together).
"""

import logging
from typing import Final

from backend.ledger import accounts
from backend.ledger.accounts import AccountName
from backend.redemption.evidence import Facts, Tender
from backend.redemption.loading import account_of
from backend.redemption.models import MAIN, ClaimState
from backend.redemption.records import Claim
from backend.redemption.rules import check_card_rules, check_voucher_rules
from backend.redemption.situation import NeedsCare, Situation
from backend.redemption.voucher_claims import event_id, reference_of

LOG: Final = logging.getLogger(__name__)
_WAITING: Final = (ClaimState.OPEN, ClaimState.UNRESOLVED, ClaimState.VOIDED)
_TAKING: Final = (ClaimState.REDEEMED, ClaimState.LATER)


def redeem(intent: Facts, tender: Tender, situation: Situation) -> bool:
    """Take a tender in, whole. False: it is not plain, and nothing has changed. Raises `NeedsCare`."""
    if not situation.trusted:
        return False
    claim = _claim_of(intent, tender, situation)
    oldest = situation.oldest_unsent
    if oldest is None:  # as the intent will have made it when its redemption is judged
        situation.oldest_unsent = intent.time
    try:
        account = _purse(tender, claim, situation) if tender.link is not None else _allowance(tender, claim, situation)
    except NeedsCare:
        raise
    except Exception:
        LOG.exception("a tender that intake cannot judge at once", extra={"seq": intent.seq})
        account = None
    if account is None:
        situation.oldest_unsent = oldest
        return False
    situation.pay_first(claim, account, event_id(claim), reference_of(claim))
    situation.take_in(intent, tender.redemption, claim)
    if tender.link is not None:
        situation.prove(claim.item, tender.link, claim)
    return True


def _claim_of(intent: Facts, tender: Tender, situation: Situation) -> Claim:
    terminal = situation.terminal
    return Claim(
        terminal.id,
        MAIN,
        intent.seq,
        terminal.shop_id,
        tender.instrument.value,
        intent.item,
        tender.amount,
        intent.time,
        tender.sale,
        intent.fingerprint,
        intent.code_seq,
        intent.payload,
        tender.tmc_before,
        shop_owner=situation.shop_owner,
    )


def _allowance(tender: Tender, claim: Claim, situation: Situation) -> AccountName | None:
    """The allowance that pays this as its first claim; None: that is not plain."""
    issued = situation.vouchers.get(claim.item)
    if issued is None or issued.paper or (claim.item, claim.code_seq) in situation.held_elsewhere:
        return None
    if any(other.code_seq == claim.code_seq and other.state in _TAKING for other in situation.by_item[claim.item]):
        return None
    account = account_of(issued)
    if situation.holdings[account] < claim.amount or check_voucher_rules(tender.redemption, claim, situation):
        return None
    return account


def _purse(tender: Tender, claim: Claim, situation: Situation) -> AccountName | None:
    """The purse that pays this, where the card's chain goes on from where it is known to be; None: not plain."""
    uid, link, redemption = claim.item, tender.link, tender.redemption
    card, purse = situation.cards.get(uid), accounts.purse(uid)
    if card is None or link is None or card.denied_at is not None:
        return None
    if uid in situation.loads or uid in situation.returned or uid in situation.denied_from:
        return None
    if any(other.state in _WAITING for other in situation.by_item[uid]):
        return None
    if not situation.chains[uid].goes_on_with(link) or situation.holdings[purse] < claim.amount:
        return None
    return None if check_card_rules(redemption, claim, situation) else purse
