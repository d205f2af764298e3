# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Sessions with cards over a terminal's reader (CARD.md section 7): the terminal only forwards APDUs.

A session's random seed, what the card answered and what was done in the books are stored, each answer in one
transaction with what follows from it, before the next APDU goes out. So any worker can play a session again up to where
it stands: a lost answer, a killed worker, a second worker make no difference. A session that is never gone on with has
done nothing that its last stored answer did not do.
"""

import hmac
import json
import logging
import os
import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import Any, Final

from django.db import transaction

from backend.cards.acts import CardLeft, Ended
from backend.cards.bookkeeping import Books
from backend.cards.errands import Errand, Job, load_card, make_card, renew_key
from backend.cards.making import begin_making
from backend.cards.models import CardSession, CardStep
from backend.minting.cards import CardRefused
from backend.minting.models import Card, Load, LoadState
from backend.redemption.intake import Programme
from backend.shops.models import Terminal
from heitje.relay import CardAnswer, End, Opening, Reply, Work

LOG: Final = logging.getLogger(__name__)
_SEED_LENGTH: Final = 32
_LIVE_MAX: Final = 64
_ERRANDS: Final[Mapping[Work, Callable[[Job], Errand]]] = {
    Work.LOAD: load_card,
    Work.RENEW: renew_key,
    Work.PERSONALISE: make_card,
}


class SessionRefused(Exception):
    """The request does not fit the session; the text says why. Nothing was done."""


class NoSuchSession(Exception):
    """This terminal has no such session."""


def open_session(terminal: Terminal, opening: Opening, programme: Programme, now: int) -> Reply:
    """Begin a session at Unix time `now`; its first APDU. The same opening again has the same answer.

    What the card began before is over. Raises `SessionRefused`.
    """
    with transaction.atomic():
        known = CardSession.objects.select_for_update().filter(id=opening.session.hex()).first()
        if known is not None:
            if (known.terminal_id, known.uid, known.what) != (terminal.id, opening.uid.hex(), opening.what):
                raise SessionRefused("this session is of another card, or for something else")
            return _reply(known, _steps(known)[0] if _steps(known) else None)
        Card.objects.select_for_update().filter(uid=opening.uid.hex()).first()
        _supersede(opening.uid.hex(), now)
        session = CardSession(
            id=opening.session.hex(),
            terminal=terminal,
            uid=opening.uid.hex(),
            what=opening.what,
            seed=secrets.token_bytes(_SEED_LENGTH),
            opened_at=now,
        )
        if opening.what is Work.PERSONALISE:
            try:
                session.order = begin_making(opening.uid, opening.order, terminal, programme, now)
            except CardRefused as error:
                raise SessionRefused(str(error)) from error
        session.save()
        player = _Player(session, programme)
        step = player.advance((), programme, now)
    _keep(player)
    return _reply(session, step)


def take_answer(terminal: Terminal, name: bytes, answer: CardAnswer, programme: Programme, now: int) -> Reply:
    """Take a card's answer in, and go on. The same answer again has the same reply.

    Raises `NoSuchSession`, and `SessionRefused` for another answer than the one that was taken, or a step to come.
    """
    with transaction.atomic():
        session = CardSession.objects.select_for_update().filter(id=name.hex(), terminal=terminal).first()
        if session is None:
            raise NoSuchSession
        steps = _steps(session)
        if answer.step > len(steps):
            raise SessionRefused(f"step {answer.step} was not given out yet")
        step = steps[answer.step - 1]
        if step.heard:
            if (None if step.answer is None else bytes(step.answer)) != answer.answer:
                raise SessionRefused(f"step {answer.step} was answered otherwise")
            return _reply(session, steps[answer.step] if answer.step < len(steps) else None)
        if session.ended_at is not None:
            return _reply(session, None)
        step.heard, step.answer = True, answer.answer
        step.save(update_fields=["heard", "answer"])
        player = _live.take(session.id, len(steps) - 1) or _Player(session, programme)
        player.session = session
        following = player.advance(steps, programme, now)
    _keep(player)
    return _reply(session, following)


class _Player:
    """An errand, played as far as its session's steps go."""

    def __init__(self, session: CardSession, programme: Programme) -> None:
        self.session = session
        self.played = 0
        self.told = ""
        job = Job(
            uid=bytes.fromhex(session.uid),
            programme=programme.iss,
            key_store=programme.key_store,
            chance=_chance(bytes(session.seed)),
            began_at=session.opened_at,
            tell=self._tell,
        )
        self._errand = _ERRANDS[Work(session.what)](job)
        self._acts_done = 0
        self._begun = False
        self._waiting = b""

    def advance(self, steps: Sequence[CardStep], programme: Programme, now: int) -> CardStep | None:
        """Play the steps that were answered, and what follows; the next step, or None at the end."""
        books = Books(self.session, programme, now)
        try:
            apdu = self._through_acts(books, None)
            for step in steps[self.played :]:
                if bytes(step.apdu) != apdu:
                    self._give_up(now)
                    return None
                self.played += 1
                answer = None if step.answer is None else bytes(step.answer)
                apdu = self._through_acts(books, CardLeft() if answer is None else answer)
        except StopIteration as stop:
            self._end(stop.value, now)
            return None
        return CardStep.objects.create(session=self.session, number=len(steps) + 1, apdu=apdu, told=self.told)

    def _through_acts(self, books: Books, answer: bytes | CardLeft | None) -> bytes:
        """Resume the errand with what the card said, do what it wants done in the books; the APDU that it comes to."""
        if answer is None:
            if self._begun:
                return self._waiting
            self._begun = True
            wanted = next(self._errand)
        elif isinstance(answer, CardLeft):
            wanted = self._errand.throw(answer)
        else:
            wanted = self._errand.send(answer)
        while not isinstance(wanted, bytes):
            done = json.loads(self.session.acts)
            if self._acts_done == len(done):
                done.append(books.do(wanted))
                self.session.acts = json.dumps(done)
                self.session.save(update_fields=["acts"])
            self._acts_done += 1
            wanted = self._errand.send(done[self._acts_done - 1])
        self._waiting = wanted
        return wanted

    def _end(self, ended: Ended, now: int) -> None:
        document = {"end": str(ended.end), "reason": ended.reason, "amount": ended.amount, "balance": ended.balance}
        _finish(self.session, document, now)

    def _give_up(self, now: int) -> None:
        """The program that began the session was another version of this one: what was done stands, no more is done."""
        LOG.warning("a card session cannot be gone on with", extra={"session": self.session.id})
        _finish(self.session, {"end": str(_end_of_lost(self.session))}, now)

    def _tell(self, text: str) -> None:
        self.told = text


class _Live:
    """Errands of this process that wait for their next answer, so that they need not be played again."""

    def __init__(self) -> None:
        self._players: OrderedDict[str, _Player] = OrderedDict()
        self._lock = Lock()
        self._process = os.getpid()

    def take(self, name: str, played: int) -> _Player | None:
        """The errand of a session, if it stands exactly there."""
        with self._lock:
            player = self._players.pop(name, None) if self._process == os.getpid() else None
        return player if player is not None and player.played == played else None

    def keep(self, player: _Player) -> None:
        """Keep it for its next answer; the one that waits the longest goes."""
        with self._lock:
            if self._process != os.getpid():
                self._players.clear()
                self._process = os.getpid()
            self._players[player.session.id] = player
            if len(self._players) > _LIVE_MAX:
                self._players.popitem(last=False)


_live: Final = _Live()


def _keep(player: _Player) -> None:
    """Only once what it did is committed."""
    if player.session.ended_at is None:
        _live.keep(player)


def _supersede(uid: str, now: int) -> None:
    """A card has one session at a time: a new one ends what it began before, here or at another reader."""
    for session in CardSession.objects.select_for_update().filter(uid=uid, ended_at=None):
        _finish(session, {"end": str(_end_of_lost(session))}, now)
    Load.objects.filter(card=uid, state=LoadState.PREPARED).update(state=LoadState.DROPPED)


def _end_of_lost(session: CardSession) -> End:
    in_flight = Load.objects.filter(card=session.uid, state=LoadState.IN_FLIGHT, sent_at__gte=session.opened_at)
    return End.IN_FLIGHT if in_flight.exists() else End.SUPERSEDED


def _finish(session: CardSession, document: dict[str, Any], now: int) -> None:
    session.end, session.ended_at = json.dumps(document), now
    session.save(update_fields=["end", "ended_at"])


def _steps(session: CardSession) -> list[CardStep]:
    return list(session.steps.order_by("number"))


def _reply(session: CardSession, step: CardStep | None) -> Reply:
    name = bytes.fromhex(session.id)
    if step is not None:
        return Reply(name, step.number, bytes(step.apdu), told=step.told or None)
    end = json.loads(session.end)
    return Reply(
        name,
        session.steps.count() + 1,
        end=End(end["end"]),
        reason=end.get("reason"),
        amount=end.get("amount"),
        balance=end.get("balance"),
    )


def _chance(seed: bytes) -> Callable[[int], bytes]:
    """The session's random numbers, the same each time it is played: HMAC-SHA256 of a count, under its secret seed."""
    drawn = 0

    def draw(length: int) -> bytes:
        nonlocal drawn
        data = b""
        while len(data) < length:
            drawn += 1
            data += hmac.digest(seed, drawn.to_bytes(8, "big"), "sha256")
        return data[:length]

    return draw
