# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The trust that terminals fetch: publish, renew (docs/trust.md)."""

import argparse
import json
import logging
import select
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from django.db import OperationalError, connection

from backend.assembly import configuration_in_use, offline_key_store, programme_of, repository_of
from backend.commands.answer import Answer, Refused
from backend.minting.bundles import newest_bundle
from backend.minting.keystore import KeysUnavailable
from backend.minting.publication import Published, appoint, publish, stamp
from backend.minting.trust_repository import NoRepository
from backend.shops.models import Terminal
from heitje.bundle import KeyUse
from heitje.introduction import Introduction

LOG: Final = logging.getLogger(__name__)
WARN_S: Final = 30 * 86_400
"""A document that only a person can renew is told of this long before it ends."""


def publish_trust(arguments: argparse.Namespace) -> Answer:
    """`publish`, once; or every so many seconds, until standard input is closed.

    Then keys or books that are not to be had now are waited for: what ends is believed for a day yet.
    """
    while True:
        try:
            published = publish_now(arguments.timestamp_only)
        except (KeysUnavailable, OperationalError) as error:
            if not arguments.every_s:
                raise
            LOG.error("nothing is published", extra={"error": f"{type(error).__name__} {error}"})
            connection.close()
        else:
            if not arguments.every_s:
                return Answer(_text(published), _document(published))
            print(json.dumps(_document(published)) if arguments.json else _text(published), flush=True)
        if select.select([sys.stdin], [], [], arguments.every_s)[0]:
            return Answer("stopped", {"stopped": True})


def renew(arguments: argparse.Namespace) -> Answer:
    """`trust renew`: the next root and delegations, by the offline keys; then a publication that names them."""
    configuration = configuration_in_use()
    keys = offline_key_store(configuration, Path(arguments.offline_keys))
    former = None
    if arguments.former_keys is not None:
        former = offline_key_store(configuration, Path(arguments.former_keys))
    version = appoint(configuration.programme, keys, repository_of(configuration), int(time.time()), former)
    published = publish_now(timestamp_only=False)
    return Answer(f"root {version}; {_text(published)}", {"root": version, **_document(published)})


def introduce(arguments: argparse.Namespace) -> Answer:
    """`introduce`: after the publication that first speaks of the terminal."""
    terminal = Terminal.objects.filter(id=arguments.terminal.hex()).first()
    if terminal is None:
        raise Refused(f"no terminal {arguments.terminal.hex()} is taken on (heitje backend enrol)")
    publish_now(timestamp_only=False)
    configuration = configuration_in_use()
    keys, token = programme_of(configuration).key_store.keys, newest_bundle(terminal)
    if token is None:
        raise Refused(f"nothing was published for {terminal.id}")
    mint = tuple(key.public for key in keys if KeyUse.BUNDLE in key.uses)
    try:
        written = Introduction(repository_of(configuration).root(), mint, token).encode()
        Path(arguments.out).write_bytes(written)
    except (OSError, NoRepository) as error:
        raise Refused(str(error)) from error
    text = f"{arguments.out}: carry it to the till by hand, and there: heitje terminal enrol --introduction FILE"
    return Answer(text, {"terminal": terminal.id, "file": arguments.out})


def publish_now(timestamp_only: bool) -> Published:
    """Publish what the books say. Raises `Refused`, `KeysRefused`."""
    configuration, now = configuration_in_use(), int(time.time())
    programme, repository = programme_of(configuration), repository_of(configuration)
    try:
        if timestamp_only:
            return stamp(programme.key_store, repository, now)
        return publish(programme.iss, programme.key_store, repository, now)
    except NoRepository as error:
        raise Refused(str(error)) from error


def _text(published: Published) -> str:
    what = "published" if published.fresh else "confirmed"
    lines = [f"publication {published.number} {what}: {published.files} files"]
    lines += [
        f"  {role} ends on {datetime.fromtimestamp(end, UTC).date()}: renew it (heitje backend trust renew)"
        for role, end in published.ends.items()
        if end - published.at < WARN_S
    ]
    return "\n".join(lines)


def _document(published: Published) -> dict[str, object]:
    return {
        "publication": published.number,
        "fresh": published.fresh,
        "at": published.at,
        "files": published.files,
        "ends": {str(role): end for role, end in published.ends.items()},
    }
