"""Features that a sheet answers by "Yes" or "No": whether a text says that the thing has one, or that it has not.

"Touch Screen" = "Yes" is said by "a touch screen", and "No" by "no touch screen" or "it does not have a touch screen".
Shoppers' other words for a feature are in `answers.toml`.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files

from ameli_build.informativeness.spelling import canonical_tokens

YES = frozenset({"yes", "true"})
NO = frozenset({"no", "false"})

_IN_BRACKETS = re.compile(r"\([^()]*\)")
_OF_ANSWER = re.compile(
    r"(?i)[\s-]+(?:built[\s-]?in|included|compatible|compatibility|supported|support|capable|enabled|certified|"
    r"qualified|technology|function|feature|ready|equipped)$"
)
_NOT = re.compile(
    r" (?:no|not|(?<!with or )without|lacks|lacking|missing|never|cannot|nor|non"
    r"|(?:doesn|isn|hasn|didn|don|wasn|won|can|couldn) ?t)"
    r"(?: (?:have|has|had|come|comes|with|include|included|including|support|any|a|an|the|built|in|even|offer|got|need"
    r"|for|it|really|actually|is|be|being|to|use)){0,4} $"
)
"""What denies the feature behind it: "does not have any", "no built in", "isn't"."""

LONGEST = 60
"""Letters before a feature that are looked at."""


@cache
def _other_words() -> dict[str, tuple[str, ...]]:
    text = files(__package__).joinpath("answers.toml").read_text(encoding="utf-8")
    return {name: tuple(words) for name, words in tomllib.loads(text)["features"].items()}


def feature_forms(name: str) -> list[tuple[str, ...]]:
    """The token rows of which any names the feature that an attribute is called after, the sheet's own first.

    Args:
        name: The attribute's name: "Touch Screen", "Voice Assistant Built-in".

    Returns:
        Rows of canonical tokens, without marks.
    """
    plain = _OF_ANSWER.sub("", _IN_BRACKETS.sub(" ", name).strip())
    rows = (canonical_tokens(words) for words in (plain, *_other_words().get(plain.lower(), ())))
    return [tuple(token for token in row if token.isalnum()) for row in rows]


def denied(spaced: str, row: str) -> list[bool]:
    """For each place of a row of tokens in a text, whether the words before it deny it.

    Args:
        spaced: The text's tokens with spaces between and around.
        row: The sought tokens with spaces between and around.

    Returns:
        One verdict a place, in order; empty where the row does not occur.
    """
    found, start = [], spaced.find(row)
    while start >= 0:
        found.append(bool(_NOT.search(spaced, max(0, start - LONGEST), start + 1)))
        start = spaced.find(row, start + 1)
    return found
