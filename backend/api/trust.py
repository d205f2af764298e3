# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The trust repository over HTTP: files for everyone, made to be kept by any cache on the way (docs/trust.md).

Nothing here is secret and nothing needs to be believed: a terminal checks every byte by the signatures.
"""

import os
import re
from pathlib import Path
from typing import Final

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from ninja import Router

from backend.api.documentation import public
from backend.api.problems import Problem, problem_response
from backend.assembly import configuration_in_use, repository_of
from backend.minting.trust_repository import TIMESTAMP_FILE

router: Final = Router(tags=["trust"])

FOR_EVER: Final = "public, max-age=31536000, immutable"
"""For what has a number or a digest in its name."""
SHORTLY: Final = "public, max-age=60"
_BYTES: Final = "application/octet-stream"
_METADATA: Final = re.compile(r"[0-9]+\.[a-z]+\.json")
_SEGMENT: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")


@router.get(
    "/metadata/{name}",
    openapi_extra=public("SignedMetadata", conditional=True, problems=(Problem.NOT_FOUND,)),
    summary="Signed metadata",
    operation_id="getTrustMetadata",
)
def get_metadata(request: HttpRequest, name: str) -> HttpResponseBase:
    """`timestamp.json`, or a role's document by its number, as `3.root.json`."""
    if name != TIMESTAMP_FILE and not _METADATA.fullmatch(name):
        return _nothing()
    folder = repository_of(configuration_in_use()).metadata
    return _answer(request, folder / name, "application/json", SHORTLY if name == TIMESTAMP_FILE else FOR_EVER)


@router.get(
    "/targets/{path:path}",
    openapi_extra=public(kind=_BYTES, conditional=True, problems=(Problem.NOT_FOUND,)),
    summary="A file of the trust",
    operation_id="getTrustTarget",
)
def get_target(request: HttpRequest, path: str) -> HttpResponseBase:
    """A bundle, a deny list, a release: by its name with its SHA-256 before it."""
    if not all(map(_SEGMENT.fullmatch, path.split("/"))):
        return _nothing()
    return _answer(request, repository_of(configuration_in_use()).targets / path, _BYTES, FOR_EVER)


def _answer(request: HttpRequest, path: Path, kind: str, caching: str) -> HttpResponseBase:
    try:
        file = path.open("rb")
    except (OSError, ValueError):
        return _nothing()
    found = os.fstat(file.fileno())
    tag = f'"{found.st_mtime_ns:x}-{found.st_size:x}"'
    response: HttpResponseBase
    if request.headers.get("If-None-Match") == tag:
        file.close()
        response = HttpResponse(status=304)
    else:
        response = FileResponse(file, content_type=kind)
    response.headers["ETag"] = tag
    response.headers["Cache-Control"] = caching
    return response


def _nothing() -> HttpResponseBase:
    """Not there, or not there yet: the next root's number is asked for at every visit."""
    response = problem_response(Problem.NOT_FOUND)
    response.headers["Cache-Control"] = SHORTLY
    return response
