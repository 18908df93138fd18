"""Features that a sheet answers by "Yes" or "No": whether a text says that the thing has one, or that it has not.

"Touch Screen" = "Yes" is said by "a touch screen", and "No" by "no touch screen" or "it does not have a touch screen".
Shoppers' other words for a feature are in `answers.toml`.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files

from ameli_build.informativeness.asides import clause_start, is_aside
from ameli_build.informativeness.spelling import canonical_tokens

YES = frozenset({"yes", "true"})
NO = frozenset({"no", "false"})

_IN_BRACKETS = re.compile(r"\([^()]*\)")
_AGAINST = re.compile(r"(?i)(.+?)[\s-]?(?:resistant|resistance|proof)")
_OF_ANSWER = re.compile(
    r"(?i)[\s-]+(?:built[\s-]?in|included|compatible|compatibility|supported|support|capable|enabled|certified|"
    r"qualified|technology|function|feature|ready|equipped|design)$"
)
_NOT = re.compile(
    r" (?:no|not|(?<!with or )without|sans|lacks?|lacking|lack of|removed|omitted|dropped|rid of|away with|missing"
    r"|never|cannot|nor|non"
    r"|(?:doesn|isn|aren|hasn|haven|didn|don|wasn|weren|won|can|couldn) ?t)"
    r"(?: (?:have|has|had|come|comes|came|with|include|included|including|support|do|any|a|an|the|built|in|even|offer"
    r"|get|got|for|it|really|actually|is|be|being|to|true|real|seem|appear|longer)){0,4} $"
)
"""Words in front of a feature that deny it: "does not have any", "no built in", "isn't"."""

_NOT_BEHIND = re.compile(
    r"(?:(?:one|model|version|option|feature|function|support) )?"
    r"(?:(?:(?:is|are|was|were) )?(?:missing|lacking|not (?:included|supported|available|an option))"
    r"|(?:isn|aren|wasn|weren) ?t (?:included|supported|available|an option)) "
)
"""Words behind a feature that deny it: "not included"."""


@cache
def _other_words() -> dict[str, tuple[str, ...]]:
    text = files(__package__).joinpath("answers.toml").read_text(encoding="utf-8")
    found: dict[str, tuple[str, ...]] = {}
    for name, words in tomllib.loads(text)["features"].items():
        row = _row(name).lower()
        found[row] = (*found.get(row, ()), *words)
    return found


def feature_forms(name: str) -> list[tuple[str, ...]]:
    """The token rows of which any names the feature that an attribute is called after, the sheet's own first.

    Args:
        name: The attribute's name: "Touch Screen", "Voice Assistant Built-in".

    Returns:
        Rows of canonical tokens, without marks.
    """
    name = name.replace("(s)", "s")
    words = [_OF_ANSWER.sub("", _IN_BRACKETS.sub(" ", name).strip())]
    for inner in _IN_BRACKETS.findall(name):
        inner = inner.strip("() ")
        words += [inner] if inner.isupper() else [f"{inner} {words[0]}"]
    if match := _AGAINST.fullmatch(words[0]):
        words += [f"{match[1]}{proof}" for proof in (" proof", "proof", " resistant", " resistance")]
    words += _other_words().get(_row(words[0]).lower(), ())
    return [tuple(_row(each).split()) for each in words]


def _row(words: str) -> str:
    return " ".join(token for token in canonical_tokens(words) if token.isalnum())


def denied(spaced: str, row: str) -> list[bool]:
    """For each place of a row of tokens that speaks of the thing itself, whether the words around it deny it.

    Args:
        spaced: The text's tokens with spaces between and around.
        row: The sought tokens with spaces between and around.

    Returns:
        One verdict a place, in order; empty where the row does not occur, or only of other things.
    """
    found, start = [], spaced.find(row)
    while start >= 0:
        if not is_aside(spaced, row, start):
            before = _NOT.search(spaced, clause_start(spaced, start), start + 1)
            found.append(bool(before or _NOT_BEHIND.match(spaced, start + len(row))))
        start = spaced.find(row, start + 1)
    return found
