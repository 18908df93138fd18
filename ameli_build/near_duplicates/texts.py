"""Near-duplicate texts: MinHash with banded buckets finds candidate pairs, then the exact Jaccard similarity decides.

A text is compared as the set of its shingles of three words, without case and punctuation. Short texts ("Great product,
works well") are ignored, because many people write them; the search for exact copies ignores them too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

import datasketch
import numpy as np
import polars as pl
from datasketch import LeanMinHash, MinHash, MinHashLSH

from ameli_build.core.cache import Shard, Work
from ameli_build.core.fingerprints import fingerprint
from ameli_build.core.records import SHORT_WORDS
from ameli_build.core.settings import Settings

WORDS_A_SHINGLE = 3
PERMUTATIONS = 128
FOUND = 0.995
"""Least share of pairs at the threshold that meet in a bucket. Nearly all pairs of higher similarity meet."""
_SEED, _SCHEME = 1, "affine32"
_SIGNATURES = pl.Schema({"signature": pl.Binary})

Alike = tuple[int, int, float]
"""Indices of two texts, the lower first, and their Jaccard similarity, rounded to 4 decimals."""


def shingles(text: str) -> frozenset[str]:
    """The sequences of three words in a text; empty for a text of few words.

    >>> sorted(shingles("It keeps ice COLD, it keeps ice cold!"))
    ['cold it keeps', 'ice cold it', 'it keeps ice', 'keeps ice cold']
    """
    words = re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold())
    if len(words) < SHORT_WORDS:
        return frozenset()
    return frozenset(" ".join(words[n : n + WORDS_A_SHINGLE]) for n in range(len(words) - WORDS_A_SHINGLE + 1))


def jaccard(first: frozenset[str], second: frozenset[str]) -> float:
    """The Jaccard similarity of two sets; 0 for two empty sets."""
    union = len(first | second)
    return len(first & second) / union if union else 0.0


def alike_texts(work: Work, settings: Settings, texts: Sequence[str], groups: Sequence[str]) -> list[Alike]:
    """Pairs of texts in different `groups` with a similarity of at least `splits.near_text`, ordered by index."""
    signatures = _signatures(work, settings, texts)
    threshold = settings.splits.near_text
    sets: dict[int, frozenset[str]] = {}
    found = []
    for first, second in sorted(_suspects(signatures, threshold, groups)):
        for place in (first, second):
            if place not in sets:
                sets[place] = shingles(texts[place])
        similarity = jaccard(sets[first], sets[second])
        if similarity >= threshold:
            found.append((first, second, round(similarity, 4)))
    return found


def bands(threshold: float) -> tuple[int, int]:
    """Number and length of a signature's bands: the longest bands that find a share of `FOUND` at the threshold.

    >>> bands(0.8)
    (21, 6)
    """
    fitting = [
        (PERMUTATIONS // rows, rows)
        for rows in range(1, PERMUTATIONS // 2 + 1)
        if 1 - (1 - threshold**rows) ** (PERMUTATIONS // rows) >= FOUND
    ]
    return fitting[-1]


def _suspects(signatures: pl.Series, threshold: float, groups: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Distinct pairs of indices in the same bucket and in different groups."""
    index = MinHashLSH(num_perm=PERMUTATIONS, params=bands(threshold))
    for place, signature in enumerate(signatures):
        if signature is None:
            continue
        hashed = LeanMinHash(hashvalues=np.frombuffer(signature, np.uint32), seed=_SEED, scheme=_SCHEME)
        for other in index.query(hashed):
            if groups[other] != groups[place]:
                yield other, place
        index.insert(place, hashed)


def _signatures(work: Work, settings: Settings, texts: Sequence[str]) -> pl.Series:
    """The MinHash of each text, null for a text of few words; cached by content, a file for each shard."""
    size = settings.run.shard_rows
    parts = [list(texts[start : start + size]) for start in range(0, len(texts), size)]
    shards = [Shard(fingerprint("minhash", part, datasketch.__version__), part, len(part)) for part in parts]
    tables = work.map("hash texts", hash_texts, shards, unit="texts")
    return pl.concat([pl.DataFrame(schema=_SIGNATURES), *tables])["signature"]


def hash_texts(texts: Sequence[str]) -> pl.DataFrame:
    """Signatures of a shard of texts, as bytes."""
    sets = [[shingle.encode() for shingle in sorted(shingles(text))] for text in texts]
    hashed = MinHash.generator(sets, num_perm=PERMUTATIONS, seed=_SEED, scheme=_SCHEME)
    rows = [
        signature.hashvalues.tobytes() if content else None for signature, content in zip(hashed, sets, strict=True)
    ]
    return pl.DataFrame({"signature": rows}, schema=_SIGNATURES)
