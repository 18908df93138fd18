"""Counts of tokens in texts (filter 2, section 3.2)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer  # type: ignore[import-untyped]
from tokenizers.models import WordPiece  # type: ignore[import-untyped]
from tokenizers.normalizers import BertNormalizer  # type: ignore[import-untyped]
from tokenizers.pre_tokenizers import BertPreTokenizer  # type: ignore[import-untyped]

from ameli_build.models.loading import loading
from ameli_build.models.sources import place_of

AT_ONCE = 512
"""Number of parts that are joined into a text. The tokenizer's time grows faster than the length of a text."""
_SPECIAL = re.compile(r"\[[A-Za-z]+\]")


@dataclass(frozen=True, slots=True)
class Counter:
    """Counts the tokens of texts, without special tokens and without truncation.

    `at_most_one_a_byte`: no text has more tokens than UTF-8 bytes; true for WordPiece. `splits_at_spaces`: the tokens
    of a text are the tokens of its parts between spaces; true for WordPiece with BERT's pre-tokenizer. `words` are
    lower-case ASCII words that are a single token in any case; a punctuation mark after such a word is another token.
    They need WordPiece with BERT's pre-tokenizer and lower-casing normalizer, and are empty for other tokenizers.
    """

    tokenizer: Tokenizer
    at_most_one_a_byte: bool
    splits_at_spaces: bool
    words: frozenset[str] = frozenset()

    def __call__(self, texts: Sequence[str]) -> list[int]:
        """The number of tokens of each text."""
        return [len(encoding.ids) for encoding in self.tokenizer.encode_batch(list(texts), add_special_tokens=False)]

    def count_parts(self, parts: Sequence[str]) -> list[int]:
        """The numbers of tokens of many short texts without spaces, for tokenizers that split at spaces.

        Equal to a call, but faster: parts are joined into a few texts. A token counts for the part in which it begins.
        """
        counts: list[int] = []
        batches = [parts[start : start + AT_ONCE] for start in range(0, len(parts), AT_ONCE)]
        joined = [" ".join(batch) for batch in batches]
        encodings = self.tokenizer.encode_batch(joined, add_special_tokens=False)
        for batch, encoding in zip(batches, encodings, strict=True):
            ends = np.cumsum([len(part) + 1 for part in batch])
            starts = np.array(encoding.offsets, dtype=np.int64).reshape(-1, 2)[:, 0]
            of_part = np.searchsorted(ends, starts, side="right")
            counts += np.bincount(of_part, minlength=len(batch)).tolist()
        return counts


@lru_cache(maxsize=4)
def load_counter(name: str, setting: str = "tokenizer") -> Counter:
    """The counter of a tokenizer: `bundled:minilm`, a local folder or `tokenizer.json`, or a name on the hub.

    `setting` is `text_encoder` for the tokenizer of the text encoder.

    Raises:
        UnusableInput: The tokenizer cannot be loaded.
    """
    with loading(setting, name):
        tokenizer = _load(name, setting)
    tokenizer.no_truncation()  # some files truncate at 128 tokens, so no text would be too long
    tokenizer.no_padding()
    wordpiece = isinstance(tokenizer.model, WordPiece)
    splits = wordpiece and isinstance(tokenizer.pre_tokenizer, BertPreTokenizer)
    return Counter(tokenizer, wordpiece, splits, _whole_words(tokenizer) if splits else frozenset())


def _whole_words(tokenizer: Tokenizer) -> frozenset[str]:
    """The words of `Counter.words`."""
    added = [token.content for token in tokenizer.get_added_tokens_decoder().values()]
    lower = isinstance(tokenizer.normalizer, BertNormalizer) and tokenizer.normalizer.lowercase
    if not lower or not all(map(_SPECIAL.fullmatch, added)):  # added tokens are matched before words
        return frozenset()
    longest = tokenizer.model.max_input_chars_per_word
    words = tokenizer.get_vocab(with_added_tokens=False)
    return frozenset(w for w in words if w.isascii() and w.isalpha() and w.islower() and len(w) <= longest)


def _load(name: str, setting: str) -> Tokenizer:
    path = Path(place_of(setting, name))
    if path.is_file():
        return Tokenizer.from_file(str(path))
    if (path / "tokenizer.json").is_file():
        return Tokenizer.from_file(str(path / "tokenizer.json"))
    from transformers import AutoTokenizer

    own = {"local_files_only": True, "trust_remote_code": False}
    loaded = AutoTokenizer.from_pretrained(path, use_fast=True, **own)  # type: ignore[no-untyped-call]
    return loaded.backend_tokenizer
