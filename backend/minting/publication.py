# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Publishing the trust: what the books say becomes files that terminals fetch (DESIGN.md section 4, docs/trust.md).

A publication has a number, the version of the repository's snapshot; terminals name it in their journal (key 12). It is
in the books before anybody can see it, so intake knows every number that a terminal can honestly name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from django.db import transaction
from django.db.models import Max

from backend.minting.bundles import deny_list, issue_bundles
from backend.minting.keystore import KeyStore
from backend.minting.models import Publication
from backend.minting.trust_repository import (
    DAY_S,
    ROOT_LIFE_S,
    TARGETS_LIFE_S,
    NoRepository,
    TrustRepository,
)
from heitje.deny_list import encode
from heitje.trust_root import Role, TargetNames

RENEWED_S: Final = DAY_S
"""A publication is made at least daily, so that what the online keys signed is never near its end."""


@dataclass(frozen=True, slots=True)
class Published:
    """What was done. `fresh`: there is a new publication; else only its timestamp is new."""

    number: int
    fresh: bool
    at: int
    files: int
    ends: Mapping[Role, int]
    """Unix seconds at which the documents end that a person has to renew."""


def publish(programme: str, key_store: KeyStore, repository: TrustRepository, at: int) -> Published:
    """Publish what the books say at Unix time `at`; where nothing changed within a day, stamp what is there.

    Safe to run twice, or to crash anywhere and run again. Raises `KeysRefused`, `NoRepository`.
    """
    with repository.locked():
        if not repository.newest(Role.ROOT):
            raise NoRepository("nobody is named who may sign (heitje backend trust renew, with the offline keys)")
        number, fresh = _write(programme, key_store, repository, at)
        return _stamp(key_store, repository, number, fresh, at)


def stamp(key_store: KeyStore, repository: TrustRepository, at: int) -> Published:
    """Say again that the last publication is the newest. Raises `KeysRefused`, `NoRepository` where there is none."""
    with repository.locked():
        number = Publication.objects.aggregate(last=Max("number"))["last"]
        if number is None or repository.newest(Role.SNAPSHOT) != number:
            raise NoRepository("nothing is published yet (heitje backend publish)")
        return _stamp(key_store, repository, number, False, at)


def appoint(
    programme: str,
    key_store: KeyStore,
    repository: TrustRepository,
    at: int,
    former: KeyStore | None = None,
    root_expires: int | None = None,
) -> int:
    """Sign the first or the next root, and what targets delegates, with the offline keys; the root's version.

    Tills see it with the next publication. Raises `KeysRefused`.
    """
    with repository.locked():
        ends = root_expires or at + ROOT_LIFE_S
        repository.appoint(TargetNames(programme), key_store, ends, root_expires or at + TARGETS_LIFE_S, former)
        return repository.newest(Role.ROOT)


def release(files: Mapping[str, bytes], key_store: KeyStore, repository: TrustRepository, at: int) -> None:
    """Sign the till's software, all of it, with the release keys; tills see it with the next publication.

    Raises `KeysRefused`.
    """
    with repository.locked():
        repository.release(files, key_store, at + TARGETS_LIFE_S)


def _write(programme: str, key_store: KeyStore, repository: TrustRepository, at: int) -> tuple[int, bool]:
    last = Publication.objects.order_by("-number").first()
    on_disk = repository.newest(Role.SNAPSHOT)
    number = max(0 if last is None else last.number, on_disk) + 1
    files = _files(programme, key_store, number, at)
    if last is not None and last.number == on_disk and at - last.issued_at < RENEWED_S:
        said = {name: sha256(data).hexdigest() for name, data in files.items()}
        if said == repository.published() and repository.is_whole():
            return on_disk, False
    repository.write(number, files, key_store, at)
    Publication.objects.create(number=number, issued_at=at, confirmed_at=at)
    return number, True


def _files(programme: str, key_store: KeyStore, number: int, at: int) -> dict[str, bytes]:
    names = TargetNames(programme)
    with transaction.atomic():  # one state of the books
        denied = deny_list(at)
        bundles = issue_bundles(programme, key_store, number, at)
    files = {names.bundle(bytes.fromhex(terminal)): token for terminal, token in bundles.items()}
    return {names.deny: encode(denied), **files}


def _stamp(key_store: KeyStore, repository: TrustRepository, number: int, fresh: bool, at: int) -> Published:
    """First the books, then the timestamp: what a terminal has seen confirmed, intake knows as confirmed."""
    Publication.objects.filter(number=number, confirmed_at__lt=at).update(confirmed_at=at)
    repository.stamp(number, key_store, at)
    repository.tidy()
    ends = {role: repository.expires(role) for role in (Role.ROOT, Role.TARGETS)}
    return Published(number, fresh, at, len(repository.published()), ends)
