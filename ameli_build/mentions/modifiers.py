"""What stands before a name in its noun phrase: whose thing it is, and of which kind.

A noun phrase is walked leftwards from the name to its determiner. A noun or a make that modifies the name and that the
product's own title and category do not use says that another product is meant ("my launch day controller", "the rental
router"), and so does an owner ("my daughter's blender"); "this" points at the product under review, and an opinion or a
predicate ("it is a fine studio tripod") speaks of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ameli_build.mentions.words import WORD, word_set


@dataclass(frozen=True, slots=True)
class Known:
    """What the words around a name are known as.

    `own`: words of the product's title and category; `nouns`: nouns that are no adjectives; `things`: nothing but
    nouns; `acts`: nouns and verbs that are nothing else; `listed`: the dictionary.
    """

    own: frozenset[str]
    nouns: frozenset[str]
    things: frozenset[str]
    acts: frozenset[str]
    listed: frozenset[str]


_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)?['’]?")
_GAP = re.compile(r"[\s\-‐‑–]*$")

_OWNER = word_set("my our his her their your")
_DEFINITE = word_set("the that those no more any other most all every some many few several")
_INDEFINITE = word_set("a an")
_THIS = word_set("this these")
_PREDICATE = re.compile(r"\b(?:is|was|are|as|be|being|been|it['’]?s|such|quite|for|want|need)\s*$", re.IGNORECASE)
_NO_OWNER = word_set(
    "company everybody everyone he here it let man market she that there today town what who world year"
)
"""What "'s" makes no other owner: "the world's best laptop", "it's"."""

_CHILDREN = word_set(
    "boy boys child childrens daughter girl girls grandchild granddaughter grandson kid kids nephew niece son toddler"
    " toddlers"
)
_FOR_CHILDREN = word_set("boy boys child children girl girls kid kids toddler toddlers youth")
"""What a title says of a thing for children: who gave it may call it "my son's watch"."""

_OPINION = word_set(
    "adequate affordable amazing average awesome awful bad beautiful best better brilliant budget cheapest cool crappy"
    " cute decent dependable disappointing durable excellent exceptional expensive fabulous fancy fantastic favorite"
    " favourite fine flimsy good gorgeous great handy horrible ideal impressive incredible inexpensive lousy lovely"
    " magnificent mediocre neat new newer newest nice okay outstanding perfect poor powerful premium pretty quality"
    " reliable remarkable sleek smooth solid starter sturdy stunning stylish super superb superior sweet terrible"
    " terrific top useful versatile wonderful worst worthy"
)
_NOT_A_KIND = word_set(
    "aluminum anniversary apartment art attic baby backup basement bathroom bedroom beast beginner birthday boy"
    " bronze buck bundle business cabin cafe camper chrome christmas church class classroom college copper cotton"
    " daughter den dorm dream end entertainment everyday fabric family fun garage gift girl glass grade granite guest"
    " home household inch kid kitchen lady leather level library line lot loft lounge man marble men metal money"
    " mother nursery office pantry party patio pair plastic porch price replacement room rubber rv school set shop"
    " size son starter steel student studio teen toddler travel value vinyl wedding wife woman women wood work"
    " workshop yard youth"
)
"""Nouns before a noun that tell for whom, where, how large or how well, and of what it is made."""

_KIND = word_set("analog central generic internal manual mechanical rental separate standalone wired")
"""Adjectives before a noun that tell what kind of thing it is."""

_FEATURES = word_set("4k android bluetooth hd hdr lcd led oled smart uhd usb wifi wireless")
"""What a shopper may say of any device."""

_EXCLUSIVE = tuple(
    tuple(word_set(side) for side in sides)
    for sides in (
        ("bluetooth cordless rechargeable wireless", "corded wired"),
        ("gas propane", "charcoal pellet wood", "battery electric induction"),
        ("internal", "external portable"),
        ("inkjet", "laser thermal"),
        ("trackball", "laser optical"),
        ("robot robotic", "upright", "canister", "handheld stick"),
        ("plasma", "lcd", "oled", "qled"),
        ("film", "digital instant mirrorless dslr"),
        ("desktop", "laptop"),
        ("acoustic", "digital electric"),
        ("bagged", "bagless"),
        ("analog", "digital smart"),
        ("cfl fluorescent halogen incandescent", "led"),
        ("front", "top"),
        ("pressure", "rice", "slow"),
    )
)
"""Sets of modifiers that exclude each other."""

_ALWAYS_TOLD = word_set(
    "bagless canister corded cordless external gas inkjet internal plasma propane robot robotic trackball wired"
    " wireless"
)
"""Those of them that a title tells whenever they hold."""

_FUNCTION = word_set(
    "about after also and as at because before bought but buy by can did do does for from get got had has have he how i"
    " if in into is it its just like love loved me need needed not of off on one only onto or out over own she so than"
    " then they to too under up us use used using very want wanted was we were what when where which while who will"
    " with without would you"
)
"""Words that end a noun phrase on its left."""


def is_of_another(text: str, start: int, known: Known) -> bool:
    """Whether the noun phrase that ends in a name at `start` is about another product than the one under review."""
    modifiers: list[tuple[str, str]] = []
    for place, token in _tokens_before(text, start):
        word = token.lower().replace("’", "'")
        if word in _THIS:
            return False
        if word.endswith(("'s", "s'")):
            owner = word.rstrip("s").rstrip("'")
            if owner in _CHILDREN and known.own & _FOR_CHILDREN:
                return False
            return owner not in _NO_OWNER | known.own and ("new", "opinion") not in modifiers
        if word in _OWNER or word in _DEFINITE:
            return _is_another_kind(modifiers, known, owned=word in _OWNER)
        if word in _INDEFINITE:
            predicate = _PREDICATE.search(text, max(0, place - 12), place)
            return _is_another_kind([*modifiers, ("", "opinion" if predicate else "")], known)
        if word in _FUNCTION:
            break
        modifiers.append((word, _kind_of(token, known)))
    return any(_excludes(word, known) for word, _ in modifiers) or any(kind == "make" for _, kind in modifiers[:1])


def own_words(title: str, category: str) -> frozenset[str]:
    """The words of a title and a category in lower case, plurals without their "s" and compounds joined as well."""
    own: set[str] = set()
    for compound in f"{title} {category}".lower().split():
        parts = WORD.findall(compound)
        own.update(parts, ("".join(parts),))
    return frozenset(own | {word[:-1] for word in own if word.endswith("s")})


def _tokens_before(text: str, start: int) -> Iterator[tuple[int, str]]:
    """Up to five words before `start`, from the right, as long as only space or hyphens lie between."""
    low = max(0, start - 60)
    right = start
    for match in reversed(list(_TOKEN.finditer(text, low, start))[-5:]):
        if not _GAP.match(text, match.end(), right):
            return
        right = match.start()
        yield right, match.group()


def _kind_of(token: str, known: Known) -> str:
    """What a word says before a name: "own", "opinion", "kind", "make", "unknown", "number" or nothing of these."""
    word = token.lower()
    singular = word.removesuffix("s")
    if word in known.own or singular in known.own:
        return "own"
    if word in _OPINION:
        return "opinion"
    if any(map(str.isdigit, word)):
        return "number"
    if word in _FEATURES or word in _NOT_A_KIND or singular in _NOT_A_KIND:
        return ""
    if word in _KIND or word in known.nouns:
        return "kind"
    if word in known.listed or singular in known.listed or word.endswith(("ed", "ing", "ly", "y", "est", "er")):
        return ""
    return "make" if token[0].isupper() and any(map(str.islower, token)) else "unknown"


def _is_another_kind(modifiers: Sequence[tuple[str, str]], known: Known, *, owned: bool = False) -> bool:
    """Whether modifiers, from the name leftwards, are such as set the thing apart from the product."""
    if any(_excludes(word, known) for word, _ in modifiers):
        return True
    if any(kind == "opinion" for _, kind in modifiers):
        return False
    for number, (_, kind) in enumerate(modifiers):
        measured = number + 1 < len(modifiers) and modifiers[number + 1][1] == "number"
        if kind in ("kind", "make") or (owned and kind == "unknown"):
            return not measured
        if kind != "own":
            return False
    return False


def _excludes(word: str, known: Known) -> bool:
    """Whether a modifier excludes one that the title tells, or would be told by it."""
    for sides in _EXCLUSIVE:
        for side in sides:
            if word in side and not side & known.own:
                return word in _ALWAYS_TOLD or any(other & known.own for other in sides)
    return False
