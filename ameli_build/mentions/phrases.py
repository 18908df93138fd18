"""The noun phrase of a name: whose thing it is and of which kind, and whether the name is its head.

A noun phrase is walked leftwards from the name to its determiner. A noun or a make that modifies the name and that the
product's own title and category do not use says that another product is meant ("my launch day controller"), and so
does an owner ("my daughter's blender"); "this" points at the product under review, and an opinion speaks of it. To the
right, the head of a compound ("a laptop bag") is another thing, unless it tells the class or a property of the thing
itself ("laptop computer"). Reviews are not parsed: nouns are told by the dictionary and by closed classes of words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from ameli_build.mentions.tables import read_table
from ameli_build.mentions.words import OBJECTS, WORD, word_set

_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)?['’]?")
_GAP = re.compile(r"[\s\-‐‑–]*$")
_NEXT = re.compile(r"[ -]([^\W_]+)")
_PREDICATE = re.compile(r"\b(?:is|was|are|as|be|being|been|it['’]?s|such|quite|for|want|need)\s*$", re.IGNORECASE)
_ABSTRACT = ("ance", "ence", "ility", "ion", "ity", "ment", "ness")
_VERB_OBJECT = re.compile(rf"\s+(?:{OBJECTS}|it|him|everything|off)\b", re.IGNORECASE)
_OBJECT = re.compile(
    rf"\s+(?:{OBJECTS}|a|an|all|each|every\w*|both|most|on|in(?:to)?|well"
    r"|easily|firmly|perfectly|right|there|\d+|it(?!\s+(?:\w+s|came|had|has|is|was)\b))\b",
    re.IGNORECASE,
)
"""What follows a verb and no noun: "the router covers our whole house", but "the strings it came with"."""
_CLAUSE = re.compile(rf"{_OBJECT.pattern}|\s+(?:I|we|you|he|she|they|this|these|that|to)\b", re.IGNORECASE)
_BEFORE_INFINITIVE = re.compile(
    r"\b(?:do|does|did|don['’]?t|doesn['’]?t|didn['’]?t|can|can['’]?t|could|will|won['’]?t|would|should|may|might|must"
    r"|let|lets|letting|makes?|made|making|help\w*|see|saw|seen|hear|heard|ha[sd]|have|having|watch\w*)"
    r"\s+(?:\w+\s+){0,3}$",
    re.IGNORECASE,
)
"""What stands before a noun and its infinitive: "does the camera zoom". Else no bare verb follows a singular."""


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


@cache
def words(name: str) -> frozenset[str]:
    """A list of `contexts.toml`."""
    return word_set(read_table("contexts.toml")["lists"][name])


@cache
def _exclusive() -> tuple[tuple[frozenset[str], ...], ...]:
    sides: list[list[str]] = read_table("contexts.toml")["exclusive"]["sides"]
    return tuple(tuple(map(word_set, some)) for some in sides)


def own_words(title: str, category: str) -> frozenset[str]:
    """The words of a title and a category in lower case, plurals without their "s" and compounds joined as well."""
    own: set[str] = set()
    for compound in f"{title} {category}".lower().split():
        parts = WORD.findall(compound)
        own.update(parts, ("".join(parts),))
    return frozenset(own | {word[:-1] for word in own if word.endswith("s")})


def modifies_another(text: str, start: int, end: int, known: Known | None) -> bool:
    """Whether the name from `start` to `end` is a modifier of the word after it: "a laptop bag".

    Without `known`, only accessories of the closed list are recognised.
    """
    following = _NEXT.match(text, end)
    if following is None:
        return False
    word, last = following[1].lower(), text[start:end].split()[-1].lower()
    if word in words("fit") or (text[end] == "-" and word in words("likeness")):
        return True
    if word in words("class") or (word == "cleaner" and last in ("carpet", "steam", "vacuum", "vacuums")):
        return False
    plural = last.endswith("s")
    if word in words("accessories"):
        agrees = plural != word.endswith("s")  # a router covers, routers cover
        return not (word in words("also_verbs") and agrees and _OBJECT.match(text, following.end()))
    named = following[1][0].isupper() and not text[start].isupper()  # "the best laptop Apple makes"
    if known is None or named or word in words("no_head") or word.endswith(_ABSTRACT):
        return False
    if word in known.things:
        return True
    if plural or word not in known.acts or _CLAUSE.match(text, following.end()):
        return False
    return not _BEFORE_INFINITIVE.search(text, max(0, start - 40), start)


def is_verb_here(before: str, word: str, after: str) -> bool:
    """Whether a word that can be a verb is one, by what stands before and after it: "and print my photos"."""
    found = [word.lower() for word in WORD.findall(before.replace("'", "").replace("’", ""))]
    last = found[-1] if found else ""
    plural = word[-1] in "sS"
    if last in words("before_any_verb") or last in words("before_third_person" if plural else "before_infinitive"):
        return True
    return bool(_VERB_OBJECT.match(after)) and (not last or last in words("before_clause") or last.endswith("ly"))


def is_adjective_here(before: str, word: str, known: Known) -> bool:
    """Whether a word is an adjective or a comparative after a copula or an adverb: "it is light", "stays cooler"."""
    found = WORD.findall(before.lower())
    if not found or found[-1] not in words("before_adjective"):
        return False
    lower = word.lower()
    stems = (lower, lower.removesuffix("er"), f"{lower[:-3]}y" if lower.endswith("ier") else lower)
    return any(stem in known.listed and stem not in known.nouns for stem in stems)


def is_of_another(text: str, start: int, known: Known, *, line: bool = False) -> bool:
    """Whether the noun phrase that ends in a name at `start` is about another product than the one under review.

    Before the name of a `line`, a make is its own: "the Amazon Echo".
    """
    modifiers: list[tuple[str, str]] = []
    for place, token in _tokens_before(text, start):
        word = token.lower().replace("’", "'")
        if word in words("pointing"):
            return False
        if word.endswith(("'s", "s'")):
            owner = word.rstrip("s").rstrip("'")
            if owner in words("children") and known.own & words("for_children"):
                return False
            return owner not in words("no_owner") | known.own and ("new", "opinion") not in modifiers
        if word in words("owners") or word in words("definite"):
            return _is_another_kind(modifiers, known, owned=word in words("owners"))
        if word in words("indefinite") or (word in words("asked_for") and modifiers):
            predicate = _PREDICATE.search(text, max(0, place - 12), place)
            return _is_another_kind([*modifiers, ("", "opinion" if predicate else "")], known)
        if word in words("function"):
            break
        modifiers.append((word, "own" if line and token[0].isupper() else _kind_of(token, known)))
    return any(_excludes(word, known) for word, _ in modifiers) or any(kind == "make" for _, kind in modifiers[:1])


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
    if word in words("opinion"):
        return "opinion"
    if any(map(str.isdigit, word)):
        return "number"
    if word in words("features") or word in words("no_kind") or singular in words("no_kind"):
        return ""
    if word in words("kind") or word in known.nouns:
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
    """Whether a modifier contradicts one in the title, or is always told by a title that does not tell it."""
    for sides in _exclusive():
        for side in sides:
            if word in side and not side & known.own:
                return word in words("always_told") or any(other & known.own for other in sides)
    return False
