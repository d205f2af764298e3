# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Where a public log is read from: a folder, or a web address. Every read has a limit in bytes and in time."""

import http.client
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlsplit

from heitje.proof.tiles import BUNDLE_MAX

READ_MAX: Final = BUNDLE_MAX
TIMEOUT_S: Final = 30
_SCHEMES: Final = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}


class NotThere(Exception):
    """There is nothing at this path, or it cannot be had; the text says why."""


class Source(Protocol):
    """Files by their paths in the log."""

    def read(self, path: str) -> bytes:
        """A file's bytes. Raises `NotThere`."""
        ...


class Folder:
    """A copy on disk."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def read(self, path: str) -> bytes:
        """A file's bytes. Raises `NotThere`."""
        try:
            with (self._directory / path).open("rb") as file:
                return _limited(file.read(READ_MAX + 1), path)
        except OSError as error:
            raise NotThere(f"{path}: {error.strerror}") from error


class Website:
    """A log over HTTP; one connection, which is made anew where the other side has closed it."""

    def __init__(self, url: str) -> None:
        """Raises `ValueError` for what is no address of the web."""
        parts = urlsplit(url)
        if parts.scheme not in _SCHEMES or not parts.hostname or parts.query or parts.fragment:
            raise ValueError(f"{url} is no address of a log")
        self._connection = _SCHEMES[parts.scheme](parts.hostname, parts.port, timeout=TIMEOUT_S)
        self._prefix = parts.path.rstrip("/")

    def read(self, path: str) -> bytes:
        """A file's bytes. Raises `NotThere`."""
        try:
            try:
                return self._get(path)
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                self._connection.close()
                return self._get(path)
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise NotThere(f"{path}: {error}") from error

    def _get(self, path: str) -> bytes:
        self._connection.request("GET", f"{self._prefix}/{path}")
        response = self._connection.getresponse()
        data = response.read(READ_MAX + 1)
        if len(data) > READ_MAX:
            self._connection.close()
        if response.status != http.HTTPStatus.OK:
            raise NotThere(f"{path}: {response.status} {response.reason}")
        return _limited(data, path)


class Within:
    """A log that lies in a folder of another."""

    def __init__(self, source: Source, folder: str) -> None:
        self._source = source
        self._folder = folder

    def read(self, path: str) -> bytes:
        """A file's bytes. Raises `NotThere`."""
        return self._source.read(f"{self._folder}/{path}")


def open_source(place: str) -> Source:
    """A folder, or an address that begins with http. Raises `ValueError`."""
    return Website(place) if place.startswith(("http://", "https://")) else Folder(Path(place))


def _limited(data: bytes, path: str) -> bytes:
    if len(data) > READ_MAX:
        raise NotThere(f"{path}: more than {READ_MAX} bytes")
    return data
