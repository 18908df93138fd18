"""Rooms to photograph products in: wall, table, things that lie about; light, lens and sensor."""

from statistics import NormalDist

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from ameli_build.demo.canvas import BLACK, WHITE, mix
from ameli_build.demo.looks import ACCENTS, Rgb

WALLS: tuple[Rgb, ...] = (
    (206, 200, 190),
    (188, 194, 198),
    (214, 208, 204),
    (176, 184, 172),
    (198, 186, 176),
    (160, 168, 180),
)
TABLES: tuple[Rgb, ...] = (
    (150, 112, 80),
    (176, 142, 106),
    (120, 92, 70),
    (186, 180, 172),
    (142, 140, 138),
    (200, 184, 160),
)
CLUTTER = ("mug", "books", "plant", "bottle", "picture", "lamp", "cushion", "carton")
QUANTILES = tuple(NormalDist().inv_cdf((value + 0.5) / 256) for value in range(256))


def backdrop(rng: np.random.Generator, side: int, items: int, window: bool = False) -> Image.Image:
    """A wall and a table with `items` things on them, a little out of focus; `window` puts a view behind."""
    half = side // 2
    wall, table = WALLS[rng.integers(len(WALLS))], TABLES[rng.integers(len(TABLES))]
    edge = int(half * rng.uniform(0.5, 0.68))
    image = Image.fromarray(_surfaces(rng, half, wall, table, edge))
    if window:
        _window(rng, image, edge)
    draw = ImageDraw.Draw(image)
    for number in range(items):
        # Things keep to the sides, where people push them before they take a picture.
        x = half * (rng.uniform(-0.02, 0.24) if number % 2 else rng.uniform(0.76, 1.02))
        y = edge + half * rng.uniform(0.0, 0.16)
        _thing(rng, draw, CLUTTER[rng.integers(len(CLUTTER))], float(x), float(y), half, wall)
    soft = image.filter(ImageFilter.BoxBlur(1.0))
    return soft.resize((side, side), Image.Resampling.BILINEAR)


def _surfaces(rng: np.random.Generator, side: int, wall: Rgb, table: Rgb, edge: int) -> npt.NDArray[np.uint8]:
    """Wall above `edge`, grained table below it, with a little daylight from one side."""
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


def _thing(
    rng: np.random.Generator, draw: ImageDraw.ImageDraw, name: str, x: float, y: float, side: int, wall: Rgb
) -> None:
    """One thing standing at (x, y), in a colour that stays behind the product's."""
    colour = mix(ACCENTS[rng.integers(len(ACCENTS))], wall, float(rng.uniform(0.5, 0.75)))
    shade, unit = mix(colour, BLACK, 0.22), side * float(rng.uniform(0.8, 1.15))
    draw.ellipse((x - unit * 0.1, y - unit * 0.02, x + unit * 0.12, y + unit * 0.025), mix(wall, BLACK, 0.42))
    if name == "mug":
        draw.arc((x + unit * 0.03, y - unit * 0.12, x + unit * 0.11, y - unit * 0.03), -90, 90, shade, 3)
        draw.rectangle((x - unit * 0.06, y - unit * 0.14, x + unit * 0.06, y), colour)
        draw.ellipse((x - unit * 0.06, y - unit * 0.16, x + unit * 0.06, y - unit * 0.12), shade)
    elif name == "books":
        for number in range(4):
            low = y - unit * 0.045 * number
            tint = mix(colour, ACCENTS[(number * 3) % len(ACCENTS)], 0.18)
            draw.rectangle((x - unit * (0.14 - 0.012 * number), low - unit * 0.04, x + unit * 0.13, low), tint)
    elif name == "plant":
        green = mix((86, 122, 84), wall, 0.35)
        for dx, dy in ((-0.07, 0.26), (0.07, 0.27), (0.0, 0.33), (-0.1, 0.2), (0.1, 0.2)):
            draw.ellipse(
                (x + unit * (dx - 0.05), y - unit * (dy + 0.06), x + unit * (dx + 0.05), y - unit * (dy - 0.08)), green
            )
        draw.polygon(
            [
                (x - unit * 0.08, y - unit * 0.14),
                (x + unit * 0.08, y - unit * 0.14),
                (x + unit * 0.06, y),
                (x - unit * 0.06, y),
            ],
            colour,
        )
    elif name == "bottle":
        draw.rectangle((x - unit * 0.04, y - unit * 0.2, x + unit * 0.04, y), colour)
        draw.rectangle((x - unit * 0.016, y - unit * 0.28, x + unit * 0.016, y - unit * 0.19), shade)
    elif name == "picture":
        up = side * 0.2
        draw.rectangle((x - unit * 0.13, up - unit * 0.12, x + unit * 0.13, up + unit * 0.12), shade)
        draw.rectangle((x - unit * 0.1, up - unit * 0.09, x + unit * 0.1, up + unit * 0.09), mix(wall, WHITE, 0.5))
        draw.ellipse((x - unit * 0.05, up - unit * 0.05, x + unit * 0.06, up + unit * 0.06), colour)
    elif name == "lamp":
        draw.rectangle((x - unit * 0.01, y - unit * 0.3, x + unit * 0.01, y), shade)
        draw.polygon(
            [
                (x - unit * 0.06, y - unit * 0.42),
                (x + unit * 0.06, y - unit * 0.42),
                (x + unit * 0.11, y - unit * 0.28),
                (x - unit * 0.11, y - unit * 0.28),
            ],
            mix((250, 232, 190), wall, 0.4),
        )
    elif name == "cushion":
        draw.rounded_rectangle((x - unit * 0.15, y - unit * 0.18, x + unit * 0.15, y), unit * 0.06, colour)
    else:
        draw.rectangle((x - unit * 0.12, y - unit * 0.17, x + unit * 0.12, y), mix((178, 146, 108), wall, 0.35))
        draw.line((x, y - unit * 0.17, x, y), mix((178, 146, 108), BLACK, 0.25), 2)


def foreground(rng: np.random.Generator, image: Image.Image) -> None:
    """Sometimes something small in front, at the lower edge: a pen, a cable, a sheet of paper."""
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
    """The picture as a hand-held camera takes it: uneven light, colour cast, vignette, noise."""
    side = image.width
    corners = Image.fromarray(rng.uniform(0.8, 1.12, (2, 2)).astype(np.float32))
    field = np.asarray(corners.resize((16, 16), Image.Resampling.BILINEAR))
    across = np.linspace(-1.0, 1.0, 16) ** 2
    field = field * (1.0 - 0.1 * (across[:, None] + across[None, :])) * rng.uniform(0.9, 1.2)
    warm = rng.uniform(-0.09, 0.09)
    gains = field[..., None] * np.array([1.0 + warm, 1.0, 1.0 - warm])
    # Eight-bit arithmetic throughout: gains up to 1.4 are stored as shares of it.
    light = Image.fromarray(np.clip(gains / 1.4 * 255.0, 0, 255).astype(np.uint8))
    lit = ImageChops.multiply(image, light.resize((side, side), Image.Resampling.BILINEAR))
    grain = Image.frombytes("L", (side, side), rng.bytes(side * side)).point(_grain(rng.uniform(1.5, 5.0)))
    lit = lit.point([min(255, round(value * 1.4)) for value in range(256)] * 3)
    return ImageChops.add(lit, Image.merge("RGB", (grain, grain, grain)), 1.0, -128)


def _grain(strength: float) -> list[int]:
    """What turns even bytes into a normal distribution around 128, `strength` wide."""
    return [round(128 + strength * quantile) for quantile in QUANTILES]
