"""The stage on a small snapshot with pictures: features, verdicts, and the cost of a changed threshold."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image
from tiny_models import minilm_tokenizer, save
from transformers import BertConfig, BertForSequenceClassification

from ameli_build.core.errors import UnusableInput
from ameli_build.core.execution import run_stage
from ameli_build.core.records import ATTRIBUTES
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot, write_table
from ameli_build.informativeness.features import pair_similarity
from ameli_build.informativeness.stage import STAGE
from ameli_build.mentions.stage import MENTIONS
from ameli_build.models.cross import load_cross_encoder
from ameli_build.pipeline import STAGES, build, roles_of

TINY = BertConfig(
    vocab_size=30522, num_labels=1, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16
)
TEXTS = {
    "said": "A gray 14-inch laptop with 16 gigs and a 1tb drive.",
    "shown": "Nice.",
    "vague": "Love it, works great, my wife is happy.",
}


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    """One product, and three reviews of it with a mention; only the second review has the product's picture."""
    snapshot = Snapshot(tmp_path)
    (tmp_path / "raw" / "images").mkdir(parents=True)
    noise = np.random.default_rng(1)
    for name in ("product", "other"):
        pixels = noise.integers(0, 255, (8, 8, 3), dtype=np.uint8)
        Image.fromarray(pixels).resize((64, 64)).save(tmp_path / "raw" / "images" / f"{name}.png")
    values = [("Color", "Gray"), ("Screen", "14 inches"), ("Memory", "16 gigabytes"), ("Storage", "1000 gigabytes")]
    product = {
        "sku": ["1"],
        "name": ['Vantor - 14" Laptop - Gray'],
        "description": [""],
        "attributes": [[{"group": "Key Specs", "name": name, "value": value} for name, value in values]],
        "images": [["raw/images/product.png"]],
    }
    ids = sorted(TEXTS)
    reviews = {
        "review_id": ids,
        "sku": ["1"] * 3,
        "title": ["", "", " "],
        "text": [TEXTS[key] for key in ids],
        "cleaned_images": [[f"raw/images/{'product' if key == 'shown' else 'other'}.png"] for key in ids],
    }
    mentions = [(key, "laptop", 0, 1, 0.5) for key in ids]
    write_table(
        snapshot.table_path("clean/products"), pl.DataFrame(product, schema_overrides={"attributes": ATTRIBUTES})
    )
    write_table(snapshot.table_path("clean/reviews"), pl.DataFrame(reviews))
    write_table(snapshot.table_path("mentions/mentions"), pl.DataFrame(mentions, schema=MENTIONS, orient="row"))
    return snapshot


def test_features_and_verdicts(snapshot: Snapshot) -> None:
    overrides = ["informativeness.image_similarity=0.99", "informativeness.n_attributes=3"]
    assert run_stage(STAGE, snapshot, load_settings("demo", overrides))
    rows = {row["review_id"]: row for row in snapshot.read("informativeness/features").iter_rows(named=True)}
    assert [rows[key]["n_attributes"] for key in ("said", "shown", "vague")] == [4, 0, 0]
    assert rows["shown"]["image_similarity"] == pytest.approx(1.0, abs=1e-3)
    assert rows["said"]["description_similarity"] == 0.0
    assert rows["said"]["title_similarity"] > rows["vague"]["title_similarity"]
    assert snapshot.read("informativeness/kept")["review_id"].to_list() == ["said", "shown"]
    assert snapshot.read("informativeness/dropped")["review_id"].to_list() == ["vague"]


def test_a_changed_threshold_embeds_nothing(snapshot: Snapshot) -> None:
    run_stage(STAGE, snapshot, load_settings("demo"))
    before = {path: path.stat().st_mtime_ns for path in (snapshot.root / "cache").rglob("*.sealed")}
    features = snapshot.read("informativeness/features")
    assert run_stage(STAGE, snapshot, load_settings("demo", ["informativeness.n_attributes=9"]))
    assert {path: path.stat().st_mtime_ns for path in (snapshot.root / "cache").rglob("*.sealed")} == before
    assert snapshot.read("informativeness/features").equals(features)


def test_exact_matching_changes_only_the_counts_of_attributes(snapshot: Snapshot) -> None:
    """String match finds only "gray"; the embeddings stay, the counts are made again."""
    run_stage(STAGE, snapshot, load_settings("demo"))
    before = snapshot.read("informativeness/features")
    assert run_stage(STAGE, snapshot, load_settings("demo", ["informativeness.match=exact"]))
    after = snapshot.read("informativeness/features")
    assert after["n_attributes"].to_list() == [1, 0, 0]
    assert after["attributes"].list.len().to_list() == [1, 0, 0]
    assert after["attributes"][0].to_list() == [{"name": "Color", "value": "Gray"}]
    rest = after.columns[3:]
    assert after.select(rest).equals(before.select(rest))


def test_a_cross_encoder_may_score_the_texts(snapshot: Snapshot, tmp_path: Path) -> None:
    """The features are the model's logits, also for an empty description; the other two features stay."""
    name = save(tmp_path / "cross", lambda: BertForSequenceClassification(TINY), minilm_tokenizer(), 0)
    run_stage(STAGE, snapshot, load_settings("demo"))
    before = snapshot.read("informativeness/features")
    overrides = ["informativeness.similarity=cross-encoder", f"models.cross_encoder={name}"]
    low = [f"informativeness.{feature}_similarity=-9" for feature in ("description", "title")]
    assert run_stage(STAGE, snapshot, load_settings("demo", [*overrides, *low]))
    after = snapshot.read("informativeness/features")
    scorer, joined = load_cross_encoder(name), [TEXTS[key].strip() for key in after["review_id"]]
    for column, target in (("description_similarity", ""), ("title_similarity", 'Vantor - 14" Laptop - Gray')):
        wanted = scorer.score([(text, target) for text in joined], logits=True)
        assert np.allclose(after[column], wanted, atol=1e-3)
        assert not after[column].equals(before[column])
    columns = ("review_id", "n_attributes", "image_similarity")
    assert after.select(columns).equals(before.select(columns))
    assert snapshot.read("informativeness/dropped").is_empty()


def test_a_build_requires_the_cross_encoder_only_if_it_is_used(snapshot: Snapshot) -> None:
    overrides = ["models.cross_encoder=nobody/has-this"]
    assert "cross_encoder" not in roles_of(STAGES, load_settings("demo", overrides))
    settings = load_settings("demo", [*overrides, "informativeness.similarity=cross-encoder"])
    with pytest.raises(UnusableInput, match=r"models\.cross_encoder nobody/has-this"):
        build(snapshot, settings)


def test_a_snapshot_without_mentions_keeps_no_review(snapshot: Snapshot) -> None:
    write_table(snapshot.table_path("mentions/mentions"), snapshot.read("mentions/mentions").clear())
    assert run_stage(STAGE, snapshot, load_settings("demo"))
    assert snapshot.read("informativeness/kept").is_empty()


def test_similarity_of_pairs_of_pictures() -> None:
    left = np.array([[1, 0], [0, 1]], dtype=np.float32)
    right = np.array([[0, 1], [0.6, 0.8]], dtype=np.float32)
    assert pair_similarity(left, right, "maximum") == pytest.approx(1.0)
    assert pair_similarity(left, right, "mean") == pytest.approx(0.6)
    assert pair_similarity(left, right, "first") == pytest.approx(0.0)
