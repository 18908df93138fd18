"""Drawings of computers and screens."""

from ameli_build.drawing.canvas import DARK, METAL, WHITE, Point, around, middle, mix, taper
from ameli_build.drawing.subject import Subject


def laptop(s: Subject) -> None:
    """An open laptop: lid with display above, keyboard in perspective below."""
    half = s.between("width", 0.36, 0.42) + 0.05 * s.size
    top, hinge = 0.70 - half * 2 * s.between("aspect", 0.58, 0.74), 0.68
    left, right = 0.5 - half, 0.5 + half
    rounding = s.between("round", 0.005, 0.035)
    s.casing((left, top, right, hinge), rounding)
    if s.back:
        s.emblem(0.5, (top + hinge) / 2, s.between("emblem size", 0.03, 0.06))
        s.brand(hinge - 0.06, 0.04, half)
        s.rect((left + 0.02, hinge, right - 0.02, hinge + 0.025), s.dark, 0.01)
        s.slits((0.3, hinge + 0.004, 0.7, hinge + 0.02), 24, DARK)
        return
    bezel, chin = s.between("bezel", 0.016, 0.04), s.between("chin", 0.02, 0.06)
    black = s.flip("black bezel")
    if black:
        s.rect((left + bezel * 0.6, top + bezel * 0.6, right - bezel * 0.6, hinge - bezel), DARK, rounding)
    s.screen((left + bezel * 1.3, top + bezel * 1.3, right - bezel * 1.3, hinge - chin), 0.004)
    s.disc(0.5, top + bezel * 0.75, 0.004, (90, 90, 100))
    s.text(0.5, hinge - chin / 2, s.label, 0.022, METAL if black else s.ink, half)
    _deck(s, left, right, hinge)


def _deck(s: Subject, left: float, right: float, hinge: float) -> None:
    """The lower half of a laptop: keys, trackpad and front lip."""
    spread, foot = 0.04, hinge + s.between("deck", 0.17, 0.22)
    s.shaded_poly([(left, hinge), (right, hinge), (right + spread, foot), (left - spread, foot)], s.body, "top")
    s.rect((left - spread, foot, right + spread, foot + 0.018), s.dark, 0.008)
    s.rect((left + 0.03, hinge - 0.004, right - 0.03, hinge + 0.008), mix(s.dark, DARK, 0.5))
    keys = mix(s.body, WHITE, 0.6) if s.flip("pale keys", 0.25) else DARK
    columns, inset_ = 12, s.between("inset", 0.04, 0.09)
    pad_share = s.between("keys share", 0.5, 0.6)

    def at(across: float, down: float) -> Point:
        reach = spread * down
        x = (left - reach) + (right - left + 2 * reach) * (inset_ + (1 - 2 * inset_) * across)
        return x, hinge + 0.018 + (foot - hinge - 0.018) * down

    def plate(a: float, b: float, up: float, low: float) -> list[Point]:
        return [at(a, up), at(b, up), at(b, low), at(a, low)]

    for row in range(5):
        for column in range(columns):
            space = row == 4 and 4 <= column <= 7
            end = (column + (1 if space else 0.84)) / columns
            up, low = pad_share * row / 5 + 0.02, pad_share * (row + 0.8) / 5 + 0.02
            s.poly(plate(column / columns, end, up, low), keys)
    pad = s.between("pad", 0.12, 0.2)
    s.poly(plate(0.5 - pad, 0.5 + pad, pad_share + 0.1, 0.94), mix(s.body, s.seam, 0.35))


def television(s: Subject) -> None:
    """A flat television on feet, a pedestal or a wide stand."""
    half = 0.44 + 0.05 * s.size
    high = half * 2 * s.between("aspect", 0.55, 0.6)
    top = 0.42 - high / 2
    left, right, foot = 0.5 - half, 0.5 + half, top + high
    _stand(s, foot, half)
    s.casing((left, top, right, foot), 0.008)
    if s.back:
        s.casing(middle(half * 0.6, top + high * 0.35, top + high * 0.95), 0.02, colour=s.dark)
        s.slits(middle(half * 0.45, top + high * 0.45, top + high * 0.52), 26, DARK)
        s.brand(top + high * 0.2, 0.05, half)
        s.dots((0.42, top + high * 0.6, 0.58, top + high * 0.8), 2, 2, 0.01, DARK)
        return
    bezel, chin = s.between("bezel", 0.012, 0.026), s.between("chin", 0.022, 0.06)
    s.screen((left + bezel, top + bezel, right - bezel, foot - chin))
    s.brand(foot - chin / 2, 0.026, half)
    s.disc(right - 0.04, foot - chin / 2, 0.005, s.accent())


def _stand(s: Subject, foot: float, half: float) -> None:
    """The stand of a television."""
    style, low = s.pick("stand", 4), foot + s.between("drop", 0.06, 0.11)
    if style == 0:
        for side in (-1, 1):
            x = 0.5 + side * half * s.between("feet", 0.6, 0.85)
            s.line([(x, foot - 0.01), (x - 0.05, low)], s.dark, 0.02)
            s.line([(x, foot - 0.01), (x + 0.05, low)], s.body, 0.02)
    elif style == 1:
        s.shaded((0.46, foot - 0.01, 0.54, low), s.dark, 0.0, "cylinder")
        s.shaded_oval(around(0.5, low, half * 0.5, 0.03), s.body)
    elif style == 2:
        s.shaded((0.42, foot - 0.01, 0.58, low), s.dark)
        s.shaded(around(0.5, low, half * 0.7, 0.015), s.body, 0.01)
    else:
        s.poly(taper(0.5, foot - 0.01, 0.06, low, 0.16), s.dark)
        s.rect((0.3, low - 0.012, 0.7, low + 0.012), s.body, 0.01)


def monitor(s: Subject) -> None:
    """A desktop monitor on a neck, some very wide, with a chin in its colour."""
    half, top = 0.38 + 0.07 * s.size, 0.08
    high = half * 2 * (0.44 if s.flip("ultrawide", 0.25) else s.between("aspect", 0.58, 0.68))
    foot = top + high
    low = foot + s.between("neck", 0.13, 0.22)
    s.shaded(middle(s.between("neck width", 0.03, 0.06), foot - 0.02, low), s.dark, 0.0, "cylinder")
    base = half * s.between("base", 0.38, 0.62)
    if s.flip("round base"):
        s.shaded_oval(around(0.5, low, base, 0.04), s.body)
    else:
        s.shaded_poly(taper(0.5, low - 0.035, base * 0.8, low + 0.03, base), s.body)
    s.casing(middle(half, top, foot), s.between("round", 0.004, 0.025))
    if s.back:
        s.ring(0.5, top + high * 0.45, 0.13, s.accent(), 0.012 if s.flip("light ring") else 0.004)
        s.emblem(0.5 + half * 0.6, top + high * 0.25, 0.03)
        s.brand(top + high * 0.8, 0.045, half)
        return
    bezel, chin = s.between("bezel", 0.016, 0.03), s.between("chin", 0.03, 0.075)
    s.screen((0.5 - half + bezel, top + bezel, 0.5 + half - bezel, foot - chin))
    s.brand(foot - chin / 2, min(0.035, chin * 0.8), half)
    s.lamps(0.5 + half - 0.04, foot - chin / 2, -0.025, s.pick("buttons", 4), 0.006, s.seam, lit=-1)
