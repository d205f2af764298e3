# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A reader at the far end of the backend's sessions with cards (CARD.md section 7): it forwards, and decides nothing.

Every request may be repeated, so a line that fails is tried again while the card waits; whatever comes of it, the next
tap of the card settles what this one left open.
"""

import logging
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from drivers.errors import CardGone, DeviceGone
from heitje.card.session import Transmit
from heitje.messages import MalformedMessage
from heitje.relay import SESSION_LENGTH, CardAnswer, End, Opening, Reply, Waiting, Work
from terminal.line import OK, SERVER_ERROR, TOO_MANY, Answer, Line, NoAddress, NoAnswer
from terminal.relaying import RelayFailed

LINE_PATIENCE_S: Final = 10.0
"""How long a card is kept waiting for a line that fails."""
_FIRST_PAUSE_S: Final = 0.1
_LOADS_MAX: Final = 4
"""At one tap: what waits may come from several accounts, each a load of its own."""

_log = logging.getLogger(__name__)


@dataclass
class CardRelay:
    """One terminal's reader for its backend. `tell` hears what a person at the desk may be shown.

    `question`: a line that waits less, for what a counter asks of each card; without one it is asked as all else is.
    """

    line: Line
    tell: Callable[[str], None] = lambda text: None
    patience_s: float = LINE_PATIENCE_S
    pause: Callable[[float], None] = field(default=time.sleep, repr=False)
    question: Line | None = None

    def waiting(self, uid: bytes) -> Waiting:
        """What an online tap of this card would do; on a line for questions it is asked once. Raises `RelayFailed`."""
        path = f"cards/{uid.hex()}/waiting"
        answer = self._ask("GET", path) if self.question is None else _ask_once(self.question, "GET", path)
        try:
            return Waiting.from_document(answer.document)
        except MalformedMessage as error:
            raise RelayFailed(f"the backend's answer cannot be read: {error}") from error

    def run(self, what: Work, uid: bytes, transmit: Transmit, order: int | None = None) -> Reply:
        """One session with the card in the field; how it ended.

        Raises `RelayFailed`, and what `transmit` raises: the backend has then been told, if it could be.
        """
        opening = Opening(secrets.token_bytes(SESSION_LENGTH), uid, what, order)
        reply = self._reply(self._ask("POST", "card-sessions", opening.encode()), opening.session)
        path, told = f"card-sessions/{opening.session.hex()}/answers", None
        while reply.apdu is not None:
            if reply.told is not None and reply.told != told:
                told = reply.told
                self.tell(told)
            try:
                heard = transmit(reply.apdu)
            except (CardGone, DeviceGone):
                self._tell_gone(path, reply.step)
                raise
            answer = CardAnswer(reply.step, heard)
            reply = self._reply(self._ask("POST", path, answer.encode()), opening.session)
        return reply

    def tap(self, uid: bytes, transmit: Transmit) -> Iterator[Reply]:
        """All that an online tap is for: a newer key 1, what is in flight, what waits; nothing where nothing does.

        How each session ended, as it does. Raises as `run` does.
        """
        waiting = self.waiting(uid)
        if waiting.renew:
            yield self.run(Work.RENEW, uid, transmit)
        for _ in range(_LOADS_MAX):
            if not waiting.cents and not waiting.in_flight:
                break
            reply = self.run(Work.LOAD, uid, transmit)
            yield reply
            if reply.end is not End.LOADED:
                break
            waiting = self.waiting(uid)

    def _tell_gone(self, path: str, step: int) -> None:
        """So that the backend need not find out at the next tap; if it cannot be told, it does."""
        try:
            self.line.ask("POST", path, CardAnswer(step, None).encode())
        except (NoAnswer, NoAddress) as error:
            _log.info("that the card has left was not told: %s", error)

    def _reply(self, answer: Answer, session: bytes) -> Reply:
        try:
            reply = Reply.from_document(answer.document)
        except MalformedMessage as error:
            raise RelayFailed(f"the backend's answer cannot be read: {error}") from error
        if reply.session != session:
            raise RelayFailed("the backend answered about another session")
        return reply

    def _ask(self, method: str, path: str, body: bytes = b"") -> Answer:
        """A request, repeated while it has no answer and the card can wait. Raises `RelayFailed`."""
        pause_s, left_s = _FIRST_PAUSE_S, self.patience_s
        while True:
            try:
                return _ask_once(self.line, method, path, body)
            except _Unheard as error:
                why = str(error)
            if left_s <= 0:
                raise RelayFailed(f"{why}; what was begun is settled when the card is held again")
            _log.info("the backend is asked again: %s", why)
            self.pause(min(pause_s, left_s))
            left_s -= pause_s
            pause_s *= 2


class _Unheard(RelayFailed):
    """It may be asked again."""


def _ask_once(line: Line, method: str, path: str, body: bytes = b"") -> Answer:
    """One request. Raises `_Unheard` where another may help, else `RelayFailed`."""
    try:
        answer = line.ask(method, path, body)
    except NoAnswer as error:
        raise _Unheard(str(error)) from error
    except NoAddress as error:
        raise RelayFailed(str(error)) from error
    if answer.status == TOO_MANY or answer.status >= SERVER_ERROR:
        raise _Unheard(answer.words)
    if answer.status != OK:
        raise RelayFailed(answer.words)
    return answer
