"""The texts that the text encoder is fine-tuned on (sections 4.3 and 5.1)."""

from __future__ import annotations

from dataclasses import dataclass

from ameli_build.baseline.data import Data
from ameli_build.core.settings import Settings


@dataclass(frozen=True, slots=True)
class Lesson:
    """The texts of a training: three for each train review, and dev reviews with the rows of their gold products."""

    reviews: tuple[str, ...]
    gold: tuple[str, ...]
    negatives: tuple[str, ...]
    dev: tuple[str, ...]
    dev_gold: tuple[int, ...]
    entities: tuple[str, ...]


def make_lesson(data: Data, settings: Settings) -> Lesson:
    """The texts of train and dev, in the order of the reviews; none of the test split."""
    seed, count = settings.run.seed, settings.baseline.text_tuning_reviews
    kb, reviews, entities = data.kb, data.reviews, data.kb.texts(settings.baseline.entity_text)
    train = [int(row) for row in reviews.sample("train", count, seed)] if len(kb) > 1 else []
    dev = [int(row) for row in reviews.rows("dev")]
    negatives = [_negative(data, row, seed) for row in train]
    return Lesson(
        tuple(reviews.texts[row] for row in train),
        tuple(entities[reviews.gold[row]] for row in train),
        tuple(entities[row] for row in negatives),
        tuple(reviews.texts[row] for row in dev),
        tuple(int(reviews.gold[row]) for row in dev),
        tuple(entities),
    )


def _negative(data: Data, review: int, seed: int) -> int:
    """One of the review's hard negatives, by a hash of seed and id; of all other products where it has none."""
    gold = int(data.reviews.gold[review])
    others = [row for row in data.reviews.hard[review] if row != gold]
    if not others:
        others = [row for row in range(len(data.kb)) if row != gold]
    return others[data.reviews.draw(review, seed) % len(others)]
