"""A filter is added by the recipe of CONTRIBUTING.md: one file, and its test."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from world_files import write_world

from ameli_build.core import filters
from ameli_build.core.reasons import MEANINGS, Reason

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^( *)```python\n\1# (\S+)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


def recipe(heading: str) -> dict[str, str]:
    """The files that a recipe writes, by path."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = text.partition(f"### {heading}\n")[2].partition("\n### ")[0]
    return {path: re.sub(rf"^{indent}", "", body, flags=re.MULTILINE) for indent, path, body in FENCE.findall(section)}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """Runs a module of Python in a copy of the package in which the recipe was followed; gives what it printed."""
    copy = tmp_path_factory.mktemp("copy")
    shutil.copytree(ROOT / "ameli_build", copy / "ameli_build", ignore=shutil.ignore_patterns("__pycache__"))
    for path, source in recipe("Add a filter").items():
        (copy / path).parent.mkdir(parents=True, exist_ok=True)
        (copy / path).write_text(source, encoding="utf-8")

    def started(*arguments: str, edit: str = "") -> str:
        if edit:
            with (copy / edit).open("a") as file:
                file.write("\n# changed\n")
        done = subprocess.run([sys.executable, "-m", *arguments], check=False, capture_output=True, text=True, cwd=copy)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    return started


def test_the_recipe_has_two_files_and_its_test_passes(run: Callable[..., str]) -> None:
    rule, test = recipe("Add a filter")
    assert rule.startswith("ameli_build/core/filters/")
    assert "1 passed" in run("pytest", "-p", "no:cacheprovider", test)


def test_a_build_drops_by_an_added_filter(run: Callable[..., str], tmp_path: Path) -> None:
    world, snapshot = tmp_path / "world", tmp_path / "snapshot"
    write_world(world, products=4)
    records = ["--products", f"{world}/products.jsonl", "--reviews", f"{world}/reviews.jsonl"]
    run("ameli_build", "ingest", *records, "--images", f"{world}/images", "--out", str(snapshot), "--profile", "demo")
    words = pl.col("text").str.count_matches(r"\S+")
    texts = pl.read_ndjson(world / "reviews.jsonl").unique("review_id").select("review_id", words=words)
    least = int(texts["words"].median())
    build = ("ameli_build", "build", str(snapshot), "--until", "clean", "--set", f"clean.min_words={least}")
    run(*build)
    dropped = pl.read_parquet(snapshot / "stages/clean/dropped.parquet").filter(reason="too_short")
    found = dropped.join(texts, on="review_id")
    assert found.height > 0
    assert found["words"].max() < least
    assert found["detail"].to_list() == [f"{n} words" for n in found["words"]]
    assert set(found["threshold"]) == {f"{float(least)}"}
    kept = pl.read_parquet(snapshot / "stages/clean/reviews.parquet").select(words=words)["words"]
    assert kept.len() > 0
    assert kept.min() >= least
    told = run("ameli_build", "explain", str(snapshot), found["review_id"][0])
    assert re.search(rf"3\.2 +too_short .*{found['words'][0]}", told)
    assert "clean: running" not in run(*build)
    assert "clean: running" in run(*build, edit="ameli_build/core/filters/too_short.py")


def test_every_reason_has_a_meaning_and_its_place() -> None:
    added = [one.reason for one in filters.FILTERS]
    assert [reason for reason in MEANINGS if reason not in added] == list(Reason)
