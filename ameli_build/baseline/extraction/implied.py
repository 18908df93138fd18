"""Values that a review implies without saying them, by inference or question answering (beyond the paper)."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from ameli_build.baseline.data import Reviews
from ameli_build.baseline.extraction.attributes import Found
from ameli_build.baseline.extraction.generated import question_key
from ameli_build.baseline.extraction.questions import Questions, match_answer
from ameli_build.core.arrays import Mask
from ameli_build.core.cache import Kind, Work, rows_of
from ameli_build.core.fingerprints import fingerprint
from ameli_build.core.settings import BaselineSettings, Settings
from ameli_build.models.implied import Answer, Question, load_implier
from ameli_build.models.sources import identity

_ANSWER = pl.Schema({"text": pl.String, "score": pl.Float64, "second": pl.Float64})


def find_implied(
    work: Work, settings: Settings, reviews: Reviews, questions: Questions, counting: Sequence[Mask]
) -> tuple[Found, ...]:
    """What each review implies: the answers that are sure enough (`is_sure`) and name a value that counts.

    Asked for are the first `baseline.generated_keys` telling attributes, with their `baseline.implied_values` most
    frequent values. Raises `UnusableInput` where the model cannot be had.
    """
    options = settings.baseline
    asked: list[list[Question]] = []
    for text, mention, mask in zip(reviews.texts, reviews.mentions, counting, strict=True):
        keys = questions.telling(mask)[: options.generated_keys]
        values = [questions.values_of(key, mask, options.implied_values) for key in keys]
        asked.append(
            [
                Question(text, mention, key, tuple(value.text for value in some))
                for key, some in zip(keys, values, strict=True)
            ]
        )
    answers = iter(_answer_all(work, settings, [one for some in asked for one in some]))
    found = []
    for mine, mask in zip(asked, counting, strict=True):
        pairs = [(question.key, next(answers)) for question in mine]
        sure = [(key, answer.text) for key, answer in pairs if is_sure(answer, options)]
        found.append(
            Found.of((key, form) for key, text in sure for form in match_answer(text, questions.values_of(key, mask)))
        )
    return tuple(found)


def is_sure(answer: Answer, options: BaselineSettings) -> bool:
    """Whether an answer is above `implied_threshold`, and above the next best by `implied_margin`."""
    return answer.score > options.implied_threshold and answer.score - answer.second >= options.implied_margin


def _answer_all(work: Work, settings: Settings, questions: Sequence[Question]) -> list[Answer]:
    """The answer to each question, whatever its score; kept by the question's content."""
    models = settings.models
    device = models.device_of("implied")
    common = (models.implied, device, models.batch)
    mine = fingerprint("implied", identity(models.implied), common[1:])
    kind = Kind("ask for values", _answer, common, mine, models.batch, device=device)
    keys = [question_key((one.text, one.mention, one.key, *one.values)) for one in questions]
    items = dict(zip(keys, questions, strict=True))
    rows = rows_of(work, kind, items, keys, settings.run.shard_rows)
    return [Answer(*row) for row in rows.select(*_ANSWER).iter_rows()] if keys else []


def _answer(name: str, device: str, batch: int, questions: Sequence[Question]) -> pl.DataFrame:
    answers = load_implier(name, device, batch).answer(questions)
    return pl.DataFrame([(one.text, one.score, one.second) for one in answers], schema=_ANSWER, orient="row")
