"""The stage `clean` end to end on a small snapshot of real files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pictures_made import PLACEHOLDER, bad_pictures, encoded, good_pictures, photograph

from ameli_build.clean.rows import VALUES
from ameli_build.clean.stage import KEPT, STAGE
from ameli_build.core.execution import run_stage
from ameli_build.core.reasons import DROPPED, DROPPED_PRODUCTS, Reason
from ameli_build.core.records import PICTURES, PRODUCTS, REVIEWS, Picture, Product, Review, to_frame
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot, write_table
from ameli_build.core.standing import stage_record
from ameli_build.core.workers import process_mapper

PLAIN = "I have had this fridge for a year now and it still works."
EXPECTED: dict[str, Reason | None] = {
    "fine": None,
    "siblings": None,
    "relinked": None,
    "half-bad": None,
    "strip-light": None,
    "only-text": Reason.NO_IMAGE,
    "long": Reason.TOO_LONG,
    "unhelpful": Reason.ONLY_UNHELPFUL,
    "elsewhere": Reason.WRONG_VARIANT,
    "of-dropped": Reason.PRODUCT_MISSING,
    "of-unknown": Reason.PRODUCT_MISSING,
    "copy": Reason.DUPLICATE,
    "rude": Reason.PROFANITY,
    "cut": Reason.TRUNCATED_IMAGE,
    "gone": Reason.TRUNCATED_IMAGE,
    "wall": Reason.OBJECT_NOT_FOUND,
    "everything": Reason.NO_IMAGE,
    "long-rude-cut": Reason.TOO_LONG,
}


HOLDER = "https://pisces.bbystatic.com/4_sd.jpg"


def review(review_id: str, sku: str = "1", *images: str, **fields: object) -> Review:
    given = {"text": f"{PLAIN} {review_id}", "submitted_at": "2024-01-01", "author": "x", **fields}
    return Review(review_id, sku, images=images, **given)  # type: ignore[arg-type]


def reviews() -> list[Review]:
    long, rude = "fridge " * 501, "this is shit"
    return [
        review("fine", "1", "good.jpg", helpful=1, unhelpful=4),
        review("siblings", "2", "good.jpg", product_details_sku="1"),
        review("siblings", "1", "good.jpg", "other.jpg"),
        review("relinked", "1", "good.jpg", product_details_sku="2"),
        review("half-bad", "2", "cut.jpg", "good.jpg", "wall.jpg", "gone.jpg", "good-again.jpg", "other.jpg"),
        review("strip-light", "1", "good.jpg", text="The LED strip and the knob of the pot are a god send."),
        review("only-text"),
        review("long", "1", "good.jpg", text=long),
        review("unhelpful", "1", "good.jpg", unhelpful=1),
        review("elsewhere", "1", "good.jpg", product_details_sku="99"),
        review("of-dropped", "4", "good.jpg"),
        review("of-unknown", "98", "good.jpg"),
        review("copy", "2", "good.jpg", text=f" {PLAIN}  fine", submitted_at="2024-01-02"),
        review("rude", "1", "good.jpg", title="Oh SH1T"),
        review("cut", "1", "cut.jpg"),
        review("gone", "1", "gone.jpg", "never-fetched.jpg"),
        review("wall", "1", "wall.jpg"),
        review("everything", "99", text=f"{long} {rude}", unhelpful=1, product_details_sku="97"),
        review("long-rude-cut", "1", "cut.jpg", text=f"{long} {rude}"),
    ]


def products() -> list[Product]:
    return [
        Product("1", "Acme Fridge - Red", ("Root", "Fridges"), images=("view.jpg", "cut.jpg")),
        Product("2", "Acme Fridge - Dark", ("Root", "Fridges"), images=("view.jpg",), variants=("1", "2")),
        Product("3", "Acme Fridge - No picture", ()),
        Product("4", "Acme Fridge - Placeholder", ("Root",), images=(HOLDER, "gone.jpg")),
    ]


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    return make(tmp_path / "snapshot")


def make(root: Path) -> Snapshot:
    made = Snapshot(root)
    bad, good = bad_pictures(), encoded(photograph(1))
    bodies = {
        "view.jpg": good_pictures()["plain.jpg"],
        "good.jpg": good,
        "good-again.jpg": good,
        "other.jpg": encoded(photograph(2)),
        "wall.jpg": encoded(photograph(product=False)),
        "cut.jpg": bad["cut-50.jpg"][0],
        HOLDER: PLACEHOLDER,
    }
    pictures = [Picture(name, made.store_image(body, "jpg")) for name, body in bodies.items()]
    pictures.append(Picture("gone.jpg", None, "HTTP 404"))
    write_table(made.table_path("catalog/products"), to_frame(products(), PRODUCTS))
    write_table(made.table_path("catalog/reviews"), to_frame(reviews(), REVIEWS).sort("review_id", "sku"))
    write_table(made.table_path("catalog/images"), to_frame(pictures, PICTURES).sort("reference"))
    return made


def settings(**clean: object) -> Settings:
    return Settings.model_validate({"profile": "demo", "run": {"shard_rows": 2}, "clean": clean})


def files(made: Snapshot) -> dict[str, bytes]:
    folder = made.root / "stages" / "clean"
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "stage.json"
    }


def reasons(made: Snapshot) -> dict[str, str | None]:
    kept = dict.fromkeys(made.read("clean/reviews")["review_id"])
    return kept | dict(made.read("clean/dropped").select("review_id", "reason").iter_rows())


def test_every_review_is_kept_or_dropped_with_its_reason(snapshot: Snapshot) -> None:
    assert run_stage(STAGE, snapshot, settings())
    assert reasons(snapshot) == {name: reason and str(reason) for name, reason in EXPECTED.items()}
    dropped = snapshot.read("clean/dropped")
    assert dropped.schema == DROPPED
    assert dropped["review_id"].is_sorted()
    assert dropped["detail"].str.len_chars().min() > 0


def test_kept_reviews_have_their_pictures_and_patches(snapshot: Snapshot) -> None:
    run_stage(STAGE, snapshot, settings())
    kept = {row["review_id"]: row for row in snapshot.read("clean/reviews").iter_rows(named=True)}
    assert snapshot.read("clean/reviews").schema == KEPT
    assert {name: row["sku"] for name, row in kept.items()} == {
        "fine": "1",
        "siblings": "1",
        "relinked": "2",
        "half-bad": "2",
        "strip-light": "1",
    }
    assert [name for name, row in kept.items() if row["relinked"]] == ["relinked"]
    paths = dict(snapshot.read("catalog/images").select("reference", "path").iter_rows())
    assert kept["half-bad"]["images"] == [paths["good.jpg"], paths["other.jpg"]]
    assert kept["siblings"]["images"] == [paths["good.jpg"], paths["other.jpg"]]
    for row in kept.values():
        assert len(row["cleaned_images"]) == len(row["images"])
        assert all((snapshot.root / patch).is_file() for patch in row["cleaned_images"])
    assert len(list((snapshot.root / "stages/clean/patches").iterdir())) == 2


def test_the_cache_has_only_work_of_this_stage(snapshot: Snapshot) -> None:
    run_stage(STAGE, snapshot, settings())
    assert sorted(path.name for path in (snapshot.root / "cache").iterdir()) == ["decode-images", "detect-objects"]


def test_products_are_filtered_before_reviews(snapshot: Snapshot) -> None:
    run_stage(STAGE, snapshot, settings())
    assert snapshot.read("clean/products")["sku"].to_list() == ["1", "2"]
    assert snapshot.read("clean/products")["images"].list.len().to_list() == [1, 1]
    gone = snapshot.read("clean/dropped_products")
    assert gone.schema == DROPPED_PRODUCTS
    assert gone.select("sku", "reason").rows() == [("3", "no_image"), ("4", "truncated_image")]
    assert "placeholder" in gone["detail"][1]
    detail = dict(snapshot.read("clean/dropped").select("review_id", "detail").iter_rows())["of-dropped"]
    assert detail.startswith("product 4 was dropped: truncated_image (no usable image of 2: ")


def test_values_have_the_measurement_of_each_rule_and_null_if_it_was_not_applied(snapshot: Snapshot) -> None:
    run_stage(STAGE, snapshot, settings())
    table = snapshot.read("clean/values")
    assert table.schema == VALUES
    assert table["review_id"].to_list() == sorted(EXPECTED)
    values = {row["review_id"]: row for row in table.iter_rows(named=True)}
    everything = values["everything"]
    assert (everything["tokens"], everything["names"], everything["profanity"]) == (504, "97", "shit")
    assert everything["n_decoded"] is everything["n_found"] is None
    assert (values["cut"]["n_decoded"], values["cut"]["n_found"]) == (0, None)
    assert (values["wall"]["n_decoded"], values["wall"]["n_found"]) == (1, 0)
    half = values["half-bad"]
    assert (half["n_photos"], half["n_decoded"], half["n_found"]) == (6, 3, 2)
    assert "missing (HTTP 404)" in half["problems"]
    assert values["copy"]["duplicate_of"] == "fine"
    assert values["fine"]["tokens"] is None
    assert values["fine"]["bytes"] < 500


def test_counts_of_the_stage(snapshot: Snapshot) -> None:
    run_stage(STAGE, snapshot, settings())
    counts = stage_record(snapshot, "clean")["counts"]
    assert counts["links_in"] == len(reviews())
    assert counts["links_removed"] == 4  # siblings, relinked, elsewhere, everything
    assert counts["reviews_relinked"] == 1
    assert (counts["products_in"], counts["products_kept"]) == (4, 2)
    assert counts["images_searched"] == counts["images_decoded"] - counts["images_unusable"]
    assert counts["images_without_object"] == 2


def test_a_second_run_is_skipped_and_a_lost_patch_is_made_again(snapshot: Snapshot) -> None:
    run_stage(STAGE, snapshot, settings())
    before = files(snapshot)
    assert not run_stage(STAGE, snapshot, settings())
    next((snapshot.root / "stages/clean/patches").iterdir()).unlink()
    assert run_stage(STAGE, snapshot, settings())
    assert files(snapshot) == before


def test_one_and_two_workers_write_the_same_bytes(snapshot: Snapshot, tmp_path: Path) -> None:
    run_stage(STAGE, snapshot, settings())
    other = make(tmp_path / "other")
    with process_mapper(2) as mapper:
        run_stage(STAGE, other, settings(), mapper)
    assert files(other) == files(snapshot)


def test_a_changed_word_list_is_noticed(snapshot: Snapshot, tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text("nothing")
    given = settings(profanity_list=str(path))
    run_stage(STAGE, snapshot, given)
    assert reasons(snapshot)["rude"] is None
    path.write_text("sh1t")
    assert run_stage(STAGE, snapshot, given)
    assert reasons(snapshot)["rude"] == "profanity"
    assert "clean.profanity_list" in stage_record(snapshot, "clean")["inputs"]


def test_settings_change_verdicts(snapshot: Snapshot) -> None:
    run_stage(STAGE, snapshot, settings(max_tokens=5, relink=False))
    assert reasons(snapshot)["fine"] == "too_long"
    run_stage(STAGE, snapshot, settings(relink=False))
    assert reasons(snapshot)["relinked"] == "wrong_variant"


def test_without_kept_reviews_or_without_reviews_the_tables_are_empty(snapshot: Snapshot) -> None:
    for table in ([replace(row, images=()) for row in reviews()], []):
        frame = to_frame(table, REVIEWS).sort("review_id", "sku")
        write_table(snapshot.table_path("catalog/reviews"), frame)
        run_stage(STAGE, snapshot, settings())
        assert snapshot.read("clean/reviews").schema == KEPT
        assert snapshot.read("clean/reviews").is_empty()
        assert snapshot.read("clean/dropped").height == len({row.review_id for row in table})


def test_a_catalogue_of_one_product(snapshot: Snapshot) -> None:
    write_table(snapshot.table_path("catalog/products"), to_frame(products()[:1], PRODUCTS))
    run_stage(STAGE, snapshot, settings())
    assert reasons(snapshot)["fine"] is None
    assert reasons(snapshot)["relinked"] == "wrong_variant"


def test_of_two_reviews_with_the_same_id_the_first_counts(snapshot: Snapshot) -> None:
    twice = [review("r", "1", "good.jpg", text="first"), review("r", "1", "good.jpg", text="second")]
    write_table(snapshot.table_path("catalog/reviews"), to_frame(twice, REVIEWS))
    run_stage(STAGE, snapshot, settings())
    assert snapshot.read("clean/reviews")["text"].to_list() == ["first"]


def test_reviews_with_odd_texts_are_kept(snapshot: Snapshot) -> None:
    texts = ["\u202eright to left \u05d0", "zero\u200bwidth", "a\x00b", "&lt;b&gt; 😀", "word " * 10, "é" * 300_000]
    odd = [review(f"r{n}", "1", "good.jpg", text=f"{text} {n}") for n, text in enumerate(texts)]
    write_table(snapshot.table_path("catalog/reviews"), to_frame(odd, REVIEWS))
    run_stage(STAGE, snapshot, settings())
    assert [name for name, reason in reasons(snapshot).items() if reason] == []
