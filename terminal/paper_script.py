# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Lines in letters that no code page has, as pictures: a shop's name in Greek, Cyrillic or Arabic is printed as it is.

Everything else stays text, which printers print faster and sharper. A letter that no font here has is left to the
printer's own replacement.
"""

import io
import unicodedata
from dataclasses import replace
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from drivers.printer.letters import printable
from drivers.printer.paper import Align, Line, Paper, PaperWidth, Part, Picture

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

_SANS: Final = files("fontpkg_noto_sans") / "files" / "NotoSans[wdth,wght].ttf"
_ARABIC: Final = files("fontpkg_noto_sans_arabic") / "files" / "NotoSansArabic[wdth,wght].ttf"
_OF_SANS: Final = frozenset({"LATIN", "GREEK", "CYRILLIC"})
_WHITE, _BLACK = 255, 0
_LETTER_DOTS: Final = 24
_WEIGHTS: Final = {False: b"Regular", True: b"Bold"}


def with_pictures(paper: Paper, width: PaperWidth) -> Paper:
    """The same paper; each line that the code page would garble is a picture of itself."""
    return replace(paper, parts=tuple(_part(part, width) for part in paper.parts))


def _part(part: Part, width: PaperWidth) -> Part:
    if not isinstance(part, Line) or "?" not in printable(part.text).replace("?", "", part.text.count("?")):
        return part
    script = _script(part.text)
    return part if script is None else Picture(_picture(part, width, arabic=script == "ARABIC"))


def _script(text: str) -> str | None:
    """The script of the letters that the code page lacks; None where there are several, or no font."""
    names = {unicodedata.name(letter, "?").split(" ")[0] for letter in text if printable(letter) == "?" != letter}
    if names == {"ARABIC"}:
        return "ARABIC"
    return "SANS" if names <= _OF_SANS else None


def _picture(line: Line, width: PaperWidth, *, arabic: bool) -> bytes:
    from PIL import Image, ImageDraw  # loaded only by a till that prints such letters

    font = _font(arabic=arabic, size=_LETTER_DOTS * line.size.value, bold=line.bold)
    step = sum(font.getmetrics())
    lines = _wrapped(line.text, font, width.dots)
    picture = Image.new("L", (width.dots, step * len(lines)), _WHITE)
    drawing = ImageDraw.Draw(picture)
    drawing.fontmode = "1"
    for place, text in enumerate(lines):
        room = width.dots - round(font.getlength(text))
        x = {Align.LEFT: 0, Align.CENTER: room // 2, Align.RIGHT: room}[line.align]
        drawing.text((max(0, x), place * step), text, font=font, fill=_BLACK)
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def _wrapped(text: str, font: "FreeTypeFont", dots: int) -> list[str]:
    lines: list[str] = []
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(longer) <= dots:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


@lru_cache(maxsize=8)
def _font(*, arabic: bool, size: int, bold: bool) -> "FreeTypeFont":
    from PIL import ImageFont

    data = (_ARABIC if arabic else _SANS).read_bytes()
    font = ImageFont.truetype(io.BytesIO(data), size)
    font.set_variation_by_name(_WEIGHTS[bold])
    return font
