"""The recipes of CONTRIBUTING.md, followed in a copy of the package."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest
from world_files import write_world

from ameli_build.core import filters
from ameli_build.core.reasons import MEANINGS, Reason

ROOT = Path(__file__).parents[1]
FENCE = re.compile(r"^( *)```python\n\1# (\S+)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


def recipe(heading: str) -> dict[str, str]:
    """The files that a recipe writes, by path."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = text.partition(f"### {heading}\n")[2].partition("\n### ")[0]
    return {path: re.sub(rf"^{indent}", "", body, flags=re.MULTILINE) for indent, path, body in FENCE.findall(section)}


def with_stage(source: str) -> str:
    """The list of stages as the recipe's diff leaves it."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    diff = textwrap.dedent(text.partition("```diff\n")[2].partition("    ```")[0])
    for hunk in diff.split("@@\n"):
        before = "".join(line[1:] for line in hunk.splitlines(keepends=True) if line[0] == " ")
        assert source.count(before) == 1
        source = source.replace(before, "".join(line[1:] for line in hunk.splitlines(keepends=True)))
    return source


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """Runs a module of Python in a copy of the package in which the recipe was followed; gives what it printed."""
    copy = tmp_path_factory.mktemp("copy")
    shutil.copytree(ROOT / "ameli_build", copy / "ameli_build", ignore=shutil.ignore_patterns("__pycache__"))
    for path, source in (recipe("Add a filter") | recipe("Add a stage")).items():
        (copy / path).parent.mkdir(parents=True, exist_ok=True)
        (copy / path).write_text(source, encoding="utf-8")
    pipeline = copy / "ameli_build" / "pipeline.py"
    pipeline.write_text(with_stage(pipeline.read_text(encoding="utf-8")), encoding="utf-8")

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


WORDS = pl.col("text").str.count_matches(r"\S+")


@dataclass(frozen=True, slots=True)
class Built:
    """A snapshot that was built by both recipes; reviews of fewer than `least` words left."""

    root: Path
    least: int

    @property
    def given(self) -> tuple[str, ...]:
        return str(self.root), "--set", f"clean.min_words={self.least}"

    def table(self, name: str) -> pl.DataFrame:
        return pl.read_parquet(self.root / "stages" / f"{name}.parquet")


@pytest.fixture(scope="module")
def built(run: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> Built:
    world = tmp_path_factory.mktemp("world")
    write_world(world, products=4)
    records = ["--products", f"{world}/products.jsonl", "--reviews", f"{world}/reviews.jsonl"]
    median = pl.read_ndjson(world / "reviews.jsonl").select(WORDS).to_series().median()
    made = Built(world / "snapshot", int(str(median).partition(".")[0]))
    run("ameli_build", "ingest", *records, "--images", f"{world}/images", "--out", made.given[0], "--profile", "demo")
    run("ameli_build", "build", *made.given, "--until", "lengths")
    return made


def test_a_build_drops_by_an_added_filter(run: Callable[..., str], built: Built) -> None:
    links = pl.read_parquet(built.root / "catalog/reviews.parquet").unique("review_id")
    dropped = built.table("clean/dropped").filter(reason="too_short")
    found = dropped.join(links.select("review_id", words=WORDS), on="review_id")
    assert 0 < found.height == dropped.height
    assert found["words"].max() < built.least
    assert found["detail"].to_list() == [f"{n} words" for n in found["words"]]
    assert set(found["threshold"]) == {f"{float(built.least)}"}
    kept = built.table("clean/reviews").select(words=WORDS)["words"]
    assert kept.len() > 0
    assert kept.min() >= built.least
    told = run("ameli_build", "explain", str(built.root), found["review_id"][0])
    assert re.search(rf"3\.2 +too_short .*{found['words'][0]}", told)


def test_an_added_stage_is_known_to_all_that_list_stages(run: Callable[..., str], built: Built) -> None:
    kept, lengths = built.table("clean/reviews"), built.table("lengths/lengths")
    assert lengths["characters"].to_list() == [len(text) for text in kept["text"]]
    stages = json.loads((built.root / "run.json").read_text())["stages"]
    assert set(stages) == {"catalog", "clean", "lengths"}
    assert stages["lengths"]["rows"] == {"lengths/lengths": kept.height}
    assert re.search(r"lengths +done", run("ameli_build", "status", *built.given))


@pytest.mark.parametrize("edit", ["core/filters/too_short.py", "clean/lengths.py"])
def test_added_code_counts_in_fingerprints(run: Callable[..., str], built: Built, edit: str) -> None:
    again = ("ameli_build", "build", *built.given, "--until", "lengths")
    assert "running" not in run(*again)
    assert "lengths: running" in run(*again, edit=f"ameli_build/{edit}")


def test_every_reason_has_a_meaning_and_its_place() -> None:
    added = [one.reason for one in filters.FILTERS]
    assert [reason for reason in MEANINGS if reason not in added] == list(Reason)
