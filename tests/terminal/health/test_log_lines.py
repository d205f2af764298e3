# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The log's form, and that its second net takes out what looks like a card's number, a code or a key."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.health.log_lines import JsonLines, log_to

TERMINAL = "80c566212392d06a"


def line(message: str, **extra: object) -> dict[str, object]:
    """A record as its line."""
    record = logging.makeLogRecord({"name": "terminal", "levelname": "INFO", "msg": message, **extra})
    document: dict[str, object] = json.loads(JsonLines(TERMINAL).format(record))
    return document


def test_a_line_has_its_parts() -> None:
    told = line("a contact", sent=3, online=True, why="it works")
    assert {name: told[name] for name in told if name != "time"} == {
        "level": "info",
        "logger": "terminal",
        "message": "a contact",
        "sent": 3,
        "online": True,
        "why": "it works",
        "terminal": TERMINAL,
    }


def test_an_exception_is_one_line() -> None:
    try:
        raise ValueError("two\nlines")
    except ValueError as error:
        told = line("it failed", exc_info=(type(error), error, error.__traceback__))
    assert "ValueError: two\nlines" in str(told["exception"])


@given(st.binary(min_size=7, max_size=40))
def test_numbers_are_hidden_however_they_are_written(secret: bytes) -> None:
    forms = (
        secret.hex(),
        secret.hex().upper(),
        secret.hex(" "),
        secret.hex(":"),
        repr(secret),
        repr(bytearray(secret)),
    )
    for form in forms:
        told = json.dumps(line(f"card {form} left", card=form))
        assert form not in json.loads(told)["message"]
        assert form not in json.loads(told)["card"]


def test_codes_are_hidden() -> None:
    assert line("scanned HP1:6BFOXN%TS3DH *A")["message"] == "scanned …"


def test_the_tills_own_id_and_plain_words_stay() -> None:
    told = "terminal 80c566212392d06a, entry 1234567, /dev/ttyUSB0, 2026-11-24T06:20:13, decided"
    assert line(told)["message"] == told


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Where a log goes, and its end."""
    root, before = logging.getLogger(), logging.getLogger().level
    stream = io.StringIO()
    handler = log_to(stream, TERMINAL)
    yield stream
    root.removeHandler(handler)
    root.setLevel(before)


def test_it_is_written_where_it_is_wanted(stream: io.StringIO) -> None:
    logging.getLogger("terminal.test").info("hello")
    logging.getLogger("nfc.clf").info("too loud")
    assert [json.loads(told)["message"] for told in stream.getvalue().splitlines()] == ["hello"]
