"""Unexpected weights are refused; the weights of the packages are the expected ones."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from ameli_build.core.errors import RunFailed
from ameli_build.models import packaged, store
from ameli_build.models.packaged import Installed, Unpacked, join_zip
from ameli_build.models.sources import LITE2, MPNET, SMOLLM, SSD

BODY = b"weights" * 1000
DIGEST = hashlib.sha256(BODY).hexdigest()


@pytest.mark.parametrize("source", [LITE2, SMOLLM, SSD], ids=lambda source: source.label)
def test_the_installed_weights_are_as_expected_and_a_changed_byte_is_detected(
    source: Installed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if problem := source.problem():
        pytest.skip(f"{source.label}: {problem}")
    assert source.problem(whole=True) == ""
    changed = shutil.copy(source.path(), tmp_path)
    with Path(changed).open("r+b") as handle:
        handle.seek(-1000, 2)
        handle.write(b"X")
    monkeypatch.setattr(packaged, "package_file", lambda *_: Path(changed))
    assert "is not the expected file" in source.problem(whole=True)
    with pytest.raises(RunFailed, match="is not the expected file"):
        source.fetch()


def test_the_unpacked_text_encoder_is_complete() -> None:
    if problem := MPNET.problem():
        pytest.skip(f"{MPNET.label}: {problem}")
    assert MPNET.problem(whole=True) == ""
    assert MPNET.digest == hashlib.sha256((MPNET.folder / MPNET.weights).read_bytes()).hexdigest()


@pytest.fixture
def split(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Unpacked:
    """A model in a zip archive; each of two distributions contains a half of the archive."""
    monkeypatch.setenv("AMELI_MODELS", str(tmp_path / "models"))
    archive = tmp_path / "tiny.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("tiny/model.safetensors", BODY)
        opened.writestr("tiny/1_Pooling/config.json", "{}")
        opened.writestr("other/file", "of no use")
    body, files = archive.read_bytes(), {}
    for name, part in (("one", body[:500]), ("two", body[500:])):
        files[name] = tmp_path / f"{name}.part"
        files[name].write_bytes(part)
    monkeypatch.setattr(packaged, "package_file", lambda name, _: files.get(name, tmp_path / "absent"))
    monkeypatch.setattr(packaged.metadata, "version", lambda _: "1.0")
    return Unpacked("tiny", (Installed("one"), Installed("two")), join_zip, "model.safetensors", DIGEST)


def test_a_model_in_parts_is_unpacked_once_and_a_changed_file_is_detected(split: Unpacked) -> None:
    assert split.problem() == "not unpacked"
    split.fetch()
    assert split.problem(whole=True) == ""
    names = sorted(path.relative_to(split.folder).as_posix() for path in split.folder.rglob("*") if path.is_file())
    assert names == ["1_Pooling/config.json", "model.safetensors"]
    assert not (split.folder.parent / "other").exists()
    (split.folder / "model.safetensors").write_bytes(b"W" + BODY[1:])
    assert split.problem() == ""
    assert split.problem(whole=True) == "model.safetensors is damaged"
    split.fetch()
    assert split.problem(whole=True) == ""


def test_unexpected_weights_are_refused(split: Unpacked) -> None:
    with pytest.raises(RunFailed, match=r"tiny: model\.safetensors is not the expected file"):
        replace(split, digest="0" * 64).fetch()
    assert split.problem() == "not unpacked"


def test_the_packages_are_not_needed_after_unpacking(split: Unpacked, monkeypatch: pytest.MonkeyPatch) -> None:
    split.fetch()

    def absent(name: str) -> str:
        raise packaged.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(packaged.metadata, "version", absent)
    assert split.problem() == ""
    assert split.facts.revision == "1.0"
    store.forget(split.folder)
    assert "one: not installed" in split.problem()
