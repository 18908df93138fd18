"""Lines of checksums: removed while a run writes, and added again afterwards."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from ameli_build.core.checksums import SUMS, note, read_sums, recorded
from ameli_build.core.snapshot import file_digest, write_bytes


def written(root: Path, *names: str) -> None:
    for name in names:
        write_bytes(root / name, name.encode())


def test_a_file_has_no_line_while_it_is_written(tmp_path: Path) -> None:
    written(tmp_path, "raw/a.jsonl", "run.json", "stages/x/stage.json")
    note(tmp_path, "raw", "run.json", "stages")
    with recorded(tmp_path, "stages/x", "run.json"):
        assert read_sums(tmp_path / SUMS).keys() == {"raw/a.jsonl"}
        written(tmp_path, "stages/x/more.parquet")
        (tmp_path / "run.json").unlink()
    assert read_sums(tmp_path / SUMS) == {
        name: file_digest(tmp_path / name) for name in ("raw/a.jsonl", "stages/x/more.parquet", "stages/x/stage.json")
    }


def test_only_whole_names_lose_their_line(tmp_path: Path) -> None:
    written(tmp_path, "stages/clean/stage.json", "stages/cleaner/stage.json", "run.json", "run.json.old")
    note(tmp_path, "stages/cleaner", "run.json.old", "stages/clean", "run.json")
    with recorded(tmp_path, "stages/clean", "run.json"):
        assert read_sums(tmp_path / SUMS).keys() == {"stages/cleaner/stage.json", "run.json.old"}


def test_a_run_adds_checksums_only_of_files_that_it_wrote(tmp_path: Path) -> None:
    """A file damaged earlier, at an equal size, keeps the checksum of its undamaged content."""
    written(tmp_path, "raw/a.jsonl", "raw/b.jsonl")
    note(tmp_path, "raw")
    before = read_sums(tmp_path / SUMS)
    (tmp_path / "raw" / "a.jsonl").write_bytes(b"damaged !!!")
    with recorded(tmp_path, "raw"):
        (tmp_path / "raw" / "b.jsonl").write_bytes(b"by the run!")
    after = read_sums(tmp_path / SUMS)
    assert after["raw/a.jsonl"] == before["raw/a.jsonl"]
    assert after["raw/b.jsonl"] == file_digest(tmp_path / "raw" / "b.jsonl")


def test_a_failed_run_adds_its_lines_too(tmp_path: Path) -> None:
    with suppress(KeyboardInterrupt), recorded(tmp_path, "raw"):
        written(tmp_path, "raw/a.jsonl")
        raise KeyboardInterrupt
    assert read_sums(tmp_path / SUMS).keys() == {"raw/a.jsonl"}


def test_pictures_hidden_files_and_links_have_no_line(tmp_path: Path) -> None:
    written(tmp_path, "raw/images/0.jpg", "raw/.index.sqlite", "stages/clean/patches/0.jpg", "raw/.x/a", "raw/a.jsonl")
    (tmp_path / "raw" / "b.jsonl").symlink_to("a.jsonl")
    (tmp_path / "run.json").symlink_to("raw/a.jsonl")
    note(tmp_path, "raw", "stages", "run.json")
    assert read_sums(tmp_path / SUMS).keys() == {"raw/a.jsonl"}


def test_nothing_is_written_if_nothing_changes(tmp_path: Path) -> None:
    with recorded(tmp_path, "raw", "report.html"):
        pass
    assert not list(tmp_path.iterdir())


def test_a_known_digest_is_not_computed(tmp_path: Path) -> None:
    written(tmp_path, "raw/a.warc.gz")
    note(tmp_path, "raw", known={"raw/a.warc.gz": "0" * 64})
    assert read_sums(tmp_path / SUMS) == {"raw/a.warc.gz": "0" * 64}
