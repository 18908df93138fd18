"""Filter 4: the product that a review is about, and the removed links."""

from __future__ import annotations

import polars as pl

from ameli_build.clean.variants import product_missing, resolve_links, wrong_variant
from ameli_build.clean.verdicts import judge
from ameli_build.core.records import UNREADABLE

CATALOGUE = {"A": None, "B": None, "C": None, "X": "no_image (no picture listed)"}


def resolve(*links: tuple[str, str, str | None], relink: bool = True) -> pl.DataFrame:
    rows = [(review, sku, named, f"{review} under {sku}") for review, sku, named in links]
    schema = {"review_id": pl.String, "sku": pl.String, "product_details_sku": pl.String, "text": pl.String}
    products = pl.DataFrame({"sku": list(CATALOGUE), "gone": list(CATALOGUE.values())}, schema_overrides={"gone": str})
    return resolve_links(pl.DataFrame(rows, schema=schema, orient="row"), products, relink)


def outcome(table: pl.DataFrame) -> tuple[object, ...]:
    """SKU, links in, links removed, re-linked, reason and detail of the only review of a table."""
    dropped = judge(table, [wrong_variant(), product_missing()])
    verdict = dropped.row(0, named=True) if dropped.height else {"reason": None, "detail": None}
    row = table.row(0, named=True)
    values = (row["sku"], row["links_in"], row["links_removed"], row["relinked"])
    return (*values, verdict["reason"], verdict["detail"])


def test_a_review_without_named_variant_is_about_its_product() -> None:
    assert outcome(resolve(("r", "A", None))) == ("A", 1, 0, False, None, None)


def test_a_review_may_name_its_product() -> None:
    assert outcome(resolve(("r", "A", "A"))) == ("A", 1, 0, False, None, None)


def test_links_under_siblings_are_removed_and_counted() -> None:
    table = resolve(("r", "A", "B"), ("r", "B", None), ("r", "C", "B"))
    assert outcome(table) == ("B", 3, 2, False, None, None)
    assert table["text"].to_list() == ["r under B"]


def test_a_review_without_valid_link_is_linked_to_the_named_variant() -> None:
    table = resolve(("r", "C", "B"), ("r", "A", "B"))
    assert outcome(table) == ("B", 2, 2, True, None, None)
    assert table["text"].to_list() == ["r under A"]


def test_a_review_of_a_variant_outside_the_catalogue_is_dropped() -> None:
    detail = "is about variant Z, which is not in the catalogue"
    assert outcome(resolve(("r", "A", "Z"))) == ("Z", 1, 1, False, "wrong_variant", detail)


def test_a_variant_with_an_unreadable_sku_is_another_variant() -> None:
    detail = "is about another variant, whose SKU cannot be read in what the shop says"
    dropped = (UNREADABLE, 1, 1, False, "wrong_variant", detail)
    assert outcome(resolve(("r", "A", UNREADABLE))) == dropped
    assert outcome(resolve(("r", "A", UNREADABLE), relink=False)) == dropped
    assert outcome(resolve(("r", "A", UNREADABLE), ("r", "B", None))) == ("B", 2, 1, False, None, None)
    assert outcome(resolve(("r", "A", UNREADABLE), ("r", "C", "B"))) == ("B", 2, 2, True, None, None)
    detail = "is about variant Z, which is not in the catalogue"
    assert outcome(resolve(("r", "A", UNREADABLE), ("r", "B", "Z"))) == ("Z", 2, 2, False, "wrong_variant", detail)


def test_without_relinking_the_review_is_dropped() -> None:
    detail = "is about variant B, and re-linking is off"
    assert outcome(resolve(("r", "A", "B"), relink=False)) == ("B", 1, 1, False, "wrong_variant", detail)


def test_a_product_outside_the_catalogue_is_missing() -> None:
    detail = "product Z is not in the catalogue"
    assert outcome(resolve(("r", "Z", None))) == ("Z", 1, 0, False, "product_missing", detail)
    assert outcome(resolve(("r", "Z", "Z"))) == ("Z", 1, 0, False, "product_missing", detail)


def test_a_dropped_product_is_missing_and_the_detail_has_its_reason() -> None:
    detail = "product X was dropped: no_image (no picture listed)"
    assert outcome(resolve(("r", "X", None))) == ("X", 1, 0, False, "product_missing", detail)
    assert outcome(resolve(("r", "A", "X"))) == ("X", 1, 1, True, "product_missing", detail)


def test_variants_that_name_each_other_resolve_to_the_smallest() -> None:
    assert outcome(resolve(("r", "A", "B"), ("r", "B", "A"))) == ("A", 2, 2, True, None, None)


def test_links_without_a_name_prefer_the_product_that_another_link_names() -> None:
    assert outcome(resolve(("r", "A", None), ("r", "B", None), ("r", "C", "B"))) == ("B", 3, 2, False, None, None)


def test_links_without_a_name_prefer_a_kept_product() -> None:
    assert outcome(resolve(("r", "0", None), ("r", "X", None), ("r", "B", None), ("r", "C", None))) == (
        "B",
        4,
        3,
        False,
        None,
        None,
    )


def test_the_order_of_the_links_does_not_matter() -> None:
    links = [("r", "A", "B"), ("r", "C", "B"), ("q", "B", None), ("q", "A", None), ("p", "Z", None)]
    assert resolve(*links).drop("place").equals(resolve(*reversed(links)).drop("place"))


def test_without_links_the_table_is_empty() -> None:
    assert resolve().is_empty()
