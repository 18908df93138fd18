"""Records of the demo's world, and of the truth that the pipeline never reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ameli_build.core.reasons import Reason
from ameli_build.core.records import Attribute
from ameli_build.drawing.appearance import Look

Generation = Literal["A", "B", "C"]


@dataclass(frozen=True, slots=True)
class WorldImage:
    """A picture of the world: its file name on the image host, and the recipe of its bytes.

    `kind` is "view" (catalogue view number `seed`), "photo" (the product in a room), "room" (no product), "boxed"
    (packaging with `text`), or "placeholder" (the shop's PNG for a missing picture). `fault` damages the bytes:
    "truncated", "not_an_image", "missing" (404).
    """

    name: str
    kind: Literal["view", "photo", "room", "boxed", "placeholder"]
    look: Look | None = None
    seed: int = 0
    text: str = ""
    fault: Literal["", "truncated", "not_an_image", "missing"] = ""


@dataclass(frozen=True, slots=True)
class WorldProduct:
    """A variant. `category_path` has (id, name) from the root; `family` has the SKUs of all variants of its family."""

    sku: str
    bsin: str
    name: str
    brand: str
    model_number: str
    category_path: tuple[tuple[str, str], ...]
    description: str
    features: tuple[tuple[str, str], ...]
    attributes: tuple[Attribute, ...]
    images: tuple[WorldImage, ...]
    price: float
    family: tuple[str, ...]
    generation: Generation
    look: Look


@dataclass(frozen=True, slots=True)
class WorldReview:
    """A review about the variant `sku`. The shop lists it under all SKUs of the family.

    `number` is the old numeric id in the write-comment URL.
    """

    review_id: str
    number: int
    sku: str
    title: str
    text: str
    rating: int
    helpful: int
    unhelpful: int
    photos: tuple[WorldImage, ...]
    author: str
    submitted_at: str
    badges: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReviewTruth:
    """The truth about a review.

    `reason` is the reason to drop it in filters 1 to 6, None to keep it. `mention` are the words in the text that name
    the product, "" for none. `informative` is True if a careful reader could distinguish the variant from its siblings.
    """

    review_id: str
    sku: str
    reason: Reason | None
    mention: str
    informative: bool
    attributes_said: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class World:
    """All products and reviews, in a fixed order."""

    seed: int
    products: tuple[WorldProduct, ...]
    reviews: tuple[WorldReview, ...]
    truths: tuple[ReviewTruth, ...]
