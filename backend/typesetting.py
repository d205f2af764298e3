# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Paper: a template and what stands in it become a tagged PDF, the same bytes each time (ADR 0017).

The only module that knows the typesetter. It reads no font of the machine, fetches nothing, and knows no clock but the
time that it is given, so the same words give the same file on any machine with the same libraries.

The typesetter works with threads of its own, which a process that forks does not hand on: a child would wait for them
for ever. A child of a process that has typeset before therefore asks a new process, which runs this module.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typst

if TYPE_CHECKING:
    from typst import PDFStandard

STANDARDS: Final[list["PDFStandard"]] = ["a-2a", "ua-1"]
"""PDF/A-2a is kept for years, PDF/UA-1 can be read aloud; both refuse a template that forgets a picture's text."""
_FONTS: Final = files("fontpkg_atkinson_hyperlegible") / "files"


def typeset(template: str, data: Mapping[str, object], at: int) -> bytes:
    """The PDF of a Typst template, which finds `data` as JSON in `sys.inputs.data`; `at`: the file's date, Unix time.

    The template sets title and language, and describes its pictures. Font: Atkinson Hyperlegible. Raises `ValueError`
    for a template that does not make a page of its data.
    """
    if not _State.has_lost_its_threads:
        return _compile(template, data, at)
    asked = json.dumps([template, data, at]).encode()
    done = subprocess.run([sys.executable, "-m", __name__], input=asked, capture_output=True, check=False)
    if done.returncode:
        raise ValueError(done.stderr.decode(errors="replace").strip())
    return done.stdout


class _State:
    """Of this process."""

    has_typeset = False
    has_lost_its_threads = False


def _after_fork() -> None:
    _State.has_lost_its_threads = _State.has_typeset


os.register_at_fork(after_in_child=_after_fork)


def _compile(template: str, data: Mapping[str, object], at: int) -> bytes:
    _State.has_typeset = True
    try:
        return typst.compile(
            template.encode(),
            format="pdf",
            font_paths=_fonts(),
            sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
            pdf_standards=STANDARDS,
            timestamp=at,
        )
    except typst.TypstError as error:
        raise ValueError(f"the template makes no page: {error}") from error


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, font_paths=[Path(str(_FONTS))])


if __name__ == "__main__":
    try:
        sys.stdout.buffer.write(_compile(*json.load(sys.stdin.buffer)))
    except ValueError as refused:
        sys.exit(str(refused))
