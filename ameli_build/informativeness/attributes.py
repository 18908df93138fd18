"""Attribute values in texts (section 3.4's first feature, section 4.2), by exact or by normalised match.

The normalised match spells texts and values alike. A value has several forms, which are rows of canonical tokens. A
text states the value if it contains the tokens of any form in a row. So only whole words match, but "free standing"
also matches "freestanding".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations

from ameli_build.informativeness.answers import NO, YES, denied, feature_forms
from ameli_build.informativeness.asides import without_questions
from ameli_build.informativeness.spelling import BREAK, Tokens, canonical_tokens, cut
from ameli_build.informativeness.units import NUMBER_WORDS, is_measure, other_measures

__all__ = [
    "FINDERS", "Text", "Tokens", "canonical_tokens", "find_exact", "find_mentioned", "mentions_value", "value_forms",
]  # fmt: skip

MIN_JOINED = 6
"""Least length in letters at which words match whether written apart or together ("free standing")."""

_LISTED = re.compile(r"\s*[,;]\s+")
_IN_BRACKETS = re.compile(r"\(([^()]*)\)")
_APPROXIMATE = re.compile(r"(?i)^(?:up to|approximately|approx\.?|about|at least|more than|over)\s+(?=\d)")
_MODEL = re.compile(r"[a-z]{1,4}\d{1,5}[a-z]{0,3}|\d{4,5}[a-z]{1,2}\d?")
_GLUED = re.compile(r"([a-z]{2,5})(\d{1,2})")
_COUNT = re.compile(r"\d{1,3}(?:,?\d{3}){0,2}(?:\.\d{1,2})?|\d{4}")
_RANGE = re.compile(r"(.*\d.*?)\s*(?:-|\u2013|\bto\b)\s*(\d.*)")
_FAMILY = re.compile(r"i[3579]|m[1-9]")
_OF_YEAR = re.compile(r"(?i)\byear\b")
_INCHES = re.compile(r"(?i)(\d+\.\d+)\s*(?:inches|inch|in|\")")
_QUARTERS = {"25": ("1", "4"), "5": ("1", "2"), "75": ("3", "4")}
_OF_COUNT = re.compile(r"(?i)^(?:total\s+)?number (?:of|in)\s+(?:usable\s+|total\s+)?(.+)$|^(.+)\s+count$")
_OF_VERSION = re.compile(r"(?i)^(.+?)\s+(?:version|generation)$")

_OF_SOUND = (
    "surround",
    "sound",
    "system",
    "setup",
    "home",
    "audio",
    "receiver",
    "speakers",
    "speaker",
    "soundbar",
    "dolby",
)
"""Words after "5.1" by which the number is a count of channels."""

_SOCKETS = ("ports", "inputs", "outputs", "jacks", "slots", "sockets", "connections")
_COUNTED = {"people": ("person",), "package": ("pack", "count"), "pieces": ("pc",), "persons": ("people",)}
_MANY = {"1": ("single",), "2": ("dual",), "3": ("triple",), "4": ("quad",), "6": ("hexa",), "8": ("octa",)}
"""Shoppers' words for the number of counted things, before a noun."""

_PLATFORMS = frozenset({("roku", "tv"), ("android", "tv")})
_EDITIONS = frozenset({"home", "edition", "processor", "technology", "display", "panel"})
"""Last words of a value that shoppers omit."""

_MAKERS = frozenset({"intel", "amd", "nvidia", "qualcomm", "amazon", "Apple", "apple", "microsoft", "google", "arm"})
_WITHOUT_MAKER = frozenset(
    {
        "alexa", "siri", "cortana", "bixby", "ryzen", "celeron", "pentium", "xeon", "athlon", "radeon", "geforce",
        "snapdragon", "homekit", "ios", "macos", "carplay",
    }
)  # fmt: skip
"""Products that people call by a single word without their maker; not "core" or "assistant"."""

_NO_MODEL = frozenset(
    ("to", "of", "than", "the", "and", "or", "up", "over", "for", "in", "with", "at", "least", "from")
)
_VARIANTS = frozenset({"ti", "super", "xt", "xtx", "pro", "max"})
"""Words after a model's number: "3060 Ti"."""

_SIZES = frozenset(
    {"size", "class", "diagonal", "diameter", "length", "width", "height", "depth", "product", "overall"}
)
_OF_BRAND = frozenset({"brand", "manufacturer", "maker"})
"""Words in the names of attributes whose values must be capitalised if they are ordinary words too."""

_ANSWERS = YES | NO
_COLORS = frozenset({"color", "colour", "colors", "finish"})
_SAYS_NOTHING = frozenset(
    (
        "no", "yes", "true", "false", "other", "none", "n a", "na", "not applicable", "unknown", "unspecified",
        "not available", "not specified", "see description", "standard", "included", "not included", "12month", "smart",
        "all", "and", "or", "the", "with", "for", "not", "is", "it", "on", "in", "to", "of", "new", "good", "great",
        "app", "remote", "color", "display", "various",
    )
)  # fmt: skip

_NO_ATTRIBUTE = frozenset({"yes", "no", "other", "none"})
"""Values that the authors' code drops from a specification sheet."""

_STOP_WORDS = frozenset(
    (
        "i", "me", "my", "myself", "we", "our", "ours", "ourselves", "you", "your", "yours", "yourself", "yourselves",
        "he", "him", "his", "himself", "she", "her", "hers", "herself", "it", "its", "itself", "they", "them",
        "their", "theirs", "themselves", "what", "which", "who", "whom", "this", "that", "these", "those", "am", "is",
        "are", "was", "were", "be", "been", "being", "have", "has", "had", "having", "do", "does", "did", "doing",
        "a", "an", "the", "and", "but", "if", "or", "because", "as", "until", "while", "of", "at", "by", "for",
        "with", "about", "against", "between", "into", "through", "during", "before", "after", "above", "below", "to",
        "from", "up", "down", "in", "out", "on", "off", "over", "under", "again", "further", "then", "once", "here",
        "there", "when", "where", "why", "how", "all", "any", "both", "each", "few", "more", "most", "other", "some",
        "such", "no", "nor", "not", "only", "own", "same", "so", "than", "too", "very", "can", "will", "just",
        "should", "now",
    )
)  # fmt: skip
"""NLTK's English stop words without parts of contractions. The authors' string match skips such values."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text to search for values: its canonical tokens, with spaces between and around, and joined without spaces."""

    spaced: str
    joined: str

    @classmethod
    def of(cls, text: str) -> Text:
        """The text in canonical tokens, without its questions."""
        tokens = cut(without_questions(text))
        return cls(f" {' '.join(tokens)} ", "".join(tokens))

    def joined_row(self, word: str) -> str | None:
        """The rows of whole tokens that give `word` when joined, with spaces around."""
        if word not in self.joined:
            return None
        match = re.search(" " + " ?".join(map(re.escape, word)) + " ", self.spaced)
        return match[0] if match else None


Pairs = list[tuple[str, str]]
Finder = Callable[[str, Iterable[tuple[str, str]]], Pairs]
"""From a text and a product's attributes (name, value) to the mentioned attributes."""


@dataclass(frozen=True, slots=True)
class _Sought:
    """Search terms of a value: rows of tokens, with spaces around, and words to find without spaces."""

    spaced: tuple[str, ...]
    joined: tuple[str, ...]


def value_forms(value: str, name: str = "") -> tuple[Tokens, ...]:
    """The forms of an attribute's value: token rows, any of which states it.

    The forms are the whole value, the parts of a list ("HDMI, USB-C"), the last words that name a model ("GTX 1650"),
    and the other order of a colour pair. With the attribute's `name`, the name is a form of "yes" ("touch screen"), and
    number with noun is a form of a bare count ("five burners"). A value without information has no forms: "no",
    "other", a single character, bare digits.
    """
    whole = canonical_tokens(value)
    if " ".join(whole) in YES:
        own, *others = feature_forms(name)
        named = [own, _other_number(own)] if _says_something(own) else []
        return tuple(dict.fromkeys([*named, *others]))
    if _COUNT.fullmatch(value.strip()):
        forms = [*_forms_of_count(value.strip(), name), *_with_unit_of(name, value)]
    else:
        parts = (value, *_LISTED.split(value), _IN_BRACKETS.sub(" ", value), *_IN_BRACKETS.findall(value))
        rows = [_without_breaks(canonical_tokens(_APPROXIMATE.sub("", part.strip()))) for part in parts]
        forms = [form for row in rows for form in (row, *_shorter(row))]
        forms += [*_pairs(value, name), *_without_inches(value, name), *_range(value)]
    forms = [form for form in forms if _says_something(form)]
    is_brand = bool(_OF_BRAND & set(canonical_tokens(name)))
    lower = [tuple(token.lower() for token in form) for form in forms if len(form) > 1 or not is_brand]
    return tuple(dict.fromkeys((*forms, *lower)))


def mentions_value(text: Text, value: str, name: str = "") -> bool:
    """Whether a text states the value of the attribute `name`, also in other units or with joined words.

    A text states "Yes" if it names the feature without denial, and "No" if it denies the feature.
    """
    answer = value.strip().lower()
    if answer not in _ANSWERS:
        return _says(text, _sought(value, name))
    verdicts = _verdicts(text, _sought("yes", name))
    return any(verdicts) if answer in NO else not all(verdicts)


def find_mentioned(text: str, attributes: Iterable[tuple[str, str]]) -> Pairs:
    """The distinct attributes of a product that a text mentions, by normalised match (section 3.4, first feature).

    Args:
        text: A review.
        attributes: Names and values of the product's sheet.

    Returns:
        The mentioned pairs in the sheet's order. A value under two names, as in a shop's key specifications, counts
        once, under the first.
    """
    read = Text.of(text)
    found: dict[Tokens, tuple[str, str]] = {}
    for name, value in attributes:
        if mentions_value(read, value, name):
            found.setdefault(_identity(value, name), (name, value))
    return list(found.values())


def find_exact(text: str, attributes: Iterable[tuple[str, str]]) -> Pairs:
    """The distinct attributes of a product that a text mentions, by exact match: whole words in any case.

    As in the authors' code, "yes", "no", "other", "none", stop words, single characters and bare digits do not count.
    """
    plain = text.casefold()
    found: dict[str, tuple[str, str]] = {}
    for name, value in attributes:
        written = value.strip().casefold()
        if _matches(written) and written in plain and _as_words(written).search(plain):
            found.setdefault(written, (name, value))
    return list(found.values())


FINDERS: Mapping[str, Finder] = {"exact": find_exact, "normalised": find_mentioned}
"""The functions for each value of the setting `informativeness.match`."""


def _matches(value: str) -> bool:
    """Whether the exact match searches for this value, which is in lower case."""
    return len(value) > 1 and not value.isdigit() and value not in _NO_ATTRIBUTE and value not in _STOP_WORDS


@lru_cache(maxsize=4096)
def _as_words(value: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(value)}(?!\w)")


def _says(text: Text, sought: _Sought) -> bool:
    """Whether the text states the value about the product somewhere without denial."""
    spaced = text.spaced
    for row in sought.spaced:
        if row in spaced and not all(denied(spaced, row)):
            return True
    for word in sought.joined:
        if word in text.joined and (joined := text.joined_row(word)) and not all(denied(spaced, joined)):
            return True
    return False


def _verdicts(text: Text, sought: _Sought) -> list[bool]:
    """Whether each occurrence of a feature is denied; joined words count if the separate words do not occur."""
    found = [verdict for row in sought.spaced for verdict in denied(text.spaced, row)]
    if found:
        return found
    rows = filter(None, map(text.joined_row, sought.joined))
    return [verdict for row in rows for verdict in denied(text.spaced, row)]


@lru_cache(maxsize=65536)
def _sought(value: str, name: str) -> _Sought:
    forms = value_forms(value, name)
    rows = [*forms, *((other,) for form in forms if len(form) == 1 for other in other_measures(form[0]))]
    joined = {"".join(form) for form in forms if not any(map(is_measure, form))}
    return _Sought(
        tuple(dict.fromkeys(f" {' '.join(row)} " for row in rows)),
        tuple(sorted(word for word in joined if len(word) >= MIN_JOINED)),
    )


@lru_cache(maxsize=65536)
def _identity(value: str, name: str) -> Tokens:
    """Key by which attributes are equal: the value; for "yes" and bare counts, also the name."""
    forms = value_forms(value) or value_forms(value, name)
    return forms[0] if forms else (BREAK, *canonical_tokens(name))


def _forms_of_count(digits: str, name: str) -> list[Tokens]:
    """Forms of a count: "five burners" and "5-burner" for "Number of Burners" = "5"."""
    plain = _IN_BRACKETS.sub(" ", name.replace("(s)", "s")).strip()
    if match := _OF_VERSION.match(plain):
        own = canonical_tokens(match[1])
        return [(*own, *between, digits.removesuffix(".0")) for between in ((), ("version",))] + [(*own, digits)]
    if _OF_YEAR.search(plain):
        return [(digits, noun) for noun in ("model", "version", "edition")]
    match = _OF_COUNT.match(plain)
    if not match and not re.search(r"[^s]s$", plain):
        return []
    noun = ((match[1] or match[2]) if match else plain).lower()
    if noun.endswith("channels"):
        surround = _OF_SOUND if "." in digits else ()
        return [canonical_tokens(f"{digits} {each}") for each in ("channels", *surround)]
    words = noun.split()
    nouns = {noun, words[-1], *_COUNTED.get(words[-1], ())}
    if len(words) > 1 and words[-1] in _SOCKETS:
        nouns |= {f"{' '.join(words[:-1])} {each}" for each in _SOCKETS}
    nouns |= {singular for each in nouns for singular in _singulars(each)}
    numbers = [digits, NUMBER_WORDS.get(digits, digits), *_MANY.get(digits, ())]
    return [canonical_tokens(f"{number} {each}") for number in numbers for each in sorted(nouns)]


def _singulars(noun: str) -> tuple[str, ...]:
    """Possible singulars of a plural: "battery" for "batteries", "shelf" for "shelves"."""
    for ending, singular in (("ies", "y"), ("lves", "lf"), ("xes", "x"), ("ches", "ch"), ("shes", "sh")):
        if noun.endswith(ending):
            return (noun.removesuffix(ending) + singular,)
    return (noun.removesuffix("s"),)


def _with_unit_of(name: str, digits: str) -> list[Tokens]:
    """Forms of a measure whose unit is in the name: "Cooling Power (BTU)" = "10000"."""
    if not name.strip():
        return []
    rows = [canonical_tokens(f"{digits} {inner}") for inner in (*_IN_BRACKETS.findall(name), name.split()[-1])]
    return [row for row in rows if len(row) == 1 and is_measure(row[0])]


def _range(value: str) -> list[Tokens]:
    """Forms of a range, "20 hertz - 20 kilohertz": with the word "to", or without a word."""
    match = _RANGE.fullmatch(value)
    if not match:
        return []
    start, end = canonical_tokens(match[1]), canonical_tokens(match[2])
    return [(*start, *between, *end) for between in (("to",), ("through",), ())] if is_measure(end[0]) else []


def _shorter(row: Tokens) -> list[Tokens]:
    """Forms of a value without words that people omit: a maker, words before a model, "steel" in "black stainless"."""
    found = []
    if len(row) > 2 and row[-2:] == ("stainless", "steel"):
        found.append(row[:-1])
    if row and row[0] in _MAKERS and (len(row) > 2 or row[1:] in {(each,) for each in _WITHOUT_MAKER}):
        found.append(row[1:])
    if len(row) > 2 and row[-1] in _VARIANTS and row[-2].isdigit():
        found.append(row[-2:])
    if len(row) > 1 and (row[-1] in _EDITIONS or row in _PLATFORMS):
        found.append(row[:-1])
    if len(row) == 1 and (glued := _GLUED.fullmatch(row[0])):
        found.append(glued.groups())
    if "ryzen" in row[:-2]:
        place = row.index("ryzen")
        found.append(row[place : place + 2])
    found += [(token,) for token in row[1:-1] if _FAMILY.fullmatch(token)]
    if len(row) > 1 and row[-1].isalpha() and _says_something(row):
        found.append(_other_number(row))
    if len(row) > 1 and not is_measure(row[-1]):
        if _MODEL.fullmatch(row[-1]):
            found.append(row[-1:])
        found += [row[start:] for start in range(1, len(row) - 1) if _names_model(row[start:])]
    return found


def _other_number(row: Tokens) -> Tokens:
    """The same words with the last word in the plural or in the singular."""
    *words, last = row
    if last.endswith("ss") or not last.isalpha():
        return row
    return (*words, last.removesuffix("s") if last.endswith("s") else f"{last}s")


def _names_model(row: Tokens) -> bool:
    first, last = row[0], row[-1]
    starts = _MODEL.fullmatch(first) or (len(first) > 1 and first.isalpha() and first not in _NO_MODEL)
    return bool(starts) and any(letter.isdigit() for letter in last)


def _without_inches(value: str, name: str) -> list[Tokens]:
    """Forms of a fractional length without its unit: "6.5 speaker" for a "Speaker Size" of 6.5 inches."""
    match = _INCHES.fullmatch(value.strip())
    nouns = [word for word in canonical_tokens(name) if word not in _SIZES] if match else []
    if not match or not nouns:
        return []
    whole, _, part = match[1].partition(".")
    numbers = [(match[1],), *([(whole, *_QUARTERS[part])] if part in _QUARTERS else [])]
    return [(*number, nouns[-1] + end) for number in numbers for end in ("", "s")]


def _pairs(value: str, name: str) -> list[Tokens]:
    """Forms of two colours, "Silver/Black": in either order, and with a word between."""
    parts = [canonical_tokens(part) for part in value.split("/")]
    if len(parts) != 2 or not all(parts) or not _COLORS & set(canonical_tokens(name)):
        return []
    return [(*a, *between, *b) for a, b in permutations(parts) for between in ((), ("and",), ("with",), ("on",))]


def _without_breaks(tokens: Tokens) -> Tokens:
    return tuple(token for token in tokens if token != BREAK)


def _says_something(form: Tokens) -> bool:
    text = " ".join(form)
    return len(text) > 1 and text not in _SAYS_NOTHING and not text.replace(" ", "").replace(".", "").isdigit()
