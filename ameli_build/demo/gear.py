"""Drawings of sound, pictures, play, office and cleaning."""

from ameli_build.demo.canvas import BLACK, DARK, WHITE, contrast, mix
from ameli_build.demo.looks import Rgb
from ameli_build.demo.subject import Subject

METAL: Rgb = (170, 173, 178)


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


def keyboard(s: Subject) -> None:
    """A keyboard in perspective, with or without a block of digits."""
    t, c = s.traits, s.canvas
    half = 0.45 + 0.03 * s.size
    high = half * 2 * t.between("aspect", 0.34, 0.46)
    top, foot = 0.5 - high / 2, 0.5 + high / 2
    box = (0.5 - half, top, 0.5 + half, foot)
    s.casing(box, t.between("round", 0.01, 0.05), "top")
    c.rect((box[0] + 0.01, foot - 0.014, box[2] - 0.01, foot), s.dark, 0.01)
    if s.back:
        for x in (box[0] + 0.08, box[2] - 0.16):
            c.rect((x, top + 0.05, x + 0.08, top + 0.09), s.dark, 0.01)
        c.text(0.5, 0.5, s.label, 0.08, s.ink, half)
        return
    style = t.pick("keys", 4)
    caps = (DARK, mix(s.body, WHITE, 0.55), mix(s.body, BLACK, 0.25), (214, 214, 208))[style]
    head = t.between("head", 0.02, 0.07)
    columns = 17 if t.flip("digits") else 13
    wide, tall = (half * 2 - 0.05) / columns, (high - head - 0.035) / 5
    backlight = t.accent() if t.flip("backlight", 0.35) else s.dark
    c.rect((box[0] + 0.022, top + head, box[2] - 0.022, foot - 0.028), backlight, 0.008)
    for row in range(5):
        for column in range(columns):
            if row == 4 and 4 <= column <= 8:
                continue
            x, y = box[0] + 0.026 + wide * column, top + head + 0.004 + tall * row
            accent = (
                (row == 0 and column == 0)
                or (column == 12 and row == 2)
                or (column >= 13 and t.flip("bright digits", 0.3))
            )
            c.rect((x, y, x + wide * 0.86, y + tall * 0.86), t.accent() if accent else caps, 0.006)
    y = top + head + 0.004 + tall * 4
    c.rect((box[0] + 0.026 + wide * 4, y, box[0] + 0.026 + wide * 8.86, y + tall * 0.86), caps, 0.006)
    c.text(box[2] - 0.1, top + head / 2, s.label, head * 0.7, s.ink, 0.2)


def printer(s: Subject) -> None:
    """A printer: casing, paper above, a sheet coming out, a small panel."""
    t, c = s.traits, s.canvas
    half, top = 0.4 + 0.06 * s.size, t.between("top", 0.32, 0.42)
    left, right, foot = 0.5 - half, 0.5 + half, 0.86
    if t.flip("rear feed"):
        c.poly(
            [(left + 0.14, top - 0.2), (right - 0.14, top - 0.2), (right - 0.1, top + 0.02), (left + 0.1, top + 0.02)],
            s.dark,
        )
        c.poly(
            [
                (left + 0.17, top - 0.15),
                (right - 0.17, top - 0.15),
                (right - 0.14, top + 0.02),
                (left + 0.14, top + 0.02),
            ],
            (250, 250, 248),
        )
    else:
        c.shaded_poly(
            [(left + 0.04, top - 0.07), (right - 0.04, top - 0.07), (right, top + 0.02), (left, top + 0.02)],
            s.pale,
            "top",
        )
    s.casing((left, top, right, foot), t.between("round", 0.01, 0.06))
    c.text(left + 0.16, top + 0.07, s.label, 0.045, s.ink, 0.24)
    if s.back:
        s.slits((left + 0.1, top + 0.15, right - 0.1, top + 0.3), 22, s.dark)
        return
    mouth = top + t.between("mouth", 0.16, 0.26)
    wide = half * t.between("mouth width", 0.6, 0.78)
    c.rect((0.5 - wide, mouth, 0.5 + wide, mouth + 0.11), DARK, 0.01)
    c.shaded_poly(
        [
            (0.5 - wide * 0.8, mouth + 0.05),
            (0.5 + wide * 0.8, mouth + 0.05),
            (0.5 + wide * 0.92, foot + 0.06),
            (0.5 - wide * 0.92, foot + 0.06),
        ],
        (248, 248, 246),
        "top",
    )
    s.screen((0.5 - wide * 0.5, mouth + 0.09, 0.5 + wide * 0.5, foot - 0.02), 0.0, glare=False)
    x = right - t.between("panel", 0.16, 0.24)
    c.rect((x - 0.06, top + 0.025, x + 0.12, top + 0.115), DARK, 0.012)
    c.rect((x - 0.045, top + 0.04, x + 0.03, top + 0.1), mix(t.accent(), WHITE, 0.35), 0.004)
    s.dots((x + 0.04, top + 0.04, x + 0.11, top + 0.1), 2, 2, 0.009, METAL)
    if t.flip("stripe", 0.5):
        c.rect(
            (left + 0.004, mouth - 0.04, right - 0.004, mouth - 0.02), t.accent() if t.flip("bright stripe") else s.dark
        )


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
