"""Texts as canonical tokens: the same spelling for a shop's sheets and for shoppers' words.

Tokens are in lower case, measures in base units (`units`), and words with several spellings ("grey", "wi-fi", "4k") in
a single spelling. The end of a clause is a separate token, so a row of tokens never spans two clauses.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from ameli_build.informativeness.units import with_base_units

Tokens = tuple[str, ...]

BREAK = "|"
"""The token between clauses."""

_WORDS = {
    "grey": "gray", "greys": "gray", "colour": "color", "colours": "colors", "coloured": "color", "colored": "color",
    "wifi": "wi fi", "aluminium": "aluminum", "fibre": "fiber", "centre": "center", "litre": "liter",
    "usbc": "usb c", "soundbar": "sound bar", "smartwatch": "smart watch", "touchscreen": "touch screen",
    "aux": "auxiliary", "bt": "bluetooth",
    "cancelling": "canceling", "cancellation": "canceling", "noisecancelling": "noise canceling",
    "cancelation": "canceling", "cancels": "canceling", "gen": "generation", "bluray": "blu ray",
    "fhd": "1920x1080", "uhd": "3840x2160", "qhd": "2560x1440", "wqhd": "2560x1440",
    "4k": "3840x2160", "8k": "7680x4320", "2160p": "3840x2160", "4320p": "7680x4320", "1080p": "1920x1080",
    "1440p": "2560x1440", "720p": "1280x720",
}  # fmt: skip
_PHRASES = {
    "full hd": "1920x1080", "ultra hd": "3840x2160", "quad hd": "2560x1440", "blue tooth": "bluetooth",
    "over the ear": "over ear", "on the ear": "on ear", "in the ear": "in ear", "usb type c": "usb c",
    "type c usb": "usb c", "mac os": "macos",
}  # fmt: skip

_OTHER_SENSES = (
    r"black (?:friday|levels?|market|bars?|eye)|prime (?:shipping|day|members?|delivery|video|time)|"
    r"led (?:me|us|him|her|them|you|my|to)|silver lining|silver bullet|gold(?:en)? (?:standard|rule|mine)|"
    r"(?:the|user|owner'?s?|instructions?) manual|"
    r"red (?:flags?|tape|hot)|white (?:glove|noise|lies?|balance|wine|paper)|blue (?:moon|book)|out of the blue|"
    r"gas station|electric bill|gold(?=[ -]plated)|black screen|(?:green|red|blue|amber|orange) lights?|orange juice|"
    r"an orange(?! (?:one|colou?r|case|finish))|"
    r"(?:go|goes|went|turn|turns|turned) (?:black|red|blue|green|white|orange|gray|yellow|pink|brown)|"
    r"black and white (?:images?|pictures?|photos?|prints?|printing|pages?|copies|tv|movies?|film)|"
    r"plastic (?:wrap|smell|bags?)|in (?:(?:my|any|this|that|either|our|your) )?case|watch cable|"
    r"cable (?:bill|company|box|tv|guy|service)|apples to apples|apple pies?|ring (?:up|out|true)|laser focused|"
    r"glass of|wood burning"
)
"""Phrases in which the name of a feature, colour, fuel, material or brand has another meaning."""

_NAMES = (
    "apple", "ring", "shark", "nest", "echo", "sharp", "brother", "blink", "tile", "square", "ninja", "fossil", "polar",
    "hoover", "beats", "bella", "eve", "crown", "canary", "august", "speck",
)  # fmt: skip
"""Brands that are ordinary words too. Without a capital letter, they are the word."""

_FRACTIONS = {sign: " " + unicodedata.normalize("NFKC", sign).replace("⁄", "/") for sign in "½¼¾⅛⅜⅝⅞⅓⅔"}
_QUOTES = {"”": '"', "“": '"', "″": '"', "’": "'", "‘": "'", "′": "'"}
_PLAIN = str.maketrans({**_FRACTIONS, **_QUOTES, "×": "x", "‑": "-", "–": "-", "⁄": "/", "\u00a0": " ", "\u202f": " "})
_GROUPS = re.compile(r"(?<![\w.,'])\d{1,3}(?:[\u00a0\u2009\u202f'’]\d{3})+(?![\d'’])")
"""Thousands parted by a space that does not break, or by an apostrophe."""
_BY = re.compile(r"(?<![\w.])(\d{3,4})\s*x\s*(\d{3,4})p?(?!\w)")
_BITS = re.compile(r"(\d\s?)([KMGkmg])(?:b|bits?)(?:/s(?:ec)?|ps)\b")
_BYTES = re.compile(r"(\d\s?)([KMG])B(?:/s(?:ec)?|ps)\b")
"""Rates in bytes; a small "b" means bits."""
_LINES = re.compile(r" p\b(?<=[ 1]080 p|[ 1]440 p| 720 p|2160 p|4320 p)")
"""The space of "1080 p"."""
_RATIO = re.compile(r"(?<![\w.:])(\d{1,5}):(\d{1,2})(?![\w:]|\s?[ap]\.?m)")
"""The ratio "16:9" as a word."""
_GENERATION = re.compile(r"\b(wi-?fi|usb|hdmi|bluetooth|bt|pcie|f)(?=\d)")
_PHRASE = re.compile(rf"\b(?:{'|'.join(sorted(_PHRASES)).replace(' ', '[ -]')}|{_OTHER_SENSES})\b")
_TOKEN = re.compile(r"\d+(?:\.\d+)?[a-z]+\b|\d+x\d+\b|\d+\.\d+|[^\W_]+|[.!?;:,](?=\s)")
_MARKS = frozenset(".!?;:,")
_NAME = re.compile(rf"\b({'|'.join(spelling for name in _NAMES for spelling in (name.capitalize(), name.upper()))})\b")


@lru_cache(maxsize=4096)
def canonical_tokens(text: str) -> Tokens:
    """`cut` with a cache, for values, which repeat."""
    return cut(text)


def cut(text: str) -> Tokens:
    """The canonical tokens of a text, with `BREAK` between clauses.

    Repeated tokens ("3840 x 2160 (4K)") count once. A brand that is an ordinary word too ("Apple") keeps its capital.
    """
    if "'" in text or not text.isascii():
        text = _GROUPS.sub(lambda match: re.sub(r"\D", "", match[0]), text)
    plain = text.translate(_PLAIN)
    if not plain.isascii():
        plain = unicodedata.normalize("NFKC", plain)
    plain = _BYTES.sub(r"\1\2b/s", _BITS.sub(r"\1\2bps", plain))
    lower = _LINES.sub("p", _BY.sub(r" \1x\2 ", plain.lower()))
    if ":" in lower:
        lower = _RATIO.sub(r"\1to\2", lower)
    measured = with_base_units(_GENERATION.sub(r"\1 ", lower))
    tokens: list[str] = []
    for token in _TOKEN.findall(_PHRASE.sub(_one_sense, measured)):
        for part in _WORDS[token].split() if token in _WORDS else (BREAK if token in _MARKS else token,):
            if not tokens or part != tokens[-1]:
                tokens.append(part)
    names = {name.lower() for name in _NAME.findall(plain)}
    return tuple(token.capitalize() if token in names else token for token in tokens) if names else tuple(tokens)


def _one_sense(match: re.Match[str]) -> str:
    return f" {_PHRASES.get(match[0].replace('-', ' '), '.')} "
