# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The till's way to the backend (JOURNAL.md section 3): trust, first contact, upload, news of pending entries.

Everything may be repeated: the backend answers `duplicate` to what it has. Nothing here holds up a sale.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from heitje import server_time
from heitje.bundle import KeyUse
from heitje.cose import MalformedToken
from heitje.journal import Kind, entry_hash
from heitje.master_delivery import MasterRequest, Opener
from heitje.messages import (
    BATCH_BYTES_MAX,
    BATCH_ENTRIES_MAX,
    Batch,
    BatchAnswer,
    EntryOutcome,
    MalformedMessage,
    decode_base64url,
    encode_base64url,
    read_outcomes,
)
from terminal.configuration import ConfigurationError
from terminal.contacts import SyncEnd, SyncReport, TrustEnd
from terminal.journal_file import JournalNotWritten
from terminal.journal_store import Draft, JournalStore
from terminal.key_store import TerminalKeys
from terminal.line import (
    CONFLICT,
    NOT_FOUND,
    OK,
    SERVER_ERROR,
    TOO_MANY,
    UNAUTHORISED,
    Answer,
    Line,
    NoAddress,
    NoAnswer,
    printable,
)
from terminal.trust.client import TrustClient, TrustOutOfReach, TrustRefused
from terminal.trust.store import TrustBusy, TrustStore, TrustUnreadable
from terminal.trust.trusted import Trust

NOT_ALLOWED: Final = "terminal not allowed"
"""Intake's reason for an entry of a terminal that is suspended."""
ANCHOR_EVERY_S: Final = 60
"""Between uploads of single sales the clock is anchored no more often than this."""
_BASE64_OF: Final = 4 / 3

__all__ = ["Sync", "SyncEnd", "SyncReport", "TrustEnd"]

_log = logging.getLogger(__name__)


class _Ended(Exception):
    def __init__(self, end: SyncEnd, why: str) -> None:
        super().__init__(why)
        self.end = end


@dataclass
class Sync:
    """One till's line to its backend."""

    url: str
    keys: TerminalKeys
    trust: Trust
    journal: JournalStore
    store: TrustStore
    clock: Callable[[], int] = lambda: int(time.time())
    _sent: int = 0
    _compared: bool = False
    _suspended: bool | None = None
    _skew_known: bool = False
    _trust_end: TrustEnd = TrustEnd.LATER
    _trust_why: str | None = None
    _outcomes: list[EntryOutcome] = field(default_factory=list)
    _told_time: bytes | None = None
    """The server's signed time in the last answer to a batch."""

    def __post_init__(self) -> None:
        self.line = Line(self.url, self.journal.terminal, self.keys.signing, self.clock)

    def run(self) -> SyncReport:
        """Trust, upload, news: everything. Never raises for what the network or the backend does."""
        report = self._ended(self._refresh_trust, self._ask_head, self._upload, self._ask_pending, self._ask_masters)
        if report.end is SyncEnd.DONE and self._suspended:
            return replace(report, end=SyncEnd.SERVICE, why="the municipality has suspended this till")
        if report.end is SyncEnd.DONE and self._trust_end is TrustEnd.REFUSED:
            return replace(report, end=SyncEnd.SERVICE, why=self._trust_why)
        return report

    def upload(self) -> SyncReport:
        """Only what is new in the journal, at once; everything, where this has not met the backend yet."""
        return self._ended(self._upload, self._anchor_by_answer, self._look_why) if self._compared else self.run()

    def _ended(self, *steps: Callable[[], None]) -> SyncReport:
        self._sent, self._outcomes, self._suspended = 0, [], None
        try:
            for step in steps:
                step()
        except _Ended as ended:
            return self._report(ended.end, str(ended))
        except NoAnswer as error:
            return self._report(SyncEnd.LATER, str(error))
        except (NoAddress, JournalNotWritten, OSError) as error:
            return self._report(SyncEnd.SERVICE, str(error))
        return self._report(SyncEnd.DONE, None)

    def _report(self, end: SyncEnd, why: str | None) -> SyncReport:
        told = tuple(self._outcomes)
        return SyncReport(
            end,
            self._sent,
            told,
            self.journal.cursor(),
            why,
            self._trust_end,
            self.trust.number,
            self._suspended,
        )

    def _ask_head(self) -> None:
        """Compare heads, anchor the clock, hear whether this till may sell. A restored disk is found here, before
        anything forks.
        """
        answer = self._ask("GET", "head")
        if answer.status == NOT_FOUND:
            self._compared = True  # a backend that tells no head: the upload itself finds a gap or a fork
            return
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
        if signed is not None:  # as above
            self._suspended = document.get("state") == "suspended"
            self.journal.suspend(self._suspended)
        self._compared = True

    def _look_why(self) -> None:
        """An entry was refused because this till is not believed: ask what is the matter."""
        if any(outcome.reason == NOT_ALLOWED for outcome in self._outcomes):
            self._ask_head()

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

    def _anchor_by_answer(self) -> None:
        """Each contact anchors the clock, but not each of many sales in a minute."""
        signed = None if self._told_time is None else self._signed_time(encode_base64url(self._told_time))
        last = self.journal.last_anchor()
        before = self._signed_time(encode_base64url(last.server_time)) if last and last.server_time else None
        if signed is not None and (before is None or signed[1] >= before[1] + ANCHOR_EVERY_S):
            self._anchor(signed)

    def _upload(self) -> None:
        after = self.journal.cursor()
        while (batch := self._batch(after)).entries:
            answer = self._ask("POST", "journal", batch.encode())
            if answer.status == CONFLICT:
                after = self._expected_before(answer, after)
            else:
                after = self._take_in(self._object(answer), batch)

    def _expected_before(self, answer: Answer, after: int) -> int:
        """After which entry to send anew: always an earlier one. What is there already is answered `duplicate`."""
        expected = answer.document.get("expected", 1)
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
            raise _Ended(SyncEnd.LATER, f"the backend's answer cannot be read: {printable(error)}") from error
        last = batch.after + len(batch.entries)
        if not batch.after < answer.cursor <= last:
            raise _Ended(SyncEnd.LATER, "the backend's cursor is none of this batch")
        told = tuple(outcome for outcome in answer.outcomes if batch.after < outcome.seq <= answer.cursor)
        if len({outcome.seq for outcome in told}) != answer.cursor - batch.after:
            raise _Ended(SyncEnd.LATER, "the backend does not say what became of each entry")
        self.journal.acknowledge(max(answer.cursor, self.journal.cursor()), told)
        self._told_time = answer.server_time
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
                outcomes = read_outcomes(answer.document) if answer.status == OK else ()
            except MalformedMessage:
                return
            told = [outcome for outcome in outcomes if outcome.seq > after]
            if not told:
                return
            news = tuple(outcome for outcome in told if outcome.seq in pending)
            self.journal.acknowledge(self.journal.cursor(), news)
            self._outcomes += news
            after = max(outcome.seq for outcome in told)

    def _ask_masters(self) -> None:
        """Tell which masters of key 1 are here, and take what is lacking. No answer to this is no failure."""
        for _ in range(2):  # what was taken is told at once, for cards wait for it
            opener, df_name = Opener(), self.trust.bundle.df_name
            asked = MasterRequest(opener.key, self.keys.versions(df_name))
            try:
                answer = self.line.ask("POST", "masters", asked.encode())
            except NoAnswer:
                return
            token = answer.document.get("masters") if answer.status == OK else None
            if not isinstance(token, str):
                return
            keys, now = self.trust.bundle.keys_for(KeyUse.BUNDLE), self.clock() + self.line.skew_s
            try:
                masters = opener.open(decode_base64url(token), self.journal.terminal, df_name, keys, now)
                self.keys.take(df_name, masters)
            except (MalformedToken, MalformedMessage, ConfigurationError, OSError) as error:
                _log.error("masters that came are not taken: %s", error)
                return
            _log.info("masters were taken", extra={"versions": sorted(masters)})

    def _refresh_trust(self) -> None:
        """What may be trusted from now on. Without it the rest is done all the same: its age lowers the limits."""
        try:
            self.trust = TrustClient(self.store, f"{self.line.origin}/v1/trust", self.trust.bundle.iss).refresh()
            self._trust_end = TrustEnd.FRESH
        except TrustRefused as error:
            self._trust_end = TrustEnd.REFUSED
            self._trust_why = printable(error)
        except (TrustOutOfReach, TrustBusy, OSError) as error:  # a full disk, too, is no reason to keep what was sold
            self._trust_end = TrustEnd.LATER
            _log.log(
                logging.ERROR if isinstance(error, OSError) else logging.INFO, "the trust was not refreshed: %s", error
            )
        except TrustUnreadable as error:
            self._trust_end = TrustEnd.REFUSED
            self._trust_why = printable(error)

    def _ask(self, method: str, path: str, body: bytes = b"") -> Answer:
        """One request and its answer; signed anew, once, where the till's clock was wrong.

        Raises `_Ended`, `NoAnswer`, `NoAddress`.
        """
        answer = self.line.ask(method, path, body)
        if answer.status == UNAUTHORISED and not self._skew_known:
            signed = self._signed_time(answer.document.get("server_time"))
            if signed is not None:
                self._anchor(signed)
                self.line.skew_s = signed[1] - self.clock()
                self._skew_known = True
                answer = self.line.ask(method, path, body)
        if answer.status == TOO_MANY or answer.status >= SERVER_ERROR:
            raise _Ended(SyncEnd.LATER, f"the backend answered {answer.status}")
        if answer.status not in (OK, CONFLICT, NOT_FOUND):
            raise _Ended(SyncEnd.SERVICE, answer.words)
        return answer

    @staticmethod
    def _object(answer: Answer) -> dict[str, Any]:
        if answer.status != OK:
            raise _Ended(SyncEnd.SERVICE, answer.words)
        return answer.document
