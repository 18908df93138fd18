"""The text module (section 4.4): its training, alone or together with the encoder, and its files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from ameli_build.baseline.linking.checkpoints import fill_modules, read_modules, save_modules
from ameli_build.baseline.linking.determinism import steady
from ameli_build.baseline.linking.encoder import LearningEncoder
from ameli_build.baseline.linking.head import Head, Lists, score
from ameli_build.baseline.linking.precision import Precision
from ameli_build.baseline.linking.training import Stateful, Task, batches, count_steps, key_of, learn
from ameli_build.core.arrays import Floats, Integers
from ameli_build.core.errors import UnusableInput
from ameli_build.core.fingerprints import work_code
from ameli_build.core.settings import BaselineSettings

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
    """A trained head, its epoch and dev F1 (None without dev); `encoder` is None unless it was trained too."""

    head: Head
    epoch: int
    dev_f1: float | None
    encoder: LearningEncoder | None = None

    def scores(self, lists: Lists) -> Floats:
        """Scores of shape (reviews, candidates), -1e9 for padding."""
        return score(self.head, lists.encoded(self.encoder))

    def save(self, folder: Path) -> None:
        """Write `text_module.safetensors` and `text_module.json`."""
        told: dict[str, Any] = {"shape": list(self.head.shape), "epoch": self.epoch, "dev_f1": self.dev_f1}
        told["encoder"] = None if self.encoder is None else self.encoder.told()
        save_modules(folder, NAME, _modules(self.head, self.encoder), told)

    @classmethod
    def load(cls, folder: Path, device: str = "cpu", batch: int = 32) -> TextModule:
        """Load the files of `save`; raises `UnusableInput` if they are missing, damaged, or of another encoder."""
        told, weights = read_modules(folder, NAME)
        try:
            head, encoder = Head(*told["shape"]), None
            if told["encoder"] is not None:
                encoder = LearningEncoder.again(told["encoder"], device, batch)
                head.to(device)
            module = cls(head.eval(), told["epoch"], told["dev_f1"], encoder)
        except (KeyError, TypeError) as error:
            raise UnusableInput(f"{folder / NAME}.json: does not tell of a text module ({error!r})") from None
        fill_modules(folder, NAME, _modules(head, encoder), weights)
        return module


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
    """Train with cross-entropy over candidates; None without data to train on.

    `gold` are rows of the knowledge base, in each train list. Keeps the epoch with the best dev F1, then the smallest
    dev loss; the last epoch without dev. Lists with texts of pairs train the encoder's upper `text_layers` layers
    too. `cache` is a folder for checkpoints and finished weights. Raises `UnusableInput` for an encoder without such
    layers.
    """
    target = _places(train.candidates, gold)
    if (target < 0).any():
        raise ValueError("a train list lacks its gold product")
    if len(gold) == 0 or train.candidates.shape[1] < 2:
        return None
    kept = None if cache is None else cache / _key(train, target, dev, dev_gold, settings, seed)
    with steady(seed):
        trainer = make_trainer(train, target, settings)
        task = Task(
            "learn text module",
            _modules(trainer.head, trainer.encoder),
            trainer.others,
            lambda epoch: trainer.one_epoch(seed, epoch),
            count_steps(len(target), settings.batch),
            lambda: _judge(trainer.head, dev.encoded(trainer.encoder), dev_gold),
        )
        chosen, best = learn(task, settings.text_epochs, seed, kept)
    return TextModule(trainer.head.eval(), chosen, None if best is None else best[0], trainer.encoder)


def _key(train: Lists, target: Integers, dev: Lists, dev_gold: Integers, settings: BaselineSettings, seed: int) -> str:
    """Covers all that the training depends on."""
    code = work_code(__name__)
    options = {name: getattr(settings, name) for name in SETTINGS}
    return key_of(NAME, *train.content(), target, *dev.content(), dev_gold, options, seed, code)


@dataclass(frozen=True, slots=True)
class Trainer:
    """The head, the encoder if it is trained too, and their optimizer."""

    head: Head
    encoder: LearningEncoder | None
    optimizer: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LambdaLR | None
    precision: Precision
    train: Lists
    target: Integers
    batch: int
    piece: int
    """Reviews that go through the encoder at once."""

    @property
    def others(self) -> dict[str, Stateful]:
        """The state in a checkpoint beside the modules."""
        found: dict[str, Stateful] = {"optimizer": self.optimizer, "scaler": self.precision.scaler}
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
        """Add the gradient of the reviews' mean loss, a piece at a time; that loss."""
        return sum(
            self._learn(rows[start : start + self.piece], len(rows)) for start in range(0, len(rows), self.piece)
        )

    def _learn(self, rows: Integers, whole: int) -> float:
        """Add the gradient of some of a batch's reviews; their part of its mean loss."""
        with self.precision.context():
            scores = self.head(*self.train.inputs(rows, self.encoder))
            target = torch.from_numpy(self.target[rows]).to(scores.device)
            loss = functional.cross_entropy(scores.float(), target) * (len(rows) / whole)
        self.precision.scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
        return float(loss.detach())

    def _step(self) -> None:
        if self.encoder is not None:
            self.precision.scaler.unscale_(self.optimizer)
            learning = [one for group in self.optimizer.param_groups for one in group["params"]]
            nn.utils.clip_grad_norm_(learning, CLIP)
        self.precision.scaler.step(self.optimizer)
        self.precision.scaler.update()
        if self.schedule is not None:
            self.schedule.step()


def make_trainer(train: Lists, target: Integers, settings: BaselineSettings) -> Trainer:
    """The start of a training; `target` are the places of gold in the train lists."""
    encoder = None
    if isinstance(train.pairs, torch.Tensor):
        device, width = "cpu", train.pairs.shape[1]
    else:
        encoder = LearningEncoder.of(train.pairs, settings.text_layers)
        device, width = train.pairs.device, encoder.pairs.width
    head = Head(train.slots.shape[-1], width, settings.text_pooled, settings.text_hidden).to(device)
    groups: list[dict[str, Any]] = [{"params": list(head.parameters()), "lr": settings.text_learning_rate}]
    schedule = None
    if encoder is not None:
        learning = [one for one in encoder.parameters() if one.requires_grad]
        groups.append({"params": learning, "lr": settings.text_encoder_learning_rate})
    optimizer = torch.optim.AdamW(groups, weight_decay=WEIGHT_DECAY)
    if encoder is not None:
        schedule = _schedule(optimizer, settings.text_epochs * count_steps(len(target), settings.batch))
    piece = settings.batch if encoder is None else -(-settings.batch // settings.text_accumulate)
    precision = Precision.of(device)
    return Trainer(head, encoder, optimizer, schedule, precision, train, target, settings.batch, piece)


def _schedule(optimizer: torch.optim.Optimizer, steps: int) -> torch.optim.lr_scheduler.LambdaLR:
    """A tenth of the steps up, the others down to 0."""
    rise = max(1, round(steps * WARM_UP))

    def factor(step: int) -> float:
        return (step + 1) / rise if step < rise else max(0.0, (steps - step) / max(1, steps - rise))

    return torch.optim.lr_scheduler.LambdaLR(optimizer, factor)


def _places(candidates: Integers, gold: Integers) -> Integers:
    found = candidates == gold[:, None]
    return np.where(found.any(axis=1), found.argmax(axis=1), -1).astype(np.int64)


def _judge(head: Head, dev: Lists, gold: Integers) -> tuple[float, float] | None:
    """F1 and negative loss over the dev reviews with gold among the candidates; None without such a review."""
    place = _places(dev.candidates, gold)
    there = place >= 0
    if not there.any():
        return None
    scores = torch.from_numpy(score(head, dev))[torch.from_numpy(there)]
    wanted = torch.from_numpy(place[there])
    right = float((scores.argmax(dim=1) == wanted).sum()) / len(gold)
    return right, -float(functional.cross_entropy(scores, wanted))
