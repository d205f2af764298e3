# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The upload against a backend made from JOURNAL.md alone, and against servers that answer anything at all.

The cursor moves by a whole and believable answer only, nothing raises, and everything that was not acknowledged is sent
again.
"""

import contextlib
import json
import resource
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from heitje import server_time
from heitje.journal import BrokenChain, Entry, Kind, check_chain, entry_hash, head_of
from heitje.keys import PublicKey, SigningKey
from heitje.messages import PROBLEM_TYPE, Batch, MalformedMessage, encode_base64url
from heitje.programme import TestProgramme
from heitje.request_signature import BadRequestSignature, Request, verify_request
from terminal.configuration import TerminalConfiguration
from terminal.counter import Till
from terminal.journal_store import Draft, JournalStore
from terminal.key_store import TerminalKeys
from terminal.sync import Sync, SyncEnd
from terminal.trust.store import TrustStore

Reply = tuple[int, dict[str, Any] | bytes]


@dataclass
class Backend:
    """What JOURNAL.md section 3 says, and nothing else: POST journal, GET outcomes. `with_head` adds the head.

    `interrupt` is asked before each request is looked at, and may answer in the book's place.
    """

    terminal: bytes
    key: PublicKey
    time_key: SigningKey
    now: Callable[[], int]
    with_head: bool = False
    entries: list[bytes] = field(default_factory=list)
    told: dict[int, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    interrupt: Callable[[str, str, bytes], Reply | None] = lambda method, path, body: None
    most: int = 500
    """Entries of a batch that it takes at once."""

    def answer(self, method: str, url: str, headers: dict[str, str], body: bytes) -> Reply:
        path = url.split(f"/v1/terminals/{self.terminal.hex()}/")[-1] if "/v1/terminals/" in url else url
        if "/v1/trust/" in url:
            return 404, {}
        self.asked.append(f"{method} {path}")
        reply = self.interrupt(method, path, body)
        if reply is not None:
            return reply
        try:
            verify_request(Request(method, url, headers, body), self.find, self.now())
        except BadRequestSignature as error:
            return 401, {"code": "bad-signature", "detail": str(error), "server_time": self.signed_time()}
        if (method, path) == ("POST", "journal"):
            return self.take(body)
        if method == "GET" and path.startswith("outcomes?after="):
            after = int(path.partition("=")[2])
            return 200, {"outcomes": [self.outcome(seq) for seq in sorted(self.told) if seq > after][: self.most]}
        if (method, path) == ("GET", "head") and self.with_head:
            head = entry_hash(self.entries[-1]) if self.entries else head_of(self.terminal)
            document = {"seq": len(self.entries), "hash": encode_base64url(head), "server_time": self.signed_time()}
            return 200, document
        return 404, {"code": "not-found", "title": "There is nothing at this address"}

    def find(self, key_id: str) -> PublicKey | None:
        return self.key if key_id == self.terminal.hex() else None

    def signed_time(self) -> str:
        return encode_base64url(server_time.sign(self.terminal, self.now(), self.time_key))

    def take(self, body: bytes) -> Reply:
        try:
            batch = Batch.decode(body)
        except MalformedMessage as error:
            return 400, {"code": "malformed-body", "detail": str(error)}
        if batch.after > len(self.entries):
            return 409, {"code": "out-of-sequence", "expected": len(self.entries) + 1}
        head = entry_hash(self.entries[batch.after - 1]) if batch.after else head_of(self.terminal)
        taken = batch.entries[: self.most]
        try:
            check_chain(self.terminal, batch.after, head, taken)
        except BrokenChain as error:
            return 409, {"code": "out-of-sequence", "expected": error.expected_seq}
        outcomes = []
        for seq, data in enumerate(taken, start=batch.after + 1):
            if seq <= len(self.entries):
                assert self.entries[seq - 1] == data
                outcomes.append({"seq": seq, "outcome": "duplicate"})
            else:
                self.entries.append(data)
                outcomes.append(self.outcome(seq))
        return 200, {"cursor": batch.after + len(taken), "outcomes": outcomes, "server_time": self.signed_time()}

    def outcome(self, seq: int) -> dict[str, Any]:
        return {"seq": seq, "outcome": self.told.get(seq, "accepted")}


class Handler(BaseHTTPRequestHandler):
    """Hands requests to the server's backend."""

    protocol_version = "HTTP/1.1"
    backend: Backend

    def serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        url = f"http://{self.headers['Host']}{self.path}"
        status, document = self.backend.answer(self.command, url, headers, body)
        raw = document if isinstance(document, bytes) else json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json" if status == 200 else PROBLEM_TYPE)
        self.send_header("Content-Length", str(len(raw)))
        if status in (301, 302, 307, 308):
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.end_headers()
        self.wfile.write(raw)

    do_GET = do_POST = serve  # noqa: N815  # the library's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the library's name
        return


@pytest.fixture
def backend(programme: TestProgramme, now: int) -> Backend:
    """A backend by the book."""
    return Backend(programme.terminal, programme.terminal_key.public, programme.mint, lambda: now)


@pytest.fixture
def url(backend: Backend) -> Iterator[str]:
    """Where it serves."""
    handler = type("BackendHandler", (Handler,), {"backend": backend})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        serving.join()


@pytest.fixture
def new_sync(
    configuration: TerminalConfiguration, keys: TerminalKeys, journal: JournalStore, now: int
) -> Callable[..., Sync]:
    """Makes a line to a backend."""

    def make(url: str, clock: Callable[[], int] = lambda: now) -> Sync:
        store = TrustStore(configuration.trust_path, keys.roots, configuration.terminal)
        return Sync(url, keys, store.load(), journal, store, clock=clock)

    return make


@pytest.fixture
def three(journal: JournalStore, now: int) -> list[Entry]:
    """A journal of three entries."""
    return journal.append([Draft(Kind.NOTE, now + number) for number in range(3)])


def test_everything_is_uploaded_once(
    url: str, backend: Backend, new_sync: Callable[..., Sync], journal: JournalStore, three: list[Entry]
) -> None:
    report = new_sync(url).run()
    assert (report.end, report.sent, report.cursor, report.why) == (SyncEnd.DONE, 3, 3, None)
    assert [str(outcome.outcome) for outcome in report.outcomes] == ["accepted"] * 3
    assert backend.entries == [entry.encode() for entry in three]
    again = new_sync(url).run()
    assert (again.end, again.sent, again.cursor) == (SyncEnd.DONE, 0, 3)
    assert journal.head()[0] == 3  # a backend without a head gives no time either


def test_a_backend_with_a_head_anchors_the_clock(
    url: str, backend: Backend, new_sync: Callable[..., Sync], journal: JournalStore, three: list[Entry], now: int
) -> None:
    backend.with_head = True
    assert new_sync(url).run().cursor == len(three) + 1
    anchor = journal.last_anchor()
    assert anchor is not None
    assert anchor.server_time is not None
    assert server_time.read(anchor.server_time, journal.terminal, [backend.time_key.public]) == now


def test_an_older_signed_time_is_no_anchor(
    url: str, backend: Backend, new_sync: Callable[..., Sync], journal: JournalStore, now: int
) -> None:
    backend.with_head = True
    new_sync(url).run()
    first = journal.last_anchor()
    backend.now = lambda: now - 100  # said again by somebody who has recorded it
    new_sync(url).run()
    assert journal.last_anchor() == first
    backend.now = lambda: now + 1
    new_sync(url).run()
    assert journal.last_anchor() != first


def test_a_large_journal_goes_in_batches(
    url: str, backend: Backend, new_sync: Callable[..., Sync], journal: JournalStore, now: int
) -> None:
    journal.append([Draft(Kind.NOTE, now)] * 1203)
    assert new_sync(url).run().cursor == 1203
    assert backend.asked.count("POST journal") == 3


def test_a_batch_is_at_most_a_mebibyte(
    url: str, backend: Backend, new_sync: Callable[..., Sync], journal: JournalStore, now: int
) -> None:
    sizes: list[int] = []

    def weigh(method: str, path: str, body: bytes) -> None:
        if method == "POST" and path.endswith("journal"):
            sizes.append(len(body))

    backend.interrupt = weigh
    journal.append([Draft(Kind.NOTE, now, operator="x" * 5000)] * 400)
    assert new_sync(url).run().cursor == 400
    assert max(sizes) <= 1024 * 1024
    assert len(sizes) == 3


def test_a_backend_that_takes_few_at_once(
    url: str, backend: Backend, new_sync: Callable[..., Sync], journal: JournalStore, now: int
) -> None:
    backend.most = 7
    journal.append([Draft(Kind.NOTE, now)] * 20)
    report = new_sync(url).run()
    assert (report.sent, report.cursor, len(backend.entries)) == (20, 20, 20)


def test_a_lost_answer_is_asked_for_again(
    url: str, backend: Backend, new_sync: Callable[..., Sync], journal: JournalStore, three: list[Entry], now: int
) -> None:
    def lose(method: str, path: str, body: bytes) -> Reply | None:
        if (method, path) == ("POST", "journal"):
            backend.take(body)
            return 503, {}
        return None

    backend.interrupt = lose
    report = new_sync(url).run()
    assert (report.end, report.cursor) == (SyncEnd.LATER, 0)
    assert len(backend.entries) == 3
    backend.interrupt = lambda *_: None
    journal.append([Draft(Kind.NOTE, now)])
    report = new_sync(url).run()
    assert (report.end, report.cursor) == (SyncEnd.DONE, 4)
    assert [str(outcome.outcome) for outcome in report.outcomes] == ["duplicate"] * 3 + ["accepted"]
    assert three[0].encode() == backend.entries[0]


@pytest.mark.parametrize("named", [True, False])
def test_a_backend_that_has_lost_entries_gets_them_again(
    url: str, backend: Backend, new_sync: Callable[..., Sync], journal: JournalStore, now: int, named: bool
) -> None:
    """Restored from a backup: it says which entry it expects, or only that something is missing."""
    journal.append([Draft(Kind.NOTE, now)] * 1700)
    assert new_sync(url).run().cursor == 1700
    del backend.entries[100:]
    journal.append([Draft(Kind.NOTE, now)])

    def nameless(method: str, path: str, body: bytes) -> Reply | None:
        reply = backend.take(body) if (method, path) == ("POST", "journal") else None
        return (409, {"code": "gap"}) if reply is not None and reply[0] == 409 else reply

    if not named:
        backend.interrupt = nameless
    report = new_sync(url).run()
    assert (report.end, report.cursor, len(backend.entries)) == (SyncEnd.DONE, 1701, 1701)


def test_pending_entries_are_asked_about(
    url: str, backend: Backend, new_sync: Callable[..., Sync], journal: JournalStore, now: int
) -> None:
    journal.append([Draft(Kind.NOTE, now)] * 30)
    backend.told = dict.fromkeys(range(1, 26), "pending")
    new_sync(url).run()
    assert journal.pending() == list(range(1, 26))
    backend.most = 10  # they come in pages
    backend.told |= {3: "accepted", 25: "refused"}
    report = new_sync(url).run()
    assert journal.pending() == [seq for seq in range(1, 26) if seq not in (3, 25)]
    assert report.end is SyncEnd.DONE
    assert len(report.outcomes) == 25


@pytest.mark.parametrize("away_s", [-10_000, 10_000])
def test_a_wrong_clock_signs_anew_by_the_servers_time(
    url: str,
    backend: Backend,
    new_sync: Callable[..., Sync],
    journal: JournalStore,
    three: list[Entry],
    now: int,
    away_s: int,
) -> None:
    report = new_sync(url, clock=lambda: now + away_s).run()
    assert report.end is SyncEnd.DONE
    anchor = journal.last_anchor()
    assert anchor is not None
    assert (anchor.time, report.cursor) == (now + away_s, len(three) + 1)
    assert backend.entries[-1] == anchor.encode()


def test_a_till_that_the_backend_does_not_know(
    url: str, backend: Backend, new_sync: Callable[..., Sync], programme: TestProgramme, three: list[Entry]
) -> None:
    backend.key = programme.mint.public
    report = new_sync(url).run()
    assert (report.end, report.cursor) == (SyncEnd.SERVICE, 0)
    assert report.why
    assert len(backend.asked) == 2  # signed anew once, and no more
    assert three


def test_a_restored_disk_stops_the_till(
    url: str, backend: Backend, new_sync: Callable[..., Sync], journal: JournalStore, three: list[Entry], now: int
) -> None:
    backend.with_head = True
    other = replace(three[2], time=now + 77).encode()
    for entries in ([three[0].encode(), three[1].encode(), other], [entry.encode() for entry in three] + [other]):
        backend.entries = entries
        report = new_sync(url).run()
        assert (report.end, report.cursor) == (SyncEnd.RESTORED, 0)
    assert journal.superseded()
    assert journal.head()[0] == 3
    assert "POST journal" not in backend.asked


def test_a_stranger_cannot_stop_the_till(
    url: str, backend: Backend, new_sync: Callable[..., Sync], journal: JournalStore, three: list[Entry]
) -> None:
    """Only the programme's signed time makes it more than a word from the network."""
    backend.interrupt = lambda *_: (200, {"seq": 99, "hash": "", "server_time": "AAAA"})
    assert new_sync(url).run().end is SyncEnd.RESTORED
    assert not journal.superseded()
    assert len(three) == journal.head()[0]


OUTCOMES = [{"seq": seq, "outcome": "accepted"} for seq in (1, 2, 3)]
# Answers to an upload of three entries that must not move the cursor.
UNBELIEVABLE: dict[str, Reply] = {
    "nothing": (200, b""),
    "no JSON": (200, b"<html>log in to the network</html>"),
    "not UTF-8": (200, b"\xff\xfe{}"),
    "a list": (200, b"[]"),
    "deep": (200, b"[" * 100_000),
    "no cursor": (200, {"outcomes": OUTCOMES}),
    "no outcomes": (200, {"cursor": 3}),
    "a cursor before it": (200, {"cursor": 0, "outcomes": OUTCOMES}),
    "a cursor beyond it": (200, {"cursor": 4, "outcomes": OUTCOMES}),
    "a negative cursor": (200, {"cursor": -1, "outcomes": OUTCOMES}),
    "a cursor that is true": (200, {"cursor": True, "outcomes": OUTCOMES}),
    "a cursor in words": (200, {"cursor": "3", "outcomes": OUTCOMES}),
    "a huge cursor": (200, {"cursor": 10**30, "outcomes": OUTCOMES}),
    "an outcome missing": (200, {"cursor": 3, "outcomes": OUTCOMES[:2]}),
    "an outcome twice": (200, {"cursor": 3, "outcomes": [OUTCOMES[0], OUTCOMES[1], OUTCOMES[1]]}),
    "no such outcome": (200, {"cursor": 3, "outcomes": [*OUTCOMES[:2], {"seq": 3, "outcome": "fine"}]}),
    "outcomes of others": (200, {"cursor": 3, "outcomes": [{"seq": s + 3, "outcome": "accepted"} for s in (1, 2, 3)]}),
    "too long": (200, b'{"cursor":3,"pad":"' + b"x" * 2_000_000 + b'"}'),
    "moved": (301, {}),
    "elsewhere": (302, b""),
    "bad request": (400, {"detail": "\x1b[2Jno\nno " + "x" * 1000}),
    "unsigned": (401, {"server_time": "AAAA"}),
    "forbidden": (403, {"code": "suspended", "title": "This terminal is suspended"}),
    "gone": (410, b"garbage"),
    "too large": (413, {}),
    "too many": (429, {}),
    "broken": (500, b"Traceback"),
    "busy": (503, {}),
    "not there": (404, {}),
    "conflict with what comes": (409, {"expected": 1}),
    "conflict in the future": (409, {"expected": 9}),
    "conflict in words": (409, {"expected": "1"}),
    "conflict with nothing": (409, b""),
    "created": (201, {"cursor": 3, "outcomes": OUTCOMES}),
}


@pytest.mark.parametrize("reply", UNBELIEVABLE.values(), ids=UNBELIEVABLE.keys())
def test_an_unbelievable_answer_moves_nothing(
    url: str,
    backend: Backend,
    new_sync: Callable[..., Sync],
    journal: JournalStore,
    three: list[Entry],
    reply: Reply,
) -> None:
    backend.interrupt = lambda method, path, body: reply if method == "POST" else None
    report = new_sync(url).run()
    assert report.end in {SyncEnd.LATER, SyncEnd.SERVICE}
    assert (report.cursor, report.sent, journal.cursor()) == (0, 0, 0)
    assert report.why
    assert report.why.isprintable()
    assert len(report.why) < 300
    later = reply[0] in {200, 429, 500, 503}
    assert report.end is (SyncEnd.LATER if later else SyncEnd.SERVICE)
    assert len(backend.asked) <= 5
    backend.interrupt = lambda *_: None
    assert new_sync(url).run().cursor == len(three)


@pytest.mark.parametrize("reply", UNBELIEVABLE.values(), ids=UNBELIEVABLE.keys())
def test_nonsense_to_every_question_raises_nothing(
    url: str, backend: Backend, new_sync: Callable[..., Sync], journal: JournalStore, three: list[Entry], reply: Reply
) -> None:
    backend.interrupt = lambda *_: reply
    journal.acknowledge(1, ())
    report = new_sync(url).run()
    assert report.end is not SyncEnd.DONE
    assert (journal.cursor(), journal.head()[0]) == (1, len(three))


@contextlib.contextmanager
def listening(answer: bytes) -> Iterator[str]:
    """A server that says these bytes to whoever connects."""
    stopping = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while not stopping.is_set():
                with contextlib.suppress(OSError):
                    connection, _ = listener.accept()
                    with connection:
                        connection.recv(65_536)
                        connection.sendall(answer)

        serving = threading.Thread(target=serve, daemon=True)
        serving.start()
        host, port = listener.getsockname()[:2]
        yield f"http://{host}:{port}"
        stopping.set()
        with contextlib.suppress(OSError), socket.create_connection((host, port)) as last:
            last.sendall(b"bye")
        serving.join(10)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\x00\x01\x02",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500 + b"\r\n",
        b"HTTP/1.1 999 ?\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 3_000_000,
    ],
    ids=range(12),
)
def test_no_answer_that_is_one(
    answer: bytes, new_sync: Callable[..., Sync], journal: JournalStore, three: list[Entry]
) -> None:
    with listening(answer) as url:
        report = new_sync(url).run()
    assert report.end is SyncEnd.LATER
    assert (journal.cursor(), len(three)) == (0, 3)


@pytest.mark.parametrize("url", ["", "example.org", "ftp://example.org", "http://", "http://[::1", "http://x:port/"])
def test_an_address_that_is_none(url: str, new_sync: Callable[..., Sync], three: list[Entry]) -> None:
    report = new_sync(url).run()
    assert (report.end, report.cursor) == (SyncEnd.SERVICE, 0)
    assert three


def test_nobody_there(new_sync: Callable[..., Sync], three: list[Entry]) -> None:
    report = new_sync("http://127.0.0.1:1").run()
    assert (report.end, report.cursor) == (SyncEnd.LATER, 0)
    assert three


def test_a_path_and_letters_of_either_case_in_the_address(
    url: str, new_sync: Callable[..., Sync], three: list[Entry]
) -> None:
    shouted = url.replace("http://127.0.0.1", "HTTP://LOCALHOST") + "/"
    assert new_sync(shouted).run().cursor == len(three)


def test_a_full_disk_at_the_till_is_told(
    url: str, backend: Backend, new_sync: Callable[..., Sync], journal: JournalStore, three: list[Entry]
) -> None:
    line = new_sync(url)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, hard))
    try:
        report = line.run()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert report.end is SyncEnd.SERVICE
    assert journal.cursor() == 0
    assert new_sync(url).run().cursor == len(three) == len(backend.entries)


def test_an_acknowledged_sale_counts_no_more(
    url: str, till: Till, new_sync: Callable[..., Sync], scanner: Any, new_note: Callable[..., str], now: int
) -> None:
    till.on_ready = lambda: scanner.scan(new_note().encode())
    till.sell(500, 10.0)
    assert till.journal.unsent(now)[0].paper_cents == 500
    new_sync(url).run()
    assert till.journal.unsent(now)[0].paper_cents == 0
