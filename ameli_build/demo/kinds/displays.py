"""Drawings of computers and screens."""

from ameli_build.demo.canvas import DARK, METAL, WHITE, Point, mix
from ameli_build.demo.subject import Subject


def laptop(s: Subject) -> None:
    """An open laptop: lid with display above, keyboard in perspective below."""
    t, c = s.traits, s.canvas
    half = t.between("width", 0.36, 0.42) + 0.05 * s.size
    top = 0.70 - half * 2 * t.between("aspect", 0.58, 0.74)
    left, right, hinge = 0.5 - half, 0.5 + half, 0.68
    round_ = t.between("round", 0.005, 0.035)
    s.casing((left, top, right, hinge), round_)
    if s.back:
        s.emblem(0.5, (top + hinge) / 2, t.between("emblem size", 0.03, 0.06))
        c.text(0.5, hinge - 0.06, s.label, 0.04, s.ink, half)
        c.rect((left + 0.02, hinge, right - 0.02, hinge + 0.025), s.dark, 0.01)
        s.slits((0.3, hinge + 0.004, 0.7, hinge + 0.02), 24, DARK)
        return
    bezel = t.between("bezel", 0.016, 0.04)
    inner = (left + bezel * 0.6, top + bezel * 0.6, right - bezel * 0.6, hinge - bezel)
    if t.flip("black bezel"):
        c.rect(inner, DARK, round_)
    chin = t.between("chin", 0.02, 0.06)
    s.screen((left + bezel * 1.3, top + bezel * 1.3, right - bezel * 1.3, hinge - chin), 0.004)
    c.disc(0.5, top + bezel * 0.75, 0.004, (90, 90, 100))
    c.text(0.5, hinge - chin / 2, s.label, 0.022, s.ink if not t.flip("black bezel") else METAL, half)
    _deck(s, left, right, hinge)


def _deck(s: Subject, left: float, right: float, hinge: float) -> None:
    """The lower half of a laptop: keys, trackpad and front lip."""
    t, c = s.traits, s.canvas
    spread, foot = 0.04, hinge + t.between("deck", 0.17, 0.22)
    c.shaded_poly([(left, hinge), (right, hinge), (right + spread, foot), (left - spread, foot)], s.body, "top")
    c.rect((left - spread, foot, right + spread, foot + 0.018), s.dark, 0.008)
    c.rect((left + 0.03, hinge - 0.004, right - 0.03, hinge + 0.008), mix(s.dark, DARK, 0.5))
    keys = mix(s.body, WHITE, 0.6) if t.flip("pale keys", 0.25) else DARK
    columns, inset = 12, t.between("inset", 0.04, 0.09)
    pad_share = t.between("keys share", 0.5, 0.6)

    def at(across: float, down: float) -> Point:
        reach = spread * down
        x = (left - reach) + (right - left + 2 * reach) * (inset + (1 - 2 * inset) * across)
        return x, hinge + 0.018 + (foot - hinge - 0.018) * down

    for row in range(5):
        up, low = pad_share * row / 5 + 0.02, pad_share * (row + 0.8) / 5 + 0.02
        wide = row == 4
        for column in range(columns):
            a, b = column / columns, (column + 0.84) / columns
            if wide and 4 <= column <= 7:
                b = (column + 1) / columns
            c.poly([at(a, up), at(b, up), at(b, low), at(a, low)], keys)
    pad = t.between("pad", 0.12, 0.2)
    corners = [at(0.5 - pad, pad_share + 0.1), at(0.5 + pad, pad_share + 0.1), at(0.5 + pad, 0.94), at(0.5 - pad, 0.94)]
    c.poly(corners, mix(s.body, s.seam, 0.35))


def television(s: Subject) -> None:
    """A flat television on feet, a pedestal or a wide stand."""
    t, c = s.traits, s.canvas
    half = 0.44 + 0.05 * s.size
    high = half * 2 * t.between("aspect", 0.55, 0.6)
    top = 0.42 - high / 2
    box = (0.5 - half, top, 0.5 + half, top + high)
    _stand(s, top + high, half)
    s.casing(box, 0.008)
    if s.back:
        s.casing((0.5 - half * 0.6, top + high * 0.35, 0.5 + half * 0.6, top + high * 0.95), 0.02, colour=s.dark)
        s.slits((0.5 - half * 0.45, top + high * 0.45, 0.5 + half * 0.45, top + high * 0.52), 26, DARK)
        c.text(0.5, top + high * 0.2, s.label, 0.05, s.ink, half)
        s.dots((0.42, top + high * 0.6, 0.58, top + high * 0.8), 2, 2, 0.01, DARK)
        return
    bezel, chin = t.between("bezel", 0.012, 0.026), t.between("chin", 0.022, 0.06)
    s.screen((box[0] + bezel, box[1] + bezel, box[2] - bezel, box[3] - chin))
    c.text(0.5, box[3] - chin / 2, s.label, 0.026, s.ink, half)
    c.disc(box[2] - 0.04, box[3] - chin / 2, 0.005, t.accent())


def monitor(s: Subject) -> None:
    """A desktop monitor on a neck, some very wide, with a chin in its colour."""
    t, c = s.traits, s.canvas
    half = 0.38 + 0.07 * s.size
    high = half * 2 * (0.44 if t.flip("ultrawide", 0.25) else t.between("aspect", 0.58, 0.68))
    top = 0.08
    foot = top + high
    drop = t.between("neck", 0.13, 0.22)
    neck = t.between("neck width", 0.03, 0.06)
    c.shaded((0.5 - neck, foot - 0.02, 0.5 + neck, foot + drop), s.dark, 0.0, "cylinder")
    base = half * t.between("base", 0.38, 0.62)
    if t.flip("round base"):
        c.shaded_oval((0.5 - base, foot + drop - 0.04, 0.5 + base, foot + drop + 0.04), s.body)
    else:
        c.shaded_poly(
            [
                (0.5 - base * 0.8, foot + drop - 0.035),
                (0.5 + base * 0.8, foot + drop - 0.035),
                (0.5 + base, foot + drop + 0.03),
                (0.5 - base, foot + drop + 0.03),
            ],
            s.body,
        )
    s.casing((0.5 - half, top, 0.5 + half, foot), t.between("round", 0.004, 0.025))
    if s.back:
        c.ring(0.5, top + high * 0.45, 0.13, t.accent(), 0.012 if t.flip("light ring") else 0.004)
        s.emblem(0.5 + half * 0.6, top + high * 0.25, 0.03)
        c.text(0.5, top + high * 0.8, s.label, 0.045, s.ink, half)
        return
    bezel, chin = t.between("bezel", 0.016, 0.03), t.between("chin", 0.03, 0.075)
    s.screen((0.5 - half + bezel, top + bezel, 0.5 + half - bezel, foot - chin))
    c.text(0.5, foot - chin / 2, s.label, min(0.035, chin * 0.8), s.ink, half)
    for number in range(t.pick("buttons", 4)):
        c.disc(0.5 + half - 0.04 - 0.025 * number, foot - chin / 2, 0.006, s.seam)


def _stand(s: Subject, foot: float, half: float) -> None:
    """The stand of a television or a monitor."""
    t, c = s.traits, s.canvas
    style, drop = t.pick("stand", 4), t.between("drop", 0.06, 0.11)
    if style == 0:
        for side in (-1, 1):
            x = 0.5 + side * half * t.between("feet", 0.6, 0.85)
            c.line([(x, foot - 0.01), (x - 0.05, foot + drop)], s.dark, 0.02)
            c.line([(x, foot - 0.01), (x + 0.05, foot + drop)], s.body, 0.02)
    elif style == 1:
        c.shaded((0.46, foot - 0.01, 0.54, foot + drop), s.dark, 0.0, "cylinder")
        c.shaded_oval((0.5 - half * 0.5, foot + drop - 0.03, 0.5 + half * 0.5, foot + drop + 0.03), s.body)
    elif style == 2:
        c.shaded((0.42, foot - 0.01, 0.58, foot + drop), s.dark)
        c.shaded((0.5 - half * 0.7, foot + drop - 0.015, 0.5 + half * 0.7, foot + drop + 0.015), s.body, 0.01)
    else:
        c.poly([(0.44, foot - 0.01), (0.56, foot - 0.01), (0.66, foot + drop), (0.34, foot + drop)], s.dark)
        c.rect((0.3, foot + drop - 0.012, 0.7, foot + drop + 0.012), s.body, 0.01)
