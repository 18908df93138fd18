"""Models that decide whether a text implies an attribute value: natural language inference, or question answering.

Beyond the paper, which finds implied values only with a generator (section 4.2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import numpy as np

from ameli_build.core.arrays import Floats, Mask
from ameli_build.models.generator import context_length
from ameli_build.models.loading import loading
from ameli_build.models.precision import mixed
from ameli_build.models.sources import place_of

LONGEST_SPAN = 16
"""Largest length of an answer, in tokens."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question: which of `values` does the text give the attribute `key` of the `mention`?"""

    text: str
    mention: str
    key: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """A value in the model's words, its probability, and the probability of the second-best answer or of no answer."""

    text: str
    score: float
    second: float


def statement(question: Question, value: str) -> str:
    """The sentence that states a value as the answer to a question."""
    if value.lower() in ("yes", "no"):
        return f"The {question.mention} has {'no ' if value.lower() == 'no' else ''}{question.key}."
    return f"The {question.key} of the {question.mention} is {value}."


class Implier(Protocol):
    """Answers questions about values."""

    def answer(self, questions: Sequence[Question]) -> list[Answer]:
        """An answer to each question."""


@dataclass(frozen=True, slots=True)
class Entailment:
    """A classifier of text pairs; its answer is the value whose statement has the highest probability of entailment.

    `label` is the index of the class for entailment.
    """

    tokenizer: Any
    model: Any
    device: str
    batch: int
    label: int

    def answer(self, questions: Sequence[Question]) -> list[Answer]:
        """For each question, the value with the highest probability of entailment; the first of several."""
        pairs = [(question.text, statement(question, value)) for question in questions for value in question.values]
        ends = np.cumsum([len(question.values) for question in questions])
        answers = []
        for question, scores in zip(questions, np.split(self.entailment(pairs), ends[:-1]), strict=True):
            order = np.argsort(-scores, kind="stable")
            best, second = [*(round(float(scores[n]), 4) for n in order[:2]), 0.0][:2]
            answers.append(Answer(question.values[order[0]], best, second))
        return answers

    def entailment(self, pairs: Sequence[tuple[str, str]]) -> Floats:
        """Probabilities that the first text entails the second, shape (pairs,), rounded to 4 decimals."""
        import torch

        scores = np.zeros(len(pairs), dtype=np.float32)
        length = context_length(self.tokenizer, self.model.config)
        for rows in by_length([sum(map(len, pair)) for pair in pairs], self.batch):
            firsts, seconds = [pairs[n][0] for n in rows], [pairs[n][1] for n in rows]
            encoded = self.tokenizer(
                firsts, seconds, padding=True, truncation="longest_first", max_length=length, return_tensors="pt"
            )
            with torch.inference_mode(), mixed(self.device):
                logits = self.model(**encoded.to(self.device)).logits
            scores[rows] = logits.float().softmax(dim=-1)[:, self.label].cpu().numpy()
        return np.round(scores, 4)


@dataclass(frozen=True, slots=True)
class Spans:
    """A question-answering model; its answer is the best span of the text, compared with no answer."""

    tokenizer: Any
    model: Any
    device: str
    batch: int

    def answer(self, questions: Sequence[Question]) -> list[Answer]:
        """For each question, the most probable span and the probability of no answer (the first token)."""
        import torch

        answers = [Answer("", 0.0, 1.0)] * len(questions)
        length = context_length(self.tokenizer, self.model.config)
        for rows in by_length([len(question.text) for question in questions], self.batch):
            asked = [f"What is the {questions[n].key} of the {questions[n].mention}?" for n in rows]
            texts = [questions[n].text for n in rows]
            encoded = self.tokenizer(
                asked,
                texts,
                padding=True,
                truncation="only_second",
                max_length=length,
                return_offsets_mapping=True,
                return_tensors="pt",
            )
            places = encoded.pop("offset_mapping").tolist()
            own = np.array([[of == 1 for of in encoded.sequence_ids(n)] for n in range(len(rows))])
            with torch.inference_mode(), mixed(self.device):
                found = self.model(**encoded.to(self.device))
            starts, ends = found.start_logits.float().cpu().numpy(), found.end_logits.float().cpu().numpy()
            for place, n in enumerate(rows):
                answers[n] = _best_span(starts[place], ends[place], own[place], places[place], texts[place])
        return answers


def _best_span(
    start: Floats,
    end: Floats,
    own: Mask,
    places: Sequence[tuple[int, int]],
    text: str,
) -> Answer:
    """The most probable span of the text. The probabilities of all spans and of no answer add up to 1."""
    scores = start[:, None] + end[None, :]
    tokens = np.arange(len(start))
    width = tokens[None, :] - tokens[:, None]
    possible = own[:, None] & own[None, :] & (width >= 0) & (width < LONGEST_SPAN)
    possible[0, 0] = True
    odds = np.where(possible, np.exp(scores - scores[possible].max()), 0.0)
    odds /= odds.sum()
    nothing, odds[0, 0] = odds[0, 0], 0.0
    first, last = divmod(int(odds.argmax()), odds.shape[1])
    if not odds[first, last]:
        return Answer("", 0.0, 1.0)
    span = text[places[first][0] : places[last][1]]
    return Answer(span, round(float(odds[first, last]), 4), round(float(nothing), 4))


def by_length(lengths: Sequence[int], batch: int) -> list[list[int]]:
    """Indices of the items, in batches of similar lengths."""
    order = sorted(range(len(lengths)), key=lambda n: (lengths[n], n))
    return [order[start : start + batch] for start in range(0, len(order), batch)]


@lru_cache(maxsize=1)
def load_implier(name: str, device: str, batch: int) -> Implier:
    """The model `name`, loaded once per process; its configuration decides the kind.

    Raises:
        UnusableInput: The model cannot be loaded, or is neither a question-answering model nor a classifier with a
            label that begins with "entail".
    """
    from transformers import (
        AutoConfig,
        AutoModelForQuestionAnswering,
        AutoModelForSequenceClassification,
        AutoTokenizer,
    )

    with loading("implied", name):
        path = place_of("implied", name)
        own: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
        config = AutoConfig.from_pretrained(path, **own)
        answers = any(kind.endswith("ForQuestionAnswering") for kind in config.architectures or ())
        kind = AutoModelForQuestionAnswering if answers else AutoModelForSequenceClassification
        label = None if answers else _entailment(config.label2id or {})
        tokenizer = AutoTokenizer.from_pretrained(path, use_fast=True, **own)  # type: ignore[no-untyped-call]
        model = kind.from_pretrained(path, **own).to(device).eval()
    if label is None:
        return Spans(tokenizer, model, device, batch)
    return Entailment(tokenizer, model, device, batch, label)


def _entailment(labels: dict[str, int]) -> int:
    place = next((n for name, n in sorted(labels.items()) if name.lower().startswith("entail")), None)
    if place is None:
        raise ValueError(f"no label of its classes {sorted(labels)} is entailment, and it answers no questions")
    return place
