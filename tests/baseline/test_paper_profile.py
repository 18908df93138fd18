"""The paper's profile on tiny random checkpoints of its architectures: every row runs, scores mean nothing."""

import json
from pathlib import Path

import open_clip
import polars as pl
import pytest
import torch
from baseline_world import write_dataset
from tiny_models import minilm_tokenizer, save, save_deberta, save_gpt2
from torchvision.models import resnet18
from transformers import BertConfig, BertForSequenceClassification, BertModel

from ameli_build.baseline.run import run_baseline
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.scores.tables import (
    FLOORS,
    HUMAN,
    OURS,
    TABLE4,
    TABLE5,
    TUNED_PRIOR,
    TUNED_TEXT,
    V2TEL,
    V2VEL,
    V2VTEL,
)

BERT = BertConfig(
    vocab_size=30522, num_labels=1, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16
)
CLIP = {
    "embed_dim": 16,
    "vision_cfg": {"image_size": 32, "layers": 1, "width": 64, "patch_size": 16},
    "text_cfg": {"context_length": 16, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 1},
}


def paper_models(folder: Path) -> list[str]:
    """Overrides that replace each model of the paper's profile by a tiny local model."""
    (folder / "tiny-paper.json").write_text(json.dumps(CLIP))
    open_clip.add_model_config(folder / "tiny-paper.json")
    torch.manual_seed(0)
    torch.save(open_clip.create_model("tiny-paper").state_dict(), folder / "clip.pt")
    torch.save(resnet18().state_dict(), folder / "resnet.pth")
    text = save(folder / "text", lambda: BertModel(BERT), minilm_tokenizer(), 0)
    cross = save(folder / "cross", lambda: BertForSequenceClassification(BERT), minilm_tokenizer(), 0)
    return [
        f"models.text_encoder={text}",
        f"models.image_encoder=open_clip:tiny-paper/{folder / 'clip.pt'}",
        f"models.cross_encoder={cross}",
        f"models.nli_encoder={save_deberta(folder / 'deberta')}",
        f"models.generator={save_gpt2(folder / 'gpt2')}",
        f"models.resnet=torchvision:resnet18,{folder / 'resnet.pth'}",
        "models.ocr=rapidocr",
        "models.language=bundled:en",
    ]


@pytest.mark.parametrize("layers", [0, 1])
def test_every_row_of_table_5_runs(tmp_path: Path, layers: int) -> None:
    root = write_dataset(tmp_path / "small", {"train": 4, "dev": 2, "test": 2})
    settings = load_settings(
        "paper",
        (
            *paper_models(tmp_path),
            f"baseline.text_layers={layers}",
            "baseline.runs=1",
            "baseline.text_epochs=1",
            "baseline.text_tuning_epochs=1",
            "baseline.adapter_epochs=2",
            "baseline.attributes_per_candidate=1",
            "baseline.max_tokens=32",
            "baseline.text_candidates=3",
            "baseline.ocr_images=1",
            "baseline.generated_keys=1",
            "baseline.generated_tokens=2",
            "baseline.keep=3",
            "baseline.bootstrap=20",
        ),
    )
    scores = run_baseline(Snapshot(root), settings)
    rows = scores.table5["test"]
    assert {name for name in TABLE5 if rows[name]["end_to_end_f1"] is None} == set()
    assert {OURS, V2VEL, V2TEL, V2VTEL} <= set(rows) - {HUMAN}
    assert {name for name, row in scores.table4["test"].items() if row["recall@10"] is None} == set()
    assert {TUNED_TEXT, *TABLE4, *FLOORS} == set(scores.table4["test"])
    assert set(scores.tuned["weights"][TUNED_PRIOR]) == {"text", "image", "cross"}
    assert list(root.glob("cache/*/*.safetensors"))
    assert not list(root.glob("cache/*/*.checkpoint.sealed"))
    assert (root / "cache" / "encode-pairs").exists() == (layers == 0)
    table = pl.read_parquet(root / "baseline" / "predictions.parquet")
    assert table.height == 4
    assert not any(table[f"retrieval_{name}"].has_nulls() for name in ("text", "image", "cross"))
    extractors = table["extractors"].to_list()
    assert all({"string match", "ocr", "generator"} <= set(names) for names in extractors)
    assert list((root / "cache" / "generate-values").glob("*.sealed"))
