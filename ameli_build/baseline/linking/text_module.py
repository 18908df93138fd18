"""The text module (section 4.4): its training, alone or together with the encoder, and its files."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from ameli_build.baseline.linking.encoder import LearningEncoder
from ameli_build.baseline.linking.head import Head, Lists, score
from ameli_build.baseline.training import (
    Curve,
    Stateful,
    Task,
    batches,
    deterministic,
    key_of,
    learn,
    load_modules,
    save_modules,
)
from ameli_build.core.arrays import Floats, Integers
from ameli_build.core.fingerprints import work_code
from ameli_build.core.settings import BaselineSettings
from ameli_build.models.precision import bears_bfloat16, mixed
from ameli_build.scores.metrics import positions

WEIGHT_DECAY = 1e-2
WARM_UP = 0.1
"""With a trained encoder, the share of steps in which the learning rate rises; after that it falls to 0."""
CLIP = 1.0
"""With a trained encoder, the largest norm of the gradient."""
NAME = "text_module"
SETTINGS = (
    "text_epochs",
    "text_pooled",
    "text_hidden",
    "text_learning_rate",
    "text_layers",
    "text_encoder_learning_rate",
    "text_accumulate",
    "batch",
)


@dataclass(frozen=True, slots=True)
class TextModule:
    """A trained head, its epoch and dev F1 (None without dev); `encoder` is None unless it was trained too.

    `curve` is empty in a loaded module.
    """

    head: Head
    epoch: int
    dev_f1: float | None
    encoder: LearningEncoder | None = None
    curve: Curve = field(default_factory=dict)

    def scores(self, lists: Lists) -> Floats:
        """Scores of shape (reviews, candidates), -1e9 for padding."""
        return score(self.head, lists.encoded(self.encoder))

    def save(self, folder: Path) -> None:
        """Write `text_module.safetensors` and `text_module.json`."""
        description: dict[str, Any] = {"shape": list(self.head.shape), "epoch": self.epoch, "dev_f1": self.dev_f1}
        description["encoder"] = None if self.encoder is None else self.encoder.description()
        save_modules(folder, NAME, _modules(self.head, self.encoder), description)

    @classmethod
    def load(cls, folder: Path, device: str = "cpu", batch: int = 32) -> TextModule:
        """Load the files of `save`; raises `UnusableInput` if they are missing, damaged, or of another encoder."""

        def make(values: Mapping[str, Any]) -> TextModule:
            head, encoder = Head(*values["shape"]), None
            if values["encoder"] is not None:
                encoder = LearningEncoder.described(values["encoder"], device, batch)
                head.to(device)
            return cls(head.eval(), values["epoch"], values["dev_f1"], encoder)

        return load_modules(folder, NAME, make, lambda module: _modules(module.head, module.encoder))


def _modules(head: Head, encoder: LearningEncoder | None) -> dict[str, nn.Module]:
    return {"head": head} if encoder is None else {"head": head, "encoder": encoder}


def train_text_module(
    train: Lists,
    gold: Integers,
    dev: Lists,
    dev_gold: Integers,
    settings: BaselineSettings,
    seed: int,
    cache: Path | None = None,
) -> TextModule | None:
    """Train with cross-entropy over candidates.

    The epoch with the best dev F1 is chosen, then the smallest dev loss; without dev, the last epoch. If the lists hold
    texts of pairs, the top `text_layers` layers of the encoder are trained too.

    Args:
        train: Candidate lists, each with its gold product.
        gold: Rows of the gold products, shape (train reviews,).
        dev: Candidate lists of dev.
        dev_gold: Rows of the gold products, shape (dev reviews,).
        settings: Settings of the training.
        seed: Seed of weights and batches.
        cache: Folder for checkpoints and finished weights.

    Returns:
        The trained module; None without a train review or with a single candidate a list.

    Raises:
        UnusableInput: The encoder has no such layers.
    """
    target = positions(train.candidates, gold)
    if (target < 0).any():
        raise ValueError("a train list lacks its gold product")
    if len(gold) == 0 or train.candidates.shape[1] < 2:
        return None
    with deterministic(seed):
        trainer = make_trainer(train, target, settings)
        task = Task(
            "learn text module",
            _modules(trainer.head, trainer.encoder),
            trainer.others,
            partial(trainer.one_epoch, seed),
            math.ceil(len(target) / settings.batch),
            lambda: _rate(trainer.head, dev.encoded(trainer.encoder), dev_gold),
        )
        options = {name: getattr(settings, name) for name in SETTINGS}
        inputs = (*train.content(), target, *dev.content(), dev_gold)
        path = None if cache is None else cache / key_of(NAME, *inputs, options, seed, work_code(__name__))
        epoch, best, curve = learn(task, settings.text_epochs, seed, path)
    return TextModule(trainer.head.eval(), epoch, None if best is None else best[0], trainer.encoder, curve)


@dataclass(frozen=True, slots=True)
class Trainer:
    """The head, the encoder if it is trained too, and their optimizer.

    `target` are the places of gold in the train lists; `piece` reviews at once go through the encoder.
    """

    head: Head
    encoder: LearningEncoder | None
    optimizer: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LambdaLR | None
    scaler: torch.amp.GradScaler
    device: str
    train: Lists
    target: Integers
    batch: int
    piece: int

    @property
    def others(self) -> dict[str, Stateful]:
        """The state in a checkpoint beside the modules."""
        found: dict[str, Stateful] = {"optimizer": self.optimizer, "scaler": self.scaler}
        return found if self.schedule is None else {**found, "schedule": self.schedule}

    def one_epoch(self, seed: int, epoch: int) -> Iterator[float]:
        """A step for each batch; yields its loss."""
        self.head.train()
        if self.encoder is not None:
            self.encoder.train()
        for rows in batches(len(self.target), self.batch, seed, epoch):
            self.optimizer.zero_grad()
            loss = self.learn_batch(rows)
            self._step()
            yield loss

    def learn_batch(self, rows: Integers) -> float:
        """Add the gradient of the reviews' mean loss, a piece at a time; returns that loss."""
        total = 0.0
        for start in range(0, len(rows), self.piece):
            piece = rows[start : start + self.piece]
            with mixed(self.device):
                scores = self.head(*self.train.inputs(piece, self.encoder))
                target = torch.from_numpy(self.target[piece]).to(scores.device)
                loss = functional.cross_entropy(scores.float(), target) * (len(piece) / len(rows))
            self.scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
            total += float(loss.detach())
        return total

    def _step(self) -> None:
        if self.encoder is not None:
            self.scaler.unscale_(self.optimizer)
            learning = [parameter for group in self.optimizer.param_groups for parameter in group["params"]]
            nn.utils.clip_grad_norm_(learning, CLIP)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        if self.schedule is not None:
            self.schedule.step()


def make_trainer(train: Lists, target: Integers, settings: BaselineSettings) -> Trainer:
    """The start of a training; `target` are the places of gold in the train lists."""
    encoder: LearningEncoder | None = None
    schedule: torch.optim.lr_scheduler.LambdaLR | None = None
    piece = settings.batch
    if isinstance(train.pairs, torch.Tensor):
        device, width = "cpu", train.pairs.shape[1]
    else:
        encoder = LearningEncoder.of(train.pairs, settings.text_layers)
        device, width = train.pairs.device, encoder.pairs.width
    head = Head(train.slots.shape[-1], width, settings.text_pooled, settings.text_hidden).to(device)
    groups: list[dict[str, Any]] = [{"params": list(head.parameters()), "lr": settings.text_learning_rate}]
    if encoder is not None:
        learning = [parameter for parameter in encoder.parameters() if parameter.requires_grad]
        groups.append({"params": learning, "lr": settings.text_encoder_learning_rate})
    optimizer = torch.optim.AdamW(groups, weight_decay=WEIGHT_DECAY)
    if encoder is not None:
        schedule = _schedule(optimizer, settings.text_epochs * math.ceil(len(target) / settings.batch))
        piece = math.ceil(settings.batch / settings.text_accumulate)
    on_gpu = device.startswith("cuda")  # float16, on GPUs without bfloat16, needs scaled losses
    scaler = torch.amp.GradScaler("cuda" if on_gpu else "cpu", enabled=on_gpu and not bears_bfloat16())
    return Trainer(head, encoder, optimizer, schedule, scaler, device, train, target, settings.batch, piece)


def _schedule(optimizer: torch.optim.Optimizer, steps: int) -> torch.optim.lr_scheduler.LambdaLR:
    """A rate that rises during a tenth of the steps, then falls to 0."""
    rise = max(1, round(steps * WARM_UP))

    def factor(step: int) -> float:
        return (step + 1) / rise if step < rise else max(0.0, (steps - step) / max(1, steps - rise))

    return torch.optim.lr_scheduler.LambdaLR(optimizer, factor)


def _rate(head: Head, dev: Lists, gold: Integers) -> tuple[float, float] | None:
    """F1 and negative loss over the dev reviews with gold among the candidates; None without such a review."""
    place = positions(dev.candidates, gold)
    there = place >= 0
    if not there.any():
        return None
    scores = torch.from_numpy(score(head, dev))[torch.from_numpy(there)]
    wanted = torch.from_numpy(place[there])
    right = float((scores.argmax(dim=1) == wanted).sum()) / len(gold)
    return right, -float(functional.cross_entropy(scores, wanted))
