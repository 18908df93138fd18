"""The row rules of section 3.2, slice by slice: memory does not grow with the number of reviews.

The first pass resolves the links of each slice and writes the values that the rules read. Copies can be in different
slices: the first pass gives a key for each review, and reviews with equal keys are read again. The verdicts follow when
the values of pictures are known, while the tables are written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import polars as pl

from ameli_build.clean import duplicates, helpfulness, length, photos, profanity, variants
from ameli_build.clean.settings import CleanSettings
from ameli_build.clean.slices import Slice, cut, map_slices
from ameli_build.clean.verdicts import Verdict, first_failing, judge, shaped
from ameli_build.core.errors import RunFailed
from ameli_build.core.filters import FILTERS, Filter
from ameli_build.core.reasons import DROPPED
from ameli_build.core.records import REVIEWS, Review, released
from ameli_build.core.settings import Settings
from ameli_build.models.tokens import Counter, load_counter

READ = tuple(name for name in REVIEWS if name not in ("source", "extra"))
"""Columns of `catalog/reviews` that rules can measure."""
_NEEDED = ("review_id", "sku", "title", "text", "images", "rating", "helpful", "unhelpful", "submitted_at")
PASSED = pl.Schema(
    {
        **{name: REVIEWS[name] for name in dict.fromkeys((*_NEEDED, *released(Review)))},
        "relinked": pl.Boolean(),
    }
)
"""Columns of the reviews that pass all row rules."""

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
        **dict.fromkeys((rule.reason for rule in FILTERS), pl.Float64),
        "n_decoded": pl.Int64,
        "problems": pl.String,
        "n_found": pl.Int64,
        "best_score": pl.Float64,
    }
)
"""Columns of `clean/values`: the values that the rules read, null for a rule that did not run.

`tokens` is null if `bytes` is at most the limit. `names` is the variant that a review without a valid link names, and
`listed` the product whose page lists it. `gone` is the reason and detail of a gold product that left. `n_decoded` is
the number of usable photographs, `problems` the problems of other photographs, and `n_found` the number of photographs
that show the product.
"""
LATER = ("n_decoded", "problems", "n_found", "best_score")
"""Values of the rules for pictures."""
_SEEN = [*(name for name in VALUES if name not in (*LATER, "duplicate_of")), "place"]
"""Values of the row rules, and the place of a review's link in its slice."""


def row_rules(settings: Settings) -> list[Verdict]:
    """The rules that read a review's own row, in the order in which they count; filters of `core.filters` are last."""
    return [
        photos.no_image(),
        length.too_long(settings.section(CleanSettings).max_tokens),
        helpfulness.only_unhelpful(),
        variants.wrong_variant(),
        variants.product_missing(),
        duplicates.duplicate(),
        profanity.profanity(),
        *(_added(rule, settings) for rule in FILTERS),
    ]


def _added(rule: Filter, settings: Settings) -> Verdict:
    """The verdict of a filter of `core.filters`."""
    measured, threshold = pl.col(rule.reason), getattr(settings.section(CleanSettings), rule.setting)
    fails, detail = rule.fails(measured, threshold), rule.detail(measured)
    return Verdict(rule.reason, fails, detail, value=measured, threshold=pl.lit(str(threshold)))


@dataclass(frozen=True, slots=True)
class _FirstPass:
    """The first pass over a slice. `products` has `sku` and `gone`, null for a product that stays."""

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
        rows = rows.with_columns(rule.measure(rows).cast(pl.Float64).alias(rule.reason) for rule in FILTERS)
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
    """The files of a slice while the stage runs."""

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
        """The reviews that pass all row rules except the rule for copies."""
        return self._file("passed")


@dataclass(frozen=True, slots=True)
class _Seen:
    """The result of the first pass over a slice."""

    files: _Files
    reviews: int
    keys: pl.Series
    links_in: int
    links_removed: int
    relinked: int


@dataclass(frozen=True, slots=True)
class Rows:
    """Reviews after the row rules."""

    passed: pl.DataFrame
    """The reviews that pass all row rules, with the columns of `PASSED`."""
    counts: dict[str, int]
    copies: pl.DataFrame
    files: Sequence[_Files] = field(repr=False)

    def judged(self, rules: Sequence[Verdict], later: pl.DataFrame | None = None) -> tuple[pl.LazyFrame, pl.LazyFrame]:
        """The verdicts on all reviews.

        Args:
            rules: The row rules, and the rules that read `later`.
            later: Table with `review_id` and `LATER` of reviews that pass the row rules.

        Returns:
            The tables `dropped` (columns of `reasons.DROPPED`) and `values` (columns of `VALUES`), each sorted by
            `review_id`.
        """
        nothing = pl.DataFrame(schema={"review_id": pl.String, **{name: VALUES[name] for name in LATER}})
        rows = _scan([part.seen for part in self.files], pl.Schema({name: VALUES[name] for name in _SEEN[:-1]}))
        for more in (self.copies, nothing if later is None else later.select(nothing.columns)):
            rows = rows.join(more.lazy(), on="review_id", how="left", maintain_order="left")
        judged = rows.map_batches(partial(judge, verdicts=rules), streamable=True, schema=pl.Schema(DROPPED))
        return judged, shaped(rows, VALUES)


def apply_row_rules(path: Path, products: pl.DataFrame, settings: Settings, folder: Path) -> Rows:
    """Apply the row rules to a table of links.

    Args:
        path: Parquet file of links, sorted by `review_id`.
        products: Table with `sku` and `gone`, the reason and detail of a product that left, null for other products.
        settings: Settings of the run.
        folder: Folder for parts of the tables, until the tables are written.
    """
    clean = settings.section(CleanSettings)
    own = clean.tokenizer
    counter = load_counter(own) if own else load_counter(settings.models.text_encoder, "text_encoder")
    first_pass = _FirstPass(
        products,
        clean.relink,
        clean.max_tokens,
        counter,
        length.PartCounts(counter),
        profanity.pattern_of(clean),
        row_rules(settings),
        folder,
    )
    folder.mkdir(parents=True, exist_ok=True)
    slices = cut(path)
    sizes = [piece.end - piece.start for piece in slices]
    seen = list(map_slices("apply row rules", first_pass, slices, "links", sizes))
    found = _copies(seen)
    counts = {
        "links_in": sum(part.links_in for part in seen),
        "links_removed": sum(part.links_removed for part in seen),
        "reviews_relinked": sum(part.relinked for part in seen),
    }
    passed = _scan([part.files.passed for part in seen], PASSED)
    passed = passed.join(found.lazy(), on="review_id", how="anti", maintain_order="left")
    return Rows(passed.collect(engine="streaming"), counts, found, [part.files for part in seen])


def _copies(seen: Sequence[_Seen]) -> pl.DataFrame:
    """The result of `duplicates.copies` for all slices together."""
    keys = pl.concat([pl.Series(dtype=pl.UInt64), *(part.keys for part in seen)])
    suspects = duplicates.shared(keys)
    start, jobs = 0, []
    for part in seen:
        mine = suspects.slice(start, part.reviews)
        start += part.reviews
        if mine.any():
            jobs.append((part.files, mine.arg_true()))
    found = list(map_slices("compare texts", _identities, jobs, "reviews", [len(places) for _, places in jobs]))
    return duplicates.copies(pl.concat([pl.DataFrame(schema=duplicates.IDENTITY), *found]))


def _identities(job: tuple[_Files, pl.Series]) -> pl.DataFrame:
    """The result of `duplicates.identities` for some reviews of a slice, given by their places."""
    files, places = job
    suspects = pl.read_ipc(files.seen, columns=["review_id", "sku", "place"])[places]
    links = files.piece.read(("title", "text", "author", "submitted_at"))
    return duplicates.identities(pl.concat([suspects, links[suspects["place"]]], how="horizontal"))


def _scan(paths: list[Path], schema: pl.Schema) -> pl.LazyFrame:
    """The parts in these files as one table; without files, a table without rows."""
    return pl.scan_ipc(paths) if paths else pl.LazyFrame(schema=schema)
