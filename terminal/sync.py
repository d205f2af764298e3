# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The journal's way to the backend (JOURNAL.md section 3): first contact, upload in batches, news of pending entries.

Everything may be repeated: the backend answers `duplicate` to what it has. Nothing here holds up a sale.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

import requests

from heitje import __version__, server_time
from heitje.bundle import KeyUse, TrustBundle, open_bundle
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
from terminal.durable_file import write_durably
from terminal.journal_store import Draft, JournalStore
from terminal.key_store import TerminalKeys

CONNECT_TIMEOUT_S: Final = 5.0
READ_TIMEOUT_S: Final = 30.0
_ANSWER_MAX: Final = 4 * 1024 * 1024
_CHUNK: Final = 65_536
_CONFLICTS_MAX: Final = 3
_BASE64_OF: Final = 4 / 3
_OK, _CONFLICT, _UNAUTHORISED, _NOT_FOUND, _TOO_MANY, _SERVER_ERROR = 200, 409, 401, 404, 429, 500


class SyncEnd(StrEnum):
    """How a sync ended."""

    DONE = "done"
    LATER = "try again later"
    SERVICE = "needs service"
    RESTORED = "the journal is older than the backend's: this till must be enrolled anew"


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync did. `why` in words where it did not end well."""

    end: SyncEnd
    sent: int = 0
    outcomes: tuple[EntryOutcome, ...] = ()
    cursor: int = 0
    why: str | None = None


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
    bundle: TrustBundle
    journal: JournalStore
    bundle_path: Path
    clock: Callable[[], int] = lambda: int(time.time())
    http: requests.Session = field(default_factory=requests.Session)
    _sent: int = 0
    _outcomes: list[EntryOutcome] = field(default_factory=list)

    def run(self) -> SyncReport:
        """Upload everything, take in what the backend says. Never raises for what the network or the backend does."""
        try:
            self._first_contact()
            self._upload()
            self._ask_pending()
            self._fetch_bundle()
        except _Ended as ended:
            return self._report(ended.end, str(ended))
        return self._report(SyncEnd.DONE, None)

    def _report(self, end: SyncEnd, why: str | None) -> SyncReport:
        return SyncReport(end, self._sent, tuple(self._outcomes), self.journal.cursor(), why)

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
        if seq > mine[0] or (known and encode_base64url(entry_hash(known[0])) != document.get("hash")):
            raise _Ended(SyncEnd.RESTORED, f"the backend knows entry {seq} otherwise than this journal")
        self._anchor(document.get("server_time"))

    def _anchor(self, token: object) -> None:
        """Keep the server's signed time as an entry, if it is one."""
        if not isinstance(token, str):
            return
        keys = [key.public for key in self.bundle.keys_for(KeyUse.TIME)]
        try:
            signed = decode_base64url(token)
            server_time.read(signed, self.journal.terminal, keys)
        except (MalformedToken, MalformedMessage):
            return  # a time that is not signed is none
        self.journal.append([Draft(Kind.TIME_ANCHOR, self.clock(), server_time=signed)])

    def _upload(self) -> None:
        resent_from: int | None = None
        conflicts = 0
        while True:
            after = self.journal.cursor() if resent_from is None else resent_from
            batch = self._batch(after)
            if not batch.entries:
                return
            answer = self._ask("POST", "journal", batch.encode())
            if answer.status == _CONFLICT:
                expected = self._object_of(answer.body).get("expected")
                conflicts += 1
                if (
                    type(expected) is not int
                    or not 0 < expected <= self.journal.head()[0]
                    or conflicts > _CONFLICTS_MAX
                ):
                    raise _Ended(SyncEnd.SERVICE, "the backend and this journal do not agree on what comes next")
                resent_from = expected - 1
                continue
            self._take_in(self._object(answer), batch)
            resent_from = None

    def _batch(self, after: int) -> Batch:
        """At most 500 entries and 1 MiB of JSON."""
        entries, size = [], 64.0
        for data in self.journal.bytes_after(after, BATCH_ENTRIES_MAX):
            size += len(data) * _BASE64_OF + 8
            if size > BATCH_BYTES_MAX:
                break
            entries.append(data)
        return Batch(after, tuple(entries))

    def _take_in(self, document: dict[str, object], batch: Batch) -> None:
        try:
            answer = BatchAnswer.from_document(document)
        except MalformedMessage as error:
            raise _Ended(SyncEnd.LATER, f"the backend's answer cannot be read: {error}") from error
        last = batch.after + len(batch.entries)
        if not batch.after < answer.cursor <= self.journal.head()[0]:
            raise _Ended(SyncEnd.LATER, "the backend's cursor is none of this batch")
        told = tuple(outcome for outcome in answer.outcomes if batch.after < outcome.seq <= last)
        self.journal.acknowledge(max(answer.cursor, self.journal.cursor()), told)
        self._sent += len(batch.entries)
        self._outcomes += told

    def _ask_pending(self) -> None:
        pending = self.journal.pending()
        if not pending:
            return
        answer = self._ask("GET", f"outcomes?after={pending[0] - 1}")
        if answer.status != _OK:
            return  # asked again at the next sync
        try:
            outcomes = read_outcomes(self._object_of(answer.body))
        except MalformedMessage:
            return
        news = tuple(outcome for outcome in outcomes if outcome.seq in pending)
        self.journal.acknowledge(self.journal.cursor(), news)
        self._outcomes += news

    def _fetch_bundle(self) -> None:
        """A newer bundle, checked before it takes the old one's place."""
        answer = self._ask("GET", "bundle")
        if answer.status != _OK:
            return
        try:
            token = decode_base64url(str(self._object_of(answer.body).get("bundle")))
            fresh = open_bundle(token, self.keys.roots, self.journal.terminal)
        except (MalformedToken, MalformedMessage):
            return  # whoever sent it, it is none of the programme's
        if (fresh.version, fresh.issued) > (self.bundle.version, self.bundle.issued):
            write_durably(self.bundle_path, token)

    def _ask(self, method: str, path: str, body: bytes = b"") -> _Answer:
        terminal = self.journal.terminal.hex()
        request = Request(
            method,
            f"{self.url.rstrip('/')}/v1/terminals/{terminal}/{path}",
            {"Accept": "application/json", "User-Agent": f"heitje-terminal/{__version__}"},
            body,
        )
        if body:
            request.headers["Content-Type"] = "application/json"
        sign_request(request, terminal, self.keys.signing, self.clock())
        try:
            with self.http.request(
                method,
                request.url,
                data=body or None,
                headers=request.headers,
                timeout=(CONNECT_TIMEOUT_S, READ_TIMEOUT_S),
                allow_redirects=False,
                stream=True,
            ) as response:
                content = b""
                for chunk in response.iter_content(_CHUNK):
                    content += chunk
                    if len(content) > _ANSWER_MAX:
                        raise _Ended(SyncEnd.LATER, "the backend's answer is too long")
                answer = _Answer(response.status_code, content)
        except requests.RequestException as error:
            raise _Ended(SyncEnd.LATER, f"no answer from the backend ({type(error).__name__})") from error
        self._hold(answer)
        return answer

    def _hold(self, answer: _Answer) -> None:
        """Answers after which nothing more is asked now. Raises `_Ended`."""
        if answer.status == _TOO_MANY or answer.status >= _SERVER_ERROR:
            raise _Ended(SyncEnd.LATER, f"the backend answered {answer.status}")
        if answer.status == _UNAUTHORISED:
            problem = self._object_of(answer.body)
            self._anchor(problem.get("server_time"))
            raise _Ended(SyncEnd.SERVICE, str(problem.get("detail", "the backend does not know this till's signature")))
        if answer.status not in (_OK, _CONFLICT, _NOT_FOUND):
            detail = self._object_of(answer.body).get("detail", f"the backend answered {answer.status}")
            raise _Ended(SyncEnd.SERVICE, str(detail))

    def _object(self, answer: _Answer) -> dict[str, object]:
        if answer.status != _OK:
            detail = self._object_of(answer.body).get("detail", f"the backend answered {answer.status}")
            raise _Ended(SyncEnd.SERVICE, str(detail))
        return self._object_of(answer.body)

    @staticmethod
    def _object_of(body: bytes) -> dict[str, object]:
        try:
            return read_object(body, _ANSWER_MAX)
        except MalformedMessage:
            return {}
