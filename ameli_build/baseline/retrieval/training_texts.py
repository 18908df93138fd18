"""The texts that the fine-tuning of the text encoder learns from and is judged by (section 5.1)."""

from __future__ import annotations

from dataclasses import dataclass

from ameli_build.core.settings import Settings
from ameli_build.datasets.data import Data


@dataclass(frozen=True, slots=True)
class TrainingTexts:
    """Three texts for each train review, the texts of dev with the rows of their gold products, and all entities."""

    reviews: tuple[str, ...]
    gold: tuple[str, ...]
    negatives: tuple[str, ...]
    dev: tuple[str, ...]
    dev_gold: tuple[int, ...]
    entities: tuple[str, ...]

    @classmethod
    def of(cls, data: Data, settings: Settings) -> TrainingTexts:
        """The texts of train and dev, in the order of the reviews; none of the test split."""
        seed, count = settings.run.seed, settings.baseline.text_tuning_reviews
        kb, reviews, entities = data.kb, data.reviews, data.kb.texts(settings.baseline.entity_text)
        train = [int(row) for row in reviews.sample("train", count, seed)] if len(kb) > 1 else []
        dev = [int(row) for row in reviews.rows("dev")]
        return cls(
            tuple(reviews.texts[row] for row in train),
            tuple(entities[reviews.gold[row]] for row in train),
            tuple(entities[_negative(data, row, seed)] for row in train),
            tuple(reviews.texts[row] for row in dev),
            tuple(int(reviews.gold[row]) for row in dev),
            tuple(entities),
        )


def _negative(data: Data, review: int, seed: int) -> int:
    """A hard negative of the review, or without any another product, by a hash of seed and review id."""
    gold = int(data.reviews.gold[review])
    others = [row for row in data.reviews.hard[review] if row != gold]
    if not others:
        others = [row for row in range(len(data.kb)) if row != gold]
    return others[data.reviews.draw(review, seed) % len(others)]
