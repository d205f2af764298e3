# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The till's connection: the upload beside the sales, the one question before them, and whether the backend answers.

Whatever it hears is put where the devices put theirs. While nobody answers nothing is asked, so an offline sale waits
for nothing; a contact of the upload finds out when somebody does again.
"""

import threading
from collections.abc import Callable

from heitje.holds import ANSWER_WITHIN_S, HoldAnswer, HoldRequest
from heitje.messages import Outcome
from heitje.refusals import Refusal
from terminal.background import BackgroundSync
from terminal.contacts import Contact, Heard, LineEvent, SyncEnd, SyncReport, WordOverdue
from terminal.events import WordHeard
from terminal.questions import Ask, Questions
from terminal.relaying import Relaying
from terminal.status import Link

_WORDS: dict[str, Refusal] = {"bad transaction mac": Refusal.BAD_SIGNATURE}
"""Reasons of intake that a till has a word for."""


class Connection:
    """One till's. `report` puts an event into the till's queue, from any thread.

    `make_sync` builds the upload with what it is to report to; `new_asker` is called where questions are put, and
    `new_relay` where cards are served.
    """

    def __init__(
        self,
        make_sync: Callable[[Callable[[Contact], None]], BackgroundSync],
        new_asker: Callable[[], Ask],
        report: Callable[[LineEvent], None],
        within_s: float = ANSWER_WITHIN_S,
        new_relay: Callable[[], Relaying] | None = None,
    ) -> None:
        self.link = Link.UNTRIED
        self.last_contact: int | None = None
        self.why_service = ""
        self._report = report
        self._within_s = within_s
        self._sync = make_sync(report)
        self._questions = Questions(new_asker, report, within_s)
        self._new_asker = new_asker
        self._ask_card: Ask | None = None
        self._new_relay = new_relay
        self._relay: Relaying | None = None
        self._started = False
        self._word = 0
        self._awaited: frozenset[int] = frozenset()

    @property
    def may_ask(self) -> bool:
        """Whether a question can hope for an answer."""
        return self._started and self.link in (Link.ONLINE, Link.UNTRIED)

    def start(self) -> None:
        """Begin, once."""
        if not self._started:
            self._started = True
            self._sync.start()
            self._questions.start()

    def stop(self, within_s: float = 2.0) -> None:
        """Begin nothing more; a contact in hand is waited for so long."""
        if self._started:
            self._questions.stop()
            self._sync.stop(within_s)

    def poke(self) -> None:
        """There is something new in the journal."""
        self._sync.poke()

    def ask(self, asked: HoldRequest) -> int:
        """Put the question; `Heard` follows within half a second. Its number."""
        return self._questions.ask(asked)

    def ask_now(self, asked: HoldRequest) -> HoldAnswer | None:
        """Put the question and wait: for the card reader's thread alone, while a card lies there."""
        if not self.may_ask:
            return None
        if self._ask_card is None:
            self._ask_card = self._new_asker()
        return self._ask_card(asked)

    def relay(self) -> Relaying | None:
        """What forwards between backend and card: for the card reader's thread alone. None: nobody would answer."""
        if not self.may_ask or self._new_relay is None:
            return None
        if self._relay is None:
            self._relay = self._new_relay()
        return self._relay

    def await_word(self, entries: tuple[int, ...]) -> bool:
        """Have the entries uploaded at once; what is said of the last is worth waiting for. False: nobody would."""
        if not self.may_ask or not entries:
            return False
        self._word += 1
        self._awaited = frozenset(entries[-1:])
        timer = threading.Timer(self._within_s, self._report, (WordOverdue(self._word),))
        timer.daemon = True
        timer.start()
        self.poke()
        return True

    def heard(self, event: Heard) -> None:
        """A question was not heard: nothing more is asked until a contact."""
        if event.answer is None and self.link is not Link.NEEDS_SERVICE:
            self.link = Link.OFFLINE

    def note(self, contact: Contact) -> WordHeard | None:
        """How the connection is after a contact; and the word, where one was awaited and this is it, or its end."""
        report = contact.report
        match report.end:
            case SyncEnd.DONE:
                self.link, self.why_service = Link.ONLINE, ""
            case SyncEnd.LATER:
                self.link = Link.OFFLINE
            case SyncEnd.SERVICE | SyncEnd.RESTORED:
                self.link, self.why_service = Link.NEEDS_SERVICE, report.why or ""
        if contact.heard:
            self.last_contact = contact.at
        return self._word_in(report)

    def overdue(self, event: WordOverdue) -> WordHeard | None:
        """The end of waiting, unless the word came first."""
        if event.number != self._word or not self._awaited:
            return None
        self._awaited = frozenset()
        return WordHeard()

    def _word_in(self, report: SyncReport) -> WordHeard | None:
        if not self._awaited:
            return None
        told = next((outcome for outcome in report.outcomes if outcome.seq in self._awaited), None)
        if told is None and report.end is SyncEnd.DONE:
            return None  # a contact that was under way before
        self._awaited = frozenset()
        if told is None:
            return WordHeard()
        if told.outcome in (Outcome.REFUSED, Outcome.PENDING):
            return WordHeard(refusal=_refusal(told.reason or ""))
        return WordHeard(confirmed=True)


def _refusal(reason: str) -> Refusal:
    """The till's word for a reason of intake."""
    if reason in _WORDS:
        return _WORDS[reason]
    return Refusal(reason) if reason in set(Refusal) else Refusal.BLOCKED
