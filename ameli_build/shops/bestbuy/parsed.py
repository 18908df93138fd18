"""Records from drafts of the shop's products."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Sequence
from typing import Any, Literal
from urllib.parse import urljoin

from ameli_build.core.records import Product
from ameli_build.shops import other_pages
from ameli_build.shops.base import UNREAD, NotAProduct, ParsedProduct
from ameli_build.shops.bestbuy.urls import original_image, sku_of
from ameli_build.shops.drafts import Draft, attribute_rows
from ameli_build.shops.other_pages import Refusal, refusal_in
from ameli_build.wording.cleaning import OUT_OF_RANGE, folded, readable

Generation = Literal["A", "B", "C"]

SKU = re.compile(r"[0-9]{1,20}")
REFUSALS = (*other_pages.REFUSALS, Refusal("select your country", "country_page", "the choice of country"))


def wrong_page(text: str) -> str | None:
    """The kind of a page that is not the shop's own, None for a page of the shop."""
    if not text.strip():
        return "an empty response"
    refusal = refusal_in(text, REFUSALS)
    return refusal.text if refusal is not None else None


def as_parsed(draft: Draft, generation: Generation, url: str) -> ParsedProduct:
    """A draft as a record of a page. Raises `NotAProduct` without a SKU or a name."""
    product = as_product(draft, url)
    return ParsedProduct(product, generation, bool(product.attributes), draft.review_count, product.variants)


def as_product(draft: Draft, url: str) -> Product:
    """A draft as a record. Raises `NotAProduct` without a SKU or a name."""
    sku, name = draft.sku.strip() or sku_of(url) or "", folded(draft.name)
    if not sku or not name:
        raise NotAProduct(f"a page without a product's {'name' if sku else 'SKU'}")
    if not SKU.fullmatch(sku):
        raise NotAProduct(f"a page with an odd SKU: {sku[:40]!r}")
    others = map(str.strip, draft.variants)
    variants = tuple(sorted({other for other in others if SKU.fullmatch(other)} - {sku}))
    images = [_absolute(url, image) for image in draft.images]
    return Product(
        sku=sku,
        name=name,
        categories=tuple(part for part in map(folded, draft.categories) if part),
        description=folded(draft.description) or _feature_lines(draft.features),
        attributes=attribute_rows(draft.rows),
        images=tuple(dict.fromkeys(image for image in images if image.startswith(("http://", "https://")))),
        url=url,
        variants=variants,
        price=draft.price if draft.price is not None and math.isfinite(draft.price) else None,
        extra=_extra(draft, images),
        **{name: folded(value) if isinstance(value, str) else value for name, value in draft.more.items()},
    )


def _absolute(url: str, reference: str) -> str:
    try:
        return original_image(urljoin(url, readable(reference).strip()))
    except ValueError:  # not a URL
        return ""


def _feature_lines(features: Iterable[tuple[str, str]]) -> str:
    """The features, each on a line, for a page without a description."""
    lines = (": ".join(part for part in map(folded, feature) if part) for feature in features)
    return "\n".join(line for line in lines if line)


def _extra(draft: Draft, images: Sequence[str]) -> str:
    listed = [{"title": folded(title), "description": folded(text)} for title, text in draft.features]
    extra: dict[str, Any] = {"brand": folded(draft.brand), "model": folded(draft.model), "features": listed}
    if draft.price is not None and math.isnan(draft.price):
        extra[OUT_OF_RANGE] = ["price"]
    extra[UNREAD] = ["price"] if draft.price is not None and math.isinf(draft.price) else []
    extra[UNREAD] += ["images" for image in images if not image.startswith(("http://", "https://", "data:"))]
    extra[UNREAD] += ["variants" for other in set(draft.variants) if not SKU.fullmatch(other.strip())]
    return json.dumps({key: value for key, value in extra.items() if value}, sort_keys=True, ensure_ascii=False)
