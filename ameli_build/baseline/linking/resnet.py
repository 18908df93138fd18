"""V2VEL's pictures: a ResNet without its classifier (section 5.2)."""

from __future__ import annotations

from ameli_build.baseline.data import Data
from ameli_build.core.arrays import Matrix
from ameli_build.core.cache import Work
from ameli_build.core.errors import UnusableInput
from ameli_build.core.settings import Settings
from ameli_build.models.embed import embed_images


def embed_resnet(work: Work, settings: Settings, data: Data) -> tuple[Matrix, Matrix]:
    """Unit vectors of the first picture of each review and of each product.

    Raises `UnusableInput` where `models.resnet` is empty or its weights cannot be had.
    """
    if not settings.models.resnet:
        raise UnusableInput("models.resnet is empty: no ResNet weights to run V2VEL with")
    firsts = [paths[0] for paths in (*data.reviews.images, *data.kb.images)]
    rows = embed_images(work, settings, firsts, data.root, role="resnet")
    return rows[: len(data.reviews)], rows[len(data.reviews) :]
