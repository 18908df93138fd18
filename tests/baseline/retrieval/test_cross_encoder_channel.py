"""The cross-encoder scores every pair of the pools once, and each score gets to its place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
from baseline_world import write_dataset
from tiny_models import minilm_tokenizer, save
from transformers import BertConfig, BertForSequenceClassification

from ameli_build.baseline.encode import encode_all
from ameli_build.baseline.retrieval.cross_encoder import cross_encode
from ameli_build.baseline.retrieval.pools import Pool
from ameli_build.baseline.retrieval.prior import make_prior
from ameli_build.baseline.retrieval.table4 import Case
from ameli_build.core.cache import Work, read_entry
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.datasets.data import load_data
from ameli_build.models.cross import load_cross_encoder

TINY = BertConfig(
    vocab_size=30522, num_labels=1, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16
)


def pool_of(*lists: list[int]) -> Pool:
    rows = np.array(lists, dtype=np.int64)
    return Pool(rows, {"text": np.zeros(rows.shape, dtype=np.float32)}, rows >= 0)


def test_the_channel_can_be_off_although_a_model_is_named(tmp_path: Path) -> None:
    settings = load_settings("demo", ("models.cross_encoder=nobody/has-this", "baseline.cross_channel=false"))
    data = load_data(write_dataset(tmp_path, {"train": 1, "dev": 1, "test": 1}) / "dataset")
    work = Work(Snapshot(tmp_path))
    vectors, prior = encode_all(work, settings, data), make_prior(work, settings, data.kb)
    everything = [np.ones(len(data.kb), dtype=np.bool_)] * len(data.reviews)
    case = Case(work, settings, data, vectors, prior, everything).with_cross_encoder([None])
    assert set(case.pool.channels) == {"text", "image"}


def test_pairs_of_all_pools_are_scored_once(tmp_path: Path) -> None:
    name = save(tmp_path / "cross", lambda: BertForSequenceClassification(TINY), minilm_tokenizer(), 0)
    settings = load_settings("demo", (f"models.cross_encoder={name}", "models.batch=4"))
    snapshot = Snapshot(write_dataset(tmp_path / "small", {"train": 2, "dev": 1, "test": 2}))
    data, work = load_data(snapshot.dataset), Work(snapshot)
    first = pool_of([0, 1, 2], [3, 4, -1], [5, 6, 7], [-1, -1, -1], [0, 1, 2])
    second = pool_of([1, 2, 9], [3, 4, 5], [5, 6, 7], [2, 3, -1], [7, 8, 9])
    some = np.array([1, 2, 3, 4], dtype=np.int64)
    crossed = cross_encode(work, settings, data, some, [first, second])
    assert [len(rows) for rows in crossed.rows] == [0, 3, 3, 2, 6]
    entities, scorer = data.kb.texts(settings.baseline.entity_text), load_cross_encoder(name)
    for pool in (first, second):
        found = crossed.onto(pool).channels["cross"]
        for n, row in enumerate(pool.rows):
            pairs = [(data.reviews.texts[n], entities[product]) for product in row if product >= 0]
            wanted = scorer.score(pairs) if n in some else np.zeros(len(pairs))
            assert np.allclose(found[n, row >= 0], wanted, atol=1e-5)
            assert not found[n, row < 0].any()
    entries = map(read_entry, work.folder("cross-encode").glob("*.sealed"))
    cached = pl.concat([entry for entry in entries if entry is not None])
    texts = {data.reviews.texts[n]: n for n in some}
    distinct = {(text, row) for text, n in texts.items() for row in crossed.rows[n]}
    assert len(distinct) <= cached.height <= 14
    files = {path: path.stat().st_mtime_ns for path in work.folder("cross-encode").glob("*.sealed")}
    again = cross_encode(work, settings, data, some, [second, first])
    assert all(np.array_equal(*both) for both in zip(again.scores, crossed.scores, strict=True))
    assert files == {path: path.stat().st_mtime_ns for path in work.folder("cross-encode").glob("*.sealed")}
