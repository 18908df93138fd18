"""A product cut out and turned in space: drawing, side walls and perspective, on a transparent background."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageChops

from ameli_build.drawing.appearance import COLOURS, DATA, Look
from ameli_build.drawing.canvas import BLACK, Point, mix
from ameli_build.drawing.kinds import appliances, cleaning, countertop, displays, handhelds, leisure, office, sound
from ameli_build.drawing.subject import Subject

SPRITE = 448  # pixels of the drawing, about twice the size in any view

DRAW: dict[str, Callable[[Subject], None]] = {
    "laptop": displays.laptop, "tablet": handhelds.tablet, "phone": handhelds.phone,
    "television": displays.television, "monitor": displays.monitor, "smartwatch": handhelds.smartwatch,
    "headphones": sound.headphones, "speaker": sound.speaker, "camera": leisure.camera,
    "game_controller": leisure.game_controller, "keyboard": office.keyboard, "printer": office.printer,
    "refrigerator": appliances.refrigerator, "range": appliances.range_, "microwave": appliances.microwave,
    "washer": appliances.washer, "coffee_maker": countertop.coffee_maker, "blender": countertop.blender,
    "toaster": countertop.toaster, "vacuum": cleaning.vacuum,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pose:
    """A product's pose: front or back, and its rotation about three axes in degrees."""

    back: bool = False
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0


@dataclass(frozen=True, slots=True)
class _Outline:
    """A posed product whose longer side is 1: the corners of its face, the shift to its rear, and its bounds."""

    face: list[Point]
    shift: Point
    left: float
    top: float
    width: float
    height: float


@lru_cache(maxsize=4)
def _drawing(look: Look, back: bool) -> Image.Image:
    """The flat drawing of a look, cut to its outline, alpha premultiplied."""
    subject = Subject(look, SPRITE, back)
    DRAW[look.kind](subject)
    image = subject.image
    return image.crop(image.getbbox()).convert("RGBa")


def extent(look: Look, pose: Pose) -> tuple[float, float]:
    """Width and height of the posed product if its longer side is 1 before the rotation."""
    outline = _outline(look, _drawing(look, pose.back).size, pose)
    return outline.width, outline.height


def turned(look: Look, pose: Pose, reach: float) -> Image.Image:
    """The posed product, cut out (RGBA); its longer side is about `reach` pixels before the rotation.

    The camera is about three product sizes away.
    """
    flat = _drawing(look, pose.back)
    outline = _outline(look, flat.size, pose)
    scale = reach / max(flat.size)
    size = (max(8, round(flat.width * scale)), max(8, round(flat.height * scale)))
    # A transparent margin around the sheet makes its edges smooth.
    sheet = Image.new("RGBa", (size[0] + 4, size[1] + 4))
    sheet.paste(flat.resize(size, Image.Resampling.BOX if scale < 1 else Image.Resampling.BILINEAR), (2, 2))
    source = [(2.0, 2.0), (size[0] + 2.0, 2.0), (size[0] + 2.0, size[1] + 2.0), (2.0, size[1] + 2.0)]
    target = [((x - outline.left) * reach + 2, (y - outline.top) * reach + 2) for x, y in outline.face]
    front = sheet.transform(
        (int(outline.width * reach) + 5, int(outline.height * reach) + 5),
        Image.Transform.PERSPECTIVE,
        _coefficients(target, source),
        Image.Resampling.BILINEAR,
    ).convert("RGBA")
    wall = mix(COLOURS[look.colour], BLACK, 0.45 if pose.yaw > 0 else 0.3)
    body = _walled(front, (outline.shift[0] * reach, outline.shift[1] * reach), wall)
    return body.crop(body.getbbox())


def _outline(look: Look, size: tuple[int, int], pose: Pose) -> _Outline:
    face = _project(size[0] / max(size), size[1] / max(size), pose)
    depth = DATA["kinds"][look.kind] * SPRITE / max(size)
    shift = (-depth * math.sin(math.radians(pose.yaw)), -depth * math.sin(math.radians(pose.pitch)))
    across, down = [x for x, _ in face], [y for _, y in face]
    left, right = min(across) + min(0.0, shift[0]), max(across) + max(0.0, shift[0])
    top, bottom = min(down) + min(0.0, shift[1]), max(down) + max(0.0, shift[1])
    return _Outline(face, shift, left, top, right - left, bottom - top)


def _walled(front: Image.Image, shift: Point, colour: tuple[int, int, int]) -> Image.Image:
    """The front face with its side walls behind it: its outline swept along `shift`."""
    steps = int(max(abs(shift[0]), abs(shift[1])))
    if steps < 2:
        return front
    outline = front.getchannel("A")
    sweep, done = outline, 1
    while done < steps:
        move = min(done, steps - done)
        sweep = ImageChops.lighter(sweep, _moved(sweep, shift[0] * move / steps, shift[1] * move / steps))
        done += move
    wall = Image.new("RGBA", front.size, (*colour, 0))
    wall.putalpha(sweep)
    return Image.alpha_composite(wall, front)


def _moved(mask: Image.Image, x: float, y: float) -> Image.Image:
    result = Image.new("L", mask.size)
    result.paste(mask, (round(x), round(y)))
    return result


def _project(width: float, height: float, pose: Pose) -> list[Point]:
    """Positions of the corners (left top, right top, right bottom, left bottom) of a rotated sheet."""
    a, b, g = np.radians([pose.yaw, pose.pitch, pose.roll])
    around_y = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    around_x = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    around_z = np.array([[np.cos(g), -np.sin(g), 0], [np.sin(g), np.cos(g), 0], [0, 0, 1]])
    w, h = width / 2, height / 2
    corners = np.array([[-w, -h, 0], [w, -h, 0], [w, h, 0], [-w, h, 0]]) @ (around_z @ around_x @ around_y).T
    away = 3.0
    seen = corners[:, :2] * (away / (away + corners[:, 2:]))
    return [(float(x), float(y)) for x, y in seen]


def _coefficients(target: list[Point], source: list[Point]) -> list[float]:
    """Pillow's eight coefficients that map a point of the result to the source."""
    rows, values = [], []
    for (x, y), (u, v) in zip(target, source, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y])
        values += [u, v]
    return [float(value) for value in np.linalg.solve(np.array(rows), np.array(values))]
