# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A backend's directory: what stops the start, and that what is written can be read."""

from dataclasses import replace
from pathlib import Path

import pytest

from backend.configuration import (
    FILE,
    Configuration,
    ConfigurationError,
    Database,
    Engine,
    RequestLimits,
    load,
    write,
)

GOOD = Configuration(
    directory=Path(),
    programme='nl.test"burg',
    account_holder="Gemeente \\ Testburg",
    iban="NL02ABNA0123456789",
    production=False,
)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A directory with a good configuration."""
    write(replace(GOOD, directory=tmp_path))
    return tmp_path


def test_what_is_written_is_read(directory: Path) -> None:
    assert load(directory) == replace(GOOD, directory=directory)
    with pytest.raises(FileExistsError):
        write(replace(GOOD, directory=directory))


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('colour = "red"', "unknown key colour"),
        ("key_store = 5", "key_store is not of its type"),
        ("[table]", "unknown key table"),
        ("programme = ", "backend.toml"),
        ("\x00", "backend.toml"),
    ],
)
def test_one_line_too_many_stops_the_start(directory: Path, line: str, says: str) -> None:
    write_anew(directory, line)
    with pytest.raises(ConfigurationError, match=says):
        load(directory)


def write_anew(directory: Path, line: str) -> None:
    """A good configuration with one line more, or one replaced."""
    path = directory / FILE
    path.unlink()
    write(replace(GOOD, directory=directory))
    name = line.partition(" = ")[0]
    kept = [row for row in path.read_text("utf-8").splitlines() if not row.startswith(f"{name} =")]
    at = kept.index("[database]")
    path.write_text("\n".join([*kept[:at], line, *kept[at:]]) + "\n", "utf-8")


@pytest.mark.parametrize("name", ["programme", "iban", "production"])
def test_a_line_missing_stops_the_start(directory: Path, name: str) -> None:
    path = directory / FILE
    kept = [row for row in path.read_text("utf-8").splitlines() if not row.startswith(f"{name} =")]
    path.write_text("\n".join(kept), "utf-8")
    with pytest.raises(ConfigurationError, match=name):
        load(directory)


def test_an_iban_that_does_not_check_stops_the_start(directory: Path) -> None:
    write_anew(directory, 'iban = "NL03ABNA0123456789"')
    with pytest.raises(ConfigurationError, match="checksum"):
        load(directory)


def test_an_empty_directory_says_how_to_begin(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="heitje backend init"):
        load(tmp_path)


ELSEWHERE = Database(Engine.POSTGRESQL, "money", "testburg", "/run/db", 5433, "heitje", "database.secret")


def test_a_postgresql_database_is_written_and_read(tmp_path: Path) -> None:
    configuration = replace(GOOD, directory=tmp_path, database=ELSEWHERE)
    write(configuration)
    assert load(tmp_path) == configuration


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ('engine = "oracle"', "sqlite or postgresql"),
        ('engine = "sqlite"\nschema = "x"', "database.schema is for PostgreSQL only"),
        ('engine = "postgresql"\nname = "money"', "database.schema is missing"),
        ('engine = "postgresql"\nschema = "x"', "database.name is missing"),
        ('engine = "postgresql"\nname = "money"\nschema = "public"', "a name of its own"),
        ('engine = "postgresql"\nname = "money"\nschema = "pg_x"', "a name of its own"),
        ('engine = "postgresql"\nname = "money"\nschema = "x,public"', "a name of its own"),
        ('engine = "postgresql"\nname = "money"\nschema = "x"\nport = "5"', "database.port is not of its type"),
        ('engine = "postgresql"\nname = "money"\nschema = "x"\ncolour = 1', "unknown key database.colour"),
    ],
)
def test_a_database_that_is_not_understood_stops_the_start(directory: Path, table: str, says: str) -> None:
    path = directory / FILE
    before, _, _ = path.read_text("utf-8").partition("[database]")
    path.write_text(f"{before}[database]\n{table}\n", "utf-8")
    with pytest.raises(ConfigurationError, match=says):
        load(directory)


NARROW = RequestLimits(terminal_per_minute=0, terminal_burst=1, body_bytes=5, trusted_proxies=2)


def test_limits_are_written_and_read(tmp_path: Path) -> None:
    configuration = replace(GOOD, directory=tmp_path, limits=NARROW)
    write(configuration)
    assert load(tmp_path) == configuration
    assert "address_burst" not in (tmp_path / FILE).read_text("utf-8"), "what is as usual is not written"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("colour = 1", "unknown key limits.colour"),
        ('body_bytes = "5"', "limits.body_bytes is not of its type"),
        ("trusted_proxies = -1", "limits.trusted_proxies is less than 0"),
        ("terminal_burst = 0", "nothing would be taken"),
        ("address_burst = 0", "nothing would be taken"),
        ("body_bytes = 0", "nothing would be taken"),
    ],
)
def test_limits_that_are_not_understood_stop_the_start(directory: Path, line: str, says: str) -> None:
    with (directory / FILE).open("a", encoding="utf-8") as file:
        file.write(f"[limits]\n{line}\n")
    with pytest.raises(ConfigurationError, match=says):
        load(directory)


def test_a_database_that_is_no_table_stops_the_start(directory: Path) -> None:
    path = directory / FILE
    before, _, _ = path.read_text("utf-8").partition("[database]")
    path.write_text(f"{before}database = 5\n", "utf-8")
    with pytest.raises(ConfigurationError, match="database is not a table"):
        load(directory)
