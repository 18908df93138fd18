"""Refusal of names that do not mean the product under review, by the words around them.

They may mean another product ("better than my old TV"), an accessory ("a laptop bag"), a part of another thing ("the
camera in my phone"), a verb ("I vacuum daily"), or an idiom ("a wide range of"). `contexts.toml` has the rules about
the words beside a name, `phrases.py` the rules about its noun phrase.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from ameli_build.mentions.phrases import Known, is_of_another, modifies_another
from ameli_build.mentions.tables import letters_of, name_table, read_table
from ameli_build.mentions.words import word_set

ANOTHER = "speaks of another one"
MODIFIES = "is only said of what the next word names"
_SENTENCE = re.compile(r"[.!?;\n]")
_BEFORE, _AFTER = 60, 90
"""Code points before and after a name that rules see."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of `contexts.toml`: patterns of the text beside a name; `examples` are refused and accepted texts."""

    reason: str
    before: re.Pattern[str] | None
    after: re.Pattern[str] | None
    words: frozenset[str]
    sentence: re.Pattern[str] | None
    verb: bool
    examples: tuple[tuple[str, ...], tuple[str, ...]]

    def refuses(self, before: str, word: str, after: str, verb: bool, known: Known | None) -> bool:
        """Whether this row refuses a name with these words before and after it; `verb`: the name is a verb too."""
        named = word.lower() if self.before else word.lower().split()[-1]
        if (self.verb and not verb) or (self.words and named not in self.words):
            return False
        ahead = self.before.search(before) if self.before else None
        behind = self.after.match(after) if self.after else None
        if (self.before and not ahead) or (self.after and not behind):
            return False
        hosts = [match["host"] for match in (ahead, behind) if match and match.groupdict().get("host")]
        if known is not None and any(host.lower() in known.own for host in hosts):
            return False
        return self.sentence is None or bool(self.sentence.search(before) or self.sentence.search(after))


@cache
def rules() -> tuple[Rule, ...]:
    """The rows of `contexts.toml`, in order."""
    table = read_table("contexts.toml")

    def pattern(row: dict[str, str], name: str, ends: str = "") -> re.Pattern[str] | None:
        if name not in row:
            return None
        text = re.sub(r"\{(\w+)\}", lambda match: table["parts"].get(match[1], match[0]), row[name])
        return re.compile(f"(?:{text}){ends}", re.IGNORECASE)

    return tuple(
        Rule(
            row["reason"],
            pattern(row, "before", r"\s*$"),
            pattern(row, "after"),
            word_set(row.get("words", "")),
            pattern(row, "sentence"),
            row.get("verb", False),
            (tuple(row["refused"]), tuple(row["accepted"])),
        )
        for row in table["rule"]
    )


def refusal(text: str, start: int, end: int, known: Known | None, *, verb: bool = False) -> str:
    """The reason why a name does not mean the product under review, by the words around it.

    Args:
        text: A review.
        start: Start of the name, in code points.
        end: End of the name.
        known: The product's own words and the dictionary; without them, only closed lists of words are used.
        verb: Whether the name is a verb too.

    Returns:
        A reason in plain words, such as "speaks of another one"; empty if the name means the product.
    """
    if modifies_another(text, start, end, known):
        return MODIFIES
    word, (before, after) = text[start:end], sentence_around(text, start, end)
    for rule in rules():
        if rule.refuses(before, word, after, verb, known):
            return rule.reason
    line = letters_of(word) in name_table().lines
    return ANOTHER if known is not None and is_of_another(text, start, known, line=line) else ""


def sentence_around(text: str, start: int, end: int) -> tuple[str, str]:
    """The text before and after a name within its sentence."""
    before = _SENTENCE.split(text[max(0, start - _BEFORE) : start])[-1]
    return before, _SENTENCE.split(text[end : end + _AFTER], maxsplit=1)[0]
