"""Drawings of large kitchen and laundry machines, and of microwaves."""

import itertools

from ameli_build.drawing.canvas import BLACK, DARK, METAL, WHITE, Box, around, contrast, inset, mix, taper
from ameli_build.drawing.subject import Subject


def refrigerator(s: Subject) -> None:
    """A refrigerator: four layouts of doors, three of handles, with or without a dispenser."""
    half = s.between("width", 0.2, 0.27) + 0.05 * s.size
    top, foot = 0.05 - 0.02 * s.size, 0.95
    left, right = 0.5 - half, 0.5 + half
    s.rect((left + 0.03, foot - 0.01, right - 0.03, foot + 0.015), DARK)
    if s.back:
        s.casing((left, top, right, foot), 0.01, colour=mix(s.body, BLACK, 0.15))
        s.slits((left + 0.05, 0.72, right - 0.05, 0.9), 18, DARK)
        s.brand(0.3, 0.04, half)
        return
    s.shaded((left, top, right, foot), s.dark, 0.012)
    layout = s.pick("layout", 4)
    doors = _doors(s, half, top, foot - 0.03, layout)
    for door in doors:
        s.casing(door, s.between("round", 0.004, 0.02))
    _door_handles(s, doors, layout)
    first = doors[0]
    if layout in (1, 2) and s.flip("dispenser", 0.6):
        x, y = (first[0] + first[2]) / 2 - 0.01, top + 0.26
        s.rect((x - 0.055, y, x + 0.055, y + 0.17), DARK, 0.008)
        s.rect((x - 0.035, y + 0.06, x + 0.035, y + 0.16), (70, 74, 80), 0.006)
        s.rect((x - 0.035, y + 0.015, x + 0.035, y + 0.04), mix(s.accent(), WHITE, 0.3), 0.004)
    s.brand(top + 0.06, 0.026, half, 0.5 if layout in (0, 3) else first[0] + (first[2] - first[0]) / 2)


def _doors(s: Subject, half: float, top: float, low: float, layout: int) -> list[Box]:
    """Freezer above, side by side, French doors, or freezer below; the drawer is the last door."""
    left, right, gap = 0.5 - half, 0.5 + half, 0.005
    split = (low - top) * s.between("split", 0.26, 0.36)
    if layout == 0:
        return [(left, top, right, top + split - gap), (left, top + split + gap, right, low)]
    if layout == 1:
        x = left + half * 2 * s.between("divide", 0.4, 0.5)
        return [(left, top, x - gap, low), (x + gap, top, right, low)]
    drawer = (left, low - split + 2 * gap, right, low)
    if layout == 2:
        return [(left, top, 0.5 - gap, low - split), (0.5 + gap, top, right, low - split), drawer]
    return [(left, top, right, low - split), drawer]


def _door_handles(s: Subject, doors: list[Box], layout: int) -> None:
    """Bars, short grips or grooves, where each door opens."""
    style, width = s.pick("handle", 3), s.between("handle width", 0.014, 0.026)
    for number, (left, top, right, foot) in enumerate(doors):
        y = top + 0.035
        if (layout in (2, 3) and number == len(doors) - 1) or (layout == 3 and style == 2):
            if style == 2:
                s.rect((left + 0.03, y - 0.012, right - 0.03, y), s.dark, 0.004)
            else:
                s.tube([(left + 0.06, y), (right - 0.06, y)], s.trim, width)
            continue
        inner = (layout in (1, 2) and number == 0) or (layout in (0, 3) and s.flip("left hung"))
        x = right - 0.035 if inner else left + 0.035
        long = (foot - top) * (0.7 if style == 0 else 0.36)
        start = foot - 0.05 - long if number == 0 and layout == 0 else top + (foot - top - long) * 0.5
        if style == 2:
            s.rect((x - 0.01, start, x + 0.01, start + long), s.dark, 0.01)
        else:
            s.tube([(x, start), (x, start + long)], s.trim, width)


def range_(s: Subject) -> None:
    """A cooker: burners or glass above, knobs, an oven door with a window, a drawer."""
    half, top, foot = 0.34 + 0.06 * s.size, 0.08, 0.94
    left, right = 0.5 - half, 0.5 + half
    guard, knobs_above = s.between("guard", 0.02, 0.17), s.flip("knobs above")
    if s.back:
        s.casing((left, top, right, foot), 0.01, colour=mix(s.body, BLACK, 0.2))
        s.slits((left + 0.1, 0.6, right - 0.1, 0.66), 20, DARK)
        s.ring(0.5, 0.8, 0.05, DARK, 0.015)
        s.brand(0.35, 0.04, half)
        return
    guard = max(guard, 0.12) if knobs_above else guard
    deck = top + guard
    s.casing((left, top, right, deck + 0.02), 0.012)
    s.poly(taper(0.5, deck, half - 0.02, deck + 0.1, half), mix(DARK, s.body, 0.08))
    _burners(s, left, right, deck)
    panel = deck + 0.1
    s.casing((left, panel, right, foot), 0.006)
    y = top + guard * 0.55 if knobs_above else panel + 0.042
    count = 4 + s.pick("knobs", 3)
    for number in range(count):
        x = left + 0.07 + (right - left - 0.14) * number / (count - 1)
        if not (knobs_above and abs(x - 0.5) < 0.12):
            s.knob(x, y, s.between("knob", 0.02, 0.027), s.trim, s.between(f"turn {number}", -1, 1))
    if knobs_above:
        s.rect((0.42, y - 0.028, 0.58, y + 0.028), DARK, 0.006)
        s.text(0.5, y, "12:45", 0.036, mix(s.accent(), WHITE, 0.3))
    _oven(s, left, right, panel + (0.03 if knobs_above else 0.085), foot)


def _burners(s: Subject, left: float, right: float, deck: float) -> None:
    """Gas grates, or rings under glass."""
    count = 2 + s.pick("burners", 2)
    for number in range(count):
        x = left + (right - left) * (number + 0.5) / count
        for y, wide in ((deck + 0.032, 0.075 * 0.8), (deck + 0.07, 0.075)):
            if s.flip("gas"):
                s.rect((x - wide * 1.2, y - 0.008, x + wide * 1.2, y + 0.004), (16, 16, 18))
                s.rect((x - 0.006, y - 0.024, x + 0.006, y + 0.018), (16, 16, 18))
                s.oval(around(x, y, 0.02, 0.008), (96, 98, 102))
            else:
                s.arc(around(x, y, wide, 0.017), 0, 360, mix((120, 122, 128), s.accent(), 0.3), 0.005)


def _oven(s: Subject, left: float, right: float, top: float, foot: float) -> None:
    """One or two oven doors with windows and handles, and a drawer."""
    drawer = foot - s.between("drawer", 0.08, 0.15)
    margin = left + s.between("window", 0.06, 0.14)
    edges = [top, top + (drawer - top) * 0.38, drawer] if s.flip("double", 0.3) else [top, drawer]
    for up, low in itertools.pairwise(edges):
        s.rect((left, up, right, up + 0.006), s.seam)
        s.rect((margin, up + 0.085, 1 - margin, low - 0.035), s.glass, s.between("window round", 0.0, 0.03))
        gleam = [(0.05, low - 0.04), (0.13, up + 0.09), (0.2, up + 0.09), (0.12, low - 0.04)]
        s.poly([(margin + x, y) for x, y in gleam], mix(s.glass, WHITE, 0.13))
        s.tube([(left + 0.06, up + 0.045), (right - 0.06, up + 0.045)], s.trim, s.between("bar", 0.018, 0.03))
    s.rect((left, drawer, right, drawer + 0.006), s.seam)
    s.brand(drawer + (foot - drawer) * 0.55, 0.03, 0.4)
    s.rect((left + 0.02, foot, right - 0.02, foot + 0.015), DARK)


def microwave(s: Subject) -> None:
    """A microwave: window on the left, control panel on the right or below."""
    half = 0.41 + 0.06 * s.size
    high = half * 2 * s.between("aspect", 0.5, 0.64)
    left, right, top, foot = 0.5 - half, 0.5 + half, 0.5 - high / 2, 0.5 + high / 2
    for x in (left + 0.06, right - 0.1):
        s.rect((x, foot - 0.01, x + 0.05, foot + 0.02), DARK)
    s.casing((left, top, right, foot), s.between("round", 0.005, 0.045))
    if s.back:
        s.slits((left + 0.08, top + 0.1, left + 0.4, top + 0.2), 16, s.dark)
        s.dots((0.55, 0.45, right - 0.06, foot - 0.06), 8, 6, 0.009, s.dark)
        s.brand(foot - 0.1, 0.045, half, 0.35)
        return
    panel = right - half * 2 * s.between("panel", 0.2, 0.28)
    edge = s.between("edge", 0.03, 0.075)
    window = (left + edge, top + edge, panel - edge * 0.7, foot - edge)
    s.rect(window, s.glass, s.between("window round", 0.0, 0.07))
    s.dots(inset(window, edge * 0.7), 16, 10, 0.004, mix(s.glass, WHITE, 0.2))
    if s.flip("handle", 0.6):
        s.tube([(panel - 0.012, top + 0.05), (panel - 0.012, foot - 0.05)], s.trim, 0.03)
    else:
        s.rect((panel, top + 0.01, panel + 0.006, foot - 0.01), s.seam)
    _microwave_panel(s, panel + 0.03, right - 0.025, top + 0.04, foot - 0.03)
    s.brand(foot - edge * 0.5, min(0.034, edge * 0.8), half, (left + panel) / 2)


def _microwave_panel(s: Subject, left: float, right: float, top: float, foot: float) -> None:
    """A clock above a keypad, or above one or two dials."""
    centre, style = (left + right) / 2, s.pick("panel style", 3)
    s.rect((left, top, right, top + 0.07), DARK, 0.008)
    clock = ("12:00", "0:30", "1:15")[s.pick("clock", 3)]
    s.text(centre, top + 0.035, clock, 0.05, mix(s.accent(), WHITE, 0.25), right - left)
    if style == 0:
        wide = (right - left) / 3
        for row, column in itertools.product(range(4), range(3)):
            x, y = left + wide * (column + 0.5), top + 0.11 + (foot - top - 0.16) * row / 3.2
            s.rect(around(x, y, wide * 0.38, 0.018), s.seam, 0.008)
    elif style == 1:
        s.knob(centre, top + 0.16, 0.05, s.trim, 0.4)
        s.knob(centre, foot - 0.09, 0.05, s.trim, -0.5)
    else:
        s.knob(centre, top + 0.17, 0.065, s.trim, 0.2)
        for y in (foot - 0.12, foot - 0.07):
            s.rect((left, y, right, y + 0.035), s.seam, 0.01)
    s.rect((left, foot - 0.02, right, foot), s.accent(), 0.006)


def washer(s: Subject) -> None:
    """A washing machine with a round door, or a top loader."""
    half, top, foot = 0.31 + 0.05 * s.size, 0.07, 0.94
    left, right = 0.5 - half, 0.5 + half
    s.rect((left + 0.03, foot, right - 0.03, foot + 0.02), DARK)
    if s.flip("top loader", 0.35) and not s.back:
        s.casing((left + 0.02, top, right - 0.02, top + 0.2), 0.03)
        _washer_panel(s, left + 0.06, right - 0.06, top + 0.085)
        s.shaded_poly(taper(0.5, top + 0.17, half - 0.02, top + 0.31, half), s.pale, "top")
        s.poly(taper(0.5, top + 0.19, half - 0.1, top + 0.285, half - 0.07), s.glass)
        s.casing((left, top + 0.31, right, foot), 0.012)
        s.emblem(0.5, 0.62, 0.035)
        s.brand(0.72, 0.035, half)
        return
    s.casing((left, top, right, foot), s.between("round", 0.006, 0.03))
    if s.back:
        s.slits((left + 0.1, 0.2, right - 0.1, 0.28), 18, s.dark)
        s.ring(0.5, 0.62, 0.16, s.dark, 0.01)
        s.brand(0.4, 0.04, half)
        return
    s.rect((left, top + 0.15, right, top + 0.154), s.seam)
    _washer_panel(s, left + 0.04, right - 0.04, top + 0.075)
    _porthole(s, 0.5, top + 0.15 + (foot - top - 0.15) * 0.45)
    s.brand(foot - 0.05, 0.032, half)


def _washer_panel(s: Subject, left: float, right: float, y: float) -> None:
    """A drawer for soap, a dial and a row of buttons with a small display."""
    dial = (left + right) / 2 if s.flip("central dial") else right - 0.06
    s.knob(dial, y, s.between("dial", 0.035, 0.052), s.trim, s.between("dial turn", -1, 1))
    s.frame((left, y - 0.045, left + 0.16, y + 0.045), s.seam, 0.005, 0.01)
    s.rect((dial - 0.2, y - 0.022, dial - 0.08, y + 0.022), DARK, 0.006)
    s.rect((dial - 0.18, y - 0.01, dial - 0.12, y + 0.008), mix(s.accent(), WHITE, 0.2))


def _porthole(s: Subject, x: float, y: float) -> None:
    """The round door of a front loader."""
    radius = s.between("porthole", 0.19, 0.25)
    ring = METAL if s.flip("metal ring") else contrast(s.body, 0.45)
    s.shaded_oval(around(x, y, radius), ring)
    inner = radius * s.between("glass", 0.66, 0.84)
    s.disc(x, y, inner, s.glass)
    s.disc(x, y + inner * 0.1, inner * 0.72, mix(s.glass, s.accent("laundry"), 0.25))
    s.arc(around(x, y, inner * 0.8), 190, 260, mix(s.glass, WHITE, 0.5), 0.014)
    s.rect((x + radius * 0.82, y - 0.04, x + radius * 1.02, y + 0.04), ring, 0.012)
