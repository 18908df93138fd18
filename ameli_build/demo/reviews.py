"""The demo's reviews: about a variant each, with photographs, and with all defects that the filters must catch.

A review depends only on its variant and its number, so a larger world contains the reviews of a smaller world.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from ameli_build.demo.families import Family, Variant, look_of
from ameli_build.demo.length import padded_to, stretched_above
from ameli_build.demo.lexicon import phrases
from ameli_build.demo.photos import take_photos
from ameli_build.demo.prose import Writer, specific, vague
from ameli_build.demo.review_plan import Plan, plan_review
from ameli_build.demo.words import draws, number_of
from ameli_build.demo.world import WorldReview

BEGIN = datetime(2022, 1, 3)
DAYS = 1000


@dataclass(frozen=True, slots=True)
class Note:
    """The facts behind a review: its traits, its names for the product, and the content of its pictures."""

    said: tuple[str, ...]
    named: tuple[str, ...]
    shows_product: bool


def make_reviews(seed: int, families: Sequence[Family]) -> tuple[tuple[WorldReview, ...], tuple[Note, ...]]:
    """All reviews in the order of their variants, and a note for each."""
    reviews: list[WorldReview] = []
    notes: list[Note] = []
    for family in families:
        for variant in family.variants:
            written: list[tuple[WorldReview, Note]] = []
            for number in range(_count(seed, variant)):
                written.append(_review(seed, family, variant, number, written))
            reviews += [review for review, _ in written]
            notes += [note for _, note in written]
    return tuple(reviews), tuple(notes)


def _count(seed: int, variant: Variant) -> int:
    """Number of a variant's reviews: sixteen to seventeen on average, fewer for a discontinued variant."""
    return 8 + number_of(seed, variant.sku, "reviews") % (18 if variant.sold else 8)


def _review(
    seed: int, family: Family, variant: Variant, number: int, earlier: Sequence[tuple[WorldReview, Note]]
) -> tuple[WorldReview, Note]:
    """A review and its note; a planned copy repeats the text of an `earlier` review of the variant."""
    rng = draws(seed, "review", variant.sku, number)
    plan = plan_review(rng, family)
    review_id = str(uuid.UUID(bytes=number_of(seed, "id", variant.sku, number).to_bytes(32, "big")[:16], version=3))
    writer = Writer(family, variant, rng, plan.naming)
    title, text = _words(writer, plan)
    author = _author(rng)
    if plan.copies and earlier:
        original, note = earlier[rng.randrange(len(earlier))]
        title, text = original.title, original.text
        writer.said, writer.named = list(note.said), list(note.named)
        author = original.author if len(text.split()) < 8 and rng.random() < 0.6 else author
    photos = take_photos(rng, plan, review_id, look_of(family, variant), f"{family.brand} {family.line}")
    review = WorldReview(
        review_id=review_id,
        number=300_000_000 + number_of(seed, "number", variant.sku, number) % 90_000_000,
        sku=variant.sku,
        title=title,
        text=text,
        rating=_rating(rng, plan),
        helpful=plan.votes[0],
        unhelpful=plan.votes[1],
        photos=photos,
        author=author,
        submitted_at=_moment(rng),
        badges=_badges(rng),
    )
    said, named = tuple(dict.fromkeys(writer.said)), tuple(dict.fromkeys(writer.named))
    return review, Note(said, named, plan.shows and any(not photo.fault for photo in photos))


def _words(writer: Writer, plan: Plan) -> tuple[str, str]:
    """Title and text of a review that follow its plan."""
    title = writer.headline()
    if plan.short and writer.naming:
        return title, writer.sentence("short_named")
    sentences = (vague if plan.vague else specific)(writer, plan.facts)
    place = writer.rng.randrange(1, len(sentences) + 1)
    if plan.rude:
        sentences.insert(place, writer.rng.choice(phrases()["rude"]))
    if plan.harmless:
        sentences.insert(place, writer.rng.choice(phrases()["harmless"]))
    text = writer.joined(sentences)
    if plan.length == "over":
        return title, stretched_above(title, text, writer)
    if plan.length == "edge":
        return title, padded_to(title, text, writer, writer.rng.choice((497, 499, 500, 500, 501, 502)))
    return title, text


def _author(rng: random.Random) -> str:
    if rng.random() < 0.25:
        return f"{rng.choice(phrases()['handles'])}{rng.randrange(10, 9999)}"
    name = rng.choice(phrases()["first_names"])
    return f"{name}{rng.choice('ABCDEFGHJKLMNPRSTW')}{rng.randrange(1, 99) if rng.random() < 0.4 else ''}"


def _rating(rng: random.Random, plan: Plan) -> int:
    return rng.choices((5, 4, 3, 2, 1), (40, 30, 20, 6, 4) if plan.votes[1] else (64, 24, 7, 3, 2))[0]


def _moment(rng: random.Random) -> str:
    """A time in the shop's format: milliseconds, and the offset of US Central time, with summer time."""
    moment = BEGIN + timedelta(
        days=rng.randrange(DAYS), seconds=rng.randrange(86_400), milliseconds=rng.randrange(1000)
    )
    offset = -5 if (3, 13) <= (moment.month, moment.day) < (11, 6) else -6
    return moment.replace(tzinfo=timezone(timedelta(hours=offset))).isoformat(timespec="milliseconds")


def _badges(rng: random.Random) -> tuple[str, ...]:
    chances = (("Incentivized", 0.3), ("VerifiedPurchaser", 0.85), ("rewardZoneNumberV3", 0.6), ("Employee", 0.01))
    return tuple(code for code, chance in chances if rng.random() < chance)
