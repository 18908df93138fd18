"""The demo's products: their number, their variety, the shop's formats, and repeatability."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from dataclasses import replace

import pytest

from ameli_build.demo.catalogue import make_world
from ameli_build.demo.truth import usable
from ameli_build.demo.words import draws, in_prose, in_title, spoken
from ameli_build.demo.world import World


@pytest.fixture(scope="module")
def world() -> World:
    return make_world()


def test_the_same_arguments_make_the_same_world(world: World) -> None:
    assert make_world() == world
    assert make_world(seed=14, products=24).products[0].name != world.products[0].name


def test_a_larger_world_contains_the_smaller_one(world: World) -> None:
    small = make_world(products=38)
    whole = {product.sku for product in small.products if len(product.family) > 2}
    known = {product.sku: product for product in world.products}
    reviews = {review.review_id: review for review in world.reviews}
    last = small.products[-1].family
    for product in small.products:
        if product.family != last:
            assert known[product.sku] == product
    for review in small.reviews:
        if review.sku in whole and review.sku not in last:
            assert reviews[review.review_id] == review


def test_counts(world: World) -> None:
    families = {product.family for product in world.products}
    assert len(world.products) == 240
    assert 55 <= len(families) <= 65
    assert len({product.category_path for product in world.products}) >= 10
    assert 3600 <= len(world.reviews) <= 4400
    with_photos = [review for review in world.reviews if review.photos]
    assert 1300 <= len(with_photos) <= 1700
    assert 1.6 <= sum(len(review.photos) for review in with_photos) / len(with_photos) <= 2.0
    generations = Counter(product.generation for product in world.products)
    assert set(generations) == {"A", "B", "C"}
    assert min(generations.values()) >= 60


def test_ids_are_unique_and_in_the_shops_format(world: World) -> None:
    skus = [product.sku for product in world.products]
    assert len(set(skus)) == len(skus)
    assert all(sku.isdigit() and len(sku) == 7 for sku in skus)
    assert all(len(product.bsin) == 10 for product in world.products)
    assert len({product.bsin for product in world.products}) == len(skus)
    assert len({review.review_id for review in world.reviews}) == len(world.reviews)
    assert len({review.number for review in world.reviews}) == len(world.reviews)
    names = [image.name for product in world.products for image in product.images]
    names += [photo.name for review in world.reviews for photo in review.photos]
    assert len(set(names)) == len(names)


def test_titles_differ_between_variants(world: World) -> None:
    assert [name for name, count in Counter(p.name for p in world.products).items() if count > 1] == []
    assert all(product.name.startswith(product.brand) for product in world.products)
    assert not any("{" in product.name + product.description for product in world.products)


def test_variants_of_a_family_differ_in_few_attributes(world: World) -> None:
    own = {"Product Name", "Model Number", "UPC"}
    sheets = defaultdict(list)
    for product in world.products:
        if product.attributes:
            sheets[product.family].append({(a.name, a.value) for a in product.attributes if a.name not in own})
    for family in sheets.values():
        for first, second in itertools.pairwise(family):
            differing = {name for name, _ in first ^ second}
            assert 1 <= len(differing - {"Product Weight", "Product Width", "Product Height", "Product Depth"}) <= 4


def test_specification_sheets_repeat_their_key_rows(world: World) -> None:
    bare = [product for product in world.products if not product.attributes]
    assert len(bare) == 1
    for product in world.products:
        rows = [(a.name, a.value) for a in product.attributes]
        later = {(a.name, a.value) for a in product.attributes if a.group != "Key Specs"}
        assert {(a.name, a.value) for a in product.attributes if a.group == "Key Specs"} <= later
        if rows:
            assert 15 <= len({name for name, _ in rows}) <= 27
            assert {"Product Name", "Brand", "Model Number", "Color", "UPC"} <= {name for name, _ in rows}


def test_descriptions_are_of_forty_to_eighty_words_and_differ_between_families(world: World) -> None:
    assert all(40 <= len(product.description.split()) <= 80 for product in world.products)
    owner = {product.description: product.family for product in world.products}
    assert all(owner[product.description] == product.family for product in world.products)


def test_three_products_have_no_usable_picture(world: World) -> None:
    assert sum(not any(map(usable, product.images)) for product in world.products) == 3
    assert all(len(product.images) <= 6 for product in world.products)


def test_looks_are_drawable_and_shared_by_a_family(world: World) -> None:
    shapes = defaultdict(set)
    for product in world.products:
        assert product.look.family < 1_000_000
        shapes[product.family].add(replace(product.look, colour="Black", size=0.5))
    assert all(len(looks) == 1 for looks in shapes.values())


@pytest.mark.parametrize(
    ("value", "title", "prose", "said"),
    [
        ("1000 gigabytes", "1TB", "1TB", {"1TB", "1tb", "1 TB", "1 terabyte"}),
        ("14 inches", '14"', "14-inch", {'14"', "14 inch", "14-inch", "14 inches", "14in"}),
        ("Gray", "Gray", "gray", {"gray", "grey"}),
        ("Thermal steel", "Thermal steel", "thermal steel", {"thermal steel", "Thermal steel"}),
        ("4K UHD", "4K UHD", "4K UHD", {"4K UHD"}),
    ],
)
def test_values_are_written_as_titles_descriptions_and_shoppers_do(
    value: str, title: str, prose: str, said: set[str]
) -> None:
    assert in_title(value) == title
    assert in_prose(value) == prose
    assert {spoken(value, draws("test", number)) for number in range(60)} == said
