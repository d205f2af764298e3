# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a decision depends on, gathered once from clock, trust and journal; the checks are pure, in `heitje`."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from heitje import acceptance, qr, server_time
from heitje.acceptance import Accepted, Context
from heitje.bundle import KeyUse, TrustBundle
from heitje.card import certificate as certificates
from heitje.card.acceptance import CardContext, check_card_offline, check_certificate
from heitje.codes import SignedCode
from heitje.cose import MalformedToken
from heitje.headroom import Headroom, Standing, headroom
from heitje.journal import Instrument, PaperEvidence, PhoneEvidence
from heitje.refusals import Refusal
from heitje.vouchers import SignedVoucher
from terminal.journal_store import JournalStore
from terminal.sale import Tender
from terminal.trust.trusted import Trust

BUILD_TIME: Final = 1_793_491_200
"""1 November 2026: no clock that is right says less (JOURNAL.md section 1)."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What a code or note takes, or why not; `unheard`: what the offline limits say of it."""

    answer: Tender | Refusal
    unheard: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Desk:
    """What the till decides from: what it trusts, and its journal."""

    trust: Trust
    journal: JournalStore

    @property
    def bundle(self) -> TrustBundle:
        """The trust bundle in use."""
        return self.trust.bundle

    def judge_token(self, text: str, remaining: int, now: int) -> Tender | Refusal:
        """Decide offline on what a scanner saw (VOUCHERS.md section 4); `remaining` cents are still to be paid."""
        try:
            signed = qr.read(text)  # step 1
        except MalformedToken:
            return Refusal.MALFORMED
        answer = acceptance.judge(signed, self._context(_cti_of(signed), remaining, now))
        return _tender(answer, now) if isinstance(answer, Accepted) else answer.reason

    def judge_with_connection(self, text: str, remaining: int, now: int) -> Judged:
        """Decide all but the offline limits, which the backend's answer replaces where it comes in time."""
        try:
            signed = qr.read(text)  # step 1
        except MalformedToken:
            return Judged(Refusal.MALFORMED)
        context = self._context(_cti_of(signed), remaining, now)
        answer = acceptance.judge(signed, context, offline=False)
        if not isinstance(answer, Accepted):
            return Judged(answer.reason)
        return Judged(_tender(answer, now), acceptance.check_offline(signed, answer.amount, context))

    def judge_card(self, uid: bytes, token: bytes, amount: int, now: int) -> Refusal | None:
        """Decide offline on a card that is to pay `amount` (CARD.md section 7 step 2); `token` is its certificate."""
        try:
            signed = certificates.decode(token)
        except MalformedToken:
            return Refusal.MALFORMED
        context = self._card_context(uid, amount, now)
        return check_certificate(signed, uid, context) or check_card_offline(context)

    def last_server_time(self) -> int:
        """The newest time that the programme has signed for this till: in a time anchor, or its trust's timestamp."""
        anchor = self.journal.last_anchor()
        signed = self.trust.signed_at
        if anchor is None or anchor.server_time is None:
            return signed
        keys = [key.public for key in self.bundle.keys_for(KeyUse.TIME)]
        try:
            return max(signed, server_time.read(anchor.server_time, self.journal.terminal, keys))
        except MalformedToken:  # a key that the bundle lists no longer
            return signed

    def headroom(self, now: int) -> Headroom:
        """How much is left before each offline limit bites."""
        unsent, unsent_card_cents = self.journal.unsent(now)
        server = self.last_server_time()
        return headroom(
            Standing(
                now=now,
                trust_age_s=self.trust.age_s(now),
                clock_floor=max(BUILD_TIME, server),
                server_time=server,
                unsent=unsent,
                unsent_card_cents=unsent_card_cents,
                limits=self.bundle.limits,
                card_limits=self.bundle.card_limits,
                cards_online_only=self.bundle.cards_online_only,
                paper_till=self.bundle.paper_till,
            )
        )

    def _context(self, cti: bytes, remaining: int, now: int) -> Context:
        bundle, server = self.bundle, self.last_server_time()
        unsent, _ = self.journal.unsent(now)
        taken = self.journal.taken(cti)
        return Context(
            now=now,
            shop=bundle.shop,
            terminal=bundle.terminal.hex(),
            paper_till=bundle.paper_till,
            amount=remaining,
            programmes=frozenset({bundle.iss}),
            keys=bundle.keys_for(KeyUse.VOUCHER),
            deny=self.trust.deny,
            spent=frozenset({cti}) if taken.seq == 0 and taken.taken else frozenset(),
            allowances={cti: taken},
            bundle_age_s=self.trust.age_s(now),
            clock_floor=max(BUILD_TIME, server),
            server_time=server,
            unsent=unsent,
            limits=bundle.limits,
        )

    def _card_context(self, uid: bytes, amount: int, now: int) -> CardContext:
        bundle = self.bundle
        unsent, unsent_card_cents = self.journal.unsent(now)
        return CardContext(
            now=now,
            shop=bundle.shop,
            amount=amount,
            iss=bundle.iss,
            keys=bundle.keys_for(KeyUse.CARD),
            deny=self.trust.deny,
            bundle_age_s=self.trust.age_s(now),
            online_only=bundle.cards_online_only,
            taken_today=self.journal.taken_of_card(uid, midnight_before(now)),
            unsent_cents=unsent_card_cents,
            unsent_entries=unsent.entries,
            unsent_age_s=unsent.age_s,
            limits=bundle.limits,
            card_limits=bundle.card_limits,
        )


def _cti_of(signed: SignedVoucher | SignedCode) -> bytes:
    return signed.allowance.voucher.cti if isinstance(signed, SignedCode) else signed.voucher.cti


def _tender(accepted: Accepted, now: int) -> Tender:
    signed = accepted.signed
    if isinstance(signed, SignedCode):
        return Tender(Instrument.PHONE, accepted.amount, PhoneEvidence(signed.token), now)
    return Tender(Instrument.PAPER, accepted.amount, PaperEvidence(signed.token), now)


def midnight_before(now: int) -> int:
    """Unix seconds at which the till's own day began."""
    local = datetime.fromtimestamp(now).astimezone()
    return int(local.replace(hour=0, minute=0, second=0, microsecond=0).timestamp())
