"""Drawings of the kinds that stand in a kitchen or a laundry room."""

from ameli_build.demo.canvas import BLACK, DARK, WHITE, contrast, luminance, mix
from ameli_build.demo.looks import Rgb
from ameli_build.demo.subject import Subject

METAL: Rgb = (178, 181, 185)


def trim(s: Subject) -> Rgb:
    """Handles and knobs: metal, the accent of copper, or the body's contrast."""
    style = s.traits.pick("trim", 4)
    if style == 0:
        return mix(s.body, BLACK, 0.55) if luminance(s.body) > 105 else METAL
    if style == 1:
        return (196, 142, 96)
    return METAL if luminance(s.body) < 160 else mix(METAL, BLACK, 0.35)


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
    t, c, colour = s.traits, s.canvas, trim(s)
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
    count, colour = 4 + t.pick("knobs", 3), trim(s)
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
    t, c, colour = s.traits, s.canvas, trim(s)
    drawer = foot - t.between("drawer", 0.08, 0.15)
    edges = [top, top + (drawer - top) * 0.38, drawer] if t.flip("double", 0.3) else [top, drawer]
    for up, low in zip(edges, edges[1:], strict=False):
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
        c.tube([(panel - 0.012, top + 0.05), (panel - 0.012, foot - 0.05)], trim(s), 0.03)
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
        s.knob(middle, top + 0.16, 0.05, trim(s), 0.4)
        s.knob(middle, foot - 0.09, 0.05, trim(s), -0.5)
    else:
        s.knob(middle, top + 0.17, 0.065, trim(s), 0.2)
        for y in (foot - 0.12, foot - 0.07):
            c.rect((left, y, right, y + 0.035), s.seam, 0.01)
    c.rect((left, foot - 0.02, right, foot), t.accent(), 0.006)


def washer(s: Subject) -> None:
    """A washing machine with a round door, or one that is loaded from above."""
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
    s.knob(dial, y, t.between("dial", 0.035, 0.052), trim(s), t.between("dial turn", -1, 1))
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


def coffee_maker(s: Subject) -> None:
    """A drip machine with its jug, a pod machine, or an espresso machine."""
    (_drip, _pod, _espresso)[s.traits.pick("type", 3)](s)


def _drip(s: Subject) -> None:
    t, c = s.traits, s.canvas
    half, top = t.between("width", 0.22, 0.28), 0.08 - 0.03 * s.size
    left, right = 0.5 - half, 0.5 + half
    s.casing((left, top, right, 0.93), 0.03)
    c.text(0.5, top + 0.2, s.label, 0.035, s.ink, half)
    if s.back:
        s.slits((left + 0.08, 0.7, right - 0.08, 0.85), 10, s.dark)
        return
    c.rect((left + 0.03, 0.38, right - 0.03, 0.83), mix(DARK, s.body, 0.1), 0.02)
    jug = half * 0.74
    c.shaded_poly(
        [
            (0.5 - jug * 0.6, 0.45),
            (0.5 + jug * 0.6, 0.45),
            (0.5 + jug, 0.6),
            (0.5 + jug * 0.8, 0.81),
            (0.5 - jug * 0.8, 0.81),
            (0.5 - jug, 0.6),
        ],
        (168, 180, 186),
        "cylinder",
    )
    fill = t.between("coffee", 0.55, 0.7)
    c.poly(
        [(0.5 - jug * 0.96, fill), (0.5 + jug * 0.96, fill), (0.5 + jug * 0.8, 0.81), (0.5 - jug * 0.8, 0.81)],
        (64, 38, 22),
    )
    c.rect((0.5 - jug * 0.68, 0.42, 0.5 + jug * 0.68, 0.46), DARK, 0.01)
    side = 1 if t.flip("handle right") else -1
    c.arc(
        (0.5 + side * jug - 0.09, 0.49, 0.5 + side * jug + 0.09, 0.74),
        -100 if side > 0 else 80,
        100 if side > 0 else 280,
        DARK,
        0.028,
    )
    _brew_controls(s, top + 0.1)


def _brew_controls(s: Subject, y: float) -> None:
    """A clock, a dial or buttons on the brow of a coffee maker."""
    t, c, style = s.traits, s.canvas, s.traits.pick("controls", 3)
    if style == 0:
        c.rect((0.41, y - 0.035, 0.59, y + 0.035), DARK, 0.008)
        c.text(0.5, y, "7:30", 0.05, mix(t.accent(), WHITE, 0.3))
    elif style == 1:
        s.knob(0.5, y, 0.045, trim(s), 0.3)
    else:
        for number in range(4):
            c.disc(0.41 + 0.06 * number, y, 0.02, t.accent() if number == 0 else s.seam)


def _pod(s: Subject) -> None:
    t, c = s.traits, s.canvas
    half = t.between("width", 0.17, 0.24) + 0.03 * s.size
    left, right = 0.5 - half, 0.5 + half
    if t.flip("side tank"):
        c.shaded((right - 0.01, 0.2, right + 0.12, 0.86), (176, 204, 222), 0.03, "cylinder")
        c.rect((right - 0.01, 0.18, right + 0.12, 0.22), s.dark, 0.01)
    s.casing((left, 0.14, right, 0.46), t.between("round", 0.03, 0.12), "cylinder")
    s.casing((left + 0.04, 0.4, right - 0.04, 0.92), 0.02, "cylinder", s.dark)
    s.casing((left - 0.01, 0.86, right + 0.01, 0.94), 0.02)
    c.tube([(left + 0.05, 0.12), (right - 0.05, 0.12)], trim(s), 0.035)
    c.text(0.5, 0.36, s.label, 0.035, s.ink, half * 1.5)
    if s.back:
        s.slits((left + 0.06, 0.55, right - 0.06, 0.7), 9, DARK)
        return
    c.rect((0.46, 0.44, 0.54, 0.52), METAL, 0.01)
    c.shaded_poly(
        [(0.43, 0.66), (0.57, 0.66), (0.555, 0.86), (0.445, 0.86)], mix(t.accent("mug"), WHITE, 0.4), "cylinder"
    )
    for number in range(3):
        c.disc(0.5 + (number - 1) * 0.07, 0.25, 0.024, t.accent() if number == 1 else s.seam)


def _espresso(s: Subject) -> None:
    t, c = s.traits, s.canvas
    half = t.between("width", 0.3, 0.38) + 0.04 * s.size
    left, right, top = 0.5 - half, 0.5 + half, 0.18
    s.casing((left, top, right, 0.5), 0.02)
    c.text(0.5, top + 0.27, s.label, 0.036, s.ink, half)
    s.casing((left + 0.02, 0.5, right - 0.02, 0.84), 0.0, colour=s.dark)
    s.casing((left, 0.82, right, 0.92), 0.015)
    c.tube([(left + 0.04, top - 0.025), (right - 0.04, top - 0.025)], METAL, 0.016)
    if s.back:
        s.slits((left + 0.1, 0.56, right - 0.1, 0.74), 16, DARK)
        return
    x = 0.5 + half * t.between("group", -0.35, 0.1)
    c.rect((x - 0.075, 0.49, x + 0.075, 0.55), METAL, 0.01)
    c.rect((x - 0.085, 0.55, x + 0.085, 0.585), (110, 112, 116), 0.01)
    c.tube([(x, 0.575), (x + 0.06, 0.66)], (74, 48, 30) if t.flip("wood") else DARK, 0.045)
    c.shaded_poly([(x - 0.06, 0.72), (x + 0.04, 0.72), (x + 0.03, 0.82), (x - 0.05, 0.82)], WHITE, "cylinder")
    steam = right - 0.09
    c.tube([(steam, 0.49), (steam, 0.62), (steam + 0.05, 0.74)], METAL, 0.018)
    c.disc(0.5 + half * 0.6, top + 0.13, 0.055, METAL)
    c.disc(0.5 + half * 0.6, top + 0.13, 0.045, WHITE)
    c.line([(0.5 + half * 0.6, top + 0.13), (0.5 + half * 0.6 + 0.025, top + 0.105)], (200, 40, 40), 0.008)
    for number in range(2 + t.pick("switches", 3)):
        c.disc(left + 0.09 + 0.075 * number, top + 0.13, 0.026, t.accent() if number == 0 else trim(s))


def blender(s: Subject) -> None:
    """A blender: a jar of glass on a base in its colour."""
    t, c = s.traits, s.canvas
    top, neck = 0.1 - 0.05 * s.size, t.between("neck", 0.6, 0.68)
    upper, lower = t.between("upper", 0.17, 0.23), t.between("lower", 0.11, 0.15)
    glass = mix((190, 208, 216), t.accent("tint"), 0.12)
    side = 1 if t.flip("handle right") else -1
    x = 0.5 + side * upper
    c.tube(
        [
            (x - side * 0.03, top + 0.08),
            (x + side * 0.09, top + 0.1),
            (x + side * 0.07, neck - 0.1),
            (x - side * 0.06, neck - 0.08),
        ],
        DARK,
        0.034,
    )
    jar = [(0.5 - upper, top), (0.5 + upper, top), (0.5 + lower, neck), (0.5 - lower, neck)]
    c.shaded_poly(jar, glass, "cylinder")
    if t.flip("smoothie", 0.5):
        share = t.between("fill", 0.3, 0.6)
        wide = upper + (lower - upper) * share
        c.shaded_poly(
            [
                (0.5 - wide, top + (neck - top) * share),
                (0.5 + wide, top + (neck - top) * share),
                (0.5 + lower, neck),
                (0.5 - lower, neck),
            ],
            mix(t.accent("fruit"), WHITE, 0.2),
            "cylinder",
        )
    for number in range(5):
        y = top + (neck - top) * (0.25 + 0.13 * number)
        c.rect((0.5 - 0.02, y, 0.5 + 0.04, y + 0.005), WHITE)
    s.casing((0.5 - upper - 0.015, top - 0.05, 0.5 + upper + 0.015, top + 0.01), 0.015)
    c.rect((0.45, top - 0.08, 0.55, top - 0.045), s.dark, 0.01)
    foot = lower * t.between("foot", 1.35, 1.9)
    c.shaded_poly(
        [(0.5 - lower * 1.1, neck), (0.5 + lower * 1.1, neck), (0.5 + foot, 0.94), (0.5 - foot, 0.94)],
        s.body,
        "cylinder",
    )
    c.rect((0.5 - foot, 0.93, 0.5 + foot, 0.955), DARK, 0.01)
    c.text(0.5, 0.9, s.label, 0.035, s.ink, foot * 1.5)
    if s.back:
        s.slits((0.42, neck + 0.06, 0.58, neck + 0.16), 8, s.dark)
    elif t.flip("dial"):
        s.knob(0.5, (neck + 0.9) / 2, 0.05, trim(s), t.between("turn", -1, 1))
    else:
        for number in range(4):
            x = 0.5 + (number - 1.5) * 0.06
            c.rect((x - 0.022, neck + 0.09, x + 0.022, neck + 0.15), t.accent() if number == 3 else s.seam, 0.01)


def toaster(s: Subject) -> None:
    """A toaster with one or two slots, sometimes with bread in it."""
    t, c = s.traits, s.canvas
    half = 0.36 + 0.07 * s.size
    high = half * 2 * t.between("aspect", 0.56, 0.72)
    left, right, top, foot = 0.5 - half, 0.5 + half, 0.52 - high / 2, 0.52 + high / 2
    if t.flip("bread", 0.4):
        for x in (0.5 - half * 0.4, 0.5 + half * 0.4):
            c.shaded((x - half * 0.3, top - 0.1, x + half * 0.3, top + 0.2), (198, 146, 84), 0.05)
            c.frame((x - half * 0.3, top - 0.1, x + half * 0.3, top + 0.2), (140, 88, 40), 0.014, 0.05)
    s.casing(
        (left, top, right, foot), t.between("round", 0.03, 0.16), "brushed" if t.flip("metal sides", 0.3) else "top"
    )
    c.rect((left + 0.09, top + 0.03, right - 0.09, top + 0.055), DARK, 0.01)
    if t.flip("four slots"):
        c.rect((left + 0.06, top + 0.075, right - 0.06, top + 0.105), DARK, 0.01)
    c.rect((left + 0.03, foot - 0.045, right - 0.03, foot + 0.02), DARK, 0.015)
    c.text(0.5, top + high * 0.45, s.label, 0.05, s.ink, half)
    if s.back:
        s.slits((left + 0.15, foot - 0.16, right - 0.15, foot - 0.08), 14, s.dark)
        return
    if t.flip("window", 0.25):
        c.rect((left + 0.12, top + high * 0.55, right - 0.25, foot - 0.08), s.glass, 0.02)
    lever = right - t.between("lever", 0.07, 0.12)
    c.rect((lever - 0.008, top + 0.12, lever + 0.008, foot - 0.1), DARK, 0.006)
    c.rect((lever - 0.045, top + high * 0.38, lever + 0.045, top + high * 0.38 + 0.04), trim(s), 0.015)
    count = 1 + t.pick("dials", 3)
    for number in range(count):
        s.knob(left + 0.12 + 0.11 * number, foot - 0.12, 0.036, trim(s), t.between(f"turn {number}", -1, 1))
    if t.flip("stripe", 0.4):
        c.rect((left + 0.005, top + high * 0.2, right - 0.005, top + high * 0.2 + 0.025), t.accent())
