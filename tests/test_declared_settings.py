"""A stage reads only settings that its fingerprint covers: otherwise a change would leave an old result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from pathlib import Path

import pytest
from declared import noting
from world_files import ingested, write_world

from ameli_build.core.cache import Mapper, Work, in_process
from ameli_build.core.execution import run_stage
from ameli_build.core.settings import Settings, load_settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.core.stage import Result, Stage, Tables
from ameli_build.core.standing import standing_of
from ameli_build.pipeline import STAGES, build


def undeclared(
    stage: Stage, snapshot: Snapshot, settings: Settings, mapper: Mapper = in_process
) -> tuple[bool, set[str]]:
    """Run a stage; returns whether it ran, and the settings that it read and that its fingerprint does not cover."""
    covered: set[str] = set()
    read: set[str] = set()
    standing_of(stage, snapshot, noting(settings, covered), {})

    @wraps(stage.compute)
    def compute(tables: Tables, given: Settings, work: Work) -> Result:
        return stage.compute(tables, noting(given, read), work)

    ran = run_stage(replace(stage, compute=compute), snapshot, settings, mapper)
    assert read or not ran or not stage.inputs
    return ran, read - covered


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    write_world(folder, products=12)
    return folder


BRANCHES = {
    "demo": [],
    "other rules": [
        *("mentions.source=catalogue", "mentions.rule=paper", "informativeness.match=exact", "splits.policy=family"),
        *("informativeness.rule=count", "informativeness.images=mean", "clean.relink=false"),
    ],
    "the authors' rules": [
        *("mentions.rule=authors", "splits.policy=greedy", "splits.near_duplicates=drop"),
        *("candidates.within_category=true", "models.detector=whole", "release.strip_metadata=false"),
    ],
}
"""Settings with which the stages run other branches of their code."""


@pytest.mark.slow
@pytest.mark.parametrize("overrides", BRANCHES.values(), ids=BRANCHES)
def test_stages_read_only_declared_settings(world: Path, tmp_path: Path, overrides: list[str]) -> None:
    snapshot = ingested(world, tmp_path / "s")
    settings = load_settings("demo", [f"run.cache={world / 'cache'}", *overrides])
    found: dict[str, set[str]] = {}

    def run(stage: Stage, snapshot: Snapshot, settings: Settings, mapper: Mapper) -> bool:
        ran, found[stage.name] = undeclared(stage, snapshot, settings, mapper)
        return ran

    (snapshot.root / "stages" / "catalog" / "stage.json").unlink()
    assert build(snapshot, settings, run=run) == [stage.name for stage in STAGES]
    assert found == {stage.name: set() for stage in STAGES}


READS: list[tuple[Callable[[Settings], object], set[str]]] = [
    (lambda settings: settings.splits.train, {"splits.train"}),
    (lambda settings: settings.profile, {"profile"}),
    (lambda settings: settings.candidates.model_dump(), {"candidates.k", "candidates.within_category"}),
    (lambda settings: dict(settings.candidates), {"candidates.k", "candidates.within_category"}),
    (lambda settings: settings.models.device_of("ocr"), {"models.ocr.device"}),
    (lambda settings: settings.models.device_of("detector"), set()),
    (lambda settings: settings.models.model_copy(update={"batch": 2}).ocr, {"models.ocr"}),
    (
        lambda settings: settings.compared,
        {"informativeness.match", "informativeness.similarity", "models.image_encoder"},
    ),
    (lambda settings: (settings.clean.max_tokens, settings.crawl.shop, settings.models.detector), set()),
    (lambda settings: (settings.run.seed, settings.models.batch, settings.models.precision), set()),
]


@pytest.mark.parametrize(("read", "wanted"), READS)
def test_undeclared_settings_are_found(tmp_path: Path, read: Callable[[Settings], object], wanted: set[str]) -> None:
    def compute(tables: Tables, settings: Settings, work: Work) -> Result:
        read(settings)
        assert settings.models.detector
        return Result({})

    stage = Stage(
        "clean",
        compute,
        inputs=(),
        outputs=(),
        sections=("clean",),
        values=("crawl.shop",),
        models=("detector", "text_encoder"),
    )
    compute.__module__ = "ameli_build.clean.stage"
    assert undeclared(stage, Snapshot(tmp_path), load_settings("demo")) == (True, wanted)


def test_noting_changes_no_value() -> None:
    settings = load_settings("paper")
    assert noting(settings, set()).model_dump() == settings.model_dump()
