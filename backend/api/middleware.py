# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What is looked at before any address is, and what every response carries.

In: how often this network address calls, and whether a body is of a size and kind that is read at all. Out: the API's
version, how much may still be asked, what a browser may do with the answer; and no error but as a problem document.
All of it is paid by every request, so nothing here asks the database.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from backend.api import database_line
from backend.api.problems import Problem, problem_response
from backend.api.rates import METER, Policy, Taken, site_of
from backend.assembly import configuration_in_use
from heitje.messages import PROBLEM_TYPE

API_VERSION: Final = "1.1.0"
PREFIX: Final = "/v1/"
NO_STORE: Final = "no-store"
OF_EVERY_RESPONSE: Final = {
    "API-Version": API_VERSION,
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""The last five, and `no-store` where an address says nothing else: /core/transport/security-headers."""
TAKEN: Final = "heitje.taken"
"""The key of a request's environment that says what was counted for its address; no header has such a name."""
_HEAD: Final = "HEAD"
_BUSY_S: Final = "5"
"""What a 503 asks a caller to wait, in seconds; a lock is waited for longer than that before there is one."""
_JSON: Final = "application/json"
_WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH"})

GetResponse = Callable[[HttpRequest], HttpResponseBase]


def api_rules(get_response: GetResponse) -> GetResponse:
    """Middleware. Pages that lie outside the API pass untouched."""
    limits = configuration_in_use().limits
    per_address = Policy("address", limits.address_per_minute, limits.address_burst)

    def respond(request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(PREFIX):
            response = get_response(request)
            return dressed(response) if response.headers.get("Content-Type") == PROBLEM_TYPE else response
        database_line.trust_if_quiet()
        asked_for_head = request.method == _HEAD
        if asked_for_head:
            request.method = "GET"  # whoever reads a signature finds the method as it was sent in META
        taken = taken_for_address(request.META, per_address, limits.trusted_proxies)
        if taken is not None and not taken.allowed:
            response = problem_response(Problem.TOO_MANY)
        else:
            refused = _refused(request.META, limits.body_bytes) if request.method in _WITH_BODY else None
            response = get_response(request) if refused is None else problem_response(refused)
        if response.status_code == Problem.METHOD_NOT_ALLOWED.value.status:
            response = _named(response)
        told: Taken | None = getattr(request, "taken", taken)
        if told is not None:
            tell(response, told)
        dressed(response)
        return _without_body(response) if asked_for_head else response

    return respond


def taken_for_address(meta: dict[str, Any], policy: Policy, proxies: int) -> Taken | None:
    """One request from this network address; counted once, whoever looks at the request after the first."""
    if TAKEN not in meta:
        site = _site(meta, proxies)
        meta[TAKEN] = METER.take(policy, site) if site else None
    taken: Taken | None = meta[TAKEN]
    return taken


def dressed(response: HttpResponseBase) -> HttpResponseBase:
    """With the headers that every answer carries."""
    headers = response.headers
    for name, value in OF_EVERY_RESPONSE.items():
        headers[name] = value
    if response.status_code == Problem.BUSY.value.status:
        headers["Retry-After"] = _BUSY_S
    if "Cache-Control" not in headers:
        headers["Cache-Control"] = NO_STORE
    if isinstance(response, HttpResponse) and response.content:
        headers["Content-Length"] = str(len(response.content))
    return response


def _without_body(response: HttpResponseBase) -> HttpResponseBase:
    """The headers of an answer alone, as a HEAD asks for (RFC 9110 section 9.3.2)."""
    bare = HttpResponse(status=response.status_code, headers=dict(response.items()))
    response.close()
    return bare


def tell(response: HttpResponseBase, taken: Taken) -> None:
    """How much may still be asked (draft-ietf-httpapi-ratelimit-headers)."""
    response.headers["RateLimit-Policy"] = taken.policy.told
    response.headers["RateLimit"] = taken.told
    if not taken.allowed:
        response.headers["Retry-After"] = str(taken.reset_s)


def _site(meta: Mapping[str, Any], proxies: int) -> str | None:
    """Who calls: the neighbour, or whom the outermost of our proxies saw."""
    if not proxies:
        return site_of(meta.get("REMOTE_ADDR", ""))
    seen = meta.get("HTTP_X_FORWARDED_FOR", "").split(",")
    return site_of(seen[-proxies].strip()) if len(seen) >= proxies else None


def _refused(meta: Mapping[str, Any], body_bytes: int) -> Problem | None:
    """What is wrong with a body before it is read."""
    if "HTTP_TRANSFER_ENCODING" in meta:
        return Problem.LENGTH_REQUIRED
    length = meta.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > body_bytes:
        return Problem.TOO_LARGE
    kind = meta.get("CONTENT_TYPE", "")
    if kind == _JSON or (length == "0" and not kind):
        return None
    return None if kind.partition(";")[0].strip().lower() == _JSON else Problem.UNSUPPORTED_MEDIA_TYPE


def _named(response: HttpResponseBase) -> HttpResponseBase:
    """A bare 405 as a problem."""
    problem = problem_response(Problem.METHOD_NOT_ALLOWED)
    allowed = response.headers.get("Allow", "")
    problem.headers["Allow"] = f"{allowed}, {_HEAD}" if "GET" in allowed else allowed
    return problem
