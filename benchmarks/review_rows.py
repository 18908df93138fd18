"""Reviews made from a seed: words of natural frequency, defects at known rates, and the truth about each review.

The truth is known because this module plants the defects. Words are single tokens of the bundled tokenizer, so that the
tokens of a text are its words and marks. In a group of copies, the earliest review is the original.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from ameli_build.clean.profanity import default_words, find_profanity, pattern_of
from ameli_build.clean.settings import CleanSettings
from ameli_build.core.records import PRODUCTS, REVIEWS
from ameli_build.models.tokens import load_counter

CHUNK = 100_000
FIRST_SKU = 6_000_000
UNKNOWN = 36_000
"""Number of products, in families of three variants; every hundredth product has no picture and is dropped before
the rules judge the reviews. The catalogue does not have products from this number on."""
LIMIT = 500
SOURCES = 5_000
"""Number of texts available for copies at a time."""
MARKS = ("", "", "", "", "", "", "", "", "", "", "", ",", ".", "!")
RUDE = ("shit", "SH1T", "bull$h1t", "asshole", "@sshole", "Fuck", "fucking", "hand job")
SHORT = ("Great product!", "Love it", "Works as described.", "Good value for the price", "Five stars")
VARIANTS = np.array(["plain", "sibling", "relinked", "wrong", "missing"])

TRUTH = pl.Schema({"review_id": pl.String, "reason": pl.String, "detail": pl.String})


@dataclass(frozen=True, slots=True)
class Rates:
    """The rate of each defect; a review can have several defects."""

    no_image: float = 0.88
    too_long: float = 0.004
    only_unhelpful: float = 0.06
    sibling: float = 0.08
    relinked: float = 0.03
    wrong: float = 0.02
    missing: float = 0.005
    copy: float = 0.03
    rude: float = 0.01


@dataclass(frozen=True, slots=True)
class _Source:
    """A review with a text for copies; `key` names the group of copies."""

    key: str
    text: str
    tokens: int
    rude: str
    product: int
    author: str | None


@dataclass(slots=True)
class _Known:
    """State that passes from chunk to chunk."""

    frames: list[pl.DataFrame] = field(default_factory=list)
    """The first reason before `duplicate`, and the profane word, of each review."""
    groups: dict[str, list[tuple[bool, str, str]]] = field(default_factory=dict)
    """(unknown time, time, id) of all reviews with a text, by the id of the first of them."""
    sources: list[_Source] = field(default_factory=list)


def make_products() -> pl.DataFrame:
    """The catalogue, with the columns of `PRODUCTS`."""
    rows = [
        {
            "sku": str(FIRST_SKU + n),
            "name": f"Acme Thing {n}",
            "categories": ["Root"],
            "images": ["v.jpg"] * (n % 100 != 99),
        }
        for n in range(UNKNOWN)
    ]
    filled = [{"description": "", "attributes": [], "variants": [], "source": "made", "extra": "{}", **r} for r in rows]
    return pl.DataFrame(filled, schema=PRODUCTS).sort("sku")


def write_reviews(path: Path, size: int, seed: int = 13, rates: Rates | None = None, words: int = 60) -> pl.DataFrame:
    """Write `size` reviews of `words` words on average as a catalogue table; return the truth as `TRUTH`.

    The truth has a row for each review; `reason` and `detail` are null if the row rules keep the review.
    """
    known, rng = _Known(), np.random.default_rng(seed)
    schema = pl.DataFrame(schema=REVIEWS).to_arrow().schema
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for start in range(0, size, CHUNK):
            chunk = _chunk(start, min(CHUNK, size - start), rng, rates or Rates(), known, words)
            writer.write_table(chunk.to_arrow().cast(schema), row_group_size=CHUNK // 4)
    return _truth(known)


def write_lines(reviews: Path, path: Path) -> None:
    """Write the reviews of a catalogue table as raw records in JSON Lines (contract, section 2)."""
    with path.open("wb") as handle:
        for batch in pq.ParquetFile(reviews).iter_batches(CHUNK):
            frame = pl.DataFrame(pl.from_arrow(batch)).drop("conflict", "source", "extra")
            frame.write_ndjson(handle)


def _truth(known: _Known) -> pl.DataFrame:
    firsts = {member[2]: min(group)[2] for group in known.groups.values() for member in group}
    copies = pl.DataFrame(
        [(review, first) for review, first in firsts.items() if review != first],
        schema={"review_id": pl.String, "first": pl.String},
        orient="row",
    )
    rows = pl.concat(known.frames).join(copies, on="review_id", how="left", maintain_order="left")
    copy = pl.when(pl.col("first").is_not_null())
    rude = pl.when(pl.col("rude") != "")
    return rows.select(
        "review_id",
        reason=pl.coalesce("reason", copy.then(pl.lit("duplicate")), rude.then(pl.lit("profanity"))),
        detail=pl.coalesce("detail", pl.format("same text as review {}", pl.col("first")), rude.then("rude")),
    )


@cache
def _words() -> list[str]:
    """Words from the vocabulary of the bundled tokenizer, frequent words first; no profane word, no end of a phrase."""
    vocabulary = load_counter("bundled:minilm").tokenizer.get_vocab()
    ends = {phrase.split()[-1] for phrase in default_words() if " " in phrase}
    words = sorted(
        (n, word)
        for word, n in vocabulary.items()
        if n > 1995 and word.isascii() and word.isalpha() and word not in ends
    )
    table = pl.DataFrame({"review_id": [word for _, word in words]}).with_columns(title=pl.lit(""), text="review_id")
    return find_profanity(table, pattern_of(CleanSettings())).filter(pl.col("profanity").is_null())["text"].to_list()


@cache
def _draws() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A million indices into `_words` by Zipf's law; the bytes of words and spaces; the start of each word."""
    words = _words()
    weights = 1 / (np.arange(len(words)) + 2.7)
    draws = np.random.default_rng(0).choice(len(words), 1 << 20, p=weights / weights.sum())
    marked = [f"{word}{mark} ".encode() for word in words for mark in MARKS]
    starts = np.cumsum([0, *map(len, marked)], dtype=np.int32)
    return draws * len(MARKS), np.frombuffer(b"".join(marked), np.uint8), starts


def _texts(rng: np.random.Generator, lengths: np.ndarray) -> tuple[list[str], np.ndarray]:
    """Texts with these numbers of words, and the number of marks in each text."""
    draws, letters, starts = _draws()
    marks = rng.integers(0, len(MARKS), lengths.sum())
    chosen = draws[rng.integers(0, len(draws), lengths.sum())] + marks
    sizes = starts[chosen + 1] - starts[chosen]
    ends = np.cumsum(sizes, dtype=np.int32)
    places = np.repeat(starts[chosen] - ends + sizes, sizes)
    places += np.arange(ends[-1], dtype=np.int32)
    last = np.cumsum(lengths)
    offsets = np.concatenate([[0], ends[last - 1]])
    array = pa.LargeStringArray.from_buffers(
        len(lengths), pa.py_buffer(offsets.astype(np.int64)), pa.py_buffer(letters[places])
    )
    marked = np.add.reduceat((marks >= MARKS.index(",")).astype(int), np.concatenate([[0], last[:-1]]))
    return [text[:1].upper() + text[1:-1] for text in array.to_pylist()], marked


def _chunk(start: int, size: int, rng: np.random.Generator, rates: Rates, known: _Known, words: int) -> pl.DataFrame:
    """The links of the reviews from number `start` on, with the columns of `REVIEWS`; `known` gets the truth."""
    lengths = np.maximum(1, rng.lognormal(np.log(words) - 0.32, 0.8, size).astype(int)).clip(max=430)
    long = rng.random(size) < rates.too_long
    lengths[long] = rng.integers(470, 700, long.sum())
    text, marks = _texts(rng, lengths)
    title_lengths = rng.integers(1, 6, size)
    title, title_marks = _texts(rng, title_lengths)
    drawn = pl.DataFrame(
        {
            "number": np.arange(start, start + size),
            "tail": rng.integers(0, 1 << 48, size),
            "second": rng.integers(0, 315_360_000, size),
            "product": rng.integers(0, UNKNOWN, size),
            "kind": rng.choice(VARIANTS, size, p=_kinds(rates)),
            "photos": np.where(rng.random(size) < rates.no_image, 0, rng.integers(1, 4, size)),
            "helpful": np.where(rng.random(size) < 0.3, rng.integers(1, 9, size), 0),
            "unhelpful": np.where(rng.random(size) < 0.02, rng.integers(1, 9, size), 0),
            "rating": rng.integers(1, 6, size),
            "title": title,
            "title_tokens": title_lengths + title_marks,
            "text": text,
            "text_tokens": lengths + marks,
        }
    )
    moment = pl.from_epoch(pl.col("second") + 1_388_534_400).dt.strftime("%Y-%m-%dT%H:%M:%S.000-06:00")
    drawn = drawn.with_columns(
        review_id=pl.Series(
            [f"{n:08x}-{t >> 32:04x}-4000-{t & 0xFFFFFFFF:016x}" for n, t in drawn.select("number", "tail").iter_rows()]
        ),
        author=pl.when(pl.col("tail") % 5 != 0).then(pl.format("user{}", pl.col("tail"))),
        submitted_at=pl.when(pl.col("tail") % 97 != 0).then(moment),
        rude=pl.lit(""),
    )
    planted = _planted(drawn, rng, rates, known)
    known.frames.append(planted.select("review_id", *_early_reason(), "rude"))
    return _links(planted)


def _kinds(rates: Rates) -> list[float]:
    defects = [rates.sibling, rates.relinked, rates.wrong, rates.missing]
    return [1 - sum(defects), *defects]


def _planted(drawn: pl.DataFrame, rng: np.random.Generator, rates: Rates, known: _Known) -> pl.DataFrame:
    """`drawn` with copies, profane words, blank titles, short and accented texts, and texts at the exact limit."""
    chances = rng.random((drawn.height, 4)).tolist()
    picks = rng.integers(0, 1 << 30, (drawn.height, 2)).tolist()
    columns: dict[str, list[Any]] = {name: [] for name in drawn.columns}
    for row, (kind, rude, bare, voted), (pick, other) in zip(drawn.iter_rows(named=True), chances, picks, strict=True):
        if voted < rates.only_unhelpful:
            row |= {"helpful": 0, "unhelpful": 1 + pick % 9}
        if bare < 0.1:
            row |= {"title": " " * (pick % 2), "title_tokens": -1}
        if kind < rates.copy and known.sources:
            _copy(row, known.sources[pick % len(known.sources)], other, known)
        else:
            _dress(row, kind, pick)
            if rude < rates.rude and row["text_tokens"] < 300:
                row |= {"text": f"{row['text']} {RUDE[other % len(RUDE)]}.", "rude": RUDE[other % len(RUDE)]}
            if kind > 0.97:
                _offer(row, known)
        for name, column in columns.items():
            column.append(row[name])
    return pl.DataFrame(columns, schema=drawn.schema)


def _dress(row: dict[str, Any], kind: float, pick: int) -> None:
    """Make a text short or accented, or give a long text the exact length of the limit, or one token more."""
    if row["text_tokens"] > 470 and kind < 0.7:
        plain = LIMIT + pick % 2 - row["title_tokens"] - 1
        step = 1 + (pick // 5000 + row["tail"]) % 4999  # many steps, so that two texts are unlikely to be equal
        row |= {
            "text": " ".join(_words()[(pick + n * step) % 5000] for n in range(plain)),
            "text_tokens": plain,
        }
    elif kind > 0.98:
        row |= {"text": SHORT[pick % len(SHORT)], "text_tokens": 9}
    elif kind > 0.96:
        row |= {"text": f"{row['text']} caf\u00e9", "text_tokens": row["text_tokens"] + 1}


def _offer(row: dict[str, Any], known: _Known) -> None:
    """Add a text to the sources of copies; a short text only with its author."""
    short = len(row["text"].split()) < 8
    if short and (row["author"] is None or row["kind"] in ("wrong", "missing")):
        return
    source = _Source(
        row["review_id"], row["text"], row["text_tokens"], row["rude"], row["product"], row["author"] if short else None
    )
    known.groups[source.key] = [_when(row)]
    if len(known.sources) < SOURCES:
        known.sources.append(source)
    else:
        known.sources[row["tail"] % SOURCES] = source


def _copy(row: dict[str, Any], source: _Source, pick: int, known: _Known) -> None:
    """Replace the text by the text of another review, with other spaces or another Unicode normal form."""
    text = (
        source.text,
        f" {source.text}",
        source.text.replace(" ", "\n ", 1),
        unicodedata.normalize("NFD", source.text),
    )
    row |= {"text": text[pick % 4], "text_tokens": source.tokens, "rude": source.rude}
    if source.author is not None:
        row |= {"product": source.product, "author": source.author, "kind": "plain"}
    known.groups[source.key].append(_when(row))


def _when(row: dict[str, Any]) -> tuple[bool, str, str]:
    return row["submitted_at"] is None, row["submitted_at"] or "", row["review_id"]


def _early_reason() -> tuple[pl.Expr, pl.Expr]:
    """`reason` and `detail` of the first rule before `duplicate` that a review violates, or null."""
    tokens = pl.col("text_tokens") + pl.col("title_tokens") + 1
    product = pl.col("product") + FIRST_SKU
    rules = {
        "no_image": (pl.col("photos") == 0, pl.lit("no photo listed")),
        "too_long": (tokens > LIMIT, pl.format("{} tokens", tokens)),
        "only_unhelpful": (
            (pl.col("unhelpful") > 0) & (pl.col("helpful") == 0),
            pl.format("{} unhelpful, 0 helpful", "unhelpful"),
        ),
        "wrong_variant": (
            pl.col("kind") == "wrong",
            pl.format("is about variant {}, which is not in the catalogue", product + UNKNOWN),
        ),
        "product_missing": (
            pl.col("kind") == "missing",
            pl.format("product {} is not in the catalogue", product + UNKNOWN),
        ),
        "dropped": (
            pl.col("product") % 100 == 99,
            pl.format("product {} was dropped: no_image (no picture listed)", product),
        ),
    }
    reason, detail = pl.lit(None, pl.String), pl.lit(None, pl.String)
    for name, (broken, explanation) in reversed(rules.items()):
        reason = pl.when(broken).then(pl.lit(name.replace("dropped", "product_missing"))).otherwise(reason)
        detail = pl.when(broken).then(explanation).otherwise(detail)
    return reason.alias("reason"), detail.alias("detail")


def _links(planted: pl.DataFrame) -> pl.DataFrame:
    """A row for each link to the product of a review, with the columns of `REVIEWS`."""
    product, kind = pl.col("product"), pl.col("kind")
    sibling = product // 3 * 3 + (product + 1) % 3
    strings = {"product": product, "sibling": sibling, "unknown": product + UNKNOWN}
    given = planted.with_columns((number + FIRST_SKU).cast(pl.String).alias(name) for name, number in strings.items())
    listed = pl.when(kind == "relinked").then("sibling").when(kind == "missing").then("unknown").otherwise("product")
    named = pl.when(kind == "relinked").then("product").when(kind == "wrong").then("unknown")
    own = given.with_columns(sku=listed, product_details_sku=named)
    second = given.filter(kind == "sibling").with_columns(sku="sibling", product_details_sku="product")
    photos = [
        pl.when(pl.col("photos") > n).then(pl.format("photos/{}-{}.jpg", "review_id", pl.lit(n))) for n in range(3)
    ]
    return (
        pl.concat([own, second])
        .with_columns(
            images=pl.concat_list(photos).list.drop_nulls(),
            conflict=pl.lit(False),
            source=pl.format("raw/reviews.jsonl:{}", "number"),
            extra=pl.lit("{}"),
        )
        .select(pl.col(name).cast(kind) for name, kind in REVIEWS.items())
        .sort("review_id", "sku")
    )
