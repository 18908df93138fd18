"""Grounding DINO's own code on a tiny model with random weights: shapes, thresholds and errors, no accuracy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from groundingdino.util.slconfig import SLConfig
from PIL import Image
from tiny_models import GROUNDING_CONFIG
from transformers import BertConfig, BertModel, BertTokenizerFast

from ameli_build.core.errors import UnusableInput
from ameli_build.models import grounding
from ameli_build.models.detect import load_detector
from ameli_build.models.grounding import caption_of


def write_text_encoder(folder: Path) -> None:
    folder.mkdir()
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ".", "?", "red", "fridge", "steel", "14", "5"]
    (folder / "vocab.txt").write_text("\n".join(words) + "\n")
    config = BertConfig(
        vocab_size=len(words), hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32
    )
    BertModel(config).save_pretrained(folder)
    BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a tiny model: configuration, weights, text encoder."""
    from groundingdino.models import build_model

    root = tmp_path_factory.mktemp("dino")
    torch.manual_seed(0)
    write_text_encoder(root / "bert")
    (root / "tiny.py").write_text(GROUNDING_CONFIG)
    arguments = SLConfig.fromfile(str(root / "tiny.py"))
    arguments.device, arguments.text_encoder_type = "cpu", str(root / "bert")
    torch.save({"model": build_model(arguments).state_dict()}, root / "tiny.pth")
    return f"groundingdino:{root / 'tiny.py'},{root / 'tiny.pth'},{root / 'bert'}"


@pytest.fixture(scope="module", autouse=True)
def small_pictures() -> Iterator[None]:
    """Pictures scaled to 96 pixels, not 800, so that the tests are quick."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grounding, "SHORT_SIDE", 96)
        yield


def picture() -> Image.Image:
    return Image.linear_gradient("L").resize((90, 60)).convert("RGB")


def test_a_prompt_is_one_phrase_in_lower_case() -> None:
    assert caption_of('Acme - 14.5" Laptop. Silver?') == 'acme - 14 5" laptop silver.'
    assert caption_of(" .?- ") == ""


def test_the_best_box_lies_in_the_picture(tiny: str) -> None:
    box = load_detector(tiny, box_threshold=0.0, text_threshold=0.0).detect(picture(), "Red 14.5 Fridge")
    assert box is not None
    assert 0 <= box.left < box.right <= 90
    assert 0 <= box.top < box.bottom <= 60
    assert 0 < box.score <= 1
    again = load_detector(tiny, box_threshold=0.0, text_threshold=0.0).detect(picture(), "Red 14.5 Fridge")
    assert again == box


def test_a_box_must_exceed_both_thresholds(tiny: str) -> None:
    for thresholds in ((1.0, 0.0), (0.0, 1.0)):
        assert load_detector(tiny, "cpu", *thresholds).detect(picture(), "red fridge") is None


def test_an_empty_prompt_and_a_picture_without_height_have_no_box(tiny: str) -> None:
    detector = load_detector(tiny, box_threshold=0.0, text_threshold=0.0)
    assert detector.detect(picture(), "...") is None
    assert detector.detect(Image.new("RGB", (20000, 1)), "red fridge") is None


def test_the_loader_prints_nothing(tiny: str, capsys: pytest.CaptureFixture[str]) -> None:
    grounding._model.cache_clear()
    load_detector(tiny, "cpu", 0.1, 0.1)
    assert capsys.readouterr().out == ""


def test_incomplete_weights_are_refused(tiny: str, tmp_path: Path) -> None:
    config, weights, encoder = tiny.removeprefix("groundingdino:").split(",")
    state = torch.load(weights, weights_only=True)["model"]
    part = {name: value for name, value in state.items() if not name.startswith("transformer.")}
    torch.save({"model": part}, tmp_path / "part.pth")
    with pytest.raises(UnusableInput, match=r"models\.detector.*part\.pth: lacks"):
        load_detector(f"groundingdino:{config},{tmp_path / 'part.pth'},{encoder}")


@pytest.mark.parametrize("name", ["SwinX", "nowhere.py,nowhere.pth,nowhere", "a,b"])
def test_an_unusable_model_is_named(name: str) -> None:
    with pytest.raises(UnusableInput, match=r"setting models\.detector: the model 'groundingdino:"):
        load_detector(f"groundingdino:{name}")
