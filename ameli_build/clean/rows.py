"""The row rules of section 3.2 over a table of any length: slice by slice, in memory that does not grow with it.

First each slice is looked at on its own: its links are resolved, and what each rule looks at is written beside it. Only
copies can stand anywhere: a number a review tells who may be one, and those few are read again. All are judged when the
values of later rules are known, piece by piece, while the tables are written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import polars as pl

from ameli_build.clean import duplicates, helpfulness, length, photos, profanity, variants
from ameli_build.clean.slices import Slice, cut, map_slices
from ameli_build.clean.verdicts import Verdict, first_failing, judge, shaped
from ameli_build.core.errors import RunFailed
from ameli_build.core.filters import FILTERS, Filter
from ameli_build.core.reasons import DROPPED
from ameli_build.core.records import REVIEWS
from ameli_build.core.settings import Settings
from ameli_build.models.tokens import Counter, load_counter

READ = (
    "review_id",
    "sku",
    "title",
    "text",
    "rating",
    "helpful",
    "unhelpful",
    "images",
    "product_details_sku",
    "author",
    "submitted_at",
)
_OF_LINKS = ("review_id", "sku", "title", "text", "images", "rating", "helpful", "unhelpful", "submitted_at")
PASSED = pl.Schema({**{name: REVIEWS[name] for name in _OF_LINKS}, "relinked": pl.Boolean()})
"""What later steps need of a review."""

VALUES = pl.Schema(
    {
        "review_id": pl.String,
        "sku": pl.String,
        "n_photos": pl.Int64,
        "bytes": pl.Int64,
        "tokens": pl.Int64,
        "helpful": pl.Int64,
        "unhelpful": pl.Int64,
        "names": pl.String,
        "listed": pl.String,
        "links_in": pl.Int64,
        "links_removed": pl.Int64,
        "relinked": pl.Boolean,
        "in_catalogue": pl.Boolean,
        "gone": pl.String,
        "duplicate_of": pl.String,
        "profanity": pl.String,
        **dict.fromkeys((one.reason for one in FILTERS), pl.Float64),
        "n_decoded": pl.Int64,
        "problems": pl.String,
        "n_found": pl.Int64,
        "best_score": pl.Float64,
    }
)
"""Columns of `clean/values`: what each rule looked at, null where it did not look.

`tokens` is null too where `bytes` is at most the limit; `names` is the variant that a review without a valid link
names, `listed` where the shop listed it; `gone` tells why the gold product left; `n_decoded` counts usable photographs
and `problems` tells of the others; `n_found` counts photographs in which the product was found.
"""
LATER = ("n_decoded", "problems", "n_found", "best_score")
"""Values of the rules that look at pictures."""
_SEEN = [*(name for name in VALUES if name not in (*LATER, "duplicate_of")), "place"]
"""Values of the row rules, and the place in its slice of the link that a review is kept with."""


def row_rules(settings: Settings) -> list[Verdict]:
    """The rules that look at a review's own row, in the order in which they count, added filters last."""
    return [
        photos.no_image(),
        length.too_long(settings.clean.max_tokens),
        helpfulness.only_unhelpful(),
        variants.wrong_variant(),
        variants.product_missing(),
        duplicates.duplicate(),
        profanity.profanity(),
        *(_added(one, settings) for one in FILTERS),
    ]


def _added(rule: Filter, settings: Settings) -> Verdict:
    """The verdict of a filter of `core.filters`."""
    measured, threshold = pl.col(rule.reason), getattr(settings.clean, rule.setting)
    fails, detail = rule.fails(measured, threshold), rule.detail(measured)
    return Verdict(rule.reason, fails, detail, value=measured, threshold=pl.lit(str(threshold)))


@dataclass(frozen=True, slots=True)
class _Look:
    """What it takes to look at a slice. `products` has `sku` and `gone`: why a product left, null where it stays."""

    products: pl.DataFrame
    relink: bool
    max_tokens: int
    counter: Counter
    parts: length.PartCounts
    pattern: str
    rules: Sequence[Verdict]
    folder: Path

    def __call__(self, piece: Slice) -> _Seen:
        links = piece.read(READ)
        if not links["review_id"].is_sorted():
            raise RunFailed(f"{piece.path}: not sorted by review_id; make the catalog again")
        links = links.with_columns(pl.col("review_id").set_sorted())
        rows = variants.resolve_links(links, self.products, self.relink)
        rows = rows.with_columns(n_photos=photos.n_photos())
        rows = length.count_tokens(rows, self.counter, self.max_tokens, self.parts)
        rows = profanity.find_profanity(rows, self.pattern)
        rows = rows.with_columns(one.measure(rows).cast(pl.Float64).alias(one.reason) for one in FILTERS)
        keys = duplicates.duplicate_keys(rows)
        seen = rows.with_columns(duplicate_of=pl.lit(None, pl.String))
        passed = seen.filter(first_failing(self.rules).is_null()).select(PASSED.names())
        files = _Files(piece, self.folder)
        rows.select(_SEEN).write_ipc(files.seen)
        passed.write_ipc(files.passed)
        return _Seen(files, rows.height, keys, int(rows["links_in"].sum()), *_changed_links(rows))


def _changed_links(rows: pl.DataFrame) -> tuple[int, int]:
    return int(rows["links_removed"].sum()), int(rows["relinked"].sum())


@dataclass(frozen=True, slots=True)
class _Files:
    """Where the parts of one slice lie while the stage runs."""

    piece: Slice
    folder: Path

    def _file(self, name: str) -> Path:
        return self.folder / f"{self.piece.number:06}.{name}.arrow"

    @property
    def seen(self) -> Path:
        """The values of the row rules."""
        return self._file("seen")

    @property
    def passed(self) -> Path:
        """The reviews that break no row rule, unless they turn out to be copies."""
        return self._file("passed")


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is known of a slice after the first look."""

    files: _Files
    reviews: int
    keys: pl.Series
    links_in: int
    links_removed: int
    relinked: int


@dataclass(frozen=True, slots=True)
class Rows:
    """Reviews to which the row rules were applied: those that passed, and how to judge them all."""

    passed: pl.DataFrame
    """The reviews that every row rule lets pass, in the columns of `PASSED`."""
    counts: dict[str, int]
    copies: pl.DataFrame
    files: Sequence[_Files] = field(repr=False)

    def judged(self, rules: Sequence[Verdict], later: pl.DataFrame | None = None) -> tuple[pl.LazyFrame, pl.LazyFrame]:
        """The tables `dropped` (columns of `reasons.DROPPED`) and `values` (of `VALUES`), each sorted by `review_id`.

        `later` has `review_id` and `LATER` of reviews that passed; `rules` are the row rules and those that look at
        `later`.
        """
        nothing = pl.DataFrame(schema={"review_id": pl.String, **{name: VALUES[name] for name in LATER}})
        rows = _scan([one.seen for one in self.files], pl.Schema({name: VALUES[name] for name in _SEEN[:-1]}))
        for more in (self.copies, nothing if later is None else later.select(nothing.columns)):
            rows = rows.join(more.lazy(), on="review_id", how="left", maintain_order="left")
        judged = rows.map_batches(partial(judge, verdicts=rules), streamable=True, schema=pl.Schema(DROPPED))
        return judged, shaped(rows, VALUES)


def look_at_rows(path: Path, products: pl.DataFrame, settings: Settings, folder: Path) -> Rows:
    """Apply the row rules to the table of links in `path`; parts are kept in `folder` until the tables are written.

    `products` has `sku` and `gone`, null for a product that stays, else why it left.
    """
    own = settings.clean.tokenizer
    counter = load_counter(own) if own else load_counter(settings.models.text_encoder, "text_encoder")
    look = _Look(
        products,
        settings.clean.relink,
        settings.clean.max_tokens,
        counter,
        length.PartCounts(counter),
        profanity.pattern_of(settings.clean),
        row_rules(settings),
        folder,
    )
    folder.mkdir(parents=True, exist_ok=True)
    seen = list(map_slices("look at reviews", look, cut(path)))
    found = _copies(seen)
    counts = {
        "links_in": sum(one.links_in for one in seen),
        "links_removed": sum(one.links_removed for one in seen),
        "reviews_relinked": sum(one.relinked for one in seen),
    }
    passed = _scan([one.files.passed for one in seen], PASSED)
    passed = passed.join(found.lazy(), on="review_id", how="anti", maintain_order="left")
    return Rows(passed.collect(engine="streaming"), counts, found, [one.files for one in seen])


def _copies(seen: Sequence[_Seen]) -> pl.DataFrame:
    """The copies of all slices, as `duplicates.copies` gives them."""
    keys = pl.concat([pl.Series(dtype=pl.UInt64), *(one.keys for one in seen)])
    suspects = duplicates.shared(keys)
    start, jobs = 0, []
    for one in seen:
        mine = suspects.slice(start, one.reviews)
        start += one.reviews
        if mine.any():
            jobs.append((one.files, mine.arg_true()))
    told = list(map_slices("compare texts", _identities, jobs))
    return duplicates.copies(pl.concat([pl.DataFrame(schema=duplicates.IDENTITY), *told]))


def _identities(job: tuple[_Files, pl.Series]) -> pl.DataFrame:
    """What tells copies apart among some reviews of a slice, given by their place."""
    files, places = job
    suspects = pl.read_ipc(files.seen, columns=["review_id", "sku", "place"])[places]
    links = files.piece.read(("title", "text", "author", "submitted_at"))
    return duplicates.identities(pl.concat([suspects, links[suspects["place"]]], how="horizontal"))


def _scan(paths: list[Path], schema: pl.Schema) -> pl.LazyFrame:
    """The parts in these files, one after the other; of no file a table without rows."""
    return pl.scan_ipc(paths) if paths else pl.LazyFrame(schema=schema)
