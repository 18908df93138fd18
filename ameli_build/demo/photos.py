"""A shopper's photographs of the product, of its packaging, or of something else; some of them are damaged."""

from __future__ import annotations

import hashlib
import random
from dataclasses import replace
from typing import Literal

from ameli_build.demo.lexicon import CATEGORIES
from ameli_build.demo.review_plan import Plan
from ameli_build.demo.world import WorldImage
from ameli_build.drawing.appearance import COLOURS, Look

BOXED_SHARE = 0.12
"""Share of the reviews with a photograph of the product that also have a photograph of its packaging."""

FAULTS: tuple[Literal["truncated", "not_an_image", "missing"], ...] = ("truncated", "not_an_image", "missing")


def take_photos(
    rng: random.Random, plan: Plan, review_id: str, look: Look, print_on_box: str
) -> tuple[WorldImage, ...]:
    """The photographs of a planned review, `plan.n_photos` in number."""
    photos = [_photo(rng, plan, review_id, place, look) for place in range(plan.n_photos)]
    if plan.shows and len(photos) > 1 and rng.random() < BOXED_SHARE:
        last = photos[-1]
        photos[-1] = WorldImage(last.name, "boxed", look, last.seed, text=print_on_box)
    if plan.bad_photos == "all":
        photos = [_damaged(photo, rng) for photo in photos]
    elif plan.bad_photos == "one" and photos:
        place = rng.randrange(len(photos))
        photos[place] = _damaged(photos[place], rng)
    return tuple(photos)


def _photo(rng: random.Random, plan: Plan, review_id: str, place: int, look: Look) -> WorldImage:
    name = hashlib.md5(f"{review_id}/{place}".encode(), usedforsecurity=False).hexdigest() + ".jpg"
    seed = rng.randrange(1_000_000)
    if plan.photo_kind == "room":
        return WorldImage(name, "room", None, seed)
    if plan.photo_kind == "other":
        others = [kind for kind in CATEGORIES if kind != look.kind]
        other = Look(rng.choice(others), rng.randrange(1_000_000), rng.choice(list(COLOURS)), rng.random(), "")
        return WorldImage(name, "photo", other, seed)
    return WorldImage(name, "photo", look, seed)


def _damaged(photo: WorldImage, rng: random.Random) -> WorldImage:
    """The same picture truncated, replaced by a page, missing, or replaced by the shop's placeholder."""
    draw = rng.randrange(6)
    if draw == 5:
        return WorldImage(photo.name, "placeholder")
    return replace(photo, fault=FAULTS[draw % 3])
