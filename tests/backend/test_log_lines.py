# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Log lines are JSON, one object each."""

import json
import logging
import sys

from backend.log_lines import JsonLines


def record(message: str, **extra: object) -> logging.LogRecord:
    """A record as the logging module makes it."""
    return logging.getLogger("backend.test").makeRecord("backend.test", 30, "f", 1, message, (), None, None, extra)


def test_a_line_holds_what_was_added_and_nothing_of_the_interpreter() -> None:
    line = json.loads(JsonLines().format(record("forked", terminal="80c5", seq=7)))
    assert line.pop("time")
    assert line == {
        "level": "warning",
        "logger": "backend.test",
        "message": "forked",
        "terminal": "80c5",
        "seq": 7,
    }


def test_a_line_break_in_a_message_breaks_no_line() -> None:
    assert "\n" not in JsonLines().format(record("two\nlines"))


def test_an_exception_is_told_whole() -> None:
    try:
        raise ValueError("why")
    except ValueError:
        failed = record("failed")
        failed.exc_info = sys.exc_info()
    assert "ValueError: why" in json.loads(JsonLines().format(failed))["exception"]
