"""Attribute values by language models: completions of a prompt (section 4.2), and implied values (beyond the paper).

Each model is asked for the first `baseline.generated_keys` distinguishing attributes of a review. Results are cached by
the content of the question.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import polars as pl

from ameli_build.baseline.extraction.attributes import Found
from ameli_build.baseline.extraction.questions import Questions, first_line, match_answer
from ameli_build.core.arrays import Mask
from ameli_build.core.cache import Kind, Work, rows_of
from ameli_build.core.fingerprints import fingerprint
from ameli_build.core.settings import BaselineSettings, Settings
from ameli_build.datasets.data import Reviews
from ameli_build.models.generator import load_generator
from ameli_build.models.implied import Answer, Question, load_implier
from ameli_build.models.sources import identity

_ANSWER = pl.Schema({"text": pl.String, "score": pl.Float64, "second": pl.Float64})


def find_generated(
    work: Work, settings: Settings, reviews: Reviews, questions: Questions, counting: Sequence[Mask]
) -> tuple[Found, ...]:
    """The values in the first line that the generator writes after a review and an attribute's name (section 4.2).

    Args:
        work: The snapshot, the mapper and the cache.
        settings: Settings of the run, with the model.
        reviews: The reviews.
        questions: The attributes and their values.
        counting: For each review, the products whose values count, shape (products,).

    Returns:
        The values of each review.

    Raises:
        UnusableInput: The model is not available.
    """
    asked = _asked(settings, questions, counting)
    prompts = [(text, key) for text, keys in zip(reviews.texts, asked, strict=True) for key in keys]
    models, tokens = settings.models, settings.baseline.generated_tokens
    device = models.device_of("generator")
    common = (models.generator, device, models.batch, tokens)
    kind = Kind(
        "generate values",
        _complete,
        common,
        _identity("generated", common),
        models.batch,
        device=device,
        unit="questions",
    )
    items = {_key(prompt): prompt for prompt in prompts}
    rows = rows_of(work, kind, items, [_key(prompt) for prompt in prompts], settings.run.shard_rows)
    written = [first_line(text) for text in rows["completion"]] if prompts else []
    return _stated(questions, counting, asked, written)


def find_implied(
    work: Work, settings: Settings, reviews: Reviews, questions: Questions, counting: Sequence[Mask]
) -> tuple[Found, ...]:
    """The values that each review implies, by inference or question answering; only sure answers (`is_sure`) count.

    The model chooses among the `baseline.implied_values` most frequent values of an attribute. Arguments, result and
    errors are those of `find_generated`.
    """
    options, models = settings.baseline, settings.models
    asked = _asked(settings, questions, counting)
    prompts = []
    for text, mention, keys, mask in zip(reviews.texts, reviews.mentions, asked, counting, strict=True):
        for key in keys:
            values = questions.values_of(key, mask, options.implied_values)
            prompts.append(Question(text, mention, key, tuple(value.text for value in values)))
    device = models.device_of("implied")
    common = (models.implied, device, models.batch)
    kind = Kind(
        "ask for values", _answer, common, _identity("implied", common), models.batch, device=device, unit="questions"
    )
    hashes = [_key((question.text, question.mention, question.key, *question.values)) for question in prompts]
    rows = rows_of(work, kind, dict(zip(hashes, prompts, strict=True)), hashes, settings.run.shard_rows)
    answers = [Answer(*row) for row in rows.select(*_ANSWER).iter_rows()] if prompts else []
    sure = [answer.text if is_sure(answer, options) else None for answer in answers]
    return _stated(questions, counting, asked, sure)


def is_sure(answer: Answer, options: BaselineSettings) -> bool:
    """True if an answer is above `implied_threshold`, and above the next best by `implied_margin`."""
    return answer.score > options.implied_threshold and answer.score - answer.second >= options.implied_margin


def _asked(settings: Settings, questions: Questions, counting: Sequence[Mask]) -> list[list[str]]:
    """The attributes that each review is asked for."""
    return [questions.distinguishing(mask)[: settings.baseline.generated_keys] for mask in counting]


def _stated(
    questions: Questions, counting: Sequence[Mask], asked: Sequence[Sequence[str]], answers: Sequence[str | None]
) -> tuple[Found, ...]:
    """The values in the answers, which are in the order of all reviews' questions; None for an unsure answer."""
    left, found = iter(answers), []
    for keys, mask in zip(asked, counting, strict=True):
        named = [(key, answer) for key in keys if (answer := next(left)) is not None]
        found.append(
            Found.of(
                (key, form) for key, answer in named for form in match_answer(answer, questions.values_of(key, mask))
            )
        )
    return tuple(found)


def _identity(label: str, common: tuple[Any, ...]) -> str:
    """The identity of results: the model by its content, and all its options."""
    return fingerprint(label, identity(common[0]), common[1:])


def _key(parts: Sequence[str]) -> str:
    """A hash that begins with the first text's length: a batch holds texts of about one length."""
    content = fingerprint([hashlib.sha256(part.encode("utf-8", "surrogatepass")).hexdigest() for part in parts])
    return f"{min(len(parts[0]), 0xFFFF):04x}{content}"


def _complete(name: str, device: str, batch: int, tokens: int, prompts: Sequence[tuple[str, str]]) -> pl.DataFrame:
    completions = load_generator(name, device, batch, tokens).complete(prompts)
    return pl.DataFrame({"completion": completions}, schema={"completion": pl.String})


def _answer(name: str, device: str, batch: int, questions: Sequence[Question]) -> pl.DataFrame:
    answers = load_implier(name, device, batch).answer(questions)
    rows = [(answer.text, answer.score, answer.second) for answer in answers]
    return pl.DataFrame(rows, schema=_ANSWER, orient="row")
