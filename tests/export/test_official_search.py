"""The authors' search for fusion weights and their metrics run on an export: these tests read it as their code does.

Their code asks for the scores of each channel by a product's id as a string, gives -1 to a channel without a score,
puts a cross-encoder's score through a sigmoid, and takes the first of eleven weights with the best Recall@K.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from made import released_snapshot

from ameli_build.baseline.predictions.reading import PREDICTIONS, RETRIEVED
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot, write_table
from ameli_build.export.formats import export
from ameli_build.release import official_layout as layout
from ameli_build.scores import tables

SETTINGS = load_settings("demo")
WEIGHTS = [n / 10 for n in range(11)]
DEPTHS = (1, 2, 3, 1000)


def write_baseline(snapshot: Snapshot, *, cross: bool = False, adapters: bool = True) -> None:
    """Files of a baseline about dev and test: two candidates per review, four ranked products by each channel."""
    reviews = {
        row["review_id"]: (split, row["sku"])
        for split in ("dev", "test")
        for row in pl.read_parquet(snapshot.dataset / f"{split}.parquet").iter_rows(named=True)
    }
    skus = sorted(pl.read_parquet(snapshot.dataset / "products.parquet")["sku"])
    predictions, ranked = [], []
    for review, (split, gold) in reviews.items():
        others = [sku for sku in skus if sku != gold]
        about = {"review_id": review, "run": 0, "split": split}
        predictions.append(
            about
            | {"mention": "laptop", "candidates": [others[0], gold], "retrieval": [0.6, 0.5]}
            | {"retrieval_text": [0.9, 0.2], "retrieval_image": [0.1, 0.8], "attributes": []}
            | {"retrieval_cross": [1.0, 0.25] if cross else None}
        )
        image = tables.TUNED if adapters else tables.CLIP
        for name, order, scores in (
            (tables.SBERT, [others[0], others[1], others[2], gold], [0.9, 0.5, 0.4, 0.2]),
            (image, [gold, others[2], others[1], others[0]], [0.8, 0.7, 0.6, 0.1]),
            (tables.BOTH, others, [0.3, 0.2, 0.1]),
        ):
            ranked.append(about | {"row": name, "skus": order, "scores": scores})
            ranked.append(about | {"row": name, "run": 1, "skus": order[:1], "scores": [-0.5]})
    schema = {name: kind for name, kind in PREDICTIONS.items() if name in predictions[0]}
    write_table(snapshot.root / "baseline" / "predictions.parquet", pl.DataFrame(predictions, schema, orient="row"))
    columns = {name: kind for name, kind in RETRIEVED.items() if name != "allowed"}
    write_table(snapshot.root / "baseline" / "retrieved.parquet", pl.DataFrame(ranked, columns, orient="row"))


def exported(tmp_path: Path, snapshot: Snapshot) -> dict[str, list[dict[str, Any]]]:
    """The queries of each split."""
    export(snapshot, SETTINGS, "official", str(tmp_path / "out"))
    return {
        split: json.loads((tmp_path / "out" / folder / layout.RETRIEVAL).read_text(encoding="utf-8"))
        for split, folder in layout.FOLDERS.items()
    }


def fused(query: dict[str, Any], weight: float, key: str) -> list[int]:
    """A query's candidates by the weighted sum of a text score and the image score."""
    known: dict[str, dict[str, Any]] = {}
    for number, scores in query["image_score_dict"].items():
        known.setdefault(number, {})["image_score"] = scores["score"]
    for name, prefix in (("text_score_dict", ""), ("desc_score_dict", "desc_")):
        for number, scores in query[name].items():
            crossed = scores["cross_score"]
            if crossed is not None:
                assert scores["cross_score_sigmoid"] == pytest.approx(1 / (1 + math.exp(-crossed)), abs=1e-4)
            known.setdefault(number, {})[f"{prefix}bi_score"] = scores["bi_score"]
            known[number][f"{prefix}cross_score"] = scores["cross_score_sigmoid"]
    sums = {
        int(number): scores.get(key, -1) * weight + scores.get("image_score", -1) * (1 - weight)
        for number, scores in known.items()
    }
    return sorted(sums, key=lambda number: sums[number], reverse=True)


def search(queries: list[dict[str, Any]], key: str = "bi_score") -> dict[int, tuple[float, float]]:
    """For each depth the best recall and the first weight that gives it."""
    best: dict[int, tuple[float, float]] = {}
    for depth in DEPTHS:
        for weight in WEIGHTS:
            hits = [query["gold_entity_info"]["id"] in fused(query, weight, key)[:depth] for query in queries]
            recall = sum(hits) / len(hits)
            if depth not in best or recall > best[depth][0]:
                best[depth] = (recall, weight)
    return best


@pytest.mark.parametrize("adapters", [True, False])
def test_the_search_finds_the_weights_of_each_depth(tmp_path: Path, adapters: bool) -> None:
    snapshot = released_snapshot(tmp_path / "snapshot")
    write_baseline(snapshot, adapters=adapters)
    queries = exported(tmp_path, snapshot)
    for split in ("dev", "test"):
        assert search(queries[split]) == {1: (1.0, 0.0), 2: (1.0, 0.0), 3: (1.0, 0.0), 1000: (1.0, 0.0)}
        for query in queries[split]:
            gold = query["gold_entity_info"]["id"]
            assert fused(query, 1.0, "bi_score")[0] != gold
            assert len(query["text_score_dict"]) == len(query["image_score_dict"]) == 4


def test_each_channel_s_own_list_is_in_the_order_of_its_scores(tmp_path: Path) -> None:
    snapshot = released_snapshot(tmp_path / "snapshot")
    write_baseline(snapshot)
    for query in exported(tmp_path, snapshot)["test"]:
        for name, scores, key in (("text", "text_score_dict", "bi_score"), ("image", "image_score_dict", "score")):
            said = query[scores]
            order = query[f"product_id_with_similar_{name}_by_review"]
            assert [str(number) for number in order] == list(said)
            assert [entry["idx"] for entry in said.values()] == list(range(len(order)))
            values = [entry[key] for entry in said.values()]
            assert values == sorted(values, reverse=True)
        assert query["product_id_with_similar_image_by_review"][0] == query["gold_entity_info"]["id"]
        assert query["product_id_with_similar_text_by_review"][-1] == query["gold_entity_info"]["id"]


def test_a_cross_encoder_s_scores_are_logits_with_their_sigmoid(tmp_path: Path) -> None:
    snapshot = released_snapshot(tmp_path / "snapshot")
    write_baseline(snapshot, cross=True)
    queries = exported(tmp_path, snapshot)["dev"]
    for query in queries:
        assert len(query["text_score_dict"]) == 2  # SBERT's row ranks by both channels: only candidates have scores
        assert [said["cross_score_sigmoid"] for said in query["text_score_dict"].values()] == [1.0, 0.25]
        assert all(math.isfinite(said["cross_score"]) for said in query["text_score_dict"].values())
    assert search(queries, "bi_score")[1000][0] == 1.0


def test_without_a_baseline_every_search_finds_nothing(tmp_path: Path) -> None:
    queries = exported(tmp_path, released_snapshot(tmp_path / "snapshot"))
    assert [search(some)[1][0] for some in queries.values()] == [0.0] * 3
    for split, folder in layout.FOLDERS.items():
        path = tmp_path / "out" / folder / layout.DISAMBIGUATION[split]
        for query in (*queries[split], *json.loads(path.read_text(encoding="utf-8"))):
            assert [query[f"{name}_score_dict"] for name in ("text", "image", "desc")] == [{}, {}, {}]
            assert [query[f"product_id_with_similar_{name}_by_review"] for name in ("text", "image", "desc")] == [
                []
            ] * 3


def test_disambiguation_reads_only_the_scores_of_its_candidates(tmp_path: Path) -> None:
    snapshot = released_snapshot(tmp_path / "snapshot")
    write_baseline(snapshot)
    exported(tmp_path, snapshot)
    path = tmp_path / "out" / "test" / layout.DISAMBIGUATION["test"].removeprefix("test/")
    for query in json.loads(path.read_text(encoding="utf-8")):
        candidates = {str(number) for number in query["fused_candidate_list"]}
        assert query["text_score_dict"].keys() == query["image_score_dict"].keys() == candidates


def test_predictions_of_another_build_are_not_exported(tmp_path: Path) -> None:
    snapshot = released_snapshot(tmp_path / "snapshot")
    write_baseline(snapshot)
    path = snapshot.root / "baseline" / "predictions.parquet"
    other = pl.read_parquet(path).with_columns(candidates=pl.lit(["gone", "p1"]))
    write_table(path, other)
    assert all(query["fused_candidate_list"] == [] for query in exported(tmp_path, snapshot)["test"])
