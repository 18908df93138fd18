"""The truth about each review of the demo's world, by the rules of the paper, and its files in `DIR/truth/`.

The pipeline never opens these files. This module implements the rules a second time, on the world's records, so that it
shares no code with the filters.
"""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict
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
"""Number of labels for calibration, half of all with fewer than `ENOUGH`; more than 500 remain after filter 7."""

SHORT_WORDS = 8
FACTS_WITH_PHOTO, FACTS_ALONE = 1, 3
"""Number of statements about the variant in an informative text, with and without a photograph of the product."""


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
    """Whether a careful reader could identify the variant, by text alone or by text and photograph."""
    return len(said) >= (FACTS_WITH_PHOTO if shows_product else FACTS_ALONE)


def usable(image: WorldImage) -> bool:
    """Whether the picture can be decoded and is not the shop's placeholder."""
    return image.kind != "placeholder" and not image.fault


def _reason(review: WorldReview, sold: dict[str, WorldProduct], copies: set[str]) -> Reason | None:
    """The first reason that holds, in the order of `Reason`."""
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
    """Whether a text has more than 500 tokens. Shorter texts in bytes need no count: a token has at least one byte."""
    return len(review.title) + len(review.text) >= LIMIT and count_tokens(review.title, review.text) > LIMIT


def _copies(reviews: Sequence[WorldReview]) -> set[str]:
    """Reviews with the text of an earlier review; short texts count only for the same author and product."""
    groups: dict[tuple[str, ...], list[WorldReview]] = {}
    for review in reviews:
        folded = " ".join(unicodedata.normalize("NFC", review.text).split())
        key = (folded, review.sku, review.author) if len(folded.split()) < SHORT_WORDS else (folded,)
        groups.setdefault(key, []).append(review)
    ranked = (sorted(group, key=lambda r: (r.submitted_at, r.review_id)) for group in groups.values())
    return {review.review_id for group in ranked for review in group[1:]}


@cache
def _rude_pattern() -> re.Pattern[str]:
    """The profane words of this world's shoppers, in their spelling."""
    listed = "|".join(map(re.escape, phrases()["rude_words"]))
    return re.compile(rf"(?<![\w@$*])(?:{listed})(?![\w@$*])", re.IGNORECASE)


def rude_words(review: WorldReview) -> list[str]:
    """The profane words in a review, in its spelling."""
    return _rude_pattern().findall(f"{review.title}. {review.text}")


def _mention(note: Note) -> str:
    """The review's best name for its product; "" for only pronouns."""
    return max(note.named, key=lambda name: (len(name.split()), len(name)), default="")


def write_truth(world: World, folder: Path) -> None:
    """Write `reviews.jsonl`, `products.jsonl`, `labels.csv` and `labels_heldout.csv` into `folder`."""
    reviews = {review.review_id: review for review in world.reviews}
    lines = [_review_line(truth, reviews[truth.review_id]) for truth in world.truths]
    write_bytes(folder / "reviews.jsonl", _json_lines(lines))
    products = [
        {"sku": p.sku, "family": list(p.family), "leaves": not any(map(usable, p.images)), "look": asdict(p.look)}
        for p in world.products
    ]
    write_bytes(folder / "products.jsonl", _json_lines(products))
    shown, held_out = label_split(world)
    write_bytes(folder / "labels.csv", _csv(shown))
    write_bytes(folder / "labels_heldout.csv", _csv(held_out))


def label_split(world: World) -> tuple[list[ReviewTruth], list[ReviewTruth]]:
    """Reviews that pass section 3.2 and name their product: the reviews for calibration, and the others."""
    staying = [truth for truth in world.truths if truth.reason is None and truth.mention]
    ranked = sorted(staying, key=lambda truth: number_of(world.seed, "label", truth.review_id))
    count = LABELLED if len(ranked) >= ENOUGH else len(ranked) // 2
    first, others = (sorted(part, key=lambda truth: truth.review_id) for part in (ranked[:count], ranked[count:]))
    return first, others


def read_truth(folder: Path) -> list[dict[str, Any]]:
    """The lines of `reviews.jsonl`; raises `UnusableInput` if it is missing."""
    path = folder / "reviews.jsonl"
    if not path.is_file():
        raise UnusableInput(f"{path}: missing; it is written by the demo")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def read_labels(path: Path) -> dict[str, int]:
    """The labels in a file, by review id; raises `UnusableInput` if it is missing."""
    if not path.is_file():
        raise UnusableInput(f"{path}: missing; it is written by the demo")
    with path.open(encoding="utf-8", newline="") as handle:
        return {row["review_id"]: int(row["label"]) for row in csv.DictReader(handle)}


def _review_line(truth: ReviewTruth, review: WorldReview) -> dict[str, Any]:
    return {
        "review_id": truth.review_id,
        "sku": truth.sku,
        "reason": truth.reason,
        "mention": truth.mention,
        "informative": truth.informative,
        "attributes_said": list(truth.attributes_said),
        "photos": [{name: value for name, value in asdict(photo).items() if name != "text"} for photo in review.photos],
    }


def _json_lines(rows: Sequence[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row, sort_keys=True, ensure_ascii=False) + "\n" for row in rows).encode()


def _csv(truths: Sequence[ReviewTruth]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("review_id", "label"))
    writer.writerows((truth.review_id, int(truth.informative)) for truth in truths)
    return text.getvalue().encode()
