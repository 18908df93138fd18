"""Attributes with the value "Yes" or "No": does a text say that the product has the feature, or that it lacks it?

"A touch screen" states "Touch Screen" = "Yes"; "no touch screen" and "it does not have a touch screen" state "No".
`answers.toml` has shoppers' other words for features.
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
"""Words before a feature that deny it: "does not have any", "no built in", "isn't"."""

_NOT_BEHIND = re.compile(
    r"(?:(?:one|model|version|option|feature|function|support) )?"
    r"(?:(?:(?:is|are|was|were) )?(?:missing|lacking|not (?:included|supported|available|an option))"
    r"|(?:isn|aren|wasn|weren) ?t (?:included|supported|available|an option)) "
)
"""Words after a feature that deny it: "not included"."""


@cache
def _other_words() -> dict[str, tuple[str, ...]]:
    text = files(__package__).joinpath("answers.toml").read_text(encoding="utf-8")
    found: dict[str, tuple[str, ...]] = {}
    for name, words in tomllib.loads(text)["features"].items():
        row = _row(name).lower()
        found[row] = (*found.get(row, ()), *words)
    return found


def feature_forms(name: str) -> list[tuple[str, ...]]:
    """Token rows that name the feature of an attribute; the first is the attribute's own name.

    Args:
        name: The attribute's name: "Touch Screen", "Voice Assistant Built-in".

    Returns:
        Rows of canonical tokens, without punctuation.
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
    """Whether the words around each occurrence of a feature deny it.

    Args:
        spaced: The text's tokens with spaces between and around.
        row: The feature's tokens with spaces between and around.

    Returns:
        A verdict for each occurrence, in order. Occurrences about other things than the product are left out.
    """
    found, start = [], spaced.find(row)
    while start >= 0:
        if not is_aside(spaced, row, start):
            before = _NOT.search(spaced, clause_start(spaced, start), start + 1)
            found.append(bool(before or _NOT_BEHIND.match(spaced, start + len(row))))
        start = spaced.find(row, start + 1)
    return found
