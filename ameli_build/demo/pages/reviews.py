"""The page with all reviews of a product, for people; crawlers read the JSON."""

from __future__ import annotations

from ameli_build.demo.pages.shop import Shop, crumbs, render, reviews_path
from ameli_build.demo.world import WorldProduct

PAGE = 20


def all_reviews(shop: Shop, product: WorldProduct, number: int) -> str:
    """Page `number` of the reviews listed under a product, from 1."""
    every = shop.shop_index.reviews_of(product)
    some = every[(number - 1) * PAGE : number * PAGE]
    path = f"{reviews_path(product)}?variant=A&skuId={product.sku}&page="
    return render(
        "reviews.html",
        shop=shop,
        product=product,
        crumbs=crumbs(shop, product.category_path),
        reviews=some,
        count=len(every),
        first=min((number - 1) * PAGE + 1, len(every)),
        last=min(number * PAGE, len(every)),
        next_path=f"{path}{number + 1}" if number * PAGE < len(every) else None,
        previous_path=f"{path}{number - 1}" if number > 1 else None,
    )
