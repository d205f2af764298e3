# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The public log's files over HTTP, at `/log/` (C2SP tlog-tiles), and the page for people.

They lie outside the API: an auditor reads thousands of them, and any web server or cache may hand them out instead.
"""

import re
from typing import Final

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase

from backend.assembly import configuration_in_use, public_log_of
from heitje.proof.acts import FOLDER
from heitje.proof.tiles import CHECKPOINT

_FOR_EVER: Final = "public, max-age=31536000, immutable"
_SHORTLY: Final = "public, max-age=5"
_CHECKPOINTS: Final = (CHECKPOINT, f"{FOLDER}/{CHECKPOINT}")
_TILE: Final = re.compile(r"(?:acts/)?tile/(?:[0-9]{1,2}|entries)/(?:x[0-9]{3}/)*[0-9]{3}(?:\.p/[0-9]{1,3})?")
_PAGE: Final = re.compile(r"(?:index|en|de)\.html")
_INDEX: Final = "index.html"
_PAGE_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"


def serve(request: HttpRequest, path: str = "") -> HttpResponseBase:
    """A file of the log."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponse(status=405, headers={"Allow": "GET, HEAD"})
    name = path or _INDEX
    if name in _CHECKPOINTS:
        kind, caching = "text/plain; charset=utf-8", _SHORTLY
    elif _TILE.fullmatch(name):
        kind, caching = "application/octet-stream", _FOR_EVER
    elif _PAGE.fullmatch(name):
        kind, caching = "text/html; charset=utf-8", _SHORTLY
    else:
        return _nothing()
    try:
        file = (public_log_of(configuration_in_use()).directory / name).open("rb")
    except OSError:
        return _nothing()
    response = FileResponse(file, content_type=kind)
    response.headers["Cache-Control"] = caching
    response.headers["X-Content-Type-Options"] = "nosniff"
    if kind.startswith("text/html"):
        response.headers["Content-Security-Policy"] = _PAGE_POLICY
    return response


def _nothing() -> HttpResponse:
    """Not there, or not there yet."""
    return HttpResponse("not there\n", status=404, content_type="text/plain", headers={"Cache-Control": _SHORTLY})
