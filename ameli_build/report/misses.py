"""Cards of predictions: the review, its gold product and another product, with the differences of the two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ameli_build.annotation.pictures import Pictures, data_uri
from ameli_build.core.records import joined_text
from ameli_build.report.inputs import Inputs
from ameli_build.report.judging import LOSS, MODULES, Judged, Judgement, score_of

PHOTO_SIDE, PRODUCT_SIDE = 420, 260
"""Pixels of the longer side of a review's photographs and of product pictures."""
PHOTOS = 3
FIRST = 8
"""Differing attributes shown at once; the others are folded."""


@dataclass(frozen=True, slots=True)
class Difference:
    """An attribute in which gold product and prediction differ; "" for a product without the attribute.

    `said` is the value that the linker found in the review, "" for none.
    """

    name: str
    said: str
    gold: str
    predicted: str


@dataclass(frozen=True, slots=True)
class Voice:
    """The scores of both products by a module; None without a score."""

    name: str
    gold: float | None
    predicted: float | None

    @property
    def prefers(self) -> str:
        """`gold` or `predicted`, whichever scores higher; "" if undecided."""
        if self.gold is None or self.predicted is None or self.gold == self.predicted:
            return ""
        return "gold" if self.gold > self.predicted else "predicted"


@dataclass(frozen=True, slots=True)
class Shown:
    """A product's card. `picture` is a data URI, None without a readable picture.

    `words` are the words of its name, each with a flag: True if the other product's name lacks it.
    """

    sku: str
    name: str
    words: tuple[tuple[str, bool], ...]
    category: str
    picture: str | None


@dataclass(frozen=True, slots=True)
class Miss:
    """A card; `before`, `mention` and `after` are the three parts of the review's text."""

    review_id: str
    lost: str
    how: str
    confidence: float | None
    rank: int | None
    wrong_runs: int
    clean: bool
    before: str
    mention: str
    after: str
    photos: tuple[str, ...]
    more_photos: int
    stated: tuple[str, ...]
    gold: Shown
    predicted: Shown | None
    differences: tuple[Difference, ...]
    same: int
    voices: tuple[Voice, ...]


def show_misses(inputs: Inputs, judgement: Judgement, most: int) -> list[Miss]:
    """Cards of the `most` misses with the highest confidence."""
    return cards(inputs, judgement.misses()[:most])


def cards(inputs: Inputs, chosen: Sequence[Judged]) -> list[Miss]:
    """Cards that show the gold product beside `Judged.predicted`."""
    reviews = inputs.reviews([judged.row["review_id"] for judged in chosen])
    skus = {judged.gold for judged in chosen}
    skus |= {judged.predicted for judged in chosen if judged.predicted is not None}
    products = inputs.products(skus)
    pictures = pictures_of(inputs)
    return [_miss(judged, reviews[judged.row["review_id"]], products, pictures, inputs.clean) for judged in chosen]


def pictures_of(inputs: Inputs) -> Pictures:
    """Small copies of the data set's pictures, in the cache of the annotation sheets."""
    return Pictures(inputs.snapshot.dataset, inputs.snapshot.root / "cache" / "sheets")


def picture(pictures: Pictures, path: str, side: int) -> str | None:
    """A picture as a data URI; None if it cannot be read."""
    jpeg = pictures.small(path, side)
    return None if jpeg is None else data_uri(jpeg)


def _miss(
    judged: Judged,
    review: Mapping[str, Any],
    products: Mapping[str, Mapping[str, Any]],
    pictures: Pictures,
    clean: frozenset[str],
) -> Miss:
    text, start, end = joined_text(review["title"], review["text"]), review["mention_start"], review["mention_end"]
    photos = [jpeg for path in review["images"][:PHOTOS] if (jpeg := picture(pictures, path, PHOTO_SIDE))]
    gold, wrong = products[judged.gold], products.get(judged.predicted or "")
    stated = {attribute["name"]: attribute["value"] for attribute in judged.row["attributes"]}
    found = differences(gold["attributes"], wrong["attributes"], stated) if wrong else []
    return Miss(
        review_id=review["review_id"],
        lost=str(judged.lost or ""),
        how=LOSS[judged.lost] if judged.lost else "",
        confidence=judged.confidence,
        rank=judged.rank,
        wrong_runs=judged.wrong_runs,
        clean=review["review_id"] in clean,
        before=text[:start],
        mention=text[start:end],
        after=text[end:],
        photos=tuple(photos),
        more_photos=max(len(review["images"]) - PHOTOS, 0),
        stated=tuple(f"{name}: {value}" for name, value in stated.items()),
        gold=_shown(gold, wrong, pictures),
        predicted=_shown(wrong, gold, pictures) if wrong else None,
        differences=tuple(found),
        same=len(_names(gold) & _names(wrong)) - sum(map(_is_shared, found)),
        voices=tuple(_voices(judged)),
    )


def _names(product: Mapping[str, Any] | None) -> set[str]:
    return {attribute["name"] for attribute in product["attributes"]} if product else set()


def _is_shared(difference: Difference) -> bool:
    return bool(difference.gold and difference.predicted)


def differences(
    gold: Sequence[Mapping[str, str]], predicted: Sequence[Mapping[str, str]], stated: Mapping[str, str]
) -> list[Difference]:
    """Attributes with different values: stated by the review, then present in both products, then the rest.

    Each group is in the order of the gold product's sheet. Several values of an attribute are joined.

    >>> color = {"group": "", "name": "Color", "value": "Red"}
    >>> differences([color], [color | {"value": "Blue"}], {})
    [Difference(name='Color', said='', gold='Red', predicted='Blue')]
    """
    of_gold, of_predicted = _values(gold), _values(predicted)
    found = [
        Difference(name, stated.get(name, ""), of_gold.get(name, ""), of_predicted.get(name, ""))
        for name in {**of_gold, **of_predicted}
        if of_gold.get(name) != of_predicted.get(name)
    ]
    return sorted(found, key=lambda difference: (not difference.said, not _is_shared(difference)))


def _values(attributes: Sequence[Mapping[str, str]]) -> dict[str, str]:
    values: dict[str, list[str]] = {}
    for attribute in attributes:
        known = values.setdefault(attribute["name"], [])
        if attribute["value"] not in known:
            known.append(attribute["value"])
    return {name: "; ".join(known) for name, known in values.items()}


def _shown(product: Mapping[str, Any], other: Mapping[str, Any] | None, pictures: Pictures) -> Shown:
    image = next((jpeg for path in product["images"] if (jpeg := picture(pictures, path, PRODUCT_SIDE))), None)
    words = tuple(own_words(product["name"], other["name"] if other else product["name"]))
    return Shown(product["sku"], product["name"], words, (product["categories"] or [""])[-1], image)


def own_words(name: str, other: str) -> list[tuple[str, bool]]:
    """The words of a name, each with a flag: True if the other name lacks the word.

    >>> own_words("Watch - Black", "Watch - White")
    [('Watch', False), ('-', False), ('Black', True)]
    """
    other_words = set(other.split())
    return [(word, word not in other_words) for word in name.split()]


def _voices(judged: Judged) -> list[Voice]:
    return [
        Voice(name, score_of(judged.row, module, judged.gold), score_of(judged.row, module, judged.predicted))
        for module, name in MODULES.items()
        if judged.row[module] is not None
    ]
