# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The log's night: leaves for what was posted, then the files, then the page, then the anchor of the acts."""

from dataclasses import dataclass

from backend.minting.keystore import KeyStore
from backend.proof import acts_log, appending, page, publishing
from backend.proof.appending import Appended
from backend.proof.models import Segment
from backend.proof.public_log import PublicLog
from backend.proof.publishing import Published
from heitje.proof.leaf import Statement, decode_leaf
from heitje.proof.tiles import unpack


@dataclass(frozen=True, slots=True)
class Night:
    """What was added, and what the public sees now."""

    appended: Appended
    published: Published
    acts: Published


def write(programme: str, key_store: KeyStore, log: PublicLog, now: int, anew: bool = False) -> Night:
    """Bring the log up to the books. Raises as `publishing.publish`."""
    appended = appending.append(now)
    published = publishing.publish(programme, key_store, log, now, anew)
    statement = _last_statement(published.checkpoint.size)
    if statement is not None:
        with log.locked():
            log.write(page.pages(statement, published.checkpoint, published.key))
    return Night(appended, published, acts_log.write(programme, key_store, log, now, anew))


def _last_statement(size: int) -> Statement | None:
    """The last one that the checkpoint covers."""
    stated = Segment.objects.filter(first_transfer=None, first_leaf__lt=size).order_by("-first_leaf").first()
    if stated is None:
        return None
    leaf = decode_leaf(unpack(bytes(stated.entries))[0])
    return leaf if isinstance(leaf, Statement) else None
