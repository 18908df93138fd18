"""Text encoders as ONNX files: one export, the vectors of the model itself, and the error without the extra."""

import sys
from pathlib import Path

import numpy as np
import pytest
from damages import DAMAGES

from ameli_build.core.cache import Work
from ameli_build.core.errors import UnusableInput
from ameli_build.core.settings import Settings, load_settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.models.embed import embed_texts
from ameli_build.models.exported import MODEL, export_text_encoder
from ameli_build.models.text import load_text_encoder

TEXTS = [
    "",
    "Runs cool.",
    "This laptop is great: 16 GB of memory, a bright screen and a battery that lasts the whole day. " * 2,
    "word " * 700,
]


def demo(*overrides: str) -> Settings:
    return load_settings("demo", overrides)


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Work:
    """One cache for all tests: an export takes seconds."""
    return Work(Snapshot(tmp_path_factory.mktemp("snapshot")))


def export(work: Work, backend: str) -> Path:
    return Path(export_text_encoder(work, demo(f"models.text_backend={backend}").models))


def test_pytorch_needs_no_export(work: Work) -> None:
    assert export_text_encoder(work, demo().models) == ""


def test_an_export_gives_the_vectors_of_the_model(work: Work) -> None:
    folder = export(work, "onnx")
    vectors = load_text_encoder("bundled:minilm", exported=str(folder)).encode(TEXTS)
    assert np.abs(vectors - load_text_encoder("bundled:minilm").encode(TEXTS)).max() < 1e-4
    assert vectors.dtype == np.float32


def test_a_model_is_exported_once_without_further_files(work: Work) -> None:
    folder = export(work, "onnx")
    before = (folder / MODEL).stat().st_mtime_ns
    assert export(work, "onnx") == folder
    assert (folder / MODEL).stat().st_mtime_ns == before
    assert [path.name for path in folder.parent.glob("*.*")] == [f"{folder.name}.json"]


def test_a_damaged_export_is_made_again(work: Work) -> None:
    model = export(work, "onnx") / MODEL
    whole = model.read_bytes()
    for damage in ("half", "a bit in the middle"):
        model.write_bytes(DAMAGES[damage](whole))
        assert export(work, "onnx") / MODEL == model
        assert model.stat().st_size == len(whole)
        assert load_text_encoder.__wrapped__("bundled:minilm", exported=str(model.parents[1])).encode(["a"]).shape


def test_eight_bits_are_a_quarter_of_the_size_with_nearly_the_same_vectors(work: Work) -> None:
    whole, small = export(work, "onnx"), export(work, "onnx-int8")
    assert (small / MODEL).stat().st_size < 0.3 * (whole / MODEL).stat().st_size
    vectors = load_text_encoder("bundled:minilm", exported=str(small)).encode(TEXTS)
    cosines = (vectors * load_text_encoder("bundled:minilm").encode(TEXTS)).sum(axis=1)
    assert 0.9 < cosines.min() < 0.99999


def test_embeddings_of_different_backends_share_no_cache(work: Work) -> None:
    plain = embed_texts(work, demo(), TEXTS)
    whole = embed_texts(work, demo("models.text_backend=onnx"), TEXTS)
    small = embed_texts(work, demo("models.text_backend=onnx-int8"), TEXTS)
    assert len(list(work.folder("embed texts").iterdir())) == 3
    assert np.abs(plain - whole).max() < 1e-4
    assert np.abs(plain - small).max() > 1e-3
    assert np.array_equal(embed_texts(work, demo("models.text_backend=onnx"), TEXTS), whole)


def test_full_precision_changes_nothing_on_a_processor(work: Work) -> None:
    assert np.array_equal(embed_texts(work, demo("models.precision=full"), TEXTS), embed_texts(work, demo(), TEXTS))


def test_the_error_without_the_extra_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("optimum", "optimum.onnxruntime"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(UnusableInput, match=r"^setting models\.text_backend: .+ pip install 'ameli-build\[onnx\]'$"):
        export(Work(Snapshot(tmp_path)), "onnx")


def test_a_gpu_runs_no_export(tmp_path: Path) -> None:
    models = demo("models.text_backend=onnx", "models.device=cuda").models
    with pytest.raises(UnusableInput, match=r"^setting models\.text_backend: 'onnx' runs on the processor only"):
        export_text_encoder(Work(Snapshot(tmp_path)), models)


def test_the_error_of_an_unusable_model_names_the_setting(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{not json")
    models = demo("models.text_backend=onnx", f"models.text_encoder={tmp_path}").models
    work = Work(Snapshot(tmp_path / "snapshot"))
    with pytest.raises(UnusableInput, match=r"^setting models\.text_encoder: the model '.*' cannot be loaded"):
        export_text_encoder(work, models)
    assert not list(work.folder("export texts").glob("*"))
