"""The folder of fetched models and the records in it."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from ameli_build.models.store import Record, forget, lacking, models_folder, read_record, write_record


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A fetched source with a record of it."""
    made = tmp_path / "models" / "hub" / "owner--name--main"
    (made / "1_Pooling").mkdir(parents=True)
    (made / "weights.bin").write_bytes(b"weights")
    (made / "1_Pooling" / "config.json").write_bytes(b"{}")
    write_record(made, "owner/name", "0123", "mit")
    return made


def recorded(folder: Path) -> Record:
    record = read_record(folder)
    assert record is not None
    return record


def test_the_variable_sets_the_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AMELI_MODELS", str(tmp_path / "here"))
    assert models_folder() == tmp_path / "here"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AMELI_MODELS", "there")
    assert models_folder() == tmp_path / "there"


def test_the_default_folder_is_in_the_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("AMELI_MODELS", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert models_folder() == tmp_path / "ameli-build" / "models"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert models_folder() == tmp_path / ".cache" / "ameli-build" / "models"


def test_a_record_has_size_and_digest_of_every_file(folder: Path) -> None:
    record = recorded(folder)
    assert (record.name, record.revision, record.licence) == ("owner/name", "0123", "mit")
    assert dict(record.files) == {
        "1_Pooling/config.json": (2, hashlib.sha256(b"{}").hexdigest()),
        "weights.bin": (7, hashlib.sha256(b"weights").hexdigest()),
    }
    assert record.size == 9


def test_hidden_files_are_not_recorded(folder: Path) -> None:
    for name in (".cache/huggingface/download/weights.bin.lock", ".gitignore"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")
    assert dict(write_record(folder, "owner/name", "0123", "mit").files) == dict(recorded(folder).files)
    assert set(recorded(folder).files) == {"1_Pooling/config.json", "weights.bin"}


def test_the_digest_of_a_record_depends_on_the_files_only(folder: Path) -> None:
    first = recorded(folder).digest
    assert write_record(folder, "another/name", "4567", "apache-2.0").digest == first
    (folder / "weights.bin").write_bytes(b"wayghts")
    assert write_record(folder, "owner/name", "0123", "mit").digest != first


def test_a_complete_folder_lacks_nothing(folder: Path) -> None:
    assert lacking(folder) == lacking(folder, whole=True) == ""


def test_a_folder_without_a_record_counts_as_not_fetched(folder: Path) -> None:
    assert lacking(folder.with_name("another--name--main")) == "not fetched"
    forget(folder)
    assert lacking(folder) == "not fetched"
    assert (folder / "weights.bin").is_file()
    forget(folder)  # already forgotten


@pytest.mark.parametrize("name", ["weights.bin", "1_Pooling/config.json"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert lacking(folder) == f"{name} is missing"


def test_a_file_of_another_size_is_damaged(folder: Path) -> None:
    (folder / "weights.bin").write_bytes(b"weigh")
    assert lacking(folder) == "weights.bin is damaged"


def test_a_file_of_the_same_size_is_damaged_by_its_digest(folder: Path) -> None:
    (folder / "weights.bin").write_bytes(b"wayghts")
    assert lacking(folder) == ""
    assert lacking(folder, whole=True) == "weights.bin is damaged"


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", '{"name": "n", "revision": "r", "licence": "l", "files": {"weights.bin": 7}}'],
)
def test_an_unreadable_record_counts_as_not_fetched(folder: Path, text: str) -> None:
    folder.with_name(f"{folder.name}.json").write_text(text)
    assert read_record(folder) is None
    assert lacking(folder) == "not fetched"


def test_a_copy_of_the_folder_is_complete(folder: Path, tmp_path: Path) -> None:
    there = tmp_path / "stick" / "hub" / folder.name
    assert lacking(there) == "not fetched"
    shutil.copytree(tmp_path / "models", tmp_path / "stick")
    assert lacking(there, whole=True) == ""
    assert recorded(there) == recorded(folder)


def test_a_record_written_by_another_process_is_read(folder: Path) -> None:
    path = folder.with_name(f"{folder.name}.json")
    record = json.loads(path.read_text())
    path.write_text(json.dumps({**record, "revision": "89ab"}))
    assert recorded(folder).revision == "89ab"
