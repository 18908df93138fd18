"""Simulated annotators, for the demo and for tests of the steps after annotation."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from ameli_build.annotation.answers import SIMULATED
from ameli_build.annotation.assign import assign
from ameli_build.annotation.html import ANSWERS_FORMAT
from ameli_build.annotation.tasks import CANNOT_TELL, CLEAN_TEST, choose, load_task
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot, write_json


def answer_sheets(snapshot: Snapshot, annotators: int, overlap: int, accuracy: float, settings: Settings) -> list[Path]:
    """Write answers files in the format of an annotator's download; returns the files.

    Each answer is right with probability `accuracy`. Hashes of the seed decide, so an answer does not depend on the
    number of reviews. The annotators' names say that they are simulated.
    """
    task = load_task(snapshot, CLEAN_TEST)
    test = pl.read_parquet(snapshot.dataset / "test.parquet", columns=["review_id", "sku"])
    gold = dict(test.iter_rows())
    written = []
    for number, part in enumerate(assign(choose(task, settings), annotators, overlap, settings.run.seed), 1):
        name = f"{SIMULATED}{number}"
        rows = [
            {
                "review_id": review_id,
                "choice": _choice(task.items[review_id].shown, gold[review_id], accuracy, (name, review_id), settings),
                "comment": "",
            }
            for review_id in part
        ]
        value = {
            "format": ANSWERS_FORMAT,
            "task": CLEAN_TEST,
            "sheet": f"sheet-{number:02d}",
            "annotator": name,
            "fingerprint": task.fingerprint,
            "simulated": True,
            "answers": rows,
        }
        written.append(snapshot.root / "sheets" / "simulated" / f"answers-{name}.json")
        write_json(written[-1], value)
    return written


def _choice(shown: Sequence[str], gold: str, accuracy: float, who: tuple[str, str], settings: Settings) -> int | str:
    """The gold product's number; with probability 1 - `accuracy`, that of another product."""
    digest = hashlib.sha256("\n".join((str(settings.run.seed), "simulated", *who)).encode()).digest()
    if int.from_bytes(digest[:8], "big") < accuracy * 2**64:
        return shown.index(gold) + 1
    others = [position for position, sku in enumerate(shown, 1) if sku != gold]
    return others[int.from_bytes(digest[8:16], "big") % len(others)] if others else CANNOT_TELL
