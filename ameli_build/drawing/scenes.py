"""Rooms for photographs of products: wall, table and clutter; light, lens and sensor."""

from statistics import NormalDist

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from ameli_build.drawing.appearance import ACCENTS, DATA, Rgb
from ameli_build.drawing.canvas import BLACK, WHITE, mix, taper

WALLS: tuple[Rgb, ...] = tuple(map(tuple, DATA["walls"]))
TABLES: tuple[Rgb, ...] = tuple(map(tuple, DATA["tables"]))
QUANTILES = tuple(NormalDist().inv_cdf((value + 0.5) / 256) for value in range(256))


def backdrop(rng: np.random.Generator, side: int, items: int, window: bool = False) -> Image.Image:
    """A wall and a table with `items` things, slightly out of focus; `window` adds a view behind them."""
    half = side // 2
    wall, table = WALLS[rng.integers(len(WALLS))], TABLES[rng.integers(len(TABLES))]
    edge = int(half * rng.uniform(0.5, 0.68))
    image = Image.fromarray(_surfaces(rng, half, wall, table, edge))
    if window:
        _window(rng, image, edge)
    draw = ImageDraw.Draw(image)
    for number in range(items):
        # People push things to the sides before they take a picture.
        x = half * (rng.uniform(-0.02, 0.24) if number % 2 else rng.uniform(0.76, 1.02))
        y = edge + half * rng.uniform(0.0, 0.16)
        _thing(rng, draw, float(x), float(y), half, wall)
    soft = image.filter(ImageFilter.BoxBlur(1.0))
    return soft.resize((side, side), Image.Resampling.BILINEAR)


def _surfaces(rng: np.random.Generator, side: int, wall: Rgb, table: Rgb, edge: int) -> npt.NDArray[np.uint8]:
    """A wall above `edge` and a grained table below it, with some daylight from one side."""
    pixels = np.empty((side, side, 3), dtype=np.float32)
    down = np.linspace(0.0, 1.0, side, dtype=np.float32)[:, None, None]
    pixels[:edge] = np.asarray(wall, np.float32) * (1.02 - 0.12 * down[:edge])
    grain = rng.normal(0.0, 0.035, (side - edge, 1, 1)).astype(np.float32)
    grain = grain + rng.normal(0.0, 0.012, (side - edge, side // 8, 1)).astype(np.float32).repeat(8, axis=1)
    pixels[edge:] = np.asarray(table, np.float32) * (0.86 + 0.2 * down[edge:] + grain)
    pixels[edge : edge + 1] *= 0.72
    return np.clip(pixels, 0, 255).astype(np.uint8)


def _window(rng: np.random.Generator, image: Image.Image, edge: int) -> None:
    """A window in the wall above `edge`, with sky, hills and houses."""
    side = image.width
    left, right = int(side * rng.uniform(0.1, 0.25)), int(side * rng.uniform(0.72, 0.92))
    top, bottom = int(side * 0.06), edge - int(side * 0.06)
    wide, high = right - left, bottom - top
    view = Image.new("RGB", (wide, high), mix((150, 190, 226), WHITE, float(rng.uniform(0.1, 0.5))))
    draw = ImageDraw.Draw(view)
    draw.ellipse((-10, high * 0.62, wide / 2 + 20, high * 1.5), (122, 150, 108))
    draw.ellipse((wide / 2 - 20, high * 0.68, wide + 30, high * 1.5), (104, 134, 96))
    for number in range(int(rng.integers(2, 5))):
        x, roof = wide * (0.12 + 0.2 * number), high - side * float(rng.uniform(0.08, 0.16))
        wall = mix((176, 150, 132), WHITE, float(rng.uniform(0, 0.4)))
        draw.rectangle((x, roof, x + side * 0.09, high), wall)
        gable = [(x - 3, roof), (x + side * 0.045, roof - side * 0.05), (x + side * 0.09 + 3, roof)]
        draw.polygon(gable, (136, 84, 72))
    frame = (236, 234, 228)
    draw.rectangle((0, 0, wide - 1, high - 1), outline=frame, width=4)
    draw.rectangle((wide // 2 - 3, 0, wide // 2 + 3, high), frame)
    image.paste(view, (left, top))


def _thing(rng: np.random.Generator, draw: ImageDraw.ImageDraw, x: float, y: float, side: int, wall: Rgb) -> None:
    """Draw a thing at (x, y); a picture hangs on the wall."""
    name = tuple(DATA["things"])[rng.integers(len(DATA["things"]))]
    colour = mix(ACCENTS[rng.integers(len(ACCENTS))], wall, float(rng.uniform(0.5, 0.75)))
    unit = side * float(rng.uniform(0.8, 1.15))
    draw.ellipse((x - unit * 0.1, y - unit * 0.02, x + unit * 0.12, y + unit * 0.025), mix(wall, BLACK, 0.42))
    y = side * 0.2 if name == "picture" else y
    for shape, a, b, c, d, fill in DATA["things"][name]:
        rgb = _fill(fill, colour, wall)
        box = (x - unit * a, y - unit * b, x + unit * c, y - unit * d)
        if shape == "taper":
            draw.polygon(taper(x, y - unit * a, unit * b, y - unit * c, unit * d), rgb)
        elif shape == "oval":
            draw.ellipse(box, rgb)
        elif shape == "handle":
            draw.arc(box, -90, 90, rgb, 3)
        elif shape == "seam":
            draw.line(box, rgb, 2)
        else:
            draw.rounded_rectangle(box, unit * 0.06 if shape == "cushion" else 0, rgb)


def _fill(name: str, colour: Rgb, wall: Rgb) -> Rgb:
    """The colour of a shape of a thing with its own `colour`."""
    if name == "thing":
        return colour
    if name == "shade":
        return mix(colour, BLACK, 0.22)
    if name.startswith("accent "):
        return mix(colour, ACCENTS[int(name.removeprefix("accent "))], 0.18)
    rgb, share = DATA["fills"][name]
    return mix(rgb, wall, share)


def foreground(rng: np.random.Generator, image: Image.Image) -> None:
    """Sometimes draw a small thing in front, at the lower edge: a pen, a cable, a sheet of paper."""
    side, kind = image.width, rng.integers(5)
    draw = ImageDraw.Draw(image)
    x, y = side * float(rng.uniform(0.02, 0.7)), side * float(rng.uniform(0.9, 0.97))
    if kind == 0:
        draw.line((x, y, x + side * 0.2, y - side * 0.03), (70, 72, 84), 5)
    elif kind == 1:
        draw.arc((x - side * 0.2, y - side * 0.06, x + side * 0.2, y + side * 0.2), 180, 330, (58, 58, 60), 4)
    elif kind == 2:
        draw.polygon(
            [(x, y), (x + side * 0.22, y - side * 0.02), (x + side * 0.26, side), (x - side * 0.04, side)],
            (216, 214, 206),
        )


def exposed(rng: np.random.Generator, image: Image.Image) -> Image.Image:
    """The picture with the effects of a hand-held camera: uneven light, colour cast, vignette, noise."""
    side = image.width
    corners = Image.fromarray(rng.uniform(0.8, 1.12, (2, 2)).astype(np.float32))
    field = np.asarray(corners.resize((16, 16), Image.Resampling.BILINEAR))
    across = np.linspace(-1.0, 1.0, 16) ** 2
    field = field * (1.0 - 0.1 * (across[:, None] + across[None, :])) * rng.uniform(0.9, 1.2)
    warm = rng.uniform(-0.09, 0.09)
    gains = field[..., None] * np.array([1.0 + warm, 1.0, 1.0 - warm])
    # All arithmetic has eight bits: gains are stored as shares of the largest gain, 1.4.
    light = Image.fromarray(np.clip(gains / 1.4 * 255.0, 0, 255).astype(np.uint8))
    lit = ImageChops.multiply(image, light.resize((side, side), Image.Resampling.BILINEAR))
    grain = Image.frombytes("L", (side, side), rng.bytes(side * side)).point(_grain(rng.uniform(1.5, 5.0)))
    lit = lit.point([min(255, round(value * 1.4)) for value in range(256)] * 3)
    return ImageChops.add(lit, Image.merge("RGB", (grain, grain, grain)), 1.0, -128)


def _grain(strength: float) -> list[int]:
    """A table from uniform bytes to a normal distribution around 128 with a width of `strength`."""
    return [round(128 + strength * quantile) for quantile in QUANTILES]
