"""The baseline from `dataset/` to its files with Tables 4 and 5; skipped if they are up to date (sections 4, 5).

`runs` predicts; only `scoring` reads labels of the test split. The baseline is no `Stage`: its data set may lie outside
the snapshot, in one of three layouts, and its results are files of `baseline/`, not tables of `stages/`.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ameli_build.baseline.card import model_card
from ameli_build.baseline.predictions.writing import predictions, retrieved_table
from ameli_build.baseline.runs import Run, Runs, run_all
from ameli_build.baseline.scoring import outcome, rate_attributes
from ameli_build.baseline.sources import Source, keep_record
from ameli_build.baseline.standing import ROLES, fingerprint_of, finished, models_of
from ameli_build.core.cache import Mapper, Work, in_process, noted_use
from ameli_build.core.checksums import recorded
from ameli_build.core.errors import UnusableInput
from ameli_build.core.execution import peak_memory_mb
from ameli_build.core.progress import say
from ameli_build.core.running import doing, now
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot, file_digest, write_bytes, write_json, write_table
from ameli_build.core.standing import mark_of
from ameli_build.datasets.data import Data
from ameli_build.models.needs import require
from ameli_build.scores.comparisons import compare
from ameli_build.scores.rows import human_row, table4_rows, table5_rows
from ameli_build.scores.tables import HUMAN, Bootstrap, Scores

OUTPUTS = ("scores.json", "curves.json", "predictions.parquet", "retrieved.parquet", "MODEL_CARD.md")


def run_baseline(data_set: Snapshot | Source, settings: Settings, mapper: Mapper = in_process) -> Scores:
    """Score retrieval and disambiguation on a data set (section 4), and write the results to `baseline/`.

    The results are `scores.json`, `curves.json` (loss and dev score by epoch), `predictions.parquet`,
    `retrieved.parquet`, `MODEL_CARD.md` and, in `model/`, the weights of the first run. Nothing runs if data, settings,
    models and code are the same as before. The caller holds the lock of the snapshot, or of the source's `home`.

    Args:
        data_set: Snapshot with a released data set, or another source of one.
        settings: Settings of the run.
        mapper: Maps a function over shards: in this process, or with `process_mapper`.

    Returns:
        The content of `scores.json`: the rows of Tables 4 and 5 by the paper's names.

    Raises:
        UnusableInput: There is no data set, or a model is not there.
    """
    source = Source.of(data_set) if isinstance(data_set, Snapshot) else data_set
    snapshot, mine = source.home, fingerprint_of(source, settings)
    done = finished(snapshot, mine)
    if done is not None:
        say("baseline: nothing to do")
        return done
    require(settings, ROLES)
    say("baseline: running")
    with recorded(snapshot.root, "baseline", "stages/baseline"):
        scores = _run(source, mine, Work.of(snapshot, settings, mapper), settings)
    keep_record(source, settings)
    return scores


def _run(source: Source, mine: str, work: Work, settings: Settings) -> Scores:
    """Score a data set, and write the results and the record of the run, whose fingerprint is `mine`."""
    snapshot, started, data = work.snapshot, time.monotonic(), source.load()
    with doing(snapshot.root, "baseline"), noted_use(work, "baseline"):
        runs = run_all(work, settings, data)
    scores = _scores(data, runs, settings, _read_report(source.report))
    folder, mark = snapshot.root / "baseline", mark_of(snapshot, "baseline")
    mark.unlink(missing_ok=True)
    rows = _write(folder, data, runs, scores, settings)
    seconds = round(time.monotonic() - started, 2)
    made = [folder / name for name in OUTPUTS] + sorted((folder / "model").glob("*"))
    record = {
        "fingerprint": mine,
        "finished": now(),
        "outputs": {path.relative_to(folder).as_posix(): file_digest(path) for path in made},
        "rows": {"baseline/predictions": rows},
        "seconds": seconds,
        "peak_memory_mb": peak_memory_mb(),
        "settings": settings.baseline.model_dump(mode="json"),
        "models": models_of(settings),
    }
    write_json(mark, record)
    say(f"baseline: done in {seconds:.1f} s")
    return scores


def _write(folder: Path, data: Data, runs: Runs, scores: Scores, settings: Settings) -> int:
    """Write all files of a baseline; the number of predictions."""
    rows = write_table(folder / "predictions.parquet", predictions(data, runs.runs))
    write_table(folder / "retrieved.parquet", retrieved_table(data, runs))
    write_json(folder / "scores.json", scores.as_json())
    write_json(folder / "curves.json", runs.curves)
    _save_model(folder / "model", runs.runs[0])
    write_bytes(folder / "MODEL_CARD.md", model_card(scores, settings).encode())
    return rows


def _save_model(folder: Path, run: Run) -> None:
    """Replace a folder by one with the run's trained adapters and text module; it appears whole or not at all."""
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    for trained in (run.retrieved.adapters, run.case.text_module):
        if trained is not None:
            trained.save(partial)
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)


def _scores(data: Data, runs: Runs, settings: Settings, report: Mapping[str, Any]) -> Scores:
    bootstrap = Bootstrap(settings.baseline.bootstrap, settings.run.seed)
    splits = ["test", *(["clean_test"] if data.has_clean_test else [])]
    outcomes = {split: outcome(data, runs, split, settings) for split in splits}
    return Scores(
        table4={split: table4_rows(measured, bootstrap) for split, measured in outcomes.items()},
        table5={
            split: table5_rows(measured, bootstrap) | {HUMAN: human_row(split, report)}
            for split, measured in outcomes.items()
        },
        tuned=runs.tuned,
        comparisons=[row for split, measured in outcomes.items() for row in compare(split, measured, bootstrap)],
        attributes=rate_attributes(data, runs),
        notes={
            "ocr": dict(runs.runs[0].extracted.counts),
            "runs": len(runs.runs),
            "seeds": runs.seeds,
            "candidates": {"k": settings.baseline.keep, "from": runs.runs[0].retrieved.source},
            "models": {role: getattr(settings.models, role) for role in ROLES},
            "entities": len(data.kb),
            "reviews": {split: len(data.reviews.rows(split)) for split in ("train", "dev", *splits)},
            "profile": settings.profile,
        },
    )


def _read_report(path: Path) -> Mapping[str, Any]:
    if not path.is_file():
        return {}
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise UnusableInput(f"{path}: unreadable ({error})") from None
    return report if isinstance(report, dict) else {}
