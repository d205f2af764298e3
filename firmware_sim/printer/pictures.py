# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Pictures out of commands' parameters: raster, column bit image, QR code. Black on white, one byte a dot."""

from typing import Final

import segno
from PIL import Image, ImageOps

from firmware_sim.printer.glyphs import INK, WHITE

_LEVELS: Final = {48: "l", 49: "m", 50: "q", 51: "h"}


def raster(data: bytes, width_bytes: int, height: int, wide: int = 1, high: int = 1) -> Image.Image:
    """Rows from top to bottom, eight dots a byte, the first in the highest bit (GS v 0, GS ( L)."""
    size = (8 * width_bytes, height)
    if not all(size):
        return Image.new("L", (0, 0))
    image = ImageOps.invert(Image.frombytes("1", size, data).convert("L"))
    return image.resize((size[0] * wide, height * high), Image.Resampling.NEAREST)


def columns(data: bytes, bytes_per_column: int, wide: int, high: int) -> Image.Image:
    """Columns from left to right, the highest bit on top (ESC *)."""
    count = len(data) // bytes_per_column
    height = 8 * bytes_per_column
    image = Image.new("L", (count, height), WHITE)
    for x in range(count):
        column = data[x * bytes_per_column : (x + 1) * bytes_per_column]
        for y in range(height):
            if column[y // 8] & 0x80 >> y % 8:
                image.putpixel((x, y), INK)
    return image.resize((count * wide, height * high), Image.Resampling.NEAREST)


def qr_code(content: bytes, module_dots: int, level: int) -> Image.Image | None:
    """A QR code without its quiet zone, as a printer makes it; None for what no QR code can hold."""
    try:
        text: str | bytes = content.decode("utf-8")
    except UnicodeDecodeError:
        text = content
    try:
        code = segno.make_qr(text, error=_LEVELS.get(level, "l"), boost_error=False)
    except ValueError:
        return None
    rows = [bytes(INK if dark else WHITE for dark in row) for row in code.matrix]
    image = Image.frombytes("L", (len(rows), len(rows)), b"".join(rows))
    return image.resize((len(rows) * module_dots,) * 2, Image.Resampling.NEAREST)
