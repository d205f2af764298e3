# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The trust on disk, in generations: each is whole before it gets its number, and is never changed afterwards.

```
trust/root.json            given at enrolment
trust/generation-000007/   bundle.cose, deny.bin, metadata/ (as the framework's client keeps it)
trust/staging/             the next one, in the making; worth nothing
```
The newest generation that is whole is the trust in use. What was written to it was checked by signatures when it was
staged: its bundle's, by a key that enrolment gave, or that both it and the bundle before list for bundles. When it is
opened its digests are held to its own metadata, so that a damaged disk is found out.
"""

import fcntl
import hashlib
import json
import logging
import mmap
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from heitje.bundle import BUNDLE_MAX, KeyUse, TrustBundle, open_bundle
from heitje.cose import MalformedToken, parse, payload_map
from heitje.deny_list import DenyList, MalformedDenyList, encode
from heitje.keys import PublicKey
from heitje.trust_root import SIGNED_AT, Role
from terminal.durable_file import write_durably
from terminal.trust.trusted import Trust

ROOT_NAME: Final = "root.json"
BUNDLE_NAME: Final = "bundle.cose"
DENY_NAME: Final = "deny.bin"
METADATA_NAME: Final = "metadata"
STAGING_NAME: Final = "staging"
KEPT: Final = 2
"""Generations that stay: the one in use, and the one before, should the disk damage it."""
_GENERATION: Final = re.compile(r"generation-([0-9]{6,})")

_log = logging.getLogger(__name__)


class TrustUnreadable(Exception):
    """There is no trust on this disk that can be used; the text says what was found."""


class TrustBusy(Exception):
    """Another program is refreshing the trust of this till."""


@dataclass(frozen=True, slots=True)
class TrustStore:
    """The trust of one terminal, under `directory`; `roots`: the mint's keys that signed its first bundles."""

    directory: Path
    roots: tuple[PublicKey, ...]
    terminal: bytes

    def create(self, root: bytes, bundle: bytes) -> None:
        """Begin with what enrolment gives: the root, and a bundle for the time before the first contact.

        Raises `OSError`.
        """
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir(parents=True)
        write_durably(self.directory / ROOT_NAME, root)
        staging = self.fresh_staging()
        (staging / BUNDLE_NAME).write_bytes(bundle)
        (staging / DENY_NAME).write_bytes(encode(()))
        self.commit()

    @property
    def root(self) -> bytes:
        """The root that was given at enrolment. Raises `TrustUnreadable`."""
        try:
            return (self.directory / ROOT_NAME).read_bytes()
        except OSError as error:
            raise TrustUnreadable(f"{error.filename}: {error.strerror}") from error

    def load(self) -> Trust:
        """The newest trust that is whole. Raises `TrustUnreadable`."""
        return self._newest()[1]

    def newest(self) -> Path:
        """The folder of the newest generation that is whole. Raises `TrustUnreadable`."""
        return self._newest()[0]

    def check(self, staged: Path) -> Trust:
        """Open what is staged, hold it to all that it says of itself, and its bundle to the trust in use.

        Raises `TrustUnreadable`.
        """
        known = _bundle_keys(self.load().bundle)
        trust = self._open(staged, tuple(key for key in _bundle_keys(_said(staged)) if key in known))
        if isinstance(trust.deny, DenyList):
            try:
                trust.deny.check()
            except MalformedDenyList as error:
                raise TrustUnreadable(f"{staged / DENY_NAME}: {error}") from error
        return trust

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One program refreshes at a time, and leaves nothing half made behind. Raises `TrustBusy`, `OSError`."""
        with (self.directory / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise TrustBusy(f"{self.directory} is being refreshed") from error
            try:
                yield
            finally:
                self.clear_staging()

    def fresh_staging(self) -> Path:
        """An empty folder for the next generation. Raises `OSError`."""
        self.clear_staging()
        staging = self.directory / STAGING_NAME
        staging.mkdir()
        return staging

    def clear_staging(self) -> None:
        """Nothing is in the making. Raises `OSError`."""
        staging = self.directory / STAGING_NAME
        if staging.exists():
            shutil.rmtree(staging)

    def commit(self) -> None:
        """Make what is staged the newest generation: on disk, then by one rename. Raises `OSError`."""
        staging = self.directory / STAGING_NAME
        for folder, _, files in os.walk(staging):
            for name in files:
                _sync(Path(folder, name))
            _sync(Path(folder))
        last = max((number for number, _ in self._generations()), default=0)
        staging.rename(self.directory / f"generation-{last + 1:06}")
        _sync(self.directory)
        for _, old in self._generations()[KEPT:]:
            shutil.rmtree(old, ignore_errors=True)

    def _newest(self) -> tuple[Path, Trust]:
        found = []
        for _, generation in self._generations():
            try:
                return generation, self._open(generation, _bundle_keys(_said(generation)))
            except TrustUnreadable as error:
                _log.error("a generation of the trust is damaged: %s", error)
                found.append(str(error))
        raise TrustUnreadable("; ".join(found) or f"{self.directory}: there is no trust here")

    def _generations(self) -> list[tuple[int, Path]]:
        """Number and folder, the newest first."""
        if not self.directory.is_dir():
            return []
        named = ((_GENERATION.fullmatch(path.name), path) for path in self.directory.iterdir())
        return sorted(((int(match[1]), path) for match, path in named if match), reverse=True)

    def _open(self, generation: Path, listed: tuple[PublicKey, ...]) -> Trust:
        """`listed`: keys that may have signed its bundle beside those of enrolment, if it came from the repository."""
        try:
            token = (generation / BUNDLE_NAME).read_bytes()
            deny = _mapped(generation / DENY_NAME)
            from_repository = (generation / METADATA_NAME).exists()
            bundle = open_bundle(token, (*self.roots, *(listed if from_repository else ())), self.terminal)
            if not from_repository:
                return Trust(bundle, DenyList(deny), bundle.version, bundle.issued)
            digests = {_digest(token), _digest(deny)}
            if not digests <= _listed(generation):
                raise TrustUnreadable(f"{generation}: a file is not the one that was signed")
            timestamp = _signed(generation, Role.TIMESTAMP)
            number, signed_at = timestamp["meta"][f"{Role.SNAPSHOT}.json"]["version"], timestamp[SIGNED_AT]
            if type(number) is not int or type(signed_at) is not int:
                raise TrustUnreadable(f"{generation}: its timestamp tells no time")
            return Trust(bundle, DenyList(deny), number, signed_at)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, MalformedToken) as error:
            raise TrustUnreadable(f"{generation}: {error}") from error


def _said(generation: Path) -> TrustBundle:
    """A generation's bundle, unchecked. Raises `TrustUnreadable`."""
    try:
        return TrustBundle.from_claims(payload_map(parse((generation / BUNDLE_NAME).read_bytes(), BUNDLE_MAX)))
    except (OSError, ValueError, KeyError, TypeError, MalformedToken) as error:
        raise TrustUnreadable(f"{generation}: {error}") from error


def _bundle_keys(bundle: TrustBundle) -> tuple[PublicKey, ...]:
    """Whose next bundle is believed after this one."""
    return tuple(key.public for key in bundle.keys if KeyUse.BUNDLE in key.uses)


def _listed(generation: Path) -> set[str]:
    """The digests of all files that the role trust speaks of."""
    targets = _signed(generation, Role.TRUST)["targets"]
    return {str(file["hashes"]["sha256"]) for file in targets.values()}


def _signed(generation: Path, role: Role) -> dict[str, Any]:
    document = json.loads((generation / METADATA_NAME / f"{role}.json").read_bytes())
    signed: dict[str, Any] = document["signed"]
    return signed


def _mapped(path: Path) -> mmap.mmap:
    """A file as memory; it goes with the last reference to it."""
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def _digest(data: bytes | mmap.mmap) -> str:
    return hashlib.sha256(data).hexdigest()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
