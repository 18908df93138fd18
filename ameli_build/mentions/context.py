"""Where a name's words speak of something else than the product under review, and what they speak of.

Another product ("better than my old TV"), an accessory ("a laptop bag"), a part of another thing ("the camera in my
phone"), a verb ("I vacuum daily"), an idiom ("a wide range of"). `contexts.toml` has the rules that look at the words
beside a name; those that look at its noun phrase are in `phrases.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from ameli_build.mentions.phrases import (
    Known,
    is_adjective_here,
    is_of_another,
    is_verb_here,
    modifies_another,
)
from ameli_build.mentions.tables import letters_of, name_table, read_table

ANOTHER = "speaks of another one"
_SENTENCE = re.compile(r"[.!?;\n]")
_POINTED = re.compile(r"\bth(?:is|ese)(?:\s+[\w\-]+)?\s+$", re.IGNORECASE)
_IS_THIS = re.compile(r"\s+(?:is|are)\s+th(?:is|ese)(?:\s+(?:one|ones|model|brand|[A-Z]\w*)\b|\s*$)")
""" "My daughter's laptop is this one", "my current laptop is this Vantor"."""


@dataclass(frozen=True, slots=True)
class Context:
    """A span of a review, whether it is one word (`alone`), and whether that word is a verb too."""

    text: str
    start: int
    end: int
    alone: bool
    verb: bool

    @property
    def words(self) -> str:
        """The span itself."""
        return self.text[self.start : self.end]

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


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of `contexts.toml`: what must stand beside a name; `examples` are marked texts, refused and accepted."""

    reason: str
    before: re.Pattern[str] | None
    after: re.Pattern[str] | None
    words: frozenset[str]
    sentence: re.Pattern[str] | None
    host: bool
    examples: tuple[tuple[str, ...], tuple[str, ...]]

    def refuses(self, before: str, word: str, after: str, known: Known | None) -> bool:
        """Whether a name in this place is none, by this row alone."""
        named = word.lower().split()[-1] if self.host else word.lower()
        if self.words and named not in self.words:
            return False
        behind = self.after.match(after) if self.after else None
        if (self.after and not behind) or (self.before and not self.before.search(before)):
            return False
        if self.host and behind and known is not None and behind["host"].lower() in known.own:
            return False
        return self.sentence is None or bool(self.sentence.search(before) or self.sentence.search(after))


@cache
def rules() -> tuple[Rule, ...]:
    """The rows of `contexts.toml`, in order."""
    table = read_table("contexts.toml")
    parts = table["parts"]

    def pattern(row: dict[str, str], name: str, ends: str = "") -> re.Pattern[str] | None:
        if name not in row:
            return None
        text = re.sub(r"\{(\w+)\}", lambda match: parts.get(match[1], match[0]), row[name])
        return re.compile(f"(?:{text}){ends}", re.IGNORECASE)

    return tuple(
        Rule(
            row["reason"],
            pattern(row, "before", r"\s*$"),
            pattern(row, "after"),
            frozenset(row.get("words", "").split()),
            pattern(row, "sentence"),
            row.get("host", False),
            (tuple(row["refused"]), tuple(row["accepted"])),
        )
        for row in table["rule"]
    )


def refusal(context: Context, known: Known | None) -> str:
    """What the words around a span say that it is, where it is not the product under review; else nothing.

    Args:
        context: The span.
        known: The product's own words and the dictionary; without them only closed lists are known.

    Returns:
        A reason in plain words, such as "speaks of another one"; empty where the span names the product.
    """
    before, word, after = context.before, context.words, context.after
    if modifies_another(context.text, context.start, context.end, known):
        return "is only said of what the next word names"
    if context.alone and context.verb and is_verb_here(before, word, after):
        return "is a verb here"
    if context.alone and known is not None and is_adjective_here(before, word, known):
        return "is an adjective here"
    pointed = bool(_POINTED.search(before) or _IS_THIS.match(after))
    for rule in rules():
        if not (pointed and not rule.words) and rule.refuses(before, word, after, known):
            return rule.reason
    line = letters_of(word) in name_table().lines
    if not pointed and known is not None and is_of_another(context.text, context.start, known, line=line):
        return ANOTHER
    return ""
