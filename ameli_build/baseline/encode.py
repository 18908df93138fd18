"""The embeddings of texts and pictures, each computed once and cached (section 4.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from ameli_build.baseline.linking.pairs import Cosines
from ameli_build.baseline.retrieval.channels import Pictures
from ameli_build.core.arrays import Matrix
from ameli_build.core.cache import Shard, Work
from ameli_build.core.errors import UnusableInput
from ameli_build.core.fingerprints import fingerprint
from ameli_build.core.not_run import NotRun
from ameli_build.core.settings import Settings
from ameli_build.datasets.data import Data
from ameli_build.models.embed import embed_images, embed_texts
from ameli_build.models.sources import identity
from ameli_build.models.vision import load_image_encoder


@dataclass(frozen=True, slots=True)
class Vectors:
    """Unit vectors of reviews and products: texts by the text encoder, pictures by the image encoder.

    `titles` are the products' texts by the text tower of the image encoder.
    """

    reviews: Matrix
    entities: Matrix
    cosines: Cosines
    review_pictures: Pictures
    product_pictures: Pictures
    titles: Matrix | NotRun


def encode_all(work: Work, settings: Settings, data: Data) -> Vectors:
    """Embed the texts and pictures that the rows of the tables compare."""
    kb, reviews = data.kb, data.reviews
    texts, entities = embed_texts(work, settings, reviews.texts), kb.texts(settings.baseline.entity_text)
    descriptions = [text or name for text, name in zip(kb.descriptions, kb.names, strict=True)]
    cosines = Cosines(texts, embed_texts(work, settings, kb.names), embed_texts(work, settings, descriptions))
    return Vectors(
        reviews=texts,
        entities=embed_texts(work, settings, entities),
        cosines=cosines,
        review_pictures=embed_pictures(work, settings, data.root, reviews.images),
        product_pictures=embed_pictures(work, settings, data.root, kb.images),
        titles=_titles(work, settings, entities),
    )


def embed_pictures(work: Work, settings: Settings, root: Path, images: Sequence[Sequence[str]]) -> Pictures:
    """Vectors of each item's pictures; of the first picture only with `baseline.images` "first"."""
    if settings.baseline.images == "first":
        images = [paths[:1] for paths in images]
    starts = np.concatenate([[0], np.cumsum([len(paths) for paths in images])]).astype(np.int64)
    vectors = embed_images(work, settings, [path for paths in images for path in paths], root)
    return Pictures(vectors, starts)


def _titles(work: Work, settings: Settings, texts: Sequence[str]) -> Matrix | NotRun:
    try:
        return embed_titles(work, settings, texts)
    except UnusableInput as error:  # a network without a text tower
        return NotRun(str(error))


def embed_titles(work: Work, settings: Settings, texts: Sequence[str]) -> Matrix:
    """Unit vectors of texts by the text tower of the image encoder, which truncates long texts.

    Raises `UnusableInput` if the image encoder has no text tower.
    """
    models, size = settings.models, settings.run.shard_rows
    device = models.device_of("image_encoder")
    common = (models.image_encoder, device, models.batch, models.precision)
    parts = [list(texts[start : start + size]) for start in range(0, len(texts), size)]
    shards = [
        Shard(fingerprint("titles", part, identity(models.image_encoder), common[1:]), (*common, part), len(part))
        for part in parts
    ]
    tables = work.map("embed titles", _encode_titles, shards, model=True, device=device, unit="titles")
    return np.concatenate([table["vector"].to_numpy() for table in tables]) if tables else np.zeros((0, 0), np.float32)


def _encode_titles(payload: tuple[str, str, int, str, list[str]]) -> pl.DataFrame:
    name, device, batch, precision, texts = payload
    vectors = np.round(load_image_encoder(name, device, batch, precision).encode_texts(texts), 6)
    return pl.DataFrame({"vector": vectors}, schema={"vector": pl.Array(pl.Float32, vectors.shape[1])})


def embed_resnet(work: Work, settings: Settings, data: Data) -> tuple[Matrix, Matrix]:
    """Unit vectors of the first picture of each review and of each product, by a ResNet without its classifier (V2VEL).

    Raises `UnusableInput` if `models.resnet` is empty or its weights are not available.
    """
    if not settings.models.resnet:
        raise UnusableInput("models.resnet is empty: no ResNet weights to run V2VEL with")
    firsts = [paths[0] for paths in (*data.reviews.images, *data.kb.images)]
    rows = embed_images(work, settings, firsts, data.root, role="resnet")
    return rows[: len(data.reviews)], rows[len(data.reviews) :]
