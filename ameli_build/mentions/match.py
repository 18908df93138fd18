"""Where a review names its product: n-grams that are, by surface or by lemma, a name candidate (section 3.3).

Hyphens and spaces do not matter ("over the range microwave", "sound bar"), nor do possessives ("the laptop's lid": the
mention is "laptop"). Of nested spans the longest is the mention. A span does not count where the words around it say
that it is not the product under review: another one ("better than my old TV"), an accessory ("a laptop bag"), a verb
("I vacuum daily"), an idiom ("a wide range of").
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from ameli_build.mentions.names import WORD
from ameli_build.mentions.words import word_set

_GLUE = re.compile(r"[\s\-‐‑–'’/]*$")
"""What may stand between two words of one name."""

_ARTICLES = "(?:my|our|his|her|their|your|the|a|an|any|most|other|all|some|every|that|those)"
_OWNERS = "(?:my|our|his|her|their|your|the \\w+'?s|\\w+['’]s)"
_OLD = "(?:old|older|ancient|previous|prior|former|broken|dying|dead|existing|current|original|\\d+[ -]year[ -]old)"
_LOOSE = r"(?:\s+[\w\-]+){0,2}"
_OTHER_BEFORE = re.compile(
    rf"""(?:
    \b(?:{_ARTICLES}\s+)?{_OLD}{_LOOSE}
  | \b{_OWNERS}\s+(?:last|first|other|\w+\s+old){_LOOSE}
  | \bother{_LOOSE}
  | (?<!more\ )(?<!rather\ )(?<!other\ )\bthan\s+(?:{_ARTICLES}\b)?{_LOOSE}
  | \brather\s+than\s+(?:{_ARTICLES}\b)?{_LOOSE}
  | \bother\s+than\s+{_ARTICLES}{_LOOSE}
  | \b(?:unlike|instead\s+of|compared?\s+(?:to|with)|upgrad\w+\s+from|switch\w*\s+from|c[oa]m\w+\s+from
      |mov\w+\s+from|used\s+to\s+have|used\s+to\s+own|had\s+before)\s+(?:{_ARTICLES}\b)?{_LOOSE}
  | \breplac\w+\s+(?:for\s+)?{_OWNERS}{_LOOSE}
  | \breplac(?:ed|es|ing)\s+(?:a|an){_LOOSE}
    )\s*$""",
    re.IGNORECASE | re.VERBOSE,
)
"""The words before a span that speak of another product."""

_ACCESSORIES = word_set(
    "accessories accessory adapter adapters armband backpack backpacks bag bags battery batteries cable cables case"
    " cases charger chargers cleaner cleaners cover covers desk dock docks filter filters holder holders hose magnet"
    " magnets mat mount mounts pad pads pouch rack racks riser shelf sleeve sleeves stand stands strap straps table"
    " tote tray trays tripod wipes"
)
"""Things that are sold beside a product and named after it."""

_LIKE = word_set("like grade quality sized style styled")
_VERB_BEFORE = word_set(
    "to i we you they can could will would should must may might cannot dont didnt doesnt not never always just ll d"
)
_IDIOMS = re.compile(
    r"""\b(?:in\s+(?:any\s+|this\s+|that\s+)?\[case\] | (?:wide|full|price|whole|bluetooth|wifi|long|close)\s+\[range\]
    | \[range\]\s+(?:of|from|between) | (?:big|huge|not\s+a|a)\s+\[fan\](?=\s+of\b)
    | \[set\]\s+(?:up|it)\b | (?:credit|debit|gift|business)\s+\[card\] | \[watch(?:es)?\]\s+(?:movies?|tv|shows?|out)
    | (?:hard|flash|test)\s+\[drive\] | \[phone\]\s+(?:call|number)s? | \[play\b | \[tv\]\s+(?:shows?|series|dinner)
    | \[camera\]\s+(?:shy|ready) | (?:movie|video)\s+\[games?\]\s+console
    | can(?:'|’)?t\s+\[stand\] | (?:one|night)\s+\[stand\])""",
    re.IGNORECASE | re.VERBOSE,
)
_THIS = re.compile(r"\bthis\s+$", re.IGNORECASE)
_SENTENCE = re.compile(r"[.!?;\n]")


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One place where a review names its product, in code points; `this`: it stands after the word "this"."""

    start: int
    end: int
    key: str
    this: bool


def find_occurrences(text: str, keys: Mapping[str, bool] | Collection[str], max_words: int = 6) -> list[Occurrence]:
    """Places in `text` whose letters are one of `keys`, in order, none inside another.

    `keys` are those of `Name.keys`, and may tell by a flag which of them is a verb too.
    """
    verbs = keys if isinstance(keys, Mapping) else {}
    words = [
        (match.start(), match.end(), match.group().lower())
        for match in WORD.finditer(text)
        if not _is_possessive(text, match)
    ]
    found: list[Occurrence] = []
    for first in range(len(words)):
        last, key = _longest_from(text, words, first, keys, max_words)
        if last is None or (found and words[last][1] <= found[-1].end):
            continue
        start, end = words[first][0], words[last][1]
        verb = first == last and verbs.get(key, False)
        if not _is_something_else(text, words, first, last, verb):
            found.append(Occurrence(start, end, key, bool(_THIS.search(text[max(0, start - 12) : start]))))
    return found


def _is_possessive(text: str, word: re.Match[str]) -> bool:
    return word.group() in ("s", "S") and text[max(0, word.start() - 1) : word.start()] in ("'", "’")


def _longest_from(
    text: str, words: Sequence[tuple[int, int, str]], first: int, keys: Collection[str], max_words: int
) -> tuple[int | None, str]:
    """The last word of the longest span from `first` that is a key, with that key."""
    best: tuple[int | None, str] = (None, "")
    letters = ""
    for place in range(first, min(first + max_words, len(words))):
        if place > first and not _GLUE.match(text, words[place - 1][1], words[place][0]):
            break
        letters += words[place][2]
        if letters in keys:
            best = (place, letters)
    return best


def _is_something_else(text: str, words: Sequence[tuple[int, int, str]], first: int, last: int, verb: bool) -> bool:
    """Whether the words around a span say that it is not the product under review."""
    start, end = words[first][0], words[last][1]
    after = words[last + 1] if last + 1 < len(words) else None
    if after is not None and text[end : after[0]] in (" ", "-"):
        if after[2] in _ACCESSORIES:
            return True
        if text[end] == "-" and after[2] in _LIKE:
            return True
    before = _clause_before(text, start)
    if _OTHER_BEFORE.search(before):
        return True
    if verb and _is_verb_here(before):
        return True
    around = f"{before}[{text[start:end]}]{text[end : end + 30]}"
    return first == last and bool(_IDIOMS.search(around))


def _clause_before(text: str, start: int) -> str:
    """Up to 60 code points before a span, of its own sentence."""
    window = text[max(0, start - 60) : start]
    cuts = [match.end() for match in _SENTENCE.finditer(window)]
    return window[cuts[-1] :] if cuts else window


def _is_verb_here(before: str) -> bool:
    words = [word.lower() for word in WORD.findall(before.replace("'", "").replace("’", ""))]
    return bool(words) and words[-1] in _VERB_BEFORE
