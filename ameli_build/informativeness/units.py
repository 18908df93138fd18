"""Numbers with units in a text, as tokens in a base unit: "1tb" and "1,000 gigs" are `1000gb`, "6 1/2 feet" is `78in`.

The table of units is this module's own, because most of the work is in shoppers' spellings ("gigs", "cu. ft.", `14"`).
A general library misreads them ("128G" as gauss, "cu" as atomic mass).
"""

from __future__ import annotations

import re
from functools import lru_cache

_UNITS: dict[str, tuple[str, float]] = {}
"""Spelling of a unit -> base unit, and the unit's size in it."""


def _unit(base: str, factor: float, spellings: str) -> None:
    for spelling in spellings.split(","):
        _UNITS[spelling] = (base, factor)


_unit("in", 1, "inches,inchers,incher,inch,in,ins,\",''")
_unit("in", 12, "feet,foot,ft")
_unit("in", 36, "yards,yard,yds,yd")
_unit("mm", 1, "millimeters,millimeter,millimetres,millimetre,mm")
_unit("mm", 10, "centimeters,centimeter,centimetres,centimetre,cms,cm")
_unit("mm", 1000, "meters,meter,metres,metre,m")
_unit("mi", 1, "miles,mile,mi")
_unit("km", 1, "kilometers,kilometer,kilometres,kilometre,kms,km")
_unit("mph", 1, "miles per hour,miles an hour,miles/hour,mph")
_unit("kmh", 1, "kilometers per hour,kilometers an hour,km per hour,km/h,kmh,kph")
_unit("oz", 1, "fluid ounces,fluid ounce,fl. oz,fl oz,ounces,ounce,ozs,oz")
_unit("oz", 16, "pounds,pound,lbs,lb")
_unit("g", 1, "grams,gram,gr,g")
_unit("g", 1000, "kilograms,kilogram,kilos,kilo,kgs,kg")
_unit("gb", 1000, "terabytes,terabyte,tera bytes,tera byte,terrabytes,terrabyte,teras,tera,tbs,tb,tib")
_unit("gb", 1, "gigabytes,gigabyte,giga bytes,giga byte,gigs,gig,gbs,gb,gib")
_unit("gb", 0.001, "megabytes,megabyte,mega bytes,mega byte,megs,mbs,mb,mib")
_unit("hz", 1e9, "gigahertz,giga hertz,ghz")
_unit("hz", 1e6, "megahertz,mega hertz,mhz")
_unit("hz", 1e3, "kilohertz,kilo hertz,khz")
_unit("hz", 1, "hertz,hz")
_unit("mb/s", 1000, "gigabytes per second,gigabyte per second,gb/sec,gb/s")
_unit("mb/s", 1, "megabytes per second,megabyte per second,mb/sec,mb/s")
_unit("channel", 1, "channels,channel,ch")
_unit("mbps", 1000, "gigabits per second,gigabit per second,gbps")
_unit("mbps", 1, "megabits per second,megabit per second,mbps")
_unit("mp", 1, "megapixels,megapixel,mega pixels,mega pixel,mpix,mp")
_unit("w", 1000, "kilowatts,kilowatt,kw")
_unit("w", 1, "watts,watt,w")
_unit("wh", 1000, "kilowatt hours,kilowatt-hours,kwh")
_unit("wh", 1, "watt hours,watt-hours,wh")
_unit("v", 1, "volts,volt,v")
_unit("amp", 1, "amperes,ampere,amps,amp")
_unit("ohm", 1, "ohms,ohm")
_unit("hp", 1, "horsepower,horse power,hp")
_unit("va", 1, "volt-amperes,volt amperes,volt ampere,volt amps,va")
_unit("mah", 1000, "ampere hours,ampere-hours,amp hours,amp-hours,amp hour,ah")
_unit("mah", 1, "milliampere hours,milliampere-hours,milliamp hours,milliamp-hours,mahs,mah")
_unit("cuft", 1, "ft^3,ft3,cubic feet,cubic foot,cubic-foot,cubic-feet,cubic ft,cu. ft,cu ft,cu.ft,cu-ft,cuft")
_unit("sqft", 1, "ft^2,ft2,square feet,square foot,square-foot,square ft,sq. ft,sq ft,sq.ft,sqft")
_unit("qt", 4, "gallons,gallon,gals,gal")
_unit("qt", 1, "quarts,quart,qts,qt")
_unit("qt", 0.5, "pints,pint")
_unit("l", 1, "liters,liter,litres,litre,l")
_unit("l", 0.001, "milliliters,milliliter,millilitres,millilitre,ml")
_unit("cup", 1, "cups,cup")
_unit("s", 1, "seconds,second,secs,sec")
_unit("s", 0.001, "milliseconds,millisecond,msec,ms")
_unit("s", 60, "minutes,minute,mins,min")
_unit("s", 3600, "hours,hour,hrs,hr")
_unit("day", 1, "days,day")
_unit("day", 7, "weeks,week")
_unit("month", 12, "years,year,yrs,yr")
_unit("month", 1, "months,month")
_unit(
    "deg",
    1,
    "degrees fahrenheit,degree fahrenheit,degrees celsius,degree celsius,degrees f,degrees c,degrees,degree,deg,"
    "\u00b0f,\u00b0 f,\u00b0c,\u00b0 c,\u00b0,f",
)
_unit("kelvin", 1, "degrees kelvin,kelvins,kelvin")
_unit("inlb", 1, "inch-pounds,inch pounds,inch-pound,in-lbs,in-lb,in lbs,in. lbs,in.-lbs")
_unit("inlb", 12, "foot-pounds,foot pounds,foot-pound,ft-lbs,ft-lb,ft lbs,ft. lbs,ft.-lbs")
_unit("gpm", 1, "gallons per minute,gallon per minute,gpm")
_unit("pa", 1000, "kilopascals,kilopascal,kpa")
_unit("pa", 1, "pascals,pascal,pa")
_unit("cc", 1, "cubic centimeters,cubic centimeter,cubic centimetres,cm^3,cm3,cc,ccs")
_unit("joule", 1, "joules,joule")
_unit("btu", 1, "british thermal units,british thermal unit,btus,btu")
_unit("cfm", 1, "cubic feet per minute,cfm")
_unit("rpm", 1, "revolutions per minute,rpms,rpm")
_unit("fps", 1, "frames per second,fps")
_unit("ppm", 1, "pages per minute,ppm")
_unit("psi", 1, "pounds per square inch,psi")
_unit("dpi", 1, "dots per inch,dpi")
_unit("db", 1, "decibels,decibel,dba,dbs,db")
_unit("nit", 1, "nits,nit")
_unit("lm", 1, "lumens,lumen")
_unit("core", 1, "cores,core")
_unit("speed", 1, "speeds,speed")
_unit("slice", 1, "slices,slice")

_OTHER_SYSTEM = {
    "in": (25.4, "mm", (1, 10, 1000)), "mm": (1 / 25.4, "in", (1, 12)),
    "oz": (28.3495, "g", (1, 1000)), "g": (1 / 28.3495, "oz", (1, 16)),
    "mi": (1.60934, "km", (1,)), "km": (1 / 1.60934, "mi", (1,)),
    "mph": (1.60934, "kmh", (1,)), "kmh": (1 / 1.60934, "mph", (1,)),
    "qt": (0.946353, "l", (1,)), "l": (1 / 0.946353, "qt", (1, 4)),
    "day": (86400, "s", (3600,)),
}  # fmt: skip
"""Base unit -> its size in another base unit, that unit, and the sizes in it of the units that people use."""

_ROUNDED = 0.01
"""Largest relative error of a rounded conversion: "10 meters" matches 33 feet, "1 meter" does not match 3."""

_SUMMED = frozenset({"in", "oz", "s"})
"""Base units of measures with two parts: "5 feet 6 inches", "3 lbs. 5 oz", "2 hours and 30 minutes"."""

_CARDS = frozenset({"16", "32", "64", "128", "256", "512"})
"""Numbers of gigabytes that people write with a bare G."""

_ONES = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TEENS = (
    "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_WORDS = {
    **{word: n for n, word in enumerate((*_ONES, *_TEENS), 1)},
    **{word: 10 * n for n, word in enumerate(_TENS, 2)},
    "half": 0.5,
    "a": 1,
    "an": 1,
}
NUMBER_WORDS = {str(n): word for word, n in _WORDS.items() if n >= 1 and len(word) > 2}
"""Digits -> word, for whole numbers of a single word: up to twenty, and the tens."""


def _either(words: tuple[str, ...]) -> str:
    return "|".join(words)


_BELOW_100 = rf"(?:(?:{_either(_TENS)})(?:[\s-]?(?:{_either(_ONES)}))?|{_either(_TEENS)}|{_either(_ONES)})"
_SPELLED = rf"(?:(?:{_either(_ONES)}|a)[\s-]hundred(?:[\s-](?:and[\s-])?{_BELOW_100})?|half(?: an?)?|{_BELOW_100})"
_DIGITS = r"(?:\d+[\s-]+)?\d{1,2}/(?:2|3|4|8|16|32)|\d[\d,]{0,20}(?:\.\d+)?|\.\d+"
"""The number of digits and commas is limited, because the search starts anew at each number of a list."""
_UNIT_NAMES = "|".join(re.escape(name) for name in sorted(_UNITS, key=lambda name: (-len(name), name)))
_ENDS = r"(?![a-z0-9]|\.\d|/[a-z]|\s(?:per|a)\ssec)\.?"
_NOT_AFTER = r"(?!in\b[\s-]+(?:the|a|an|one|1|my|our|his|her|this|that|total|all|each)\b|m\b\s*[&'])"
_NUMBER = rf"({_DIGITS}|{_SPELLED})((?:\s+and)?\s+a\s+half)?"
_ONE_MEASURE = rf"{_NUMBER}[\s-]*{_NOT_AFTER}({_UNIT_NAMES}){_ENDS}"
_STARTS = rf"(?<![\w.])(?<!24/)(?<!24 / )(?=[\d.]|{'|'.join(sorted({word[:2] for word in _WORDS if len(word) > 2}))})"
_MEASURE = re.compile(rf"{_STARTS}{_ONE_MEASURE}(?:(?:,?\s*(?:and\s+)?|-){_ONE_MEASURE})?")
"""A number with its unit, or two in a row. Does not match the "in" of "2-in-1" or "two in the house"."""

_DECIMAL_COMMA = re.compile(rf"(?<![\w.,])(\d{{1,3}}),(\d{{1,2}})(?=[\s-]*(?:{_UNIT_NAMES}){_ENDS})")
_SPACED = re.compile(
    rf"(?<![\d.,] )(?<![\w.,])(\d{{1,3}}(?: 000)+|\d\d \d{{3}}(?!\s?[gt]b)|(?<=\ba )\d \d{{3}})"
    rf"(?=[\s-]*(?:{_UNIT_NAMES}){_ENDS})"
)
_GROUPED = re.compile(r"\d \d{3}(?!\d)")
_G_OF_MEMORY = re.compile(r"(?<![\w.])(\d+)\s?g(?=\s(?:of\s)?(?:ram|memory|ddr\d?)\b)")
"""Numbers with a comma or a space, "15,6 inches" and "10 500 mAh", and the "8G" of "8G ram".

"2 500 GB drives" are two, and "16 512 GB" is a list: these stay apart.
"""

_A_UNIT = re.compile(r"(?<!half )\ba(?=[\s-](?:pound|terabyte|tb|gallon|quart|kilowatt)\b)")
"""Does not match "a foot", "a cup", "an hour" or "a year", which mostly measure something else."""

_POINT = re.compile(rf"\b({_either((*_ONES, *_TEENS))}) point ({_either(_ONES)})\b")
_AND_A_HALF = re.compile(
    r"\b(?:(?:an?|one) |(?<!\d )(?<!\d-))"
    r"(pound|gallon|quart|foot|inch|hour|mile|meter|liter|cup|terabyte)s? and an? half\b"
)
"""Numbers in words: "one point six", "a pound and a half"."""

_BY_MEASURE = re.compile(r"x(?<=[\d\"'nmt ]x)(?=\s?\.?\d+(?:\.\d+)?\s?(?:\"|'|in\b|inch|mm\b|cm\b|ft\b))")
"""The x between two lengths, each with a unit."""

_STATURE = re.compile(
    r"(?<![\w.])(\d{1,2})\s*(?:foot|feet|')[\s-]?(\d{1,2}(?:\.\d+)?)(?:''|\"|\s*in(?:ch(?:es)?)?\b)?(?!\w)"
)
"""Feet and inches without the second unit: "6 foot 2"."""

_FEET = re.compile(r"(?<![\w.'/])(\d{1,3})'(?=\s+[a-z])")
"""Feet alone, as in "a 6' cable", but not a number in quotes."""

_THOUSANDS = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)(?:k|[\s-]thousand)(?=[\s-]*(?:btu|watt|lumen|mah|rpm|nit)s?\b)")
_AS_TOKEN = re.compile(r"(\d+(?:\.\d+)?)([a-z]+)")
_BASES = frozenset(base for base, _ in _UNITS.values())


def with_base_units(text: str) -> str:
    """`text` (lower case, plain quotes) with each measure as one token in its base unit."""
    if "'" in text or " f" in text:
        text = _FEET.sub(r"\1 feet", _STATURE.sub(r"\1 feet \2 inches", text))
    if " point " in text:
        text = _POINT.sub(lambda match: f"{_WORDS[match[1]]}.{_WORDS[match[2]]}", text)
    if "half" in text:
        text = _AND_A_HALF.sub(r"1.5 \1", text)
    if "x" in text:
        text = _BY_MEASURE.sub(" x ", text)
    if "," in text:
        text = _DECIMAL_COMMA.sub(r"\1.\2", text)
    if _GROUPED.search(text):
        text = _SPACED.sub(lambda match: match[1].replace(" ", ""), text)
    if "g " in text and ("ram" in text or "mem" in text or "ddr" in text):
        text = _G_OF_MEMORY.sub(r"\1gb", text)
    if "k" in text or "thousand" in text:
        text = _THOUSANDS.sub(lambda match: said_number(float(match[1]) * 1000), text)
    return _MEASURE.sub(_in_base_units, _A_UNIT.sub("1", text))


def said_number(number: float) -> str:
    """A number as text for a token: at most four decimals, no exponent."""
    return f"{round(number, 4):.12g}"


def is_measure(token: str) -> bool:
    """Whether a token is a number in a base unit."""
    match = _AS_TOKEN.fullmatch(token)
    return match is not None and match[2] in _BASES


def other_measures(token: str) -> tuple[str, ...]:
    """Other tokens for the same measure: rounded in the other system, 1024 for 1000, "128g", MHz as "2400hz"."""
    match = _AS_TOKEN.fullmatch(token)
    if match is None or match[2] not in _BASES:
        return ()
    number, base = float(match[1]), match[2]
    if base == "gb":
        return _of_gigabytes(match[1])
    if base == "hz" and number >= 1e8:
        return (f"{said_number(number / 1e6)}hz",)
    if base == "kelvin":
        return (f"{match[1]}k",)
    if base not in _OTHER_SYSTEM:
        return ()
    factor, other, scales = _OTHER_SYSTEM[base]
    exact = number * factor
    said = {scale * round(exact / scale, decimals) for scale in scales for decimals in range(3)}
    near = sorted(each for each in said if abs(each - exact) <= _ROUNDED * exact)
    return tuple(dict.fromkeys(f"{said_number(each)}{other}" for each in near))


def _of_gigabytes(digits: str) -> tuple[str, ...]:
    number = float(digits)
    same = [f"{digits}g"] if digits in _CARDS else []
    if number >= 1000 and number % 1000 == 0:
        same.append(f"{said_number(number * 1.024)}gb")
    if number >= 1024 and number % 1024 == 0:
        same.append(f"{said_number(number / 1.024)}gb")
    return tuple(same)


def _in_base_units(match: re.Match[str]) -> str:
    first, base = _measured(match[1], match[2], match[3])
    if match[6] is None:
        return f" {said_number(first)}{base} "
    second, other = _measured(match[4], match[5], match[6])
    if base == other and base in _SUMMED and _UNITS[match[3]][1] > _UNITS[match[6]][1]:
        return f" {said_number(first + second)}{base} "
    between = " , " if "," in match.string[match.end(3) : match.start(4)] else " "
    return f" {said_number(first)}{base}{between}{said_number(second)}{other} "


def _measured(number: str, half: str | None, unit: str) -> tuple[float, str]:
    base, factor = _UNITS[unit]
    return (_value(number) + (0.5 if half else 0)) * factor, base


@lru_cache(maxsize=4096)
def _value(number: str) -> float:
    """The value of digits, of a fraction ("6-1/2") or of words ("one hundred forty-four")."""
    if number[0].isdigit() or number[0] == ".":
        whole, _, fraction = number.replace(",", "").replace("-", " ").rpartition(" ")
        over, _, under = fraction.partition("/")
        return float(whole or 0) + float(over) / float(under or 1)
    hundreds, found, rest = number.partition("hundred")
    return (100 * _sum(hundreds) if found else 0) + _sum(rest if found else number)


def _sum(words: str) -> float:
    split = re.findall("|".join(sorted(_WORDS, key=len, reverse=True)), words.replace("and", " "))
    numbers = [word for word in split if len(word) > 2] or split
    return sum(_WORDS[word] for word in numbers)
