"""Drawings of small machines on a kitchen counter."""

from ameli_build.demo.canvas import DARK, METAL, WHITE, mix, taper
from ameli_build.demo.subject import Subject


def coffee_maker(s: Subject) -> None:
    """A drip machine with its jug, a pod machine, or an espresso machine."""
    (_drip, _pod, _espresso)[s.traits.pick("type", 3)](s)


def _drip(s: Subject) -> None:
    t, c = s.traits, s.canvas
    half, top = t.between("width", 0.22, 0.28), 0.08 - 0.03 * s.size
    left, right = 0.5 - half, 0.5 + half
    s.casing((left, top, right, 0.93), 0.03)
    c.text(0.5, top + 0.2, s.label, 0.035, s.ink, half)
    if s.back:
        s.slits((left + 0.08, 0.7, right - 0.08, 0.85), 10, s.dark)
        return
    c.rect((left + 0.03, 0.38, right - 0.03, 0.83), mix(DARK, s.body, 0.1), 0.02)
    jug = half * 0.74
    c.shaded_poly(
        [
            (0.5 - jug * 0.6, 0.45),
            (0.5 + jug * 0.6, 0.45),
            (0.5 + jug, 0.6),
            (0.5 + jug * 0.8, 0.81),
            (0.5 - jug * 0.8, 0.81),
            (0.5 - jug, 0.6),
        ],
        (168, 180, 186),
        "cylinder",
    )
    fill = t.between("coffee", 0.55, 0.7)
    c.poly(
        [(0.5 - jug * 0.96, fill), (0.5 + jug * 0.96, fill), (0.5 + jug * 0.8, 0.81), (0.5 - jug * 0.8, 0.81)],
        (64, 38, 22),
    )
    c.rect((0.5 - jug * 0.68, 0.42, 0.5 + jug * 0.68, 0.46), DARK, 0.01)
    side = 1 if t.flip("handle right") else -1
    c.arc(
        (0.5 + side * jug - 0.09, 0.49, 0.5 + side * jug + 0.09, 0.74),
        -100 if side > 0 else 80,
        100 if side > 0 else 280,
        DARK,
        0.028,
    )
    _brew_controls(s, top + 0.1)


def _brew_controls(s: Subject, y: float) -> None:
    """A clock, a dial or buttons on the brow of a coffee maker."""
    t, c, style = s.traits, s.canvas, s.traits.pick("controls", 3)
    if style == 0:
        c.rect((0.41, y - 0.035, 0.59, y + 0.035), DARK, 0.008)
        c.text(0.5, y, "7:30", 0.05, mix(t.accent(), WHITE, 0.3))
    elif style == 1:
        s.knob(0.5, y, 0.045, s.trim, 0.3)
    else:
        for number in range(4):
            c.disc(0.41 + 0.06 * number, y, 0.02, t.accent() if number == 0 else s.seam)


def _pod(s: Subject) -> None:
    t, c = s.traits, s.canvas
    half = t.between("width", 0.17, 0.24) + 0.03 * s.size
    left, right = 0.5 - half, 0.5 + half
    if t.flip("side tank"):
        c.shaded((right - 0.01, 0.2, right + 0.12, 0.86), (176, 204, 222), 0.03, "cylinder")
        c.rect((right - 0.01, 0.18, right + 0.12, 0.22), s.dark, 0.01)
    s.casing((left, 0.14, right, 0.46), t.between("round", 0.03, 0.12), "cylinder")
    s.casing((left + 0.04, 0.4, right - 0.04, 0.92), 0.02, "cylinder", s.dark)
    s.casing((left - 0.01, 0.86, right + 0.01, 0.94), 0.02)
    c.tube([(left + 0.05, 0.12), (right - 0.05, 0.12)], s.trim, 0.035)
    c.text(0.5, 0.36, s.label, 0.035, s.ink, half * 1.5)
    if s.back:
        s.slits((left + 0.06, 0.55, right - 0.06, 0.7), 9, DARK)
        return
    c.rect((0.46, 0.44, 0.54, 0.52), METAL, 0.01)
    c.shaded_poly(
        [(0.43, 0.66), (0.57, 0.66), (0.555, 0.86), (0.445, 0.86)], mix(t.accent("mug"), WHITE, 0.4), "cylinder"
    )
    for number in range(3):
        c.disc(0.5 + (number - 1) * 0.07, 0.25, 0.024, t.accent() if number == 1 else s.seam)


def _espresso(s: Subject) -> None:
    t, c = s.traits, s.canvas
    half = t.between("width", 0.3, 0.38) + 0.04 * s.size
    left, right, top = 0.5 - half, 0.5 + half, 0.18
    s.casing((left, top, right, 0.5), 0.02)
    c.text(0.5, top + 0.27, s.label, 0.036, s.ink, half)
    s.casing((left + 0.02, 0.5, right - 0.02, 0.84), 0.0, colour=s.dark)
    s.casing((left, 0.82, right, 0.92), 0.015)
    c.tube([(left + 0.04, top - 0.025), (right - 0.04, top - 0.025)], METAL, 0.016)
    if s.back:
        s.slits((left + 0.1, 0.56, right - 0.1, 0.74), 16, DARK)
        return
    x = 0.5 + half * t.between("group", -0.35, 0.1)
    c.rect((x - 0.075, 0.49, x + 0.075, 0.55), METAL, 0.01)
    c.rect((x - 0.085, 0.55, x + 0.085, 0.585), (110, 112, 116), 0.01)
    c.tube([(x, 0.575), (x + 0.06, 0.66)], (74, 48, 30) if t.flip("wood") else DARK, 0.045)
    c.shaded_poly([(x - 0.06, 0.72), (x + 0.04, 0.72), (x + 0.03, 0.82), (x - 0.05, 0.82)], WHITE, "cylinder")
    steam = right - 0.09
    c.tube([(steam, 0.49), (steam, 0.62), (steam + 0.05, 0.74)], METAL, 0.018)
    c.disc(0.5 + half * 0.6, top + 0.13, 0.055, METAL)
    c.disc(0.5 + half * 0.6, top + 0.13, 0.045, WHITE)
    c.line([(0.5 + half * 0.6, top + 0.13), (0.5 + half * 0.6 + 0.025, top + 0.105)], (200, 40, 40), 0.008)
    for number in range(2 + t.pick("switches", 3)):
        c.disc(left + 0.09 + 0.075 * number, top + 0.13, 0.026, t.accent() if number == 0 else s.trim)


def blender(s: Subject) -> None:
    """A blender: a jar of glass on a base in its colour."""
    t, c = s.traits, s.canvas
    neck, lower = t.between("neck", 0.6, 0.68), t.between("lower", 0.11, 0.15)
    _jar(s, neck, lower)
    foot = lower * t.between("foot", 1.35, 1.9)
    c.shaded_poly(taper(0.5, neck, lower * 1.1, 0.94, foot), s.body, "cylinder")
    c.rect((0.5 - foot, 0.93, 0.5 + foot, 0.955), DARK, 0.01)
    c.text(0.5, 0.9, s.label, 0.035, s.ink, foot * 1.5)
    if s.back:
        s.slits((0.42, neck + 0.06, 0.58, neck + 0.16), 8, s.dark)
    elif t.flip("dial"):
        s.knob(0.5, (neck + 0.9) / 2, 0.05, s.trim, t.between("turn", -1, 1))
    else:
        for number in range(4):
            x = 0.5 + (number - 1.5) * 0.06
            c.rect((x - 0.022, neck + 0.09, x + 0.022, neck + 0.15), t.accent() if number == 3 else s.seam, 0.01)


def _jar(s: Subject, neck: float, lower: float) -> None:
    """A blender's jar with handle, scale and lid, perhaps with a drink in it."""
    t, c = s.traits, s.canvas
    top, upper = 0.1 - 0.05 * s.size, t.between("upper", 0.17, 0.23)
    side = 1 if t.flip("handle right") else -1
    x = 0.5 + side * upper
    reach = ((-0.03, top + 0.08), (0.09, top + 0.1), (0.07, neck - 0.1), (-0.06, neck - 0.08))
    c.tube([(x + side * across, y) for across, y in reach], DARK, 0.034)
    glass = mix((190, 208, 216), t.accent("tint"), 0.12)
    c.shaded_poly(taper(0.5, top, upper, neck, lower), glass, "cylinder")
    if t.flip("smoothie", 0.5):
        share = t.between("fill", 0.3, 0.6)
        drink = taper(0.5, top + (neck - top) * share, upper + (lower - upper) * share, neck, lower)
        c.shaded_poly(drink, mix(t.accent("fruit"), WHITE, 0.2), "cylinder")
    for number in range(5):
        y = top + (neck - top) * (0.25 + 0.13 * number)
        c.rect((0.5 - 0.02, y, 0.5 + 0.04, y + 0.005), WHITE)
    s.casing((0.5 - upper - 0.015, top - 0.05, 0.5 + upper + 0.015, top + 0.01), 0.015)
    c.rect((0.45, top - 0.08, 0.55, top - 0.045), s.dark, 0.01)


def toaster(s: Subject) -> None:
    """A toaster with one or two slots, sometimes with bread in it."""
    t, c = s.traits, s.canvas
    half = 0.36 + 0.07 * s.size
    high = half * 2 * t.between("aspect", 0.56, 0.72)
    left, right, top, foot = 0.5 - half, 0.5 + half, 0.52 - high / 2, 0.52 + high / 2
    if t.flip("bread", 0.4):
        for x in (0.5 - half * 0.4, 0.5 + half * 0.4):
            c.shaded((x - half * 0.3, top - 0.1, x + half * 0.3, top + 0.2), (198, 146, 84), 0.05)
            c.frame((x - half * 0.3, top - 0.1, x + half * 0.3, top + 0.2), (140, 88, 40), 0.014, 0.05)
    s.casing(
        (left, top, right, foot), t.between("round", 0.03, 0.16), "brushed" if t.flip("metal sides", 0.3) else "top"
    )
    c.rect((left + 0.09, top + 0.03, right - 0.09, top + 0.055), DARK, 0.01)
    if t.flip("four slots"):
        c.rect((left + 0.06, top + 0.075, right - 0.06, top + 0.105), DARK, 0.01)
    c.rect((left + 0.03, foot - 0.045, right - 0.03, foot + 0.02), DARK, 0.015)
    c.text(0.5, top + high * 0.45, s.label, 0.05, s.ink, half)
    if s.back:
        s.slits((left + 0.15, foot - 0.16, right - 0.15, foot - 0.08), 14, s.dark)
        return
    if t.flip("window", 0.25):
        c.rect((left + 0.12, top + high * 0.55, right - 0.25, foot - 0.08), s.glass, 0.02)
    lever = right - t.between("lever", 0.07, 0.12)
    c.rect((lever - 0.008, top + 0.12, lever + 0.008, foot - 0.1), DARK, 0.006)
    c.rect((lever - 0.045, top + high * 0.38, lever + 0.045, top + high * 0.38 + 0.04), s.trim, 0.015)
    count = 1 + t.pick("dials", 3)
    for number in range(count):
        s.knob(left + 0.12 + 0.11 * number, foot - 0.12, 0.036, s.trim, t.between(f"turn {number}", -1, 1))
    if t.flip("stripe", 0.4):
        c.rect((left + 0.005, top + high * 0.2, right - 0.005, top + high * 0.2 + 0.025), t.accent())
