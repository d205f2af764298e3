# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Starts Django for one backend directory: the only place where settings and database meet.

SQLite is set up for money: write-ahead log, a sync at each commit, foreign keys, and transactions that take the write
lock when they begin, so that what a transaction reads is what it writes upon. On PostgreSQL rows are locked instead
(`backend.ledger.locking`), a commit is on disk before it is told, and the search path holds the programme's schema
alone: a name that is not in it is not found.
"""

import secrets
from pathlib import Path
from typing import Any, Final

import django
from django.conf import settings

from backend import settings as fixed
from backend.configuration import Configuration, ConfigurationError, Engine

BUSY_TIMEOUT_S: Final = 20
_LOCK_TIMEOUT: Final = f"{BUSY_TIMEOUT_S}s"
_PRAGMAS: Final = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA recursive_triggers=ON;"


def start(configuration: Configuration) -> None:
    """Configure and set up Django. Once per process: a second directory raises `ConfigurationError`."""
    if settings.configured:
        if getattr(settings, "HEITJE", configuration).directory != configuration.directory:
            raise ConfigurationError("this process already serves another backend directory")
        return
    try:
        secret = configuration.django_key_path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise ConfigurationError(f"Django's secret is missing: {error}") from error
    settings.configure(
        **_same_for_all(),
        SECRET_KEY=secret,
        DATABASES={"default": database_settings(configuration)},
        LOGGING=_logging(configuration.log_path),
        DATA_UPLOAD_MAX_MEMORY_SIZE=configuration.limits.body_bytes,
        HEITJE=configuration,
    )
    django.setup()


def start_without_directory() -> None:
    """For what only describes: the routes and tables are there, and no database. Once per process."""
    if not settings.configured:
        settings.configure(**_same_for_all(), SECRET_KEY=secrets.token_hex())
        django.setup()


def _same_for_all() -> dict[str, Any]:
    return {name: getattr(fixed, name) for name in dir(fixed) if name.isupper()}


def database_settings(configuration: Configuration) -> dict[str, Any]:
    """Django's description of the database. Raises `ConfigurationError` where its password cannot be read."""
    database = configuration.database
    if database.engine == Engine.SQLITE:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(configuration.database_path),
            "CONN_MAX_AGE": None,
            "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": BUSY_TIMEOUT_S, "init_command": _PRAGMAS},
        }
    password = ""
    if database.password_file:
        try:
            password = (configuration.directory / database.password_file).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ConfigurationError(f"the database's password is missing: {error}") from error
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": database.name,
        "HOST": database.host,
        "PORT": str(database.port),
        "USER": database.user,
        "PASSWORD": password,
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "options": f"-c search_path={database.schema} -c synchronous_commit=on -c lock_timeout={_LOCK_TIMEOUT}",
            "application_name": "heitje",
            "server_side_binding": True,
            "prepare_threshold": None,  # `backend.ledger.prepared` does
        },
    }


def _logging(log_file: Path) -> dict[str, Any]:
    """One JSON object per line: everything into the directory's log, what needs a person on standard error as well."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "backend.log_lines.JsonLines"}},
        "handlers": {
            "file": {
                "class": "logging.handlers.WatchedFileHandler",
                "filename": str(log_file),
                "formatter": "json",
                "delay": True,
            },
            "stderr": {"class": "logging.StreamHandler", "formatter": "json", "level": "WARNING"},
        },
        "loggers": {
            "backend": {"handlers": ["file", "stderr"], "level": "INFO"},
            "django": {"handlers": ["file", "stderr"], "level": "WARNING", "propagate": False},
            "django.request": {"level": "ERROR"},  # a refused request is no event: the caller was told
        },
    }
