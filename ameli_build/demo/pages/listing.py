"""Category listings, in the forms before and since 2025, and the shop's home page."""

from __future__ import annotations

from ameli_build.demo.pages.shop import Shop, crumbs, render
from ameli_build.demo.shop_index import Category, pick

OLD_PAGE = 24
NEW_PAGE = 18


def is_new_form(category: Category) -> bool:
    """Whether the shop shows a category in the new form; true for one category in three."""
    return pick(f"listing/{category.id}", 3) == 0


def listing(shop: Shop, category: Category, number: int) -> str:
    """Page `number` of a category, from 1; a page after the last has no cards."""
    size = NEW_PAGE if is_new_form(category) else OLD_PAGE
    pages = -(-len(category.products) // size)
    cards = category.products[(number - 1) * size : number * size]
    return render(
        "listing_grid.html" if is_new_form(category) else "listing_list.html",
        shop=shop,
        category=category,
        crumbs=crumbs(shop, category.path),
        below=_below(shop, category),
        cards=[(product, f"${product.price:,.2f}", shop.rating(product)) for product in cards],
        number=number,
        pages=pages,
        next_path=shop.listing_path(category, number + 1) if number < pages else None,
        previous_path=shop.listing_path(category, number - 1) if 1 < number <= pages else None,
    )


def home(shop: Shop) -> str:
    """The departments of the shop."""
    leaves = [category for category in shop.shop_index.categories.values() if not _below(shop, category)]
    tiles = [(category, shop.listing_path(category), _front(category)) for category in leaves]
    return render("home.html", shop=shop, crumbs=[], tiles=tiles)


def _front(category: Category) -> object:
    """The picture of a category: the first picture of its first product with pictures."""
    return next((product.images[0] for product in category.products if product.images), None)


def _below(shop: Shop, category: Category) -> list[tuple[str, str]]:
    """(name, path) of the direct subcategories."""
    depth = len(category.path)
    every = shop.shop_index.categories.values()
    return [
        (c.name, shop.listing_path(c)) for c in every if len(c.path) == depth + 1 and c.path[:depth] == category.path
    ]
