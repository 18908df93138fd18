"""The simple baselines: BM25 by hand, colours of plain pictures, and better than chance on the small world."""

import math
from pathlib import Path

import numpy as np
import pytest
from baseline_world import write_dataset
from PIL import Image

from ameli_build.baseline.retrieval.pools import Ranking
from ameli_build.baseline.retrieval.simple_baselines import colour_histograms, rank_by_words
from ameli_build.baseline.retrieval.table4 import RETRIEVERS, Case
from ameli_build.core.cache import Work
from ameli_build.core.errors import RunFailed
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.datasets.data import load_data
from ameli_build.scores.metrics import hits
from ameli_build.scores.tables import FLOORS


def test_bm25_by_hand() -> None:
    documents = ["red laptop with large screen", "blue laptop", "silver microwave with silver door", ""]
    ranking = rank_by_words(["The silver laptop", "zebra", "", "LAPTOP"], documents)
    assert ranking.top(3).tolist() == [[2, 1, 0], [-1, -1, -1], [-1, -1, -1], [1, 0, -1]]
    lengths = [4, 2, 4, 0]  # "with" is a stop word

    def share(found_in: int, times: int, document: int) -> float:
        idf = math.log(1 + (4 - found_in + 0.5) / (found_in + 0.5))
        return idf * times / (times + 1.5 * (0.25 + 0.75 * lengths[document] / 2.5))

    assert ranking.scores[0, :3] == pytest.approx([share(1, 2, 2), share(2, 1, 1), share(2, 1, 0)], abs=1e-5)


def test_ties_go_to_the_smaller_row_and_only_products_with_a_shared_word_are_listed() -> None:
    ranking = rank_by_words(["fridge"], ["oven", "fridge", "oven", "fridge"])
    assert ranking.top(4).tolist() == [[1, 3, -1, -1]]
    assert ranking.allowed.tolist() == [[True, True, False, False]]
    assert rank_by_words(["fridge"], ["the", "of"]).top(2).tolist() == [[-1, -1]]


def test_histograms_depend_on_colours_and_not_on_sizes(tmp_path: Path) -> None:
    for name, colour, side in (("a", "red", 300), ("b", "red", 80), ("c", "blue", 80)):
        Image.new("RGB", (side, side), colour).save(tmp_path / f"{name}.png")
    work, settings = Work(Snapshot(tmp_path)), load_settings("demo")
    vectors = colour_histograms(work, settings, tmp_path, [("a.png", "c.png"), ("b.png",), ("c.png",)])
    assert (vectors @ vectors.T).tolist() == [[1, 1, 0], [1, 1, 0], [0, 0, 1]]
    (tmp_path / "d.png").write_bytes(b"no picture")
    with pytest.raises(RunFailed, match=r"d\.png: cannot be decoded"):
        colour_histograms(work, settings, tmp_path, [("d.png",)])


def test_floors_beat_chance_on_the_small_world(tmp_path: Path) -> None:
    data = load_data(write_dataset(tmp_path, {"train": 1, "dev": 1, "test": 60}) / "dataset")
    settings = load_settings("demo")
    case = Case(Work(Snapshot(tmp_path)), settings, data, None, None, [])
    ranked = {name: RETRIEVERS[name].rank(case) for name in FLOORS}
    test = data.reviews.rows("test")
    for name, ranking in ranked.items():
        assert isinstance(ranking, Ranking)
        assert ranking.top(16).shape == (62, 16)
        assert hits(ranking.top(4)[test], data.reviews.gold[test], 4).mean() > 0.4, name  # chance is 0.25
    assert all(np.array_equal(RETRIEVERS[name].rank(case).rows, ranked[name].rows) for name in FLOORS)
