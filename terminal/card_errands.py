# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the till does with a card, as errands: generators that yield work for the reader's thread and end in an event.

Between two pieces of work they look into the journal and write to it, always on the till's own thread, so that the
journal and the card are never ahead of each other in a way that CARD.md section 9 does not settle.
"""

import logging
import secrets
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias, TypeVar

from drivers.card import Card
from drivers.errors import CardGone, DeviceError, DeviceGone
from heitje.card import sale as cards
from heitje.card import session
from heitje.card.layout import UID_LENGTH, Status
from heitje.card.sale import Contact, Debited, Fate, ForeignCard, TooLittle
from heitje.card.session import CardFault, Exchange, NotAuthentic, StatusFault
from heitje.holds import HoldAnswer, HoldRequest
from heitje.journal import CardEvidence, Entry, Instrument
from heitje.refusals import Refusal
from heitje.relay import End, Reply, Waiting
from terminal.card_station import Errand
from terminal.decision import Desk
from terminal.events import (
    BalanceRead,
    CardCommitted,
    CardDeclined,
    CardPrepared,
    CardResolved,
    CardServed,
    CardSilent,
    EarlierSettled,
    Event,
)
from terminal.journal_file import JournalNotWritten
from terminal.journal_store import Draft, OpenIntent, redemption_of, unresolved_of, void_of
from terminal.key_store import NoMaster, TerminalKeys
from terminal.relaying import NewRelay, RelayFailed, Relaying
from terminal.sale import Served, Tender

_RANDOM_LENGTH: Final = 16
_TMRI_SEQ_LENGTH: Final = 8

_log = logging.getLogger(__name__)

Result = TypeVar("Result")
Errands: TypeAlias = Generator[Errand, object, Event]
"""Yields work, is sent its result (or thrown what ended it), and returns the event that it comes to."""


@dataclass
class CardErrands:
    """The errands on the card in the field. `report` puts an event beside the one that an errand returns."""

    desk: Desk
    keys: TerminalKeys
    operator: str
    clock: Callable[[], int]
    report: Callable[[Event], None]
    contact: Contact | None = None
    ask: Callable[[HoldRequest], HoldAnswer | None] | None = None
    """Puts the one question, on the reader's thread; None: there is no backend."""
    relay: NewRelay | None = None

    def prepare(self, uid: bytes, sale: bytes, amount: int) -> Errands:
        """CARD.md section 7, steps 1 to 6. What may not be taken offline is asked for, where there is a connection."""
        if len(uid) != UID_LENGTH:
            return CardDeclined(Refusal.NOT_A_HEITJE_CARD)
        try:
            contact = yield from self._greet(uid)
            contact = yield from self._settle_earlier(uid, contact)
            now = self.clock()
            refusal = self.desk.judge_card(uid, contact.certificate, amount, now)
            asked_for = refusal is Refusal.NEEDS_A_CONNECTION and self.ask is not None
            if asked_for:
                refusal = yield from self._ask_for(HoldRequest(sale, amount, uid=uid, tmc=contact.last.tmc + 1))
            if refusal is not None:
                return CardDeclined(refusal)
            seq, _ = self.desk.journal.head()
            tmri = self.desk.bundle.terminal + (seq + 1).to_bytes(_TMRI_SEQ_LENGTH, "big")
            debited = yield from _work(cards.prepare(contact.session, tmri, amount, now))
        except (DeviceError, CardFault, JournalNotWritten, NoMaster) as error:
            return CardDeclined(_reason(error))
        if isinstance(debited, TooLittle):
            return CardDeclined(Refusal.TOO_LITTLE_LEFT, debited.balance)
        self.contact = contact
        evidence = _evidence(uid, tmri, debited, contact)
        return CardPrepared(Tender(Instrument.CARD, amount, evidence, now, offline=not asked_for))

    def balance(self, uid: bytes) -> Errands:
        """What is on the card. Nothing happens on it."""
        if len(uid) != UID_LENGTH:
            return CardDeclined(Refusal.NOT_A_HEITJE_CARD)
        try:
            contact = yield from self._greet(uid)
            return BalanceRead((yield from _work(cards.get_balance(contact.session))))
        except (DeviceError, CardFault, NoMaster) as error:
            return CardDeclined(_reason(error))

    def serve(self, uid: bytes) -> Errands:
        """What the backend has for the card beside paying (CARD.md section 7): one question, and mostly no more."""
        waiting = yield self._forwarding(lambda relay, _: relay.waiting(uid))
        if not isinstance(waiting, Waiting) or not waiting.anything:
            return CardServed(Served())
        self.report(CardServed(Served(at_work=True)))
        ends: list[Reply] = []

        def tap(relay: Relaying, card: Card) -> bool:
            ends.extend(relay.tap(uid, card.transmit))  # each as it comes: what ends it takes none away
            return True

        try:
            whole = yield self._forwarding(tap)
        except (DeviceError, CardFault) as error:
            _log.info("a card was not served to the end: %s", error)
            whole = None
        return CardServed(_served(waiting, ends, whole is True))

    def _forwarding(self, do: Callable[[Relaying, Card], object]) -> Errand:
        """Something that the backend and the card do together; None where the backend did not answer."""

        def errand(card: Card) -> object:
            relay = None if self.relay is None else self.relay()
            if relay is None:
                return None
            try:
                return do(relay, card)
            except RelayFailed as error:
                _log.info("a card is not served: %s", error)
                return None

        return errand

    def commit(self, intent: Entry) -> Errands:
        """CARD.md section 7, step 8. Whatever goes wrong now, it may have happened."""
        contact, evidence = self.contact, intent.evidence
        if contact is None or not isinstance(evidence, CardEvidence):
            raise ValueError("a card commits what it has prepared")
        self.contact = None
        try:
            committed = yield from _work(cards.commit(contact.session))
        except (DeviceError, CardFault):
            return CardSilent()
        return CardCommitted(replace(evidence, tmc=committed.tmc, tmv=committed.tmv, tmc_before=None))

    def resolve(self, uid: bytes, intent: Entry) -> Errands:
        """CARD.md section 9, in the sale that tore: the same card is held again."""
        evidence = intent.evidence
        if not isinstance(evidence, CardEvidence) or evidence.uid != uid:
            return CardDeclined(Refusal.ANOTHER_CARD)
        try:
            contact = yield from self._greet(uid)
            fate, _ = yield from self._ask(contact, evidence)
            beside = () if fate is Fate.NEVER_HAPPENED else self._beside(intent)
            written = self._write_fate(OpenIntent(intent, closed=False), fate, contact, beside)
        except (DeviceError, CardFault, JournalNotWritten, NoMaster) as error:
            return CardDeclined(_reason(error))
        return CardResolved(fate, written)

    def _ask_for(self, asked: HoldRequest) -> Generator[Errand, object, Refusal | None]:
        """Have the question put while the card lies there; why it cannot pay, where it cannot."""
        ask = self.ask

        def errand(_: Card) -> HoldAnswer | None:
            return None if ask is None else ask(asked)

        answer = yield errand
        if not isinstance(answer, HoldAnswer):
            return Refusal.NEEDS_A_CONNECTION
        return answer.reason

    def _greet(self, uid: bytes) -> Generator[Errand, object, Contact]:
        programme = self.keys.programme(self.desk.bundle.df_name, uid)
        random_numbers = [secrets.token_bytes(_RANDOM_LENGTH) for _ in programme.keys]
        return (yield from _work(cards.greet([programme], random_numbers)))

    def _settle_earlier(self, uid: bytes, contact: Contact) -> Generator[Errand, object, Contact]:
        """Resolve what is open of this card from earlier sales. The contact is a fresh one where that used it up."""
        for open_intent in self.desk.journal.open_intents():
            evidence = open_intent.entry.evidence
            if not isinstance(evidence, CardEvidence) or evidence.uid != uid:
                continue
            fate, read = yield from self._ask(contact, evidence)
            written = self._write_fate(open_intent, fate, contact, self._beside(open_intent.entry))
            if written:
                self.report(EarlierSettled(written))
            if read:
                contact = yield from self._greet(uid)
        return contact

    def _ask(self, contact: Contact, evidence: CardEvidence) -> Generator[Errand, object, tuple[Fate, bool]]:
        """What the card says of an intent, and whether its records had to be read."""
        before, now = evidence.tmc_before or 0, contact.last.tmc
        fate = cards.fate_by_counter(before, now)
        if fate is not None:
            return fate, False
        records = yield from _work(cards.read_records(contact.session))
        return cards.fate_by_records(before, now, evidence.record, records), True

    def _write_fate(self, intent: OpenIntent, fate: Fate, contact: Contact, beside: Sequence[Entry]) -> tuple[int, ...]:
        """Write what the card said, the other tenders of its sale with it, in one transaction; the entries' numbers."""
        entry, now, operator = intent.entry, self.clock(), self.operator
        drafts: list[Draft] = []
        if fate is Fate.PAID and isinstance(entry.evidence, CardEvidence):
            last = contact.last
            proof = replace(entry.evidence, tmc=last.tmc, tmv=last.tmv, tmc_before=None)
            drafts = [redemption_of(entry, now, proof), *(redemption_of(other, now) for other in beside)]
        elif fate is Fate.PAID_BUT_UNPROVEN and not intent.closed:
            drafts = [unresolved_of(entry, now, operator, given=True), *(redemption_of(other, now) for other in beside)]
        elif fate is Fate.NEVER_HAPPENED:
            drafts = [void_of(other, now, operator) for other in (entry, *beside)]
        return tuple(written.seq for written in self.desk.journal.append(drafts)) if drafts else ()

    def _beside(self, intent: Entry) -> tuple[Entry, ...]:
        """The open phone and paper intents of the same sale: they follow the card."""
        return tuple(
            other.entry
            for other in self.desk.journal.open_intents()
            if other.entry.sale == intent.sale and other.entry.instrument is not Instrument.CARD
        )


def _work(exchange: Exchange[Result]) -> Generator[Errand, object, Result]:
    """Have an exchange done on the reader's thread."""

    def errand(card: Card) -> Result:
        return session.run(exchange, card.transmit)

    return (yield errand)  # type: ignore[return-value]  # what comes back is this errand's own result


def _evidence(uid: bytes, tmri: bytes, debited: Debited, contact: Contact) -> CardEvidence:
    return CardEvidence(
        uid, tmri, debited.enc_tmri, debited.balance_before, debited.record, tmc_before=contact.last.tmc
    )


def _served(waiting: Waiting, ends: Sequence[Reply], whole: bool) -> Served:
    """What a tap came to; `whole`: it was gone through to its end."""
    loaded = sum(end.amount or 0 for end in ends)
    balance = next((end.balance for end in reversed(ends) if end.balance is not None), None)
    again = not whole or any(end.end is End.IN_FLIGHT for end in ends)
    return Served(loaded=loaded, balance=balance, waits=max(waiting.cents - loaded, 0), again=again)


def _reason(error: Exception) -> Refusal:
    """The word for what ended an errand; nothing has happened on the card by it."""
    match error:
        case CardGone():
            return Refusal.CARD_REMOVED
        case DeviceGone() | JournalNotWritten():
            return Refusal.DEVICE_NOT_READY
        case NoMaster():
            return Refusal.NEEDS_A_CONNECTION  # it brings the masters
        case ForeignCard():
            return Refusal.NOT_A_HEITJE_CARD
        case NotAuthentic():
            return Refusal.BAD_SIGNATURE
        case StatusFault(status=Status.AUTHENTICATION_ERROR):
            return Refusal.BAD_SIGNATURE
        case StatusFault(status=Status.AUTHENTICATION_DELAY):
            return Refusal.CARD_REMOVED  # it asks for time: hold it again
    return Refusal.CARD_ERROR
