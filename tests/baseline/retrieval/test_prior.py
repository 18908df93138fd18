"""P(e|m) and P(c|m) by hand, and for names found by spaCy."""

from pathlib import Path

import pytest

from ameli_build.baseline.retrieval.prior import count_forms, make_prior, rank_by_prior
from ameli_build.core.cache import Work
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.datasets.data import KnowledgeBase

COMPUTERS, TABLETS = ("Shop", "Computers"), ("Shop", "Tablets")


def test_shares_of_products_and_categories() -> None:
    prior = count_forms(
        [{"laptop": 1, "laptops": 1}, {"laptop": 1, "gaminglaptop": 1}, {"laptop": 1}, {"tablet": 1}],
        [COMPUTERS, COMPUTERS, TABLETS, TABLETS],
    )
    assert prior.entities("Laptop") == pytest.approx([1 / 3, 1 / 3, 1 / 3, 0])
    assert prior.categories("laptop") == pytest.approx([2 / 3, 2 / 3, 1 / 3, 1 / 3])
    assert prior.allowed("gaming-laptop").tolist() == [False, True, False, False]
    assert prior.allowed("toaster").tolist() == [True] * 4
    assert rank_by_prior(prior, ["laptop", "tablet", "toaster"], 3).tolist() == [[0, 1, 2], [3, -1, -1], [-1, -1, -1]]


def test_a_name_counts_once_per_occurrence() -> None:
    prior = count_forms([{"laptop": 1}, {"laptop": 2}, {"laptop": 1}], [COMPUTERS, TABLETS, COMPUTERS])
    assert prior.entities("laptop") == pytest.approx([1 / 4, 1 / 2, 1 / 4])
    assert prior.categories("laptop") == pytest.approx([1 / 2, 1 / 2, 1 / 2])
    assert prior.allowed("laptop").tolist() == [True] * 3
    assert rank_by_prior(prior, ["laptop"], 3).tolist() == [[1, 0, 2]]


def test_title_and_category_are_counted(tmp_path: Path) -> None:
    names = ('Norvex - 14" Tempo - Silver', 'Norvex - 14" Touch Laptop - Silver')
    categories = (("Best Buy", "PC Laptops"),) * 2
    kb = KnowledgeBase(("1", "2"), names, categories, ("", ""), ((), ()), (("a",), ("b",)), {"1": 0, "2": 1})
    prior = make_prior(Work(Snapshot(tmp_path)), load_settings("demo"), kb)
    assert prior.entities("laptops") == pytest.approx([1 / 3, 2 / 3])
    assert prior.entities("PC laptop") == pytest.approx([1 / 2, 1 / 2])
    assert prior.entities("touch laptop") == pytest.approx([0, 1])


def test_mentions_match_names_by_surface_and_lemma(tmp_path: Path) -> None:
    names = ('Norvex - 14" Touch Laptop - 16GB Memory - Silver', "Kalden - Countertop Microwave - Black")
    categories = (("Best Buy", "PC Laptops"), ("Best Buy", "Countertop Microwaves"))
    kb = KnowledgeBase(("1", "2"), names, categories, ("", ""), ((), ()), (("a",), ("b",)), {"1": 0, "2": 1})
    prior = make_prior(Work(Snapshot(tmp_path)), load_settings("demo"), kb)
    for mention in ("laptop", "Laptops", "touch laptop", "PC laptop"):
        assert prior.allowed(mention).tolist() == [True, False], mention
    assert prior.allowed("countertop microwave").tolist() == [False, True]
