"""Filter 6 (section 3.2): reviews with a word of the block list leave.

List and look-alike letters are those of the installed better-profanity. Each single word has the same verdict as there,
but neighbouring words are never joined ("pen is"). The whole list is one pattern for polars' linear-time engine. As in
better-profanity, a word is a run of letters, digits, combining marks and `@ $ * ' "`.
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
from ameli_build.core.settings.section import Section

BLOCK = 256
"""Code points that are lower-cased together; a divisor of the number of code points."""

_FULL_STOP = r"\x{2e}"
"""A full stop as `_class` writes it. It is a look-alike of no letter."""

Options = tuple[frozenset[str], ...]
"""For each position of a listed word, the characters of a text that match it."""


class ProfanitySettings(Section):
    """Filter 6."""

    profanity_list: str = ""
    """File with a word or phrase on each line, or separated by commas. Empty: better-profanity's list. The paper's
    list, by Free Web Headers, is not part of this package (see `docs/build.md`)."""
    profanity_allow: tuple[str, ...] = ()
    """Words that are no profanity, beside the documented list of product words."""


def find_profanity(reviews: pl.DataFrame, pattern: str) -> pl.DataFrame:
    """Find the first listed word of each review.

    Title and text are joined by ". ", which is no part of a word. So they are searched separately, unless a listed word
    has a full stop.

    Args:
        reviews: Table with the columns `title` and `text`.
        pattern: Result of `pattern_of`.

    Returns:
        `reviews` with `profanity`: the first hit as written in the joined text, null without a hit.
    """
    words = pl.repeat(None, reviews.height, dtype=pl.String, eager=True)
    joined = [reviews.select(text=joined_text_expr())["text"]] if _FULL_STOP in pattern else []
    for texts in joined or [reviews["text"], reviews["title"]] if pattern else []:  # hits in titles win
        hit = texts.str.contains(pattern)
        words = words.scatter(hit.arg_true(), texts.filter(hit).str.extract(pattern, 1))  # capturing is slow
    return reviews.with_columns(profanity=words)


def profanity() -> Verdict:
    """Drop a review with a listed word. The hit is the detail."""
    return Verdict(
        Reason.PROFANITY,
        fails=pl.col("profanity").is_not_null(),
        detail=pl.col("profanity"),
        value=pl.col("profanity"),
        threshold=pl.lit(""),
    )


def pattern_of(settings: ProfanitySettings) -> str:
    """The pattern of a run's list, whose first group is the hit; empty for an empty list.

    Raises:
        UnusableInput: The user's list cannot be read.
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
    """The words and phrases of a user's file, separated by commas or line ends.

    Raises:
        UnusableInput: The file cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise UnusableInput(f"setting clean.profanity_list: {path}: {reason}") from None
    return [word.strip() for word in re.split(r"[,\n]", text) if word.strip()]


def build_pattern(words: Iterable[str], allowed: Iterable[str] = ()) -> str:
    """A pattern that matches all `words`, in any case and with look-alike letters, but no word of `allowed`."""
    allowed_forms = tuple(_written(word) for word in sorted({word.lower() for word in allowed}))
    unique = sorted({word.lower() for word in words}, key=lambda word: (-len(word), word))
    parts = [part for word in unique if (part := _without(_options(word), allowed_forms)) is not None]
    if not parts:
        return ""
    letters = _class(_word_characters())
    return f"(?:^|[^{letters}])({'|'.join(parts)})(?:$|[^{letters}])"


def _without(options: Options, exceptions: Sequence[Options]) -> str | None:
    """A pattern for the words that match `options` and none of `exceptions`; None if there are no such words.

    At the first position, a character that begins no exception is followed by the rest of `options`. Any other
    character is followed by the rest of `options` without the rests of its exceptions.
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
    """The characters for each position of a listed word: its look-alikes, in any case."""
    look_alikes = _look_alikes()
    return tuple(frozenset().union(*(_cased(c) for c in look_alikes.get(letter, (letter,)))) for letter in word)


def _written(word: str) -> Options:
    """The characters for each position of an allowed word: the letter, in any case."""
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
    """For each lower-case character, the characters that it is the lower case of (`k`: the Kelvin sign too)."""
    forms: dict[str, set[str]] = defaultdict(set)
    for start in range(0, sys.maxunicode + 1, BLOCK):
        block = "".join(map(chr, range(start, start + BLOCK)))
        if block.lower() == block:  # most blocks of Unicode have no case
            continue
        for letter in block:
            if letter.lower() != letter:
                forms[letter.lower()].add(letter)
    return {lower: frozenset(upper) for lower, upper in forms.items()}


@cache
def _cased(letter: str) -> frozenset[str]:
    return _upper_forms().get(letter, frozenset()) | {letter}


def _class(characters: Iterable[str]) -> str:
    """The inside of a character class, with ranges for runs, so that thousands of characters are a short text."""
    parts: list[str] = []
    codes = sorted(map(ord, characters))
    start = 0
    for n, code in enumerate(codes):
        if n + 1 == len(codes) or codes[n + 1] != code + 1:
            low, high = codes[start], code
            parts.append(f"\\x{{{low:x}}}" if low == high else f"\\x{{{low:x}}}-\\x{{{high:x}}}")
            start = n + 1
    return "".join(parts)
