"""Drawings of vacuum cleaners."""

from ameli_build.demo.canvas import BLACK, DARK, METAL, mix
from ameli_build.demo.subject import Subject


def vacuum(s: Subject) -> None:
    """A vacuum cleaner: upright, stick, or a robot seen from above."""
    (_upright, _stick, _robot)[s.traits.pick("type", 3)](s)


def _upright(s: Subject) -> None:
    t, c = s.traits, s.canvas
    half = t.between("head", 0.2, 0.28)
    c.tube([(0.5, 0.05), (0.5, 0.5)], s.dark, 0.036)
    c.arc((0.44, 0.02, 0.56, 0.16), 0, 360, s.body, 0.03)
    wide = t.between("bin", 0.1, 0.14) + 0.02 * s.size
    s.casing((0.5 - wide - 0.02, 0.3, 0.5 + wide + 0.02, 0.82), 0.06, "cylinder")
    c.text(0.5, 0.36, s.label, 0.034, s.ink, wide * 1.8)
    if s.back:
        s.slits((0.5 - wide * 0.6, 0.45, 0.5 + wide * 0.6, 0.6), 7, s.dark)
        c.tube([(0.5 + wide, 0.4), (0.5 + wide + 0.07, 0.5), (0.5 + wide, 0.76)], DARK, 0.036)
    else:
        c.shaded((0.5 - wide, 0.41, 0.5 + wide, 0.7), mix((176, 190, 200), t.accent(), 0.35), 0.03, "cylinder")
        c.poly([(0.5 - wide * 0.5, 0.46), (0.5 + wide * 0.5, 0.46), (0.5, 0.66)], mix(t.accent(), BLACK, 0.35))
        c.disc(0.5, 0.76, 0.03, t.accent())
    c.shaded_poly(
        [(0.5 - half * 0.8, 0.82), (0.5 + half * 0.8, 0.82), (0.5 + half, 0.94), (0.5 - half, 0.94)], s.body, "top"
    )
    c.rect((0.5 - half, 0.935, 0.5 + half, 0.96), DARK, 0.01)
    for side in (-1, 1):
        c.disc(0.5 + side * half * 0.86, 0.93, 0.035, DARK)


def _stick(s: Subject) -> None:
    t, c = s.traits, s.canvas
    c.tube([(0.5, 0.3), (0.5, 0.9)], METAL if t.flip("metal wand") else t.accent("wand"), 0.04)
    wide, top = t.between("bin", 0.09, 0.13), 0.05
    side = 1 if t.flip("handle right") else -1
    c.arc((0.5 + side * 0.1 - 0.11, top + 0.03, 0.5 + side * 0.1 + 0.11, top + 0.27), 0, 360, s.body, 0.045)
    s.casing((0.5 - wide, top, 0.5 + wide, top + 0.2), 0.05, "cylinder")
    c.shaded(
        (0.5 - wide * 0.8, top + 0.19, 0.5 + wide * 0.8, top + 0.4 + 0.04 * s.size),
        mix((176, 190, 200), t.accent(), 0.3),
        0.03,
        "cylinder",
    )
    c.rect((0.5 - wide * 0.8, top + 0.36, 0.5 + wide * 0.8, top + 0.385), t.accent())
    c.text(0.5, top + 0.1, s.label, 0.034, s.ink, wide * 1.8)
    if s.back:
        s.dots((0.5 - wide * 0.6, top + 0.13, 0.5 + wide * 0.6, top + 0.19), 5, 2, 0.009, s.dark)
    half = t.between("head", 0.17, 0.26)
    c.shaded((0.5 - half, 0.86, 0.5 + half, 0.95), s.body, 0.03, "top")
    c.shaded((0.5 - half + 0.02, 0.885, 0.5 + half - 0.02, 0.93), t.accent("brush"), 0.02, "top")


def _robot(s: Subject) -> None:
    t, c = s.traits, s.canvas
    radius = t.between("radius", 0.38, 0.42) + 0.04 * s.size
    for x, y in ((-0.6, -0.72), (-0.5, -0.85), (-0.72, -0.6)):
        c.line([(0.5, 0.5), (0.5 + x * radius * 1.14, 0.5 + y * radius * 1.14)], (206, 190, 120), 0.008)
    c.disc(0.5, 0.5, radius, s.dark)
    c.shaded_oval((0.5 - radius + 0.014, 0.5 - radius + 0.01, 0.5 + radius - 0.014, 0.5 + radius - 0.018), s.body)
    if s.back:
        c.rect((0.5 - radius * 0.62, 0.44, 0.5 + radius * 0.62, 0.55), t.accent(), 0.02)
        for side in (-1, 1):
            c.rect((0.5 + side * radius * 0.66 - 0.04, 0.58, 0.5 + side * radius * 0.66 + 0.04, 0.74), DARK, 0.02)
        return
    style = t.pick("lid", 3)
    if style == 0:
        c.ring(0.5, 0.5, radius * 0.72, t.accent(), 0.014)
    elif style == 1:
        c.line([(0.5 - radius * 0.8, 0.36), (0.5 + radius * 0.8, 0.36)], s.seam, 0.01)
    else:
        c.ring(0.5, 0.5, radius * 0.5, s.seam, 0.008)
    if t.flip("turret", 0.6):
        c.disc(0.5, 0.32, 0.085, DARK)
        c.shaded_oval((0.43, 0.25, 0.57, 0.39), s.dark)
    s.dots((0.44, 0.47, 0.56, 0.51), 1 + t.pick("buttons", 3), 1, 0.02, t.accent())
    c.text(0.5, 0.62, s.label, 0.055, s.ink, radius)
    c.arc((0.5 - radius, 0.5 - radius, 0.5 + radius, 0.5 + radius), 200, 340, DARK, 0.03)
