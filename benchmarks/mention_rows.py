"""Products and reviews for the benchmark of mentions, made from a seed at the size of the paper's catalogue.

Titles and texts are variations of the labelled set of the tests, with other makes, model numbers and colours. Sentences
without a mention extend the texts to about 60 words.
"""

from __future__ import annotations

import random
import re
from pathlib import Path

import polars as pl

LABELLED = Path(__file__).parent.parent / "tests" / "mentions" / "labelled.txt"
WORDS = 60

_SYLLABLES = ("bar", "cor", "del", "fen", "gar", "hul", "kel", "lor", "mar", "nor", "pel", "quin", "sol", "tam", "vel")
_COLOURS = ("Black", "White", "Silver", "Gray", "Red", "Blue", "Green", "Copper", "Navy", "Beige")
_FILLERS = (
    "It arrived two days early and well packed.",
    "Setup took ten minutes and the instructions were clear enough.",
    "My wife uses it more than I do, and she is picky about such things.",
    "For what I paid I have no complaints at all so far.",
    "We have had it for about three months now and nothing has come loose.",
    "The finish is better than it looks in the pictures online.",
    "I wish it came with a longer warranty, but support answered within a day.",
    "I read a lot of opinions before I made up my mind and I am glad I did.",
    "The only thing that I would change is where they put the power button.",
    "Would buy again and have told two friends about it already.",
)


def write_tables(folder: Path, products: int, reviews: int, seed: int = 13) -> None:
    """Write `products.parquet` and `reviews.parquet` as stage `clean` does, with the columns that section 3.3 reads."""
    chance = random.Random(seed)
    kinds = _kinds()
    made = [_product(number, chance, *kinds[number % len(kinds)][:2]) for number in range(products)]
    pl.DataFrame(made, ["sku", "name", "categories"], orient="row").write_parquet(folder / "products.parquet")
    rows = []
    for number in range(reviews):
        product = chance.randrange(products)
        texts = kinds[product % len(kinds)][2]
        text = _padded(chance.sample(texts, chance.choice((1, 2))), chance)
        rows.append((f"r{number:08}", made[product][0], chance.choice(("", "Five stars", "Happy so far")), text))
    table = pl.DataFrame(rows, ["review_id", "sku", "title", "text"], orient="row")
    table.write_parquet(folder / "reviews.parquet")


def _kinds() -> list[tuple[str, list[str], list[str]]]:
    """The title, the category path and the texts of each labelled product."""
    found: list[tuple[str, list[str], list[str]]] = []
    for block in LABELLED.read_text(encoding="utf-8").split("\n\n")[1:]:
        path, title, *reviews = block.strip().splitlines()
        texts = [re.sub(r"[\[\]]", "", review.partition(": ")[2]) for review in reviews]
        found.append((title.removeprefix("= "), path.removeprefix("# ").split(" > "), texts))
    return found


def _product(number: int, chance: random.Random, title: str, path: list[str]) -> tuple[str, str, list[str]]:
    make = "".join(chance.sample(_SYLLABLES, 2)).capitalize()
    model = f"{chance.choice('ABCDEFGHKLMNRSTVX')}{chance.randrange(100, 1000)}"
    parts = title.split(" - ")
    if len(parts) > 1:
        parts = [make, f"{model} {parts[1]}", *parts[2:-1], chance.choice(_COLOURS)]
    else:
        parts = [" ".join((make, model, *title.split()[1:]))]
    return f"{6_000_000 + number}", " - ".join(parts), path


def _padded(texts: list[str], chance: random.Random) -> str:
    sentences = list(texts)
    while sum(len(sentence.split()) for sentence in sentences) < WORDS - 6:
        sentences.insert(chance.randrange(len(sentences) + 1), chance.choice(_FILLERS))
    return " ".join(sentences)
