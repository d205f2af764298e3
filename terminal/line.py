# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The line to the backend: one signed request, and its answer or the lack of one (JOURNAL.md section 3, RFC 9421)."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from requests.exceptions import BaseHTTPError  # type: ignore[attr-defined]  # the stubs do not name it; it is there

from heitje import __version__
from heitje.holds import HoldAnswer, HoldRequest
from heitje.keys import SigningKey
from heitje.messages import MalformedMessage, read_object
from heitje.request_signature import Request, sign_request

CONNECT_TIMEOUT_S: Final = 5.0
READ_TIMEOUT_S: Final = 30.0
ANSWER_TIMEOUT_S: Final = 60.0
"""Longest time for a whole answer, however slowly it drips."""
_ANSWER_MAX: Final = 1024 * 1024
"""Bytes; 500 outcomes with their reasons fit."""
_CHUNK: Final = 65_536
_WORDS_MAX: Final = 200
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}

_log = logging.getLogger(__name__)

OK, UNAUTHORISED, NOT_FOUND, CONFLICT, TOO_MANY, SERVER_ERROR = 200, 401, 404, 409, 429, 500


class NoAnswer(Exception):
    """The backend did not answer, or not to the end: try again later."""


class NoAddress(Exception):
    """The backend's address is none."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    body: bytes

    @property
    def document(self) -> dict[str, Any]:
        """The body as a JSON object; empty where it is none."""
        try:
            return read_object(self.body, _ANSWER_MAX)
        except MalformedMessage:
            return {}

    @property
    def words(self) -> str:
        """What a problem says, fit to be shown."""
        problem = self.document
        return printable(problem.get("detail") or problem.get("title") or f"the backend answered {self.status}")


@dataclass
class Line:
    """One terminal's line to its backend at `url`. `skew_s` is how far its clock is behind the backend's.

    One thread uses it; the connection stays open between requests where the backend lets it.
    """

    url: str
    terminal: bytes
    key: SigningKey
    clock: Callable[[], int]
    connect_timeout_s: float = CONNECT_TIMEOUT_S
    read_timeout_s: float = READ_TIMEOUT_S
    skew_s: int = 0
    _http: requests.Session = field(default_factory=requests.Session, repr=False)

    @property
    def origin(self) -> str:
        """The address as it is sent and signed: host in lower case, no default port. Raises `NoAddress`."""
        try:
            parts = urlsplit(self.url)
            host, port = parts.hostname, parts.port
        except ValueError as error:
            raise NoAddress(_NO_ADDRESS) from error
        if parts.scheme not in _DEFAULT_PORTS or not host:
            raise NoAddress(_NO_ADDRESS)
        named = f"[{host}]" if ":" in host else host
        place = named if port in (None, _DEFAULT_PORTS[parts.scheme]) else f"{named}:{port}"
        return f"{parts.scheme}://{place}{parts.path.rstrip('/')}"

    def ask(self, method: str, path: str, body: bytes = b"") -> Answer:
        """One request to this terminal's own addresses. Raises `NoAnswer`, `NoAddress`."""
        headers = {
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": f"heitje-terminal/{__version__}",
            **({"Content-Type": "application/json"} if body else {}),
        }
        request = Request(method, f"{self.origin}/v1/terminals/{self.terminal.hex()}/{path}", headers, body)
        try:
            prepared = requests.Request(method, request.url, data=body or None).prepare()
            request.url = prepared.url or request.url
            sign_request(request, self.terminal.hex(), self.key, self.clock() + self.skew_s)
            prepared.headers.update(request.headers)
            settings = self._http.merge_environment_settings(request.url, {}, True, None, None)
            timeout = (self.connect_timeout_s, self.read_timeout_s)
            with self._http.send(prepared, timeout=timeout, allow_redirects=False, **settings) as response:
                return Answer(response.status_code, _content(response))
        except (requests.RequestException, BaseHTTPError) as error:
            raise NoAnswer(f"no answer from the backend ({type(error).__name__})") from error

    def hang_up(self) -> None:
        """Close the connection."""
        self._http.close()


def ask_hold(line: Line, asked: HoldRequest) -> HoldAnswer | None:
    """Put the one question, and wait for what the line's own time-outs allow; None: no believable answer."""
    try:
        answer = line.ask("POST", "holds", asked.encode())
        return HoldAnswer.from_document(answer.document) if answer.status == OK else None
    except (NoAnswer, NoAddress, MalformedMessage) as error:
        _log.info("a question was not heard: %s", error)
        return None


_NO_ADDRESS: Final = "the backend's address is no http:// or https:// URL"


def printable(value: object) -> str:
    """What a stranger says, fit to be shown: one line, letters only, not too long."""
    return "".join(letter for letter in str(value) if letter.isprintable())[:_WORDS_MAX]


def _content(response: requests.Response) -> bytes:
    """The body as sent. Raises `NoAnswer` for one that is too long, or does not end."""
    deadline = time.monotonic() + ANSWER_TIMEOUT_S
    content = b""
    while chunk := response.raw.read1(_CHUNK, decode_content=False):
        content += chunk
        if len(content) > _ANSWER_MAX:
            raise NoAnswer("the backend's answer is too long")
        if time.monotonic() > deadline:
            raise NoAnswer("the backend's answer does not end")
    return content
