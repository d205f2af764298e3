# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Paper: a template and what stands in it become a tagged PDF, the same bytes each time (ADR 0017).

The only module that knows the typesetter. It reads no font of the machine, fetches nothing, and knows no clock but the
time that it is given, so the same words give the same file on any machine with the same libraries.
"""

import json
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
