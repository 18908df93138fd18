"""Drawings of cameras and game controllers."""

from ameli_build.demo.appearance import Rgb
from ameli_build.demo.canvas import BLACK, DARK, METAL, WHITE, contrast, mix
from ameli_build.demo.subject import Subject


def camera(s: Subject) -> None:
    """A camera with a hump or a flat top, a leather band and a lens in front."""
    t, c = s.traits, s.canvas
    half, top = 0.37 + 0.07 * s.size, 0.3
    high = t.between("height", 0.44, 0.54)
    left, right, foot = 0.5 - half, 0.5 + half, top + high
    centre = 0.5 + half * t.between("lens place", -0.1, 0.22)
    if t.flip("hump", 0.55):
        c.shaded_poly(
            [
                (centre - 0.15, top + 0.02),
                (centre - 0.09, top - 0.11),
                (centre + 0.09, top - 0.11),
                (centre + 0.15, top + 0.02),
            ],
            s.body,
        )
        c.text(centre, top - 0.05, "" if s.back else s.label, 0.036, s.ink, 0.16)
    for x, wide in ((left + 0.13, 0.05), (right - 0.13, t.between("dial", 0.05, 0.08))):
        c.shaded(
            (x - wide, top - 0.05, x + wide, top + 0.02), METAL if t.flip("metal dials") else s.dark, 0.01, "cylinder"
        )
    c.disc(left + 0.13, top - 0.05, 0.016, t.accent())
    s.casing((left, top, right, foot), t.between("round", 0.02, 0.07))
    leather = mix(DARK, (92, 60, 40), 0.8) if t.flip("brown leather", 0.3) else mix(DARK, s.body, 0.1)
    band = t.between("band", 0.07, 0.14)
    c.shaded((left + 0.006, top + band, right - 0.006, foot - 0.07), leather)
    if s.back:
        c.rect((left + 0.06, top + 0.08, right - 0.24, foot - 0.05), DARK, 0.01)
        s.screen((left + 0.075, top + 0.095, right - 0.255, foot - 0.065))
        c.disc(right - 0.12, (top + foot) / 2, 0.07, s.dark)
        c.disc(right - 0.12, (top + foot) / 2, 0.03, METAL)
        return
    c.shaded((left + 0.01, top + band, left + t.between("grip", 0.08, 0.17), foot - 0.02), leather, 0.03, "cylinder")
    c.rect((right - 0.14, top + 0.03, right - 0.05, top + 0.065), (226, 228, 220), 0.008)
    if not t.flip("hump", 0.55):
        c.text(left + 0.2, top + band / 2, s.label, 0.036, s.ink, 0.24)
    _lens(s, centre, top + high * 0.52)


def _lens(s: Subject, x: float, y: float) -> None:
    """Barrel, ring and glass of a lens."""
    t, c = s.traits, s.canvas
    radius = t.between("lens", 0.18, 0.23)
    barrel = mix(s.body, BLACK, 0.15) if t.flip("bright barrel", 0.4) else DARK
    c.shaded_oval((x - radius, y - radius, x + radius, y + radius), barrel)
    c.ring(x, y, radius * 0.9, mix(barrel, WHITE, 0.25), 0.006)
    c.ring(x, y, radius * 0.8, t.accent(), 0.012)
    c.disc(x, y, radius * 0.72, (18, 18, 22))
    glass = mix((40, 50, 96), t.accent("coating"), 0.35)
    c.disc(x, y, radius * 0.54, glass)
    c.disc(x, y, radius * 0.3, mix(glass, BLACK, 0.6))
    c.disc(x - radius * 0.22, y - radius * 0.24, radius * 0.12, (236, 240, 255))


def game_controller(s: Subject) -> None:
    """A game pad with two grips, sticks, a cross and four buttons."""
    t, c = s.traits, s.canvas
    half, top = 0.4 + 0.04 * s.size, 0.26
    droop, splay = t.between("droop", 0.78, 0.88), t.between("splay", 0.0, 0.06)
    for side in (-1, 1):
        c.rect((0.5 + side * 0.28 - 0.1, top - 0.035, 0.5 + side * 0.28 + 0.1, top + 0.04), s.dark, 0.03)
        x = 0.5 + side * (half - 0.13)
        grip = [
            (x - side * 0.14, top + 0.2),
            (x + side * 0.16, top + 0.12),
            (x + side * (0.16 + splay), droop - 0.06),
            (x + side * (0.07 + splay), droop),
            (x + side * splay, droop - 0.03),
            (x - side * 0.1, 0.62),
        ]
        c.shaded_poly(grip, s.body if not t.flip("dark grips", 0.3) else s.dark)
    s.casing((0.5 - half + 0.02, top, 0.5 + half - 0.02, 0.64), t.between("round", 0.09, 0.18), "top")
    if s.back:
        c.rect((0.38, top + 0.08, 0.62, top + 0.24), s.dark, 0.02)
        c.text(0.5, top + 0.16, s.label, 0.05, contrast(s.dark, 0.8), 0.2)
        return
    if t.flip("touch pad", 0.45):
        c.rect((0.37, top + 0.02, 0.63, top + 0.16), s.dark, 0.02)
        c.rect((0.37, top + 0.165, 0.63, top + 0.175), t.accent())
    else:
        s.emblem(0.5, top + 0.08, 0.036)
    even = t.flip("even sticks")
    sticks = [(0.37, 0.55), (0.63, 0.55)] if even else [(0.5 - half + 0.16, top + 0.12), (0.62, 0.53)]
    cross = (0.5 - half + 0.15, top + 0.14) if even else (0.38, 0.53)
    for x, y in sticks:
        c.disc(x, y, 0.068, s.seam)
        c.disc(x, y, 0.06, DARK)
        c.disc(x, y, 0.042, (70, 72, 78))
    for box in (
        (cross[0] - 0.06, cross[1] - 0.02, cross[0] + 0.06, cross[1] + 0.02),
        (cross[0] - 0.02, cross[1] - 0.06, cross[0] + 0.02, cross[1] + 0.06),
    ):
        c.rect(box, DARK if not t.flip("pale cross", 0.3) else METAL, 0.008)
    _face_buttons(s, 0.5 + half - 0.15, top + 0.14)
    c.text(0.5, 0.62, s.label, 0.026, s.ink, 0.2)


def _face_buttons(s: Subject, x: float, y: float) -> None:
    """Four buttons in four colours, one colour or none."""
    style = s.traits.pick("face", 3)
    several: tuple[Rgb, ...] = ((70, 178, 96), (224, 74, 52), (58, 108, 220), (242, 188, 36))
    for number, (dx, dy) in enumerate(((0, 0.055), (0.055, 0), (-0.055, 0), (0, -0.055))):
        colour = several[number] if style == 0 else s.traits.accent() if style == 1 else s.seam
        s.canvas.disc(x + dx, y + dy, 0.029, DARK)
        s.canvas.disc(x + dx, y + dy, 0.024, colour)
