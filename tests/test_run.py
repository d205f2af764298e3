# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The script at the top: its help lists what it does, and the documents name nothing that it does not do."""

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
RUN = ROOT / "run"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def call(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([RUN, *words], capture_output=True, text=True, timeout=30, check=False)


def commands() -> set[str]:
    """The words that the script acts upon, read off its last `case`."""
    cases = RUN.read_text("utf-8").rpartition("case $command in")[2]
    return set(re.findall(r"^    ([a-z-]+)(?: \| \S+)*\) ", cases, re.MULTILINE))


def test_help_lists_every_command_and_no_other() -> None:
    told = call("help")
    assert told.returncode == 0
    assert set(re.findall(r"^  ([a-z-]+) ", told.stdout, re.MULTILINE)) == commands()
    assert {"demo", "test", "check", "bench", "serve", "lock", "help"} <= commands()


def test_no_word_is_help() -> None:
    assert call().stdout == call("--help").stdout == call("help").stdout


def test_unknown_word_is_a_usage_error() -> None:
    answer = call("dance")
    assert answer.returncode == 2
    assert answer.stdout == ""
    assert "./run COMMAND" in answer.stderr


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_documents_name_only_what_exists(document: Path) -> None:
    text = document.read_text("utf-8")
    assert set(re.findall(r"\./run ([a-z-]+)", text)) <= commands()
    for link in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (document.parent / link).exists(), link


@pytest.mark.parametrize("script", [RUN, ROOT / ".ci" / "run"], ids=["run", ".ci/run"])
def test_scripts_are_posix_shell_and_executable(script: Path) -> None:
    assert script.read_text("utf-8").startswith("#!/bin/sh\n")
    assert os.access(script, os.X_OK)
