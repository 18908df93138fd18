"""Drawings of cameras and game controllers."""

from ameli_build.drawing.appearance import Rgb
from ameli_build.drawing.canvas import BLACK, DARK, METAL, WHITE, around, contrast, mix
from ameli_build.drawing.subject import Subject


def camera(s: Subject) -> None:
    """A camera with a hump or a flat top, a leather band and a lens in front."""
    half, top = 0.37 + 0.07 * s.size, 0.3
    high = s.between("height", 0.44, 0.54)
    left, right, foot = 0.5 - half, 0.5 + half, top + high
    centre = 0.5 + half * s.between("lens place", -0.1, 0.22)
    hump = s.flip("hump", 0.55)
    if hump:
        low, up, (a, b, c, d) = top + 0.02, top - 0.11, (centre + x for x in (-0.15, -0.09, 0.09, 0.15))
        s.shaded_poly([(a, low), (b, up), (c, up), (d, low)], s.body)
        s.text(centre, top - 0.05, "" if s.back else s.label, 0.036, s.ink, 0.16)
    for x, wide in ((left + 0.13, 0.05), (right - 0.13, s.between("dial", 0.05, 0.08))):
        dial = METAL if s.flip("metal dials") else s.dark
        s.shaded((x - wide, top - 0.05, x + wide, top + 0.02), dial, 0.01, "cylinder")
    s.disc(left + 0.13, top - 0.05, 0.016, s.accent())
    s.casing((left, top, right, foot), s.between("round", 0.02, 0.07))
    leather = mix(DARK, (92, 60, 40), 0.8) if s.flip("brown leather", 0.3) else mix(DARK, s.body, 0.1)
    band = s.between("band", 0.07, 0.14)
    s.shaded((left + 0.006, top + band, right - 0.006, foot - 0.07), leather)
    if s.back:
        s.rect((left + 0.06, top + 0.08, right - 0.24, foot - 0.05), DARK, 0.01)
        s.screen((left + 0.075, top + 0.095, right - 0.255, foot - 0.065))
        s.discs(right - 0.12, (top + foot) / 2, (0.07, s.dark), (0.03, METAL))
        return
    s.shaded((left + 0.01, top + band, left + s.between("grip", 0.08, 0.17), foot - 0.02), leather, 0.03, "cylinder")
    s.rect((right - 0.14, top + 0.03, right - 0.05, top + 0.065), (226, 228, 220), 0.008)
    if not hump:
        s.brand(top + band / 2, 0.036, 0.24, left + 0.2)
    _lens(s, centre, top + high * 0.52)


def _lens(s: Subject, x: float, y: float) -> None:
    """Barrel, ring and glass of a lens."""
    radius = s.between("lens", 0.18, 0.23)
    barrel = mix(s.body, BLACK, 0.15) if s.flip("bright barrel", 0.4) else DARK
    s.shaded_oval(around(x, y, radius), barrel)
    s.ring(x, y, radius * 0.9, mix(barrel, WHITE, 0.25), 0.006)
    s.ring(x, y, radius * 0.8, s.accent(), 0.012)
    glass = mix((40, 50, 96), s.accent("coating"), 0.35)
    s.discs(x, y, (radius * 0.72, (18, 18, 22)), (radius * 0.54, glass), (radius * 0.3, mix(glass, BLACK, 0.6)))
    s.disc(x - radius * 0.22, y - radius * 0.24, radius * 0.12, (236, 240, 255))


def game_controller(s: Subject) -> None:
    """A game pad with two grips, sticks, a cross and four buttons."""
    half, top = 0.4 + 0.04 * s.size, 0.26
    for side in (-1, 1):
        s.rect((0.5 + side * 0.28 - 0.1, top - 0.035, 0.5 + side * 0.28 + 0.1, top + 0.04), s.dark, 0.03)
        _grip(s, 0.5 + side * (half - 0.13), top, side)
    s.casing((0.5 - half + 0.02, top, 0.5 + half - 0.02, 0.64), s.between("round", 0.09, 0.18), "top")
    if s.back:
        s.rect((0.38, top + 0.08, 0.62, top + 0.24), s.dark, 0.02)
        s.text(0.5, top + 0.16, s.label, 0.05, contrast(s.dark, 0.8), 0.2)
        return
    if s.flip("touch pad", 0.45):
        s.rect((0.37, top + 0.02, 0.63, top + 0.16), s.dark, 0.02)
        s.rect((0.37, top + 0.165, 0.63, top + 0.175), s.accent())
    else:
        s.emblem(0.5, top + 0.08, 0.036)
    even = s.flip("even sticks")
    sticks = [(0.37, 0.55), (0.63, 0.55)] if even else [(0.5 - half + 0.16, top + 0.12), (0.62, 0.53)]
    for x, y in sticks:
        s.discs(x, y, (0.068, s.seam), (0.06, DARK), (0.042, (70, 72, 78)))
    x, y = (0.5 - half + 0.15, top + 0.14) if even else (0.38, 0.53)
    for across, down in ((0.06, 0.02), (0.02, 0.06)):
        s.rect(around(x, y, across, down), METAL if s.flip("pale cross", 0.3) else DARK, 0.008)
    _face_buttons(s, 0.5 + half - 0.15, top + 0.14)
    s.brand(0.62, 0.026, 0.2)


def _grip(s: Subject, x: float, top: float, side: int) -> None:
    """The left (-1) or right (1) grip."""
    droop, splay = s.between("droop", 0.78, 0.88), s.between("splay", 0.0, 0.06)
    grip = [
        (x - side * 0.14, top + 0.2),
        (x + side * 0.16, top + 0.12),
        (x + side * (0.16 + splay), droop - 0.06),
        (x + side * (0.07 + splay), droop),
        (x + side * splay, droop - 0.03),
        (x - side * 0.1, 0.62),
    ]
    s.shaded_poly(grip, s.dark if s.flip("dark grips", 0.3) else s.body)


def _face_buttons(s: Subject, x: float, y: float) -> None:
    """Four buttons in four colours, one colour or none."""
    style = s.pick("face", 3)
    several: tuple[Rgb, ...] = ((70, 178, 96), (224, 74, 52), (58, 108, 220), (242, 188, 36))
    for number, (dx, dy) in enumerate(((0, 0.055), (0.055, 0), (-0.055, 0), (0, -0.055))):
        colour = several[number] if style == 0 else s.accent() if style == 1 else s.seam
        s.discs(x + dx, y + dy, (0.029, DARK), (0.024, colour))
