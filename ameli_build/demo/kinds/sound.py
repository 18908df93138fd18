"""Drawings of headphones and speakers."""

from ameli_build.demo.canvas import BLACK, DARK, METAL, contrast, mix
from ameli_build.demo.subject import Subject


def headphones(s: Subject) -> None:
    """Headphones worn over the ear: a bow, two cups, cushions."""
    t, c = s.traits, s.canvas
    reach, top = t.between("reach", 0.27, 0.33) + 0.03 * s.size, t.between("top", 0.07, 0.13)
    thick = t.between("bow", 0.04, 0.085)
    bow = (0.5 - reach, top, 0.5 + reach, top + reach * 2.5)
    c.arc(bow, 178, 362, s.dark, thick)
    c.arc((bow[0] + 0.008, bow[1] + 0.008, bow[2] - 0.008, bow[3]), 180, 360, s.body, thick - 0.02)
    if t.flip("padding", 0.6):
        c.arc((bow[0] + thick * 0.8, bow[1] + thick * 0.8, bow[2] - thick * 0.8, bow[3]), 215, 325, DARK, thick * 0.5)
    high, wide = t.between("cup height", 0.17, 0.22), t.between("cup width", 0.09, 0.15)
    round_ = t.between("cup round", 0.5, 1.0)
    y = top + reach * 1.25 + high * 0.6
    for side in (-1, 1):
        x = 0.5 + side * reach
        stem = METAL if t.flip("metal stem") else s.dark
        c.line([(x, y - high * 1.5), (x + side * 0.01, y - high * 0.4)], stem, 0.026)
        cushion = x - side * wide * 0.55
        if not s.back:
            c.shaded(
                (cushion - wide * 0.55, y - high * 0.95, cushion + wide * 0.55, y + high * 0.95),
                (48, 46, 48) if t.flip("dark pads", 0.7) else mix(s.body, (150, 110, 80), 0.5),
                wide * 0.5,
                "cylinder",
            )
        cup = (x - wide * 0.75, y - high, x + wide * 0.75, y + high)
        s.casing(cup, wide * 0.75 * round_)
        _cup_front(s, x, y, wide * 0.75, high)
    if s.back:
        c.text(0.5, top + thick * 0.5, s.label, thick * 0.6, s.ink, reach)


def _cup_front(s: Subject, x: float, y: float, wide: float, high: float) -> None:
    """The outside of an ear cup: a ring, a grille, a stripe or a sign."""
    t, c, style = s.traits, s.canvas, s.traits.pick("cup", 4)
    if style == 0:
        c.arc((x - wide * 0.7, y - high * 0.7, x + wide * 0.7, y + high * 0.7), 0, 360, t.accent(), 0.014)
    elif style == 1:
        s.dots((x - wide * 0.6, y - high * 0.5, x + wide * 0.6, y + high * 0.5), 5, 7, 0.007, s.dark)
    elif style == 2:
        c.rect((x - wide * 0.15, y - high * 0.75, x + wide * 0.15, y + high * 0.75), t.accent(), 0.01)
    else:
        s.emblem(x, y, wide * 0.4)
    c.text(x, y + high * 0.8, s.label, 0.022, s.ink, wide * 1.6)


def speaker(s: Subject) -> None:
    """A speaker: a standing cylinder, a lying tube, a bookshelf box or a round one."""
    (_cylinder, _tube, _shelf, _globe)[s.traits.pick("type", 4)](s)


def _cylinder(s: Subject) -> None:
    t, c = s.traits, s.canvas
    half, top = t.between("width", 0.17, 0.26) + 0.04 * s.size, t.between("top", 0.1, 0.24)
    box = (0.5 - half, top, 0.5 + half, 0.92)
    c.shaded(box, s.body, 0.04, "cylinder")
    c.shaded_oval((box[0], top - half * 0.25, box[2], top + half * 0.25 + 0.03), s.pale)
    c.arc((box[0] + 0.02, top - half * 0.2, box[2] - 0.02, top + half * 0.2 + 0.02), 0, 360, t.accent(), 0.016)
    low = t.between("band", 0.74, 0.84)
    s.dots((box[0] + 0.02, top + half * 0.4, box[2] - 0.02, low), 16, 22, 0.005, s.dark)
    c.rect((box[0], low + 0.015, box[2], low + 0.03), s.dark)
    if s.back:
        c.rect((0.45, 0.86, 0.55, 0.9), DARK, 0.01)
    else:
        s.emblem(0.5, (top + low) / 2, 0.04)
        c.text(0.5, 0.88, s.label, 0.04, s.ink, half * 1.6)


def _tube(s: Subject) -> None:
    t, c = s.traits, s.canvas
    half, high = 0.4 + 0.07 * s.size, t.between("height", 0.15, 0.24)
    box = (0.5 - half, 0.5 - high, 0.5 + half, 0.5 + high)
    s.casing(box, high * t.between("round", 0.4, 1.0), "top")
    step = 0.0 if t.flip("plain weave", 0.3) else 0.02
    for number in range(34):
        x = box[0] + high * 0.5 + (half * 2 - high) * number / 33
        c.line([(x - step, box[1] + 0.03), (x + step, box[3] - 0.03)], mix(s.body, s.dark, 0.55), 0.006)
    for side in (-1, 1):
        x = 0.5 + side * (half - 0.035)
        c.shaded_oval((x - high * 0.3, 0.5 - high * 0.9, x + high * 0.3, 0.5 + high * 0.9), s.dark)
        c.arc((x - high * 0.3, 0.5 - high * 0.9, x + high * 0.3, 0.5 + high * 0.9), 0, 360, t.accent(), 0.014)
    if s.back:
        c.rect((0.4, 0.46, 0.6, 0.54), DARK, 0.02)
        s.dots((0.42, 0.475, 0.58, 0.525), 3, 1, 0.013, METAL)
    else:
        c.rect((0.5 - 0.15, 0.46, 0.65, 0.54), s.dark, 0.01)
        c.text(0.5, 0.5, s.label, 0.06, contrast(s.dark, 0.85), 0.28)


def _shelf(s: Subject) -> None:
    t, c = s.traits, s.canvas
    half, top = t.between("width", 0.2, 0.28) + 0.03 * s.size, t.between("top", 0.06, 0.14)
    box = (0.5 - half, top, 0.5 + half, 0.94)
    s.casing(box, t.between("round", 0.0, 0.05))
    if s.back:
        c.disc(0.5, 0.35, half * 0.4, DARK)
        for x, colour in ((0.44, (190, 40, 40)), (0.56, DARK)):
            c.disc(x, 0.8, 0.028, colour)
        c.text(0.5, 0.6, s.label, 0.04, s.ink, half)
        return
    ring = t.accent() if t.flip("bright ring") else METAL
    cone = mix(DARK, t.accent("cone"), 0.25)
    big = half * t.between("woofer", 0.7, 0.85)
    small = half * t.between("tweeter", 0.3, 0.5)
    places = [(top + 0.05 + small, small), (0.9 - big, big)]
    if t.flip("swap", 0.25):
        places = [(top + 0.05 + big, big), (0.9 - small, small)]
    for y, radius in places:
        c.disc(0.5, y, radius, ring)
        c.disc(0.5, y, radius * 0.92, (24, 24, 26))
        c.shaded_oval((0.5 - radius * 0.74, y - radius * 0.74, 0.5 + radius * 0.74, y + radius * 0.74), cone)
        c.disc(0.5, y, radius * 0.28, mix(cone, BLACK, 0.4))
    c.text(0.5, 0.92, s.label, 0.032, s.ink, half)


def _globe(s: Subject) -> None:
    t, c = s.traits, s.canvas
    radius = t.between("radius", 0.31, 0.37) + 0.05 * s.size
    squash = t.between("squash", 0.7, 1.0)
    box = (0.5 - radius, 0.52 - radius * squash, 0.5 + radius, 0.52 + radius * squash)
    c.shaded_oval(box, s.body, "cylinder")
    for share in (0.9, 0.72, 0.54, 0.36, 0.18):
        grid = (0.5 - radius * share, box[1] + 0.01, 0.5 + radius * share, box[3] - 0.01)
        c.arc(grid, 0, 360, mix(s.body, s.dark, 0.5), 0.004)
    c.shaded_oval((0.5 - radius * 0.5, box[1] - 0.005, 0.5 + radius * 0.5, box[1] + radius * 0.3), s.dark)
    c.arc((0.5 - radius * 0.5, box[1] - 0.005, 0.5 + radius * 0.5, box[1] + radius * 0.3), 0, 360, t.accent(), 0.018)
    c.rect((0.5 - radius * 0.6, box[3] - 0.03, 0.5 + radius * 0.6, box[3] + 0.015), DARK, 0.015)
    if not s.back:
        s.emblem(0.5, 0.5, 0.045)
        c.text(0.5, 0.62, s.label, 0.05, s.ink, radius)
