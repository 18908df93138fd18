"""Whether a run left a whole data set: a warning for a person who looks on, a failure for a run that nobody watches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import polars as pl

from ameli_build.core.errors import Incomplete
from ameli_build.core.progress import say
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot


def empty_splits(snapshot: Snapshot) -> Iterator[str]:
    """What is wrong with the released splits, in words."""
    for split in ("train", "dev", "test"):
        path = snapshot.dataset / f"{split}.parquet"
        if path.is_file() and pl.scan_parquet(path).select(pl.len()).collect().item() == 0:
            yield f"the {split} split is empty"


def demand(problems: Iterable[str], settings: Settings) -> None:
    """Say each problem as a warning; raises `Incomplete` that names them all where `run.strict` is on."""
    found = list(problems)
    if found and settings.run.strict:
        raise Incomplete(f"{'; '.join(found)} (run.strict)")
    for problem in found:
        say(f"warning: {problem}")
