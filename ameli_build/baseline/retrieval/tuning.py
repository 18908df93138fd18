"""One training of a text encoder by Sentence Transformers' trainer: batches, checkpoints, the choice of the epoch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset
from sentence_transformers import SentenceTransformer, SentenceTransformerTrainer, SentenceTransformerTrainingArguments
from sentence_transformers.sentence_transformer.evaluation import SentenceEvaluator
from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss
from sentence_transformers.sentence_transformer.training_args import BatchSamplers
from transformers import PrinterCallback, TrainerCallback

from ameli_build.baseline.retrieval.training_texts import TrainingTexts
from ameli_build.baseline.training import Curve, rounded
from ameli_build.core.progress import Reach, counted
from ameli_build.core.settings import Settings
from ameli_build.models.precision import bears_bfloat16
from ameli_build.models.text import SentenceEncoder

SCALE = 20.0
WEIGHT_DECAY = 0.001
METRIC = "dev_mrr"


class DevRank(SentenceEvaluator):
    """Mean reciprocal rank of the dev reviews' gold products among all entities."""

    def __init__(self, texts: TrainingTexts, batch: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.texts, self.batch = texts, batch
        self.primary_metric = METRIC

    def __call__(
        self, model: Any, output_path: str | None = None, epoch: float = -1, steps: int = -1
    ) -> dict[str, float]:
        """`{"dev_mrr": ...}`; a product that ties with the gold one counts as ranked before it."""
        encoder = SentenceEncoder(model, self.batch, precision="full")
        reviews, entities = encoder.encode(self.texts.dev), encoder.encode(self.texts.entities)
        ranks = np.empty(len(reviews), dtype=np.int64)
        for n, (review, gold) in enumerate(zip(reviews, self.texts.dev_gold, strict=True)):
            scores = np.round(entities @ review, 6)
            ranks[n] = int((scores >= scores[gold]).sum())
        return {METRIC: round(float((1 / ranks).mean()), 6)}


class Trainer(SentenceTransformerTrainer):
    """The trainer without the callback for a model card, which also queries the hub."""

    def add_model_card_callback(self, default_args_dict: dict[str, Any]) -> None:
        """Add none."""


class Shown(TrainerCallback):
    """Progress in the form of the other stages."""

    def __init__(self, reach: Reach) -> None:
        self.reach = reach
        self.note = ""

    def on_step_end(self, args: Any, state: Any, control: Any, **others: Any) -> None:
        """Show the epochs so far, in whole and parts."""
        self.reach(state.epoch, self.note)

    def on_evaluate(self, args: Any, state: Any, control: Any, **others: Any) -> None:
        """Note the dev score."""
        self.note = f"dev {others['metrics'][f'eval_{METRIC}']:.3f}"


def fit(
    model: SentenceTransformer, texts: TrainingTexts, settings: Settings, folder: Path
) -> tuple[int, float | None, Curve]:
    """Train `model` in place from the last complete checkpoint in `folder`.

    Returns:
        The chosen epoch, its dev score, and the curve of all epochs.
    """
    has_dev = bool(texts.dev)
    model.model_card_data.local_files_only = True
    last, epochs = last_checkpoint(folder), settings.baseline.text_tuning_epochs
    columns = {"anchor": texts.reviews, "positive": texts.gold, "negative": texts.negatives}
    with counted("fine-tune text", epochs, "epochs") as reach:
        trainer = Trainer(
            model=model,
            args=_arguments(settings, folder, has_dev),
            train_dataset=Dataset.from_dict({name: list(column) for name, column in columns.items()}),
            loss=MultipleNegativesRankingLoss(model, scale=SCALE),
            evaluator=DevRank(texts, settings.models.batch) if has_dev else None,
            callbacks=[Shown(reach)],
        )
        trainer.remove_callback(PrinterCallback)
        trainer.train(resume_from_checkpoint=str(last) if last else None)
    model.eval()
    state = trainer.state
    curve = _curve(state.log_history, epochs)
    if not has_dev or state.best_metric is None:
        return epochs, None, curve
    return round(state.best_global_step * epochs / state.max_steps), state.best_metric, curve


def _curve(history: list[dict[str, float]], epochs: int) -> Curve:
    """The curve in a trainer's history; nothing is known of the untrained state."""

    def by_epoch(name: str) -> list[float | None]:
        found = {round(entry["epoch"]): entry[name] for entry in history if name in entry}
        return [rounded(found.get(epoch)) for epoch in range(epochs + 1)]

    return {"loss": by_epoch("loss"), "dev": by_epoch(f"eval_{METRIC}")}


def _arguments(settings: Settings, folder: Path, has_dev: bool) -> SentenceTransformerTrainingArguments:
    options, device = settings.baseline, settings.models.device_of("text_encoder")
    on_gpu = device.startswith("cuda")
    bf16 = on_gpu and bears_bfloat16()
    return SentenceTransformerTrainingArguments(
        output_dir=str(folder),
        num_train_epochs=options.text_tuning_epochs,
        per_device_train_batch_size=options.text_tuning_batch,
        learning_rate=options.text_tuning_learning_rate,
        warmup_ratio=options.text_tuning_warmup,
        weight_decay=WEIGHT_DECAY,
        batch_sampler=BatchSamplers.NO_DUPLICATES,  # another review's gold product is no negative of this one
        seed=settings.run.seed,
        data_seed=settings.run.seed,
        bf16=bf16,
        fp16=on_gpu and not bf16,
        use_cpu=device == "cpu",
        dataloader_pin_memory=on_gpu,
        eval_strategy="epoch" if has_dev else "no",
        save_strategy="epoch",
        save_total_limit=1,
        load_best_model_at_end=has_dev,
        metric_for_best_model=METRIC if has_dev else None,
        greater_is_better=True if has_dev else None,
        logging_strategy="epoch",
        disable_tqdm=True,
        report_to="none",
    )


def last_checkpoint(folder: Path) -> Path | None:
    """The latest complete checkpoint: the trainer's state is the last of its files."""
    whole = []
    for path in folder.glob("checkpoint-*"):
        try:
            state = json.loads((path / "trainer_state.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        whole.append((int(state["global_step"]), path))
    return max(whole)[1] if whole else None
