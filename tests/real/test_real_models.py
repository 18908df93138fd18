"""Each real model does its task."""

from __future__ import annotations

import math
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skimage
from PIL import Image, ImageDraw

from ameli_build.core.settings import Settings
from ameli_build.models.detect import load_detector
from ameli_build.models.generator import Generator, load_generator
from ameli_build.models.ocr import load_reader
from ameli_build.models.sources import SSD
from ameli_build.models.text import load_text_encoder
from ameli_build.models.vision import load_image_encoder

AMELI = [sys.executable, "-c", "from ameli_build.cli import main; main()"]
PAIRS = (
    ("The battery lasts all day.", "I only have to charge it at night."),
    ("This fridge is very quiet.", "You cannot hear the refrigerator running."),
    ("The picture is sharp and bright.", "Great image quality, vivid colours."),
    ("It arrived broken.", "The box was damaged and the item did not work."),
)
SENTENCES = (
    "The laptop is light enough to carry around all day and the battery lasts for hours.",
    "I bought this refrigerator for our new kitchen and we are very happy with it.",
    "My daughter uses the camera every weekend to take pictures of the garden.",
)


def photograph(name: str) -> Image.Image:
    return Image.open(Path(skimage.__file__).parent / "data" / f"{name}.png").convert("RGB")


@pytest.mark.timeout(1200)
def test_every_model_of_the_profile_is_checked(local: Settings) -> None:
    done = subprocess.run(
        [*AMELI, "models", "check", "--profile", "local"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    roles = {line.partition(":")[0] for line in done.stdout.splitlines() if ": loaded in" in line.replace("  ", " ")}
    assert {"text_encoder", "image_encoder", "detector", "ocr", "generator", "language"} <= roles


def test_paraphrases_are_nearer_than_other_sentences(local: Settings) -> None:
    encoder = load_text_encoder(local.models.text_encoder)
    first, second = (encoder.encode([pair[n] for pair in PAIRS]) for n in (0, 1))
    cosines = first @ second.T
    assert first.shape == (len(PAIRS), 768)
    assert (cosines.argmax(axis=1) == np.arange(len(PAIRS))).all()
    assert (cosines.argmax(axis=0) == np.arange(len(PAIRS))).all()


def test_the_two_pictures_of_one_motorcycle_are_nearest_to_each_other(local: Settings) -> None:
    names = ("motorcycle_left", "motorcycle_right", "astronaut", "chelsea", "coffee", "camera", "coins", "page")
    vectors = load_image_encoder(local.models.image_encoder).encode([photograph(name) for name in names])
    cosines = vectors @ vectors.T - 2 * np.eye(len(names))
    assert cosines[0].argmax() == 1
    assert cosines[1].argmax() == 0


def test_a_part_of_a_photograph_is_nearest_to_the_whole(local: Settings) -> None:
    whole = [photograph(name) for name in ("astronaut", "chelsea", "coffee", "motorcycle_left", "page")]
    parts = [image.crop((0, 0, image.width * 2 // 3, image.height * 3 // 4)) for image in whole]
    encoder = load_image_encoder(local.models.image_encoder)
    assert ((encoder.encode(parts) @ encoder.encode(whole).T).argmax(axis=1) == np.arange(len(whole))).all()


def test_an_object_of_a_named_class_is_found_in_its_place() -> None:
    if problem := SSD.problem():
        pytest.skip(f"{SSD.label}: {problem}")
    detector = load_detector("coco:ssd-mobilenet-v2", box_threshold=0.3)
    for name, prompt in (("coffee", "mug"), ("chelsea", "cat"), ("motorcycle_left", "motorcycles")):
        image = photograph(name)
        box = detector.detect(image, prompt)
        assert box is not None
        assert box.score > 0.6
        assert box.left < image.width / 2 < box.right
        assert detector.detect(image, "laptop") is None


def label(text: str, height: int) -> Image.Image:
    image = Image.new("RGB", (height * len(text), 3 * height), (240, 238, 230))
    ImageDraw.Draw(image).text((height, height), text, (40, 42, 50), font_size=height)
    return image


def test_text_on_a_label_and_on_a_page_is_read(local: Settings) -> None:
    reader = load_reader(local.models.ocr)
    assert "16gb memory" in " ".join(reader.read(label("16GB Memory", 32))).lower()
    read = " ".join(reader.read(photograph("page"))).lower()
    for word in ("segmentation", "markers", "background", "pixels", "histogram"):
        assert word in read


@pytest.fixture(scope="module")
def generator(local: Settings) -> Generator:
    return load_generator(local.models.generator, "cpu", 2, 12)


def perplexity(generator: Generator, text: str) -> float:
    import torch

    tokens: Any = generator.tokenizer(text, return_tensors="pt").input_ids
    with torch.inference_mode():
        return math.exp(float(generator.model(tokens, labels=tokens).loss))


@pytest.mark.timeout(600)
def test_a_fluent_sentence_is_less_perplexing_than_its_shuffled_words(generator: Generator) -> None:
    for sentence in SENTENCES:
        words = sentence.split()
        random.Random(0).shuffle(words)
        assert perplexity(generator, sentence) * 5 < perplexity(generator, " ".join(words))


@pytest.mark.timeout(600)
def test_completions_are_reproducible_and_not_empty(generator: Generator) -> None:
    questions = [("This laptop has 16GB of memory and is silver.", "Color"), ("A red kettle.", "Color")]
    written = generator.complete(questions)
    assert all(text.strip() for text in written)
    assert generator.complete(questions) == written
