"""Drawings of headphones and speakers."""

from ameli_build.drawing.canvas import BLACK, DARK, METAL, around, contrast, middle, mix
from ameli_build.drawing.subject import Subject


def headphones(s: Subject) -> None:
    """Headphones worn over the ear: a bow, two cups, cushions."""
    reach, top = s.between("reach", 0.27, 0.33) + 0.03 * s.size, s.between("top", 0.07, 0.13)
    thick = s.between("bow", 0.04, 0.085)
    left, right, foot = 0.5 - reach, 0.5 + reach, top + reach * 2.5
    s.arc((left, top, right, foot), 178, 362, s.dark, thick)
    s.arc((left + 0.008, top + 0.008, right - 0.008, foot), 180, 360, s.body, thick - 0.02)
    if s.flip("padding", 0.6):
        s.arc((left + thick * 0.8, top + thick * 0.8, right - thick * 0.8, foot), 215, 325, DARK, thick * 0.5)
    high, wide = s.between("cup height", 0.17, 0.22), s.between("cup width", 0.09, 0.15)
    y = top + reach * 1.25 + high * 0.6
    pads = (48, 46, 48) if s.flip("dark pads", 0.7) else mix(s.body, (150, 110, 80), 0.5)
    for side in (-1, 1):
        x = 0.5 + side * reach
        stem = METAL if s.flip("metal stem") else s.dark
        s.line([(x, y - high * 1.5), (x + side * 0.01, y - high * 0.4)], stem, 0.026)
        if not s.back:
            cushion = around(x - side * wide * 0.55, y, wide * 0.55, high * 0.95)
            s.shaded(cushion, pads, wide * 0.5, "cylinder")
        s.casing(around(x, y, wide * 0.75, high), wide * 0.75 * s.between("cup round", 0.5, 1.0))
        _cup_front(s, x, y, wide * 0.75, high)
    if s.back:
        s.brand(top + thick * 0.5, thick * 0.6, reach)


def _cup_front(s: Subject, x: float, y: float, wide: float, high: float) -> None:
    """The outside of an ear cup: a ring, a grille, a stripe or a sign."""
    style = s.pick("cup", 4)
    if style == 0:
        s.arc(around(x, y, wide * 0.7, high * 0.7), 0, 360, s.accent(), 0.014)
    elif style == 1:
        s.dots(around(x, y, wide * 0.6, high * 0.5), 5, 7, 0.007, s.dark)
    elif style == 2:
        s.rect(around(x, y, wide * 0.15, high * 0.75), s.accent(), 0.01)
    else:
        s.emblem(x, y, wide * 0.4)
    s.brand(y + high * 0.8, 0.022, wide * 1.6, x)


def speaker(s: Subject) -> None:
    """A speaker: a standing cylinder, a lying tube, a bookshelf box or a round one."""
    (_cylinder, _tube, _shelf, _globe)[s.pick("type", 4)](s)


def _cylinder(s: Subject) -> None:
    half, top = s.between("width", 0.17, 0.26) + 0.04 * s.size, s.between("top", 0.1, 0.24)
    left, right = 0.5 - half, 0.5 + half
    s.shaded((left, top, right, 0.92), s.body, 0.04, "cylinder")
    s.shaded_oval((left, top - half * 0.25, right, top + half * 0.25 + 0.03), s.pale)
    s.arc((left + 0.02, top - half * 0.2, right - 0.02, top + half * 0.2 + 0.02), 0, 360, s.accent(), 0.016)
    low = s.between("band", 0.74, 0.84)
    s.dots((left + 0.02, top + half * 0.4, right - 0.02, low), 16, 22, 0.005, s.dark)
    s.rect((left, low + 0.015, right, low + 0.03), s.dark)
    if s.back:
        s.rect((0.45, 0.86, 0.55, 0.9), DARK, 0.01)
    else:
        s.emblem(0.5, (top + low) / 2, 0.04)
        s.brand(0.88, 0.04, half * 1.6)


def _tube(s: Subject) -> None:
    half, high = 0.4 + 0.07 * s.size, s.between("height", 0.15, 0.24)
    left, top, _, foot = box = around(0.5, 0.5, half, high)
    s.casing(box, high * s.between("round", 0.4, 1.0), "top")
    step = 0.0 if s.flip("plain weave", 0.3) else 0.02
    for number in range(34):
        x = left + high * 0.5 + (half * 2 - high) * number / 33
        s.line([(x - step, top + 0.03), (x + step, foot - 0.03)], mix(s.body, s.dark, 0.55), 0.006)
    for side in (-1, 1):
        cap = around(0.5 + side * (half - 0.035), 0.5, high * 0.3, high * 0.9)
        s.shaded_oval(cap, s.dark)
        s.arc(cap, 0, 360, s.accent(), 0.014)
    if s.back:
        s.rect((0.4, 0.46, 0.6, 0.54), DARK, 0.02)
        s.dots((0.42, 0.475, 0.58, 0.525), 3, 1, 0.013, METAL)
    else:
        s.rect((0.5 - 0.15, 0.46, 0.65, 0.54), s.dark, 0.01)
        s.text(0.5, 0.5, s.label, 0.06, contrast(s.dark, 0.85), 0.28)


def _shelf(s: Subject) -> None:
    half, top = s.between("width", 0.2, 0.28) + 0.03 * s.size, s.between("top", 0.06, 0.14)
    s.casing(middle(half, top, 0.94), s.between("round", 0.0, 0.05))
    if s.back:
        s.disc(0.5, 0.35, half * 0.4, DARK)
        s.disc(0.44, 0.8, 0.028, (190, 40, 40))
        s.disc(0.56, 0.8, 0.028, DARK)
        s.brand(0.6, 0.04, half)
        return
    ring = s.accent() if s.flip("bright ring") else METAL
    cone = mix(DARK, s.accent("cone"), 0.25)
    big, small = half * s.between("woofer", 0.7, 0.85), half * s.between("tweeter", 0.3, 0.5)
    upper, lower = (big, small) if s.flip("swap", 0.25) else (small, big)
    for y, radius in ((top + 0.05 + upper, upper), (0.9 - lower, lower)):
        s.discs(0.5, y, (radius, ring), (radius * 0.92, (24, 24, 26)))
        s.shaded_oval(around(0.5, y, radius * 0.74), cone)
        s.disc(0.5, y, radius * 0.28, mix(cone, BLACK, 0.4))
    s.brand(0.92, 0.032, half)


def _globe(s: Subject) -> None:
    radius = s.between("radius", 0.31, 0.37) + 0.05 * s.size
    _, top, _, foot = box = around(0.5, 0.52, radius, radius * s.between("squash", 0.7, 1.0))
    s.shaded_oval(box, s.body, "cylinder")
    for share in (0.9, 0.72, 0.54, 0.36, 0.18):
        s.arc(middle(radius * share, top + 0.01, foot - 0.01), 0, 360, mix(s.body, s.dark, 0.5), 0.004)
    lid = middle(radius * 0.5, top - 0.005, top + radius * 0.3)
    s.shaded_oval(lid, s.dark)
    s.arc(lid, 0, 360, s.accent(), 0.018)
    s.rect(middle(radius * 0.6, foot - 0.03, foot + 0.015), DARK, 0.015)
    if not s.back:
        s.emblem(0.5, 0.5, 0.045)
        s.brand(0.62, 0.05, radius)
