"""Checks whether a data set is complete. A gap is a warning, or with `run.strict` (unattended runs) a failure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import polars as pl

from ameli_build.core.errors import Incomplete
from ameli_build.core.progress import say
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot


def empty_splits(snapshot: Snapshot) -> Iterator[str]:
    """A message for each empty split of the release."""
    for split in ("train", "dev", "test"):
        path = snapshot.dataset / f"{split}.parquet"
        if path.is_file() and pl.scan_parquet(path).select(pl.len()).collect().item() == 0:
            yield f"the {split} split is empty"


def demand(problems: Iterable[str], settings: Settings) -> None:
    """Log each problem as a warning; with `run.strict`, raise `Incomplete` with all problems."""
    found = list(problems)
    if found and settings.run.strict:
        raise Incomplete(f"{'; '.join(found)} (run.strict)")
    for problem in found:
        say(f"warning: {problem}")
