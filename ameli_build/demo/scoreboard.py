"""The scoreboard: checks of a build against the truth of the demo's world."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import polars as pl
from PIL import Image

from ameli_build.core.reasons import Reason
from ameli_build.core.records import joined_text
from ameli_build.core.snapshot import Snapshot
from ameli_build.demo.truth import read_labels, read_truth
from ameli_build.drawing.appearance import Look
from ameli_build.drawing.pictures import photograph

RULES = {
    "filter 1 (no image)": (Reason.NO_IMAGE,),
    "filter 2 (too long)": (Reason.TOO_LONG,),
    "filter 3 (only unhelpful)": (Reason.ONLY_UNHELPFUL,),
    "filter 4 (wrong variant)": (Reason.WRONG_VARIANT,),
    "filter 4 (product missing)": (Reason.PRODUCT_MISSING,),
    "duplicates": (Reason.DUPLICATE,),
    "filter 5 (truncated image)": (Reason.TRUNCATED_IMAGE,),
    "filter 6 (profanity)": (Reason.PROFANITY,),
}
"""Filters that must be exactly right: they drop the same reviews as the truth."""

MENTION_TARGET, PRECISION_TARGET, RECALL_TARGET, OVERLAP_TARGET = 0.95, 0.85, 0.82, 0.6
BOXES = 100
"""Number of photographs whose true box is computed and compared with the patch."""

Truth = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """A check: its name, the value, the target, and whether the target was met."""

    name: str
    value: str
    target: str
    ok: bool


def score(snapshot_root: Path, truth_dir: Path) -> list[Row]:
    """The rows of the scoreboard; raises `UnusableInput` if a stage's table or the truth is missing."""
    snapshot = Snapshot(snapshot_root)
    truths = {truth["review_id"]: truth for truth in read_truth(truth_dir)}
    return [
        *_filters(snapshot, truths),
        _gold(snapshot, truths),
        _mentions(snapshot, truths),
        *_informativeness(snapshot, read_labels(truth_dir / "labels_heldout.csv")),
        _patches(snapshot, truths),
    ]


def _filters(snapshot: Snapshot, truths: Mapping[str, Truth]) -> Iterable[Row]:
    crawled = set(snapshot.read("catalog/reviews")["review_id"])
    dropped = snapshot.read("clean/dropped")
    for name, reasons in RULES.items():
        left = set(dropped.filter(pl.col("reason").is_in([str(reason) for reason in reasons]))["review_id"])
        due = {key for key, truth in truths.items() if truth["reason"] in reasons and key in crawled}
        wrong, missed = len(left - due), len(due - left)
        value = f"{len(left & due)} of {len(due)}" + (f", {wrong} wrongly" if wrong else "")
        yield Row(name, value, "exact", not wrong and not missed)


def _gold(snapshot: Snapshot, truths: Mapping[str, Truth]) -> Row:
    """Share of kept reviews that are linked to their true variant."""
    kept = snapshot.read("clean/reviews").select("review_id", "sku").rows()
    right = sum(key in truths and truths[key]["sku"] == sku for key, sku in kept)
    row = share_row("gold products of the reviews that stay", right, len(kept), 1.0)
    return replace(row, target="exact", ok=right == len(kept))


def share_row(name: str, right: int, count: int, target: float) -> Row:
    """A check that at least `target` (0..1) of `count` cases are right."""
    share = right / count if count else 0.0
    return Row(name, f"{share:.3f} ({right} of {count})" if count else "none", f"at least {target}", share >= target)


def _mentions(snapshot: Snapshot, truths: Mapping[str, Truth]) -> Row:
    """Accuracy of mentions over the reviews of section 3.3; no mention is right for a review without a name."""
    reviews = snapshot.read("clean/reviews").select("review_id", "title", "text")
    found = {row[0]: row[1:] for row in snapshot.read("mentions/mentions").select(_MENTION).iter_rows()}
    known = [row for row in reviews.iter_rows() if row[0] in truths]
    right = sum(
        accepts(truths[key]["mention"], joined_text(title, text), *found.get(key, ("", 0, 0)))
        for key, title, text in known
    )
    return share_row("mentions (section 3.3)", right, len(known), MENTION_TARGET)


_MENTION = ("review_id", "mention", "mention_start", "mention_end")


def accepts(truth: str, text: str, mention: str, start: int, end: int) -> bool:
    """Whether a mention is right: the same words except for number and case, or the same head at the same place.

    `start` and `end` are in code points of `text`. `mention` is "" if none was found, which is right if `truth` is "".
    """
    if not truth or not mention:
        return truth == mention
    if _bare(mention) == _bare(truth):
        return True
    place = text.lower().find(truth.lower())
    while place >= 0:
        if end == place + len(truth) and start < end:
            return True
        place = text.lower().find(truth.lower(), place + 1)
    return False


def _bare(name: str) -> str:
    """A name without case, possessive, hyphens and plural ending."""
    words = name.lower().replace("’", "'").removesuffix("'s").replace("-", " ").split()
    if not words:
        return ""
    last = words[-1]
    for ending in ("ches", "shes", "xes", "sses"):
        if last.endswith(ending):
            last = last.removesuffix("es")
    return " ".join([*words[:-1], last.removesuffix("s")])


def _informativeness(snapshot: Snapshot, labels: Mapping[str, int]) -> Iterable[Row]:
    """Precision and recall of informative reviews, on labelled reviews that calibration has not used."""
    judged = set(snapshot.read("informativeness/features")["review_id"]) & labels.keys()
    kept = set(snapshot.read("informativeness/kept")["review_id"]) & judged
    positive = {key for key in judged if labels[key] == 1}
    right = len(kept & positive)
    for name, count, target in (("precision", len(kept), PRECISION_TARGET), ("recall", len(positive), RECALL_TARGET)):
        yield share_row(f"informativeness {name} on {len(judged)} labels not calibrated on", right, count, target)


def _patches(snapshot: Snapshot, truths: Mapping[str, Truth]) -> Row:
    """Agreement of cleaned images with the true boxes: mean intersection over union, on a sample of photographs."""
    overlaps = []
    for path, patch, photo in _photographs(snapshot, truths):
        look = Look(**photo["look"])
        _, box = photograph(look, photo["seed"])
        overlaps.append(intersection_over_union(_place_of(snapshot.root / patch, snapshot.root / path), box))
        if len(overlaps) == BOXES:
            break
    mean = float(np.mean(overlaps)) if overlaps else 0.0
    name = f"patches of filter 7 (mean overlap with the true box, {len(overlaps)} photographs)"
    return Row(name, f"{mean:.3f}", f"at least {OVERLAP_TARGET}", mean >= OVERLAP_TARGET)


def _photographs(snapshot: Snapshot, truths: Mapping[str, Truth]) -> Iterable[tuple[str, str, Any]]:
    """Path, patch and truth of photographs with the product, in the order of reviews."""
    names = {path: reference for reference, path in _references(snapshot)}
    rows = snapshot.read("clean/reviews").sort("review_id").select("review_id", "images", "cleaned_images")
    for key, images, patches in rows.iter_rows():
        photos = {photo["name"]: photo for photo in truths[key]["photos"]} if key in truths else {}
        for path, patch in zip(images, patches, strict=True):
            photo = photos.get(names.get(path, "").partition(";")[0].rpartition("/")[2])
            if photo and photo["kind"] == "photo" and photo["look"]:
                yield path, patch, photo


def _references(snapshot: Snapshot) -> list[tuple[str, str]]:
    table = snapshot.read("catalog/images").drop_nulls("path")
    return [(reference, path) for reference, path in table.select("reference", "path").iter_rows()]


def _place_of(patch: Path, original: Path) -> tuple[int, int, int, int]:
    """The box of a patch in its original."""
    with Image.open(patch) as small, Image.open(original) as large:
        piece, whole = (np.asarray(each.convert("L")) for each in (small, large))
    _, _, (left, top), _ = cv2.minMaxLoc(cv2.matchTemplate(whole, piece, cv2.TM_SQDIFF))
    return left, top, left + piece.shape[1], top + piece.shape[0]


def intersection_over_union(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> float:
    """Intersection over union of two boxes (left, top, right, bottom)."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    shared = max(0, width) * max(0, height)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return shared / (sum(areas) - shared)
