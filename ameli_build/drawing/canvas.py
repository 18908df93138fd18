"""A transparent canvas in unit coordinates, with the shaded shapes for drawings of products."""

from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ameli_build.drawing.appearance import Rgb

Box = tuple[float, float, float, float]
Point = tuple[float, float]
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

WHITE: Rgb = (255, 255, 255)
BLACK: Rgb = (0, 0, 0)
DARK: Rgb = (30, 31, 35)
METAL: Rgb = (174, 177, 182)


def mix(first: Rgb, second: Rgb, share: float) -> Rgb:
    """A mixture of two colours with `share` (0..1) of `second`."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def luminance(colour: Rgb) -> float:
    """Perceived brightness, 0..255."""
    return 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]


def contrast(colour: Rgb, share: float = 0.3) -> Rgb:
    """A line colour with contrast to `colour`: darker on light colours, lighter on dark colours."""
    return mix(colour, BLACK if luminance(colour) > 105 else WHITE, share)


def around(x: float, y: float, across: float, down: float | None = None) -> Box:
    """The box around a point, with half-width `across` and half-height `down` (by default the same)."""
    down = across if down is None else down
    return x - across, y - down, x + across, y + down


def middle(half: float, top: float, foot: float) -> Box:
    """A box in the middle of the canvas, with half-width `half`."""
    return 0.5 - half, top, 0.5 + half, foot


def inset(box: Box, by: float) -> Box:
    """A box without its margin `by`."""
    left, top, right, bottom = box
    return left + by, top + by, right - by, bottom - by


def taper(x: float, top: float, upper: float, bottom: float, lower: float) -> list[Point]:
    """A trapezoid around the vertical line at `x`, with half-widths `upper` and `lower`."""
    return [(x - upper, top), (x + upper, top), (x + lower, bottom), (x - lower, bottom)]


@lru_cache(maxsize=64)
def font(pixels: int) -> Font:
    """Pillow's own font, so that all machines draw the same letters."""
    return ImageFont.load_default(size=pixels)


@lru_cache(maxsize=512)
def _ramp(colour: Rgb, light: str) -> Image.Image:
    """A strip of 64 colours across (left, cylinder, brushed) or down (top) a surface."""
    x = np.linspace(0.0, 1.0, 64)
    if light == "cylinder":
        shade = 0.72 + 0.42 * np.exp(-(((x - 0.32) / 0.28) ** 2)) - 0.16 * x
        gloss = 0.22 * np.exp(-(((x - 0.28) / 0.07) ** 2))
    elif light == "brushed":
        shade = 1.02 - 0.16 * x + 0.025 * np.sin(x * 157.0) + 0.02 * np.sin(x * 61.0 + 1.0)
        gloss = 0.16 * np.exp(-(((x - 0.3) / 0.16) ** 2)) + 0.08 * np.exp(-(((x - 0.78) / 0.06) ** 2))
    else:
        shade = 1.09 - 0.24 * x
        gloss = 0.06 * (1.0 - x)
    base = np.asarray(colour, dtype=np.float64)
    rgb = base[None, :] * shade[:, None] + (255.0 - base)[None, :] * gloss[:, None]
    strip = np.full((64, 4), 255, dtype=np.uint8)
    strip[:, :3] = np.clip(np.rint(rgb), 0, 255)
    return Image.fromarray(strip[:, None, :] if light == "top" else strip[None, :, :])


class Canvas:
    """Draws on a transparent square of `pixels`; all coordinates are in 0..1, y downwards."""

    def __init__(self, pixels: int) -> None:
        self.pixels = pixels
        self.image = Image.new("RGBA", (pixels, pixels))
        self._draw = ImageDraw.Draw(self.image)

    def _box(self, box: Box) -> tuple[int, int, int, int]:
        left, top, right, bottom = (round(value * self.pixels) for value in box)
        return left, top, max(right, left + 1), max(bottom, top + 1)

    def _points(self, points: list[Point]) -> list[Point]:
        return [(x * self.pixels, y * self.pixels) for x, y in points]

    def _width(self, width: float) -> int:
        return max(1, round(width * self.pixels))

    def rect(self, box: Box, fill: Rgb, radius: float = 0.0) -> None:
        """A flat rectangle, rounded by `radius`."""
        left, top, right, bottom = self._box(box)
        self._draw.rounded_rectangle((left, top, right - 1, bottom - 1), radius * self.pixels, fill)

    def frame(self, box: Box, colour: Rgb, width: float, radius: float = 0.0) -> None:
        """The outline of a rectangle."""
        left, top, right, bottom = self._box(box)
        self._draw.rounded_rectangle(
            (left, top, right - 1, bottom - 1),
            radius * self.pixels,
            outline=colour,
            width=self._width(width),
        )

    def oval(self, box: Box, fill: Rgb) -> None:
        """A flat ellipse."""
        self._draw.ellipse(self._box(box), fill)

    def disc(self, x: float, y: float, radius: float, fill: Rgb) -> None:
        """A flat circle."""
        self.oval(around(x, y, radius), fill)

    def discs(self, x: float, y: float, *discs: tuple[float, Rgb]) -> None:
        """Flat circles (radius, colour) around the same point, the lowest first."""
        for radius, fill in discs:
            self.disc(x, y, radius, fill)

    def ring(self, x: float, y: float, radius: float, colour: Rgb, width: float) -> None:
        """A circle's outline; `width` extends inwards."""
        self._draw.ellipse(self._box(around(x, y, radius)), outline=colour, width=self._width(width))

    def arc(self, box: Box, start: float, end: float, colour: Rgb, width: float) -> None:
        """Part of an ellipse's outline, in degrees clockwise from three o'clock."""
        self._draw.arc(self._box(box), start, end, colour, self._width(width))

    def poly(self, points: list[Point], fill: Rgb) -> None:
        """A flat polygon."""
        self._draw.polygon(self._points(points), fill)

    def line(self, points: list[Point], colour: Rgb, width: float) -> None:
        """A line with round joints."""
        self._draw.line(self._points(points), colour, self._width(width), joint="curve")

    def tube(self, points: list[Point], colour: Rgb, width: float) -> None:
        """A round bar: a line with rounded ends, a darker rim and a highlight."""
        for shade, share in ((mix(colour, BLACK, 0.28), 1.0), (colour, 0.74), (mix(colour, WHITE, 0.4), 0.22)):
            self.line(points, shade, width * share)
            for x, y in (points[0], points[-1]):
                self.disc(x, y, width * share / 2, shade)

    def shaded(self, box: Box, colour: Rgb, radius: float = 0.0, light: str = "left") -> None:
        """A shaded rectangle; the light is `left`, `top`, `cylinder` or `brushed`."""
        mask, corner = self._mask(box, radius)
        self._fill(mask, corner, colour, light)

    def shaded_oval(self, box: Box, colour: Rgb, light: str = "left") -> None:
        """A shaded ellipse."""
        mask, corner = self._mask(box, None)
        self._fill(mask, corner, colour, light)

    def shaded_poly(self, points: list[Point], colour: Rgb, light: str = "left") -> None:
        """A shaded polygon."""
        pixels = self._points(points)
        left, top = (int(min(p[axis] for p in pixels)) for axis in (0, 1))
        right, bottom = (int(max(p[axis] for p in pixels)) + 1 for axis in (0, 1))
        mask = Image.new("L", (max(1, right - left), max(1, bottom - top)))
        ImageDraw.Draw(mask).polygon([(x - left, y - top) for x, y in pixels], 255)
        self._fill(mask, (left, top), colour, light)

    def _fill(self, mask: Image.Image, corner: tuple[int, int], colour: Rgb, light: str) -> None:
        ramp = _ramp(colour, light).resize(mask.size, Image.Resampling.BILINEAR)
        self.image.paste(ramp, corner, mask)

    def paste(self, picture: Image.Image, box: Box, radius: float = 0.0) -> None:
        """A picture stretched over a rounded rectangle."""
        mask, corner = self._mask(box, radius)
        self.image.paste(picture.resize(mask.size, Image.Resampling.BILINEAR), corner, mask)

    def _mask(self, box: Box, radius: float | None) -> tuple[Image.Image, tuple[int, int]]:
        """A rounded rectangle, or an ellipse (None), as a mask, and its left upper corner."""
        left, top, right, bottom = self._box(box)
        mask = Image.new("L", (right - left, bottom - top))
        edge = (0, 0, right - left - 1, bottom - top - 1)
        if radius is None:
            ImageDraw.Draw(mask).ellipse(edge, 255)
        else:
            ImageDraw.Draw(mask).rounded_rectangle(edge, radius * self.pixels, 255)
        return mask, (left, top)

    def text(self, x: float, y: float, text: str, height: float, fill: Rgb, widest: float = 1.0) -> None:
        """Text centred at a point, scaled down if it is wider than `widest`."""
        if not text:
            return
        letters = font(max(6, round(height * self.pixels)))
        width = letters.getlength(text)
        if width > widest * self.pixels:
            letters = font(max(6, int(height * self.pixels * widest * self.pixels / width)))
        self._draw.text((x * self.pixels, y * self.pixels), text, fill, letters, anchor="mm")
