"""Drawings of vacuum cleaners."""

from ameli_build.drawing.canvas import BLACK, DARK, METAL, around, middle, mix, taper
from ameli_build.drawing.subject import Subject


def vacuum(s: Subject) -> None:
    """A vacuum cleaner: upright, stick, or a robot seen from above."""
    (_upright, _stick, _robot)[s.pick("type", 3)](s)


def _upright(s: Subject) -> None:
    half = s.between("head", 0.2, 0.28)
    s.tube([(0.5, 0.05), (0.5, 0.5)], s.dark, 0.036)
    s.arc((0.44, 0.02, 0.56, 0.16), 0, 360, s.body, 0.03)
    wide = s.between("bin", 0.1, 0.14) + 0.02 * s.size
    s.casing((0.5 - wide - 0.02, 0.3, 0.5 + wide + 0.02, 0.82), 0.06, "cylinder")
    s.brand(0.36, 0.034, wide * 1.8)
    if s.back:
        s.slits(middle(wide * 0.6, 0.45, 0.6), 7, s.dark)
        s.tube([(0.5 + wide, 0.4), (0.5 + wide + 0.07, 0.5), (0.5 + wide, 0.76)], DARK, 0.036)
    else:
        s.shaded(middle(wide, 0.41, 0.7), mix((176, 190, 200), s.accent(), 0.35), 0.03, "cylinder")
        s.poly([(0.5 - wide * 0.5, 0.46), (0.5 + wide * 0.5, 0.46), (0.5, 0.66)], mix(s.accent(), BLACK, 0.35))
        s.disc(0.5, 0.76, 0.03, s.accent())
    s.shaded_poly(taper(0.5, 0.82, half * 0.8, 0.94, half), s.body, "top")
    s.rect(middle(half, 0.935, 0.96), DARK, 0.01)
    for side in (-1, 1):
        s.disc(0.5 + side * half * 0.86, 0.93, 0.035, DARK)


def _stick(s: Subject) -> None:
    s.tube([(0.5, 0.3), (0.5, 0.9)], METAL if s.flip("metal wand") else s.accent("wand"), 0.04)
    wide, top = s.between("bin", 0.09, 0.13), 0.05
    side = 1 if s.flip("handle right") else -1
    s.arc((0.5 + side * 0.1 - 0.11, top + 0.03, 0.5 + side * 0.1 + 0.11, top + 0.27), 0, 360, s.body, 0.045)
    s.casing(middle(wide, top, top + 0.2), 0.05, "cylinder")
    dust = middle(wide * 0.8, top + 0.19, top + 0.4 + 0.04 * s.size)
    s.shaded(dust, mix((176, 190, 200), s.accent(), 0.3), 0.03, "cylinder")
    s.rect(middle(wide * 0.8, top + 0.36, top + 0.385), s.accent())
    s.brand(top + 0.1, 0.034, wide * 1.8)
    if s.back:
        s.dots(middle(wide * 0.6, top + 0.13, top + 0.19), 5, 2, 0.009, s.dark)
    half = s.between("head", 0.17, 0.26)
    s.shaded(middle(half, 0.86, 0.95), s.body, 0.03, "top")
    s.shaded((0.5 - half + 0.02, 0.885, 0.5 + half - 0.02, 0.93), s.accent("brush"), 0.02, "top")


def _robot(s: Subject) -> None:
    radius = s.between("radius", 0.38, 0.42) + 0.04 * s.size
    for x, y in ((-0.6, -0.72), (-0.5, -0.85), (-0.72, -0.6)):
        s.line([(0.5, 0.5), (0.5 + x * radius * 1.14, 0.5 + y * radius * 1.14)], (206, 190, 120), 0.008)
    s.disc(0.5, 0.5, radius, s.dark)
    s.shaded_oval((0.5 - radius + 0.014, 0.5 - radius + 0.01, 0.5 + radius - 0.014, 0.5 + radius - 0.018), s.body)
    if s.back:
        s.rect(middle(radius * 0.62, 0.44, 0.55), s.accent(), 0.02)
        for side in (-1, 1):
            s.rect(around(0.5 + side * radius * 0.66, 0.66, 0.04, 0.08), DARK, 0.02)
        return
    style = s.pick("lid", 3)
    if style == 0:
        s.ring(0.5, 0.5, radius * 0.72, s.accent(), 0.014)
    elif style == 1:
        s.line([(0.5 - radius * 0.8, 0.36), (0.5 + radius * 0.8, 0.36)], s.seam, 0.01)
    else:
        s.ring(0.5, 0.5, radius * 0.5, s.seam, 0.008)
    if s.flip("turret", 0.6):
        s.disc(0.5, 0.32, 0.085, DARK)
        s.shaded_oval((0.43, 0.25, 0.57, 0.39), s.dark)
    s.dots((0.44, 0.47, 0.56, 0.51), 1 + s.pick("buttons", 3), 1, 0.02, s.accent())
    s.brand(0.62, 0.055, radius)
    s.arc(around(0.5, 0.5, radius), 200, 340, DARK, 0.03)
