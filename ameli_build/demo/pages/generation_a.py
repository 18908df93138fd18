"""Product pages of about 2018 to 2022: the specification rows come only after a click."""

from __future__ import annotations

from typing import Any

from ameli_build.demo.pages.shop import Shop, component_id, definition, grouped, product_facts, render
from ameli_build.demo.shop_index import pick
from ameli_build.demo.world import WorldProduct

SPECIFICATIONS_PATH = "/canopy/component/shop/specifications/v1"


def has_survey(product: WorldProduct) -> bool:
    """Whether a survey covers the page until it is declined; true for one page in five."""
    return pick(f"survey/{product.sku}", 5) == 0


def is_marketplace(product: WorldProduct) -> bool:
    """Whether the page names its sheet like pages of marketplace items; true for one page in four."""
    return pick(f"marketplace/{product.sku}", 4) == 0


def product_page(shop: Shop, product: WorldProduct) -> str:
    """The HTML of the page."""
    return render(
        "product_a.html",
        **product_facts(shop, product),
        sheet_class="shop-mp-specifications" if is_marketplace(product) else "shop-specifications",
        sheet_id=component_id(product, "shop-specifications"),
        sheet_path=f"{SPECIFICATIONS_PATH}?skuId={product.sku}",
        title_id=component_id(product, "shop-product-title"),
        survey=has_survey(product),
    )


def sheet(product: WorldProduct) -> dict[str, Any]:
    """The HTML that the page's script loads after the click."""
    return {
        "sections": [
            {"title": group, "rows": [[row.name, row.value, definition(row)] for row in rows]}
            for group, rows in grouped(product.attributes)
        ]
    }
