"""Where a name's words speak of something else than the product under review.

Another product ("better than my old TV"), an accessory ("a laptop bag"), a part of another thing ("the camera in my
phone"), a verb ("I vacuum daily"), an idiom ("a wide range of").
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ameli_build.mentions.compounds import modifies_another
from ameli_build.mentions.homographs import is_adjective_here, is_idiom, is_verb_here
from ameli_build.mentions.modifiers import Known, is_of_another
from ameli_build.mentions.words import WORD, word_set


@dataclass(frozen=True, slots=True)
class Context:
    """A span of a review, whether it is one word (`alone`), and whether that word is a verb too."""

    text: str
    start: int
    end: int
    alone: bool
    verb: bool

    @property
    def before(self) -> str:
        """Up to 60 code points before the span, of its own sentence."""
        window = self.text[max(0, self.start - 60) : self.start]
        cuts = [match.end() for match in _SENTENCE.finditer(window)]
        return window[cuts[-1] :] if cuts else window

    @property
    def after(self) -> str:
        """Up to 90 code points after the span, of its own sentence."""
        window = self.text[self.end : self.end + 90]
        cut = _SENTENCE.search(window)
        return window[: cut.start()] if cut else window


_SENTENCE = re.compile(r"[.!?;\n]")
_ARTICLES = "(?:my|our|his|her|their|your|the|a|an|any|most|other|all|some|every|that|those)"
_OWNERS = "(?:my|our|his|her|their|your|the \\w+'?s|\\w+['’]s)"
_OLD = (
    r"(?:(?<!year[ -])(?<!years[ -])old|older|ancient|previous|prior|former|dying|dead|existing"
    r"|(?<!have\ )(?<!has\ )(?<!had\ )(?<!ve\ )broken)"
)
_LEAVE = (
    r"(?:(?:up|down)grad\w+|switch\w*|c[oa]m\w+|mov\w+|jump\w*|go(?:ing|ne)?|went|graduat\w+|transition\w*"
    r"|step\w*(?:\s+(?:up|down))?)"
)
"""Verbs and nouns of a change from one thing to another."""

_LOOSE = r"(?:\s+(?!(?:to|the|this|these|is|was|so|but|because|with|for)\b)[\w\-]+){0,2}"
_PERHAPS_OLD = re.compile(rf"\b(?:current|original|(?:\w+[ -])?years?[ -]old){_LOOSE}\s*$", re.IGNORECASE)
_LEAVING = re.compile(
    r"""\b(?:than|unlike|instead|versus|vs|compar\w+|opposed|replac\w+|(?:up|down)grad\w+|switch\w*|ditch\w*|toss\w*
      |donat\w+|sold|sell(?:ing)?|retir\w+|junked|rid|thr[eo]w(?:ing|n)?|trad(?:ed|ing)|(?:c[oa]m\w+|went|mov\w+)\s+from
      |better|worse|bigger|brighter|cheaper|faster|heavier|larger|lighter|louder|quieter|slower|smaller
      |as\s+\w+\s+as|(?:just|exactly)\s+like|(?:same|similar|identical)\s+(?:as|to)|died|dying|broke|quit|failed|failing
      |gave\s+(?:out|up)|went\s+out|stopped|conked|crapped|wore|worn|on\s+its\s+last|no\s+longer|(?:so|and)\s+th(?:is|ese))\b""",
    re.IGNORECASE | re.VERBOSE,
)
"""What makes another thing of "my current laptop", which else can be the one under review."""

_COUNT = r"(?:\d+|two|three|four|five|six|several|many|multiple|countless|a\s+few|a\s+couple(?:\s+of)?)"
_OTHER_BEFORE = re.compile(
    rf"""(?:
    \b(?:{_ARTICLES}\s+)?{_OLD}{_LOOSE}
  | \b{_OWNERS}\s+(?:last|other|\w+\s+old){_LOOSE}
  | \bother{_LOOSE}
  | (?<!more\ )(?<!rather\ )(?<!other\ )\bthan\s+(?:{_ARTICLES}\b)?{_LOOSE}
  | \brather\s+than\s+(?:{_ARTICLES}\b)?{_LOOSE}
  | \bother\s+than\s+{_ARTICLES}{_LOOSE}
  | \b(?:unlike|instead\s+of|in\s+lieu\s+of|in\s+place\s+of|as\s+opposed\s+to|versus|compared?\s+(?:to|with)
      |{_LEAVE}\s+from|(?:improvement|upgrade|step\s+up)\s+over|replacement\s+for|used\s+to\s+(?:have|own|use)
      |had\s+before)\s+(?:{_ARTICLES}\b)?{_LOOSE}
  | \bas\s+(?!(?:far|long|much|soon|well)\b)\w+\s+as\s+{_OWNERS}{_LOOSE}
  | (?:{_OWNERS}\s+\w+|\b(?:he|she|they))\s+(?:has|had|owns|owned)\s+an?\b{_LOOSE}
  | \breplac\w+\s+(?:for\s+)?{_OWNERS}{_LOOSE}
  | \breplac(?:ed|es|ing)\s+(?:a|an){_LOOSE}
  | \b(?:thr[eo]w(?:ing|n)?\s+(?:out|away)|toss\w*(?:\s+out)?|ditch\w*|donat\w+|sold|g[eo]t(?:ting)?\s+rid\s+of
      |g[ai]v(?:e|ing)\s+(?:away|up)|trad(?:ed|ing)\s+in|retir(?:ed|ing)|junked)\s+{_OWNERS}{_LOOSE}
    )\s*$""",
    re.IGNORECASE | re.VERBOSE,
)
"""The words before a span that speak of another product."""

_FIRST = re.compile(rf"\b{_OWNERS}\s+first{_LOOSE}\s*$", re.IGNORECASE)
_ENDED = r"(?:was|had|lasted|broke|died|quit|ran|cost|stopped|only|fell|flew|gave|leaked|needed|went)"
_GONE = (
    r"(?:broke|died|quit|failed|gave\s+out|went\s+out|was\s+stolen|bit\s+the\s+dust|kicked\s+the\s+bucket|stopped"
    r"\s+working|conked\s+out|crapped\s+out|wore\s+out)"
)
_THEN_BOUGHT = (
    r"(?:so|and|,)\s+(?:then\s+)?(?:I|we)\s+(?:\w+\s+){0,2}?(?:bought|got|grabbed|ordered|needed|purchased|picked"
    r"|went|chose|replaced|decided|tried|wanted)"
)
_OTHER_AFTER = re.compile(
    rf"""(?:
    \s+(?:from|by)\s+(?:another|a\s+different|other)\s+(?:brand|make|maker|company|manufacturer|store)
  | \s+from\s+(?:my|our|his|her|their)\s+(?:\w+\s+)?(?:company|employer|isp|landlord|provider)
  | \s+from\s+(?:(?:19|20)\d\d|(?:many\s+|several\s+|\w+\s+)?years\s+ago|the\s+\d+s)
  | \s+(?:(?:that|which)\s+)?(?:I|we)(?:['’]ve|['’]d|\s+have|\s+had)?\s+(?:(?:always|just|already)\s+)?
      (?:had|owned|used|bought)\s+(?:before|previously|for\s+(?:\w+\s+)?years|years\s+ago|in\s+the\s+past)
  | \s+(?:that|which)\s+(?:I|we)\s+had\b
  | \s+(?:(?:that|which)\s+)?(?:I|we)\s+(?:(?:had\s+)?(?:rented|borrowed|outgrew|replaced(?!\s+(?:it|them)))
      |rent|used\s+to\s+(?:have|own|use|rent)|had\b(?=\s*(?:$|[,)]|before|prior|previously|was|at)))
  | \s+(?:(?:that|which)\s+)?(?:it|this|these|this\s+one)\s+(?:is\s+)?replac\w+
  | \s+(?:that|which)\s+c[ao]mes?\s+with\s+(?:my|our|his|her|their)\b
      (?!\s+(?:\w+\s+)?(?:order|purchase|package|box|delivery)\b)
  | \s+(?:that|which)\s+(?:had\s+|just\s+|finally\s+|has\s+)*(?:{_GONE}|belonged)
  | \s+(?:\w+\s+){{0,2}}?(?:just\s+|finally\s+|suddenly\s+)?{_GONE}\b.*?{_THEN_BOUGHT}
  | \s+(?:now\s+)?(?:stays|sits|collects)\s+(?:at\s+)?(?:home|dust|unused|in\s+(?:the|a)\s+(?:closet|drawer|box))
    )""",
    re.IGNORECASE | re.VERBOSE,
)
"""The words after a span that speak of another product."""

_THE = re.compile(rf"\b(?<!is\ )(?<!was\ )(?<!['’]s\ )the{_LOOSE}\s*$", re.IGNORECASE)
_OF_OTHERS = re.compile(
    r"\s+(?:(?:that|which)\s+)?(?:(?:my|our|his|her|their)\s+(?:\w+\s+){1,2}?|he\s+|she\s+|they\s+)"
    r"(?:uses?|has|have|had|owns?|owned|rents?|rented)\b|\s+at\s+(?:my|our|the)\s+(?:gym|hotel|\w+['’]s)\b",
    re.IGNORECASE,
)
""" "The laptop my sister uses", "the treadmill at my gym"; but "it is the laptop my sister uses"."""

_OWNED = re.compile(rf"\b{_OWNERS}{_LOOSE}\s*$", re.IGNORECASE)
_LED_TO_THIS = re.compile(
    r"[^.!?]*?\b(?:so|and|,)\s+(?:then\s+)?(?:I|we)\s+(?:\w+\s+){0,2}?(?:bought|got|grabbed|ordered|purchased|chose|tried"
    r"|picked(?:\s+up)?|went\s+with|replaced\s+(?:it\s+)?with|(?:switch|upgrad)ed\s+to)\s+(?:this|these|the\s+new|a\s+new)\b",
    re.IGNORECASE,
)
""" "My suitcase lost a wheel, so I got this one"."""

_GIVEN = re.compile(rf"\bg[ai]v(?:e|es|ing|en)\s+{_OWNERS}{_LOOSE}\s*$", re.IGNORECASE)
_AWAY = re.compile(r"\s+(?:to|away)\b", re.IGNORECASE)

_HAD = re.compile(
    rf"\b(?:I|we)(?:['’]ve|\s+have|['’]d)?\s+(?:had|owned|used|(?:gone|went)\s+through)\s+(?:a|an|another|one|{_COUNT}){_LOOSE}\s*$",
    re.I,
)
_EARLIER = re.compile(r"[^,]{0,25}?\b(?:before|previously|in\s+the\s+past|years\s+ago|growing\s+up|until)\b", re.I)

_PARTS = word_set(
    "camera cameras clock display flash freezer keyboard maker microphone mouse radio remote screen speaker speakers"
    " stereo touchpad trackpad webcam"
)
"""Devices that others have built in."""

_IN_A_HOST = re.compile(
    r"\s+(?:(?:built\s+)?in(?:to|side)?|of|on)\s+(?:my|our|his|her|their|the|most|a|an)\s+(?:\w+\s+){0,2}?"
    r"(?P<host>phone|smartphone|iphone|ipad|laptop|macbook|computer|tablet|fridge|refrigerator|oven|tv|television|watch"
    r"|console)s?\b",
    re.IGNORECASE,
)

_POINTED = re.compile(r"\bth(?:is|ese)(?:\s+[\w\-]+)?\s+$", re.IGNORECASE)
_IS_THIS = re.compile(r"\s+(?:is|are)\s+th(?:is|ese)(?:\s+(?:one|ones|model|brand|[A-Z]\w*)\b|\s*$)")
""" "My daughter's laptop is this one", "my current laptop is this Vantor"."""


def is_something_else(context: Context, known: Known | None) -> bool:
    """Whether the words around a span say that it is not the product under review.

    Without `known`, modifiers are not judged.
    """
    if modifies_another(context.text, context.start, context.end, known) or _is_another_word(context, known):
        return True
    before = context.before
    if _POINTED.search(before) or _IS_THIS.match(context.after):
        return False
    return (
        bool(_OTHER_BEFORE.search(before))
        or _is_left(context, before)
        or _is_told_after(context, before)
        or _is_built_in(context, known)
        or (known is not None and is_of_another(context.text, context.start, known))
    )


def _is_left(context: Context, before: str) -> bool:
    """Whether "my current laptop" is one that is replaced or compared in the same sentence."""
    place = _PERHAPS_OLD.search(before)
    return place is not None and bool(_LEAVING.search(before, 0, place.start()) or _LEAVING.search(context.after))


def _is_told_after(context: Context, before: str) -> bool:
    after = context.after
    if _OTHER_AFTER.match(after):
        return True
    if _FIRST.search(before) and re.match(rf"\s+{_ENDED}\b", after):
        return True
    if _HAD.search(before) and _EARLIER.match(after):
        return True
    if _OF_OTHERS.match(after) and _THE.search(before):
        return True
    return bool((_AWAY.match(after) and _GIVEN.search(before)) or (_LED_TO_THIS.match(after) and _OWNED.search(before)))


def _is_built_in(context: Context, known: Known | None) -> bool:
    """ "The camera in my phone", where the product is no phone itself."""
    words = WORD.findall(context.text[context.start : context.end].lower())
    host = _IN_A_HOST.match(context.after) if words[-1] in _PARTS else None
    return host is not None and not (known is not None and host["host"].lower() in known.own)


def _is_another_word(context: Context, known: Known | None) -> bool:
    """Whether the letters of a name of one word are a verb, an adjective or part of an idiom here."""
    if not context.alone:
        return False
    before, word, after = context.before, context.text[context.start : context.end], context.after
    return (
        is_idiom(before, word, after)
        or (context.verb and is_verb_here(before, word, after, known))
        or (known is not None and is_adjective_here(before, word, known))
    )
