"""Drawings of keyboards and printers."""

from ameli_build.demo.canvas import BLACK, DARK, METAL, WHITE, mix, taper
from ameli_build.demo.subject import Subject


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
        c.poly(taper(0.5, top - 0.2, half - 0.14, top + 0.02, half - 0.1), s.dark)
        c.poly(taper(0.5, top - 0.15, half - 0.17, top + 0.02, half - 0.14), (250, 250, 248))
    else:
        c.shaded_poly(taper(0.5, top - 0.07, half - 0.04, top + 0.02, half), s.pale, "top")
    s.casing((left, top, right, foot), t.between("round", 0.01, 0.06))
    c.text(left + 0.16, top + 0.07, s.label, 0.045, s.ink, 0.24)
    if s.back:
        s.slits((left + 0.1, top + 0.15, right - 0.1, top + 0.3), 22, s.dark)
        return
    mouth = top + t.between("mouth", 0.16, 0.26)
    wide = half * t.between("mouth width", 0.6, 0.78)
    c.rect((0.5 - wide, mouth, 0.5 + wide, mouth + 0.11), DARK, 0.01)
    c.shaded_poly(taper(0.5, mouth + 0.05, wide * 0.8, foot + 0.06, wide * 0.92), (248, 248, 246), "top")
    s.screen((0.5 - wide * 0.5, mouth + 0.09, 0.5 + wide * 0.5, foot - 0.02), 0.0, glare=False)
    x = right - t.between("panel", 0.16, 0.24)
    c.rect((x - 0.06, top + 0.025, x + 0.12, top + 0.115), DARK, 0.012)
    c.rect((x - 0.045, top + 0.04, x + 0.03, top + 0.1), mix(t.accent(), WHITE, 0.35), 0.004)
    s.dots((x + 0.04, top + 0.04, x + 0.11, top + 0.1), 2, 2, 0.009, METAL)
    if t.flip("stripe", 0.5):
        stripe = t.accent() if t.flip("bright stripe") else s.dark
        c.rect((left + 0.004, mouth - 0.04, right - 0.004, mouth - 0.02), stripe)
