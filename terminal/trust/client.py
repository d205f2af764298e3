# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The way of trust to this till: the framework's own client in a staging folder, and one rename when all is there.

Rollback, freeze, key rotation and every signature are the framework's (docs/trust.md). What it brings is held to the
mint's signature as well before it is used.
"""

import json
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tuf.api.exceptions import DownloadError, DownloadHTTPError, RepositoryError
from tuf.ngclient import FetcherInterface, Updater, UpdaterConfig, Urllib3Fetcher

from heitje import __version__
from heitje.bundle import BUNDLE_MAX
from heitje.deny_list import LIST_MAX
from heitje.trust_root import SOFTWARE_FOLDER, Role, TargetNames
from terminal.software.release import ARCHIVE_MAX, MANIFEST_MAX, MANIFEST_NAME, NoRelease, Release
from terminal.trust.store import BUNDLE_NAME, DENY_NAME, METADATA_NAME, ROOT_NAME, TrustStore, TrustUnreadable
from terminal.trust.trusted import Trust

SOCKET_TIMEOUT_S: Final = 10
DOWNLOAD_TIMEOUT_S: Final = 120.0
"""Longest time for one file, however slowly it drips."""
RELEASE_WITHIN_S: Final = 3600.0
"""The same for a release: hundreds of megabytes over a line that is slow."""


class TrustOutOfReach(Exception):
    """The repository does not answer, or not to the end: try again later."""


class TrustRefused(Exception):
    """What the repository says is not to be believed, or is out of date; the text says why. The old trust stands."""


@dataclass(frozen=True, slots=True)
class TrustClient:
    """One till's way to its repository at `url` (…/v1/trust)."""

    store: TrustStore
    url: str
    iss: str
    fetcher: FetcherInterface = field(default_factory=lambda: _Fetcher())  # it is defined below

    def refresh(self) -> Trust:
        """Fetch what is newer than the trust on disk; the trust that stands now.

        Raises `TrustOutOfReach`, `TrustRefused`, `TrustUnreadable`, `TrustBusy`, `OSError`; the old trust stands then.
        """
        with self.store.locked():
            generation = self.store.newest()
            staging = self.store.fresh_staging()
            shown = _copy_metadata(generation, staging)
            updater = _updater(staging, staging / METADATA_NAME, self.url, self.store.root, self.fetcher)
            try:
                updater.refresh()
                self._bring(updater, TargetNames(self.iss).bundle(self.store.terminal), generation, BUNDLE_NAME)
                self._bring(updater, TargetNames(self.iss).deny, generation, DENY_NAME)
            except DownloadError as error:
                raise TrustOutOfReach(_told(error)) from error
            except RepositoryError as error:
                raise TrustRefused(_told(error)) from error
            if shown is not None and _timestamp(staging) == shown:
                return self.store.load()
            try:
                trust = self.store.check(staging)
            except TrustUnreadable as error:
                raise TrustRefused(str(error)) from error
            self.store.commit()
            return trust

    def _bring(self, updater: Updater, name: str, generation: Path, file_name: str) -> None:
        """Have a file in the staging folder: the one that is there already, if it still is the one that is signed."""
        target = updater.get_targetinfo(name)
        if target is None:
            raise TrustRefused(f"the repository has no {name}")
        if target.length > max(BUNDLE_MAX, LIST_MAX):
            raise TrustRefused(f"{name} is too long")
        staged = Path(updater.target_dir or "", file_name)
        if updater.find_cached_target(target, str(generation / file_name)) is not None:
            _link(generation / file_name, staged)
        else:
            updater.download_target(target, str(staged))


@dataclass(frozen=True, slots=True)
class ReleaseClient:
    """One machine's way to the till's software. `directory` holds the root that it was given, and what it was shown.

    It is apart from any till's trust, so that who installs software needs nothing of a till.
    """

    directory: Path
    url: str
    fetcher: FetcherInterface = field(default_factory=lambda: _Fetcher(RELEASE_WITHIN_S))

    def newest(self) -> Release | None:
        """The newest release; None: there is none yet.

        Raises `TrustOutOfReach`, `TrustRefused`, `TrustUnreadable`, `OSError`.
        """
        manifest = self._fetch(MANIFEST_NAME, MANIFEST_MAX)
        try:
            return None if manifest is None else Release.parse(manifest.read_bytes())
        except NoRelease as error:
            raise TrustRefused(str(error)) from error

    def fetch(self, release: Release) -> Path:
        """The archive of a release, where it is now; one that was fetched before is not fetched again.

        Raises as `newest` does.
        """
        archive = self._fetch(release.archive, ARCHIVE_MAX)
        if archive is None:
            raise TrustRefused(f"there is no {release.archive} among the releases")
        for other in archive.parent.glob("*.tar"):
            if other != archive:
                other.unlink()
        return archive

    def _fetch(self, name: str, most: int) -> Path | None:
        """Every call asks what is newest, and holds the file to it."""
        files, metadata = self.directory / "files", self.directory / METADATA_NAME
        for folder in (files, metadata):
            folder.mkdir(exist_ok=True)
        try:
            root = (self.directory / ROOT_NAME).read_bytes()
        except OSError as error:
            raise TrustUnreadable(f"{error.filename}: {error.strerror}") from error
        try:
            updater = _updater(files, metadata, self.url, root, self.fetcher)
            updater.refresh()
            if not _has_role(metadata, Role.SOFTWARE):
                return None
            target = updater.get_targetinfo(f"{SOFTWARE_FOLDER}/{name}")
            if target is None:
                return None
            if target.length > most:
                raise TrustRefused(f"{name} is too long")
            place = files / name
            if updater.find_cached_target(target, str(place)) is None:
                updater.download_target(target, str(place))
            return place
        except DownloadError as error:
            raise TrustOutOfReach(_told(error)) from error
        except RepositoryError as error:
            raise TrustRefused(_told(error)) from error


class _Fetcher(Urllib3Fetcher):
    """The library's fetcher, with an end to each file, and one class of error for whatever goes wrong on the way."""

    def __init__(self, within_s: float = DOWNLOAD_TIMEOUT_S) -> None:
        super().__init__(socket_timeout=SOCKET_TIMEOUT_S, app_user_agent=f"heitje-terminal/{__version__}")
        self._within_s = within_s

    def _fetch(self, url: str) -> Iterator[bytes]:
        return self._bounded(url, super()._fetch(url))

    def _bounded(self, url: str, chunks: Iterator[bytes]) -> Iterator[bytes]:
        deadline = time.monotonic() + self._within_s
        try:
            for chunk in chunks:
                if time.monotonic() > deadline:
                    raise DownloadError(f"{url} does not end")
                yield chunk
        except DownloadError:
            raise
        except Exception as error:
            raise DownloadError(f"{url} broke off") from error


def _updater(files: Path, metadata: Path, url: str, root: bytes, fetcher: FetcherInterface) -> Updater:
    """The framework's client. Raises `TrustUnreadable` for a root that is none."""
    place, config = url.rstrip("/"), UpdaterConfig()
    try:
        return Updater(
            str(metadata), f"{place}/metadata/", str(files), f"{place}/targets/", fetcher, config, bootstrap=root
        )
    except RepositoryError as error:
        raise TrustUnreadable(f"the root that was given: {error}") from error


def _copy_metadata(generation: Path, staging: Path) -> bytes | None:
    """Give the framework's client what it had; the timestamp that it was last shown."""
    source = generation / METADATA_NAME
    if not source.exists():
        (staging / METADATA_NAME).mkdir()
        return None
    # The client puts files in place by renames, so a linked one is never changed.
    shutil.copytree(source, staging / METADATA_NAME, symlinks=True, copy_function=_link)
    return _timestamp(staging)


def _has_role(metadata: Path, role: Role) -> bool:
    """Whether the snapshot that has just been verified knows of a role: before its first document it does not."""
    named: dict[str, object] = json.loads((metadata / f"{Role.SNAPSHOT}.json").read_bytes())["signed"]["meta"]
    return f"{role}.json" in named


def _timestamp(generation: Path) -> bytes:
    return (generation / METADATA_NAME / "timestamp.json").read_bytes()


def _link(source: str | Path, target: str | Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # a file system without hard links
        shutil.copyfile(source, target)


def _told(error: Exception) -> str:
    if isinstance(error, DownloadHTTPError):
        return f"the repository answered {error.status_code}"
    return f"{type(error).__name__}: {error}"
