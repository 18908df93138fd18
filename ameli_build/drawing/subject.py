"""A product during drawing: canvas, traits of its family, colours, and parts that several kinds share."""

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image

from ameli_build.drawing.appearance import BRUSHED, COLOURS, Look, Rgb, Traits
from ameli_build.drawing.canvas import BLACK, DARK, METAL, WHITE, Box, Canvas, around, contrast, inset, luminance, mix

Grid = npt.NDArray[np.float64]
RIM = 0.006
"""Width of the dark edge of a casing."""


class Subject(Canvas):
    """The argument of a drawing function; with `back`, it draws the rear of the product.

    `between`, `pick`, `flip` and `accent` draw the traits of the product's family (see `Traits`).
    """

    def __init__(self, look: Look, pixels: int, back: bool) -> None:
        super().__init__(pixels)
        self.traits = traits = Traits(look.kind, look.family)
        self.between, self.pick, self.flip, self.accent = traits.between, traits.pick, traits.flip, traits.accent
        self.body = COLOURS[look.colour]
        self.light = "brushed" if look.colour in BRUSHED else "left"
        self.size, self.label, self.back = look.size, look.label, back

    @property
    def dark(self) -> Rgb:
        """Colour of the body in shadow: sides, gaps, feet."""
        return mix(self.body, BLACK, 0.38)

    @property
    def pale(self) -> Rgb:
        """Colour of the body in full light: rims, keys of light casings."""
        return mix(self.body, WHITE, 0.35)

    @property
    def seam(self) -> Rgb:
        """Colour of lines on the body."""
        return contrast(self.body, 0.34)

    @property
    def ink(self) -> Rgb:
        """Colour of print on the body."""
        return mix(self.body, DARK if luminance(self.body) > 105 else WHITE, 0.8)

    @property
    def glass(self) -> Rgb:
        """Colour of the family's dark glass, with a slight tint."""
        return mix(DARK, self.accent("glass"), 0.07)

    @property
    def trim(self) -> Rgb:
        """Colour of handles and knobs: copper, metal, or a contrast to the body."""
        style = self.pick("trim", 4)
        if style == 0:
            return mix(self.body, BLACK, 0.55) if luminance(self.body) > 105 else METAL
        if style == 1:
            return (196, 142, 96)
        return METAL if luminance(self.body) < 160 else mix(METAL, BLACK, 0.35)

    def casing(self, box: Box, radius: float = 0.02, light: str = "", colour: Rgb | None = None) -> None:
        """A part of the body with a rim; by default, the light comes from the left."""
        shade = self.body if colour is None else colour
        self.shaded(box, mix(shade, BLACK, 0.3), radius, "left")
        self.shaded(inset(box, RIM), shade, max(0.0, radius - RIM), light or self.light)

    def brand(self, y: float, height: float, widest: float, x: float = 0.5) -> None:
        """The product's label, printed on the body."""
        self.text(x, y, self.label, height, self.ink, widest)

    def emblem(self, x: float, y: float, radius: float) -> None:
        """The maker's sign of a family: one of six shapes in the ink or the accent."""
        shape = self.pick("emblem", 6)
        colour = mix(self.ink, self.body, 0.25) if self.flip("plain emblem") else self.accent()
        if shape == 0:
            self.ring(x, y, radius, colour, radius * 0.3)
        elif shape == 1:
            self.poly([(x, y - radius), (x + radius, y), (x, y + radius), (x - radius, y)], colour)
        elif shape == 2:
            self.poly([(x, y - radius), (x + radius, y + radius), (x - radius, y + radius)], colour)
        elif shape == 3:
            for step in (-1, 0, 1):
                self.rect((x - radius, y + step * radius * 0.7, x + radius, y + (step * 0.7 + 0.35) * radius), colour)
        elif shape == 4:
            self.disc(x - radius * 0.45, y, radius * 0.75, colour)
            self.disc(x + radius * 0.6, y, radius * 0.4, colour)
        else:
            self.rect(around(x, y, radius), colour, radius * 0.4)

    def screen(self, box: Box, radius: float = 0.0, glare: bool = True) -> None:
        """A lit display with the family's wallpaper and a reflection."""
        self.paste(wallpaper(self.traits, glare), box, radius)

    def dots(self, box: Box, columns: int, rows: int, radius: float, colour: Rgb) -> None:
        """A grid of holes: a grille, a vent, a keypad."""
        left, top, right, bottom = box
        for row in range(rows):
            for column in range(columns):
                x = left + (right - left) * (column + 0.5) / columns
                y = top + (bottom - top) * (row + 0.5) / rows
                self.disc(x, y, radius, colour)

    def lamps(self, x: float, y: float, step: float, count: int, radius: float, rest: Rgb, lit: int = 0) -> None:
        """A row of `count` round buttons; number `lit` has the accent colour, the others the colour `rest`."""
        for number in range(count):
            self.disc(x + step * number, y, radius, self.accent() if number == lit else rest)

    def slits(self, box: Box, count: int, colour: Rgb) -> None:
        """A row of vertical vent slits."""
        left, top, right, bottom = box
        pitch = (right - left) / count
        for number in range(count):
            x = left + pitch * (number + 0.25)
            self.rect((x, top, x + pitch * 0.45, bottom), colour, pitch * 0.2)

    def knob(self, x: float, y: float, radius: float, colour: Rgb, turn: float = 0.0) -> None:
        """A round knob whose pointer is turned by `turn` (-1..1)."""
        self.disc(x, y, radius * 1.15, mix(colour, BLACK, 0.5))
        self.shaded_oval(around(x, y, radius), colour)
        tip = (x + radius * 0.8 * np.sin(turn * 2.0), y - radius * 0.8 * np.cos(turn * 2.0))
        self.line([(x, y), (float(tip[0]), float(tip[1]))], contrast(colour, 0.7), radius * 0.2)


@lru_cache(maxsize=64)
def wallpaper(traits: Traits, glare: bool) -> Image.Image:
    """A family's display content, 96 x 64 pixels: one of six patterns in two of its colours."""
    y, x = np.mgrid[0:64, 0:96] / np.array([64.0, 96.0])[:, None, None]
    first = np.array(mix(traits.accent("sky"), (20, 30, 60), traits.between("sky depth", 0.1, 0.6)), float)
    second = np.array(mix(traits.accent("land"), WHITE, traits.between("land light", 0.0, 0.5)), float)
    amount = _pattern(traits, x, y)
    picture = first + (second - first) * np.clip(amount, 0.0, 1.0)[..., None]
    if glare:
        sheet = ((x + 0.5 * y) < traits.between("glare", 0.25, 0.7)) * 0.13
        picture += (255.0 - picture) * sheet[..., None]
    return Image.fromarray(np.rint(picture).clip(0, 255).astype(np.uint8)).convert("RGBA")


def _pattern(traits: Traits, x: Grid, y: Grid) -> Grid:
    pattern, rate = traits.pick("wallpaper", 6), traits.between("rate", 2.0, 5.0)
    centre = traits.between("centre x", 0.2, 0.8), traits.between("centre y", 0.2, 0.8)
    away = np.hypot(x * 1.4 - centre[0] * 1.4, y - centre[1])
    if pattern == 0:
        hills = 0.55 + 0.14 * np.sin(x * rate * 2.0 + rate) + 0.06 * np.sin(x * rate * 5.0)
        return np.where(y > hills, 0.75 + 0.25 * y, 0.35 * y)
    if pattern == 1:
        return np.where((away * rate * 2.0) % 1.0 < 0.5, 0.9, 0.15)
    if pattern == 2:
        return ((x + y * 0.8) * rate * 1.4) % 1.0
    if pattern == 3:
        return np.where(away < 0.28, 1.0, 0.55 * (1.0 - y))
    if pattern == 4:
        tiles: Grid = (np.floor(x * rate * 2.2) * 3 + np.floor(y * rate * 1.6) * 5) % 4
        return tiles / 3.0
    waves: Grid = 0.5 + 0.5 * np.sin(x * rate * 3.0 + 2.0 * np.sin(y * rate * 2.0))
    return waves
