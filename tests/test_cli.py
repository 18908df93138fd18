"""The commands as a user types them: results, exit statuses, one line for an error."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from world_files import write_world

AMELI = [sys.executable, "-m", "ameli_build"]


def ameli(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [*AMELI, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "COLUMNS": "120"})


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    write_world(folder)
    out = folder / "snapshot"
    files = ("--products", folder / "products.jsonl", "--reviews", folder / "reviews.jsonl")
    done = ameli("ingest", *files, "--images", folder / "images", "--out", out, "--profile", "demo")
    assert done.returncode == 0, done.stderr
    done = ameli("build", out, "--workers", "1")
    assert done.returncode == 0, done.stderr
    return out


@pytest.mark.slow
def test_every_command_has_help() -> None:
    overview = ameli("--help").stdout
    for command in (
        "demo",
        "crawl",
        "replay",
        "ingest",
        "build",
        "explain",
        "diff",
        "calibrate",
        "sheets",
        "baseline",
        "export",
        "link",
        "report",
        "verify",
        "models",
        "push",
        "pull",
    ):
        assert command in overview
        assert ameli(command, "--help").returncode == 0


def test_the_version_is_printed() -> None:
    assert ameli("--version").stdout.startswith("ameli 0.")


@pytest.mark.parametrize("arguments", ["['--version']", "['build', 'nowhere']", "['link', 'nowhere', '--text', 'a']"])
def test_a_quick_command_loads_no_large_library(arguments: str) -> None:
    code = f"""
import sys
sys.argv[1:] = {arguments}
from ameli_build.cli import main
try:
    main()
except SystemExit:
    pass
print(sorted({{"polars", "torch", "transformers", "open_clip"}} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    "command",
    [
        "crawl --out s3://bucket/snapshot",
        "demo --out gs://bucket/demo",
        "build https://example.org/snapshot",
        "ingest --products hf://data/p.jsonl --reviews r.jsonl --out here",
        "sheets import here s3://bucket/answers.json",
        "link here --image https://example.org/a.jpg",
    ],
)
def test_a_url_is_not_a_local_path(command: str, tmp_path: Path) -> None:
    done = subprocess.run([*AMELI, *command.split()], check=False, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 2
    assert "is a URL" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_the_whole_chain_from_ingested_files(snapshot: Path) -> None:
    reviews = pl.read_parquet(snapshot / "catalog" / "reviews.parquet")["review_id"].unique()
    names = ("train", "dev", "test", "dropped")
    went = pl.concat([pl.read_parquet(snapshot / "dataset" / f"{name}.parquet")["review_id"] for name in names])
    assert sorted(went) == sorted(reviews)
    assert len(pl.read_parquet(snapshot / "dataset" / "train.parquet")) > 0
    assert json.loads((snapshot / "run.json").read_text())["settings"]["profile"] == "demo"


def test_a_second_build_does_nothing(snapshot: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in (snapshot / "dataset").rglob("*")}
    done = ameli("build", snapshot)
    assert "nothing to do" in done.stderr
    assert {path: path.stat().st_mtime_ns for path in (snapshot / "dataset").rglob("*")} == before


def test_verify_accepts_and_explain_describes_a_build(snapshot: Path) -> None:
    assert ameli("verify", snapshot).returncode == 0
    review = pl.read_parquet(snapshot / "dataset" / "dropped.parquet")["review_id"][0]
    explained = ameli("explain", snapshot, review)
    assert explained.returncode == 0
    assert "ended: dropped by" in explained.stdout


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("build", "nowhere"), 2, "no snapshot here"),
        (("build", "nowhere", "--nothing"), 2, "No such option"),
        (("build",), 2, "SNAPSHOT"),
        (("build", "nowhere", "--workers", "0"), 2, "--workers"),
        (("build", "{snapshot}", "--set", "profile.max_tokens=1"), 2, "no such setting"),
        (("explain", "{snapshot}", "nobody"), 2, "no review 'nobody'"),
        (("build", "{snapshot}", "--until", "nothing"), 2, "no such stage"),
        (("build", "{snapshot}", "--set", "clean.max_tokens=many"), 2, "clean.max_tokens"),
        (("build", "{snapshot}", "--profile", "huge"), 2, "huge"),
        (("calibrate", "{snapshot}", "no-such-labels.csv"), 2, "no-such-labels.csv"),
        (("ingest", "--products", "none", "--reviews", "none", "--out", "{snapshot}/new"), 2, "none"),
    ],
)
def test_an_error_is_a_single_line(snapshot: Path, arguments: tuple[str, ...], status: int, said: str) -> None:
    done = ameli(*(argument.format(snapshot=snapshot) for argument in arguments))
    assert done.returncode == status
    assert said in done.stderr
    assert done.stderr.startswith("ameli: ")
    assert done.stderr.count("\n") == 1


def test_debug_shows_the_traceback(snapshot: Path) -> None:
    assert "Traceback" in ameli("explain", snapshot, "nobody", "--debug").stderr


def test_a_stage_can_be_the_last(snapshot: Path, tmp_path: Path) -> None:
    out = tmp_path / "replayed"
    assert ameli("replay", snapshot, "--out", out).returncode == 0
    for name in ("products", "reviews", "images"):
        file = Path("catalog") / f"{name}.parquet"
        assert (out / file).read_bytes() == (snapshot / file).read_bytes()
    assert ameli("build", out, "--profile", "demo", "--until", "clean", "--workers", "1").returncode == 0
    assert not (out / "stages" / "mentions").exists()


def test_explain_shows_the_thresholds_of_the_build(snapshot: Path, tmp_path: Path) -> None:
    out = tmp_path / "replayed"
    assert ameli("replay", snapshot, "--out", out).returncode == 0
    short = ("--set", "clean.max_tokens=3", "--until", "clean", "--workers", "1")
    assert ameli("build", out, "--profile", "demo", *short).returncode == 0
    dropped = pl.read_parquet(out / "stages" / "clean" / "dropped.parquet").filter(pl.col("reason") == "too_long")
    explanation = ameli("explain", out, dropped["review_id"][0]).stdout
    assert "(threshold: 3)" in explanation
    assert "too_long                failed" in explanation


def test_exports_are_written_and_wrong_usage_is_refused(snapshot: Path, tmp_path: Path) -> None:
    done = ameli("export", snapshot, "--format", "official", "--out", tmp_path / "official", "--workers", "1")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "official" / "id_map.csv").is_file()
    wrong = ameli("export", snapshot, "--format", "zip", "--out", tmp_path / "zip", "--workers", "1")
    assert (wrong.returncode, wrong.stderr.count("\n")) == (2, 1)
    assert "--format zip" in wrong.stderr
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    taken = ameli("export", snapshot, "--format", "hf", "--out", tmp_path / "mine", "--workers", "1")
    assert taken.returncode == 2
    assert "not empty" in taken.stderr


def test_a_baseline_without_a_data_set_is_refused(tmp_path: Path) -> None:
    done = ameli("baseline", tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "no data set here" in done.stderr
