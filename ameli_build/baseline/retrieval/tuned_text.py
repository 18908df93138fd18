"""Fine-tuning of the text encoder on the train split with a multiple-negatives ranking loss (sections 4.3 and 5.1).

The loss pulls each train review to its gold product and pushes it from one hard negative (section 3.5) and from the
products of the other reviews in the batch. Results are cached by the content of all inputs. A killed training resumes
after its last finished epoch.
"""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ameli_build.baseline.retrieval.training_texts import TrainingTexts
from ameli_build.baseline.training import deterministic
from ameli_build.core.arrays import Matrix
from ameli_build.core.cache import Work
from ameli_build.core.fingerprints import fingerprint, work_code
from ameli_build.core.not_run import NotRun
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import write_json
from ameli_build.datasets.data import Data
from ameli_build.models.embed import embed_texts
from ameli_build.models.sources import identity
from ameli_build.models.store import lacking, write_record
from ameli_build.models.text import load_sentence_transformer
from ameli_build.scores.tables import NOTHING_TO_LEARN

LABEL = "fine-tune text"
NOT_ASKED = NotRun("baseline.text_tuning_epochs is 0")


@dataclass(frozen=True, slots=True)
class TunedText:
    """Unit vectors of all reviews and all entities by the fine-tuned text encoder.

    `record` has the chosen `epoch`, its `dev_mrr` (None without dev), the number of `train_reviews`, and the `curve`.
    """

    reviews: Matrix
    entities: Matrix
    record: Mapping[str, Any]


def tune_text(work: Work, settings: Settings, data: Data) -> TunedText | NotRun:
    """Fine-tune the text encoder and embed all texts with it.

    The epoch with the best mean reciprocal rank on dev is chosen; without dev, the last one. Raises `UnusableInput` if
    the encoder is not available.
    """
    if not settings.baseline.text_tuning_epochs:
        return NOT_ASKED
    texts = TrainingTexts.of(data, settings)
    if not texts.reviews:
        return NOTHING_TO_LEARN
    folder = _folder(work, settings, texts)
    record = _finished(folder)
    if record is None:
        _train(folder, settings, texts)
        record = _finished(folder) or {}
    models = settings.models.model_copy(update={"text_encoder": str(folder / "model")})
    tuned = settings.model_copy(update={"models": models})
    return TunedText(embed_texts(work, tuned, data.reviews.texts), embed_texts(work, tuned, texts.entities), record)


def _finished(folder: Path) -> dict[str, Any] | None:
    """The record of a finished training; None without one, or if one of its files is damaged."""
    try:
        record = json.loads((folder / "tuned.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) and not lacking(folder / "model", whole=True) else None


def _folder(work: Work, settings: Settings, texts: TrainingTexts) -> Path:
    """The folder for checkpoints and results, named by a hash of all inputs."""
    options, models = settings.baseline, settings.models
    chosen = [value for name, value in sorted(options.model_dump().items()) if name.startswith("text_tuning_")]
    code = work_code("ameli_build.baseline.retrieval.tuning")
    model = identity(models.text_encoder), models.device_of("text_encoder")
    return work.folder(LABEL) / fingerprint(LABEL, astuple(texts), chosen, settings.run.seed, *model, code)


def _train(folder: Path, settings: Settings, texts: TrainingTexts) -> None:
    from ameli_build.baseline.retrieval.tuning import fit  # its libraries take seconds to import

    models, device = settings.models, settings.models.device_of("text_encoder")
    model = load_sentence_transformer(models.text_encoder, device, "text_encoder")
    with ExitStack() as stack:
        stack.enter_context(_own_seeds())
        if device == "cpu":
            stack.enter_context(deterministic(settings.run.seed))
        epoch, score, curve = fit(model, texts, settings, folder / "checkpoints")
    partial, final = folder / "model.partial", folder / "model"
    for old in (partial, final):
        shutil.rmtree(old, ignore_errors=True)
    model.save_pretrained(str(partial), create_model_card=False)
    partial.replace(final)
    write_record(final, models.text_encoder, "", "")
    record = {"epoch": epoch, "dev_mrr": score, "train_reviews": len(texts.reviews), "curve": curve}
    write_json(folder / "tuned.json", record)
    shutil.rmtree(folder / "checkpoints", ignore_errors=True)


@contextmanager
def _own_seeds() -> Iterator[None]:
    """Restore the global generators of Python and numpy afterwards: the trainer seeds them."""
    python, legacy = random.getstate(), np.random.get_state()
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(legacy)
