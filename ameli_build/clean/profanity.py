"""Filter 6 (section 3.2): a review with a word of the block list leaves.

The list and its look-alike letters are those of the installed better-profanity, whose verdict on each single word is
kept; unlike it, neighbouring words are never joined ("pen is"). All of it is one pattern for polars' linear-time
engine. A word is what better-profanity takes for one: a run of letters, digits, combining marks and `@ $ * ' "`.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path

import polars as pl

from ameli_build.clean.verdicts import Verdict
from ameli_build.core.errors import UnusableInput
from ameli_build.core.reasons import Reason
from ameli_build.core.records import joined_text_expr
from ameli_build.core.settings import CleanSettings

BLOCK = 256
"""Code points that are looked at together; a divisor of their number."""

_FULL_STOP = r"\x{2e}"
"""As `_class` writes it; it is a look-alike of no letter."""

Options = tuple[frozenset[str], ...]
"""The characters, as written in a text, that each position of a listed word can take."""


def find_profanity(reviews: pl.DataFrame, pattern: str) -> pl.DataFrame:
    """`reviews` with `profanity`: the first hit in the joined text as it is written there, null where there is none.

    What joins title and text is no part of a word, so that each is searched alone unless a listed word has a full stop.
    """
    words = pl.repeat(None, reviews.height, dtype=pl.String, eager=True)
    joined = [reviews.select(text=joined_text_expr())["text"]] if _FULL_STOP in pattern else []
    for texts in joined or [reviews["text"], reviews["title"]] if pattern else []:  # the title's hits last: they count
        hit = texts.str.contains(pattern)
        words = words.scatter(hit.arg_true(), texts.filter(hit).str.extract(pattern, 1))  # of few: capturing is slow
    return reviews.with_columns(profanity=words)


def profanity() -> Verdict:
    """Drop a review with a listed word; the hit is the detail."""
    return Verdict(
        Reason.PROFANITY,
        fails=pl.col("profanity").is_not_null(),
        detail=pl.col("profanity"),
        value=pl.col("profanity"),
        threshold=pl.lit(""),
    )


def pattern_of(settings: CleanSettings) -> str:
    """The pattern of a run's list, whose first group is the hit; empty for an empty list.

    Raises `UnusableInput` when the user's list cannot be read.
    """
    if settings.profanity_list:
        return build_pattern(read_list(Path(settings.profanity_list)), settings.profanity_allow)
    return build_pattern(default_words(), (*allowed_words(), *settings.profanity_allow))


def default_words() -> list[str]:
    """The words and phrases of the installed better-profanity."""
    text = files("better_profanity").joinpath("profanity_wordlist.txt").read_text(encoding="utf-8")
    return [line.strip() for line in text.splitlines() if line.strip()]


def allowed_words() -> tuple[str, ...]:
    """The documented product words (`allowed.toml`) that are never a hit."""
    return tuple(tomllib.loads(files(__package__).joinpath("allowed.toml").read_text(encoding="utf-8"))["words"])


def read_list(path: Path) -> list[str]:
    """The words and phrases of a user's file, one a line or with commas between. Raises `UnusableInput`."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise UnusableInput(f"setting clean.profanity_list: {path}: {reason}") from None
    return [word.strip() for word in re.split(r"[,\n]", text) if word.strip()]


def build_pattern(words: Iterable[str], allowed: Iterable[str] = ()) -> str:
    """One pattern for all `words`, in any case and with look-alike letters, that no word of `allowed` matches."""
    allowed_forms = tuple(_written(word) for word in sorted({word.lower() for word in allowed}))
    unique = sorted({word.lower() for word in words}, key=lambda word: (-len(word), word))
    parts = [part for word in unique if (part := _without(_options(word), allowed_forms)) is not None]
    if not parts:
        return ""
    letters = _class(_word_characters())
    return f"(?:^|[^{letters}])({'|'.join(parts)})(?:$|[^{letters}])"


def _without(options: Options, exceptions: Sequence[Options]) -> str | None:
    """A pattern for what `options` match and none of `exceptions` does; None where nothing is left.

    Exact by construction: at the first position, the characters that begin no exception are followed by anything,
    each of the others by what its exceptions leave of the rest.
    """
    relevant = [
        form
        for form in exceptions
        if len(form) == len(options) and all(f & o for f, o in zip(form, options, strict=True))
    ]
    if not relevant:
        return "".join(f"[{_class(position)}]" for position in options)
    if not options:
        return None
    by_first: dict[frozenset[str], list[Options]] = defaultdict(list)
    for form in relevant:
        by_first[form[0]].append(form[1:])
    branches = [(options[0].difference(*by_first), _without(options[1:], ()))]
    branches += [(first & options[0], _without(options[1:], rest)) for first, rest in by_first.items()]
    parts = [f"[{_class(head)}]{tail}" for head, tail in branches if head and tail is not None]
    return f"(?:{'|'.join(parts)})" if parts else None


def _options(word: str) -> Options:
    """What each position of a listed word can be written as: its look-alikes, in any case."""
    look_alikes = _look_alikes()
    return tuple(frozenset().union(*(_cased(c) for c in look_alikes.get(letter, (letter,)))) for letter in word)


def _written(word: str) -> Options:
    """What each position of an allowed word can be written as: itself, in any case."""
    return tuple(_cased(letter) for letter in word)


@cache
def _look_alikes() -> dict[str, tuple[str, ...]]:
    from better_profanity import Profanity

    mapping: dict[str, tuple[str, ...]] = Profanity(["unused"]).CHARS_MAPPING
    return mapping


@cache
def _word_characters() -> frozenset[str]:
    from better_profanity.constants import ALLOWED_CHARACTERS

    return frozenset(ALLOWED_CHARACTERS)


@cache
def _upper_forms() -> dict[str, frozenset[str]]:
    """For each lower-case character all those whose lower case it is (the Kelvin sign is a `k`)."""
    forms: dict[str, set[str]] = defaultdict(set)
    for start in range(0, sys.maxunicode + 1, BLOCK):
        block = "".join(map(chr, range(start, start + BLOCK)))
        if block.lower() == block:  # most blocks of Unicode know no case
            continue
        for letter in block:
            if letter.lower() != letter:
                forms[letter.lower()].add(letter)
    return {lower: frozenset(upper) for lower, upper in forms.items()}


@cache
def _cased(letter: str) -> frozenset[str]:
    return _upper_forms().get(letter, frozenset()) | {letter}


def _class(characters: Iterable[str]) -> str:
    """The inside of a character class, runs as ranges, so that thousands of characters stay short."""
    parts: list[str] = []
    codes = sorted(map(ord, characters))
    start = 0
    for n, code in enumerate(codes):
        if n + 1 == len(codes) or codes[n + 1] != code + 1:
            low, high = codes[start], code
            parts.append(f"\\x{{{low:x}}}" if low == high else f"\\x{{{low:x}}}-\\x{{{high:x}}}")
            start = n + 1
    return "".join(parts)
