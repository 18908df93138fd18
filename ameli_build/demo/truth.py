"""The truth of the demo's world: what each review is, by the rules of the contract, and its file in `DIR/truth/`.

The pipeline never opens these files. The rules are written out here a second time, on the world's own records, so that
the filters are compared with something that shares no code with them.
"""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from ameli_build.core.errors import UnusableInput
from ameli_build.core.reasons import Reason
from ameli_build.core.snapshot import write_bytes
from ameli_build.demo.length import LIMIT, count_tokens
from ameli_build.demo.lexicon import phrases
from ameli_build.demo.reviews import Note
from ameli_build.demo.words import number_of
from ameli_build.demo.world import ReviewTruth, World, WorldImage, WorldProduct, WorldReview

LABELLED, ENOUGH = 620, 1000
"""Labelled pairs for calibration, of which filter 7 leaves more than 500; half of all where there are not `ENOUGH`."""

SHORT_WORDS = 8
FACTS_WITH_PHOTO, FACTS_ALONE = 1, 3
"""Things about the variant that a text must say to be informative: with the product in a photograph, and without."""


def make_truths(
    products: Sequence[WorldProduct], reviews: Sequence[WorldReview], notes: Sequence[Note]
) -> tuple[ReviewTruth, ...]:
    """The truth of each review, in their order."""
    sold = {product.sku: product for product in products}
    copies = _copies(reviews)
    return tuple(
        ReviewTruth(
            review_id=review.review_id,
            sku=review.sku,
            reason=_reason(review, sold, copies),
            mention=_mention(note),
            informative=is_informative(note.said, note.shows_product),
            attributes_said=note.said,
        )
        for review, note in zip(reviews, notes, strict=True)
    )


def is_informative(said: Sequence[str], shows_product: bool) -> bool:
    """Whether a careful person could tell the variant: enough is said, or something is said and the product shown."""
    return len(said) >= (FACTS_WITH_PHOTO if shows_product else FACTS_ALONE)


def usable(image: WorldImage) -> bool:
    """Whether the picture can be decoded and is not the shop's placeholder."""
    return image.kind != "placeholder" and not image.fault


def _reason(review: WorldReview, sold: dict[str, WorldProduct], copies: set[str]) -> Reason | None:
    """The first reason that holds, in the contract's order."""
    product = sold.get(review.sku)
    checks = (
        (Reason.NO_IMAGE, not review.photos),
        (Reason.TOO_LONG, _too_long(review)),
        (Reason.ONLY_UNHELPFUL, review.unhelpful > 0 and review.helpful == 0),
        (Reason.WRONG_VARIANT, product is None),
        (Reason.PRODUCT_MISSING, product is not None and not any(map(usable, product.images))),
        (Reason.DUPLICATE, review.review_id in copies),
        (Reason.PROFANITY, bool(rude_words(review))),
        (Reason.TRUNCATED_IMAGE, not any(map(usable, review.photos))),
    )
    return next((reason for reason, holds in checks if holds), None)


def _too_long(review: WorldReview) -> bool:
    """More than 500 tokens; a text of fewer bytes cannot have so many, each token taking one at least."""
    return len(review.title) + len(review.text) >= LIMIT and count_tokens(review.title, review.text) > LIMIT


def _copies(reviews: Sequence[WorldReview]) -> set[str]:
    """Reviews that repeat an earlier one: the same text, short ones by the same author about the same product."""
    groups: dict[tuple[str, ...], list[WorldReview]] = {}
    for review in reviews:
        folded = " ".join(unicodedata.normalize("NFC", review.text).split())
        key = (folded, review.sku, review.author) if len(folded.split()) < SHORT_WORDS else (folded,)
        groups.setdefault(key, []).append(review)
    ranked = (sorted(group, key=lambda r: (r.submitted_at, r.review_id)) for group in groups.values())
    return {review.review_id for group in ranked for review in group[1:]}


@cache
def _rude_pattern() -> re.Pattern[str]:
    """The listed words that this world's shoppers use, as they write them."""
    listed = "|".join(map(re.escape, phrases()["rude_words"]))
    return re.compile(rf"(?<![\w@$*])(?:{listed})(?![\w@$*])", re.IGNORECASE)


def rude_words(review: WorldReview) -> list[str]:
    """The listed words in a review as they are written there."""
    return _rude_pattern().findall(f"{review.title}. {review.text}")


def _mention(note: Note) -> str:
    """The best name in words that the review has for its product, "" for pronouns only."""
    return max(note.named, key=lambda name: (len(name.split()), len(name)), default="")


def write_truth(world: World, folder: Path) -> None:
    """Writes `reviews.jsonl`, `products.jsonl`, `labels.csv` and `labels_heldout.csv` into `folder`."""
    reviews = {review.review_id: review for review in world.reviews}
    lines = [_review_line(truth, reviews[truth.review_id]) for truth in world.truths]
    write_bytes(folder / "reviews.jsonl", _json_lines(lines))
    products = [
        {"sku": p.sku, "family": list(p.family), "leaves": not any(map(usable, p.images)), "look": _look(p.look)}
        for p in world.products
    ]
    write_bytes(folder / "products.jsonl", _json_lines(products))
    shown, held_out = label_split(world)
    write_bytes(folder / "labels.csv", _csv(shown))
    write_bytes(folder / "labels_heldout.csv", _csv(held_out))


def label_split(world: World) -> tuple[list[ReviewTruth], list[ReviewTruth]]:
    """Reviews that no rule of 3.2 drops and that name their product: those for calibration, and the rest."""
    staying = [truth for truth in world.truths if truth.reason is None and truth.mention]
    ranked = sorted(staying, key=lambda truth: number_of(world.seed, "label", truth.review_id))
    count = LABELLED if len(ranked) >= ENOUGH else len(ranked) // 2
    return sorted(ranked[:count], key=_id), sorted(ranked[count:], key=_id)


def read_truth(folder: Path) -> list[dict[str, Any]]:
    """The lines of `reviews.jsonl`. Raises `UnusableInput` where it is missing."""
    path = folder / "reviews.jsonl"
    if not path.is_file():
        raise UnusableInput(f"{path}: missing; it is written by the demo")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def read_labels(path: Path) -> dict[str, int]:
    """A file of labels, by review id. Raises `UnusableInput` where it is missing."""
    if not path.is_file():
        raise UnusableInput(f"{path}: missing; it is written by the demo")
    with path.open(encoding="utf-8", newline="") as handle:
        return {row["review_id"]: int(row["label"]) for row in csv.DictReader(handle)}


def _id(truth: ReviewTruth) -> str:
    return truth.review_id


def _review_line(truth: ReviewTruth, review: WorldReview) -> dict[str, Any]:
    return {
        "review_id": truth.review_id,
        "sku": truth.sku,
        "reason": truth.reason,
        "mention": truth.mention,
        "informative": truth.informative,
        "attributes_said": list(truth.attributes_said),
        "photos": [
            {"name": p.name, "kind": p.kind, "seed": p.seed, "fault": p.fault, "look": _look(p.look)}
            for p in review.photos
        ],
    }


def _look(look: Any) -> dict[str, Any] | None:
    if look is None:
        return None
    return {name: getattr(look, name) for name in ("kind", "family", "colour", "size", "label")}


def _json_lines(rows: Sequence[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row, sort_keys=True, ensure_ascii=False) + "\n" for row in rows).encode()


def _csv(truths: Sequence[ReviewTruth]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("review_id", "label"))
    writer.writerows((truth.review_id, int(truth.informative)) for truth in truths)
    return text.getvalue().encode()
