"""A small world: two families, all three generations of pages, and a discontinued variant."""

from __future__ import annotations

import io

from PIL import Image

from ameli_build.core.records import Attribute
from ameli_build.demo.world import Generation, World, WorldImage, WorldProduct, WorldReview
from ameli_build.drawing.appearance import Look

LAPTOPS = (
    ("cat00000", "Best Buy"),
    ("abcat0500000", "Computers & Tablets"),
    ("abcat0502000", "Laptops"),
)
FRIDGES = (("cat00000", "Best Buy"), ("abcat0900000", "Appliances"), ("abcat0901000", "Refrigerators"))
COLOURS = ("Red", "Blue", "Silver")
GONE = "7000009"
"""A discontinued variant of the first family, with reviews."""


def picture(image: WorldImage) -> bytes:
    """Replaces the renderer: a picture of a single colour, a PNG for a placeholder, half a file if truncated."""
    packed = io.BytesIO()
    colour = (sum(image.name.encode()) % 256, image.seed % 256, 90)
    Image.new("RGB", (120, 80), colour).save(packed, "PNG" if image.kind == "placeholder" else "JPEG")
    return packed.getvalue()[:300] if image.fault == "truncated" else packed.getvalue()


def small_world(laptops: int = 30) -> World:
    """`laptops` variants of a family with pages of generations A, B, C in turn; three refrigerators without sheets."""
    first = tuple(f"70001{number:02d}" for number in range(laptops))
    second = ("7000201", "7000202", "7000203")
    products = [_laptop(sku, number, (*first, GONE)) for number, sku in enumerate(first)]
    products += [_fridge(sku, number, second) for number, sku in enumerate(second)]
    reviews = [_review(number, (*first, GONE)[number % (laptops + 1)]) for number in range(50)]
    reviews += [_review(100 + number, second[number % 2]) for number in range(3)]
    return World(seed=1, products=tuple(products), reviews=tuple(reviews), truths=())


def _laptop(sku: str, number: int, family: tuple[str, ...]) -> WorldProduct:
    generation: Generation = ("A", "B", "C")[number % 3]  # type: ignore[assignment]
    colour, memory = COLOURS[number // 3 % 3], 8 * (1 + number % 4)
    name = f'Orbel - 14" Laptop & "Go" < 2 kg - {memory}GB Memory - {colour}'
    rows = (
        Attribute("Key Specs", "Screen Size", "14 inches"),
        Attribute("Key Specs", "System Memory (RAM)", f"{memory} gigabytes"),
        Attribute("Key Specs", "Touch Screen", "true"),
        Attribute("General", "Product Name", '14" Laptop "Go"'),
        Attribute("General", "Color", colour),
        Attribute("Memory", "System Memory (RAM)", f"{memory} gigabytes"),
        Attribute("Other", "Backlit Keyboard", "false"),
        Attribute("Other", "UPC", f"8400{sku}"),
    )
    look = Look("laptop", 3, COLOURS[number // 3 % 3], 0.5, "OB")
    images = [WorldImage(f"{sku}_sd.jpg", "view", look, seed=0), WorldImage(f"{sku}cv11d.jpg", "view", look, seed=1)]
    if number == 4:
        images.append(WorldImage(f"{sku}_bd.jpg", "placeholder"))
    return WorldProduct(
        sku=sku,
        bsin=f"JJGCQ{number:05d}",
        name=name,
        brand="Orbel",
        model_number=f"OB-{sku}",
        category_path=LAPTOPS,
        description=f"A {colour.lower()} laptop of {memory} gigabytes that weighs < 2 kg & lasts all day.",
        features=(("Light", "It weighs little, even in </script> tags."), ("Fast", "It starts in a blink.")),
        attributes=rows,
        images=tuple(images),
        price=1099.99 + number,
        family=family,
        generation=generation,
        look=look,
    )


def _fridge(sku: str, number: int, family: tuple[str, ...]) -> WorldProduct:
    look = Look("refrigerator", 5, "White", 0.5, "")
    return WorldProduct(
        sku=sku,
        bsin=f"KKGCQ{number:05d}",
        name=f"Nordane - 20 Cu. Ft. Refrigerator - Style {number}",
        brand="Nordane",
        model_number=f"ND-{sku}",
        category_path=FRIDGES,
        description="It cools.",
        features=(),
        attributes=(),
        images=() if number == 2 else (WorldImage(f"f00d{number}.jpg", "view", look),),
        price=899.0,
        family=family,
        generation=("A", "B", "C")[number],
        look=look,
    )


def _review(number: int, sku: str) -> WorldReview:
    photos = [
        WorldImage(f"{number:031x}{photo}.jpg", "photo", Look("laptop", 3, "Red", 0.5, "OB"), number)
        for photo in range(number % 3)
    ]
    if number == 2:
        photos = [
            WorldImage(f"{2:032x}.jpg", "photo", None, 2, fault="truncated"),
            WorldImage(f"{3:032x}.jpg", "photo", None, 3, fault="missing"),
        ]
    return WorldReview(
        review_id=f"00000000-0000-4000-8000-{number:012d}",
        number=330_000_000 + number,
        sku=sku,
        title=f"Title {number}",
        text=f"I like <b>it</b> & it's number {number}.\nSecond line.",
        rating=1 + number % 5,
        helpful=number % 7,
        unhelpful=number % 2,
        photos=tuple(photos),
        author="" if number == 5 else f"Shopper{number}",
        submitted_at=f"2024-03-{1 + number % 28:02d}T{number % 24:02d}:06:02.000-06:00",
        badges=("Incentivized", "VerifiedPurchaser") if number % 2 else (),
    )
