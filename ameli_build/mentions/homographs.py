"""Where a name's letters are another word: a verb ("I vacuum daily"), an adjective ("it runs cooler"), an idiom's.

Reviews are not parsed; a noun is told from its homographs by the closed classes of words that can stand beside each.
"""

from __future__ import annotations

import re

from ameli_build.mentions.modifiers import Known
from ameli_build.mentions.words import OBJECTS, WORD, word_set

_BEFORE_ANY_VERB = word_set(
    "to i we you they can could will would should must may might cannot dont didnt doesnt not never always just ll d"
)
_BEFORE_THIRD_PERSON = word_set("everyone everything he it nobody nothing she something that this what which who")
_BEFORE_INFINITIVE = word_set("help helped helping helps him it let lets me them us")
_BEFORE_CLAUSE = word_set("also and but or then")

_OBJECT = re.compile(rf"\s+(?:{OBJECTS}|it|him|everything|off)\b", re.IGNORECASE)
_SPREAD = re.compile(r"\s+(?:from|between|movies|videos|tv)\b", re.IGNORECASE)

_BEFORE_ADJECTIVE = word_set(
    "am are be been bit even extremely far feel feels felt get gets got is keep keeps kept little look looks lot much"
    " pretty quite really run running runs s seem seems slightly so stay stays super too very was way were"
)

_IDIOMS = re.compile(
    r"""(?:
    \bin\s+(?:any\s+|this\s+|that\s+)?\[case\]
  | \b(?:use|worst|not\s+the)\s+\[cases?\]
  | \b(?:age|bluetooth|budget|close|full|high|long|low|mid|price|shooting|short|temperature|whole|wide|wifi|wireless
      |zoom)[\s-]+\[range\]
  | \b(?:within|out\s+of|outside)\s+(?:my|our|your|that|this)\s+\[range\]
  | \bin\s+(?:your|that)\s+\[range\]
  | \b(?:anything|are|be|best|everything|fall|falls|fell|fit|fits|is|just|ones?|priced?|right|was|well|were)\s+in
      \s+(?:my|our|this)\s+\[range\]
  | \b(?:in|within|out\s+of)\s+\[range\]
  | \[range\]\s+(?:of\b|(?:from|between)\s+\$?\d)
  | \[fans?\]\s+of\b(?!\s+th(?:is|at)\s+size)
  | \b(?:I['’]?m|I\s+am|become|became)\s+(?:not\s+)?an?\s+(?:\w+\s+)?\[fan\]
  | \b(?:baseball|basketball|football|hockey|movie|music|soccer|sports)\s+\[fans?\]
  | \bon\s+an?\s+\[scale\]
  | \b(?:full|large|small)[\s-]\[scale\]
  | \b(?:ma[dk]e|making)\s+(?:the|a)\s+\[switch\]
  | \[set\]\s+(?:up|it)\b
  | \b(?:credit|debit|gift|business)\s+\[card\]
  | \bkeep(?:ing)?\s+(?:a\s+)?(?:close\s+)?\[watch\]
  | \[watch(?:es)?\]\s+(?:movies?|tv|shows?|videos?|out)
  | \b(?:hard|flash|test|hour|minute|long|short)\s+\[drive\]
  | \[phone\]\s+(?:call|number)s?
  | \b(?:on\s+the\s+\[phone\]\s+with|(?:by|over\s+the)\s+\[phone\])
  | \[tv\]\s+(?:shows?|series|dinner)
  | \b(?:watch(?:ed|es|ing)?|on)\s+\[tv\]
  | \[camera\](?:[\s-]shy|-ready)
  | \b(?:movie|video)\s+\[games?\]\s+console
  | \bcan(?:'|’)?t\s+\[stand\]
  | \b(?:one|night)\s+\[stand\]
  | \b(?:full|single|in|of|extra)\s+\[charge\]
  | \b(?:day|dim|natural|sun)\s*\[light\]
  | \b(?:raise[ds]?|raising|lower(?:s|ed)?)\s+the\s+\[bar\]
  | \bkn[eo]w\s+the\s+\[drill\]
  | \[plug\]\s+(?:and|n|&)\s+play
    )""",
    re.IGNORECASE | re.VERBOSE,
)


def is_verb_here(before: str, word: str, after: str, known: Known | None) -> bool:
    """Whether a word that can be a verb is one, by what stands before and after it in its sentence."""
    words = [word.lower() for word in WORD.findall(before.replace("'", "").replace("’", ""))]
    last = words[-1] if words else ""
    plural = word[-1] in "sS"
    if last in _BEFORE_ANY_VERB or last in (_BEFORE_THIRD_PERSON if plural else _BEFORE_INFINITIVE):
        return True
    if _OBJECT.match(after) and (not last or last in _BEFORE_CLAUSE or last.endswith("ly")):
        return True  # "and print my photos", "easily monitor it"
    if plural or known is None or not last.endswith("s") or last in known.own:
        return False
    subject = last.removesuffix("s") in known.listed  # "prices range from", "kids watch movies"
    return subject and bool(_OBJECT.match(after) or _SPREAD.match(after))


def is_adjective_here(before: str, word: str, known: Known) -> bool:
    """Whether a word is an adjective or a comparative after a copula or an adverb: "it is light", "stays cooler"."""
    words = WORD.findall(before.lower())
    if not words or words[-1] not in _BEFORE_ADJECTIVE:
        return False
    lower = word.lower()
    stems = (lower, lower.removesuffix("er"), f"{lower[:-3]}y" if lower.endswith("ier") else lower)
    return any(stem in known.listed and stem not in known.nouns for stem in stems)


def is_idiom(before: str, word: str, after: str) -> bool:
    """Whether a word stands in an idiom that names nothing: "a wide range of", "a big fan"."""
    return bool(_IDIOMS.search(f"{before}[{word}]{after}"))
