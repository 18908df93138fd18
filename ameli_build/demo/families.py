"""Families of variants: shared values, varying values, and names."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

from ameli_build.demo.lexicon import Category, Noun, Trait, categories
from ameli_build.demo.words import draws, in_title, number_of
from ameli_build.drawing.appearance import Look

SIZES = (4, 3, 4, 5, 4, 4, 2, 4, 6, 4)
"""Numbers of variants of successive families, repeated; four on average."""

DISCONTINUED_EVERY = 12
"""One family in this number has a discontinued variant with reviews."""

COLOR = "Color"
FAMILY_SEEDS = 1_000_000
"""The demo's pictures use family seeds below this number; the image model was trained on seeds above it."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A combination of values; `values` has all traits of the category and "Color"."""

    sku: str
    values: dict[str, str]
    sold: bool


@dataclass(frozen=True, slots=True)
class Family:
    """Variants of a product; `position` counts the families of a category, `index` all families."""

    index: int
    position: int
    category: Category
    brand: str
    line: str
    noun: Noun
    template: str
    axes: tuple[str, ...]
    left_out: frozenset[str]
    variants: tuple[Variant, ...]
    picture_seed: int

    @property
    def skus(self) -> tuple[str, ...]:
        """The SKUs of all variants, including the discontinued variant."""
        return tuple(variant.sku for variant in self.variants)

    def title(self, variant: Variant) -> str:
        """The variant's name in the shop's style."""
        words = {name: in_title(value) for name, value in variant.values.items()}
        extras = [axis for axis in self.axes if variant.values[axis] == "true"]
        noun = " with ".join((self.noun.title, *extras))
        return self.template.format_map({"brand": self.brand, "line": self.line, "noun": noun, **words})


def make_families(seed: int, products: int) -> list[Family]:
    """Families with `products` sold variants in total. A longer list begins with the families of a shorter list."""
    families: list[Family] = []
    taken: set[str] = set()
    missing = products
    while missing > 0:
        index = len(families)
        family = _family(seed, index, min(SIZES[index % len(SIZES)], missing), taken)
        families.append(family)
        missing -= sum(variant.sold for variant in family.variants)
    return families


def look_of(family: Family, variant: Variant) -> Look:
    """The look of a variant: its family's shape, with its colour and size."""
    sizes = family.category.trait(family.category.size).values
    rank = sizes.index(variant.values[family.category.size]) / max(1, len(sizes) - 1)
    return Look(family.category.kind, family.picture_seed, variant.values[COLOR], rank, family.brand)


def _family(seed: int, index: int, size: int, taken: set[str]) -> Family:
    category = categories()[index % len(categories())]
    position = index // len(categories())
    rng = draws(seed, "family", index)
    first = number_of(seed, category.kind, "line")
    line = category.lines[(first + position) % len(category.lines)]
    if position >= len(category.lines):
        line = f"{line} {position // len(category.lines) + 1}"
    brand = category.brands[(first // 7 + position) % len(category.brands)]
    noun = category.nouns[(first // 3 + position) % len(category.nouns)]
    axes = category.axes[rng.randrange(len(category.axes))]
    base = {trait.name: _value(trait, f"{noun.title} {line}", seed, index) for trait in category.traits}
    base[COLOR] = category.colors[rng.randrange(len(category.colors))]
    extra = 1 if index % DISCONTINUED_EVERY == 3 else 0
    combinations = _combinations(category, axes, base, size + extra, seed, index)
    variants = []
    for number, combination in enumerate(combinations):
        values = base | combination
        for trait in category.traits:
            if "~" in trait.values[0]:
                values[trait.name] = _measure(trait, seed, index, values[category.size])
        sold = number < len(combinations) - extra
        variants.append(Variant(_sku(seed, index, number, taken), values, sold))
    return Family(
        index=index,
        position=position,
        category=category,
        brand=brand,
        line=line,
        noun=noun,
        template=_template(category, axes, base, rng.random()),
        axes=axes,
        left_out=_left_out(category, axes, seed, index),
        variants=tuple(variants),
        picture_seed=number_of(seed, category.kind, position, "picture") % FAMILY_SEEDS,
    )


def _sku(seed: int, index: int, number: int, taken: set[str]) -> str:
    """A SKU of seven digits that begins with 6, as the shop's current SKUs."""
    attempts = (6_000_000 + number_of(seed, "sku", index, number, n) % 1_000_000 for n in itertools.count())
    sku = next(str(attempt) for attempt in attempts if str(attempt) not in taken)
    taken.add(sku)
    return sku


def _value(trait: Trait, name: str, seed: int, index: int) -> str:
    """The family's value of a trait; it agrees with the family's name ("Gas Range")."""
    words = _words(name)
    if trait.values[0] == "true" and re.split(r"\W", trait.name)[0].lower() in words:
        return "true"
    for value in trait.values:
        if not value.isdigit() and _words(value) <= words:
            return value
    return trait.values[number_of(seed, index, trait.name) % len(trait.values)]


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z0-9]+", text.lower()))


def _measure(trait: Trait, seed: int, index: int, size: str) -> str:
    """A measure in the trait's range, equal for variants of the same size."""
    low, high, unit = re.fullmatch(r"([\d.]+)~([\d.]+) (.+)", trait.values[0]).groups()  # type: ignore[union-attr]
    share = number_of(seed, index, trait.name, size) % 1000 / 1000
    value = float(low) + share * (float(high) - float(low))
    return f"{round(value)} {unit}" if "." not in low else f"{value:.1f} {unit}"


def _combinations(
    category: Category, axes: tuple[str, ...], base: dict[str, str], count: int, seed: int, index: int
) -> list[dict[str, str]]:
    """At most `count` distinct combinations of the axes' values, similar combinations first."""
    wanted = 3 if len(axes) > 1 else count
    choices = []
    for axis in axes:
        values = category.colors if axis == COLOR else category.trait(axis).values
        ranked = sorted(values, key=lambda value: number_of(seed, index, "axis", axis, value))
        if base[axis] in ranked:
            ranked = [base[axis], *(value for value in ranked if value != base[axis])]
        choices.append(ranked[:wanted])
    product = list(itertools.product(*choices))
    ranked_product = sorted(product, key=lambda values: number_of(seed, index, "variant", *values))
    return [dict(zip(axes, values, strict=True)) for values in ranked_product[:count]]


def _template(category: Category, axes: tuple[str, ...], base: dict[str, str], draw: float) -> str:
    """A form of the title that shows all axes; missing axes are added. `Family.title` adds "with Ice Maker"."""
    switch = any(base[axis] in ("true", "false") for axis in axes)
    shown = [axis for axis in axes if base[axis] not in ("true", "false")]
    forms = [form for form in category.titles if not (switch and " with " in form)]
    forms = [form for form in forms if all(f"{{{axis}}}" in form for axis in shown)] or forms
    form = forms[int(draw * len(forms))]
    for axis in axes:
        if f"{{{axis}}}" not in form and base[axis] not in ("true", "false"):
            form += f" - {{{axis}}}"
    return form


def _left_out(category: Category, axes: tuple[str, ...], seed: int, index: int) -> frozenset[str]:
    """Up to five minor rows that are missing in this family's specification sheet."""
    minor = [t.name for t in category.traits if not t.key and t.name not in axes and t.name not in category.say]
    ranked = sorted(minor, key=lambda name: number_of(seed, index, "left out", name))
    return frozenset(ranked[: number_of(seed, index, "left out") % 6])
