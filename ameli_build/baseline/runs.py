"""The runs of a baseline: shared parts are computed once, modules are trained with the seed of each run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ameli_build.baseline.data import Data
from ameli_build.baseline.encode import Vectors, encode_all
from ameli_build.baseline.extraction.attributes import Sheet, make_sheets
from ameli_build.baseline.extraction.extract import Extracted, extract
from ameli_build.baseline.linking.linkers import Linked, link, linked_rows
from ameli_build.baseline.linking.lists import encode_lists, text_lists
from ameli_build.baseline.retrieval.prior import make_prior
from ameli_build.baseline.retrieval.retrievers import Plain, Retrieved, make_pools, retrieve_plain, retrieve_tuned
from ameli_build.core.arrays import Mask
from ameli_build.core.cache import Work
from ameli_build.core.progress import say
from ameli_build.core.settings import Settings


@dataclass(frozen=True, slots=True)
class Run:
    """One run: its seed, retrieved candidates, extracted attributes and rankings."""

    seed: int
    retrieved: Retrieved
    extracted: Extracted
    linked: Linked


@dataclass(frozen=True, slots=True)
class Runs:
    """All runs, at least one, and their shared results."""

    plain: Plain
    sheets: Sequence[Sheet]
    runs: tuple[Run, ...]
    notes: Mapping[str, Any]

    @property
    def tuned(self) -> dict[str, Any]:
        """Values chosen on dev: those of the first run, and under `runs` those of each run."""
        each = [{**run.retrieved.tuned, **run.linked.tuned} for run in self.runs]
        shared = {"text_encoder": dict(self.plain.text_tuning)} if self.plain.text_tuning else {}
        return {
            **each[0],
            **shared,
            "runs": [{"seed": run.seed, **one} for run, one in zip(self.runs, each, strict=True)],
        }


def run_all(work: Work, settings: Settings, data: Data) -> Runs:
    """Retrieve and link `baseline.runs` times; once without train reviews, since nothing is trained then."""
    vectors = encode_all(work, settings, data)
    prior = make_prior(work, settings, data.kb)
    allowed_of = {mention: prior.allowed(mention) for mention in sorted(set(data.reviews.mentions))}
    allowed = [allowed_of[mention] for mention in data.reviews.mentions]
    count = settings.baseline.runs if len(data.reviews.rows("train")) else 1
    seeds = [settings.run.seed + run for run in range(count)]
    pools = make_pools(work, settings, data, vectors, allowed, seeds)
    plain = retrieve_plain(work, settings, data, prior, pools)
    retrieved = [retrieve_tuned(settings, data, plain, pools, seed) for seed in seeds]
    sheets = make_sheets(data.kb)
    extracted = _extract(work, settings, data, sheets, allowed, retrieved)
    linked = _link(work, settings, data, vectors, retrieved, sheets, extracted)
    runs = tuple(Run(*parts) for parts in zip(seeds, retrieved, extracted, linked, strict=True))
    return Runs(plain, sheets, runs, {"ocr": dict(extracted[0].counts), "runs": count, "seeds": seeds})


def _extract(
    work: Work,
    settings: Settings,
    data: Data,
    sheets: Sequence[Sheet],
    allowed: Sequence[Mask],
    retrieved: Sequence[Retrieved],
) -> list[Extracted]:
    """Extracted attributes for each run; computed once unless they depend on the retrieved products."""
    distinct = retrieved if settings.baseline.attribute_values == "retrieved" else retrieved[:1]
    results = [extract(work, settings, data, sheets, allowed, one.candidates) for one in distinct]
    return results * (len(retrieved) // len(results))


def _link(
    work: Work,
    settings: Settings,
    data: Data,
    vectors: Vectors,
    retrieved: Sequence[Retrieved],
    sheets: Sequence[Sheet],
    extracted: Sequence[Extracted],
) -> list[Linked]:
    """Link each run, with the pairs of all runs encoded once."""
    rows = linked_rows(data)
    lists = [
        text_lists(settings, data, vectors.cosines, sheets, some.found, one.candidates, rows)
        for one, some in zip(retrieved, extracted, strict=True)
    ]
    encoded = encode_lists(work, settings, data, lists)
    linked = []
    for run, (one, some) in enumerate(zip(retrieved, extracted, strict=True)):
        say(f"baseline: linking, run {run + 1} of {len(retrieved)}")
        linked.append(link(work, settings, data, vectors, one, sheets, some.found, encoded, run))
    return linked
