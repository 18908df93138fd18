"""Where a name's words speak of something else than the product under review.

Another product ("better than my old TV"), an accessory ("a laptop bag"), a part of another thing ("the camera in my
phone"), a verb ("I vacuum daily"), an idiom ("a wide range of").
"""

from __future__ import annotations

import re
from dataclasses import dataclass

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
    "(?:old|older|ancient|previous|prior|former|(?<!have\\ )(?<!has\\ )(?<!had\\ )(?<!ve\\ )broken|dying|dead|existing"
    "|current|original|\\d+[ -]year[ -]old)"
)
_LOOSE = r"(?:\s+[\w\-]+){0,2}"
_OTHER_BEFORE = re.compile(
    rf"""(?:
    \b(?:{_ARTICLES}\s+)?{_OLD}{_LOOSE}
  | \b{_OWNERS}\s+(?:last|other|\w+\s+old){_LOOSE}
  | \bother{_LOOSE}
  | (?<!more\ )(?<!rather\ )(?<!other\ )\bthan\s+(?:{_ARTICLES}\b)?{_LOOSE}
  | \brather\s+than\s+(?:{_ARTICLES}\b)?{_LOOSE}
  | \bother\s+than\s+{_ARTICLES}{_LOOSE}
  | \b(?:unlike|instead\s+of|compared?\s+(?:to|with)|upgrad\w+\s+from|switch\w*\s+from|c[oa]m\w+\s+from
      |mov\w+\s+from|used\s+to\s+have|used\s+to\s+own|had\s+before)\s+(?:{_ARTICLES}\b)?{_LOOSE}
  | \breplac\w+\s+(?:for\s+)?{_OWNERS}{_LOOSE}
  | \breplac(?:ed|es|ing)\s+(?:a|an){_LOOSE}
  | \b(?:thr[eo]w(?:ing|n)?\s+(?:out|away)|toss\w*(?:\s+out)?|ditch\w*|donat\w+|sold|g[eo]t(?:ting)?\s+rid\s+of
      |g[ai]v(?:e|ing)\s+(?:away|up)|trad(?:ed|ing)\s+in|retir(?:ed|ing)|junked)\s+{_OWNERS}{_LOOSE}
    )\s*$""",
    re.IGNORECASE | re.VERBOSE,
)
"""The words before a span that speak of another product."""

_FIRST = re.compile(rf"\b{_OWNERS}\s+first{_LOOSE}\s*$", re.IGNORECASE)
_ENDED = r"(?:was|had|lasted|broke|died|quit|ran|cost|stopped|only)"
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
  | \s+from\s+(?:(?:19|20)\d\d|(?:many\s+|several\s+|\w+\s+)?years\s+ago|the\s+\d+s)
  | \s+(?:(?:that|which)\s+)?(?:I|we)(?:['’]ve|['’]d|\s+have|\s+had)?\s+(?:(?:always|just|already)\s+)?
      (?:had|owned|used|bought)\s+(?:before|previously|for\s+(?:\w+\s+)?years|years\s+ago|in\s+the\s+past)
  | \s+(?:that|which)\s+(?:I|we)\s+had\b
  | \s+(?:that|which)\s+(?:had\s+|just\s+|finally\s+|has\s+)*(?:{_GONE}|belonged)
  | \s+(?:\w+\s+){{0,2}}?(?:just\s+|finally\s+|suddenly\s+)?{_GONE}\b.*?{_THEN_BOUGHT}
  | \s+(?:now\s+)?(?:stays|sits|collects)\s+(?:at\s+)?(?:home|dust|unused|in\s+(?:the|a)\s+(?:closet|drawer|box))
    )""",
    re.IGNORECASE | re.VERBOSE,
)
"""The words after a span that speak of another product."""

_HAD = re.compile(rf"\b(?:I|we)(?:['’]ve|\s+have|['’]d)?\s+(?:had|owned|used)\s+(?:a|an|another|one){_LOOSE}\s*$", re.I)
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

_ACCESSORIES = word_set(
    "accessories accessory adapter adapters arm armband attachment attachments backpack backpacks bag bags base"
    " batteries battery bit bits blade blades bowl box boxes bracket brackets brush brushes bulb bulbs cable cables"
    " card cards cart cartridge cartridges case cases charger chargers cleaner cleaners compartment cord cords cover"
    " covers cozy desk dinner disc discs dock docks drawer filter filters fluid guy hanger head heads holder holders"
    " hood hoods hose hoses ink installer kit kits lens lenses liner liners magnet magnets mat mats mount mounts oven"
    " ovens pad pads paper pedal plan plug pods pouch protector protectors rack racks refill refills repair repairman"
    " riser salesman seat shelf shell skin sleeve sleeves stand stands store strap straps stylus table toner tote tray"
    " trays tripod wipes wire wires"
)
"""Things that are sold beside a product, or made for it, and are named after it."""

_ALSO_VERBS = word_set(
    "base bit blade box brush cable cases charger cover covers dock docks filter filters head heads hose mount mounts"
    " pad pads plug rack racks refill refills repair seat shelf skin sleeve stand stands strap table wire"
)
_OBJECT = re.compile(
    r"\s+(?:a|an|the|my|our|his|her|their|your|its|it|us|me|them|all|each|every\w*|both|most|up|out|on|in(?:to)?|well"
    r"|easily|firmly|perfectly|right|there|\d+)\b",
    re.IGNORECASE,
)
"""What follows a verb and no noun: "the router covers our whole house", "the TV stands on its own"."""

_LIKE = word_set("like grade quality sized style styled")
_FIT = word_set("compatible friendly proof safe sized")
"""What makes an adjective of a name: "laptop-like", "dishwasher safe"."""

_VERB_BEFORE = word_set(
    "to i we you they can could will would should must may might cannot dont didnt doesnt not never always just ll d"
)
_IDIOMS = re.compile(
    r"""(?:
    \bin\s+(?:any\s+|this\s+|that\s+)?\[case\]
  | \b(?:wide|full|price|whole|bluetooth|wifi|long|close)\s+\[range\]
  | \[range\]\s+(?:of\b|(?:from|between)\s+\$?\d)
  | \b(?:big|huge|not\s+a|a)\s+\[fan\](?=\s+of\b)
  | \bon\s+an?\s+\[scale\]
  | \[set\]\s+(?:up|it)\b
  | \b(?:credit|debit|gift|business)\s+\[card\]
  | \[watch(?:es)?\]\s+(?:movies?|tv|shows?|out)
  | \b(?:hard|flash|test)\s+\[drive\]
  | \[phone\]\s+(?:call|number)s?
  | \[tv\]\s+(?:shows?|series|dinner)
  | \[camera\]\s+(?:shy|ready)
  | \b(?:movie|video)\s+\[games?\]\s+console
  | \bcan(?:'|’)?t\s+\[stand\]
  | \b(?:one|night)\s+\[stand\]
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_POINTED = re.compile(r"\bth(?:is|ese)(?:\s+[\w\-]+)?\s+$", re.IGNORECASE)
_NEXT = re.compile(r"[ -]([^\W_]+)")


def is_something_else(context: Context, known: Known | None) -> bool:
    """Whether the words around a span say that it is not the product under review.

    Without `known`, modifiers are not judged.
    """
    if _names_an_accessory(context, known) or _is_idiom(context):
        return True
    before = context.before
    if context.verb and _is_verb_here(before):
        return True
    if _POINTED.search(before):
        return False
    return (
        bool(_OTHER_BEFORE.search(before))
        or _is_told_after(context, before)
        or _is_built_in(context, known)
        or (known is not None and is_of_another(context.text, context.start, known))
    )


def _names_an_accessory(context: Context, known: Known | None) -> bool:
    following = _NEXT.match(context.text, context.end)
    if following is None:
        return False
    word = following[1].lower()
    if word in _FIT or (context.text[context.end] == "-" and word in _LIKE):
        return True
    if word not in _ACCESSORIES or (known is not None and word in known.own):
        return False
    plural = context.text[context.end - 1] in "sS"
    agrees = plural != word.endswith("s")  # a router covers, routers cover
    return not (word in _ALSO_VERBS and agrees and _OBJECT.match(context.text, following.end()))


def _is_told_after(context: Context, before: str) -> bool:
    after = context.after
    if _OTHER_AFTER.match(after):
        return True
    if _FIRST.search(before) and re.match(rf"\s+{_ENDED}\b", after):
        return True
    return bool(_HAD.search(before) and _EARLIER.match(after))


def _is_built_in(context: Context, known: Known | None) -> bool:
    """ "The camera in my phone", where the product is no phone itself."""
    words = WORD.findall(context.text[context.start : context.end].lower())
    host = _IN_A_HOST.match(context.after) if words[-1] in _PARTS else None
    return host is not None and not (known is not None and host["host"].lower() in known.own)


def _is_verb_here(before: str) -> bool:
    words = [word.lower() for word in WORD.findall(before.replace("'", "").replace("’", ""))]
    return bool(words) and words[-1] in _VERB_BEFORE


def _is_idiom(context: Context) -> bool:
    if not context.alone:
        return False
    inside = context.text[context.start : context.end]
    return bool(_IDIOMS.search(f"{context.before}[{inside}]{context.text[context.end : context.end + 30]}"))
