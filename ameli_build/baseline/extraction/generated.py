"""Values that a language model writes behind a review and an attribute's name (section 4.2)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import polars as pl

from ameli_build.baseline.extraction.attributes import Found
from ameli_build.baseline.extraction.questions import Questions, first_line, match_answer
from ameli_build.core.arrays import Mask
from ameli_build.core.cache import Kind, Work, rows_of
from ameli_build.core.fingerprints import fingerprint
from ameli_build.core.settings import Settings
from ameli_build.models.generator import load_generator
from ameli_build.models.sources import identity


def find_generated(
    work: Work, settings: Settings, texts: Sequence[str], questions: Questions, counting: Sequence[Mask]
) -> tuple[Found, ...]:
    """What the generator says of each review's attributes, where the first line it writes names a value that counts.

    Asked for are the first `baseline.generated_keys` telling attributes. Each prompt is completed once and kept by its
    content. Raises `UnusableInput` where the generator cannot be had.
    """
    options = settings.baseline
    asked = [questions.telling(mask)[: options.generated_keys] for mask in counting]
    prompts = [(text, key) for text, keys in zip(texts, asked, strict=True) for key in keys]
    written = dict(zip(prompts, _complete_all(work, settings, prompts), strict=True))
    return tuple(
        Found.of(
            (key, form)
            for key in keys
            for form in match_answer(first_line(written[text, key]), questions.values_of(key, mask))
        )
        for text, keys, mask in zip(texts, asked, counting, strict=True)
    )


def _complete_all(work: Work, settings: Settings, prompts: Sequence[tuple[str, str]]) -> list[str]:
    """The completion of each prompt (review, attribute name)."""
    models, tokens = settings.models, settings.baseline.generated_tokens
    device = models.device_of("generator")
    common = (models.generator, device, models.batch, tokens)
    mine = fingerprint("generated", identity(models.generator), common[1:])
    kind = Kind("generate values", _complete, common, mine, models.batch, device=device)
    keys = [question_key(prompt) for prompt in prompts]
    items = dict(zip(keys, prompts, strict=True))
    rows = rows_of(work, kind, items, keys, settings.run.shard_rows)
    return rows["completion"].to_list() if keys else []


def question_key(parts: Sequence[str]) -> str:
    """A hash that begins with the first text's length: a batch holds texts of about one length."""
    content = fingerprint([hashlib.sha256(part.encode("utf-8", "surrogatepass")).hexdigest() for part in parts])
    return f"{min(len(parts[0]), 0xFFFF):04x}{content}"


def _complete(name: str, device: str, batch: int, tokens: int, prompts: Sequence[tuple[str, str]]) -> pl.DataFrame:
    completions = load_generator(name, device, batch, tokens).complete(prompts)
    return pl.DataFrame({"completion": completions}, schema={"completion": pl.String})
