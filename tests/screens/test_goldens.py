# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Every screen as a picture, in every language and both sizes, against its golden.

A golden is the hash of the picture's pixels; of Dutch at 800x480 the picture itself is kept too, in few colours, to be
looked at. What differs is put into build/screens/: golden, picture and difference side by side.
`UPDATE_GOLDENS=1 pytest tests/screens` writes them anew; the pictures are then to be looked at.
"""

import hashlib
import json
import os
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageChops

os.environ["SDL_VIDEODRIVER"] = "dummy"
os.environ["SDL_AUDIODRIVER"] = "dummy"

from terminal.catalogues import LANGUAGES
from terminal.screens.customer_layout import lay_out_customer
from terminal.screens.customer_view import customer_view
from terminal.screens.gallery import TIME_ZONE, exhibits
from terminal.screens.layout import lay_out
from terminal.screens.page import Laid, Size
from terminal.screens.views import view
from terminal.screens.window import measure, pixels

ROOT = Path(__file__).resolve().parent.parent.parent
GOLDENS = Path(__file__).with_name("goldens")
HASHES = GOLDENS / "hashes.json"
DIFFERS = ROOT / "build" / "screens"
SIZES = (Size(800, 480), Size(1024, 600))
KEPT = "nl-800x480"
COLOURS = 32
UPDATING = bool(os.environ.get("UPDATE_GOLDENS"))


@pytest.fixture(autouse=True)
def _in_the_gallerys_time(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", TIME_ZONE)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def pages(language: str, size: Size) -> Iterator[tuple[str, Laid]]:
    """Every screen of the till, and each different one of the customer's."""
    seen = set()
    for exhibit in exhibits(language):
        yield exhibit.name, lay_out(view(exhibit.scene, exhibit.status), size, measure, strict=True)
        shown = customer_view(exhibit.scene, exhibit.status)
        if shown not in seen:
            seen.add(shown)
            yield f"customer-of-{exhibit.name}", lay_out_customer(shown, size, measure, strict=True)


def picture_of(data: bytes, size: Size) -> Image.Image:
    return Image.frombytes("RGB", size, data)


def told_difference(name: str, picture: Image.Image) -> str:
    """Put golden, picture and difference beside each other, where there is a golden; where they are."""
    DIFFERS.mkdir(parents=True, exist_ok=True)
    golden_file = GOLDENS / KEPT / f"{name}.png"
    shown = DIFFERS / f"{name}.png"
    if not golden_file.exists():
        picture.save(shown)
        return str(shown)
    golden = Image.open(golden_file).convert("RGB").resize(picture.size)
    changed = ImageChops.difference(golden, picture).convert("L").point(lambda level: 255 if level > 80 else 0)
    marked = Image.composite(Image.new("RGB", picture.size, (220, 0, 90)), picture.convert("L").convert("RGB"), changed)
    sheet = Image.new("RGB", (3 * picture.width, picture.height))
    for place, part in enumerate((golden, picture, marked)):
        sheet.paste(part, (place * picture.width, 0))
    sheet.save(shown)
    return str(shown)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size.width}x{size.height}")
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_screen_is_its_golden(language: str, size: Size) -> None:
    key = f"{language}-{size.width}x{size.height}"
    known = json.loads(HASHES.read_text("utf-8")) if HASHES.exists() else {}
    found: dict[str, str] = {}
    differing = []
    for name, page in pages(language, size):
        data = pixels(page)
        found[name] = hashlib.sha256(data).hexdigest()[:16]
        if UPDATING and key == KEPT:
            keep(name, picture_of(data, size))
        elif found[name] != known.get(key, {}).get(name):
            differing.append(told_difference(name, picture_of(data, size)))
    if UPDATING:
        HASHES.write_text(json.dumps({**known, key: found}, indent=1, sort_keys=True) + "\n", "utf-8")
        return
    assert differing == []
    assert known[key].keys() == found.keys()


def keep(name: str, picture: Image.Image) -> None:
    """Keep a picture in few colours, unless what is kept is the same."""
    file = GOLDENS / KEPT / f"{name}.png"
    file.parent.mkdir(parents=True, exist_ok=True)
    data = BytesIO()
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(data, "PNG", optimize=True)
    file.write_bytes(data.getvalue())


def test_no_golden_is_left_over() -> None:
    known = json.loads(HASHES.read_text("utf-8"))
    assert set(known) == {f"{language}-{size.width}x{size.height}" for language in LANGUAGES for size in SIZES}
    assert {path.stem for path in (GOLDENS / KEPT).iterdir()} == set(known[KEPT])


def test_a_difference_is_seen() -> None:
    [(name, page)] = [pair for pair in pages("nl", SIZES[0]) if pair[0] == "idle"]
    picture = picture_of(pixels(page), SIZES[0])
    picture.paste((255, 0, 0), (100, 100, 200, 200))
    sheet = Image.open(told_difference(f"{name}", picture))
    assert sheet.size == (2400, 480)
    assert sheet.getpixel((1600 + 150, 150)) == (220, 0, 90)
    Path(DIFFERS / f"{name}.png").unlink()
