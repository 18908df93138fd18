"""The noun phrase of a name: its owner, its kind, and whether the name is its head.

A noun or a make before the name that is not in the product's title and category means another product ("my launch day
controller"), and so does an owner ("my daughter's blender"). "This" means the product under review, and so does an
opinion. The head of a compound ("a laptop bag") is another thing, unless it is a class or a property of the thing
itself ("laptop computer"). Reviews are not parsed: nouns are found by the dictionary and by closed lists of words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from ameli_build.mentions.inflect import Dictionary
from ameli_build.mentions.tables import read_table
from ameli_build.mentions.words import WORD, word_set

_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)?['’]?")
_GAP = re.compile(r"[\s\-‐‑–]*$")
_NEXT = re.compile(r"[ -]([^\W_]+)")
_ABSTRACT = ("ance", "ence", "ility", "ion", "ity", "ment", "ness")
_INFLECTED = ("ed", "ing", "ly", "y", "est", "er")
_OBJECT = re.compile(
    r"\s+(?:the|my|our|his|her|their|your|its|us|me|them|up|out|a|an|all|each|every\w*|both|most|on|well|easily|firmly"
    r"|perfectly|right|\d+|it(?!\s+(?:\w+s|came|had|has|is|was)\b))\b",
    re.IGNORECASE,
)
"""Text that follows a verb but no noun: "the router covers our whole house", but "the strings it came with"."""

_GIVEN = re.compile(
    r"[^.!?;\n]{2,40}?(?:\s(?:arrived|for\s+(?:\w+\s+)?(?:birthday|christmas|college|graduation|school|work))\b|,\s+(?:and\s+)?(?:s?he|they)\s+(?:(?:absolutely|just|really)\s+)?"
    r"(?:loves?|likes?|enjoys?|adores?)\b)",
    re.IGNORECASE,
)
"""Text after the name of a present, which is the product: "my son's laptop for college"."""


@dataclass(frozen=True, slots=True)
class Known:
    """Known words: the words of the product's title and category (`own`), and the dictionary."""

    own: frozenset[str]
    listed: Dictionary


@cache
def words(name: str) -> frozenset[str]:
    """A list of `contexts.toml`."""
    return word_set(read_table("contexts.toml")["lists"][name])


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
    word, plural = following[1].lower(), text[end - 1] in "sS"
    if word in words("no_head") or word.endswith(_ABSTRACT):
        return False
    acts = bool(_OBJECT.match(text, following.end()))
    if acts and plural != word.endswith("s"):  # a router covers, routers cover
        return False
    if word in words("accessories"):
        return True
    return known is not None and (
        word in known.listed.things or (not plural and not acts and word in known.listed.acts)
    )


def is_of_another(text: str, start: int, known: Known, *, line: bool = False) -> bool:
    """Whether the noun phrase of a name at `start` means another product than the product under review.

    A make before the name of a `line` belongs to it: "the Amazon Echo".
    """
    modifiers: list[str] = []
    for token in _tokens_before(text, start):
        word = token.lower()
        if word.endswith(("'s", "’s", "s'", "s’")):
            owned = word[:-2] not in known.own and word[:-2] not in known.listed.stops
            return owned and not _GIVEN.match(text, start)
        if word in words("determiners"):
            break
        if word in known.listed.stops:
            return False
        modifiers.append(token)
    others = (word for word in modifiers if not _is_own(word.lower(), known) and not (line and word[0].isupper()))
    return _is_kind(next(others, "").lower(), known)


def _tokens_before(text: str, start: int) -> Iterator[str]:
    """Up to five words before `start`, from right to left, separated by only spaces or hyphens."""
    right = start
    for match in reversed(list(_TOKEN.finditer(text, max(0, start - 60), start))[-5:]):
        if not _GAP.match(text, match.end(), right):
            return
        right = match.start()
        yield match.group()


def _is_own(word: str, known: Known) -> bool:
    return word in known.own or word.removesuffix("s") in known.own


def _is_kind(word: str, known: Known) -> bool:
    """Whether a word before a name is a noun for its kind, or a make."""
    listed, forms = known.listed, {word, word.removesuffix("s")}
    if not word.isalpha() or forms & words("no_kind"):
        return False
    if word in words("kind") or (word in listed.nouns and word not in listed.adjectives):
        return True
    return not (forms & listed.listed or word.endswith(_INFLECTED))
