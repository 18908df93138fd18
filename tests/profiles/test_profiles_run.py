"""The profiles under their own names: fetched from a hub on loopback, then the whole chain with the hub shut.

The checkpoints are tiny and random, so scores mean nothing. Only the lengths of the trainings are changed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest
from chain_world import photograph, write_chain_world
from hub.loopback import LoopbackHub

from ameli_build.core.settings import load_settings
from ameli_build.models.hub import Hub
from ameli_build.models.needs import needs_of
from ameli_build.scores.tables import FLOORS, HUMAN, TABLE4, TABLE5, TUNED_PRIOR, TUNED_TEXT

RUN = """
import json, sys
from ameli_build.cli import app
for command in json.loads(sys.argv[1]):
    app(command, standalone_mode=False)
"""
"""Several commands in one process that imports the libraries once."""
AMELI = "from ameli_build.cli import main; main()"
QUICK = ("text_epochs=1", "text_tuning_epochs=1", "adapter_epochs=2", "bootstrap=20")
LEARNING = [part for setting in QUICK for part in ("--set", f"baseline.{setting}")]
MISMATCH = ("newly initialized", "size mismatch", "QuickGELU", "No sentence-transformers model", "W095", "Identifier")


def python(code: str, *arguments: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "COLUMNS": "300", **environment}
    )


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("chain")
    write_chain_world(folder)
    return folder


def chain(snapshot: Path, world: Path, profile: str) -> list[Sequence[str]]:
    """The commands from the raw records to a linked review."""
    files = ["--products", str(world / "products.jsonl"), "--reviews", str(world / "reviews.jsonl")]
    photo = photograph(world / "new.png", "Laptop", "Red")
    return [
        ["ingest", "--out", str(snapshot), *files, "--images", str(world / "images"), "--profile", profile],
        ["build", str(snapshot), "--profile", profile, "--workers", "1"],
        ["baseline", str(snapshot), "--profile", profile, "--workers", "1", *LEARNING],
        [
            "link",
            str(snapshot),
            "--profile",
            profile,
            "--text",
            "This laptop is red.",
            "--image",
            str(photo),
            *LEARNING,
        ],
    ]


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("profile", ["small", "paper", "authors"])
def test_the_whole_chain_runs_with_the_hub_shut(profile: str, hub_folder: Path, world: Path, tmp_path: Path) -> None:
    snapshot = tmp_path / "snapshot"
    with LoopbackHub(hub_folder) as hub:
        environment = hub.environment(tmp_path / "downloads.toml")
        environment |= {"AMELI_MODELS": str(tmp_path / "models"), "HF_HOME": str(tmp_path / "hf")}
        fetched = python(AMELI, "models", "fetch", "--profile", profile, environment=environment)
        assert fetched.returncode == 0, fetched.stderr
        assert "all here" in fetched.stdout
        hub.shut()
        done = python(RUN, json.dumps(chain(snapshot, world, profile)), environment=environment)
        assert done.returncode == 0, done.stderr
        assert hub.asked == []
    said = done.stdout + done.stderr
    assert [words for words in MISMATCH if words in said] == []
    assert "Norvex - Laptop" in done.stdout.split("mention ")[1]
    check_scores(snapshot, profile)
    check_record(snapshot, profile)


def check_scores(snapshot: Path, profile: str) -> None:
    """Every row of both tables has numbers, made by every extractor of the profile."""
    scores = json.loads((snapshot / "baseline" / "scores.json").read_text())
    table4, table5 = scores["table4"]["test"], scores["table5"]["test"]
    assert set(table4) == {*TABLE4, *FLOORS, TUNED_TEXT}
    assert set(table5) == {*TABLE5, HUMAN}
    assert {name for name, row in table4.items() if row["recall@10"] is None or "reason" in row} == set()
    table5.pop(HUMAN)
    assert {name for name, row in table5.items() if row["end_to_end_f1"] is None or "reason" in row} == set()
    settings = load_settings(profile)
    channels = {"text", "image", *(["cross"] if settings.baseline.cross_channel else [])}
    assert set(scores["tuned"]["weights"][TUNED_PRIOR]) == channels
    assert list(snapshot.glob("cache/*/*.safetensors"))
    assert not list(snapshot.glob("cache/*/*.checkpoint.sealed"))
    assert (snapshot / "cache" / "encode-pairs").exists() == (settings.baseline.text_layers == 0)
    assert bool(list(snapshot.glob("cache/generate-values/*.sealed"))) == bool(settings.models.generator)
    predictions = pl.read_parquet(snapshot / "baseline" / "predictions.parquet")
    assert not any(predictions[f"retrieval_{name}"].has_nulls() for name in channels)
    extractors = {"string match", "ocr", *(["generator"] if settings.models.generator else [])}
    assert all(extractors <= set(names) for names in predictions["extractors"].to_list())


def check_record(snapshot: Path, profile: str) -> None:
    """`run.json` has the revision of every repository."""
    models = json.loads((snapshot / "run.json").read_text())["models"]
    needs = needs_of(load_settings(profile))
    pinned = [(need.role, source.revision) for need in needs for source in need.sources if isinstance(source, Hub)]
    assert [role for role, revision in pinned if revision not in models[role]] == []
    assert [role for role, content in models.items() if "not fetched" in content or "not installed" in content] == []
