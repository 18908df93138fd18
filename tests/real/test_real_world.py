"""A small world is built, scored and linked with the profile `local`; rows without a model have a reason."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from world_files import write_world

from ameli_build.core.settings import Settings

pytestmark = pytest.mark.timeout(2400)

AMELI = [sys.executable, "-c", "from ameli_build.cli import main; main()"]
PRODUCTS, EVERY = 24, 3
QUICK = (
    "baseline.runs=1",
    "baseline.text_epochs=2",
    "baseline.adapter_epochs=2",
    "baseline.ocr_images=4",
    "baseline.ocr_rotations=[]",
    "baseline.generated_keys=1",
    "baseline.generated_tokens=4",
    "informativeness.image_similarity=0.3",
    "splits.policy=review",
)
TEXTLESS = ("V2TEL", "V2VTEL")
"""Rows that compare texts with pictures."""


def ameli(command: str, *arguments: str | Path) -> str:
    overrides = [part for value in QUICK for part in ("--set", value)]
    line = [*AMELI, command, *map(str, arguments), "--profile", "local", *overrides]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def root(local: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scored snapshot with every third review of the world."""
    folder = tmp_path_factory.mktemp("world")
    write_world(folder, PRODUCTS)
    lines = (folder / "reviews.jsonl").read_text().splitlines()
    names = sorted({json.loads(line)["review_id"] for line in lines})[::EVERY]
    chosen = [line for line in lines if json.loads(line)["review_id"] in set(names)]
    (folder / "reviews.jsonl").write_text("".join(f"{line}\n" for line in chosen))
    snapshot = folder / "snapshot"
    files = ("--products", folder / "products.jsonl", "--reviews", folder / "reviews.jsonl")
    ameli("ingest", *files, "--images", folder / "images", "--out", snapshot)
    ameli("build", snapshot)
    ameli("baseline", snapshot)
    return snapshot


def test_every_row_has_a_number_or_a_reason(root: Path) -> None:
    scores = json.loads((root / "baseline" / "scores.json").read_text())
    assert scores["notes"]["reviews"]["test"] > 0
    null = {}
    for table, key in (("table4", "recall@10"), ("table5", "end_to_end_f1")):
        null |= {name: row["reason"] for name, row in scores[table]["test"].items() if row.get(key) is None}
    assert all(null.values())
    assert {"V2VEL", "Fine-tuned SBERT", *TEXTLESS} == null.keys() - {"human"}
    assert all("has no text tower" in null[name] for name in TEXTLESS)
    assert "models.resnet is empty" in null["V2VEL"]


def test_a_review_is_linked_by_the_trained_text_module(root: Path) -> None:
    answer = json.loads(ameli("link", root, "--text", "I love this laptop, it is so fast.", "--json"))
    assert answer["scored_by"].startswith("text module")
    assert len(answer["matches"]) == 10
