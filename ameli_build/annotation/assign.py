"""Assignment of reviews: each review goes to a single annotator, overlapping reviews to all."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import partial


def assign(review_ids: Sequence[str], annotators: int, overlap: int, seed: int) -> list[list[str]]:
    """The review ids of each annotator's sheet, in the order of the sheet.

    Hashes of seed and review id decide, so the order of the input does not matter. Lengths of sheets differ by at most
    one. Overlapping reviews have different places in each sheet.
    """
    shuffled = sorted(set(review_ids), key=partial(_rank, seed, "assign"))
    shared, own = shuffled[:overlap], shuffled[overlap:]
    sheets = [shared + own[annotator::annotators] for annotator in range(annotators)]
    return [sorted(sheet, key=partial(_rank, seed, f"sheet {number}")) for number, sheet in enumerate(sheets, 1)]


def _rank(seed: int, purpose: str, review_id: str) -> str:
    return hashlib.sha256(f"{seed}\n{purpose}\n{review_id}".encode()).hexdigest()
