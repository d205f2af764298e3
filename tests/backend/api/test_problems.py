# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The table of problems: stable codes, each once."""

import re

from backend.api.problems import Problem


def test_codes_are_unique_and_well_formed() -> None:
    codes = [problem.value.code for problem in Problem]
    assert len(set(codes)) == len(codes) == len(Problem.__members__)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", code) for code in codes)


def test_every_problem_is_an_error_with_a_title() -> None:
    assert all(400 <= problem.value.status < 600 and problem.value.title for problem in Problem)
