"""Drawings of tablets, phones and watches."""

from ameli_build.drawing.canvas import DARK, METAL, WHITE, Box, Point, around, inset, middle, mix
from ameli_build.drawing.subject import Subject


def tablet(s: Subject) -> None:
    """A tablet, in portrait or landscape, with a broad rim in its colour; some with a pen."""
    long = 0.84 + 0.08 * s.size
    short = long * s.between("aspect", 0.6, 0.78)
    wide, high = (long, short) if s.flip("lying", 0.45) else (short, long)
    box = left, top, right, foot = around(0.5, 0.5, wide / 2, high / 2)
    rounding = s.between("round", 0.015, 0.06)
    s.casing(box, rounding)
    if s.back:
        _lenses(s, left + 0.1, top + 0.1, 0.03)
        s.emblem(0.5, 0.5, 0.05)
        s.brand(foot - 0.12, 0.04, wide * 0.6)
        return
    rim, edge = 0.022, 0.022 + s.between("bezel", 0.022, 0.06)
    if s.flip("black bezel", 0.6):
        s.rect(inset(box, rim), DARK, rounding * 0.8)
    s.screen(inset(box, edge), 0.01)
    _icons(s, (left + edge, foot - edge - 0.12, right - edge, foot - edge - 0.02))
    if s.flip("home button", 0.4):
        s.ring(0.5, foot - edge * 0.55, edge * 0.28, METAL, 0.006)
    s.disc(0.5, top + edge * 0.6, 0.006, (70, 74, 90))
    if s.flip("pen", 0.35) and wide < high:
        x = right + 0.04
        s.tube([(x, top + 0.08), (x, foot - 0.1)], s.pale, 0.026)
        s.poly([(x - 0.012, foot - 0.1), (x + 0.012, foot - 0.1), (x, foot - 0.05)], DARK)


def phone(s: Subject) -> None:
    """A phone as in shops: the back, half hidden by the front."""
    high = 0.84 + 0.1 * s.size
    wide = high * s.between("aspect", 0.46, 0.53)
    rounding = s.between("round", 0.02, 0.085)
    top, foot = 0.5 - high / 2, 0.5 - high / 2 + high
    shift = 0.0 if s.back else wide * s.between("overlap", 0.36, 0.5)
    left = 0.5 - (wide + shift) / 2
    s.casing((left, top, left + wide, foot), rounding)
    _lenses(s, left + 0.085, top + 0.085, s.between("lens", 0.026, 0.036))
    s.emblem(left + wide / 2, top + high * 0.5, 0.028)
    s.brand(top + high * 0.88, 0.036, wide * 0.7, left + wide * 0.5)
    if s.back:
        return
    left += shift
    front = (left, top, left + wide, foot)
    s.casing(front, rounding)
    edge = s.between("bezel", 0.014, 0.03)
    s.rect(inset(front, 0.012), DARK, rounding * 0.9)
    s.screen(inset(front, edge), rounding * 0.75)
    _icons(s, (left + edge, foot - 0.12, left + wide - edge, foot - 0.04))
    centre = left + wide / 2
    if s.flip("notch", 0.4):
        s.rect((centre - 0.07, top + edge, centre + 0.07, top + edge + 0.026), DARK, 0.012)
    else:
        s.disc(centre, top + edge + 0.03, 0.011, DARK)


def _icons(s: Subject, box: Box) -> None:
    """A dock of application icons at the foot of a display."""
    count, high = 4 + s.pick("icons", 3), (box[3] - box[1]) * 0.7
    for number in range(count):
        x = box[0] + (box[2] - box[0]) * (number + 0.5) / count
        colour = mix(s.accent(f"icon {number}"), WHITE, 0.25)
        s.rect(around(x, (box[1] + box[3]) / 2, high / 2), colour, high * 0.25)


def _lenses(s: Subject, x: float, y: float, radius: float) -> None:
    """A camera island: one of five arrangements of lenses."""
    step = radius * 2.5
    places: list[Point] = [
        [(0.0, 0.0)],
        [(0.0, 0.0), (0.0, step)],
        [(0.0, 0.0), (0.0, step), (step, step / 2)],
        [(0.0, 0.0), (step, 0.0), (0.0, step), (step, step)],
        [(0.0, 0.0), (step, 0.0)],
    ][s.pick("lenses", 5)]
    if s.flip("island", 0.7):
        wide, high = (max(place[axis] for place in places) for axis in (0, 1))
        pad = radius * 1.45
        island = (x - pad, y - pad, x + wide + pad, y + high + pad)
        s.rect(island, mix(s.dark, s.body, 0.4), pad * s.between("island round", 0.4, 1.0))
    for dx, dy in places:
        s.discs(x + dx, y + dy, (radius * 1.12, METAL), (radius, DARK), (radius * 0.5, (44, 54, 92)))
        s.disc(x + dx - radius * 0.3, y + dy - radius * 0.3, radius * 0.18, (210, 220, 240))


def smartwatch(s: Subject) -> None:
    """A watch with a strap in its colour and a metal case."""
    size = 0.21 + 0.03 * s.size
    metal = mix(METAL, s.accent("case"), s.between("tint", 0.0, 0.5)) if s.flip("bright case") else DARK
    strap = size * s.between("strap", 0.62, 0.88)
    for end in (0.02, 0.98):
        half = [(0.5 - strap, 0.5), (0.5 - strap * 0.72, end), (0.5 + strap * 0.72, end), (0.5 + strap, 0.5)]
        s.shaded_poly(half, s.body, "cylinder")
    _strap_pattern(s, strap)
    crown = 0.5 + size + 0.01
    s.rect((crown - 0.02, 0.46, crown + 0.02, 0.53), mix(metal, s.accent(), 0.4), 0.012)
    round_case = s.flip("round case")
    radius = size if round_case else size * s.between("corner", 0.25, 0.6)
    box = around(0.5, 0.5, size, size if round_case else size * 1.08)
    s.casing(box, radius, colour=metal)
    rim = s.between("rim", 0.016, 0.035)
    s.rect(inset(box, rim), DARK, radius * 0.88)
    if s.back:
        s.ring(0.5, 0.5, size * 0.6, METAL, 0.012)
        s.dots(around(0.5, 0.5, size * 0.35), 2, 2, 0.02, (60, 130, 90))
    else:
        _dial(s, size - rim)


def _strap_pattern(s: Subject, strap: float) -> None:
    """Holes, links, ridges or nothing on a strap."""
    style = s.pick("strap pattern", 4)
    upper, lower = (0.06, 0.11, 0.16, 0.21), (0.79, 0.84, 0.89, 0.94)
    if style == 0:
        for y in lower:
            s.oval((0.48, y - 0.012, 0.52, y + 0.012), s.dark)
    elif style == 1:
        for y in upper + lower:
            s.rect(middle(strap * 0.74, y, y + 0.008), s.dark)
        s.rect((0.5 - strap * 0.25, 0.03, 0.5 - strap * 0.22, 0.97), s.dark)
        s.rect((0.5 + strap * 0.22, 0.03, 0.5 + strap * 0.25, 0.97), s.dark)
    elif style == 2:
        for side in (-1, 1):
            near, far = 0.5 + side * strap * 0.55, 0.5 + side * strap * 0.7
            s.line([(near, 0.04), (far, 0.5), (near, 0.96)], s.pale, 0.008)


def _dial(s: Subject, radius: float) -> None:
    """The face of a watch: hands, digits, or rings of activity."""
    style, first, second = s.pick("dial", 3), s.accent("dial a"), s.accent("dial b")
    if style == 0:
        for number in range(3):
            s.ring(0.5, 0.5, radius * (0.8 - 0.22 * number), s.accent(f"ring {number}"), radius * 0.13)
    elif style == 1:
        s.text(0.5, 0.47, ("10:09", "12:30", "08:45")[s.pick("time", 3)], radius * 0.55, WHITE, radius * 1.5)
        s.rect(middle(radius * 0.5, 0.56, 0.575), first, 0.005)
        s.rect((0.5 - radius * 0.5, 0.595, 0.5 + radius * 0.1, 0.61), second, 0.005)
    else:
        s.disc(0.5, 0.5, radius * 0.85, mix(first, DARK, 0.55))
        s.line([(0.5, 0.5), (0.5 - radius * 0.4, 0.5 - radius * 0.3)], WHITE, 0.016)
        s.line([(0.5, 0.5), (0.5 + radius * 0.25, 0.5 - radius * 0.62)], WHITE, 0.012)
        s.disc(0.5, 0.5, 0.014, second)
