"""The build, top to bottom: sections 3.1 to 3.5 as a list of stages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from ameli_build import candidates, splits
from ameli_build.catalog.build import STAGE as CATALOG
from ameli_build.clean.settings import CleanSettings
from ameli_build.clean.stage import STAGE as CLEAN
from ameli_build.core.cache import Mapper, in_process
from ameli_build.core.errors import UnusableInput
from ameli_build.core.execution import run_stage, settings_as_run
from ameli_build.core.extras import require_extra
from ameli_build.core.progress import say, step
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.core.stage import Stage
from ameli_build.informativeness.stage import STAGE as INFORMATIVENESS
from ameli_build.mentions.stage import STAGE as MENTIONS
from ameli_build.models.detect import WHOLE
from ameli_build.models.needs import require
from ameli_build.provenance import write_run_record
from ameli_build.release import stage as release
from ameli_build.stages import STAGES as ADDED
from ameli_build.whole import demand, empty_splits

RunStage = Callable[[Stage, Snapshot, Settings, Mapper], bool]
"""Runs a stage unless its result is up to date; True if it ran."""

PAPER: tuple[Stage, ...] = (
    CATALOG,  # 3.1
    CLEAN,  # 3.2
    MENTIONS,  # 3.3
    INFORMATIVENESS,  # 3.4
    candidates.STAGE,  # 3.5
    splits.STAGE,  # 3.5
    release.STAGE,
)


def with_added(stages: Sequence[Stage], added: Sequence[Stage]) -> tuple[Stage, ...]:
    """The stages, with each of `added` behind the stage that it names.

    Reviews that an added stage drops are not in the inputs of later stages. The last stage, `release`, lists them.

    Raises:
        ValueError: An added stage names no stage before the last, has the name of another stage, or drops reviews
            other than those that the paper's stages before it kept.
    """
    ordered = list(stages)
    for stage in added:
        names = [placed.name for placed in ordered]
        if stage.after not in names[:-1] or stage.name in names:
            raise ValueError(f"ameli_build/stages: {stage.name} after {stage.after!r}: must be one of {names[:-1]}")
        ordered.insert(names.index(stage.after) + 1, stage)
    gone: list[str] = []
    stayed = "catalog/reviews"  # the table of the reviews that the paper's stages have not dropped
    for n, stage in enumerate(ordered[:-1]):
        if stage not in added:
            stayed = next((rule.kept for rule in stage.conserved if rule.key == "review_id"), stayed)
        elif stage.dropped and not _judges(stage, stayed):
            raise ValueError(f"ameli_build/stages: {stage.name} drops reviews, so it must judge those of {stayed}")
        if gone:
            ordered[n] = replace(stage, inputs=(*stage.inputs, *gone), without=tuple(gone))
        gone += [stage.dropped] if stage in added and stage.dropped else []
    others = (name for name in ordered[-1].inputs if not name.endswith("/dropped"))
    ordered[-1] = replace(ordered[-1], inputs=(*others, *(stage.dropped for stage in ordered if stage.dropped)))
    return tuple(ordered)


def _judges(stage: Stage, table: str) -> bool:
    """Whether a stage reads a table of reviews, and each check of its reviews compares with this table."""
    sources = {rule.source for rule in stage.conserved if rule.key == "review_id"}
    return table in stage.inputs and sources <= {table}


STAGES = with_added(PAPER, ADDED)
RELEASE = STAGES[-1]


def stages_until(until: str | None) -> tuple[Stage, ...]:
    """The stages up to and including `until`; all for None. Raises `UnusableInput` for an unknown name."""
    names = [stage.name for stage in STAGES]
    if until is None:
        return STAGES
    if until not in names:
        raise UnusableInput(f"--until {until}: no such stage (one of {', '.join(names)})")
    return STAGES[: names.index(until) + 1]


def build(
    snapshot: Snapshot,
    settings: Settings,
    *,
    until: str | None = None,
    mapper: Mapper = in_process,
    run: RunStage = run_stage,
) -> list[str]:
    """Run the stages of a build, except stages whose result is up to date. The caller holds the snapshot's lock.

    Args:
        snapshot: Snapshot with raw records or a catalogue.
        settings: Settings of the run.
        until: Name of the last stage; None for all.
        mapper: Maps a function over shards: in this process, or with `process_mapper`.
        run: Runs a stage; flows pass their own function.

    Returns:
        The names of the stages that ran.

    Raises:
        UnusableInput: A model or an extra is missing, or `dataset` is a symbolic link.
        Incomplete: A split is empty, and `run.strict` is on.
    """
    stages, ran = stages_until(until), []
    if RELEASE in stages:
        release.refuse_link(snapshot)
    require_libraries(stages, settings)
    require(settings, roles_of(stages, settings), elsewhere=hasattr(mapper, "on"))
    warn_of_settings(settings, stages)
    for number, stage in enumerate(stages, 1):
        with step(stage.name, number, len(stages)):
            ran += [stage.name] if run(stage, snapshot, settings, mapper) else []
    if not ran:
        say("nothing to do: inputs, settings and code have not changed since the last build")
    write_run_record(snapshot, settings, "build")
    demand(empty_splits(snapshot), settings)
    return ran


def require_libraries(stages: Iterable[Stage], settings: Settings) -> None:
    """Raise `MissingExtra` with the stages that need models, if the extra `models` is not installed.

    Without the extra, `clean` can count tokens, but not use a detector.
    """
    wanted = [stage.name for stage in stages if _needs_models(stage, settings)]
    if wanted:
        who = f"stage {wanted[0]}" if len(wanted) == 1 else f"each of the stages {', '.join(wanted)}"
        require_extra("models", who, f"without it: --until {CLEAN.name} --set models.detector={WHOLE}")


def _needs_models(stage: Stage, settings: Settings) -> bool:
    return settings.models.detector != WHOLE if stage is CLEAN else bool(stage.roles(settings))


def warn_of_settings(settings: Settings, stages: Iterable[Stage]) -> None:
    """Log a warning if the word list is not the paper's or the thresholds are not the models'."""
    names, clean = {stage.name for stage in stages}, settings.section(CleanSettings)
    if CLEAN.name in names and settings.profile in ("paper", "authors") and not clean.profanity_list:
        say(
            f"warning: profile {settings.profile}: filter 6 uses better-profanity's word list; to use the paper's list "
            "(by Free Web Headers), name its file in clean.profanity_list (docs/build.md)"
        )
    if INFORMATIVENESS.name in names and settings.has_strange_thresholds:
        say(
            f"warning: section 3.4's thresholds were found for {settings.informativeness.thresholds_for}; this "
            f"build uses {settings.compared}: label some reviews and run ameli calibrate SNAPSHOT LABELS"
        )
    elif INFORMATIVENESS.name in names and not settings.informativeness.thresholds_from:
        say(
            f"warning: profile {settings.profile}: section 3.4's thresholds are not calibrated for its models; label "
            "some reviews and run ameli calibrate SNAPSHOT LABELS"
        )


def roles_of(stages: Iterable[Stage], settings: Settings) -> set[str]:
    """The roles of the models for these stages; filter 2 also needs a tokenizer."""
    return {role for stage in stages for role in (*stage.roles(settings), *(("tokenizer",) if stage is CLEAN else ()))}


def release_again(snapshot: Snapshot, settings: Settings, *, mapper: Mapper = in_process) -> None:
    """Run only `release`, after an import of answers, with the settings of the build. The caller holds the lock."""
    used = settings_as_run(snapshot, settings, *(stage.name for stage in STAGES))
    run_stage(RELEASE, snapshot, used, mapper)
    write_run_record(snapshot, used, "sheets import")
