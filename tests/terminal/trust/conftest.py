# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A repository as the backend writes it, a till's trust store, and between them a fetcher that can be made to lie.

The framework's client goes by the real clock, so these tests publish around it.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tuf.api.exceptions import DownloadError, DownloadHTTPError
from tuf.ngclient import FetcherInterface

from backend.minting import key_file
from backend.minting.file_keystore import FileKeyStore
from backend.minting.trust_repository import TrustRepository
from heitje.deny_list import encode
from heitje.programme import TEST_ROOT_EXPIRES, TestProgramme
from heitje.trust_root import TargetNames
from terminal.provisioning import TEST_KEYS_FROM, TEST_KEYS_UNTIL, bundle_of
from terminal.trust.client import TrustClient
from terminal.trust.store import TrustStore

URL = "https://trust.example/v1/trust"


@dataclass
class Town:
    """Who publishes."""

    programme: TestProgramme
    repository: TrustRepository
    keys: FileKeyStore
    now: int
    denied: list[bytes] = field(default_factory=list)

    @property
    def names(self) -> TargetNames:
        """Of its files."""
        return TargetNames(self.programme.iss)

    def files(self, number: int) -> dict[str, bytes]:
        """What publication `number` says."""
        token = bundle_of(self.programme, self.now, number).sign(self.programme.mint)
        return {self.names.bundle(self.programme.terminal): token, self.names.deny: encode(self.denied)}

    def publish(self, number: int, files: dict[str, bytes] | None = None, at: int | None = None) -> None:
        """Publish at a moment, or now."""
        at = self.now if at is None else at
        with self.repository.locked():
            self.repository.write(number, self.files(number) if files is None else files, self.keys, at)
            self.repository.stamp(number, self.keys, at)


@dataclass
class Line(FetcherInterface):
    """Hands out a repository's files, as they are or as `instead` says.

    `cut`: there is no connection; `cut_at`: it breaks off in the middle of the nth file that is asked for.
    """

    repository: TrustRepository
    instead: dict[str, Callable[[bytes], bytes]] = field(default_factory=dict)
    cut: bool = False
    cut_at: int | None = None
    asked: list[str] = field(default_factory=list)

    def _fetch(self, url: str) -> Iterator[bytes]:
        name = url.removeprefix(URL + "/")
        self.asked.append(name)
        if self.cut:
            raise DownloadError("cut off")
        path = self.repository.metadata.parent / name
        if len(self.asked) == self.cut_at:
            return self._broken(path)
        if not path.is_file():
            raise DownloadHTTPError("not there", 404)
        data = path.read_bytes()
        spoil = next((change for part, change in self.instead.items() if part in name), None)
        return iter([data if spoil is None else spoil(data)])

    @staticmethod
    def _broken(path: Path) -> Iterator[bytes]:
        if path.is_file():
            data = path.read_bytes()
            yield data[: len(data) // 2]
        raise DownloadError("broken off")


@pytest.fixture
def town(programme: TestProgramme, tmp_path: Path) -> Town:
    """The test programme's repository, with its root and nothing published."""
    keys, offline = tmp_path / "keys.json", tmp_path / "offline.json"
    key_file.write(keys, programme, TEST_KEYS_FROM, TEST_KEYS_UNTIL)
    key_file.write_offline(offline, programme)
    repository = TrustRepository(tmp_path / "repository")
    store = FileKeyStore.open(keys, production=False, offline=offline)
    town = Town(programme, repository, store, int(time.time()))
    with repository.locked():
        repository.appoint(town.names, store, TEST_ROOT_EXPIRES, TEST_ROOT_EXPIRES)
    return town


@pytest.fixture
def store(programme: TestProgramme, town: Town, tmp_path: Path) -> TrustStore:
    """A till's trust as enrolment leaves it."""
    store = TrustStore(tmp_path / "trust", (programme.mint.public,), programme.terminal)
    store.create(programme.trust_root, bundle_of(programme, town.now - 3600, 1).sign(programme.mint))
    return store


@pytest.fixture
def line(town: Town) -> Line:
    """The line between them."""
    return Line(town.repository)


@pytest.fixture
def client(store: TrustStore, line: Line, programme: TestProgramme) -> TrustClient:
    """The till's end of it."""
    return TrustClient(store, URL, programme.iss, line)
