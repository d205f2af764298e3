# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The till's software: two key keepers approve exactly these files, then the release keys sign them (docs/trust.md)."""

import argparse
import json
import time
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from django.db import transaction

from backend.assembly import configuration_in_use, offline_key_store, repository_of
from backend.commands.answer import Answer, Refused
from backend.commands.officials import say_yes
from backend.commands.trust import publish_now
from backend.minting.publication import release
from backend.officials import approvals
from backend.officials.matters import Matter
from backend.officials.models import Request


def request_release(arguments: argparse.Namespace) -> Answer:
    """`trust request-release`: asking is the first yes."""
    files, now = _files(arguments), int(time.time())
    try:
        with transaction.atomic():
            asked = approvals.request(Matter.SOFTWARE_RELEASE, _subject(files), _content(files), arguments.by, now)
            return say_yes(asked.pk, arguments.by, now)
    except approvals.NotApproved as error:
        raise Refused(str(error)) from error


def release_software(arguments: argparse.Namespace) -> Answer:
    """`trust release`: what two approved, by the release keys; then a publication that names it."""
    configuration, files, now = configuration_in_use(), _files(arguments), int(time.time())
    asked = Request.objects.filter(matter=Matter.SOFTWARE_RELEASE, subject=_subject(files)).order_by("-id").first()
    if asked is None:
        raise Refused("nobody asked for the release of these files (heitje backend trust request-release)")
    keys = offline_key_store(configuration, Path(arguments.offline_keys))
    try:
        new = approvals.carry_out(asked.pk, lambda _: release(files, keys, repository_of(configuration), now), now)
    except approvals.NotApproved as error:
        raise Refused(str(error)) from error
    published = publish_now(timestamp_only=False)
    what = "released" if new else "released before"
    text = f"{', '.join(files)}: {what}, publication {published.number}"
    return Answer(text, {"software": sorted(files), "new": new, "publication": published.number})


def _files(arguments: argparse.Namespace) -> dict[str, bytes]:
    try:
        return {Path(name).name: Path(name).read_bytes() for name in arguments.file}
    except OSError as error:
        raise Refused(str(error)) from error


def _content(files: Mapping[str, bytes]) -> dict[str, object]:
    return {"files": {name: sha256(data).hexdigest() for name, data in sorted(files.items())}}


def _subject(files: Mapping[str, bytes]) -> str:
    """One name for exactly these files."""
    return sha256(json.dumps(_content(files), sort_keys=True).encode()).hexdigest()
