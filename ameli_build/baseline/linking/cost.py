"""A forecast of the training of the text module's encoder (section 4.4)."""

from __future__ import annotations

import numpy as np

from ameli_build.baseline.linking.pairs import Layout
from ameli_build.core.settings import Settings


def training_cost(settings: Settings, learning: Layout, runs: int) -> str:
    """One line with the number of pairs in all forward and backward passes; `learning` are the first run's lists."""
    options, device = settings.baseline, settings.models.device_of(settings.models.pair_role)
    layers = "all layers" if options.text_layers < 0 else f"{options.text_layers} layers"
    every, descriptions = (_distinct(slots) for slots in (learning.slots, learning.slots[..., -1]))
    total = runs * options.text_epochs * (every + descriptions)
    advice = "; a GPU is advised" if device == "cpu" else ""
    return (
        f"text module: {layers} of its encoder learn, with and without attributes, in {runs} runs of "
        f"{options.text_epochs} epochs: {len(learning.candidates):,} reviews, {every:,} + {descriptions:,} pairs of at "
        f"most {options.max_tokens} tokens an epoch, {total:,} in all, on {device}{advice}"
    )


def _distinct(slots: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> int:
    return len(np.unique(slots[slots >= 0]))
