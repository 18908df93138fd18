"""A release or an export is checked without the snapshot that it came from."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest
from damages import DAMAGES
from made import released_snapshot

from ameli_build.core.checksums import recorded
from ameli_build.core.errors import RunFailed, UnusableInput
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot, file_digest, write_bytes
from ameli_build.export.formats import export
from ameli_build.verify import verify

DEMO = load_settings("demo")
FORMS = ("release", "hf", "official")


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return released_snapshot(tmp_path_factory.mktemp("made") / "snapshot")


@pytest.fixture
def out(snapshot: Snapshot, tmp_path: Path) -> Callable[[str], Path]:
    def write(form: str) -> Path:
        if form == "release":
            shutil.copytree(snapshot.dataset, tmp_path / "out")
        else:
            export(snapshot, DEMO, form, str(tmp_path / "out"))
        return tmp_path / "out"

    return write


def sign(folder: Path) -> None:
    """Write new checksums, as after an edit by hand."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith((".", "SHA"))]
    lines = (f"{file_digest(path)}  {path.relative_to(folder).as_posix()}\n" for path in files)
    (folder / "SHA256SUMS").write_text("".join(lines))


@pytest.mark.parametrize(
    ("form", "said"),
    [("release", "6 tables: checksums, schemas and rules hold"), ("hf", "6 tables: checksums, schemas and rules hold"),
     ("official", "0 tables: checksums hold")],
)  # fmt: skip
def test_a_release_or_an_export_is_valid(out: Callable[[str], Path], form: str, said: str) -> None:
    assert verify(Snapshot(out(form))).endswith(said)


@pytest.mark.parametrize("damage", sorted({*DAMAGES} - {"one byte", "more behind it"}))
@pytest.mark.parametrize("form", FORMS)
def test_each_file_counts(out: Callable[[str], Path], form: str, damage: str) -> None:
    folder = out(form)
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.name != ".ameli-export.json"):
        before = path.read_bytes()
        if DAMAGES[damage](before) != before:
            path.write_bytes(DAMAGES[damage](before))
            name = path.relative_to(folder).as_posix()
            with pytest.raises(RunFailed, match="SHA256SUMS|checksum" if name == "SHA256SUMS" else name):
                verify(Snapshot(folder))
            path.write_bytes(before)


@pytest.mark.parametrize("form", FORMS)
def test_a_missing_and_a_strange_file_are_named(out: Callable[[str], Path], form: str) -> None:
    folder = out(form)
    path = next(path for path in sorted(folder.rglob("*.*")) if path.is_file() and not path.name.startswith("."))
    path.rename(folder / "strange.bin")
    with pytest.raises(RunFailed, match=rf"{path.name}: listed in SHA256SUMS, missing; strange\.bin: not listed"):
        verify(Snapshot(folder))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (pl.col("mention_start") + 1, "mention offsets"),
        (pl.lit("p9").alias("sku"), "not in the knowledge base"),
        (pl.lit("p3").alias("sku"), "more than one split"),
        (pl.lit("r6").alias("review_id"), "in a split and dropped"),
        (pl.lit(7).alias("n_more"), "columns are"),
        (pl.lit("").alias("mention"), "test: mention: "),
    ],
)
@pytest.mark.parametrize("form", ["release", "hf"])
def test_rules_and_schemas_count(out: Callable[[str], Path], form: str, change: pl.Expr, said: str) -> None:
    folder = out(form)
    path = folder / ("test.parquet" if form == "release" else "data/test-00000-of-00001.parquet")
    changed = pl.read_parquet(path).with_columns(change)
    path.unlink()
    pq.write_table(changed.to_arrow(), path)
    sign(folder)
    with pytest.raises(RunFailed, match=said):
        verify(Snapshot(folder))


@pytest.mark.parametrize("form", ["release", "hf"])
def test_a_lost_review_is_reported(out: Callable[[str], Path], form: str) -> None:
    folder = out(form)
    pl.read_parquet(folder / "dropped.parquet").clear().write_parquet(folder / "dropped.parquet")
    sign(folder)
    with pytest.raises(RunFailed, match=r"stats\.json: reviews_dropped is 1, and the tables have 0"):
        verify(Snapshot(folder))


@pytest.mark.parametrize("form", ["release", "hf"])
def test_the_card_states_whether_splits_share_products(tmp_path: Path, form: str) -> None:
    snapshot = released_snapshot(tmp_path / "snapshot", load_settings("demo", ["splits.policy=review"]))
    folder = snapshot.dataset
    if form == "hf":
        folder = tmp_path / "out"
        export(snapshot, DEMO, form, str(folder))
    path = folder / ("dev.parquet" if form == "release" else "data/dev-00000-of-00001.parquet")
    shared = pl.read_parquet(path).with_columns(sku=pl.lit("p4"))
    path.unlink()
    shared.write_parquet(path)
    sign(folder)
    assert "rules hold" in verify(Snapshot(folder))


def test_a_release_may_contain_results_of_a_baseline(out: Callable[[str], Path]) -> None:
    folder = out("release")
    with recorded(folder, "baseline", "stages/baseline"):
        write_bytes(folder / "baseline" / "scores.json", b"{}")
        write_bytes(folder / "stages" / "baseline" / "stage.json", b"{}")
    write_bytes(folder / "cache" / "x", b"")
    assert "rules hold" in verify(Snapshot(folder))
    (folder / "baseline" / "scores.json").write_bytes(b"[]")
    with pytest.raises(RunFailed, match=r"baseline/scores\.json: content differs"):
        verify(Snapshot(folder))


@pytest.mark.parametrize("name", ["nothing", "empty", "other"])
def test_another_folder_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    write_bytes(tmp_path / "other" / "products.parquet", b"PAR1")
    with pytest.raises(UnusableInput, match="no snapshot, release or export here"):
        verify(Snapshot(tmp_path / name))
