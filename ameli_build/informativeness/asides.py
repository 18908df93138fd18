"""Parts of a review that are not about its product: questions, wishes, comparisons, other things, times of use.

A value in such a part ("my old one had 8GB", "I wish it had bluetooth", "is it waterproof?") is not the product's.
"""

from __future__ import annotations

import re

__all__ = ["LONGEST", "clause_start", "is_aside", "without_questions"]

LONGEST = 90
"""Characters before a value that are searched."""

_WISH = (
    r"(?:(?:wish|wished|wishing|hope|hoped|hoping|if only)"
    r"(?: (?:it|they|this|that|there|i|we|would|could|had|have|also))+"
    r"(?: (?:came|come|comes|was|were|be|made|bought|got|gotten|gone|went|with|in|it|for|included?|offered?|more|one))*"
    r"|(?:would|d) (?:have )?(?:like|love|prefer|appreciate)d?(?: (?:to|have|see|seen|it|had))*"
    r"|should (?:have|ve) (?:got|gotten|bought|ordered|chosen|gone|went|been|come|had)(?: (?:with|for))?)"
    r"(?: (?:a|an|the|some|at least|built|in|real|true)){0,3}"
)
_OTHER = (
    r"(?:(?:my|our|his|her|their)(?: \w+ s)? (?:old|older|previous|last|former|prior|existing|current)"
    r"|(?:my|our) (?:friend|neighbor|brother|sister|coworker|buddy|dad|mom|cousin|roommate) s)"
    r"(?: (?!(?:this|these|it|i|we|new|now|but|so|to|while|whereas) )[^ ]+){0,8}"
)
_COMPARED = (
    r"(?:"
    r"(?<! more )(?<! less )(?<! fewer )(?<! other )(?<! longer )(?<! greater )(?<! higher )(?<! lower )than"
    r"|unlike|versus|vs|instead of|compared (?:to|with)"
    r"|as (?:good|great|nice|loud|clear|sharp|fast|comfortable|bright) as"
    r"|(?:upgrad(?:ed|ing|e)|switch(?:ed|ing)|mov(?:ed|ing)|com(?:ing|e)|went|going) from|replac(?:ed|es|ing)"
    r"|i (?:had (?:my|an?)|used to (?:have|own)|owned|returned))"
    r"(?: (?:my|our|the|a|an|any|old|older|other|most|previous|last|regular|standard|some|those|these)){0,3}"
)
"""Does not match "more than 10 hours", a value of the product."""

_DOUBTED = (
    r"(?:if|whether) (?:it|this|they|these|that|there|the \w+) (?:has|have|had|is|are|was|were|comes|came|supports?)"
    r"(?: (?:have|a|an|any|the|with)){0,2}"
)
_BOUGHT_TOO = (
    r"(?:have|had|need|needs|needed) to (?:buy|get|purchase|order)"
    r"(?: (?:a|an|the|some|separate|my|your|own|another)){0,3}"
)
_BEFORE = re.compile(rf" (?:{_WISH}|{_OTHER}|{_COMPARED}|{_DOUBTED}|{_BOUGHT_TOO}) $")

_BEHIND = re.compile(
    r"(?:(?:one|model|version|option|feature|function|support) )?"
    r"(?:(?:is|are|was|were) sold out"
    r"|would (?:be|ve been|have been) (?:an? )?(?:nice|great|good|helpful|useful|better|perfect|plus|awesome|welcome)) "
)

_TIME = re.compile(r" [\d.]+(?:s|day|month) ")
_USED_BEFORE = re.compile(
    r" (?:within|been|waited|spent|the (?:last|past|first|next)"
    r"|(?:had|have|owned|used|using|with|ordered) (?:it|this|these|them|one|mine) for|with for)"
    r"(?: (?:about|over|only|almost)){0,2} $"
)
_USED_BEHIND = re.compile(r"(?:from now|ago|later|old|into|so far|in and|of (?:use|owning|ownership)) ")
"""Words around a time for which the author has owned the product or waited."""

_COLORS = frozenset(
    f" {color} "
    for color in (
        "black",
        "white",
        "red",
        "blue",
        "green",
        "gray",
        "silver",
        "gold",
        "brown",
        "beige",
        "stainless steel",
    )
)
_MINE = re.compile(r" (?:match|matches|matched|with|in|on|under|against|behind|beside|near|next to) (?:my|our) $")
"""Words before the colour of another thing: "it matches my white walls"."""

_QUESTION = re.compile(
    r"(?i)(?:(?<=[.!?;\n] )|(?<=\n)|^)(?:(?:but|and|so) )?"
    r"(?:(?:is|are|does|do|can|will|has|was|would|could) (?:it|they|this|that|these|there|the)|(?:does|has) anyone)\b"
    r"[^.!?\n]{0,300}\?(?!\s*(?:yes|yep|yup|yeah|sure|absolutely|of course|you bet)\b)"
)


def without_questions(text: str) -> str:
    """A text without its questions about the product, except questions answered by yes."""
    return _QUESTION.sub(". ", text) if "?" in text else text


def clause_start(spaced: str, place: int) -> int:
    """The start of the clause around a place of a text, at most `LONGEST` characters before the place.

    Args:
        spaced: The text's canonical tokens with spaces between and around.
        place: Index at which the value begins.
    """
    return max(spaced.rfind("|", 0, place) + 1, place - LONGEST)


def is_aside(spaced: str, row: str, place: int) -> bool:
    """Whether a value in a text is about something other than the product.

    Args:
        spaced: The text's canonical tokens with spaces between and around.
        row: The value's tokens with spaces between and around.
        place: Index at which the row begins in the text.
    """
    first, last, behind = clause_start(spaced, place), place + 1, place + len(row)
    if _BEFORE.search(spaced, first, last) or _BEHIND.match(spaced, behind):
        return True
    if _TIME.fullmatch(row):
        return bool(_USED_BEFORE.search(spaced, first, last) or _USED_BEHIND.match(spaced, behind))
    return row in _COLORS and bool(_MINE.search(spaced, first, last)) and not spaced.startswith("one ", behind)
