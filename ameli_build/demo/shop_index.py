"""Look-ups of the demo's shop: by SKU, by category, and by a picture's name."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from dataclasses import dataclass

from ameli_build.demo.world import World, WorldImage, WorldProduct, WorldReview

PRODUCT_IMAGES = "/image2/BestBuy_US/images/products/"
REVIEW_PHOTOS = "/image2/BestBuy_US/ugc/photos/thumbnail/"
SCALED_PHOTOS = "/photo/2/cGhvdG86ZGVtbw/"

_UNSAFE = re.compile(r"[^a-z0-9]+")
_SKU_NAME = re.compile(r"(\d{5,8})(?:_[a-z]{1,2}|cv\d{1,2}[ad]?|l[de])?\.[a-z]+")


def slug(text: str) -> str:
    """Text in the form of a path: `14" Laptop - Red` becomes `14-laptop-red`."""
    return _UNSAFE.sub("-", text.lower()).strip("-")


def pick(key: str, among: int) -> int:
    """A number below `among` that depends only on `key`."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") % among


def product_image_path(image: WorldImage) -> str:
    """The path of a catalogue picture. The folder of `<SKU>_sd.jpg` is its SKU without the last three digits."""
    named = _SKU_NAME.fullmatch(image.name)
    return f"{PRODUCT_IMAGES}{named[1][:-3]}/{image.name}" if named else PRODUCT_IMAGES + image.name


def review_photo_path(image: WorldImage) -> str:
    """The path of a shopper's photograph in full size, despite its folder's name."""
    return REVIEW_PHOTOS + image.name


@dataclass(frozen=True, slots=True)
class Category:
    """A node of the shop's tree; `path` has (id, name) from the root to the category."""

    path: tuple[tuple[str, str], ...]
    products: tuple[WorldProduct, ...]

    @property
    def id(self) -> str:
        """The shop's id, as abcat0502000."""
        return self.path[-1][0]

    @property
    def name(self) -> str:
        """The category's name for shoppers."""
        return self.path[-1][1]


class ShopIndex:
    """Read-only look-ups in a world."""

    def __init__(self, world: World) -> None:
        self.products = {product.sku: product for product in world.products}
        self.by_bsin = {product.bsin: product for product in world.products}
        self.categories = _categories(world)
        about = defaultdict(list)
        for review in world.reviews:
            about[review.sku].append(review)
        self._about: dict[str, list[WorldReview]] = dict(about)
        self._pictures = {product_image_path(image): image for p in world.products for image in p.images}
        self._pictures |= {review_photo_path(photo): photo for r in world.reviews for photo in r.photos}
        self._pictures |= {
            SCALED_PHOTOS + photo_id(review, photo, size): photo
            for review in world.reviews
            for photo in review.photos
            for size in ("normal", "thumbnail")
        }

    def picture(self, path: str) -> WorldImage | None:
        """The picture at a path of the image host."""
        return self._pictures.get(path)

    def reviews_of(self, product: WorldProduct) -> list[WorldReview]:
        """The reviews listed under a product, which are the reviews of its whole family, newest first."""
        skus = dict.fromkeys((product.sku, *product.family))
        found = [review for sku in skus for review in self._about.get(sku, ())]
        return sorted(found, key=lambda review: (review.submitted_at, review.review_id), reverse=True)

    def siblings(self, product: WorldProduct) -> list[WorldProduct]:
        """The variants of a product's family that are still sold, including the product."""
        return [self.products[sku] for sku in product.family if sku in self.products]

    def heir(self, sku: str) -> WorldProduct | None:
        """The sibling whose page replaces a discontinued variant; None for an unknown SKU."""
        return next((p for p in self.products.values() if sku in p.family and sku not in self.products), None)

    def variant_name(self, sku: str, listed: WorldProduct) -> str:
        """The name of a variant; a discontinued variant has the name of the product under which it is listed."""
        product = self.products.get(sku)
        return product.name if product else f"{listed.name.rpartition(' - ')[0] or listed.name} - Discontinued"


def photo_id(review: WorldReview, photo: WorldImage, size: str) -> str:
    """The id of a scaled copy on the photo host: a uuid that depends on the review and the photograph."""
    digits = hashlib.md5(f"{review.review_id}/{photo.name}/{size}".encode(), usedforsecurity=False).hexdigest()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _categories(world: World) -> dict[str, Category]:
    """Each category with the products in it and in its subcategories, in the world's order."""
    paths: dict[str, tuple[tuple[str, str], ...]] = {}
    held: dict[str, list[WorldProduct]] = defaultdict(list)
    for product in world.products:
        for depth, (identifier, _) in enumerate(product.category_path, start=1):
            paths.setdefault(identifier, product.category_path[:depth])
            held[identifier].append(product)
    return {identifier: Category(path, tuple(held[identifier])) for identifier, path in paths.items()}
