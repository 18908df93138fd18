"""`ameli models check`: load each model and run it once, in a separate process that measures time and memory."""

from __future__ import annotations

import multiprocessing
import resource
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from ameli_build.core.errors import RunFailed, UnusableInput
from ameli_build.core.settings import Settings
from ameli_build.models.needs import ROLES, Need, needs_of
from ameli_build.models.sources import setting_of

TEXT = "This laptop has 16 GB of memory and a silver lid."
NAME = "Acme - 14-inch Laptop - Silver"


@dataclass(frozen=True, slots=True)
class Checked:
    """Result of a check.

    `load` is the time to load the model and its libraries, `run` the time for an example, both in seconds; `memory` is
    the peak in MiB. `outcome` is the result of the example.
    """

    role: str
    name: str
    load: float
    run: float
    memory: int
    outcome: str

    def __str__(self) -> str:
        name = self.name.partition("@")[0]
        cost = f"loaded in {self.load:.1f} s, {self.run:.2f} s an item, {self.memory:,} MiB"
        return f"{self.role}: {name}: {cost}, {self.outcome}"


def check(settings: Settings, roles: Iterable[str] = ROLES) -> Iterator[Checked]:
    """Load and run each model.

    Raises:
        RunFailed: Some models failed. Raised after all checks, with all failures.
    """
    failed = []
    needs = needs_of(settings, roles)
    for need in needs:
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
            try:
                yield pool.submit(check_one, settings, need.role, need.name).result()
            except Exception as error:  # libraries raise many kinds of errors for a model that loads but does not run
                failed.append(_why(need, error))
    if failed:
        raise RunFailed(f"{len(failed)} of {len(needs)} models do not run: {'; '.join(failed)}")


def _why(need: Need, error: Exception) -> str:
    if isinstance(error, UnusableInput):  # its message names the setting
        return str(error)
    if isinstance(error, BrokenProcessPool):
        outcome = "its process died, perhaps for lack of memory"
    else:
        outcome = str(error) if isinstance(error, RunFailed) else f"{type(error).__name__}: {error}"
    return f"{setting_of(need.role)} {need.name}: {outcome}"


def check_one(settings: Settings, role: str, name: str) -> Checked:
    """Load and run a model in this process; raises `UnusableInput` if it cannot be loaded."""
    before = time.monotonic()
    run = _LOADERS[role](settings, name)
    loaded = time.monotonic()
    outcome = run()
    seconds = time.monotonic() - loaded
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return Checked(role, name, round(loaded - before, 1), round(seconds, 2), memory, outcome)


Run = Callable[[], str]


def _tokenizer(settings: Settings, name: str) -> Run:
    from ameli_build.models.tokens import load_counter

    counter = load_counter(name)
    return lambda: f"{counter([TEXT])[0]} tokens"


def _text(settings: Settings, name: str) -> Run:
    from ameli_build.models.text import load_text_encoder

    encoder = load_text_encoder(name, settings.models.device_of("text_encoder"))
    return lambda: _vector(encoder.encode([TEXT]))


def _image(settings: Settings, name: str, role: str = "image_encoder") -> Run:
    from ameli_build.models.vision import load_image_encoder

    encoder = load_image_encoder(name, settings.models.device_of(role), setting=role)
    return lambda: _vector(encoder.encode([picture()]))


def _cross(settings: Settings, name: str) -> Run:
    from ameli_build.models.cross import load_cross_encoder

    scorer = load_cross_encoder(name, settings.models.device_of("cross_encoder"))
    return lambda: f"score {scorer.score([(TEXT, NAME)])[0]:.4f}"


def _pairs(settings: Settings, name: str) -> Run:
    from ameli_build.models.pairs import load_pair_encoder

    encoder = load_pair_encoder(
        name, settings.models.device_of(settings.models.pair_role), 1, settings.baseline.max_tokens
    )
    return lambda: _vector(encoder.encode([(TEXT, NAME)]))


def _detector(settings: Settings, name: str) -> Run:
    from ameli_build.models.detect import load_detector

    detector = load_detector(name, settings.models.device_of("detector"), 0.0, 0.0)

    def run() -> str:
        box = detector.detect(picture(), "laptop")
        return f"box at {box.score:.2f}" if box else "no box"

    return run


def _reader(settings: Settings, name: str) -> Run:
    from ameli_build.models.ocr import load_reader

    reader = load_reader(name, settings.models.device_of("ocr"))
    return lambda: f"reads {' '.join(reader.read(picture()))!r}"


def _generator(settings: Settings, name: str) -> Run:
    from ameli_build.models.generator import load_generator

    generator = load_generator(name, settings.models.device_of("generator"), 1, 4)
    return lambda: f"writes {generator.complete([(TEXT, 'Color')])[0]!r}"


def _implier(settings: Settings, name: str) -> Run:
    from ameli_build.models.implied import Question, load_implier

    implier = load_implier(name, settings.models.device_of("implied"), 1)
    question = Question(TEXT, "laptop", "Color", ("Silver", "Black"))
    return lambda: f"answers {implier.answer([question])[0].text!r}"


def _language(settings: Settings, name: str) -> Run:
    from ameli_build.models.language import load_language

    pipeline = load_language(name)
    return lambda: f"noun chunks {[chunk.text for chunk in pipeline(TEXT).noun_chunks]}"


_LOADERS: dict[str, Callable[[Settings, str], Run]] = {
    "tokenizer": _tokenizer,
    "text_encoder": _text,
    "image_encoder": _image,
    "cross_encoder": _cross,
    "nli_encoder": _pairs,
    "detector": _detector,
    "ocr": _reader,
    "generator": _generator,
    "implied": _implier,
    "language": _language,
    "resnet": lambda settings, name: _image(settings, name, "resnet"),
}


def picture() -> Image.Image:
    """A grey rectangle with letters on it."""
    image = Image.new("RGB", (320, 200), "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle((60, 40, 260, 160), fill=(90, 90, 95))
    draw.text((90, 80), "16 GB", fill="white", font_size=40)
    return image


def _vector(rows: Any) -> str:
    if not np.isfinite(rows).all():
        raise RunFailed("returns numbers that are not finite")
    return f"{rows.shape[1]} numbers"
