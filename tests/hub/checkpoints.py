"""Tiny random checkpoints under the names of the profiles, in the same files as in the real repositories.

Each repository also has files that must not be downloaded: the same model for other programs.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import open_clip
import sentencepiece
import timm
import torch
from safetensors.torch import save_file
from tiny_models import GROUNDING_CONFIG, NLI_LABELS, SIZES, byte_tokenizer, minilm_tokenizer
from tokenizers import processors
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    BertModel,
    BertTokenizerFast,
    DebertaConfig,
    DebertaForSequenceClassification,
    DebertaTokenizerFast,
    DebertaV2Config,
    DebertaV2Model,
    GPT2Config,
    GPT2LMHeadModel,
    MPNetConfig,
    MPNetModel,
    MPNetTokenizerFast,
)

ELSEWHERE = ("README.md", "onnx/model.onnx", "openvino/openvino_model.bin", "rust_model.ot", "tf_model.h5")
"""Files with the same model for other programs, and the card."""
PICKLED = (*ELSEWHERE, "pytorch_model.bin")
CLIP = {
    "embed_dim": 16,
    "vision_cfg": {"image_size": 32, "layers": 1, "width": 64, "patch_size": 16},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 1},
}
PIXELS = {
    "mean": [0.48145466, 0.4578275, 0.40821073],
    "std": [0.26862954, 0.26130258, 0.27577711],
    "interpolation": "bicubic",
    "resize_mode": "shortest",
}
WORDS = 2000
"""Number of words of MiniLM's vocabulary that the vocabulary of DeBERTa-v3 is trained on."""

State = dict[str, torch.Tensor]


def write_repositories(folder: Path) -> None:
    """Write `folder/<owner>/<name>/` for every repository of the profiles; the same bytes of weights each time."""
    with torch.random.fork_rng():
        for number, (repo, write) in enumerate(REPOSITORIES.items()):
            torch.manual_seed(number)
            (folder / repo).mkdir(parents=True)
            write(folder / repo)


def _minilm(folder: Path) -> None:
    config = BertConfig(vocab_size=30522, architectures=["BertModel"], **SIZES)
    _write(folder, config, BertModel(config).state_dict(), minilm_tokenizer())
    _sentence(folder, 256)


def _mpnet(folder: Path) -> None:
    config = MPNetConfig(vocab_size=30527, architectures=["MPNetForMaskedLM"], max_position_embeddings=514, **SIZES)
    vocabulary = ["<s>", "<pad>", "</s>", "<unk>", *_words(), "<mask>"]
    (folder / "vocab.txt").write_text("\n".join(vocabulary) + "\n")
    _write(folder, config, MPNetModel(config).state_dict(), MPNetTokenizerFast(str(folder / "vocab.txt")))
    _sentence(folder, 384)


def _sentence(folder: Path, longest: int) -> None:
    """Write the modules that turn a model into a Sentence Transformers model: mean of the tokens, unit length."""
    kinds = [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]
    modules = [
        {"idx": n, "name": str(n), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for n, (path, kind) in enumerate(kinds)
    ]
    pooling = {"word_embedding_dimension": SIZES["hidden_size"], "pooling_mode_mean_tokens": True}
    _json(folder / "modules.json", modules)
    _json(folder / "1_Pooling" / "config.json", pooling)
    _json(folder / "sentence_bert_config.json", {"max_seq_length": longest, "do_lower_case": False})
    _json(folder / "config_sentence_transformers.json", {"__version__": {"sentence_transformers": "2.0.0"}})
    _json(folder / "data_config.json", [])
    _other_programs(folder, *PICKLED, "train_script.py")


def _cross(folder: Path) -> None:
    config = BertConfig(vocab_size=30522, num_labels=1, architectures=["BertForSequenceClassification"], **SIZES)
    config.sentence_transformers = {"activation_fn": "torch.nn.modules.linear.Identity", "version": "4.0.1"}
    _write(folder, config, BertForSequenceClassification(config).state_dict(), minilm_tokenizer())
    _other_programs(folder, *PICKLED, "flax_model.msgpack")


def _bert_uncased(folder: Path) -> None:
    config = BertConfig(vocab_size=30522, architectures=["BertForMaskedLM"], **SIZES)
    own = {f"bert.{name}": values for name, values in BertModel(config).state_dict().items()}
    _write(folder, config, {**own, "cls.predictions.bias": torch.zeros(30522)}, minilm_tokenizer())
    (folder / "special_tokens_map.json").unlink()
    _other_programs(folder, *PICKLED, "flax_model.msgpack", "model.onnx", "coreml/model.mlpackage")


def _bert_cased(folder: Path) -> None:
    words = _words()
    capitals = [word.capitalize() for word in words if word.isalpha() and len(word) > 1][:5000]
    letters = [chr(ord("A") + n) for n in range(26)]
    (folder / "vocab.txt").write_text("\n".join([*words, *letters, *capitals]) + "\n")
    BertTokenizerFast(str(folder / "vocab.txt"), do_lower_case=False).save_pretrained(folder)
    (folder / "special_tokens_map.json").unlink()
    BertConfig(architectures=["BertForMaskedLM"]).save_pretrained(folder)
    _other_programs(folder, *PICKLED, "flax_model.msgpack", "model.safetensors")


def _deberta_v3(half: bool) -> Callable[[Path], None]:
    """A writer of a DeBERTa-v3 with pickled weights, in half precision for the larger model."""

    def write(folder: Path) -> None:
        config = {
            "model_type": "deberta-v2",
            "max_position_embeddings": 512,
            "relative_attention": True,
            "position_buckets": 256,
            "norm_rel_ebd": "layer_norm",
            "share_att_key": True,
            "pos_att_type": "p2c|c2p",
            "layer_norm_eps": 1e-7,
            "max_relative_positions": -1,
            "position_biased_input": False,
            "type_vocab_size": 0,
            "vocab_size": 2100,
            **SIZES,
        }
        _json(folder / "config.json", config)
        own = DebertaV2Model(DebertaV2Config(**config)).state_dict()
        state = {f"deberta.{name}": values for name, values in own.items()} | _deberta_heads()
        weights = {
            name: values.half() if half and values.is_floating_point() else values for name, values in state.items()
        }
        torch.save(weights, folder / "pytorch_model.bin")
        (folder / "spm.model").write_bytes(_sentencepiece())
        _json(folder / "tokenizer_config.json", {"do_lower_case": False, "vocab_type": "spm"})
        _other_programs(folder, "README.md", "rust_model.ot", "tf_model.h5")
        if not half:
            _json(folder / "generator_config.json", config)
            _other_programs(folder, "pytorch_model.generator.bin")

    return write


def _deberta_heads() -> State:
    """The heads that the encoder was trained with, which the checkpoint contains too."""
    width = SIZES["hidden_size"]
    vector, matrix = torch.zeros(width), torch.zeros(width, width)
    parts = [("lm_predictions.lm_head", "lm_predictions.lm_head.bias"), ("mask_predictions", "mask_predictions.bias")]
    state = {bias: torch.zeros(1) for _, bias in parts}
    for head, _ in parts:
        state |= {f"{head}.dense.weight": matrix, f"{head}.dense.bias": vector}
        state |= {f"{head}.LayerNorm.weight": vector, f"{head}.LayerNorm.bias": vector}
    return state


def _sentencepiece() -> bytes:
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(_words()[-WORDS:]),
        model_writer=model,
        vocab_size=1500,
        hard_vocab_limit=False,
        byte_fallback=True,
        pad_id=0,
        bos_id=1,
        eos_id=2,
        unk_id=3,
        pad_piece="[PAD]",
        bos_piece="[CLS]",
        eos_piece="[SEP]",
        unk_piece="[UNK]",
        minloglevel=2,
        num_threads=1,
    )
    return model.getvalue()


def _nli(folder: Path) -> None:
    letters = byte_tokenizer().backend_tokenizer
    letters.add_special_tokens(["[CLS]", "[SEP]", "[PAD]", "[UNK]", "[MASK]"])
    ends = [(name, letters.token_to_id(name)) for name in ("[CLS]", "[SEP]")]
    letters.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=ends
    )
    config = DebertaConfig(
        vocab_size=letters.get_vocab_size(),
        relative_attention=True,
        position_biased_input=False,
        pos_att_type=["c2p", "p2c"],
        type_vocab_size=0,
        pad_token_id=letters.token_to_id("[PAD]"),
        architectures=["DebertaForSequenceClassification"],
        label2id=NLI_LABELS,
        id2label={n: name for name, n in NLI_LABELS.items()},
        **SIZES,
    )
    state = DebertaForSequenceClassification(config).state_dict()
    _write(folder, config, state, DebertaTokenizerFast(tokenizer_object=letters))
    _other_programs(folder, "README.md", "onnx/model.onnx", "pytorch_model.bin", "bpe_encoder.bin", "results.csv")


def _gpt2(folder: Path) -> None:
    config = GPT2Config(
        vocab_size=257,
        n_embd=32,
        n_layer=2,
        n_head=2,
        eos_token_id=256,
        bos_token_id=256,
        architectures=["GPT2LMHeadModel"],
    )
    model = GPT2LMHeadModel(config)
    _write(folder, config, model.transformer.state_dict(), byte_tokenizer())
    model.generation_config.save_pretrained(folder)
    _json(folder / "generation_config_for_text_generation.json", {"do_sample": True, "max_length": 50})
    _other_programs(folder, *PICKLED, "flax_model.msgpack")


def _grounding(folder: Path) -> None:
    from groundingdino.models import build_model
    from groundingdino.util.slconfig import SLConfig

    names = {"GroundingDINO_SwinT_OGC": "groundingdino_swint_ogc", "GroundingDINO_SwinB": "groundingdino_swinb_cogcoor"}
    for config in names:
        (folder / f"{config}.cfg.py").write_text(GROUNDING_CONFIG)
    BertConfig(vocab_size=30522, **SIZES).save_pretrained(folder / "bert")
    BertModel(BertConfig(vocab_size=30522, **SIZES)).save_pretrained(folder / "bert")
    minilm_tokenizer().save_pretrained(folder / "bert")
    arguments = SLConfig.fromfile(str(folder / "GroundingDINO_SwinT_OGC.cfg.py"))
    arguments.device, arguments.text_encoder_type = "cpu", str(folder / "bert")
    state = build_model(arguments).state_dict()
    half = {f"module.{name}": values.half() if values.is_floating_point() else values for name, values in state.items()}
    for weights in names.values():
        torch.save({"model": half}, folder / f"{weights}.pth")
    for path in (folder / "bert").iterdir():
        path.unlink()
    (folder / "bert").rmdir()
    _other_programs(folder, "README.md", "GD_GLIGEN.png", "cats.png", "demo_audio.mp3")


def _open_clip(quick: bool) -> Callable[[Path], None]:
    """A writer of an open_clip model; OpenAI's models have another activation."""

    def write(folder: Path) -> None:
        settings: dict[str, Any] = {**CLIP, **({"quick_gelu": True} if quick else {})}
        save_file(open_clip.CLIP(**settings).state_dict(), folder / "open_clip_model.safetensors")
        _json(folder / "open_clip_config.json", {"model_cfg": settings, "preprocess_cfg": PIXELS})
        for name in ("config.json", "preprocessor_config.json", "tokenizer_config.json", "special_tokens_map.json"):
            _json(folder / name, {})
        _other_programs(folder, "README.md", "pytorch_model.bin", "model.safetensors", "open_clip_pytorch_model.bin")

    return write


def _resnet(folder: Path) -> None:
    model = timm.create_model("test_resnet", num_classes=10)
    pixels = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225], "interpolation": "bilinear"}
    config = {
        "architecture": "test_resnet",
        "num_classes": 10,
        "num_features": model.num_features,
        "pretrained_cfg": {
            "tag": "tv_in1k",
            "input_size": [3, 96, 96],
            "crop_pct": 0.875,
            "num_classes": 10,
            "first_conv": "conv1.0",
            "classifier": "fc",
            **pixels,
        },
    }
    _json(folder / "config.json", config)
    save_file(model.state_dict(), folder / "model.safetensors")
    _other_programs(folder, "README.md", "pytorch_model.bin")


def _write(folder: Path, config: Any, state: State, tokenizer: Any) -> None:
    tokenizer.save_pretrained(folder)
    config.save_pretrained(folder)
    save_file({name: values.clone() for name, values in state.items()}, folder / "model.safetensors", {"format": "pt"})


def _other_programs(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("for another program\n")


def _words() -> list[str]:
    """The words of MiniLM's vocabulary in order."""
    vocabulary = minilm_tokenizer().get_vocab()
    return sorted(vocabulary, key=vocabulary.__getitem__)


def _json(path: Path, content: object) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(content, indent=2), encoding="utf-8")


REPOSITORIES: dict[str, Callable[[Path], None]] = {
    "sentence-transformers/all-MiniLM-L6-v2": _minilm,
    "sentence-transformers/all-mpnet-base-v2": _mpnet,
    "cross-encoder/ms-marco-MiniLM-L6-v2": _cross,
    "cross-encoder/ms-marco-MiniLM-L12-v2": _cross,
    "cross-encoder/nli-deberta-base": _nli,
    "microsoft/deberta-v3-base": _deberta_v3(half=True),
    "microsoft/deberta-v3-xsmall": _deberta_v3(half=False),
    "openai-community/gpt2-xl": _gpt2,
    "google-bert/bert-base-uncased": _bert_uncased,
    "google-bert/bert-base-cased": _bert_cased,
    "ShilongLiu/GroundingDINO": _grounding,
    "timm/vit_large_patch14_clip_224.openai": _open_clip(quick=True),
    "laion/CLIP-ViT-B-32-laion2B-s34B-b79K": _open_clip(quick=False),
    "timm/resnet152.tv_in1k": _resnet,
}
