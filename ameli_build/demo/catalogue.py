"""The demo's products: titles, specification sheets, descriptions and pictures in the shop's style."""

from __future__ import annotations

from collections.abc import Sequence

from ameli_build.core.records import Attribute
from ameli_build.demo.families import COLOR, Family, Variant, look_of, make_families
from ameli_build.demo.lexicon import Trait
from ameli_build.demo.reviews import make_reviews
from ameli_build.demo.truth import make_truths
from ameli_build.demo.words import draws, in_prose, in_title, number_of
from ameli_build.demo.world import Generation, World, WorldImage, WorldProduct
from ameli_build.drawing.appearance import Look

GENERATIONS: tuple[Generation, ...] = ("A", "B", "C")
VIEWS = ("{sku}_sd.jpg", "{sku}_rd.jpg", "{sku}_ld.jpg", "{sku}cv11d.jpg", "{sku}_bd.jpg")
"""File names of a product's pictures, by view."""

NO_IMAGES, ONLY_PLACEHOLDER, ONLY_TRUNCATED, NO_SPECIFICATIONS = 2, 9, 17, 4
"""Index of the family whose last variant has each defect. The first three variants are not in the knowledge base."""

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_BSIN = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def make_world(seed: int = 13, products: int = 240) -> World:
    """The whole world of the demo: products, reviews, and the truth of each review.

    It depends only on the arguments. A larger world contains the families of a smaller world, except the last.
    """
    families = make_families(seed, products)
    items = tuple(_product(seed, family, variant) for family in families for variant in family.variants if variant.sold)
    reviews, notes = make_reviews(seed, families)
    return World(seed, items, reviews, make_truths(items, reviews, notes))


def _product(seed: int, family: Family, variant: Variant) -> WorldProduct:
    name = family.title(variant)
    last = variant is [each for each in family.variants if each.sold][-1]
    bare = last and family.index == NO_SPECIFICATIONS
    look = look_of(family, variant)
    return WorldProduct(
        sku=variant.sku,
        bsin="J" + _code(_BSIN, 9, seed, variant.sku, "bsin"),
        name=name,
        brand=family.brand,
        model_number=_model_number(seed, family, variant),
        category_path=family.category.path,
        description=_description(seed, family, variant),
        features=_features(family, variant),
        attributes=() if bare else _attributes(seed, family, variant, name),
        images=_images(seed, family, variant, look, last),
        price=_price(seed, family, variant),
        family=family.skus,
        generation=GENERATIONS[(family.index + family.position) % 3],
        look=look,
    )


def _code(alphabet: str, length: int, *parts: object) -> str:
    number, signs = number_of(*parts), ""
    for _ in range(length):
        number, rest = divmod(number, len(alphabet))
        signs += alphabet[rest]
    return signs


def _model_number(seed: int, family: Family, variant: Variant) -> str:
    stem = _code(_LETTERS, 2, seed, family.index, "model") + str(100 + number_of(seed, family.index, "model") % 900)
    return f"{stem}-{_code(_LETTERS, 2, seed, variant.sku, 'model')}{number_of(seed, variant.sku, 'model') % 90 + 10}"


def _price(seed: int, family: Family, variant: Variant) -> float:
    low, high = family.category.price
    share = number_of(seed, family.index, "price") % 1000 / 1000
    step = number_of(seed, variant.sku, "price") % 8 * 20
    return round(round(low + share * (high - low)) // 10 * 10 + 9.99 + step, 2)


def _attributes(seed: int, family: Family, variant: Variant, name: str) -> tuple[Attribute, ...]:
    """The specification sheet: key rows first, and again in their own group, as in the shop."""
    rows = [trait for trait in family.category.traits if trait.name not in family.left_out]
    general = [
        ("Product Name", name.split(" - ", 1)[-1].rpartition(" - ")[0] or name),
        ("Brand", family.brand),
        ("Model Number", _model_number(seed, family, variant)),
        (COLOR, variant.values[COLOR]),
    ]
    sheet = [Attribute("Key Specs", trait.name, variant.values[trait.name]) for trait in rows if trait.key]
    sheet += [Attribute("General", label, value) for label, value in general]
    sheet += [Attribute("General", t.name, variant.values[t.name]) for t in rows if t.group == "General"]
    others: Sequence[Trait] = [trait for trait in rows if trait.group != "General"]
    groups = dict.fromkeys(trait.group for trait in others)
    sheet += [Attribute(g, t.name, variant.values[t.name]) for g in groups for t in others if t.group == g]
    years = number_of(seed, family.index, "warranty") % 2 + 1
    term = f"{years} year" + "s" * (years > 1)
    sheet += [Attribute("Warranty", "Manufacturer's Warranty - Parts", term)]
    if number_of(seed, family.index, "labor") % 2:
        sheet += [Attribute("Warranty", "Manufacturer's Warranty - Labor", term)]
    upc = str(number_of(seed, variant.sku, "upc") % 10**12).zfill(12)
    return (*sheet, Attribute("Other", "UPC", upc))


def _sayable(sentence: str, values: dict[str, str]) -> bool:
    """Whether a sentence makes sense with these values. "None support" does not."""
    return not any(f"{{{name}}}" in sentence for name, value in values.items() if value in ("None", "true", "false"))


def _description(seed: int, family: Family, variant: Variant) -> str:
    """A description of forty to eighty words. Variants of a family have the same sentences with different values."""
    first, *others = family.category.description
    fitting = [line for line in others if all(_sayable(line, each.values) for each in family.variants)]
    rng = draws(seed, "description", family.index)
    chosen = sorted(rng.sample(range(len(fitting)), min(4, len(fitting))))
    lines = [first, *(fitting[number] for number in chosen)]
    spare = [line for number, line in enumerate(fitting) if number not in chosen]
    while sum(len(line.split()) for line in lines) < 45 and spare:
        lines.append(spare.pop(0))
    words = {name: in_prose(value) for name, value in variant.values.items()}
    names = {"brand": family.brand, "line": family.line, "noun": family.noun.title}
    return " ".join(_sentence(line.format_map({**names, **words})) for line in lines)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _features(family: Family, variant: Variant) -> tuple[tuple[str, str], ...]:
    words = {name: in_title(value) for name, value in variant.values.items()}
    return tuple((head.format_map(words), text.format_map(words)) for head, text in family.category.features)


def _images(seed: int, family: Family, variant: Variant, look: Look, last: bool) -> tuple[WorldImage, ...]:
    sku = variant.sku
    if last and family.index == NO_IMAGES:
        return ()
    if last and family.index == ONLY_PLACEHOLDER:
        return (WorldImage(VIEWS[0].format(sku=sku), "placeholder"),)
    if last and family.index == ONLY_TRUNCATED:
        return (WorldImage(VIEWS[0].format(sku=sku), "view", look, 0, fault="truncated"),)
    count = 3 + number_of(seed, sku, "views") % 3
    views = [WorldImage(VIEWS[view].format(sku=sku), "view", look, view) for view in range(count)]
    if number_of(seed, sku, "missing view") % 40 == 0:
        views.append(WorldImage(f"{sku}_td.jpg", "placeholder"))
    return tuple(views)
