"""Drawings of the kinds that are mostly a display."""

from ameli_build.demo.canvas import DARK, WHITE, Point, mix
from ameli_build.demo.looks import Rgb
from ameli_build.demo.subject import Subject

METAL: Rgb = (170, 173, 178)


def laptop(s: Subject) -> None:
    """An open laptop: lid with display above, keyboard in perspective below."""
    t, c = s.traits, s.canvas
    half = t.between("width", 0.36, 0.42) + 0.05 * s.size
    top = 0.70 - half * 2 * t.between("aspect", 0.58, 0.74)
    left, right, hinge = 0.5 - half, 0.5 + half, 0.68
    round_ = t.between("round", 0.005, 0.035)
    s.casing((left, top, right, hinge), round_)
    if s.back:
        s.emblem(0.5, (top + hinge) / 2, t.between("emblem size", 0.03, 0.06))
        c.text(0.5, hinge - 0.06, s.label, 0.04, s.ink, half)
        c.rect((left + 0.02, hinge, right - 0.02, hinge + 0.025), s.dark, 0.01)
        s.slits((0.3, hinge + 0.004, 0.7, hinge + 0.02), 24, DARK)
        return
    bezel = t.between("bezel", 0.016, 0.04)
    inner = (left + bezel * 0.6, top + bezel * 0.6, right - bezel * 0.6, hinge - bezel)
    if t.flip("black bezel"):
        c.rect(inner, DARK, round_)
    chin = t.between("chin", 0.02, 0.06)
    s.screen((left + bezel * 1.3, top + bezel * 1.3, right - bezel * 1.3, hinge - chin), 0.004)
    c.disc(0.5, top + bezel * 0.75, 0.004, (90, 90, 100))
    c.text(0.5, hinge - chin / 2, s.label, 0.022, s.ink if not t.flip("black bezel") else METAL, half)
    _deck(s, left, right, hinge)


def _deck(s: Subject, left: float, right: float, hinge: float) -> None:
    """The lower half of a laptop: keys, trackpad and front lip."""
    t, c = s.traits, s.canvas
    spread, foot = 0.04, hinge + t.between("deck", 0.17, 0.22)
    c.shaded_poly([(left, hinge), (right, hinge), (right + spread, foot), (left - spread, foot)], s.body, "top")
    c.rect((left - spread, foot, right + spread, foot + 0.018), s.dark, 0.008)
    c.rect((left + 0.03, hinge - 0.004, right - 0.03, hinge + 0.008), mix(s.dark, DARK, 0.5))
    keys = mix(s.body, WHITE, 0.6) if t.flip("pale keys", 0.25) else DARK
    columns, inset = 12, t.between("inset", 0.04, 0.09)
    pad_share = t.between("keys share", 0.5, 0.6)

    def at(across: float, down: float) -> Point:
        reach = spread * down
        x = (left - reach) + (right - left + 2 * reach) * (inset + (1 - 2 * inset) * across)
        return x, hinge + 0.018 + (foot - hinge - 0.018) * down

    for row in range(5):
        up, low = pad_share * row / 5 + 0.02, pad_share * (row + 0.8) / 5 + 0.02
        wide = row == 4
        for column in range(columns):
            a, b = column / columns, (column + 0.84) / columns
            if wide and 4 <= column <= 7:
                b = (column + 1) / columns
            c.poly([at(a, up), at(b, up), at(b, low), at(a, low)], keys)
    pad = t.between("pad", 0.12, 0.2)
    corners = [at(0.5 - pad, pad_share + 0.1), at(0.5 + pad, pad_share + 0.1), at(0.5 + pad, 0.94), at(0.5 - pad, 0.94)]
    c.poly(corners, mix(s.body, s.seam, 0.35))


def tablet(s: Subject) -> None:
    """A tablet, upright or lying, with a broad rim in its colour; some with a pen."""
    t, c = s.traits, s.canvas
    long, short = 0.84 + 0.08 * s.size, (0.84 + 0.08 * s.size) * t.between("aspect", 0.6, 0.78)
    wide, high = (long, short) if t.flip("lying", 0.45) else (short, long)
    box = (0.5 - wide / 2, 0.5 - high / 2, 0.5 + wide / 2, 0.5 + high / 2)
    round_ = t.between("round", 0.015, 0.06)
    s.casing(box, round_)
    if s.back:
        lenses(s, box[0] + 0.1, box[1] + 0.1, 0.03)
        s.emblem(0.5, 0.5, 0.05)
        c.text(0.5, box[3] - 0.12, s.label, 0.04, s.ink, wide * 0.6)
        return
    rim, bezel = 0.022, t.between("bezel", 0.022, 0.06)
    black = t.flip("black bezel", 0.6)
    if black:
        c.rect((box[0] + rim, box[1] + rim, box[2] - rim, box[3] - rim), DARK, round_ * 0.8)
    edge = rim + bezel
    s.screen((box[0] + edge, box[1] + edge, box[2] - edge, box[3] - edge), 0.01)
    icons(s, (box[0] + edge, box[3] - edge - 0.12, box[2] - edge, box[3] - edge - 0.02))
    if t.flip("home button", 0.4):
        c.ring(0.5, box[3] - edge * 0.55, edge * 0.28, METAL, 0.006)
    c.disc(0.5, box[1] + edge * 0.6, 0.006, (70, 74, 90))
    if t.flip("pen", 0.35) and wide < high:
        x = box[2] + 0.04
        c.tube([(x, box[1] + 0.08), (x, box[3] - 0.1)], s.pale, 0.026)
        c.poly([(x - 0.012, box[3] - 0.1), (x + 0.012, box[3] - 0.1), (x, box[3] - 0.05)], DARK)


def icons(s: Subject, box: tuple[float, float, float, float]) -> None:
    """A dock of application icons at the foot of a display."""
    count = 4 + s.traits.pick("icons", 3)
    high = (box[3] - box[1]) * 0.7
    for number in range(count):
        x = box[0] + (box[2] - box[0]) * (number + 0.5) / count
        y = (box[1] + box[3]) / 2
        colour = mix(s.traits.accent(f"icon {number}"), WHITE, 0.25)
        s.canvas.rect((x - high / 2, y - high / 2, x + high / 2, y + high / 2), colour, high * 0.25)


def lenses(s: Subject, x: float, y: float, radius: float) -> None:
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


def phone(s: Subject) -> None:
    """A phone as shops show it: the back, half hidden by the front."""
    t, c = s.traits, s.canvas
    high = 0.84 + 0.1 * s.size
    wide = high * t.between("aspect", 0.46, 0.53)
    round_ = t.between("round", 0.02, 0.085)
    top = 0.5 - high / 2

    def back(left: float) -> None:
        s.casing((left, top, left + wide, top + high), round_)
        lenses(s, left + 0.085, top + 0.085, t.between("lens", 0.026, 0.036))
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
    icons(s, (left + edge, top + high - 0.12, left + wide - edge, top + high - 0.04))
    middle = left + wide / 2
    if t.flip("notch", 0.4):
        c.rect((middle - 0.07, top + edge, middle + 0.07, top + edge + 0.026), DARK, 0.012)
    else:
        c.disc(middle, top + edge + 0.03, 0.011, DARK)


def television(s: Subject) -> None:
    """A flat television on feet, a pedestal or a wide stand."""
    t, c = s.traits, s.canvas
    half = 0.44 + 0.05 * s.size
    high = half * 2 * t.between("aspect", 0.55, 0.6)
    top = 0.42 - high / 2
    box = (0.5 - half, top, 0.5 + half, top + high)
    _stand(s, top + high, half)
    s.casing(box, 0.008)
    if s.back:
        s.casing((0.5 - half * 0.6, top + high * 0.35, 0.5 + half * 0.6, top + high * 0.95), 0.02, colour=s.dark)
        s.slits((0.5 - half * 0.45, top + high * 0.45, 0.5 + half * 0.45, top + high * 0.52), 26, DARK)
        c.text(0.5, top + high * 0.2, s.label, 0.05, s.ink, half)
        s.dots((0.42, top + high * 0.6, 0.58, top + high * 0.8), 2, 2, 0.01, DARK)
        return
    bezel, chin = t.between("bezel", 0.012, 0.026), t.between("chin", 0.022, 0.06)
    s.screen((box[0] + bezel, box[1] + bezel, box[2] - bezel, box[3] - chin))
    c.text(0.5, box[3] - chin / 2, s.label, 0.026, s.ink, half)
    c.disc(box[2] - 0.04, box[3] - chin / 2, 0.005, t.accent())


def _stand(s: Subject, foot: float, half: float) -> None:
    """What holds a television or a monitor up."""
    t, c = s.traits, s.canvas
    style, drop = t.pick("stand", 4), t.between("drop", 0.06, 0.11)
    if style == 0:
        for side in (-1, 1):
            x = 0.5 + side * half * t.between("feet", 0.6, 0.85)
            c.line([(x, foot - 0.01), (x - 0.05, foot + drop)], s.dark, 0.02)
            c.line([(x, foot - 0.01), (x + 0.05, foot + drop)], s.body, 0.02)
    elif style == 1:
        c.shaded((0.46, foot - 0.01, 0.54, foot + drop), s.dark, 0.0, "cylinder")
        c.shaded_oval((0.5 - half * 0.5, foot + drop - 0.03, 0.5 + half * 0.5, foot + drop + 0.03), s.body)
    elif style == 2:
        c.shaded((0.42, foot - 0.01, 0.58, foot + drop), s.dark)
        c.shaded((0.5 - half * 0.7, foot + drop - 0.015, 0.5 + half * 0.7, foot + drop + 0.015), s.body, 0.01)
    else:
        c.poly([(0.44, foot - 0.01), (0.56, foot - 0.01), (0.66, foot + drop), (0.34, foot + drop)], s.dark)
        c.rect((0.3, foot + drop - 0.012, 0.7, foot + drop + 0.012), s.body, 0.01)


def monitor(s: Subject) -> None:
    """A desktop monitor on a neck, some very wide, with a chin in its colour."""
    t, c = s.traits, s.canvas
    half = 0.38 + 0.07 * s.size
    high = half * 2 * (0.44 if t.flip("ultrawide", 0.25) else t.between("aspect", 0.58, 0.68))
    top = 0.08
    foot = top + high
    drop = t.between("neck", 0.13, 0.22)
    neck = t.between("neck width", 0.03, 0.06)
    c.shaded((0.5 - neck, foot - 0.02, 0.5 + neck, foot + drop), s.dark, 0.0, "cylinder")
    base = half * t.between("base", 0.38, 0.62)
    if t.flip("round base"):
        c.shaded_oval((0.5 - base, foot + drop - 0.04, 0.5 + base, foot + drop + 0.04), s.body)
    else:
        c.shaded_poly(
            [
                (0.5 - base * 0.8, foot + drop - 0.035),
                (0.5 + base * 0.8, foot + drop - 0.035),
                (0.5 + base, foot + drop + 0.03),
                (0.5 - base, foot + drop + 0.03),
            ],
            s.body,
        )
    s.casing((0.5 - half, top, 0.5 + half, foot), t.between("round", 0.004, 0.025))
    if s.back:
        c.ring(0.5, top + high * 0.45, 0.13, t.accent(), 0.012 if t.flip("light ring") else 0.004)
        s.emblem(0.5 + half * 0.6, top + high * 0.25, 0.03)
        c.text(0.5, top + high * 0.8, s.label, 0.045, s.ink, half)
        return
    bezel, chin = t.between("bezel", 0.016, 0.03), t.between("chin", 0.03, 0.075)
    s.screen((0.5 - half + bezel, top + bezel, 0.5 + half - bezel, foot - chin))
    c.text(0.5, foot - chin / 2, s.label, min(0.035, chin * 0.8), s.ink, half)
    for number in range(t.pick("buttons", 4)):
        c.disc(0.5 + half - 0.04 - 0.025 * number, foot - chin / 2, 0.006, s.seam)


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
