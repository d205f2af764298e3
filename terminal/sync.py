# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The till's way to the backend (JOURNAL.md section 3): trust, first contact, upload, news of pending entries.

Everything may be repeated: the backend answers `duplicate` to what it has. Nothing here holds up a sale.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

import requests
from requests.exceptions import BaseHTTPError  # type: ignore[attr-defined]  # the stubs do not name it; it is there

from heitje import __version__, server_time
from heitje.bundle import KeyUse
from heitje.cose import MalformedToken
from heitje.journal import Kind, entry_hash
from heitje.messages import (
    BATCH_BYTES_MAX,
    BATCH_ENTRIES_MAX,
    Batch,
    BatchAnswer,
    EntryOutcome,
    MalformedMessage,
    decode_base64url,
    encode_base64url,
    read_object,
    read_outcomes,
)
from heitje.request_signature import Request, sign_request
from terminal.journal_file import JournalNotWritten
from terminal.journal_store import Draft, JournalStore
from terminal.key_store import TerminalKeys
from terminal.trust.client import TrustClient, TrustOutOfReach, TrustRefused
from terminal.trust.store import TrustBusy, TrustStore, TrustUnreadable
from terminal.trust.trusted import Trust

CONNECT_TIMEOUT_S: Final = 5.0
READ_TIMEOUT_S: Final = 30.0
ANSWER_TIMEOUT_S: Final = 60.0
"""Longest time for a whole answer, however slowly it drips."""
_ANSWER_MAX: Final = 1024 * 1024
"""Bytes; 500 outcomes with their reasons fit."""
_CHUNK: Final = 65_536
_WORDS_MAX: Final = 200
_BASE64_OF: Final = 4 / 3
_OK, _CONFLICT, _UNAUTHORISED, _NOT_FOUND, _TOO_MANY, _SERVER_ERROR = 200, 409, 401, 404, 429, 500
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}

_log = logging.getLogger(__name__)


class SyncEnd(StrEnum):
    """How a sync ended."""

    DONE = "done"
    LATER = "try again later"
    SERVICE = "needs service"
    RESTORED = "the journal is older than the backend's: this till must be enrolled anew"


class TrustEnd(StrEnum):
    """What came of the trust in a sync."""

    FRESH = "fresh"
    LATER = "not refreshed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync did. `why` in words where it did not end well; `bundle`: the publication that is trusted now."""

    end: SyncEnd
    sent: int = 0
    outcomes: tuple[EntryOutcome, ...] = ()
    cursor: int = 0
    why: str | None = None
    trust: TrustEnd = TrustEnd.LATER
    bundle: int = 0


class _Ended(Exception):
    def __init__(self, end: SyncEnd, why: str) -> None:
        super().__init__(why)
        self.end = end


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    body: bytes


@dataclass
class Sync:
    """One till's line to its backend."""

    url: str
    keys: TerminalKeys
    trust: Trust
    journal: JournalStore
    store: TrustStore
    clock: Callable[[], int] = lambda: int(time.time())
    http: requests.Session = field(default_factory=requests.Session)
    _sent: int = 0
    _skew_s: int | None = None
    _trust_end: TrustEnd = TrustEnd.LATER
    _trust_why: str | None = None
    _outcomes: list[EntryOutcome] = field(default_factory=list)

    def run(self) -> SyncReport:
        """Upload everything, take in what the backend says. Never raises for what the network or the backend does."""
        try:
            self._refresh_trust()
            self._first_contact()
            self._upload()
            self._ask_pending()
        except _Ended as ended:
            return self._report(ended.end, str(ended))
        except (JournalNotWritten, OSError) as error:
            return self._report(SyncEnd.SERVICE, str(error))
        if self._trust_end is TrustEnd.REFUSED:
            return self._report(SyncEnd.SERVICE, self._trust_why)
        return self._report(SyncEnd.DONE, None)

    def _report(self, end: SyncEnd, why: str | None) -> SyncReport:
        told = tuple(self._outcomes)
        return SyncReport(end, self._sent, told, self.journal.cursor(), why, self._trust_end, self.trust.number)

    def _first_contact(self) -> None:
        """Compare heads, and anchor the clock. A restored disk is found here, before anything forks."""
        answer = self._ask("GET", "head")
        if answer.status == _NOT_FOUND:
            return  # a backend that tells no head: the upload itself finds a gap or a fork
        document = self._object(answer)
        seq, mine = document.get("seq"), self.journal.head()
        if type(seq) is not int or seq < 0:
            raise _Ended(SyncEnd.LATER, "the backend's head cannot be read")
        known = self.journal.bytes_after(seq - 1, 1) if 0 < seq <= mine[0] else []
        signed = self._signed_time(document.get("server_time"))
        if seq > mine[0] or (known and encode_base64url(entry_hash(known[0])) != document.get("hash")):
            if signed is not None:  # said by the programme itself, not by whoever answers at this address
                self.journal.supersede()
            raise _Ended(SyncEnd.RESTORED, f"the backend knows entry {seq} otherwise than this journal")
        self._anchor(signed)

    def _signed_time(self, token: object) -> tuple[bytes, int] | None:
        """The server's signed time, and what it says; None for anything else."""
        keys = [key.public for key in self.trust.bundle.keys_for(KeyUse.TIME)]
        try:
            signed = decode_base64url(token if isinstance(token, str) else "")
            return signed, server_time.read(signed, self.journal.terminal, keys)
        except (MalformedToken, MalformedMessage):
            return None

    def _anchor(self, signed: tuple[bytes, int] | None) -> None:
        """Keep the server's signed time as an entry, unless a later one is kept already."""
        last = self.journal.last_anchor()
        before = self._signed_time(encode_base64url(last.server_time)) if last and last.server_time else None
        if signed is not None and (before is None or signed[1] >= before[1]):
            self.journal.append(
                [Draft(Kind.TIME_ANCHOR, self.clock(), server_time=signed[0], bundle=self.trust.number)]
            )

    def _upload(self) -> None:
        after = self.journal.cursor()
        while (batch := self._batch(after)).entries:
            answer = self._ask("POST", "journal", batch.encode())
            if answer.status == _CONFLICT:
                after = self._expected_before(answer, after)
            else:
                after = self._take_in(self._object(answer), batch)

    def _expected_before(self, answer: _Answer, after: int) -> int:
        """After which entry to send anew: always an earlier one. What is there already is answered `duplicate`."""
        expected = self._object_of(answer.body).get("expected", 1)
        if type(expected) is not int or not 0 < expected <= after:
            raise _Ended(SyncEnd.SERVICE, "the backend and this journal do not agree on what comes next")
        return expected - 1

    def _batch(self, after: int) -> Batch:
        """At most 500 entries and 1 MiB of JSON."""
        entries, size = [], 64.0
        for data in self.journal.bytes_after(after, BATCH_ENTRIES_MAX):
            size += len(data) * _BASE64_OF + 8
            if size > BATCH_BYTES_MAX:
                break
            entries.append(data)
        return Batch(after, tuple(entries))

    def _take_in(self, document: dict[str, object], batch: Batch) -> int:
        """Keep what became of the batch; the new cursor. It moves by nothing but a whole answer to these entries."""
        try:
            answer = BatchAnswer.from_document(document)
        except MalformedMessage as error:
            raise _Ended(SyncEnd.LATER, f"the backend's answer cannot be read: {_words(error)}") from error
        last = batch.after + len(batch.entries)
        if not batch.after < answer.cursor <= last:
            raise _Ended(SyncEnd.LATER, "the backend's cursor is none of this batch")
        told = tuple(outcome for outcome in answer.outcomes if batch.after < outcome.seq <= answer.cursor)
        if len({outcome.seq for outcome in told}) != answer.cursor - batch.after:
            raise _Ended(SyncEnd.LATER, "the backend does not say what became of each entry")
        self.journal.acknowledge(max(answer.cursor, self.journal.cursor()), told)
        self._sent += answer.cursor - batch.after
        self._outcomes += told
        return answer.cursor

    def _ask_pending(self) -> None:
        """What became of entries that had to wait. No answer to this is no failure: it is asked at each sync."""
        pending = self.journal.pending()
        after = pending[0] - 1 if pending else 0
        while pending and after < pending[-1]:
            answer = self._ask("GET", f"outcomes?after={after}")
            try:
                outcomes = read_outcomes(self._object_of(answer.body)) if answer.status == _OK else ()
            except MalformedMessage:
                return
            told = [outcome for outcome in outcomes if outcome.seq > after]
            if not told:
                return
            news = tuple(outcome for outcome in told if outcome.seq in pending)
            self.journal.acknowledge(self.journal.cursor(), news)
            self._outcomes += news
            after = max(outcome.seq for outcome in told)

    def _refresh_trust(self) -> None:
        """What may be trusted from now on. Without it the rest is done all the same: its age lowers the limits."""
        try:
            self.trust = TrustClient(self.store, f"{_origin(self.url)}/v1/trust", self.trust.bundle.iss).refresh()
            self._trust_end = TrustEnd.FRESH
        except TrustRefused as error:
            self._trust_end = TrustEnd.REFUSED
            self._trust_why = _words(error)
        except (TrustOutOfReach, TrustBusy) as error:
            self._trust_end = TrustEnd.LATER
            _log.info("the trust was not refreshed: %s", error)
        except TrustUnreadable as error:
            self._trust_end = TrustEnd.REFUSED
            self._trust_why = _words(error)

    def _ask(self, method: str, path: str, body: bytes = b"") -> _Answer:
        """One request and its answer; signed anew, once, where the till's clock was wrong. Raises `_Ended`."""
        answer = self._send(method, path, body)
        if answer.status == _UNAUTHORISED and self._skew_s is None:
            signed = self._signed_time(self._object_of(answer.body).get("server_time"))
            if signed is not None:
                self._anchor(signed)
                self._skew_s = signed[1] - self.clock()
                answer = self._send(method, path, body)
        if answer.status == _TOO_MANY or answer.status >= _SERVER_ERROR:
            raise _Ended(SyncEnd.LATER, f"the backend answered {answer.status}")
        if answer.status not in (_OK, _CONFLICT, _NOT_FOUND):
            raise _Ended(SyncEnd.SERVICE, self._detail(answer))
        return answer

    def _send(self, method: str, path: str, body: bytes) -> _Answer:
        terminal = self.journal.terminal.hex()
        headers = {
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": f"heitje-terminal/{__version__}",
            **({"Content-Type": "application/json"} if body else {}),
        }
        request = Request(method, f"{_origin(self.url)}/v1/terminals/{terminal}/{path}", headers, body)
        try:
            prepared = requests.Request(method, request.url, data=body or None).prepare()
            request.url = prepared.url or request.url
            sign_request(request, terminal, self.keys.signing, self.clock() + (self._skew_s or 0))
            prepared.headers.update(request.headers)
            settings = self.http.merge_environment_settings(request.url, {}, True, None, None)
            timeout = (CONNECT_TIMEOUT_S, READ_TIMEOUT_S)
            with self.http.send(prepared, timeout=timeout, allow_redirects=False, **settings) as response:
                return _Answer(response.status_code, _content(response))
        except (requests.RequestException, BaseHTTPError) as error:
            raise _Ended(SyncEnd.LATER, f"no answer from the backend ({type(error).__name__})") from error

    def _object(self, answer: _Answer) -> dict[str, object]:
        if answer.status != _OK:
            raise _Ended(SyncEnd.SERVICE, self._detail(answer))
        return self._object_of(answer.body)

    def _detail(self, answer: _Answer) -> str:
        problem = self._object_of(answer.body)
        return _words(problem.get("detail") or problem.get("title") or f"the backend answered {answer.status}")

    @staticmethod
    def _object_of(body: bytes) -> dict[str, object]:
        try:
            return read_object(body, _ANSWER_MAX)
        except MalformedMessage:
            return {}


def _origin(url: str) -> str:
    """The backend's address as it is sent and signed: host in lower case, no default port. Raises `_Ended`."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
        parts = urlsplit("")
    if parts.scheme not in _DEFAULT_PORTS or not host:
        raise _Ended(SyncEnd.SERVICE, "the backend's address is no http:// or https:// URL")
    named = f"[{host}]" if ":" in host else host
    place = named if port in (None, _DEFAULT_PORTS[parts.scheme]) else f"{named}:{port}"
    return f"{parts.scheme}://{place}{parts.path.rstrip('/')}"


def _content(response: requests.Response) -> bytes:
    """The body as sent. Raises `_Ended` for one that is too long, or does not end."""
    deadline = time.monotonic() + ANSWER_TIMEOUT_S
    content = b""
    while chunk := response.raw.read1(_CHUNK, decode_content=False):
        content += chunk
        if len(content) > _ANSWER_MAX:
            raise _Ended(SyncEnd.LATER, "the backend's answer is too long")
        if time.monotonic() > deadline:
            raise _Ended(SyncEnd.LATER, "the backend's answer does not end")
    return content


def _words(value: object) -> str:
    """What a stranger says, fit to be shown: one line, letters only, not too long."""
    return "".join(letter for letter in str(value) if letter.isprintable())[:_WORDS_MAX]
