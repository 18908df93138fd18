"""The bundled CLIP: an ordinary open_clip checkpoint that recognises unseen renderings."""

from __future__ import annotations

import gzip

import numpy as np
import numpy.typing as npt
import open_clip
import pytest
import torch
from PIL import Image

from ameli_build.drawing.appearance import COLOURS, KINDS, Look
from ameli_build.drawing.pictures import catalogue_view, photograph
from ameli_build.models import tiny_clip

LOOKS = [
    Look(KINDS[number % len(KINDS)], 500 + number, list(COLOURS)[number * 7 % len(COLOURS)], 0.5, "Lumora")
    for number in range(40)
]


def embed(pictures: list[Image.Image]) -> npt.NDArray[np.float32]:
    model, preprocess, _ = tiny_clip.load()
    with torch.inference_mode():
        vectors = model.encode_image(torch.stack([preprocess(picture) for picture in pictures]), normalize=True)
    return np.asarray(vectors.numpy())


@pytest.fixture(scope="module")
def entities() -> npt.NDArray[np.float32]:
    return embed([catalogue_view(look, 0) for look in LOOKS])


def test_the_checkpoint_is_small_and_loads_as_any_other() -> None:
    assert tiny_clip.checkpoint().stat().st_size < 4_000_000
    name, path = tiny_clip.register(), str(tiny_clip.checkpoint())
    model, _, _ = open_clip.create_model_and_transforms(name, pretrained=path)
    assert model.token_embedding.num_embeddings == 2014
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}


def test_the_vocabulary_has_no_stray_token() -> None:
    lines = gzip.decompress(tiny_clip.merges().read_bytes()).decode().split("\n")
    assert len(lines) == 1501
    assert all(len(line.split()) == 2 for line in lines[1:])
    tokens = tiny_clip.tokenizer()(['Lumora - 14" Laptop - Silver', "x" * 500])
    assert tokens.shape == (2, 32)
    assert int(tokens.max()) == 2013


def test_a_photograph_finds_its_product(entities: npt.NDArray[np.float32]) -> None:
    queries = embed([photograph(look, 1)[0] for look in LOOKS])
    assert np.allclose(np.linalg.norm(queries, axis=1), 1.0, atol=1e-4)
    ranks = (-(queries @ entities.T)).argsort(axis=1).argsort(axis=1).diagonal()
    assert (ranks == 0).mean() > 0.7  # chance: 0.025
    assert (ranks < 10).mean() > 0.9  # chance: 0.25


def test_a_caption_finds_pictures_of_its_kind(entities: npt.NDArray[np.float32]) -> None:
    model, _, tokenizer = tiny_clip.load()
    captions = [f"Lumora - {look.kind.replace('_', ' ').title()} - {look.colour}" for look in LOOKS]
    with torch.inference_mode():
        said = model.encode_text(tokenizer(captions), normalize=True).numpy()
    best = (said @ entities.T).argmax(axis=1)
    same = [LOOKS[row].kind == LOOKS[column].kind for row, column in enumerate(best)]
    assert np.mean(same) > 0.5  # chance: 0.05
