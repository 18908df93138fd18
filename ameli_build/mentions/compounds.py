"""Where a name only modifies the noun that follows: "a laptop bag", "dishwasher tablets", "the printer salesman".

The head of such a compound is another thing, and the review has not named its product. A head that tells the class or a
property of the thing itself ("laptop computer", "dryer unit", "camera performance") leaves the name what it is.
"""

from __future__ import annotations

import re

from ameli_build.mentions.modifiers import Known
from ameli_build.mentions.words import OBJECTS, word_set

_NEXT = re.compile(r"[ -]([^\W_]+)")

_ACCESSORIES = word_set(
    "accessories accessory adapter adapters alarm app apps arm armband attachment attachments backpack backpacks bag"
    " bags bank banks base batteries battery bit bits blade blades board body bowl box boxes bracket brackets brush"
    " brushes bulb bulbs button buttons cable cables cap card cards cart cartridge cartridges case cases channel"
    " channels charger chargers cleaner cleaners clip compartment console cord cords cover covers cozy cushion deal"
    " desk dinner disc discs dock docks door drawer drum filter filters fluid frame guy handle hanger head heads"
    " holder holders hood hoods hose hoses ink insert installer kit kits lens lenses light liner liners link magnet"
    " magnets mat mats mount mounts oven ovens pad pads paper pedal pedals pick pin plan plate plug pods pouch"
    " protector protectors rack racks refill refills remote remotes repair repairman ring riser salesman screen"
    " screens seat shade shelf shell shield shop skin sleeve sleeves stand stands station stick stool store strap"
    " straps string strings strip stylus support surface switch table tape tip toner tote tray trays tripod tube wipes"
    " wire wires"
)
"""Things that are sold beside a product or are parts of it, and are named after it, verbs and adjectives too."""

_ALSO_VERBS = word_set(
    "base bit blade box brush cable cases charger cover covers dock docks filter filters head heads hose mount mounts"
    " pad pads plug rack racks refill refills repair seat screens shelf skin sleeve stand stands strap strings table"
    " wire"
)
_OBJECT = re.compile(
    rf"\s+(?:{OBJECTS}|a|an|all|each|every\w*|both|most|on|in(?:to)?|well"
    r"|easily|firmly|perfectly|right|there|\d+|it(?!\s+(?:\w+s|came|had|has|is|was)\b))\b",
    re.IGNORECASE,
)
"""What follows a verb and no noun: "the router covers our whole house", but "the strings it came with"."""

_CLASS = word_set(
    "assembly combo computer computers cost design device devices focus gadget install look machine machines picture"
    " price product products purchase review reviews series set sets setup size sound speed system systems technology"
    " thing tool unit units value work zoom"
)
_ABSTRACT = ("ance", "ence", "ility", "ion", "ity", "ment", "ness")
"""Heads that tell the class, a property or an event of the thing that is named before them, and endings of such."""

_CLEANERS = word_set("carpet steam vacuum vacuums")
"""What a cleaner is called after that is no cleaner of it: a "vacuum cleaner" is a vacuum."""

_NOT_A_HEAD = word_set(
    "afternoons anybody anyone bang brother christmas dad daughter days evenings everybody everyone folks friday"
    " friend friends grandma grandpa hope hours husband lol love minutes mom monday money month months morning"
    " mornings mum nights nobody people saturday seconds sister somebody someone son sunday thank thursday time times"
    " tuesday wednesday week weekend weeks wife wish year years"
)
"""Nouns that stand after another without being of its phrase: times, and subjects ("the best TV money can buy")."""

_CLAUSE = re.compile(rf"{_OBJECT.pattern}|\s+(?:I|we|you|he|she|they|this|these|that|to)\b", re.IGNORECASE)
_BEFORE_INFINITIVE = re.compile(
    r"\b(?:do|does|did|don['’]?t|doesn['’]?t|didn['’]?t|can|can['’]?t|could|will|won['’]?t|would|should|may|might|must"
    r"|let|lets|letting|makes?|made|making|help|helps|helped|helping|see|saw|seen|seeing|hear|heard|hearing|ha[sd]|have"
    r"|having|watch\w*)\s+(?:\w+\s+){0,3}$",
    re.IGNORECASE,
)
"""What stands before a noun and its infinitive: "does the camera zoom". Else no bare verb follows a singular."""

_PLURAL_VERB = re.compile(r"\s+(?:are|aren['’]?t|were|weren['’]?t|have|haven['’]?t)\b", re.IGNORECASE)
"""After a word in "s", what makes a plural noun of it: "the console games are fun", but "the laptop works"."""

_LIKE = word_set("like grade quality sized style styled")
_FIT = word_set("compatible friendly proof safe sized")
"""What makes an adjective of a name: "laptop-like", "dishwasher safe"."""


def modifies_another(text: str, start: int, end: int, known: Known | None) -> bool:
    """Whether the name from `start` to `end` is a modifier of the word after it.

    Without `known`, only accessories of the closed list are recognised.
    """
    following = _NEXT.match(text, end)
    if following is None:
        return False
    word, last = following[1].lower(), text[start:end].split()[-1].lower()
    if word in _FIT or (text[end] == "-" and word in _LIKE):
        return True
    if word in _CLASS or (word == "cleaner" and last in _CLEANERS):
        return False
    plural = last.endswith("s")
    if word in _ACCESSORIES:
        agrees = plural != word.endswith("s")  # a router covers, routers cover
        return not (word in _ALSO_VERBS and agrees and _OBJECT.match(text, following.end()))
    named = following[1][0].isupper() and not text[start].isupper()  # "the best laptop Apple makes"
    if known is None or named or word in _NOT_A_HEAD:
        return False
    if word.endswith(_ABSTRACT):
        return False
    if word in known.things:
        return True
    if not plural and word.endswith("s") and _PLURAL_VERB.match(text, following.end()):
        one = word[:-1]
        return one in known.listed and one not in _CLASS and not one.endswith(_ABSTRACT)
    if plural or word not in known.acts or _CLAUSE.match(text, following.end()):
        return False
    return not _BEFORE_INFINITIVE.search(text, max(0, start - 40), start)
