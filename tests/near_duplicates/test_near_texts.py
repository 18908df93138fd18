"""Near-duplicate texts: exactly the planted copies are found, for every threshold and size of shards."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from ameli_build.core.cache import Work
from ameli_build.core.settings import Settings, load_settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.core.workers import process_mapper
from ameli_build.near_duplicates.texts import PERMUTATIONS, alike_texts, bands, jaccard, shingles

WORDS = ("the", "this", "it", "fridge", "runs", "keeps", "very", "quiet", "cold", "fast", "big", "and", "but", "so")


def texts(count: int, seed: int = 7) -> list[str]:
    rng = random.Random(seed)
    return [
        " ".join(rng.choices([*WORDS, *(f"w{n}" for n in range(400))], k=rng.randrange(20, 80))) for _ in range(count)
    ]


def edited(text: str, words: int, seed: int) -> str:
    rng = random.Random(seed)
    parts = text.split()
    for place in rng.sample(range(len(parts)), words):
        parts[place] = "otherwise"
    return " ".join(parts)


def settings(threshold: float = 0.8, rows: int = 256) -> Settings:
    return load_settings("demo", [f"splits.near_text={threshold}", f"run.shard_rows={rows}"])


@pytest.mark.parametrize("threshold", [0.5, 0.65, 0.8, 0.95, 1.0])
def test_exactly_the_planted_copies_are_found(tmp_path: Path, threshold: float) -> None:
    plain = texts(300)
    every = [*plain, *(edited(text, n % 4, n) for n, text in enumerate(plain[:100]))]
    groups = ["train"] * 300 + ["test"] * 100
    sets = [shingles(text) for text in every]
    wanted = {
        (first, second, round(score, 4))
        for first in range(300)
        for second in range(300, 400)
        if (score := jaccard(sets[first], sets[second])) >= threshold
    }
    found = alike_texts(Work(Snapshot(tmp_path)), settings(threshold), every, groups)
    assert len(wanted) >= 25
    assert found == sorted(wanted)


def test_only_texts_of_different_groups_and_no_short_texts_are_compared(tmp_path: Path) -> None:
    long = texts(1)[0]
    short = "Great product, works very well indeed"
    every = [long, long, long.upper() + "!", short, short]
    found = alike_texts(Work(Snapshot(tmp_path)), settings(), every, ["train", "train", "test", "train", "test"])
    assert found == [(0, 2, 1.0), (1, 2, 1.0)]
    assert alike_texts(Work(Snapshot(tmp_path)), settings(), [], []) == []


def test_shards_workers_and_the_cache_change_nothing(tmp_path: Path) -> None:
    plain = texts(40)
    every = [*plain, *(edited(text, 1, 3) for text in plain)]
    groups = ["dev"] * 40 + ["test"] * 40
    once = alike_texts(Work(Snapshot(tmp_path)), settings(), every, groups)
    assert len(once) >= 20
    with process_mapper(2) as mapper:
        assert alike_texts(Work(Snapshot(tmp_path / "b"), mapper), settings(rows=7), every, groups) == once
    assert alike_texts(Work(Snapshot(tmp_path)), settings(), every, groups) == once


@pytest.mark.parametrize("threshold", [0.5, 0.7, 0.8, 0.9, 1.0])
def test_bands_fit_the_signature_and_find_almost_all_pairs(threshold: float) -> None:
    count, rows = bands(threshold)
    assert count * rows <= PERMUTATIONS
    assert count >= 2
    assert 1 - (1 - threshold**rows) ** count >= 0.995


def test_shingles_of_other_scripts_and_of_marks() -> None:
    assert jaccard(shingles("это очень хороший холодильник он работает тихо и долго"), frozenset()) == 0
    assert len(shingles("это очень хороший холодильник он работает тихо и долго")) == 7
    assert shingles("\u200b\U0001f600 !!! ...") == frozenset()
