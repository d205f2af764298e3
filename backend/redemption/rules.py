# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The till's rules, recomputed by intake: it believes neither `offline` nor `time` nor `bundle` (JOURNAL.md section 3).

The same functions decide here as at the till; what differs is where the context comes from: the backend's own books.
"""

from datetime import date, datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from backend.minting.bundles import LIMITS, card_limits_of
from backend.redemption.evidence import Facts, Why
from backend.redemption.questions import QUARTER_S
from backend.redemption.reasons import Reason
from backend.redemption.records import Claim
from backend.redemption.situation import Situation
from heitje.acceptance import Unsent, paper_is_within, phone_is_within, till_is_within
from heitje.card.acceptance import card_is_within
from heitje.journal import Instrument
from heitje.refusals import Refusal

CLOCK_TOLERANCE_S: Final = 120
BLOCK_PUBLISHED_S: Final = 72 * 3600
"""A block counts for tills this long after its publication (LEDGER.md section 2)."""
DAY_ZONE: Final = ZoneInfo("Europe/Amsterdam")
"""The zone of "per card, till and day"."""


def check_card_rules(facts: Facts, claim: Claim, situation: Situation) -> Why | None:
    """The offline limits of a card payment, and the block that the till should have known."""
    told = situation.denied_from.get(claim.item)
    if told is not None and earliest_of(facts.time, situation) > told + BLOCK_PUBLISHED_S:
        return Refusal.BLOCKED
    if situation.was_confirmed(claim):
        return None
    day, mine = _day(facts.time, situation), situation.mine(claim.item, claim.intent_seq, claim.branch)
    now = situation.now // QUARTER_S
    spent = [cents for at, cents in situation.spent[claim.item, claim.branch] if _day_of_quarter(min(at, now)) == day]
    spent += [other.amount for other in mine if not other.in_spent and _day(other.time, situation) == day]
    within = card_is_within(
        LIMITS,
        card_limits_of(situation.terminal),
        _bundle_age_s(facts, situation),
        claim.amount,
        sum(spent),
        situation.unsent_cents(Instrument.CARD, claim.intent_seq),
        *_queue(facts.time, claim, situation),
    )
    return None if within else Refusal.NEEDS_A_CONNECTION


def is_after_block(facts: Facts, claim: Claim, situation: Situation) -> bool:
    """Whether a sale was made after its card's citizen had the card blocked: then it is not the citizen's loss."""
    blocked_at = situation.cards[claim.item].blocked_at
    return blocked_at is not None and earliest_of(facts.time, situation) > blocked_at


def earliest_of(time: int, situation: Situation) -> int:
    """The earliest moment of an entry: as it says, but never before the last contact of its terminal."""
    return max(time, 0 if situation.anchor is None else situation.anchor.time - CLOCK_TOLERANCE_S)


def check_voucher_rules(facts: Facts, claim: Claim, situation: Situation) -> Why | None:
    """Time between the anchors, a bundle that was in force, and VOUCHERS.md section 4's steps 6 to 8."""
    if facts.voucher is None:
        return Refusal.MALFORMED
    time, voucher, anchor = facts.time, facts.voucher.voucher, situation.anchor
    earliest = 0 if anchor is None else anchor.time - CLOCK_TOLERANCE_S
    if not earliest <= time <= situation.latest_fitting(facts.seq) + CLOCK_TOLERANCE_S:
        return Reason.TIME_DOES_NOT_FIT
    confirmed, publication = situation.was_confirmed(claim), situation.publications.get(facts.bundle or 0)
    if not confirmed and (publication is None or publication.number < _last_served(situation)):
        return Reason.BUNDLE_OUTDATED
    issued = situation.vouchers.get(claim.item)
    if issued is not None and (issued.handed_out_at is None or issued.handed_out_at > time + CLOCK_TOLERANCE_S):
        return Refusal.BLOCKED
    mine = situation.mine(claim.item, claim.intent_seq, claim.branch)
    taken = sum([other.amount for other in mine])
    if facts.code_seq is not None:
        if any(facts.code_seq <= (other.code_seq or 0) for other in mine):
            return Refusal.ALREADY_USED
        if taken + claim.amount > voucher.amount:
            return Refusal.TOO_LITTLE_LEFT
    elif mine:
        return Refusal.ALREADY_USED
    if confirmed or publication is None:
        return None
    amount, bundle_age_s = claim.amount, max(0, time - publication.confirmed_at)
    if facts.code_seq is not None:
        unsent_cents = situation.unsent_cents(Instrument.PHONE, claim.intent_seq)
        within = phone_is_within(LIMITS, bundle_age_s, amount, facts.aud is not None, taken, unsent_cents)
    else:
        at_home = situation.terminal.paper_till and voucher.home == situation.terminal.shop_id
        unsent_cents = situation.unsent_cents(Instrument.PAPER, claim.intent_seq)
        within = at_home and paper_is_within(LIMITS, bundle_age_s, amount, unsent_cents)
    server_time = max(min(time, publication.confirmed_at), 0 if anchor is None else anchor.time)
    entries, age_s = _queue(time, claim, situation)
    if not within or not till_is_within(LIMITS, bundle_age_s, time, server_time, Unsent(0, 0, entries, age_s)):
        return Refusal.NEEDS_A_CONNECTION
    return None


def _queue(time: int, claim: Claim, situation: Situation) -> tuple[int, int]:
    """How many entries the journal held since the terminal's last contact, and the age of the oldest, seconds.

    A time anchor is written at each contact.
    """
    anchor_seq = 0 if situation.anchor is None else situation.anchor.seq
    oldest = time if situation.oldest_unsent is None else situation.oldest_unsent
    return max(0, claim.intent_seq - 1 - anchor_seq), max(0, time - oldest)


def _bundle_age_s(facts: Facts, situation: Situation) -> int:
    """The least age that the trust named can have had: a terminal's timestamp is no newer than its last confirmation.

    So an honest terminal is never judged by an older one than its own. One that was never issued is as old as time.
    """
    publication = situation.publications.get(facts.bundle or 0)
    return facts.time if publication is None else max(0, facts.time - publication.confirmed_at)


def _last_served(situation: Situation) -> int:
    """The publication that the terminal had when it last met the backend: as it says itself, else as it could have."""
    anchor = situation.anchor
    if anchor is None:
        return 0
    if anchor.publication is not None:
        return anchor.publication
    known_by = anchor.time - CLOCK_TOLERANCE_S
    return max((row.number for row in situation.publications.values() if row.issued_at <= known_by), default=0)


def _day(time: int, situation: Situation) -> date:
    """The day of an entry; a time that is still to come counts as now."""
    return _day_of_quarter(min(time, situation.now) // QUARTER_S)


@lru_cache(1024)
def _day_of_quarter(quarter: int) -> date:
    """The day in which a quarter of an hour since 1970 lies: days begin at one, in summer and in winter."""
    return datetime.fromtimestamp(quarter * QUARTER_S, DAY_ZONE).date()
