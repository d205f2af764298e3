# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""One backend directory's configuration: `backend.toml` into one frozen record, read once.

An unknown, missing or mistyped key stops the start. Secrets stand in files of their own, readable by the owner alone.
"""

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

from schwifty import IBAN
from schwifty.exceptions import SchwiftyException

FILE: Final = "backend.toml"
_KINDS: Final = {"str": str, "bool": bool}


class ConfigurationError(Exception):
    """The directory is not one that a backend can start from; the text says which file and why."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """What `backend.toml` says. File names are relative to `directory`."""

    directory: Path
    programme: str
    """The issuer's name in vouchers, as `nl.testburg`."""
    account_holder: str
    """The municipality as the bank knows it: name and IBAN of the reserve account."""
    iban: str
    production: bool
    database: str = "heitje.sqlite3"
    key_store: str = "keys.json"
    offline_keys: str = "offline-keys.json"
    django_key: str = "django.key"

    @property
    def database_path(self) -> Path:
        """The SQLite file."""
        return self.directory / self.database

    @property
    def key_store_path(self) -> Path:
        """The file of the mint's keys."""
        return self.directory / self.key_store

    @property
    def offline_keys_path(self) -> Path:
        """The file of the offline roles' keys, where it is not put away."""
        return self.directory / self.offline_keys

    @property
    def trust_path(self) -> Path:
        """The repository that terminals fetch their trust from."""
        return self.directory / "trust"

    @property
    def django_key_path(self) -> Path:
        """The file of Django's own secret."""
        return self.directory / self.django_key

    @property
    def log_path(self) -> Path:
        """The log, which holds a line for every signature."""
        return self.directory / "backend.log"

    @property
    def settlements_path(self) -> Path:
        """Where bank files and statements are written."""
        return self.directory / "settlements"


def load(directory: Path) -> Configuration:
    """Read `backend.toml` in `directory`. Raises `ConfigurationError`."""
    path = directory / FILE
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigurationError(f"no backend in {directory}: {FILE} is missing (heitje backend init)") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"{path}: {error}") from error
    known = {field.name: field for field in fields(Configuration) if field.name != "directory"}
    for name, value in values.items():
        if name not in known:
            raise ConfigurationError(f"{path}: unknown key {name}")
        if type(value) is not _KINDS[str(getattr(known[name].type, "__name__", known[name].type))]:
            raise ConfigurationError(f"{path}: {name} is not of its type")
    try:
        configuration = Configuration(directory=directory, **values)
        IBAN(configuration.iban)
    except (TypeError, SchwiftyException) as error:
        raise ConfigurationError(f"{path}: {error}") from error
    return configuration


def write(configuration: Configuration) -> None:
    """Write `backend.toml`; the file must not be there yet (`FileExistsError`)."""
    lines = [f"# Settings of the {configuration.programme} backend; an unknown key stops the start."]
    for field in fields(configuration):
        value = getattr(configuration, field.name)
        if field.name == "directory":
            continue
        lines.append(f"{field.name} = {str(value).lower() if isinstance(value, bool) else _quoted(value)}")
    with (configuration.directory / FILE).open("x", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
