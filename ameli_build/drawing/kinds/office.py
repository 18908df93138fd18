"""Drawings of keyboards and printers."""

from ameli_build.drawing.canvas import BLACK, DARK, METAL, WHITE, middle, mix, taper
from ameli_build.drawing.subject import Subject


def keyboard(s: Subject) -> None:
    """A keyboard in perspective, with or without a block of digits."""
    half = 0.45 + 0.03 * s.size
    high = half * 2 * s.between("aspect", 0.34, 0.46)
    left, right, top, foot = 0.5 - half, 0.5 + half, 0.5 - high / 2, 0.5 + high / 2
    s.casing((left, top, right, foot), s.between("round", 0.01, 0.05), "top")
    s.rect((left + 0.01, foot - 0.014, right - 0.01, foot), s.dark, 0.01)
    if s.back:
        for x in (left + 0.08, right - 0.16):
            s.rect((x, top + 0.05, x + 0.08, top + 0.09), s.dark, 0.01)
        s.brand(0.5, 0.08, half)
        return
    caps = (DARK, mix(s.body, WHITE, 0.55), mix(s.body, BLACK, 0.25), (214, 214, 208))[s.pick("keys", 4)]
    head = s.between("head", 0.02, 0.07)
    columns = 17 if s.flip("digits") else 13
    wide, tall = (half * 2 - 0.05) / columns, (high - head - 0.035) / 5
    backlight = s.accent() if s.flip("backlight", 0.35) else s.dark
    s.rect((left + 0.022, top + head, right - 0.022, foot - 0.028), backlight, 0.008)
    bright = {(0, 0), (2, 12)}
    if s.flip("bright digits", 0.3):
        bright |= {(row, column) for row in range(5) for column in range(13, 17)}
    for row in range(5):
        y = top + head + 0.004 + tall * row
        for column in range(columns):
            if row < 4 or not 4 <= column <= 8:
                x = left + 0.026 + wide * column
                colour = s.accent() if (row, column) in bright else caps
                s.rect((x, y, x + wide * 0.86, y + tall * 0.86), colour, 0.006)
    s.rect((left + 0.026 + wide * 4, y, left + 0.026 + wide * 8.86, y + tall * 0.86), caps, 0.006)
    s.brand(top + head / 2, head * 0.7, 0.2, right - 0.1)


def printer(s: Subject) -> None:
    """A printer: casing, paper above, a sheet coming out, a small panel."""
    half, top = 0.4 + 0.06 * s.size, s.between("top", 0.32, 0.42)
    left, right, foot = 0.5 - half, 0.5 + half, 0.86
    if s.flip("rear feed"):
        s.poly(taper(0.5, top - 0.2, half - 0.14, top + 0.02, half - 0.1), s.dark)
        s.poly(taper(0.5, top - 0.15, half - 0.17, top + 0.02, half - 0.14), (250, 250, 248))
    else:
        s.shaded_poly(taper(0.5, top - 0.07, half - 0.04, top + 0.02, half), s.pale, "top")
    s.casing((left, top, right, foot), s.between("round", 0.01, 0.06))
    s.brand(top + 0.07, 0.045, 0.24, left + 0.16)
    if s.back:
        s.slits((left + 0.1, top + 0.15, right - 0.1, top + 0.3), 22, s.dark)
        return
    mouth = top + s.between("mouth", 0.16, 0.26)
    wide = half * s.between("mouth width", 0.6, 0.78)
    s.rect(middle(wide, mouth, mouth + 0.11), DARK, 0.01)
    s.shaded_poly(taper(0.5, mouth + 0.05, wide * 0.8, foot + 0.06, wide * 0.92), (248, 248, 246), "top")
    s.screen(middle(wide * 0.5, mouth + 0.09, foot - 0.02), glare=False)
    x = right - s.between("panel", 0.16, 0.24)
    s.rect((x - 0.06, top + 0.025, x + 0.12, top + 0.115), DARK, 0.012)
    s.rect((x - 0.045, top + 0.04, x + 0.03, top + 0.1), mix(s.accent(), WHITE, 0.35), 0.004)
    s.dots((x + 0.04, top + 0.04, x + 0.11, top + 0.1), 2, 2, 0.009, METAL)
    if s.flip("stripe", 0.5):
        stripe = s.accent() if s.flip("bright stripe") else s.dark
        s.rect((left + 0.004, mouth - 0.04, right - 0.004, mouth - 0.02), stripe)
