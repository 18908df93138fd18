"""The runs of a baseline: section 4 from the encoders to the linkers; each run trains its modules with its own seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ameli_build.baseline.encode import encode_all
from ameli_build.baseline.extraction.attributes import Sheet, make_sheets
from ameli_build.baseline.extraction.extract import Extracted, extract
from ameli_build.baseline.linking import case as linking
from ameli_build.baseline.linking.image_module import Adapters
from ameli_build.baseline.linking.lists import encode_lists, text_lists
from ameli_build.baseline.linking.table5 import LINKERS
from ameli_build.baseline.linking.text_module import TextModule
from ameli_build.baseline.retrieval import table4 as retrieval
from ameli_build.baseline.retrieval.pools import Ranking
from ameli_build.baseline.retrieval.prior import make_prior
from ameli_build.baseline.retrieval.table4 import Retrieved
from ameli_build.core.arrays import Integers
from ameli_build.core.cache import Work
from ameli_build.core.not_run import NotRun
from ameli_build.core.progress import step
from ameli_build.core.settings import Settings
from ameli_build.datasets.data import Data
from ameli_build.scores.tables import TUNED_TEXT

Rankings = Mapping[str, Ranking | NotRun]


@dataclass(frozen=True, slots=True)
class Run:
    """A run: its retrieved candidates, extracted attributes, and the rankings of Table 5 by row."""

    retrieved: Retrieved
    extracted: Extracted
    case: linking.Case
    ranked: Mapping[str, Integers | NotRun]


@dataclass(frozen=True, slots=True)
class Runs:
    """All runs, at least one, and their shared results: rankings by row of Table 4, and sheets of the products."""

    shared: Rankings
    sheets: Sequence[Sheet]
    runs: tuple[Run, ...]

    @property
    def seeds(self) -> list[int]:
        """The seed of each run."""
        return [run.case.seed for run in self.runs]

    @property
    def tuned(self) -> dict[str, Any]:
        """Values chosen on dev: those of the first run, and under `runs` those of each run."""
        each = [self._tuned(run) for run in self.runs]
        record = {name: value for name, value in self._text_training.items() if name != "curve"}
        text = {"text_encoder": record} if record else {}
        runs = [{"seed": seed, **values} for seed, values in zip(self.seeds, each, strict=True)]
        return {**each[0], **text, "runs": runs}

    @property
    def curves(self) -> dict[str, list[dict[str, Any]]]:
        """The learning curves by training, each with its seed and chosen epoch, for `curves.json`."""
        trained: dict[str, list[Adapters | TextModule | None]] = {
            "image adapters": [run.retrieved.adapters for run in self.runs],
            "text module": [run.case.text_module for run in self.runs],
            "text module, descriptions only": [run.case.plain_module for run in self.runs],
        }
        found = {
            name: [
                {"seed": seed, "epoch": part.epoch, **part.curve}
                for seed, part in zip(self.seeds, each, strict=True)
                if part is not None
            ]
            for name, each in trained.items()
        }
        if text := self._text_training:
            found["text encoder"] = [{"seed": self.seeds[0], "epoch": text["epoch"], **text["curve"]}]
        return {name: lines for name, lines in found.items() if lines}

    @property
    def _text_training(self) -> Mapping[str, Any]:
        """The record of the training of the text encoder; empty if it was not trained."""
        ranking = self.shared[TUNED_TEXT]
        return {} if isinstance(ranking, NotRun) else ranking.training

    def _tuned(self, run: Run) -> dict[str, Any]:
        rankings, adapters = {**self.shared, **run.retrieved.rankings}, run.retrieved.adapters
        ran = {name: ranking for name, ranking in rankings.items() if isinstance(ranking, Ranking)}
        weights = {name: ranking.weights for name, ranking in ran.items() if ranking.weights}
        adapter = None if adapters is None else {"epoch": adapters.epoch, "dev_mrr": adapters.dev_mrr}
        return {"weights": weights, "adapter": adapter, **run.case.tuned}


def run_all(work: Work, settings: Settings, data: Data) -> Runs:
    """Retrieve and link `baseline.runs` times; once without train reviews, since nothing is trained then."""
    reviews, options = data.reviews, settings.baseline
    numbers = range(options.runs if len(reviews.rows("train")) else 1)
    steps = 4 + len(numbers)
    with step("embed reviews and products", 1, steps):
        vectors = encode_all(work, settings, data)
        prior = make_prior(work, settings, data.kb)
        allowed_of = {mention: prior.allowed(mention) for mention in sorted(set(reviews.mentions))}
        allowed = [allowed_of[mention] for mention in reviews.mentions]

    with step("retrieve candidates", 2, steps):  # 4.2, 4.3
        firsts = vectors.review_pictures.first(), vectors.product_pictures.first()
        seeds = [settings.run.seed + number for number in numbers]
        adapters = [retrieval.learn_adapters(work, data, *firsts, settings, seed) for seed in seeds]
        case = retrieval.Case(work, settings, data, vectors, prior, allowed).with_cross_encoder(adapters)
        shared = retrieval.rank_shared(case)
        retrieved = [retrieval.retrieve(replace(case, adapters=trained), shared) for trained in adapters]

    with step("find attributes", 3, steps):  # 4.2; the same for all runs unless they depend on the candidates
        sheets = make_sheets(data.kb)
        distinct = retrieved if options.attribute_values == "retrieved" else retrieved[:1]
        extracted = [extract(work, settings, data, sheets, allowed, products.candidates) for products in distinct]
        extracted *= len(retrieved) // len(distinct)

    with step("encode pairs", 4, steps):  # 4.4; those of all runs are encoded once
        lists = [
            text_lists(settings, data, vectors.cosines, sheets, stated.found, products.candidates)
            for products, stated in zip(retrieved, extracted, strict=True)
        ]
        encoded = encode_lists(work, settings, data, lists)

    runs = []
    for number, products, stated in zip(numbers, retrieved, extracted, strict=True):
        with step(f"link, run {number + 1} of {len(numbers)}", 5 + number, steps):  # 4.4
            judged = linking.Case(work, settings, data, vectors, sheets, products, stated.found, encoded, number)
            runs.append(Run(products, stated, judged, {name: row(judged) for name, row in LINKERS.items()}))
    return Runs(shared, sheets, tuple(runs))
