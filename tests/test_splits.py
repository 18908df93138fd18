"""Splits: the shares, no product in two splits, and no review that moves."""

from pathlib import Path

import polars as pl
import pytest

from ameli_build.core.errors import UnusableInput
from ameli_build.core.execution import run_stage
from ameli_build.core.settings import SplitSettings, load_settings
from ameli_build.core.snapshot import Snapshot, write_table
from ameli_build.core.standing import stage_record
from ameli_build.splits import STAGE, families, greedy_splits, split_of


def snapshot_of(root: Path, products: int, a_product: int = 3) -> Snapshot:
    """Products in families of four, each with reviews; every fifth review is uninformative."""
    snapshot = Snapshot(root)
    skus = [f"{n:04}" for n in range(products)]
    family = [[f"{m:04}" for m in range(n // 4 * 4, n // 4 * 4 + 4)] for n in range(products)]
    rows = [(f"r{sku}-{n}", sku) for sku in skus for n in range(a_product)]
    informative, gone = (
        [row[0] for n, row in enumerate(rows) if n % 5],
        [row[0] for n, row in enumerate(rows) if not n % 5],
    )
    tables = {
        "clean/products": pl.DataFrame({"sku": skus, "variants": family}),
        "clean/reviews": pl.DataFrame(rows, schema=["review_id", "sku"], orient="row").with_columns(
            title=pl.lit(""), text=pl.lit("fine"), submitted_at=pl.lit("2024"), images=pl.lit([], pl.List(pl.String))
        ),
        "informativeness/features": pl.DataFrame(
            {"review_id": [row[0] for row in rows], "n_attributes": [n % 6 for n in range(len(rows))]}
        ),
        "informativeness/kept": pl.DataFrame({"review_id": informative}),
        "informativeness/dropped": pl.DataFrame({"review_id": gone}),
    }
    for name, table in tables.items():
        write_table(snapshot.table_path(name), table)
    return snapshot


def split(snapshot: Snapshot, *overrides: str) -> dict[str, str]:
    assert run_stage(STAGE, snapshot, load_settings("demo", overrides))
    return dict(snapshot.read("splits/splits").iter_rows())


@pytest.mark.parametrize("policy", ["product", "review", "family", "greedy"])
def test_shares_and_groups_that_stay_together(tmp_path: Path, policy: str) -> None:
    snapshot = snapshot_of(tmp_path, 1200)
    chosen = split(snapshot, f"splits.policy={policy}")
    counts = pl.Series(list(chosen.values())).value_counts()
    shares = {name: count / len(chosen) for name, count in counts.iter_rows()}
    for name, share in (("train", 0.75), ("dev", 0.10), ("test", 0.15)):
        assert shares[name] == pytest.approx(share, abs=0.035)
    assert stage_record(snapshot, "splits")["counts"]["reviews_dev"] == list(chosen.values()).count("dev")
    of_product: dict[str, set[str]] = {}
    of_family: dict[int, set[str]] = {}
    for review_id, name in chosen.items():
        of_product.setdefault(review_id[1:5], set()).add(name)
        of_family.setdefault(int(review_id[1:5]) // 4, set()).add(name)
    assert (max(map(len, of_product.values())) == 1) == (policy != "review")
    assert (max(map(len, of_family.values())) == 1) == (policy == "family")


@pytest.mark.parametrize("policy", ["product", "review", "family"])
def test_no_review_moves_when_reviews_are_added(tmp_path: Path, policy: str) -> None:
    small = split(snapshot_of(tmp_path / "small", 40), f"splits.policy={policy}")
    large = split(snapshot_of(tmp_path / "large", 80, a_product=6), f"splits.policy={policy}")
    shared = small.keys() & large.keys()
    assert len(shared) > 50
    assert all(small[key] == large[key] for key in shared)


def test_another_seed_is_another_split() -> None:
    shares = SplitSettings()
    skus = [str(n) for n in range(200)]
    assert [split_of(sku, 1, shares) for sku in skus] != [split_of(sku, 2, shares) for sku in skus]


def test_families_are_connected_in_either_direction_and_cycles_end() -> None:
    found = families([("3", ["2"]), ("1", []), ("2", ["3", "9"]), ("9", ["3"]), ("5", ["1"])])
    assert found == {"1": "1", "5": "1", "2": "2", "3": "2", "9": "2"}


def test_the_greedy_rule_fills_test_first_from_products_with_many_attributes() -> None:
    reviews = pl.DataFrame({"review_id": list("abcdef"), "sku": list("112345"), "n_attributes": [3, 0, 4, 5, 0, 0]})
    shares = SplitSettings(train=0.4, dev=0.3, test=0.3)
    assert greedy_splits(reviews, shares) == ["test", "test", "dev", "dev", "train", "train"]


@pytest.mark.parametrize("share", ["splits.train=0.8", "splits.dev=-0.1", "splits.test=NaN"])
def test_invalid_shares_are_refused_when_settings_load(share: str) -> None:
    with pytest.raises(UnusableInput, match=r"setting splits"):
        load_settings("demo", [share])
    load_settings("demo", ["splits.train=0.5", "splits.dev=0.25", "splits.test=0.25"])
