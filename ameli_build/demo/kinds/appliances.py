"""Drawings of large kitchen and laundry machines, and of microwaves."""

import itertools

from ameli_build.demo.canvas import BLACK, DARK, METAL, WHITE, contrast, mix
from ameli_build.demo.subject import Subject


def refrigerator(s: Subject) -> None:
    """A refrigerator: four layouts of doors, three of handles, with or without a dispenser."""
    t, c = s.traits, s.canvas
    half = t.between("width", 0.2, 0.27) + 0.05 * s.size
    top, foot = 0.05 - 0.02 * s.size, 0.95
    box = (0.5 - half, top, 0.5 + half, foot)
    c.rect((box[0] + 0.03, foot - 0.01, box[2] - 0.03, foot + 0.015), DARK)
    if s.back:
        s.casing(box, 0.01, colour=mix(s.body, BLACK, 0.15))
        s.slits((box[0] + 0.05, 0.72, box[2] - 0.05, 0.9), 18, DARK)
        c.text(0.5, 0.3, s.label, 0.04, s.ink, half)
        return
    c.shaded(box, s.dark, 0.012)
    gap, layout = 0.005, t.pick("layout", 4)
    split = t.between("split", 0.26, 0.36)
    low = foot - 0.03
    if layout == 0:
        middle = top + (low - top) * split
        doors = [(box[0], top, box[2], middle - gap), (box[0], middle + gap, box[2], low)]
    elif layout == 1:
        x = box[0] + half * 2 * t.between("divide", 0.4, 0.5)
        doors = [(box[0], top, x - gap, low), (x + gap, top, box[2], low)]
    elif layout == 2:
        middle = low - (low - top) * split
        doors = [
            (box[0], top, 0.5 - gap, middle),
            (0.5 + gap, top, box[2], middle),
            (box[0], middle + 2 * gap, box[2], low),
        ]
    else:
        middle = low - (low - top) * split
        doors = [(box[0], top, box[2], middle), (box[0], middle + 2 * gap, box[2], low)]
    for door in doors:
        s.casing(door, t.between("round", 0.004, 0.02))
    _door_handles(s, doors, layout)
    first = doors[0]
    if layout in (1, 2) and t.flip("dispenser", 0.6):
        x, y = (first[0] + first[2]) / 2 - 0.01, top + 0.26
        c.rect((x - 0.055, y, x + 0.055, y + 0.17), DARK, 0.008)
        c.rect((x - 0.035, y + 0.06, x + 0.035, y + 0.16), (70, 74, 80), 0.006)
        c.rect((x - 0.035, y + 0.015, x + 0.035, y + 0.04), mix(t.accent(), WHITE, 0.3), 0.004)
    c.text(0.5 if layout in (0, 3) else first[0] + (first[2] - first[0]) / 2, top + 0.06, s.label, 0.026, s.ink, half)


def _door_handles(s: Subject, doors: list[tuple[float, float, float, float]], layout: int) -> None:
    """Bars, short grips or grooves, where each door opens."""
    t, c, colour = s.traits, s.canvas, s.trim
    style, width = t.pick("handle", 3), t.between("handle width", 0.014, 0.026)
    for number, (left, top, right, foot) in enumerate(doors):
        drawer = layout in (2, 3) and number == len(doors) - 1
        if drawer or (layout == 3 and style == 2):
            y = top + 0.035
            if style == 2:
                c.rect((left + 0.03, y - 0.012, right - 0.03, y), s.dark, 0.004)
            else:
                c.tube([(left + 0.06, y), (right - 0.06, y)], colour, width)
            continue
        inner = (layout in (1, 2) and number == 0) or (layout in (0, 3) and t.flip("left hung"))
        x = right - 0.035 if inner else left + 0.035
        long = (foot - top) * (0.7 if style == 0 else 0.36)
        start = foot - 0.05 - long if number == 0 and layout == 0 else top + (foot - top - long) * 0.5
        if style == 2:
            c.rect((x - 0.01, start, x + 0.01, start + long), s.dark, 0.01)
        else:
            c.tube([(x, start), (x, start + long)], colour, width)


def range_(s: Subject) -> None:
    """A cooker: burners or glass above, knobs, an oven door with a window, a drawer."""
    t, c = s.traits, s.canvas
    half, top = 0.34 + 0.06 * s.size, 0.08
    left, right, foot = 0.5 - half, 0.5 + half, 0.94
    guard, knobs_above = t.between("guard", 0.02, 0.17), t.flip("knobs above")
    if knobs_above:
        guard = max(guard, 0.12)
    if s.back:
        s.casing((left, top, right, foot), 0.01, colour=mix(s.body, BLACK, 0.2))
        s.slits((left + 0.1, 0.6, right - 0.1, 0.66), 20, DARK)
        c.ring(0.5, 0.8, 0.05, DARK, 0.015)
        c.text(0.5, 0.35, s.label, 0.04, s.ink, half)
        return
    deck = top + guard
    s.casing((left, top, right, deck + 0.02), 0.012)
    c.poly(
        [(left + 0.02, deck), (right - 0.02, deck), (right, deck + 0.1), (left, deck + 0.1)], mix(DARK, s.body, 0.08)
    )
    _burners(s, left, right, deck)
    panel = deck + 0.1
    front = panel + (0.03 if knobs_above else 0.085)
    s.casing((left, panel, right, foot), 0.006)
    y = top + guard * 0.55 if knobs_above else panel + 0.042
    count, colour = 4 + t.pick("knobs", 3), s.trim
    for number in range(count):
        x = left + 0.07 + (right - left - 0.14) * number / (count - 1)
        if knobs_above and abs(x - 0.5) < 0.12:
            continue
        s.knob(x, y, t.between("knob", 0.02, 0.027), colour, t.between(f"turn {number}", -1, 1))
    if knobs_above:
        c.rect((0.42, y - 0.028, 0.58, y + 0.028), DARK, 0.006)
        c.text(0.5, y, "12:45", 0.036, mix(t.accent(), WHITE, 0.3))
    _oven(s, left, right, front, foot)


def _burners(s: Subject, left: float, right: float, deck: float) -> None:
    """Gas grates, or rings under glass."""
    t, c, gas = s.traits, s.canvas, s.traits.flip("gas")
    count = 2 + t.pick("burners", 2)
    for number in range(count):
        x = left + (right - left) * (number + 0.5) / count
        for y, reach in ((deck + 0.032, 0.8), (deck + 0.07, 1.0)):
            wide = 0.075 * reach
            box = (x - wide, y - 0.017, x + wide, y + 0.017)
            if gas:
                c.rect((x - wide * 1.2, y - 0.008, x + wide * 1.2, y + 0.004), (16, 16, 18))
                c.rect((x - 0.006, y - 0.024, x + 0.006, y + 0.018), (16, 16, 18))
                c.oval((x - 0.02, y - 0.008, x + 0.02, y + 0.008), (96, 98, 102))
            else:
                c.arc(box, 0, 360, mix((120, 122, 128), t.accent(), 0.3), 0.005)


def _oven(s: Subject, left: float, right: float, top: float, foot: float) -> None:
    """One or two oven doors with windows and handles, and a drawer."""
    t, c, colour = s.traits, s.canvas, s.trim
    drawer = foot - t.between("drawer", 0.08, 0.15)
    edges = [top, top + (drawer - top) * 0.38, drawer] if t.flip("double", 0.3) else [top, drawer]
    for up, low in itertools.pairwise(edges):
        c.rect((left, up, right, up + 0.006), s.seam)
        margin = t.between("window", 0.06, 0.14)
        c.rect((left + margin, up + 0.085, right - margin, low - 0.035), s.glass, t.between("window round", 0.0, 0.03))
        c.poly(
            [
                (left + margin + 0.05, low - 0.04),
                (left + margin + 0.13, up + 0.09),
                (left + margin + 0.2, up + 0.09),
                (left + margin + 0.12, low - 0.04),
            ],
            mix(s.glass, WHITE, 0.13),
        )
        c.tube([(left + 0.06, up + 0.045), (right - 0.06, up + 0.045)], colour, t.between("bar", 0.018, 0.03))
    c.rect((left, drawer, right, drawer + 0.006), s.seam)
    c.text(0.5, drawer + (foot - drawer) * 0.55, s.label, 0.03, s.ink, 0.4)
    c.rect((left + 0.02, foot, right - 0.02, foot + 0.015), DARK)


def microwave(s: Subject) -> None:
    """A microwave: window on the left, control panel on the right or below."""
    t, c = s.traits, s.canvas
    half = 0.41 + 0.06 * s.size
    high = half * 2 * t.between("aspect", 0.5, 0.64)
    left, right, top, foot = 0.5 - half, 0.5 + half, 0.5 - high / 2, 0.5 + high / 2
    for x in (left + 0.06, right - 0.1):
        c.rect((x, foot - 0.01, x + 0.05, foot + 0.02), DARK)
    s.casing((left, top, right, foot), t.between("round", 0.005, 0.045))
    if s.back:
        s.slits((left + 0.08, top + 0.1, left + 0.4, top + 0.2), 16, s.dark)
        s.dots((0.55, 0.45, right - 0.06, foot - 0.06), 8, 6, 0.009, s.dark)
        c.text(0.35, foot - 0.1, s.label, 0.045, s.ink, half)
        return
    panel = right - half * 2 * t.between("panel", 0.2, 0.28)
    edge = t.between("edge", 0.03, 0.075)
    c.rect((left + edge, top + edge, panel - edge * 0.7, foot - edge), s.glass, t.between("window round", 0.0, 0.07))
    s.dots(
        (left + edge * 1.7, top + edge * 1.7, panel - edge * 1.4, foot - edge * 1.7),
        16,
        10,
        0.004,
        mix(s.glass, WHITE, 0.2),
    )
    if t.flip("handle", 0.6):
        c.tube([(panel - 0.012, top + 0.05), (panel - 0.012, foot - 0.05)], s.trim, 0.03)
    else:
        c.rect((panel, top + 0.01, panel + 0.006, foot - 0.01), s.seam)
    _microwave_panel(s, panel + 0.03, right - 0.025, top + 0.04, foot - 0.03)
    c.text((left + panel) / 2, foot - edge * 0.5, s.label, min(0.034, edge * 0.8), s.ink, half)


def _microwave_panel(s: Subject, left: float, right: float, top: float, foot: float) -> None:
    """A clock above a keypad, or above one or two dials."""
    t, c = s.traits, s.canvas
    c.rect((left, top, right, top + 0.07), DARK, 0.008)
    c.text(
        (left + right) / 2,
        top + 0.035,
        ("12:00", "0:30", "1:15")[t.pick("clock", 3)],
        0.05,
        mix(t.accent(), WHITE, 0.25),
        right - left,
    )
    middle, style = (left + right) / 2, t.pick("panel style", 3)
    if style == 0:
        wide = (right - left) / 3
        for row in range(4):
            for column in range(3):
                x, y = left + wide * (column + 0.5), top + 0.11 + (foot - top - 0.16) * row / 3.2
                c.rect((x - wide * 0.38, y - 0.018, x + wide * 0.38, y + 0.018), s.seam, 0.008)
    elif style == 1:
        s.knob(middle, top + 0.16, 0.05, s.trim, 0.4)
        s.knob(middle, foot - 0.09, 0.05, s.trim, -0.5)
    else:
        s.knob(middle, top + 0.17, 0.065, s.trim, 0.2)
        for y in (foot - 0.12, foot - 0.07):
            c.rect((left, y, right, y + 0.035), s.seam, 0.01)
    c.rect((left, foot - 0.02, right, foot), t.accent(), 0.006)


def washer(s: Subject) -> None:
    """A washing machine with a round door, or a top loader."""
    t, c = s.traits, s.canvas
    half, top, foot = 0.31 + 0.05 * s.size, 0.07, 0.94
    left, right = 0.5 - half, 0.5 + half
    c.rect((left + 0.03, foot, right - 0.03, foot + 0.02), DARK)
    above = t.flip("top loader", 0.35)
    if above and not s.back:
        s.casing((left + 0.02, top, right - 0.02, top + 0.2), 0.03)
        _washer_panel(s, left + 0.06, right - 0.06, top + 0.085)
        c.shaded_poly(
            [(left + 0.02, top + 0.17), (right - 0.02, top + 0.17), (right, top + 0.31), (left, top + 0.31)],
            s.pale,
            "top",
        )
        c.poly(
            [
                (left + 0.1, top + 0.19),
                (right - 0.1, top + 0.19),
                (right - 0.07, top + 0.285),
                (left + 0.07, top + 0.285),
            ],
            s.glass,
        )
        s.casing((left, top + 0.31, right, foot), 0.012)
        s.emblem(0.5, 0.62, 0.035)
        c.text(0.5, 0.72, s.label, 0.035, s.ink, half)
        return
    s.casing((left, top, right, foot), t.between("round", 0.006, 0.03))
    if s.back:
        s.slits((left + 0.1, 0.2, right - 0.1, 0.28), 18, s.dark)
        c.ring(0.5, 0.62, 0.16, s.dark, 0.01)
        c.text(0.5, 0.4, s.label, 0.04, s.ink, half)
        return
    c.rect((left, top + 0.15, right, top + 0.154), s.seam)
    _washer_panel(s, left + 0.04, right - 0.04, top + 0.075)
    _porthole(s, 0.5, top + 0.15 + (foot - top - 0.15) * 0.45)
    c.text(0.5, foot - 0.05, s.label, 0.032, s.ink, half)


def _washer_panel(s: Subject, left: float, right: float, y: float) -> None:
    """A drawer for soap, a dial and a row of buttons with a small display."""
    t, c = s.traits, s.canvas
    dial = (left + right) / 2 if t.flip("central dial") else right - 0.06
    s.knob(dial, y, t.between("dial", 0.035, 0.052), s.trim, t.between("dial turn", -1, 1))
    c.frame((left, y - 0.045, left + 0.16, y + 0.045), s.seam, 0.005, 0.01)
    c.rect((dial - 0.2, y - 0.022, dial - 0.08, y + 0.022), DARK, 0.006)
    c.rect((dial - 0.18, y - 0.01, dial - 0.12, y + 0.008), mix(t.accent(), WHITE, 0.2))


def _porthole(s: Subject, x: float, y: float) -> None:
    """The round door of a front loader."""
    t, c = s.traits, s.canvas
    radius = t.between("porthole", 0.19, 0.25)
    ring = METAL if t.flip("metal ring") else contrast(s.body, 0.45)
    c.shaded_oval((x - radius, y - radius, x + radius, y + radius), ring)
    inner = radius * t.between("glass", 0.66, 0.84)
    c.disc(x, y, inner, s.glass)
    c.disc(x, y + inner * 0.1, inner * 0.72, mix(s.glass, t.accent("laundry"), 0.25))
    c.arc(
        (x - inner * 0.8, y - inner * 0.8, x + inner * 0.8, y + inner * 0.8), 190, 260, mix(s.glass, WHITE, 0.5), 0.014
    )
    c.rect((x + radius * 0.82, y - 0.04, x + radius * 1.02, y + 0.04), ring, 0.012)
