# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who calls: a terminal, by an HTTP Message Signature over method, target and body (RFC 9421; JOURNAL.md section 3)."""

import re
import time
from typing import Any, Final

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from ninja.security.base import AuthBase

from backend.api.problems import Problem, ProblemRaised
from backend.api.rates import METER, Policy, Taken
from backend.assembly import configuration_in_use, programme_of
from backend.redemption.signatures import is_good
from backend.shops.finding import find_terminal
from backend.shops.models import Terminal
from heitje.keys import PublicKey
from heitje.messages import encode_base64url
from heitje.request_signature import BadRequestSignature, Request, verify_request

_SIGNED: Final = ("content-digest", "signature", "signature-input", "content-type")
_TERMINAL: Final = re.compile(r"[0-9a-f]{16}")


class TerminalSignature(AuthBase):
    """Lets a terminal's own signed request through, for its own address only.

    A `401` carries the server's signed time, so that a till whose clock is wrong can set it and sign anew.
    """

    openapi_type = "apiKey"
    openapi_in = "header"
    openapi_name = "Signature"

    def __call__(self, request: HttpRequest) -> Terminal:
        """The terminal. Raises `ProblemRaised`."""
        match = request.resolver_match
        name = match.kwargs["terminal"] if match is not None else ""
        terminal = None
        if _TERMINAL.fullmatch(name):
            terminal = find_terminal(name)
        if terminal is None:
            raise ProblemRaised(Problem.UNKNOWN_TERMINAL)
        now = int(time.time())
        try:
            body = request.body
        except RequestDataTooBig as error:
            raise ProblemRaised(Problem.TOO_LARGE) from error
        headers = {name: request.headers[name] for name in _SIGNED if name in request.headers}
        signed = Request(request.META["REQUEST_METHOD"], request.build_absolute_uri(), headers, body)
        key = PublicKey(bytes(terminal.public_key))
        own: dict[str, PublicKey] = {terminal.id: key, key.kid.hex(): key}
        try:
            verify_request(signed, own.get, now, is_good)
        except BadRequestSignature as error:
            raise ProblemRaised(Problem.BAD_SIGNATURE, str(error), server_time=signed_time(terminal, now)) from error
        taken = count(terminal)
        if taken is not None:
            request.taken = taken  # type: ignore[attr-defined]  # for the middleware, which tells it
            if not taken.allowed:
                raise ProblemRaised(Problem.TOO_MANY)
        return terminal

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        """Not used: the call itself answers."""
        return self(request)


def count(terminal: Terminal) -> Taken | None:
    """One request, after its signature: nobody else can use up what a terminal may ask. None: there is no limit."""
    limits = configuration_in_use().limits
    return METER.take(Policy("terminal", limits.terminal_per_minute, limits.terminal_burst), terminal.id)


def signed_time(terminal: Terminal, now: int) -> str:
    """The server's signed time for a terminal, base64url."""
    key_store = programme_of(configuration_in_use()).key_store
    return encode_base64url(key_store.sign_time(bytes.fromhex(terminal.id), now))
