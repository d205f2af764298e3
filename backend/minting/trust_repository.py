# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The repository that terminals learn from, as The Update Framework wants it (DESIGN.md section 4, docs/trust.md).

A folder of files that any web server can hand out. Every file but `timestamp.json` has a number or a digest in its
name and never changes; the timestamp is put in place last, whole or not at all, so a reader sees one publication or the
next.
"""

import fcntl
import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import (
    DelegatedRole,
    Delegations,
    Key,
    Metadata,
    MetaFile,
    Root,
    Signature,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)

from backend.minting.durable_files import put, put_all
from backend.minting.keystore import KeysRefused, KeyStore
from heitje.keys import PublicKey
from heitje.trust_root import (
    KEYS_OF,
    SIGNED_AT,
    SOFTWARE_FOLDER,
    TIMESTAMP_LIFE_S,
    Role,
    TargetNames,
    key_document,
    key_id,
    root_document,
)

DAY_S: Final = 86_400
ONLINE_LIFE_S: Final = 30 * DAY_S
"""Of what the online keys sign, the timestamp apart."""
ROOT_LIFE_S: Final = 730 * DAY_S
TARGETS_LIFE_S: Final = 365 * DAY_S
KEPT: Final = 8
"""Publications whose files stay, for readers that are in the middle of one."""
TIMESTAMP_FILE: Final = "timestamp.json"
_DELEGATED: Final = (Role.TRUST, Role.SOFTWARE)
_NUMBERED: Final = re.compile(r"([0-9]+)\.([a-z]+)\.json")

_Document = TypeVar("_Document", Root, Targets, Snapshot, Timestamp)


class NoRepository(Exception):
    """There is nothing here yet, or it cannot be read; the text says what."""


class TrustRepository:
    """The files under `directory`: `metadata/` and `targets/`."""

    def __init__(self, directory: Path) -> None:
        self.metadata = directory / "metadata"
        self.targets = directory / "targets"
        self._lock = directory / "lock"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One publisher at a time, of all processes."""
        self.metadata.mkdir(parents=True, exist_ok=True)
        self.targets.mkdir(exist_ok=True)
        with self._lock.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def newest(self, role: Role) -> int:
        """The newest version of a role's document, the timestamp's too, whose file has no number; 0: there is none."""
        if role is Role.TIMESTAMP:
            path = self.metadata / TIMESTAMP_FILE
            return self._read(Timestamp, path).version if path.exists() else 0
        found = map(_NUMBERED.fullmatch, (path.name for path in self.metadata.iterdir()))
        return max((int(match[1]) for match in found if match and match[2] == role), default=0)

    def published(self) -> Mapping[str, str]:
        """SHA-256 of every file of the newest publication, by its name. Raises `NoRepository`."""
        return {name: file.hashes["sha256"] for name, file in self._newest(Targets, Role.TRUST).targets.items()}

    def root(self) -> bytes:
        """The newest root, as it was signed. Raises `NoRepository`."""
        path = self.metadata / f"{self.newest(Role.ROOT)}.{Role.ROOT}.json"
        try:
            return path.read_bytes()
        except OSError as error:
            raise NoRepository(f"{path}: {error}") from error

    def is_whole(self) -> bool:
        """Whether the newest publication names the newest document of each role, and all its files are there."""
        named = {name: meta.version for name, meta in self._newest(Snapshot, Role.SNAPSHOT).meta.items()}
        return named == self._documents() and all(
            self._file(name, digest).exists() for name, digest in self.published().items()
        )

    def expires(self, role: Role) -> int:
        """Unix seconds at which a role's newest document ends. Raises `NoRepository`."""
        document = self._newest(Root, role) if role is Role.ROOT else self._newest(Targets, role)
        return int(document.expires.timestamp())

    def appoint(
        self, names: TargetNames, keys: KeyStore, root_expires: int, expires: int, former: KeyStore | None = None
    ) -> None:
        """Say who may sign what: the first root or the next, and what targets delegates. The offline keys are at hand.

        Where root keys are replaced, `former` holds enough of them for a terminal to follow. Raises `KeysRefused`.
        """
        version = self.newest(Role.ROOT) + 1
        thresholds = {role: KEYS_OF[role][1] for role in Role}
        public = {role: keys.trust_keys(role) for role in Role}
        root = Metadata(Root.from_dict(root_document(public, thresholds, version, root_expires)))
        for store in filter(None, (former, keys)):
            _sign(root, Role.ROOT, store)
        before = None if version == 1 else self._newest(Root, Role.ROOT)
        if not root.signed.get_root_verification_result(before, root.signed_bytes, root.signatures):
            raise KeysRefused("too few keys of the root have signed for a terminal to follow it")
        targets = Metadata(Targets(self.newest(Role.TARGETS) + 1, expires=_moment(expires)))
        targets.signed.delegations = _delegations(names, {role: public[role] for role in _DELEGATED})
        _sign(targets, Role.TARGETS, keys)
        self._check(root.signed, Role.TARGETS, targets)
        self._write_numbered(Role.ROOT, root)
        self._write_numbered(Role.TARGETS, targets)

    def release(self, files: Mapping[str, bytes], keys: KeyStore, expires: int) -> None:
        """The till's software as it is from the next publication on. Raises `KeysRefused`."""
        named = {f"{SOFTWARE_FOLDER}/{name}": data for name, data in files.items()}
        self._write_targets(Role.SOFTWARE, self.newest(Role.SOFTWARE) + 1, named, keys, expires)

    def write(self, number: int, files: Mapping[str, bytes], keys: KeyStore, at: int) -> None:
        """Write publication `number` with these files. Nobody sees it before `stamp`. Raises `KeysRefused`."""
        self._write_targets(Role.TRUST, number, files, keys, at + ONLINE_LIFE_S)
        meta = {name: MetaFile(version) for name, version in self._documents().items()}
        snapshot = Metadata(Snapshot(number, expires=_moment(at + ONLINE_LIFE_S), meta=meta))
        _sign(snapshot, Role.SNAPSHOT, keys)
        self._check(self._newest(Root, Role.ROOT), Role.SNAPSHOT, snapshot)
        self._write_numbered(Role.SNAPSHOT, snapshot)

    def stamp(self, number: int, keys: KeyStore, at: int) -> None:
        """Say that publication `number` is the newest at Unix time `at`. Raises `KeysRefused`, `NoRepository`."""
        snapshot = (self.metadata / f"{number}.{Role.SNAPSHOT}.json").read_bytes()
        timestamp = Metadata(
            Timestamp(
                self.newest(Role.TIMESTAMP) + 1,
                expires=_moment(at + TIMESTAMP_LIFE_S),
                snapshot_meta=MetaFile.from_data(number, snapshot, ["sha256"]),
                unrecognized_fields={SIGNED_AT: at},
            )
        )
        _sign(timestamp, Role.TIMESTAMP, keys)
        self._check(self._newest(Root, Role.ROOT), Role.TIMESTAMP, timestamp)
        put(self.metadata / TIMESTAMP_FILE, timestamp.to_bytes())

    def tidy(self) -> None:
        """Remove what publications before the last `KEPT` had and no later one has."""
        last = self.newest(Role.SNAPSHOT)
        needed = set[Path]()
        for path in sorted(self.metadata.iterdir()):
            match = _NUMBERED.fullmatch(path.name)
            if match is None or match[2] not in {Role.SNAPSHOT, *_DELEGATED}:
                continue
            if match[2] != Role.SOFTWARE and int(match[1]) <= last - KEPT:
                path.unlink()
            elif match[2] != Role.SNAPSHOT:
                targets = self._read(Targets, path).targets
                needed |= {self._file(name, file.hashes["sha256"]) for name, file in targets.items()}
        for file in self.targets.rglob("*"):
            if file.is_file() and file not in needed:
                file.unlink()

    def _documents(self) -> dict[str, int]:
        """The newest version of each document that a snapshot names."""
        newest = {role: self.newest(role) for role in (Role.TARGETS, *_DELEGATED)}
        return {f"{role}.json": version for role, version in newest.items() if version}

    def _write_targets(self, role: Role, number: int, files: Mapping[str, bytes], keys: KeyStore, expires: int) -> None:
        listed, missing = {}, {}
        for name, data in files.items():
            listed[name] = TargetFile(len(data), {"sha256": hashlib.sha256(data).hexdigest()}, name)
            path = self._file(name, listed[name].hashes["sha256"])
            if not path.exists():
                missing[path] = data
        put_all(missing)
        targets = Metadata(Targets(number, expires=_moment(expires), targets=listed))
        _sign(targets, role, keys)
        self._check(self._newest(Targets, Role.TARGETS), role, targets)
        self._write_numbered(role, targets)

    def _file(self, name: str, digest: str) -> Path:
        path = self.targets / name
        return path.with_name(f"{digest}.{path.name}")

    def _write_numbered(self, role: Role, document: Metadata[Any]) -> None:
        put(self.metadata / f"{document.signed.version}.{role}.json", document.to_bytes())

    def _newest(self, kind: type[_Document], role: Role) -> _Document:
        return self._read(kind, self.metadata / f"{self.newest(role)}.{role}.json")

    @staticmethod
    def _read(kind: type[_Document], path: Path) -> _Document:
        try:
            document = Metadata[_Document].from_bytes(path.read_bytes())
        except (OSError, RepositoryError) as error:
            raise NoRepository(f"{path}: {error}") from error
        if not isinstance(document.signed, kind):
            raise NoRepository(f"{path} is no {kind.__name__.lower()}")
        return document.signed

    @staticmethod
    def _check(delegator: Root | Targets, role: Role, document: Metadata[Any]) -> None:
        """Hold what was signed to what a terminal will ask, before anything is written. Raises `KeysRefused`."""
        try:
            delegator.verify_delegate(role, document.signed_bytes, document.signatures)
        except RepositoryError as error:
            raise KeysRefused(f"{role}: {error}") from error


def _sign(document: Metadata[Any], role: Role, keys: KeyStore) -> None:
    for public, signature in keys.sign_trust(role, document.signed_bytes):
        document.signatures[key_id(public)] = Signature(key_id(public), signature.hex())


def _delegations(names: TargetNames, keys: Mapping[Role, tuple[PublicKey, ...]]) -> Delegations:
    paths = {
        Role.TRUST: [f"{names.folder}/*", f"{names.folder}/terminals/*"],
        Role.SOFTWARE: [f"{SOFTWARE_FOLDER}/*"],
    }
    listed = {
        key_id(key): Key.from_dict(key_id(key), key_document(key)) for of_role in keys.values() for key in of_role
    }
    roles = {
        str(role): DelegatedRole(role, list(map(key_id, keys[role])), KEYS_OF[role][1], True, paths[role])
        for role in keys
    }
    return Delegations(listed, roles)


def _moment(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)
