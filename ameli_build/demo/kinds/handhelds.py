"""Drawings of tablets, phones and watches."""

from ameli_build.demo.canvas import DARK, METAL, WHITE, Point, mix
from ameli_build.demo.subject import Subject


def tablet(s: Subject) -> None:
    """A tablet, in portrait or landscape, with a broad rim in its colour; some with a pen."""
    t, c = s.traits, s.canvas
    long, short = 0.84 + 0.08 * s.size, (0.84 + 0.08 * s.size) * t.between("aspect", 0.6, 0.78)
    wide, high = (long, short) if t.flip("lying", 0.45) else (short, long)
    box = (0.5 - wide / 2, 0.5 - high / 2, 0.5 + wide / 2, 0.5 + high / 2)
    round_ = t.between("round", 0.015, 0.06)
    s.casing(box, round_)
    if s.back:
        _lenses(s, box[0] + 0.1, box[1] + 0.1, 0.03)
        s.emblem(0.5, 0.5, 0.05)
        c.text(0.5, box[3] - 0.12, s.label, 0.04, s.ink, wide * 0.6)
        return
    rim, bezel = 0.022, t.between("bezel", 0.022, 0.06)
    black = t.flip("black bezel", 0.6)
    if black:
        c.rect((box[0] + rim, box[1] + rim, box[2] - rim, box[3] - rim), DARK, round_ * 0.8)
    edge = rim + bezel
    s.screen((box[0] + edge, box[1] + edge, box[2] - edge, box[3] - edge), 0.01)
    _icons(s, (box[0] + edge, box[3] - edge - 0.12, box[2] - edge, box[3] - edge - 0.02))
    if t.flip("home button", 0.4):
        c.ring(0.5, box[3] - edge * 0.55, edge * 0.28, METAL, 0.006)
    c.disc(0.5, box[1] + edge * 0.6, 0.006, (70, 74, 90))
    if t.flip("pen", 0.35) and wide < high:
        x = box[2] + 0.04
        c.tube([(x, box[1] + 0.08), (x, box[3] - 0.1)], s.pale, 0.026)
        c.poly([(x - 0.012, box[3] - 0.1), (x + 0.012, box[3] - 0.1), (x, box[3] - 0.05)], DARK)


def phone(s: Subject) -> None:
    """A phone as in shops: the back, half hidden by the front."""
    t, c = s.traits, s.canvas
    high = 0.84 + 0.1 * s.size
    wide = high * t.between("aspect", 0.46, 0.53)
    round_ = t.between("round", 0.02, 0.085)
    top = 0.5 - high / 2

    def back(left: float) -> None:
        s.casing((left, top, left + wide, top + high), round_)
        _lenses(s, left + 0.085, top + 0.085, t.between("lens", 0.026, 0.036))
        s.emblem(left + wide / 2, top + high * 0.5, 0.028)
        c.text(left + wide * 0.5, top + high * 0.88, s.label, 0.036, s.ink, wide * 0.7)

    if s.back:
        back(0.5 - wide / 2)
        return
    shift = wide * t.between("overlap", 0.36, 0.5)
    left = 0.5 - (wide + shift) / 2
    back(left)
    left += shift
    s.casing((left, top, left + wide, top + high), round_)
    edge = t.between("bezel", 0.014, 0.03)
    c.rect((left + 0.012, top + 0.012, left + wide - 0.012, top + high - 0.012), DARK, round_ * 0.9)
    s.screen((left + edge, top + edge, left + wide - edge, top + high - edge), round_ * 0.75)
    _icons(s, (left + edge, top + high - 0.12, left + wide - edge, top + high - 0.04))
    middle = left + wide / 2
    if t.flip("notch", 0.4):
        c.rect((middle - 0.07, top + edge, middle + 0.07, top + edge + 0.026), DARK, 0.012)
    else:
        c.disc(middle, top + edge + 0.03, 0.011, DARK)


def _icons(s: Subject, box: tuple[float, float, float, float]) -> None:
    """A dock of application icons at the foot of a display."""
    count = 4 + s.traits.pick("icons", 3)
    high = (box[3] - box[1]) * 0.7
    for number in range(count):
        x = box[0] + (box[2] - box[0]) * (number + 0.5) / count
        y = (box[1] + box[3]) / 2
        colour = mix(s.traits.accent(f"icon {number}"), WHITE, 0.25)
        s.canvas.rect((x - high / 2, y - high / 2, x + high / 2, y + high / 2), colour, high * 0.25)


def _lenses(s: Subject, x: float, y: float, radius: float) -> None:
    """A camera island: one of five arrangements of lenses."""
    c, layout = s.canvas, s.traits.pick("lenses", 5)
    step = radius * 2.5
    places: list[Point] = [
        [(0.0, 0.0)],
        [(0.0, 0.0), (0.0, step)],
        [(0.0, 0.0), (0.0, step), (step, step / 2)],
        [(0.0, 0.0), (step, 0.0), (0.0, step), (step, step)],
        [(0.0, 0.0), (step, 0.0)],
    ][layout]
    wide, high = max(p[0] for p in places), max(p[1] for p in places)
    pad = radius * 1.45
    if s.traits.flip("island", 0.7):
        island = mix(s.dark, s.body, 0.4)
        c.rect(
            (x - pad, y - pad, x + wide + pad, y + high + pad), island, pad * s.traits.between("island round", 0.4, 1.0)
        )
    for dx, dy in places:
        c.disc(x + dx, y + dy, radius * 1.12, METAL)
        c.disc(x + dx, y + dy, radius, DARK)
        c.disc(x + dx, y + dy, radius * 0.5, (44, 54, 92))
        c.disc(x + dx - radius * 0.3, y + dy - radius * 0.3, radius * 0.18, (210, 220, 240))


def smartwatch(s: Subject) -> None:
    """A watch with a strap in its colour and a metal case."""
    t, c = s.traits, s.canvas
    size = 0.21 + 0.03 * s.size
    metal = mix(METAL, t.accent("case"), t.between("tint", 0.0, 0.5)) if t.flip("bright case") else DARK
    strap = size * t.between("strap", 0.62, 0.88)
    for y0, y1 in ((0.02, 0.5), (0.5, 0.98)):
        end = y0 if y0 < 0.1 else y1
        c.shaded_poly(
            [(0.5 - strap, 0.5), (0.5 - strap * 0.72, end), (0.5 + strap * 0.72, end), (0.5 + strap, 0.5)],
            s.body,
            "cylinder",
        )
    _strap_pattern(s, size, strap)
    crown = 0.5 + size + 0.01
    c.rect((crown - 0.02, 0.46, crown + 0.02, 0.53), mix(metal, s.traits.accent(), 0.4), 0.012)
    box = (0.5 - size, 0.5 - size * 1.08, 0.5 + size, 0.5 + size * 1.08)
    if t.flip("round case"):
        box = (0.5 - size, 0.5 - size, 0.5 + size, 0.5 + size)
        radius = size
    else:
        radius = size * t.between("corner", 0.25, 0.6)
    s.casing(box, radius, colour=metal)
    rim = t.between("rim", 0.016, 0.035)
    inner = (box[0] + rim, box[1] + rim, box[2] - rim, box[3] - rim)
    c.rect(inner, DARK, radius * 0.88)
    if s.back:
        c.ring(0.5, 0.5, size * 0.6, METAL, 0.012)
        s.dots((0.5 - size * 0.35, 0.5 - size * 0.35, 0.5 + size * 0.35, 0.5 + size * 0.35), 2, 2, 0.02, (60, 130, 90))
        return
    _dial(s, size - rim)


def _strap_pattern(s: Subject, size: float, strap: float) -> None:
    """Holes, links, ridges or nothing on a strap."""
    c, style = s.canvas, s.traits.pick("strap pattern", 4)
    rows = [0.06, 0.11, 0.16, 0.21, 0.79, 0.84, 0.89, 0.94]
    if style == 0:
        for y in rows[4:]:
            c.oval((0.48, y - 0.012, 0.52, y + 0.012), s.dark)
    elif style == 1:
        for y in rows:
            c.rect((0.5 - strap * 0.74, y, 0.5 + strap * 0.74, y + 0.008), s.dark)
        c.rect((0.5 - strap * 0.25, 0.03, 0.5 - strap * 0.22, 0.97), s.dark)
        c.rect((0.5 + strap * 0.22, 0.03, 0.5 + strap * 0.25, 0.97), s.dark)
    elif style == 2:
        for side in (-1, 1):
            c.line(
                [(0.5 + side * strap * 0.55, 0.04), (0.5 + side * strap * 0.7, 0.5), (0.5 + side * strap * 0.55, 0.96)],
                s.pale,
                0.008,
            )


def _dial(s: Subject, radius: float) -> None:
    """The face of a watch: hands, digits, or rings of activity."""
    c, t, style = s.canvas, s.traits, s.traits.pick("dial", 3)
    first, second = t.accent("dial a"), t.accent("dial b")
    if style == 0:
        for number in range(3):
            c.ring(0.5, 0.5, radius * (0.8 - 0.22 * number), t.accent(f"ring {number}"), radius * 0.13)
    elif style == 1:
        c.text(0.5, 0.47, ("10:09", "12:30", "08:45")[t.pick("time", 3)], radius * 0.55, WHITE, radius * 1.5)
        c.rect((0.5 - radius * 0.5, 0.56, 0.5 + radius * 0.5, 0.575), first, 0.005)
        c.rect((0.5 - radius * 0.5, 0.595, 0.5 + radius * 0.1, 0.61), second, 0.005)
    else:
        c.disc(0.5, 0.5, radius * 0.85, mix(first, DARK, 0.55))
        c.line([(0.5, 0.5), (0.5 - radius * 0.4, 0.5 - radius * 0.3)], WHITE, 0.016)
        c.line([(0.5, 0.5), (0.5 + radius * 0.25, 0.5 - radius * 0.62)], WHITE, 0.012)
        c.disc(0.5, 0.5, 0.014, second)
