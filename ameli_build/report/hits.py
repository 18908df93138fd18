"""Right predictions for the report. The hardest predictions, which most other rows of Table 5 got wrong, come first."""

from __future__ import annotations

import hashlib
from collections.abc import Sized
from dataclasses import dataclass, replace

from ameli_build.report.inputs import Inputs
from ameli_build.report.judging import Judged, Judgement, ranking_of
from ameli_build.report.misses import Miss, cards
from ameli_build.scores.tables import in_order

RETRIEVAL = "retrieval"


@dataclass(frozen=True, slots=True)
class Hit:
    """A card of the gold product beside another product; `wrong` are the rows with a wrong prediction."""

    card: Miss
    title: str
    """Origin of the other product."""
    wrong: tuple[str, ...]


def show_hits(inputs: Inputs, judgement: Judgement, most: int, seed: int) -> list[Hit]:
    """Cards of the `most` hardest right predictions; a draw by seed and review breaks ties."""
    method = judgement.method
    rated = [(judged, _wrong(judged, method)) for judged in judgement.hits()]
    hardest = sorted(rated, key=lambda pair: (-len(pair[1]), _draw(pair[0], seed)))[:most]
    rivals = [_rival(judged, wrong, method) for judged, wrong in hardest]
    shown = [replace(judged, predicted=sku) for (judged, _), (sku, _) in zip(hardest, rivals, strict=True)]
    return [
        Hit(replace(card, how=_how(wrong, len(judged.row["ranked"]))), title, tuple(wrong))
        for card, (judged, wrong), (_, title) in zip(cards(inputs, shown), hardest, rivals, strict=True)
    ]


def _wrong(judged: Judged, method: str) -> dict[str, str]:
    """The products that other rows chose instead of the gold product, simple rows first."""
    rankings = {ranking["method"]: ranking["skus"] for ranking in judged.row["ranked"]}
    linked = {name: skus[0] for name, skus in rankings.items() if name != method and skus}
    chosen = {RETRIEVAL: judged.row["candidates"][0], **in_order(linked)}
    return {name: sku for name, sku in chosen.items() if sku != judged.gold}


def _how(wrong: Sized, others: int) -> str:
    """The difficulty in words; `others` is the number of other rows, retrieval included."""
    return f"{len(wrong)} of {others} other rows wrong" if wrong else "all other rows right"


def _rival(judged: Judged, wrong: dict[str, str], method: str) -> tuple[str | None, str]:
    """The product beside the gold product, and its title."""
    for name, sku in wrong.items():
        return sku, "Retrieved first" if name == RETRIEVAL else f"Chosen by {name}"
    return next(iter(ranking_of(judged.row, method)[1:]), None), "Ranked second"


def _draw(judged: Judged, seed: int) -> str:
    return hashlib.sha256(f"{seed} {judged.row['review_id']}".encode()).hexdigest()
