"""The pictures of the demo's world: catalogue views, customers' photographs, rooms and boxes.

Each picture is a pure function of its arguments, with the same bytes in every process.
"""

import io
import math

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from ameli_build.drawing.appearance import COLOURS, Look, Rgb, Traits, picture_seed
from ameli_build.drawing.canvas import BLACK, DARK, WHITE, Font, font, luminance, mix
from ameli_build.drawing.scenes import backdrop, exposed, foreground
from ameli_build.drawing.sprites import Pose, extent, turned

VIEWS = 5  # front, left, right, back, detail
_POSES = (
    Pose(),
    Pose(yaw=32.0, pitch=4.0),
    Pose(yaw=-30.0, pitch=8.0),
    Pose(back=True, yaw=14.0, pitch=2.0),
    Pose(yaw=-12.0, pitch=6.0),
)

Corners = tuple[int, int, int, int]


def catalogue_view(look: Look, view: int, side: int = 256) -> Image.Image:
    """The product on a clean background: view 0 front, 1 and 2 turned, 3 back, 4 a detail of the front.

    Raises:
        ValueError: The view is outside 0..4.
    """
    if not 0 <= view < VIEWS:
        raise ValueError(f"view {view} is not in 0..{VIEWS - 1}")
    traits = Traits(look.kind, look.family)
    pose = _POSES[view]
    widest = max(extent(look, pose))
    product = turned(look, pose, side * (1.5 if view == 4 else 0.86) / widest)
    picture = _ground(side)
    spare = side - product.width, side - product.height
    x, y = spare[0] // 2, spare[1] // 2
    if view == 4:
        x = round(spare[0] * traits.between("detail x", 0.25, 0.75))
        y = round(spare[1] * traits.between("detail y", 0.2, 0.6))
    _cast(picture, product, x, y, side * 0.02, 0.3)
    picture.paste(product, (x, y), product)
    return picture


def _ground(side: int) -> Image.Image:
    """A studio's white background, slightly grey at the bottom, so that white products have contrast."""
    shade = np.linspace(252, 226, side).astype(np.uint8)[:, None]
    return Image.fromarray(shade).resize((side, side), Image.Resampling.NEAREST).convert("RGB")


def _cast(picture: Image.Image, product: Image.Image, x: int, y: int, drop: float, strength: float) -> None:
    """The product's soft shadow, `drop` pixels below it and `drop / 2` pixels to the right."""
    reach = 4  # blurring at a quarter of the size is fast
    alpha = product.getchannel("A").reduce(reach)
    pad = 6
    soft = Image.new("L", (alpha.width + 2 * pad, alpha.height + 2 * pad))
    soft.paste(alpha, (pad, pad))
    soft = soft.filter(ImageFilter.BoxBlur(2.0)).point([round(value * strength) for value in range(256)])
    mask = soft.resize((soft.width * reach, soft.height * reach), Image.Resampling.BILINEAR)
    place = (x - pad * reach + round(drop / 2), y - pad * reach + round(drop))
    picture.paste((24, 24, 30), place, mask)


def photograph(look: Look, seed: int, side: int = 320) -> tuple[Image.Image, Corners]:
    """A customer's picture of the product in a room, and the product's true box (left, top, right, bottom)."""
    rng = np.random.default_rng(picture_seed(look, "photograph", seed))
    picture = backdrop(rng, side, int(rng.integers(2, 6)))
    pose = Pose(rng.random() < 0.08, *(float(rng.uniform(*bounds)) for bounds in ((-34, 34), (-6, 14), (-6, 6))))
    product = turned(look, pose, _filling(extent(look, pose), side, float(rng.uniform(0.3, 0.58))))
    spare = side - product.width, side - product.height
    x = round(spare[0] * rng.uniform(0.35, 0.65))
    y = round(spare[1] * rng.uniform(0.5, 0.75))
    x, y = (min(max(value, 6), max(6, room_left - 6)) for value, room_left in zip((x, y), spare, strict=True))
    _cast(picture, product, x, y, side * 0.03, 0.5)
    picture.paste(product, (x, y), product)
    foreground(rng, picture)
    return exposed(rng, picture), (x, y, x + product.width, y + product.height)


def _filling(size: tuple[float, float], side: int, share: float) -> float:
    """The scale at which a product's box fills `share` of the picture, within its borders."""
    return side * min(math.sqrt(share / (size[0] * size[1])), 0.93 / max(size))


def room(seed: int, side: int = 320) -> Image.Image:
    """A photograph with no product in it: a table with clutter, or a view out of a window."""
    rng = np.random.default_rng([7, seed])
    picture = backdrop(rng, side, int(rng.integers(2, 8)), window=bool(rng.random() < 0.5))
    foreground(rng, picture)
    return exposed(rng, picture)


def boxed(look: Look, seed: int, text: str, side: int = 480) -> Image.Image:
    """The product's packaging on a table, with `text` printed on it in the largest size that fits."""
    rng = np.random.default_rng(picture_seed(look, text, seed))
    picture = backdrop(rng, side, 3)
    traits = Traits(look.kind, look.family)
    paper = mix(COLOURS[look.colour], WHITE, 0.72) if traits.flip("tinted box") else (236, 232, 224)
    face = _carton(look, text, paper, round(side * 0.84), round(side * 0.72))
    tilt = float(rng.uniform(-2.5, 2.5))
    turned_face = face.rotate(tilt, Image.Resampling.BICUBIC, expand=True)
    x = (side - turned_face.width) // 2 + int(rng.integers(-8, 9))
    y = (side - turned_face.height) // 2 + int(rng.integers(0, 16))
    _cast(picture, turned_face, x, y, side * 0.03, 0.5)
    picture.paste(turned_face, (x, y), turned_face)
    return exposed(rng, picture)


def _carton(look: Look, text: str, paper: Rgb, width: int, height: int) -> Image.Image:
    """A box seen slightly from above: lid, front with text, a picture of the product."""
    lid = round(height * 0.1)
    carton = Image.new("RGBA", (width, height))
    draw = ImageDraw.Draw(carton)
    draw.polygon([(round(width * 0.04), 0), (round(width * 0.96), 0), (width, lid), (0, lid)], mix(paper, BLACK, 0.16))
    draw.rectangle((0, lid, width, height), paper)
    band = Traits(look.kind, look.family).accent("box")
    draw.rectangle((0, height - round(height * 0.06), width, height), band)
    product = turned(look, Pose(yaw=18.0, pitch=4.0), height * 0.42)
    carton.alpha_composite(product, ((width - product.width) // 2, height - round(height * 0.09) - product.height))
    letters, lines = _set(text, round(width * 0.9), round(height * 0.36))
    ink = DARK if luminance(paper) > 105 else WHITE
    draw.multiline_text(
        (width / 2, lid + height * 0.2), "\n".join(lines), ink, letters, anchor="mm", align="center", spacing=6
    )
    return carton


def _set(text: str, width: int, height: int) -> tuple[Font, list[str]]:
    """The largest letters (at most 52 pixels) in which the wrapped text fits a panel."""
    words = text.split()
    for pixels in range(52, 11, -2):
        letters, lines = font(pixels), list[str]()
        for word in words:
            longer = f"{lines[-1]} {word}" if lines else word
            if lines and letters.getlength(longer) <= width:
                lines[-1] = longer
            else:
                lines.append(word)
        if len(lines) * (pixels * 1.2 + 6) <= height and all(letters.getlength(line) <= width for line in lines):
            break
    return letters, lines


def jpeg(image: Image.Image, quality: int = 85) -> bytes:
    """The picture as JPEG without metadata: the same bytes for the same pixels."""
    stream = io.BytesIO()
    image.convert("RGB").save(stream, "JPEG", quality=quality, subsampling=2, optimize=False)
    return stream.getvalue()
