# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""One backend directory's configuration: `backend.toml` into one frozen record, read once.

An unknown, missing or mistyped key stops the start. Secrets stand in files of their own, readable by the owner alone.
"""

import re
import tomllib
from dataclasses import dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from schwifty import IBAN
from schwifty.exceptions import SchwiftyException

FILE: Final = "backend.toml"
_KINDS: Final = {"str": str, "bool": bool, "int": int}
_SCHEMA: Final = re.compile(r"[a-z][a-z0-9_]{0,40}")
"""What may stand in a search path without quotes; PostgreSQL's own schemas are no programme's."""


class ConfigurationError(Exception):
    """The directory is not one that a backend can start from; the text says which file and why."""


class Engine(StrEnum):
    """The database engines: SQLite for one embedded backend, PostgreSQL for everything else."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


@dataclass(frozen=True, slots=True)
class Database:
    """The table `[database]`: of SQLite `name` is a file in the directory, and nothing else is said.

    Of PostgreSQL `name` is the database, `host` an address or the directory of its socket, and `schema` is the
    programme's own: one programme per schema, and a connection sees no other.
    """

    engine: str = Engine.SQLITE
    name: str = "heitje.sqlite3"
    schema: str = ""
    host: str = ""
    port: int = 5432
    user: str = ""
    password_file: str = ""
    """File in the directory with the password, where one is needed."""


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """The table `[limits]`: what one caller may ask of the API. A number per minute of 0 sets no limit.

    A burst is how many requests may come at once after a pause; what is used of it comes back evenly over the minute.
    """

    terminal_per_minute: int = 1200
    terminal_burst: int = 600
    address_per_minute: int = 3000
    address_burst: int = 1500
    """Per IPv4 address or IPv6 /64, before anything else is looked at; this machine's own loopback is not counted."""
    body_bytes: int = 1_048_576
    """The largest body that is read; a journal batch may have 1 MiB (JOURNAL.md section 3)."""
    trusted_proxies: int = 0
    """How many reverse proxies stand in front, each of which adds its caller to X-Forwarded-For."""


@dataclass(frozen=True, slots=True)
class Expiry:
    """The table `[expiry]`: after how many days a citizen's coins end, and the by-law that says so; 0: they do not."""

    coins_after_days: int = 0
    by_law: str = ""


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
    key_store: str = "keys.json"
    offline_keys: str = "offline-keys.json"
    django_key: str = "django.key"
    database: Database = field(default_factory=Database)
    limits: RequestLimits = field(default_factory=RequestLimits)
    expiry: Expiry = field(default_factory=Expiry)

    @property
    def database_path(self) -> Path:
        """The SQLite file."""
        return self.directory / self.database.name

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


_TABLES: Final[dict[str, type]] = {"database": Database, "limits": RequestLimits, "expiry": Expiry}
_ALWAYS_WRITTEN: Final = frozenset({"engine", "name"})


def load(directory: Path) -> Configuration:
    """Read `backend.toml` in `directory`. Raises `ConfigurationError`."""
    path = directory / FILE
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigurationError(f"no backend in {directory}: {FILE} is missing (heitje backend init)") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"{path}: {error}") from error
    tables = {name: values.pop(name, {}) for name in _TABLES}
    for name, table in tables.items():
        if not isinstance(table, dict):
            raise ConfigurationError(f"{path}: {name} is not a table")
        _check(path, f"{name}.", table, _TABLES[name])
    _check(path, "", values, Configuration)
    try:
        database, limits = Database(**tables["database"]), RequestLimits(**tables["limits"])
        expiry = Expiry(**tables["expiry"])
        configuration = Configuration(directory=directory, database=database, limits=limits, expiry=expiry, **values)
        IBAN(configuration.iban)
    except (TypeError, SchwiftyException) as error:
        raise ConfigurationError(f"{path}: {error}") from error
    _check_database(path, database, set(tables["database"]))
    _check_limits(path, limits)
    if expiry.coins_after_days < 0 or bool(expiry.coins_after_days) != bool(expiry.by_law):
        raise ConfigurationError(f"{path}: expiry names days, and the by-law that says so")
    return configuration


def _check(path: Path, prefix: str, values: dict[str, Any], form: type) -> None:
    """Every key is known and of its type."""
    known = {row.name: row for row in fields(form) if row.name not in ("directory", *_TABLES)}
    for name, value in values.items():
        if name not in known:
            raise ConfigurationError(f"{path}: unknown key {prefix}{name}")
        if type(value) is not _KINDS[str(getattr(known[name].type, "__name__", known[name].type))]:
            raise ConfigurationError(f"{path}: {prefix}{name} is not of its type")


def _check_database(path: Path, database: Database, named: set[str]) -> None:
    """The engine is one of ours, and is told what it needs and nothing else."""
    if database.engine == Engine.SQLITE:
        if extra := named - {"engine", "name"}:
            raise ConfigurationError(f"{path}: database.{min(extra)} is for PostgreSQL only")
    elif database.engine != Engine.POSTGRESQL:
        raise ConfigurationError(f"{path}: database.engine is sqlite or postgresql")
    elif missing := {"name", "schema"} - named:
        raise ConfigurationError(f"{path}: database.{min(missing)} is missing")
    elif not _SCHEMA.fullmatch(database.schema) or database.schema.startswith("pg_") or database.schema == "public":
        raise ConfigurationError(f"{path}: database.schema is a name of its own, of letters, digits and _")


def _check_limits(path: Path, limits: RequestLimits) -> None:
    """Whole numbers from 0; a rate has a burst, and something can be sent."""
    for row in fields(limits):
        if getattr(limits, row.name) < 0:
            raise ConfigurationError(f"{path}: limits.{row.name} is less than 0")
    for name in ("terminal_burst", "address_burst", "body_bytes"):
        if getattr(limits, name) == 0:
            raise ConfigurationError(f"{path}: limits.{name} is 0: nothing would be taken")


def write(configuration: Configuration) -> None:
    """Write `backend.toml`; the file must not be there yet (`FileExistsError`)."""
    lines = [f"# Settings of the {configuration.programme} backend; an unknown key stops the start."]
    lines += [
        f"{row.name} = {_written(getattr(configuration, row.name))}"
        for row in fields(configuration)
        if row.name not in ("directory", *_TABLES)
    ]
    for name in _TABLES:
        table = getattr(configuration, name)
        kept = [
            f"{row.name} = {_written(getattr(table, row.name))}"
            for row in fields(table)
            if row.name in _ALWAYS_WRITTEN or getattr(table, row.name) != row.default
        ]
        if kept:
            lines += ["", f"[{name}]", *kept]
    with (configuration.directory / FILE).open("x", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


def _written(value: str | bool | int) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int) else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
