# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The upload beside the sales and the one question before them: they hold nothing up, and survive any answer."""

from __future__ import annotations

import json
import queue
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from heitje import server_time
from heitje.holds import HoldAnswer, HoldRequest
from heitje.journal import Kind, entry_hash, head_of
from heitje.messages import Batch, encode_base64url
from heitje.programme import TestProgramme
from heitje.refusals import Refusal
from terminal.background import BackgroundSync
from terminal.configuration import TerminalConfiguration
from terminal.contacts import Contact, Heard, SyncEnd, TrustEnd
from terminal.journal_store import Draft, JournalStore
from terminal.key_store import TerminalKeys
from terminal.line import Line, ask_hold
from terminal.questions import Questions
from terminal.sync import Sync
from terminal.trust.store import TrustStore

NOW = 1_795_000_000
WAIT_S = 20.0
Answered = tuple[int, bytes]


@dataclass
class Backend:
    """Takes everything in; `instead` answers in its place, `gate` holds every answer back until it is opened."""

    programme: TestProgramme
    entries: list[bytes] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    instead: Callable[[str], Answered | None] = lambda path: None
    state: str = "active"
    hold: dict[str, Any] = field(default_factory=lambda: {"held": True, "until": NOW + 600})
    gate: threading.Event = field(default_factory=threading.Event)

    def answer(self, path: str, body: bytes) -> Answered:
        """One answer."""
        self.gate.wait(WAIT_S)
        last = path.rsplit("/", 1)[-1]
        if "/trust/" in path:
            return 404, b"{}"
        self.asked.append(last)
        instead = self.instead(last)
        if instead is not None:
            return instead
        signed = encode_base64url(server_time.sign(self.programme.terminal, NOW, self.programme.mint))
        if last == "head":
            head = entry_hash(self.entries[-1]) if self.entries else head_of(self.programme.terminal)
            document = {"seq": len(self.entries), "hash": encode_base64url(head), "state": self.state}
        elif last == "holds":
            document = self.hold
        elif last == "journal":
            batch = Batch.decode(body)
            self.entries[batch.after :] = batch.entries
            seqs = range(batch.after + 1, len(self.entries) + 1)
            told = [{"seq": seq, "outcome": "accepted"} for seq in seqs]
            document = {"cursor": len(self.entries), "outcomes": told}
        else:
            document = {"outcomes": []}
        return 200, json.dumps({**document, "server_time": signed}).encode()


@pytest.fixture
def backend(programme: TestProgramme) -> Backend:
    """What answers."""
    backend = Backend(programme)
    backend.gate.set()
    return backend


@pytest.fixture
def url(backend: Backend) -> Iterator[str]:
    """Where it answers."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, answer = backend.answer(self.path, body)
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_POST = do_GET  # noqa: N815  # the name that the library looks for

        def log_message(self, *args: object) -> None:
            """Nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A till that hangs up is no error."""

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        backend.gate.set()
        server.shutdown()
        thread.join()


@dataclass
class Beside:
    """A background upload and what it reports."""

    sync: BackgroundSync
    contacts: queue.SimpleQueue[Contact]

    def next(self) -> Contact:
        """The next contact."""
        return self.contacts.get(timeout=WAIT_S)


@pytest.fixture
def new_background(
    configuration: TerminalConfiguration, keys: TerminalKeys, url: str
) -> Iterator[Callable[..., Beside]]:
    """Makes one, with quick pauses; it is stopped at the end."""
    made: list[BackgroundSync] = []

    def make(url: str = url, **changes: float) -> Beside:
        contacts: queue.SimpleQueue[Contact] = queue.SimpleQueue()
        store = TrustStore(configuration.trust_path, keys.roots, configuration.terminal)
        settings: dict[str, Any] = {"period_s": 3600.0, "backoff_first_s": 0.01, "backoff_most_s": 0.1, **changes}
        sync = BackgroundSync(
            lambda: JournalStore.open(configuration.journal_path, configuration.terminal),
            lambda journal: Sync(url, keys, store.load(), journal, store, clock=lambda: NOW),
            contacts.put,
            random.Random(1),
            **settings,
        )
        made.append(sync)
        sync.start()
        return Beside(sync, contacts)

    yield make
    for sync in made:
        sync.stop()


def write(journal: JournalStore, count: int = 1) -> None:
    """Something new in the journal."""
    for _ in range(count):
        journal.append([Draft(Kind.NOTE, NOW)])


def test_what_was_sold_before_the_start_is_sent(
    new_background: Callable[..., Beside], journal: JournalStore, backend: Backend
) -> None:
    write(journal, 3)
    contact = new_background().next()
    assert (contact.report.end, contact.heard, len(backend.entries)) == (SyncEnd.DONE, True, 4)
    assert journal.cursor() == 4, "what was heard is in the journal before it is reported"


def test_news_is_sent_at_once_and_by_nothing_but_the_upload(
    new_background: Callable[..., Beside], journal: JournalStore, backend: Backend
) -> None:
    beside = new_background()
    beside.next()
    backend.asked.clear()
    write(journal)
    beside.sync.poke()
    assert [outcome.seq for outcome in beside.next().report.outcomes] == [2]
    assert backend.asked == ["journal"]


def test_it_comes_back_by_itself(
    new_background: Callable[..., Beside], journal: JournalStore, backend: Backend
) -> None:
    backend.instead = lambda path: (503, b"") if len(backend.asked) < 6 else None
    write(journal)
    beside = new_background()
    ends = [beside.next().report.end for _ in range(6)]
    assert ends == [*[SyncEnd.LATER] * 5, SyncEnd.DONE]
    assert journal.cursor() == 2


def test_while_nobody_answers_news_is_no_reason_to_ask(
    new_background: Callable[..., Beside], journal: JournalStore
) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        beside = new_background(
            f"http://127.0.0.1:{nobody.getsockname()[1]}", backoff_first_s=3600.0, backoff_most_s=3600.0
        )
        assert not beside.next().heard
        for _ in range(5):
            write(journal)
            beside.sync.poke()
        with pytest.raises(queue.Empty):
            beside.contacts.get(timeout=0.3)


def test_pauses_grow_and_differ(configuration: TerminalConfiguration) -> None:
    def pauses(seed: int) -> list[float]:
        sync = BackgroundSync(lambda: None, lambda _: None, lambda _: None, random.Random(seed))  # type: ignore[arg-type, return-value]  # it is not started
        return [sync._jittered(sync._backoff_s(failures)) for failures in range(40)]

    one, other = pauses(1), pauses(2)
    assert one != other
    assert all(0.5 * 2 * 2**n <= pause <= 1.5 * 2 * 2**n for n, pause in enumerate(one[:7]))
    assert all(150 <= pause <= 450 for pause in one[8:])


@pytest.mark.parametrize(
    "answered",
    [
        (200, b""),
        (200, b"[]"),
        (200, b"\xff" * 100),
        (200, b'{"seq": -1}'),
        (200, b'{"seq": "many"}'),
        (204, b""),
        (302, b""),
        (400, b"{}"),
        (403, b'{"detail": "\\u001b[2J"}'),
        (429, b""),
        (500, b"x" * 10_000),
    ],
)
def test_any_answer_is_survived(
    new_background: Callable[..., Beside], journal: JournalStore, backend: Backend, answered: Answered
) -> None:
    write(journal)
    backend.instead = lambda path: answered if len(backend.asked) < 4 else None
    beside = new_background()
    while (contact := beside.next()).report.end is not SyncEnd.DONE:
        assert contact.report.end in (SyncEnd.LATER, SyncEnd.SERVICE)
    assert journal.cursor() >= 1


def test_a_backend_that_hangs_holds_up_no_sale(
    new_background: Callable[..., Beside], journal: JournalStore, backend: Backend
) -> None:
    backend.gate.clear()
    beside = new_background()
    before = time.monotonic()
    write(journal, 20)
    beside.sync.poke()
    beside.sync.stop()
    assert journal.head()[0] == 20
    assert time.monotonic() - before < 10.0, "well before the line's own time-outs"


def test_a_suspended_till_says_so_and_uploads_all_the_same(
    new_background: Callable[..., Beside], journal: JournalStore, backend: Backend
) -> None:
    backend.state = "suspended"
    write(journal)
    contact = new_background().next()
    assert (contact.report.end, contact.heard, journal.cursor()) == (SyncEnd.SERVICE, True, 2)
    assert contact.report.suspended is True
    assert "suspended" in (contact.report.why or "")
    assert journal.side_book.suspended(), "a start without a connection knows it too"
    backend.state = "active"
    assert new_background().next().report.suspended is False
    assert not journal.side_book.suspended()


def test_an_entry_that_is_refused_for_the_tills_sake_is_looked_into_at_once(
    new_background: Callable[..., Beside], journal: JournalStore, backend: Backend
) -> None:
    beside = new_background()
    assert beside.next().report.suspended is False
    backend.state = "suspended"
    told = {"seq": 2, "outcome": "refused", "reason": "terminal not allowed"}
    backend.instead = lambda last: (
        (200, json.dumps({"cursor": 2, "outcomes": [told]}).encode()) if last == "journal" else None
    )
    write(journal)
    beside.sync.poke()
    assert beside.next().report.suspended is True


def test_a_disk_without_room_for_the_trust_does_not_keep_back_what_was_sold(
    new_background: Callable[..., Beside], journal: JournalStore, configuration: TerminalConfiguration
) -> None:
    (configuration.trust_path / "staging").write_bytes(b"in the way of every refresh")
    write(journal)
    contact = new_background().next()
    assert (contact.report.end, contact.report.trust, journal.cursor()) == (SyncEnd.DONE, TrustEnd.LATER, 2)


def test_a_question_that_breaks_is_not_heard_and_the_next_is_put() -> None:
    asked: list[int] = []

    def ask(request: HoldRequest) -> None:
        asked.append(request.amount)
        raise MemoryError

    heard: queue.SimpleQueue[Heard] = queue.SimpleQueue()
    questions = Questions(lambda: ask, heard.put, WAIT_S)
    questions.start()
    for amount in (1, 2):
        questions.ask(HoldRequest(bytes(16), amount, token=b"x"))
        assert heard.get(timeout=WAIT_S).answer is None
    questions.stop()
    assert asked == [1, 2]


def test_a_restored_disk_ends_it(
    new_background: Callable[..., Beside], journal: JournalStore, backend: Backend
) -> None:
    backend.entries = [b"an entry that this journal does not have"]
    contact = new_background().next()
    assert contact.report.end is SyncEnd.RESTORED
    assert journal.superseded()


@pytest.fixture
def new_questions(keys: TerminalKeys, url: str) -> Iterator[Callable[..., tuple[Questions, queue.SimpleQueue[Heard]]]]:
    """Makes one that asks the backend."""
    made: list[Questions] = []

    def make(within_s: float, url: str = url) -> tuple[Questions, queue.SimpleQueue[Heard]]:
        heard: queue.SimpleQueue[Heard] = queue.SimpleQueue()
        line = Line(url, bytes(8), keys.signing, lambda: NOW, connect_timeout_s=WAIT_S, read_timeout_s=WAIT_S)
        questions = Questions(lambda: lambda asked: ask_hold(line, asked), heard.put, within_s)
        made.append(questions)
        questions.start()
        return questions, heard

    yield make
    for questions in made:
        questions.stop()


ASKED = HoldRequest(bytes(16), 500, token=b"token")


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ({"held": True, "until": NOW}, HoldAnswer(until=NOW)),
        ({"held": False, "reason": "already used"}, HoldAnswer(reason=Refusal.ALREADY_USED)),
        ({"held": False, "reason": "I do not like it"}, None),
        ({}, None),
    ],
)
def test_a_question_is_answered(
    new_questions: Callable[..., Any], backend: Backend, said: dict[str, Any], heard: HoldAnswer | None
) -> None:
    backend.hold = said
    questions, answers = new_questions(WAIT_S)
    number = questions.ask(ASKED)
    assert answers.get(timeout=WAIT_S) == Heard(number, heard)


def test_what_comes_too_late_is_not_heard(new_questions: Callable[..., Any], backend: Backend) -> None:
    backend.hold = {"held": False, "reason": "blocked"}
    backend.gate.clear()
    questions, answers = new_questions(0.05)
    first = questions.ask(ASKED)
    assert answers.get(timeout=WAIT_S) == Heard(first, None)
    second = questions.ask(ASKED)
    assert answers.get(timeout=WAIT_S) == Heard(second, None), "nor does it hold the next one up"
    backend.gate.set()
    with pytest.raises(queue.Empty):
        answers.get(timeout=0.3)


def test_a_question_that_nobody_hears_is_answered_all_the_same(new_questions: Callable[..., Any]) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        questions, answers = new_questions(WAIT_S, f"http://127.0.0.1:{nobody.getsockname()[1]}")
        number = questions.ask(ASKED)
        assert answers.get(timeout=WAIT_S) == Heard(number, None)
