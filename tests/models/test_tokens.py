"""Counting tokens without truncation, padding or special tokens."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest
from tokenizers import Tokenizer
from tokenizers.models import BPE, WordPiece
from tokenizers.pre_tokenizers import ByteLevel, Whitespace

from ameli_build.core.errors import UnusableInput
from ameli_build.models.tokens import load_counter


def test_long_texts_are_counted_to_their_end() -> None:
    count = load_counter("bundled:minilm")
    assert count(["", "fridge", "fridge " * 128, "fridge " * 5000]) == [0, 1, 128, 5000]


def test_no_text_has_more_wordpiece_tokens_than_bytes() -> None:
    count = load_counter("bundled:minilm")
    assert count.at_most_one_a_byte
    rng = random.Random(3)
    codes = [code for code in range(0, sys.maxunicode + 1, 37) if not 0xD800 <= code < 0xE000]
    texts = [chr(code) for code in codes]
    texts += ["".join(chr(rng.choice(codes)) for _ in range(rng.randrange(1, 40))) for _ in range(500)]
    texts += ["\u1f82\u0390\ufb2c\u1d160", "각" * 30, "İ" * 30, "漢" * 30, "\u200b\u0000\u00ad", "[SEP] [MASK]"]
    assert [text for text, n in zip(texts, count(texts), strict=True) if n > len(text.encode())] == []


def test_a_folder_and_a_file_are_loaded(tmp_path: Path) -> None:
    tokenizer = Tokenizer(WordPiece({"[UNK]": 0, "fridge": 1}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.enable_truncation(2)
    tokenizer.enable_padding(length=9)
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    for name in (str(tmp_path), str(tmp_path / "tokenizer.json")):
        assert load_counter(name)(["fridge and fridge", "fridge"]) == [3, 1]


def test_only_wordpiece_has_the_bound_of_a_token_per_byte(tmp_path: Path) -> None:
    tokenizer = Tokenizer(BPE({"a": 0, "Ġ": 1}, []))
    tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=True)
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    count = load_counter(str(tmp_path))
    assert not count.at_most_one_a_byte
    assert not count.splits_at_spaces
    assert count(["a"]) == [2]


def test_the_error_of_an_unusable_tokenizer_names_the_setting(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(UnusableInput, match=r"clean\.tokenizer: .*cannot be loaded"):
        load_counter(str(tmp_path))
