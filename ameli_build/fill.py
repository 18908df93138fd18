"""`ameli work`: one of N processes that fill the shared cache for a stage."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from ameli_build.cluster.ranks import Rank
from ameli_build.core.cache import Work
from ameli_build.core.errors import RunFailed, UnusableInput
from ameli_build.core.progress import say
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.core.standing import stage_record, standing_of
from ameli_build.models.needs import require
from ameli_build.pipeline import STAGES, require_libraries, roles_of, stages_until


def fill(snapshot: Snapshot, settings: Settings, name: str, rank: int, of: int) -> int:
    """Fill the cache with the shards of a stage: every `of`-th, then all that are missing.

    This does not finish the stage: `ameli build` runs it with these shards. Ranks may die, restart, and make a shard
    twice. The caller holds the snapshot's shared lock.

    Args:
        snapshot: The snapshot.
        settings: Settings of the build.
        name: Name of the stage.
        rank: Number of this rank, from 0.
        of: Number of ranks.

    Returns:
        The number of shards that this rank made.

    Raises:
        RunFailed: An earlier stage is not up to date.
        UnusableInput: The rank or the stage does not exist, or a model is missing.
    """
    if not 0 <= rank < of:
        raise UnusableInput(f"--rank {rank} --of {of}: ranks are 0 to {of - 1}")
    if name not in {stage.name for stage in STAGES}:
        raise UnusableInput(f"--stage {name}: no such stage (one of {', '.join(stage.name for stage in STAGES)})")
    *earlier, stage = stages_until(name)
    for before in earlier:
        if why := standing_of(before, snapshot, settings, stage_record(snapshot, before.name)).why:
            raise RunFailed(
                f"stage {name}: its inputs are missing: stage {before.name} {_as_verb(why)}; "
                f"run ameli build SNAPSHOT --until {earlier[-1].name} first, with the same settings"
            )
    require_libraries((stage,), settings)
    require(settings, roles_of((stage,), settings))
    mapper = Rank(rank, of)
    with TemporaryDirectory(prefix="ameli-work-") as scratch:
        work = Work.of(snapshot, settings, mapper)
        work = replace(work, scratch_folder=Path(scratch), only_fills=True)
        if work.store is not None:
            work.store.check()
        stage.compute({table: snapshot.scan(table) for table in stage.inputs}, settings, work)
    say(f"{name}: rank {rank} of {of} made {mapper.made:,} shards; all {len(work.used):,} are in the cache")
    return mapper.made


def _as_verb(why: str) -> str:
    return why if why.startswith("has ") else f"is stale ({why})"
