# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The till's rules, recomputed by intake: it believes neither `offline` nor `time` nor `bundle` (JOURNAL.md section 3).

The same functions decide here as at the till; what differs is where the context comes from: the backend's own books.
"""

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from backend.minting.bundles import LIMITS, card_limits_of
from backend.redemption.evidence import Facts, Why, voucher_of
from backend.redemption.reasons import Reason
from backend.redemption.records import Claim
from backend.redemption.situation import Situation
from heitje.acceptance import Context, Shop, Taken, Unsent, check_offline
from heitje.card.acceptance import CardContext, check_card_offline
from heitje.codes import SignedCode
from heitje.journal import Entry, Instrument
from heitje.refusals import Refusal

CLOCK_TOLERANCE_S: Final = 120
BLOCK_PUBLISHED_S: Final = 72 * 3600
"""A block counts for tills this long after its publication (LEDGER.md section 2)."""
DAY_ZONE: Final = ZoneInfo("Europe/Amsterdam")
"""The zone of "per card, till and day"."""


def check_card_rules(facts: Facts, claim: Claim, situation: Situation) -> Why | None:
    """The offline limits of a card payment, and the block that the till should have known."""
    entry = facts.entry
    told = situation.denied_from.get(claim.item)
    if told is not None and earliest_of(entry, situation) > told + BLOCK_PUBLISHED_S:
        return Refusal.BLOCKED
    if situation.was_confirmed(claim):
        return None
    day, mine = _day(entry.time, situation), situation.mine(claim.item, claim.intent_seq, claim.branch)
    today = [other for other in mine if _day(other.time, situation) == day]
    unsent = _unsent(entry, claim, situation)
    return check_card_offline(
        CardContext(
            now=entry.time,
            shop=_shop(situation),
            amount=claim.amount,
            iss="",
            keys=(),
            bundle_age_s=_bundle_age_s(entry, situation),
            taken_today=sum(other.amount for other in today),
            unsent_cents=situation.unsent_cents(Instrument.CARD, claim.intent_seq),
            unsent_entries=unsent.entries,
            unsent_age_s=unsent.age_s,
            limits=LIMITS,
            card_limits=card_limits_of(situation.terminal),
        )
    )


def is_after_block(entry: Entry, claim: Claim, situation: Situation) -> bool:
    """Whether a sale was made after its card's citizen had the card blocked: then it is not the citizen's loss."""
    blocked_at = situation.cards[claim.item].blocked_at
    return blocked_at is not None and earliest_of(entry, situation) > blocked_at


def earliest_of(entry: Entry, situation: Situation) -> int:
    """The earliest moment of an entry: as it says, but never before the last contact of its terminal."""
    return max(entry.time, 0 if situation.anchor is None else situation.anchor.time - CLOCK_TOLERANCE_S)


def check_voucher_rules(facts: Facts, claim: Claim, situation: Situation) -> Why | None:
    """Time between the anchors, a bundle that was in force, and VOUCHERS.md section 4's steps 6 to 8."""
    entry, signed = facts.entry, facts.signed
    if signed is None:
        return Refusal.MALFORMED
    earliest = 0 if situation.anchor is None else situation.anchor.time - CLOCK_TOLERANCE_S
    if not earliest <= entry.time <= situation.latest_fitting(entry.seq) + CLOCK_TOLERANCE_S:
        return Reason.TIME_DOES_NOT_FIT
    confirmed, publication = situation.was_confirmed(claim), situation.publications.get(entry.bundle or 0)
    if not confirmed and (publication is None or publication.number < _last_served(situation)):
        return Reason.BUNDLE_OUTDATED
    voucher = voucher_of(signed).voucher
    issued = situation.vouchers.get(claim.item)
    if issued is not None and (issued.handed_out_at is None or issued.handed_out_at > entry.time + CLOCK_TOLERANCE_S):
        return Refusal.BLOCKED
    mine = situation.mine(claim.item, claim.intent_seq, claim.branch)
    taken = Taken(max((other.code_seq or 0 for other in mine), default=0), sum(other.amount for other in mine))
    if isinstance(signed, SignedCode):
        if signed.code.seq <= taken.seq:
            return Refusal.ALREADY_USED
        if taken.taken + claim.amount > voucher.amount:
            return Refusal.TOO_LITTLE_LEFT
    elif mine:
        return Refusal.ALREADY_USED
    if confirmed or publication is None:
        return None
    context = Context(
        now=entry.time,
        shop=_shop(situation),
        terminal=situation.terminal.id,
        paper_till=situation.terminal.paper_till,
        amount=claim.amount,
        programmes=frozenset(),
        keys=(),
        allowances={voucher.cti: taken},
        bundle_age_s=_bundle_age_s(entry, situation),
        server_time=max(
            min(entry.time, publication.confirmed_at), 0 if situation.anchor is None else situation.anchor.time
        ),
        unsent=_unsent(entry, claim, situation),
        limits=LIMITS,
    )
    return check_offline(signed, claim.amount, context)


def _unsent(entry: Entry, claim: Claim, situation: Situation) -> Unsent:
    """What the journal held since the terminal's last contact: a time anchor is written at each."""
    anchor_seq = 0 if situation.anchor is None else situation.anchor.seq
    oldest = entry.time if situation.oldest_unsent is None else situation.oldest_unsent
    return Unsent(
        phone_cents=situation.unsent_cents(Instrument.PHONE, claim.intent_seq),
        paper_cents=situation.unsent_cents(Instrument.PAPER, claim.intent_seq),
        entries=max(0, claim.intent_seq - 1 - anchor_seq),
        age_s=max(0, entry.time - oldest),
    )


def _bundle_age_s(entry: Entry, situation: Situation) -> int:
    """The least age that the trust named can have had: a terminal's timestamp is no newer than its last confirmation.

    So an honest terminal is never judged by an older one than its own. One that was never issued is as old as time.
    """
    publication = situation.publications.get(entry.bundle or 0)
    return entry.time if publication is None else max(0, entry.time - publication.confirmed_at)


def _last_served(situation: Situation) -> int:
    """The publication that the terminal had when it last met the backend: as it says itself, else as it could have."""
    anchor = situation.anchor
    if anchor is None:
        return 0
    if anchor.publication is not None:
        return anchor.publication
    known_by = anchor.time - CLOCK_TOLERANCE_S
    return max((row.number for row in situation.publications.values() if row.issued_at <= known_by), default=0)


def _shop(situation: Situation) -> Shop:
    shop = situation.terminal.shop
    return Shop(shop.id, shop.category, shop.area)


def _day(time: int, situation: Situation) -> date:
    """The day of an entry; a time that is still to come counts as now."""
    return datetime.fromtimestamp(min(time, situation.now), DAY_ZONE).date()
