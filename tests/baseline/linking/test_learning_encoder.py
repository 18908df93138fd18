"""An encoder trained with the head: changed layers, a falling loss, the same step for a batch in pieces."""

from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_models import minilm_tokenizer, save, save_deberta
from torch.nn import functional
from toy import OPTIONS, marked_lists
from transformers import AlbertConfig, AlbertModel, BertConfig, BertModel, RobertaConfig, RobertaModel

from ameli_build.baseline.linking.encoder import LearningEncoder, free_layers
from ameli_build.baseline.linking.head import Lists
from ameli_build.baseline.linking.text_module import TextModule, make_trainer, train_text_module
from ameli_build.core.errors import UnusableInput
from ameli_build.core.settings import BaselineSettings
from ameli_build.models.pairs import load_pair_encoder

SIZES = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16}


@pytest.fixture(scope="module")
def deberta(tmp_path_factory: pytest.TempPathFactory) -> str:
    return save_deberta(tmp_path_factory.mktemp("models") / "deberta")


def trained(name: str, **options: object) -> tuple[TextModule, Lists, np.ndarray]:
    train, gold = marked_lists(name, 12, 0)
    settings = OPTIONS.model_copy(update=options)
    module = train_text_module(train, gold, train, gold, settings, seed=1)
    assert module is not None
    return module, train, gold


def loss(module: TextModule, lists: Lists, gold: np.ndarray) -> float:
    place = (lists.candidates == gold[:, None]).argmax(axis=1)
    return float(functional.cross_entropy(torch.from_numpy(module.scores(lists)), torch.from_numpy(place)))


def moved(module: TextModule, name: str) -> set[str]:
    """Names of the changed parameters of the encoder."""
    assert module.encoder is not None
    before = dict(load_pair_encoder(name, "cpu", 16, 16).model.named_parameters())
    return {key for key, now in module.encoder.model.named_parameters() if not torch.equal(now, before[key])}


def test_only_the_top_layer_is_trained(deberta: str) -> None:
    start, train, gold = trained(deberta, text_layers=1, text_epochs=0)
    assert moved(start, deberta) == set()
    module, _, _ = trained(deberta, text_layers=1)
    assert loss(module, train, gold) < loss(start, train, gold) - 0.01
    changed = moved(module, deberta)
    assert changed
    assert all(name.startswith("encoder.layer.1.") for name in changed)


def test_all_layers_and_embeddings_are_trained(deberta: str) -> None:
    start, train, gold = trained(deberta, text_layers=-1, text_epochs=0)
    module, _, _ = trained(deberta, text_layers=-1)
    assert loss(module, train, gold) < loss(start, train, gold) - 0.01
    changed = moved(module, deberta)
    assert {"embeddings.word_embeddings.weight", "encoder.rel_embeddings.weight"} <= changed
    assert {name.split(".")[2] for name in changed if name.startswith("encoder.layer.")} == {"0", "1"}


@pytest.mark.parametrize("layers", [1, -1])
def test_a_batch_in_pieces_gives_the_same_gradient(deberta: str, layers: int) -> None:
    train, gold = marked_lists(deberta, 4, 0)
    target = (train.candidates == gold[:, None]).argmax(axis=1)
    gradients = []
    for pieces in (1, 4):
        torch.manual_seed(0)
        options = OPTIONS.model_copy(update={"text_layers": layers, "text_accumulate": pieces})
        trainer = make_trainer(train, target, options)
        assert trainer.encoder is not None
        trainer.head.eval()  # without dropout
        trainer.encoder.eval()
        trainer.learn_batch(np.arange(4))
        gradients.append(
            {name: weight.grad.clone() for name, weight in trainer.encoder.named_parameters() if weight.requires_grad}
        )
    assert any(gradient.abs().max() > 1e-4 for gradient in gradients[0].values())
    for name, whole in gradients[0].items():
        assert torch.allclose(whole, gradients[1][name], atol=1e-6, rtol=1e-3), name


def test_missing_slots_are_zero_and_pairs_keep_their_places(deberta: str) -> None:
    lists, _ = marked_lists(deberta, 3, 0)
    encoder = LearningEncoder.of(lists.pairs, 1).eval()  # type: ignore[arg-type]
    encodings, _, _ = lists.inputs(np.arange(3), encoder)
    assert (encodings[0, :, 1] == 0).all()
    plain = lists.encoded(encoder).inputs(np.arange(3))[0]
    assert torch.allclose(encodings, plain, atol=1e-5)
    assert encodings.abs().sum(dim=-1)[1:].min() > 0


@pytest.mark.parametrize("kind", [(BertModel, BertConfig), (RobertaModel, RobertaConfig)], ids=["bert", "roberta"])
def test_layers_are_found_by_architecture(kind: tuple[type, type]) -> None:
    model = kind[0](kind[1](vocab_size=100, **SIZES))
    free_layers(model, 1, "x")
    learning = {name for name, weight in model.named_parameters() if weight.requires_grad}
    assert learning
    assert all(name.startswith("encoder.layer.1.") for name in learning)
    with pytest.raises(UnusableInput, match=r"^setting baseline\.text_layers: 3 of the 2 layers of x$"):
        free_layers(model, 3, "x")


def test_the_error_of_an_encoder_without_a_list_of_layers_names_the_setting(tmp_path: Path) -> None:
    config = AlbertConfig(vocab_size=30522, embedding_size=8, **SIZES)
    name = save(tmp_path / "albert", lambda: AlbertModel(config), minilm_tokenizer(), 0)
    with pytest.raises(UnusableInput, match=r"^setting baseline\.text_layers: .* no list of layers"):
        trained(name, text_layers=1)
    assert trained(name, text_layers=-1, text_epochs=1)[0].encoder is not None


def test_training_does_not_change_the_shared_encoder(deberta: str) -> None:
    pair = [("review 1", "yes")]
    before = load_pair_encoder(deberta, "cpu", 16, 16).encode(pair)
    trained(deberta, text_layers=-1, text_epochs=2)
    assert np.array_equal(load_pair_encoder(deberta, "cpu", 16, 16).encode(pair), before)


def test_the_encoder_is_frozen_by_default() -> None:
    assert BaselineSettings().text_layers == 0
