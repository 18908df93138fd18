"""Drawings of small machines on a kitchen counter."""

from ameli_build.drawing.canvas import DARK, METAL, WHITE, middle, mix, taper
from ameli_build.drawing.subject import Subject


def coffee_maker(s: Subject) -> None:
    """A drip machine with its jug, a pod machine, or an espresso machine."""
    (_drip, _pod, _espresso)[s.pick("type", 3)](s)


def _drip(s: Subject) -> None:
    half, top = s.between("width", 0.22, 0.28), 0.08 - 0.03 * s.size
    left, right = 0.5 - half, 0.5 + half
    s.casing((left, top, right, 0.93), 0.03)
    s.brand(top + 0.2, 0.035, half)
    if s.back:
        s.slits((left + 0.08, 0.7, right - 0.08, 0.85), 10, s.dark)
        return
    s.rect((left + 0.03, 0.38, right - 0.03, 0.83), mix(DARK, s.body, 0.1), 0.02)
    jug = half * 0.74
    upper, lower = taper(0.5, 0.45, jug * 0.6, 0.6, jug), taper(0.5, 0.6, jug, 0.81, jug * 0.8)
    s.shaded_poly([*upper[:3], *lower[2:], upper[3]], (168, 180, 186), "cylinder")
    s.poly(taper(0.5, s.between("coffee", 0.55, 0.7), jug * 0.96, 0.81, jug * 0.8), (64, 38, 22))
    s.rect(middle(jug * 0.68, 0.42, 0.46), DARK, 0.01)
    side = 1 if s.flip("handle right") else -1
    handle = (0.5 + side * jug - 0.09, 0.49, 0.5 + side * jug + 0.09, 0.74)
    s.arc(handle, -100 if side > 0 else 80, 100 if side > 0 else 280, DARK, 0.028)
    _brew_controls(s, top + 0.1)


def _brew_controls(s: Subject, y: float) -> None:
    """A clock, a dial or buttons on the brow of a coffee maker."""
    style = s.pick("controls", 3)
    if style == 0:
        s.rect((0.41, y - 0.035, 0.59, y + 0.035), DARK, 0.008)
        s.text(0.5, y, "7:30", 0.05, mix(s.accent(), WHITE, 0.3))
    elif style == 1:
        s.knob(0.5, y, 0.045, s.trim, 0.3)
    else:
        s.lamps(0.41, y, 0.06, 4, 0.02, s.seam)


def _pod(s: Subject) -> None:
    half = s.between("width", 0.17, 0.24) + 0.03 * s.size
    left, right = 0.5 - half, 0.5 + half
    if s.flip("side tank"):
        s.shaded((right - 0.01, 0.2, right + 0.12, 0.86), (176, 204, 222), 0.03, "cylinder")
        s.rect((right - 0.01, 0.18, right + 0.12, 0.22), s.dark, 0.01)
    s.casing((left, 0.14, right, 0.46), s.between("round", 0.03, 0.12), "cylinder")
    s.casing((left + 0.04, 0.4, right - 0.04, 0.92), 0.02, "cylinder", s.dark)
    s.casing((left - 0.01, 0.86, right + 0.01, 0.94), 0.02)
    s.tube([(left + 0.05, 0.12), (right - 0.05, 0.12)], s.trim, 0.035)
    s.brand(0.36, 0.035, half * 1.5)
    if s.back:
        s.slits((left + 0.06, 0.55, right - 0.06, 0.7), 9, DARK)
        return
    s.rect((0.46, 0.44, 0.54, 0.52), METAL, 0.01)
    s.shaded_poly(taper(0.5, 0.66, 0.07, 0.86, 0.055), mix(s.accent("mug"), WHITE, 0.4), "cylinder")
    s.lamps(0.43, 0.25, 0.07, 3, 0.024, s.seam, lit=1)


def _espresso(s: Subject) -> None:
    half = s.between("width", 0.3, 0.38) + 0.04 * s.size
    left, right, top = 0.5 - half, 0.5 + half, 0.18
    s.casing((left, top, right, 0.5), 0.02)
    s.brand(top + 0.27, 0.036, half)
    s.casing((left + 0.02, 0.5, right - 0.02, 0.84), 0.0, colour=s.dark)
    s.casing((left, 0.82, right, 0.92), 0.015)
    s.tube([(left + 0.04, top - 0.025), (right - 0.04, top - 0.025)], METAL, 0.016)
    if s.back:
        s.slits((left + 0.1, 0.56, right - 0.1, 0.74), 16, DARK)
        return
    x = 0.5 + half * s.between("group", -0.35, 0.1)
    s.rect((x - 0.075, 0.49, x + 0.075, 0.55), METAL, 0.01)
    s.rect((x - 0.085, 0.55, x + 0.085, 0.585), (110, 112, 116), 0.01)
    s.tube([(x, 0.575), (x + 0.06, 0.66)], (74, 48, 30) if s.flip("wood") else DARK, 0.045)
    s.shaded_poly(taper(x - 0.01, 0.72, 0.05, 0.82, 0.04), WHITE, "cylinder")
    steam = right - 0.09
    s.tube([(steam, 0.49), (steam, 0.62), (steam + 0.05, 0.74)], METAL, 0.018)
    gauge, y = 0.5 + half * 0.6, top + 0.13
    s.discs(gauge, y, (0.055, METAL), (0.045, WHITE))
    s.line([(gauge, y), (gauge + 0.025, top + 0.105)], (200, 40, 40), 0.008)
    s.lamps(left + 0.09, y, 0.075, 2 + s.pick("switches", 3), 0.026, s.trim)


def blender(s: Subject) -> None:
    """A blender: a jar of glass on a base in its colour."""
    neck, lower = s.between("neck", 0.6, 0.68), s.between("lower", 0.11, 0.15)
    _jar(s, neck, lower)
    foot = lower * s.between("foot", 1.35, 1.9)
    s.shaded_poly(taper(0.5, neck, lower * 1.1, 0.94, foot), s.body, "cylinder")
    s.rect(middle(foot, 0.93, 0.955), DARK, 0.01)
    s.brand(0.9, 0.035, foot * 1.5)
    if s.back:
        s.slits((0.42, neck + 0.06, 0.58, neck + 0.16), 8, s.dark)
    elif s.flip("dial"):
        s.knob(0.5, (neck + 0.9) / 2, 0.05, s.trim, s.between("turn", -1, 1))
    else:
        for number in range(4):
            x = 0.5 + (number - 1.5) * 0.06
            s.rect((x - 0.022, neck + 0.09, x + 0.022, neck + 0.15), s.accent() if number == 3 else s.seam, 0.01)


def _jar(s: Subject, neck: float, lower: float) -> None:
    """A blender's jar with handle, scale and lid, perhaps with a drink in it."""
    top, upper = 0.1 - 0.05 * s.size, s.between("upper", 0.17, 0.23)
    side = 1 if s.flip("handle right") else -1
    reach = ((-0.03, top + 0.08), (0.09, top + 0.1), (0.07, neck - 0.1), (-0.06, neck - 0.08))
    s.tube([(0.5 + side * upper + side * across, y) for across, y in reach], DARK, 0.034)
    glass = mix((190, 208, 216), s.accent("tint"), 0.12)
    s.shaded_poly(taper(0.5, top, upper, neck, lower), glass, "cylinder")
    if s.flip("smoothie", 0.5):
        share = s.between("fill", 0.3, 0.6)
        drink = taper(0.5, top + (neck - top) * share, upper + (lower - upper) * share, neck, lower)
        s.shaded_poly(drink, mix(s.accent("fruit"), WHITE, 0.2), "cylinder")
    for number in range(5):
        y = top + (neck - top) * (0.25 + 0.13 * number)
        s.rect((0.5 - 0.02, y, 0.5 + 0.04, y + 0.005), WHITE)
    s.casing((0.5 - upper - 0.015, top - 0.05, 0.5 + upper + 0.015, top + 0.01), 0.015)
    s.rect((0.45, top - 0.08, 0.55, top - 0.045), s.dark, 0.01)


def toaster(s: Subject) -> None:
    """A toaster with one or two slots, sometimes with bread in it."""
    half = 0.36 + 0.07 * s.size
    high = half * 2 * s.between("aspect", 0.56, 0.72)
    left, right, top, foot = 0.5 - half, 0.5 + half, 0.52 - high / 2, 0.52 + high / 2
    if s.flip("bread", 0.4):
        for x in (0.5 - half * 0.4, 0.5 + half * 0.4):
            slice_ = (x - half * 0.3, top - 0.1, x + half * 0.3, top + 0.2)
            s.shaded(slice_, (198, 146, 84), 0.05)
            s.frame(slice_, (140, 88, 40), 0.014, 0.05)
    light = "brushed" if s.flip("metal sides", 0.3) else "top"
    s.casing((left, top, right, foot), s.between("round", 0.03, 0.16), light)
    s.rect((left + 0.09, top + 0.03, right - 0.09, top + 0.055), DARK, 0.01)
    if s.flip("four slots"):
        s.rect((left + 0.06, top + 0.075, right - 0.06, top + 0.105), DARK, 0.01)
    s.rect((left + 0.03, foot - 0.045, right - 0.03, foot + 0.02), DARK, 0.015)
    s.brand(top + high * 0.45, 0.05, half)
    if s.back:
        s.slits((left + 0.15, foot - 0.16, right - 0.15, foot - 0.08), 14, s.dark)
        return
    if s.flip("window", 0.25):
        s.rect((left + 0.12, top + high * 0.55, right - 0.25, foot - 0.08), s.glass, 0.02)
    lever = right - s.between("lever", 0.07, 0.12)
    s.rect((lever - 0.008, top + 0.12, lever + 0.008, foot - 0.1), DARK, 0.006)
    s.rect((lever - 0.045, top + high * 0.38, lever + 0.045, top + high * 0.38 + 0.04), s.trim, 0.015)
    for number in range(1 + s.pick("dials", 3)):
        s.knob(left + 0.12 + 0.11 * number, foot - 0.12, 0.036, s.trim, s.between(f"turn {number}", -1, 1))
    if s.flip("stripe", 0.4):
        s.rect((left + 0.005, top + high * 0.2, right - 0.005, top + high * 0.2 + 0.025), s.accent())
