# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The short way for what is almost everything: a whole tender, within the rules, and the first claim on its value.

What `judging` would decide of its two entries one after the other, and carry out, is done here in one step. Whatever
is not plain in any respect is left to it: nothing is refused here, and nothing decided that is not decided there in
the same way (`tests/backend/redemption/test_plain.py` holds the two together).
"""

from backend.ledger import accounts, events
from backend.redemption.evidence import Facts, Tender
from backend.redemption.loading import account_of
from backend.redemption.models import MAIN, ClaimState
from backend.redemption.records import Claim
from backend.redemption.rules import check_card_rules, check_voucher_rules, is_after_block
from backend.redemption.situation import Situation
from backend.redemption.voucher_claims import event_id, reference_of
from heitje.journal import Instrument
from heitje.money import Cents

_WAITING = (ClaimState.OPEN, ClaimState.UNRESOLVED, ClaimState.VOIDED)
_TAKING = (ClaimState.REDEEMED, ClaimState.LATER)


def redeem(intent: Facts, tender: Tender, situation: Situation) -> bool:
    """Take a tender in, whole. False: it is not plain, and nothing has changed."""
    if not situation.trusted:
        return False
    claim = _claim_of(intent, tender, situation)
    plain = _takes_card if tender.instrument is Instrument.CARD else _takes_phone
    oldest = situation.oldest_unsent
    if oldest is None:  # as the intent will have made it when its redemption is judged
        situation.oldest_unsent = intent.time
    if not plain(tender, claim, situation):
        situation.oldest_unsent = oldest
        return False
    situation.take_in(intent, tender.redemption, claim)
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


def _takes_phone(tender: Tender, claim: Claim, situation: Situation) -> bool:
    """Whether an allowance pays this as its first claim; then it has paid."""
    issued = situation.vouchers.get(claim.item)
    if issued is None or issued.paper or (claim.item, claim.code_seq) in situation.held_elsewhere:
        return False
    if any(other.code_seq == claim.code_seq and other.state in _TAKING for other in situation.by_item[claim.item]):
        return False
    account = account_of(issued)
    if situation.holdings[account] < claim.amount or check_voucher_rules(tender.redemption, claim, situation):
        return False
    situation.pay(events.redeemed(event_id(claim), account, claim.shop_id, Cents(claim.amount), reference_of(claim)))
    return True


def _takes_card(tender: Tender, claim: Claim, situation: Situation) -> bool:
    """Whether a purse pays this, and the card's chain goes on from where it is known to be; then it has paid."""
    uid, link = claim.item, tender.link
    card = situation.cards.get(uid)
    if card is None or link is None or card.denied_at is not None:
        return False
    if uid in situation.loads or uid in situation.returned or uid in situation.denied_from:
        return False
    if any(other.state in _WAITING for other in situation.by_item[uid]):
        return False
    purse = accounts.purse(uid)
    if not situation.chains[uid].goes_on_with(link) or situation.holdings[purse] < claim.amount:
        return False
    redemption = tender.redemption
    if check_card_rules(redemption, claim, situation) or is_after_block(redemption, claim, situation):
        return False
    situation.pay(events.redeemed(event_id(claim), purse, claim.shop_id, Cents(claim.amount), reference_of(claim)))
    situation.prove(uid, link, claim)
    return True
