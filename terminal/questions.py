# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The one question before a sale (VOUCHERS.md section 4): a thread of its own, and half a second.

What has not come by then counts as not heard, and what comes later is dropped: the offline rules have decided.
"""

import logging
import queue
import threading
from collections.abc import Callable
from typing import TypeAlias

from heitje.holds import ANSWER_WITHIN_S, HoldAnswer, HoldRequest
from terminal.contacts import Heard

_log = logging.getLogger(__name__)

Ask: TypeAlias = Callable[[HoldRequest], HoldAnswer | None]
"""Puts a question and waits; None: no believable answer."""


def _answer(ask: Ask, request: HoldRequest) -> HoldAnswer | None:
    try:
        return ask(request)
    except Exception as error:  # noqa: BLE001  # the next question is put whatever an answer or a library brings
        _log.error("a question failed", exc_info=error)
        return None


class Questions:
    """Puts questions one after the other; `report` is called once for each, from another thread.

    `new_asker` is called in the thread, and may load what it needs there.
    """

    def __init__(
        self, new_asker: Callable[[], Ask], report: Callable[[Heard], None], within_s: float = ANSWER_WITHIN_S
    ) -> None:
        self._new_asker = new_asker
        self._report = report
        self._within_s = within_s
        self._asked: queue.SimpleQueue[tuple[int, HoldRequest] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._waiting: dict[int, threading.Timer] = {}
        self._number = 0
        self._thread = threading.Thread(target=self._run, name="questions", daemon=True)

    def start(self) -> None:
        """Be ready to ask."""
        self._thread.start()

    def stop(self) -> None:
        """Ask nothing more. A question in hand is not waited for."""
        self._asked.put(None)
        with self._lock:
            waiting, self._waiting = list(self._waiting.values()), {}
        for timer in waiting:
            timer.cancel()

    def ask(self, asked: HoldRequest) -> int:
        """Put a question; its number. `Heard` follows within half a second, whatever the line does."""
        with self._lock:
            self._number += 1
            number = self._number
            timer = threading.Timer(self._within_s, self._hear, (number, None))
            timer.daemon = True
            self._waiting[number] = timer
        timer.start()
        self._asked.put((number, asked))
        return number

    def _run(self) -> None:
        ask = self._new_asker()
        while (asked := self._asked.get()) is not None:
            number, request = asked
            with self._lock:
                in_time = number in self._waiting
            if in_time:
                self._hear(number, _answer(ask, request))

    def _hear(self, number: int, answer: HoldAnswer | None) -> None:
        """The first to come, answer or end of time, is what was heard."""
        with self._lock:
            timer = self._waiting.pop(number, None)
        if timer is not None:
            timer.cancel()
            self._report(Heard(number, answer))
