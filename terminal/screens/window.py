# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The one module that knows pygame: it paints drawings into windows, hears hands, and plays sounds.

pygame here is pygame-ce (docs/adr/0015-pygame-ce.md). Letters are Atkinson Hyperlegible's, a font made to be read by
everyone, from a package of its own, so that a screen looks the same on every machine.
"""

import io
import logging
import os
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import as_file, files
from typing import Final

os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")

import pygame

from terminal.screens.drawing import Box, Glyph, Modules, Rect, Stripes, Text, Type
from terminal.screens.icons import GRID, ICONS, STROKE, Circle, Icon
from terminal.screens.inputs import Down, Exposed, Input, KeyPressed, Up, WindowClosed
from terminal.screens.page import Laid, Size
from terminal.screens.palette import Colour
from terminal.screens.screen import Key
from terminal.screens.sounds import RATE_HZ, Sound, wave

_FONTS: Final = files("fontpkg_atkinson_hyperlegible") / "files"
_FONT_FILES: Final = {False: "AtkinsonHyperlegible-Regular.ttf", True: "AtkinsonHyperlegible-Bold.ttf"}
_FINER: Final = 4
"""Round things are drawn so many times larger, and made smaller: their edges become smooth."""
_MOUSE_LEFT: Final = 1
_KEYS: Final = {
    pygame.K_RETURN: Key.ENTER,
    pygame.K_KP_ENTER: Key.ENTER,
    pygame.K_ESCAPE: Key.ESCAPE,
    pygame.K_BACKSPACE: Key.BACKSPACE,
    pygame.K_UP: Key.UP,
    pygame.K_DOWN: Key.DOWN,
    **{getattr(pygame, f"K_{digit}"): digit for digit in "0123456789"},
    **{getattr(pygame, f"K_KP{digit}"): digit for digit in "0123456789"},
}

_log = logging.getLogger(__name__)


@lru_cache(maxsize=64)
def _font(letters: Type) -> pygame.font.Font:
    if not pygame.font.get_init():
        pygame.font.init()
    with as_file(_FONTS / _FONT_FILES[letters.bold]) as path:
        return pygame.font.Font(str(path), letters.size)


@lru_cache(maxsize=1024)
def measure(text: str, letters: Type) -> tuple[int, int]:
    """How wide and how high a line of text is, in pixels."""
    return _font(letters).size(text)


def paint(laid: Laid) -> pygame.Surface:
    """A page as a picture in memory."""
    surface = pygame.Surface(laid.size)
    surface.fill(laid.ground)
    for drawing in laid.drawings:
        match drawing:
            case Box():
                _paint_box(surface, drawing)
            case Text(x=x, y=y, text=text, type=letters, colour=colour):
                surface.blit(_font(letters).render(text, True, colour), (x, y))
            case Glyph(icon=icon, rect=rect, colour=colour):
                surface.blit(_icon(icon, rect.width, colour), rect[:2])
            case Modules():
                _paint_modules(surface, drawing)
            case Stripes():
                _paint_stripes(surface, drawing)
    return surface


def png(laid: Laid) -> bytes:
    """A page as a PNG."""
    file = io.BytesIO()
    pygame.image.save(paint(laid), file, "page.png")
    return file.getvalue()


def pixels(laid: Laid) -> bytes:
    """A page's pixels, row by row, red, green, blue."""
    return pygame.image.tobytes(paint(laid), "RGB")


def _paint_box(surface: pygame.Surface, box: Box) -> None:
    if box.edge is not None:
        _paint_round(surface, box.rect, box.edge, box.radius)
        inner = box.rect.inset(box.edge_width)
        _paint_round(surface, inner, box.fill, max(0, box.radius - box.edge_width))
    else:
        _paint_round(surface, box.rect, box.fill, box.radius)


def _paint_round(surface: pygame.Surface, rect: Rect, colour: Colour, radius: int) -> None:
    if not radius:
        surface.fill(colour, rect)
        return
    surface.fill(colour, (rect.x + radius, rect.y, rect.width - 2 * radius, rect.height))
    surface.fill(colour, (rect.x, rect.y + radius, rect.width, rect.height - 2 * radius))
    disc = _disc(radius, colour)
    for x, left in ((rect.x, 0), (rect.right - radius, radius)):
        for y, top in ((rect.y, 0), (rect.bottom - radius, radius)):
            surface.blit(disc, (x, y), (left, top, radius, radius))


@lru_cache(maxsize=64)
def _disc(radius: int, colour: Colour) -> pygame.Surface:
    fine = pygame.Surface((2 * radius * _FINER, 2 * radius * _FINER), pygame.SRCALPHA)
    fine.fill((*colour, 0))
    pygame.draw.circle(fine, colour, (radius * _FINER, radius * _FINER), radius * _FINER)
    return _smaller(fine)


@lru_cache(maxsize=256)
def _icon(icon: Icon, side: int, colour: Colour) -> pygame.Surface:
    fine = pygame.Surface((side * _FINER, side * _FINER), pygame.SRCALPHA)
    fine.fill((*colour, 0))
    scale = side * _FINER / GRID
    half = STROKE * scale / 2
    for shape in ICONS[icon]:
        if isinstance(shape, Circle):
            centre = (shape.centre[0] * scale, shape.centre[1] * scale)
            radius = shape.radius * scale
            pygame.draw.circle(
                fine, colour, centre, radius if shape.filled else radius + half, 0 if shape.filled else round(2 * half)
            )
            continue
        points = [pygame.Vector2(x * scale, y * scale) for x, y in shape.points]
        ends = [*points[1:], *points[:1]] if shape.closed else points[1:]
        for begin, end in zip(points, ends, strict=False):
            _stroke(fine, colour, begin, end, half)
    return _smaller(fine)


def _stroke(fine: pygame.Surface, colour: Colour, begin: pygame.Vector2, end: pygame.Vector2, half: float) -> None:
    """A line with round ends."""
    across = (end - begin).normalize().rotate(90) * half
    pygame.draw.polygon(fine, colour, [begin + across, end + across, end - across, begin - across])
    pygame.draw.circle(fine, colour, begin, half)
    pygame.draw.circle(fine, colour, end, half)


def _smaller(fine: pygame.Surface) -> pygame.Surface:
    """By plain C code, which rounds alike on every processor."""
    pygame.transform.set_smoothscale_backend("GENERIC")
    return pygame.transform.smoothscale(fine, (fine.width // _FINER, fine.height // _FINER))


def _paint_modules(surface: pygame.Surface, modules: Modules) -> None:
    surface.fill(modules.light, modules.rect)
    quiet = (modules.rect.width - len(modules.rows) * modules.size) // 2
    for row, line in enumerate(modules.rows):
        for column, dark in enumerate(line):
            if dark:
                x = modules.rect.x + quiet + column * modules.size
                y = modules.rect.y + quiet + row * modules.size
                surface.fill(modules.dark, (x, y, modules.size, modules.size))


def _paint_stripes(surface: pygame.Surface, stripes: Stripes) -> None:
    rect, width = stripes.rect, stripes.width
    edges = (
        Rect(rect.x, rect.y, rect.width, width),
        Rect(rect.x, rect.bottom - width, rect.width, width),
        Rect(rect.x, rect.y, width, rect.height),
        Rect(rect.right - width, rect.y, width, rect.height),
    )
    period = 4 * width
    for edge in edges:
        surface.set_clip(edge)
        surface.fill(stripes.one, edge)
        for start in range(-rect.height, rect.width + rect.height, period):
            corners = ((start, rect.bottom), (start + 2 * width, rect.bottom))
            top = ((start + 2 * width + rect.height, rect.y), (start + rect.height, rect.y))
            pygame.draw.polygon(surface, stripes.other, (*corners, *top))
    surface.set_clip(None)


class Display:
    """The till's own window and the customer's; opened by `open`, used by one thread."""

    def __init__(self, size: Size, customer: Size | None = None, *, fullscreen: bool = False) -> None:
        self._size = size
        self._customer_size = customer
        self._fullscreen = fullscreen
        self._window: pygame.Window | None = None
        self._customer: pygame.Window | None = None
        self._sounds: dict[Sound, pygame.mixer.Sound] = {}

    def open(self) -> None:
        """Open the windows. A till without a loudspeaker is silent, and says so in its log."""
        pygame.display.init()
        self._window = pygame.Window("Heitje", self._size, fullscreen_desktop=self._fullscreen)
        if self._customer_size is not None:
            self._customer = _second_window(self._customer_size, fullscreen=self._fullscreen)
        if self._fullscreen:
            pygame.mouse.set_visible(False)
        try:
            pygame.mixer.init(RATE_HZ, -16, 1)
        except pygame.error as error:
            _log.warning("no sound: %s", error)
        else:
            self._sounds = {sound: pygame.mixer.Sound(buffer=wave(sound)) for sound in Sound}

    @property
    def size(self) -> Size:
        """The till's window as it is."""
        return self._size if self._window is None else Size(*self._window.size)

    @property
    def customer_size(self) -> Size | None:
        """The customer's window as it is; None where there is none."""
        return None if self._customer is None else Size(*self._customer.size)

    def show(self, laid: Laid) -> None:
        """Paint the till's window."""
        _show(self._window, laid)

    def show_customer(self, laid: Laid) -> None:
        """Paint the customer's window."""
        _show(self._customer, laid)

    def play(self, sound: Sound) -> None:
        """Let a sound be heard."""
        if sound in self._sounds:
            self._sounds[sound].play()

    def inputs(self) -> Iterator[Input]:
        """What hands have done since the last time. Never waits."""
        for event in pygame.event.get():
            heard = self._heard(event)
            if heard is not None:
                yield heard

    def close(self) -> None:
        """Close the windows."""
        for window in (self._window, self._customer):
            if window is not None:
                window.destroy()
        self._window = self._customer = None
        self._sounds = {}
        pygame.mixer.quit()
        pygame.display.quit()

    def _heard(self, event: pygame.Event) -> Input | None:
        """Of the customer's window nothing is heard."""
        if event.type in (pygame.QUIT, pygame.WINDOWCLOSE):
            return WindowClosed()
        if event.type in (pygame.WINDOWEXPOSED, pygame.WINDOWSIZECHANGED, pygame.WINDOWRESTORED):
            return Exposed()
        window = getattr(event, "window", None)
        if window is not None and window is not self._window:
            return None
        return self._hands(event)

    def _hands(self, event: pygame.Event) -> Input | None:
        if event.type in (pygame.FINGERDOWN, pygame.FINGERUP):
            kind = Down if event.type == pygame.FINGERDOWN else Up
            return kind(int(event.x * self.size.width), int(event.y * self.size.height))
        if event.type in (pygame.MOUSEBUTTONDOWN, pygame.MOUSEBUTTONUP):
            if event.button != _MOUSE_LEFT or getattr(event, "touch", False):  # a finger is heard as such
                return None
            return (Down if event.type == pygame.MOUSEBUTTONDOWN else Up)(*event.pos)
        if event.type == pygame.KEYDOWN and event.key in _KEYS:
            return KeyPressed(str(_KEYS[event.key]))
        return None


def _second_window(size: Size, *, fullscreen: bool) -> pygame.Window:
    """The customer's window; with a second panel it fills that."""
    panels = pygame.display.get_desktop_sizes()
    if not fullscreen or len(panels) < 2:
        return pygame.Window("Heitje", size)
    return pygame.Window("Heitje", panels[1], position=(panels[0][0], 0), borderless=True)


def _show(window: pygame.Window | None, laid: Laid) -> None:
    if window is not None:
        window.get_surface().blit(paint(laid), (0, 0))
        window.flip()
