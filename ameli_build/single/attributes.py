"""Attribute values that a review states in its text and on its photographs (section 4.2)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import polars as pl

from ameli_build.baseline.extraction.attributes import Found, fuse
from ameli_build.baseline.extraction.extract import match_lines, match_text
from ameli_build.baseline.extraction.values import MIN_JOINED, ValueIndex
from ameli_build.core.arrays import Integers, Mask
from ameli_build.informativeness.attributes import Tokens, canonical_tokens
from ameli_build.single.index import Index


def find_stated(index: Index, text: str, lines: Sequence[str], counting: Mask) -> tuple[Found, Found]:
    """Attributes stated by the text and lines of OCR together, and by the text alone.

    Only values of products with `counting` are considered.
    """
    values = _values_in(index, text, lines)
    in_text = match_text(values, text, counting)
    return fuse((in_text, match_lines(values, lines, counting)), frozenset(index.about["listed"])), in_text


def verdicts(index: Index, found: Found) -> dict[str, Integers]:
    """`Found.signal` of each product for each stated attribute, shape (products,), without reading the products."""
    stated = {key: [" ".join(tokens) for tokens in values] for key, values in found.values.items()}
    rows = index.values_among(["", *(form for forms in stated.values() for form in forms)], ())
    signals = {}
    for key, forms in stated.items():
        signals[key] = np.zeros(len(index), dtype=np.int64)
        holds, own = pl.col("form").is_in(forms), pl.col("name") == key
        for condition, signal in ((own & (pl.col("form") == ""), -1), (holds, 0), (holds & own, 1)):
            signals[key][rows.filter(condition)["rows"].explode().drop_nulls().to_numpy()] = signal
    return signals


def _values_in(index: Index, text: str, lines: Sequence[str]) -> ValueIndex:
    """The values that the review can state, prepared for string match."""
    longest, longest_joined = index.about["longest"], index.about["longest_joined"]
    forms = {
        " ".join(tokens[start:end])
        for tokens in map(canonical_tokens, (text, *lines))
        for start in range(len(tokens))
        for end in range(start + 1, min(start + longest, len(tokens)) + 1)
    }
    joined = set()
    for letters in filter(None, ("".join(line.lower().split()) for line in lines)):
        joined.add(letters)
        joined.update(
            letters[start:end]
            for start in range(len(letters))
            for end in range(start + MIN_JOINED, min(start + longest_joined, len(letters)) + 1)
        )
    holders: dict[Tokens, dict[str, Integers]] = defaultdict(dict)
    close: dict[str, dict[Tokens, None]] = defaultdict(dict)
    for form, spelling, name, rows in index.values_among(forms, joined).iter_rows():
        tokens = tuple(form.split(" "))
        holders[tokens][name] = np.array(rows, dtype=np.int64)
        close[spelling][tokens] = None
    return ValueIndex(holders, {letters: tuple(forms) for letters, forms in close.items()}, longest, longest_joined)
