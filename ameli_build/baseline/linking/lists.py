"""Candidate lists for the training and the scores of the text module, encoded once for all runs (section 4.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ameli_build.baseline.extraction.attributes import Found, Sheet
from ameli_build.baseline.linking.pairs import Cosines, Layout, Pair, PairTexts, encode_pairs, lay_out
from ameli_build.core.arrays import Integers, Matrix
from ameli_build.core.cache import Work
from ameli_build.core.settings import Settings
from ameli_build.datasets.data import Data


@dataclass(frozen=True, slots=True)
class TextLists:
    """One run's lists: of the train reviews at `train`, always with gold, and of all dev and test reviews."""

    train: Integers
    learning: Layout
    judging: Layout


@dataclass(frozen=True, slots=True)
class Encoded:
    """The lists of all runs, with slots that number the same `pairs`, and the encodings of the pairs.

    `vectors` are the texts of the pairs if the encoder is trained too.
    """

    lists: tuple[TextLists, ...]
    pairs: tuple[Pair, ...]
    vectors: Matrix | PairTexts


def text_lists(
    settings: Settings,
    data: Data,
    cosines: Cosines,
    sheets: Sequence[Sheet],
    found: Sequence[Found],
    candidates: Integers,
) -> TextLists:
    """The lists of one run, from its `candidates` of all reviews; all runs are trained on the same reviews."""
    options, reviews, rows = settings.baseline, data.reviews, data.reviews.linked()
    train = reviews.sample("train", options.text_reviews, settings.run.seed)
    lists = with_gold(candidates[train], reviews.gold[train], options.text_candidates)
    shared = (reviews, data.kb, sheets, found, cosines, options)
    return TextLists(train, lay_out(train, lists, *shared), lay_out(rows, candidates[rows], *shared))


def encode_lists(work: Work, settings: Settings, data: Data, runs: Sequence[TextLists]) -> Encoded:
    """Encode the distinct pairs of all runs once; only their texts are collected if the encoder is trained too."""
    numbers: dict[Pair, int] = {}
    for run in runs:
        for layout in (run.learning, run.judging):
            for pair in layout.pairs:
                numbers.setdefault(pair, len(numbers))
    pairs = tuple(numbers)
    lists = tuple(
        TextLists(run.train, _renumbered(run.learning, numbers, pairs), _renumbered(run.judging, numbers, pairs))
        for run in runs
    )
    return Encoded(lists, pairs, encode_pairs(work, settings, data.reviews, pairs))


def _renumbered(layout: Layout, numbers: dict[Pair, int], pairs: tuple[Pair, ...]) -> Layout:
    new = np.array([*(numbers[pair] for pair in layout.pairs), -1], dtype=np.int64)  # -1 stays -1
    return replace(layout, pairs=pairs, slots=new[layout.slots])


def training_cost(settings: Settings, learning: Layout, runs: int) -> str:
    """A line with the number of pairs in all passes of a trained encoder; `learning` are the first run's lists."""
    options, device = settings.baseline, settings.models.device_of(settings.models.pair_role)
    layers = "all layers" if options.text_layers < 0 else f"{options.text_layers} layers"
    every, descriptions = (len(np.unique(slots[slots >= 0])) for slots in (learning.slots, learning.slots[..., -1]))
    total = runs * options.text_epochs * (every + descriptions)
    advice = "; a GPU is advised" if device == "cpu" else ""
    return (
        f"text module: {layers} of its encoder learn, with and without attributes, in {runs} runs of "
        f"{options.text_epochs} epochs: {len(learning.candidates):,} reviews, {every:,} + {descriptions:,} pairs of at "
        f"most {options.max_tokens} tokens an epoch, {total:,} in all, on {device}{advice}"
    )


def with_gold(candidates: Integers, gold: Integers, count: int) -> Integers:
    """Candidate lists for training: a gold product that was not retrieved takes the last place.

    With `count` above 0, each list has `count` products: gold and the first others. Shape (reviews, candidates), padded
    with -1.
    """
    width = min(count, candidates.shape[1]) if count else candidates.shape[1]
    lists = np.full((len(gold), width), -1, dtype=np.int64)
    for n, (row, target) in enumerate(zip(candidates, gold, strict=True)):
        others = [product for product in row if product >= 0 and product != target][: width - 1]
        place = next((i for i, product in enumerate(row[:width]) if product == target), len(others))
        chosen = [*others[:place], target, *others[place:]]
        lists[n, : len(chosen)] = chosen
    return lists
