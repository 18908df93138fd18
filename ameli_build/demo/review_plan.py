"""The plan of a review before it is written: names, votes, length, defects and pictures."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Literal

from ameli_build.demo.families import Family
from ameli_build.demo.prose import Naming

PHOTO_SHARE = 0.375
VAGUE_SHARE = 0.27
NAMELESS_SHARE = 0.06

DEFECT_SHARES = {"length": 0.018, "votes": 0.032, "copy": 0.028, "rude": 0.03, "pictures": 0.03}
PAIR_SHARE = 0.015
"""Share of reviews with two defects, for which the order of reasons matters."""

NEAR_MISS_SHARES = {"edge": 0.012, "mixed": 0.03, "harmless": 0.04, "one bad": 0.03, "short": 0.03}
"""Shares of near misses: about 500 tokens, mixed votes, harmless words, one bad picture of several, short texts."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The decisions for a review; `shows` is True if its photographs show the product."""

    naming: Naming
    votes: tuple[int, int]
    vague: bool
    facts: int
    n_photos: int
    shows: bool
    photo_kind: Literal["product", "room", "other"]
    length: Literal["", "over", "edge"]
    short: bool
    copies: bool
    rude: bool
    harmless: bool
    bad_photos: Literal["", "all", "one"]


def plan_review(rng: random.Random, family: Family) -> Plan:
    """Draw a plan; each call uses the same number of random draws."""
    defects = {name for name, share in DEFECT_SHARES.items() if rng.random() < share}
    pair = rng.sample(tuple(DEFECT_SHARES), 2)
    if rng.random() < PAIR_SHARE:
        defects |= set(pair)
    near = {name: rng.random() < share for name, share in NEAR_MISS_SHARES.items()}
    n_photos = rng.choices((1, 2, 3, 4), (48, 30, 14, 8))[0] if rng.random() < PHOTO_SHARE else 0
    vague = rng.random() < VAGUE_SHARE
    photo_kind, facts = _content(rng, vague)
    short = near["short"] and "length" not in defects
    return Plan(
        naming=_naming(rng, family),
        votes=_votes(rng, "votes" in defects, near["mixed"]),
        vague=vague,
        facts=facts,
        n_photos=n_photos,
        shows=photo_kind == "product",
        photo_kind=photo_kind,
        length="over" if "length" in defects else "edge" if near["edge"] and not short else "",
        short=short,
        copies="copy" in defects,
        rude="rude" in defects,
        harmless=near["harmless"],
        bad_photos="all" if "pictures" in defects else "one" if near["one bad"] and n_photos > 1 else "",
    )


def _content(rng: random.Random, vague: bool) -> tuple[Literal["product", "room", "other"], int]:
    """Whether the photographs show the product, and the number of statements about the variant.

    A vague review sometimes shows its product or has one statement. A specific review without a picture of the product
    has more statements. Both blur the border between informative and uninformative.
    """
    kind = rng.random()
    if vague:
        shown: Literal["product", "room", "other"] = "room" if kind < 0.46 else "other" if kind < 0.84 else "product"
        return shown, 1 if shown != "product" and rng.random() < 0.22 else 0
    if kind < 0.84:
        return "product", rng.choices((1, 2, 3, 4, 5), (10, 25, 33, 22, 10))[0]
    return "room" if kind < 0.92 else "other", rng.choices((2, 3, 4, 5), (8, 40, 34, 18))[0]


def _naming(rng: random.Random, family: Family) -> Naming:
    """The names in a review: a long name and its head, only the head, the category's name, or none."""
    names, leaf = family.noun.names, family.category.leaf
    draw, which = rng.random(), rng.random()
    if draw < NAMELESS_SHARE:
        return ()
    if draw < 0.16:
        return (leaf[int(which * len(leaf))],)
    if draw < 0.5 and len(names) > 1:
        return (names[int(which * (len(names) - 1))], names[-1])
    return (names[-1],)


def _votes(rng: random.Random, only_unhelpful: bool, mixed: bool) -> tuple[int, int]:
    """Helpful and unhelpful votes: mostly none, as on the newest pages."""
    helpful = rng.choices((0, 1, 2, 3, 5, 12), (70, 14, 7, 4, 3, 2))[0]
    unhelpful = rng.choices((1, 2, 3, 6), (60, 25, 10, 5))[0]
    if only_unhelpful:
        return 0, unhelpful
    if mixed:
        return max(helpful, rng.choice((1, 3))), unhelpful + rng.choice((0, 2, 4))
    return helpful, 0
