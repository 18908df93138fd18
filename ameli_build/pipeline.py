"""The build, top to bottom: sections 3.1 to 3.5 as a list of stages."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ameli_build import candidates, splits
from ameli_build.catalog.build import STAGE as CATALOG
from ameli_build.clean.stage import STAGE as CLEAN
from ameli_build.core.cache import Mapper, in_process
from ameli_build.core.errors import UnusableInput
from ameli_build.core.execution import run_stage, settings_as_run
from ameli_build.core.extras import require_extra
from ameli_build.core.progress import say
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.core.stage import Stage
from ameli_build.informativeness.stage import STAGE as INFORMATIVENESS
from ameli_build.mentions.stage import STAGE as MENTIONS
from ameli_build.models.detect import WHOLE
from ameli_build.models.needs import require
from ameli_build.provenance import write_run_record
from ameli_build.release.stage import STAGE as RELEASE
from ameli_build.release.stage import refuse_link
from ameli_build.whole import demand, empty_splits

RunStage = Callable[[Stage, Snapshot, Settings, Mapper], bool]
"""Runs a stage unless its result is up to date; True if it ran."""

STAGES: tuple[Stage, ...] = (
    CATALOG,  # 3.1
    CLEAN,  # 3.2
    MENTIONS,  # 3.3
    INFORMATIVENESS,  # 3.4
    candidates.STAGE,  # 3.5
    splits.STAGE,  # 3.5
    RELEASE,
)


def stages_until(until: str | None) -> tuple[Stage, ...]:
    """The stages up to and including `until`; for None, all. Raises `UnusableInput` for an unknown name."""
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
    """Run the stages of a build, except those whose result is up to date. The caller holds the snapshot's lock.

    Args:
        snapshot: Snapshot with raw records or a catalogue.
        settings: Settings of the run.
        until: Name of the last stage; None for all.
        mapper: Maps a function over shards: in this process, or with `process_mapper`.
        run: Runs one stage; flows give their own.

    Returns:
        The names of the stages that ran.

    Raises:
        UnusableInput: A model or an extra is not there, or `dataset` is a symbolic link.
        Incomplete: A split is empty, and `run.strict` is on.
    """
    if RELEASE in stages_until(until):
        refuse_link(snapshot)
    require_libraries(stages_until(until), settings)
    require(settings, roles_of(stages_until(until), settings), elsewhere=hasattr(mapper, "on"))
    warn_of_settings(settings, stages_until(until))
    ran = [stage.name for stage in stages_until(until) if run(stage, snapshot, settings, mapper)]
    if not ran:
        say("nothing to do: inputs, settings and code are those of the last build")
    write_run_record(snapshot, settings, "build")
    demand(empty_splits(snapshot), settings)
    return ran


def require_libraries(stages: Iterable[Stage], settings: Settings) -> None:
    """Raise `MissingExtra`, which names the stages, where they need models and the extra `models` is not installed.

    Without it, `clean` counts tokens and does without a detector.
    """
    wanted = [stage.name for stage in stages if _needs_models(stage, settings)]
    if wanted:
        who = f"stage {wanted[0]}" if len(wanted) == 1 else f"each of the stages {', '.join(wanted)}"
        require_extra("models", who, f"without it: --until {CLEAN.name} --set models.detector={WHOLE}")


def _needs_models(stage: Stage, settings: Settings) -> bool:
    return settings.models.detector != WHOLE if stage is CLEAN else bool(stage.roles(settings))


def warn_of_settings(settings: Settings, stages: Iterable[Stage]) -> None:
    """Log a warning where the stages differ from the paper's profile: word list and thresholds."""
    names = {stage.name for stage in stages}
    if CLEAN.name in names and settings.profile in ("paper", "authors") and not settings.clean.profanity_list:
        say(
            f"warning: profile {settings.profile}: filter 6 uses better-profanity's word list; name a file with the "
            "paper's, by Free Web Headers, in clean.profanity_list (docs/build.md)"
        )
    if INFORMATIVENESS.name in names and settings.has_strange_thresholds:
        say(
            f"warning: section 3.4's thresholds were found for {settings.informativeness.thresholds_for}; this "
            f"build has {settings.compared}: label some reviews and run ameli calibrate SNAPSHOT LABELS"
        )
    elif INFORMATIVENESS.name in names and not settings.informativeness.thresholds_from:
        say(
            f"warning: profile {settings.profile}: nobody calibrated section 3.4's thresholds for its models; label "
            "some reviews and run ameli calibrate SNAPSHOT LABELS"
        )


def roles_of(stages: Iterable[Stage], settings: Settings) -> set[str]:
    """The roles of the models for these stages; filter 2 also needs a tokenizer."""
    return {role for stage in stages for role in (*stage.roles(settings), *(("tokenizer",) if stage is CLEAN else ()))}


def release_again(snapshot: Snapshot, settings: Settings, *, mapper: Mapper = in_process) -> None:
    """Run only `release`, after an import of answers. The caller holds the snapshot's lock.

    The settings are those of the build, so that nothing else changes.
    """
    used = settings_as_run(snapshot, settings, *(stage.name for stage in STAGES))
    run_stage(RELEASE, snapshot, used, mapper)
    write_run_record(snapshot, used, "sheets import")
