# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The address that is called most, answered without Django's request: a till uploads its journal.

It is the same operation as `backend.api.terminals.post_journal`, with the same checks in the same order: the network
address is counted, then the body's length and kind, the terminal, its signature, its rate, the body. Only what is
plainly in order up to the signature is taken here. Anything else goes Django's way, which alone refuses it: another
method, host or kind, a body in chunks, an unknown terminal, a signature of another form, one that is wrong or late, a
network address that asks too often. `tests/backend/api/test_uploads.py` holds the two ways together.
"""

import re
import time
from collections.abc import Iterable
from http import HTTPStatus
from io import BytesIO
from typing import Final, NamedTuple
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from django.http import HttpRequest, HttpResponseBase

from backend.api import database_line
from backend.api.application import api
from backend.api.authentication import count
from backend.api.documentation import JSON
from backend.api.middleware import NO_STORE, OF_EVERY_RESPONSE, TAKEN, dressed, taken_for_address, tell
from backend.api.problems import Problem, ProblemRaised
from backend.api.rates import Policy, Taken
from backend.api.terminals import take_in
from backend.assembly import configuration_in_use
from backend.redemption.signatures import is_good
from backend.shops.finding import find_terminal
from backend.shops.models import Terminal
from heitje import plain_signature
from heitje.keys import PublicKey
from heitje.plain_signature import PlainSignature
from heitje.request_signature import is_by

_PATH: Final = re.compile(r"/v1/terminals/([0-9a-f]{16})/journal")
_HOST: Final = re.compile(r"[a-z0-9.-]+(?::[0-9]{1,5})?")
_LENGTH: Final = re.compile(r"[1-9][0-9]{0,8}")
_DONE: Final = f"{HTTPStatus.OK.value} {HTTPStatus.OK.phrase}"
_HEADERS: Final = (("Content-Type", JSON), *OF_EVERY_RESPONSE.items(), ("Cache-Control", NO_STORE))


class _Upload(NamedTuple):
    """A request whose signature is read and not yet believed."""

    terminal: str
    signature: PlainSignature
    body: bytes


class Uploads:
    """A WSGI application that takes uploads in, and hands all else on to Django's."""

    def __init__(self, django: WSGIApplication) -> None:
        limits = configuration_in_use().limits
        self._django = django
        self._per_address = Policy("address", limits.address_per_minute, limits.address_burst)
        self._proxies, self._body_bytes = limits.trusted_proxies, limits.body_bytes

    def __call__(self, environment: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        upload = self._read(environment)
        if upload is None:
            return self._django(environment, start_response)
        told: Taken | None = environment[TAKEN]
        content = b""
        try:
            database_line.renew()
            terminal = _signer(upload)
            if terminal is not None:
                told = count(terminal) or told
                if told is not None and not told.allowed:
                    raise ProblemRaised(Problem.TOO_MANY)
                content = take_in(terminal, upload.body)
        except Exception as error:  # noqa: BLE001  # the handlers are the API's, the last of them is for anything
            return _refuse(api.on_exception(HttpRequest(), error), told, start_response)
        if terminal is None:
            return self._django(environment, start_response)
        headers = [*_HEADERS, ("Content-Length", str(len(content)))]
        if told is not None:
            headers += (("RateLimit-Policy", told.policy.told), ("RateLimit", told.told))
        start_response(_DONE, headers)
        return [content]

    def _read(self, environment: WSGIEnvironment) -> _Upload | None:
        """An upload in the form of our tills. What was read of the request on the way is there again for Django."""
        found = _PATH.fullmatch(environment["PATH_INFO"])
        if (
            found is None
            or environment["REQUEST_METHOD"] != "POST"
            or environment["QUERY_STRING"]
            or environment["SCRIPT_NAME"]
            or environment.get("CONTENT_TYPE") != JSON
            or "HTTP_TRANSFER_ENCODING" in environment
        ):
            return None
        host, length = environment.get("HTTP_HOST", ""), environment.get("CONTENT_LENGTH", "")
        if not _HOST.fullmatch(host) or not _LENGTH.fullmatch(length) or int(length) > self._body_bytes:
            return None
        taken = taken_for_address(environment, self._per_address, self._proxies)
        if taken is not None and not taken.allowed:
            return None
        body = environment["wsgi.input"].read(int(length))
        environment["wsgi.input"] = BytesIO(body)
        signature = plain_signature.read(
            "POST",
            f"{environment['wsgi.url_scheme']}://{host}{found[0]}",
            environment.get("HTTP_SIGNATURE_INPUT", ""),
            environment.get("HTTP_SIGNATURE", ""),
            environment.get("HTTP_CONTENT_DIGEST"),
            body,
        )
        return None if signature is None else _Upload(found[1], signature, body)


def _signer(upload: _Upload) -> Terminal | None:
    """The terminal that has this address and made this signature; None: nothing of that is sure."""
    terminal = find_terminal(upload.terminal) if upload.signature.key_id == upload.terminal else None
    if terminal is None:
        return None
    key = PublicKey(bytes(terminal.public_key))
    return terminal if is_by(upload.signature, key, int(time.time()), is_good) else None


def _refuse(response: HttpResponseBase, told: Taken | None, start_response: StartResponse) -> Iterable[bytes]:
    """A problem, as Django would send it."""
    if told is not None:
        tell(response, told)
    dressed(response)
    start_response(f"{response.status_code} {response.reason_phrase}", list(response.items()))
    return response
